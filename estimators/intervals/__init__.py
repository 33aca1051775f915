"""The catalogue of intervals: each turns a summary into a lower and an upper limit; one visible line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from estimators.interval import Interval
from estimators.intervals.clopper_pearson import clopper_pearson
from estimators.intervals.korn_graubard import korn_graubard
from estimators.intervals.wald import wald
from estimators.intervals.wilson import wilson

INTERVALS: Mapping[str, Interval] = MappingProxyType(
    {
        "korn_graubard": korn_graubard,  # the default: floor design effect, defined at zero events
        "wilson": wilson,
        "clopper_pearson": clopper_pearson,
        "wald": wald,  # for comparison with published tables only
    }
)
