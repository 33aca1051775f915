"""The rates of parts of the county: remote and ordinary villages, or other strata, and townships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.design_effects import RATIOS
from estimators.estimate import Estimate, estimate
from estimators.policy import Weighting
from estimators.subpopulations import subpopulation
from sampler.draws import MOMENTS
from sampler.frame import Bools, Frame
from sampler.plan import STRATA
from scenarios.questions.assessment import Assessment, weights_known


@dataclass(frozen=True, kw_only=True, eq=False)
class Domain:
    """A part of the county with its estimates.

    Parameters
    ----------
    kind : {"stratum", "township"}
        What it is.
    name : str
        Its name.
    villages : int or None
        Villages it has; None where that is not known.
    drawn, households : int
        Villages drawn and households visited in it.
    raw, weighted : mapping of str to Estimate
        The three ratio criteria, under the design of the whole sample: villages outside count nothing and stay
        (METHODS 2.6). Empty for `raw` where nobody was visited, and for `weighted` where weights are not known too.
    """

    kind: str
    name: str
    villages: int | None
    drawn: int
    households: int
    raw: Mapping[str, Estimate]
    weighted: Mapping[str, Estimate]


def breakdown(assessment: Assessment, strata: Sequence[str], frame: Frame | None) -> tuple[Domain, ...]:
    """Estimate the rates of parts of the county.

    Parameters
    ----------
    assessment : Assessment
        Of the whole sample.
    strata : sequence of str, length H
        Names of its strata.
    frame : Frame or None
        The county. With it the parts are its remote and its ordinary villages and its townships, the latter in the
        order of the list; without it they are the strata, where there are several.

    Returns
    -------
    tuple of Domain
        Those in which nobody was visited are among them.
    """
    return tuple(_domain(assessment, frame, *part) for part in _parts(assessment, strata, frame))


def _parts(assessment: Assessment, strata: Sequence[str], frame: Frame | None) -> Iterator[tuple[str, str, Bools]]:
    """Yield kind, name and villages of each part."""
    tally = assessment.tally
    if frame is None:
        if len(strata) > 1:
            for h, name in enumerate(strata):
                inside = np.zeros(int(tally.villages.max(initial=-1)) + 1, dtype=bool)
                inside[tally.villages[0, tally.stratum == h]] = True
                yield "stratum", name, inside
        return
    if frame.remote.any() and not frame.remote.all():
        for name, inside in zip(STRATA, (~frame.remote, frame.remote), strict=True):
            yield "stratum", name, inside
    townships = np.array(frame.townships)
    for name in dict.fromkeys(frame.townships):
        yield "township", name, np.asarray(townships == name, dtype=bool)


def _domain(assessment: Assessment, frame: Frame | None, kind: str, name: str, inside: Bools) -> Domain:
    whole, policy = assessment.tally, assessment.policy
    tally = subpopulation(whole, villages=inside)

    def estimated(weighting: Weighting) -> Mapping[str, Estimate]:
        return estimate(
            tally,
            policy,
            unregistered=None if frame is None else frame.unregistered,
            criteria=RATIOS,
            weighting=weighting,
            variance=assessment.variance,
            lonely=assessment.lonely,
            interval=assessment.raw["approval"].interval,
            confidence=assessment.raw["approval"].confidence,
        )

    households = int(tally.totals()[0, :, MOMENTS.index("households")].sum())
    return Domain(
        kind=kind,
        name=name,
        villages=None if frame is None else int(inside.sum()),
        drawn=int(inside[whole.villages[0]].sum()),
        households=households,
        raw=estimated("raw") if households else {},
        weighted=estimated("weighted") if households and weights_known(whole) else {},
    )
