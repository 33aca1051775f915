"""Rules combined: a criterion fails only where every one of them fails it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from estimators.policy import CRITERIA
from estimators.rule import Evidence, Rule, Verdict
from sampler.frame import Bools


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """A criterion fails where all rules fail it, passes where one lets it pass, and is undecided between.

    Parameters
    ----------
    rules : sequence of Rule
        At least one. What one of them has not measured cannot fail, and is not measured.
    """

    rules: Sequence[Rule]

    def __call__(self, evidence: Evidence) -> Verdict:
        """Return what the rules together say of each sample."""
        said = [rule(evidence) for rule in self.rules]

        def every(name: str, part: str) -> Bools:
            result: Bools = reduce(np.logical_and, (getattr(verdict, part)[name] for verdict in said))
            return result

        fails = {name: every(name, "fails") for name in CRITERIA}
        measured = {name: every(name, "measured") for name in CRITERIA}
        perhaps = {
            name: reduce(np.logical_and, (v.fails[name] | v.undecided.get(name, False) for v in said))
            for name in CRITERIA
        }
        return Verdict(
            fails=fails,
            at_limit={name: every(name, "at_limit") for name in CRITERIA},
            measured=measured,
            undecided={name: perhaps[name] & ~fails[name] & measured[name] for name in CRITERIA},
        )
