"""The upper-bound rule: the county passes only where failing can be excluded, so the doubt counts against it."""

from __future__ import annotations

from dataclasses import dataclass

from estimators.policy import CRITERIA
from estimators.rule import ONE_SIDED, Evidence, Rule, Verdict, margin


@dataclass(frozen=True, kw_only=True)
class UpperBound:
    """A criterion passes only where the one-sided upper bound of its rate lies at or under the limit (METHODS 3.4).

    For approval it is the lower bound that must reach the limit. A rate without an interval is undecided unless the
    point rule fails it. More findings may let a county pass: spread over more villages they leave a narrower interval.

    Parameters
    ----------
    point : Rule
        The rule without a margin, which fails nothing that this one lets pass.
    confidence : float, default 0.95
        Of the one-sided bound.
    """

    point: Rule
    confidence: float = ONE_SIDED

    def __call__(self, evidence: Evidence) -> Verdict:
        """Return what the rule says of each sample."""
        point = self.point(evidence)
        found = margin(evidence, point, self.confidence)
        undecided = {name: point.measured[name] & ~found.known[name] & ~point.fails[name] for name in CRITERIA}
        return Verdict(fails=found.perhaps, at_limit=point.at_limit, measured=point.measured, undecided=undecided)
