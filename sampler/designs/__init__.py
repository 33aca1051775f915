"""The catalogue of designs: each selects units and knows their inclusion probabilities; one visible line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sampler.design import Entry
from sampler.designs.chromy import Chromy
from sampler.designs.conditional_poisson import ConditionalPoisson
from sampler.designs.local_pivotal import LocalPivotal
from sampler.designs.pps_systematic import PpsSystematic
from sampler.designs.pps_systematic_random import PpsSystematicRandom
from sampler.designs.sampford import Sampford
from sampler.designs.srs import Srs
from sampler.designs.systematic import Systematic

_FIXED = ("order_matters", "zero_joint", "no_unbiased_variance")  # of a systematic draw from a list in fixed order
_SPREAD = ("no_joint", "no_unbiased_variance")

DESIGNS: Mapping[str, Entry] = MappingProxyType(
    {
        "srs": Entry(design=Srs),  # the default
        "systematic": Entry(design=Systematic, limitations=_FIXED),
        "pps_systematic": Entry(design=PpsSystematic, size="required", limitations=_FIXED),
        "pps_systematic_random": Entry(
            design=PpsSystematicRandom, size="required", limitations=("joint_approximate", "no_exact_chance")
        ),
        "conditional_poisson": Entry(design=ConditionalPoisson, size="required"),  # the default with a measure of size
        "sampford": Entry(design=Sampford, size="required"),
        "chromy": Entry(design=Chromy, size="optional", limitations=("order_matters", "small_joint")),
        "local_pivotal": Entry(
            design=LocalPivotal, size="optional", located=True, limitations=(*_SPREAD, "no_exact_chance")
        ),
    }
)
