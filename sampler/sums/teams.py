"""How teams of enumerators err, as the kernels read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.design import Floats
from sampler.fieldwork import Fieldwork, suspicion
from sampler.frame import Frame, Ints
from sampler.streams import Words


@dataclass(frozen=True, kw_only=True, eq=False)
class Teams:
    """The teams of R replicates; `sampler.sums.kernels` says what each array holds."""

    sure: bool
    team: Ints  # (V,)
    found: Floats  # (R, T, 2)
    accused: Floats  # (R, T, 2)
    factor: Floats  # (V,)
    away: Floats  # (2,)


def teams_of(fieldwork: Fieldwork, frame: Frame, starts: Words) -> Teams:
    """Return the teams that the replicates' streams make."""
    found, accused = suspicion(fieldwork, starts, len(frame.household_persons))
    true, false = 1 - float(fieldwork.appeal_overturns_true), 1 - float(fieldwork.appeal_overturns_false)
    interferes = np.isin(frame.townships, fieldwork.interference)
    away = fieldwork.away(np.array([0, 1]))
    alike = fieldwork.team_icc == 0
    return Teams(
        sure=fieldwork.records_truth,
        team=np.zeros(len(frame.codes), dtype=np.int64) if alike else fieldwork.team(len(frame.codes)),
        found=np.stack([found, np.full(found.shape, true)], axis=2),
        accused=np.stack([accused, np.full(accused.shape, false)], axis=2),
        factor=np.where(interferes, float(fieldwork.interference_sensitivity), 1.0),
        away=np.zeros(2) if away is None else away,
    )
