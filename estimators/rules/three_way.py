"""The three-way rule: fails where proven, passes where failing is excluded, and says so where neither is."""

from __future__ import annotations

from dataclasses import dataclass

from estimators.policy import CRITERIA
from estimators.rule import ONE_SIDED, Evidence, Rule, Verdict, margin


@dataclass(frozen=True, kw_only=True)
class ThreeWay:
    """A criterion is undecided where its limit lies between the one-sided bounds of its rate (METHODS 3.4).

    A rate without an interval is undecided too.

    Parameters
    ----------
    point : Rule
        The rule without a margin.
    confidence : float, default 0.95
        Of each one-sided bound: each mistake is made of a county at the limit in 1 - `confidence` of the samples.
    """

    point: Rule
    confidence: float = ONE_SIDED

    def __call__(self, evidence: Evidence) -> Verdict:
        """Return what the rule says of each sample."""
        point = self.point(evidence)
        found = margin(evidence, point, self.confidence)
        undecided = {
            name: point.measured[name] & ~found.surely[name] & (found.perhaps[name] | ~found.known[name])
            for name in CRITERIA
        }
        return Verdict(fails=found.surely, at_limit=point.at_limit, measured=point.measured, undecided=undecided)
