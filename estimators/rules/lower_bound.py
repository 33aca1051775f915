"""The lower-bound rule: the county fails only where it is proven to, so the doubt counts for it."""

from __future__ import annotations

from dataclasses import dataclass

from estimators.policy import CRITERIA
from estimators.rule import ONE_SIDED, Evidence, Rule, Verdict, margin


@dataclass(frozen=True, kw_only=True)
class LowerBound:
    """A criterion fails only where the one-sided lower bound of its rate lies over the limit.

    The rule of the federal quality control of food benefits, where a state is liable when there is a 95% statistical
    probability that its rate exceeds the limit (7 CFR 275.23(d)(2); DOMAIN 6.2). For approval it is the upper bound
    that must miss the limit. A rate without an interval is undecided where the point rule fails it.

    Parameters
    ----------
    point : Rule
        The rule without a margin, which lets nothing pass that this one fails.
    confidence : float, default 0.95
        Of the one-sided bound.
    """

    point: Rule
    confidence: float = ONE_SIDED

    def __call__(self, evidence: Evidence) -> Verdict:
        """Return what the rule says of each sample."""
        point = self.point(evidence)
        found = margin(evidence, point, self.confidence)
        undecided = {name: point.fails[name] & ~found.known[name] for name in CRITERIA}
        return Verdict(fails=found.surely, at_limit=point.at_limit, measured=point.measured, undecided=undecided)
