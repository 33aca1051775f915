"""The catalogue of laws of village effects; one visible line each. What they share is in `sampler.village_effect`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sampler.village_effects.beta import BetaEffect
from sampler.village_effects.logit_normal import LogitNormalEffect

EFFECTS: Mapping[str, type[BetaEffect] | type[LogitNormalEffect]] = MappingProxyType(
    {
        "beta": BetaEffect,  # the default: as clustered at every level
        "logit_normal": LogitNormalEffect,  # as far apart, in log-odds, at every level
    }
)
