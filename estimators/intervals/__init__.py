"""The catalogue of intervals: each turns a summary into a lower and an upper limit; one visible line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from estimators.interval import Entry
from estimators.intervals.agresti_coull import agresti_coull
from estimators.intervals.arcsine import arcsine
from estimators.intervals.cai import cai
from estimators.intervals.clopper_pearson import clopper_pearson
from estimators.intervals.hypergeometric import hypergeometric
from estimators.intervals.jeffreys import jeffreys
from estimators.intervals.korn_graubard import korn_graubard
from estimators.intervals.korn_graubard_nchs import korn_graubard_nchs
from estimators.intervals.korn_graubard_plain import korn_graubard_plain
from estimators.intervals.korn_graubard_r import korn_graubard_r
from estimators.intervals.kott_liu import kott_liu
from estimators.intervals.likelihood import likelihood
from estimators.intervals.logit import logit
from estimators.intervals.mid_p import mid_p
from estimators.intervals.uniform import uniform
from estimators.intervals.wald import wald
from estimators.intervals.wilson import wilson
from estimators.intervals.wilson_continuity import wilson_continuity

INTERVALS: Mapping[str, Entry] = MappingProxyType(
    {
        "korn_graubard": Entry(limits=korn_graubard),  # the default: floor design effect, defined at zero events
        "korn_graubard_plain": Entry(limits=korn_graubard_plain),
        "korn_graubard_r": Entry(limits=korn_graubard_r, error="estimated"),
        "korn_graubard_nchs": Entry(limits=korn_graubard_nchs, error="estimated"),
        "wilson": Entry(limits=wilson, sides="two"),  # Kott (2017): a two-sided device
        "wilson_continuity": Entry(limits=wilson_continuity),
        "clopper_pearson": Entry(limits=clopper_pearson),
        "mid_p": Entry(limits=mid_p),
        "jeffreys": Entry(limits=jeffreys),
        "uniform": Entry(limits=uniform, sides="two"),  # drawn towards 1/2 as Wilson's is
        "agresti_coull": Entry(limits=agresti_coull),
        "logit": Entry(limits=logit, error="estimated"),
        "arcsine": Entry(limits=arcsine, error="estimated"),
        "likelihood": Entry(limits=likelihood, error="estimated"),
        "cai": Entry(limits=cai, sides="one"),
        "kott_liu": Entry(limits=kott_liu, sides="one", error="estimated", needs="third_moment"),
        "hypergeometric": Entry(limits=hypergeometric, needs="population"),
        "wald": Entry(limits=wald, error="estimated"),  # for comparison with published tables only
    }
)
