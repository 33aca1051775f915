"""The catalogue of decision rules: each turns evidence into a verdict; one visible line each.

Rules with a margin judge the rates of the policy's weighting, by one-sided bounds at 95%.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from estimators.rule import Evidence, Rule, Verdict
from estimators.rules.all_of import AllOf
from estimators.rules.lower_bound import LowerBound
from estimators.rules.official import official
from estimators.rules.three_way import ThreeWay
from estimators.rules.upper_bound import UpperBound
from estimators.rules.weighted import weighted


def by_weighting(evidence: Evidence) -> Verdict:
    """Decide by the rates themselves, raw or weighted as the policy says."""
    return (weighted if evidence.policy.weighting == "weighted" else official)(evidence)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "official": official,  # the raw rates themselves: what decided in 2016-2020
        "weighted": weighted,  # the weighted rates themselves
        "all_of": AllOf(rules=(official, weighted)),  # fails only by a criterion that both of them fail
        "upper_bound": UpperBound(point=by_weighting),  # fails what cannot be excluded to fail
        "lower_bound": LowerBound(point=by_weighting),  # fails what is proven to fail
        "three_way": ThreeWay(point=by_weighting),  # says where the sample does not settle it
    }
)
