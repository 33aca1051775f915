"""A race of plans: all are tried a little, the better ones more and under more conditions.

Successive halving (Karnin, Koren & Somekh 2013, ICML) over populations, and an exchange over conditions: the leading
plan is tried under every condition, and the one under which it errs most joins those that the others are held to, until
it is among them already. So the worst case is met without trying every plan under every condition. All plans meet the
same populations and the same random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sampler.plan import Plan
from sampler.recheck import SpotCheck
from scenarios.engines.threads import Progress
from scenarios.planning.decision_risk import Condition, Floats, decision_errors
from scenarios.planning.smallest import RiskPoints
from scenarios.scenario import Scenario

# Returns what a piece of work gives: its own answer, or that of an earlier run. Pieces come in a fixed order.
Recall = Callable[[Callable[[], Floats]], Floats]

FIRST, SECOND, LAST = 16, 64, 256  # populations of the rounds
EXCHANGES = 4  # at most
_FIELD = 6  # one plan in so many is left after the first round
_PER_PLACE = 6  # plans of the second round for each place of the shortlist
_TOGETHER = 128  # plans of one piece of work


@dataclass(kw_only=True, eq=False)
class Race:
    """Plans, and what has been seen of them so far.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    points : RiskPoints
        Levels of a good and of a bad county.
    conditions : sequence of mapping of str to Decimal
        All of them, the scenario's own first.
    plans : sequence of Plan or SpotCheck
        All of them.
    kinds : sequence of hashable
        Of each plan; the best of every kind stays in the second round, so that kinds can be compared.
    present : Plan or SpotCheck
        The plan in use.
    recall : callable
        Called with each piece of work in turn.
    progress : callable, optional
        Called with (plans tried on a population, all, being about).
    """

    scenario: Scenario
    points: RiskPoints
    conditions: Sequence[Condition]
    plans: Sequence[Plan | SpotCheck]
    kinds: Sequence[Hashable]
    present: Plan | SpotCheck
    recall: Recall
    progress: Progress | None = None
    active: list[int] = field(default_factory=list)
    _seen: dict[tuple[int, int], Floats] = field(default_factory=dict)
    _done: int = 0
    _whole: int = 0

    def run(self, places: int, *, close: int) -> list[int]:
        """Return the numbers of the plans that stay in the race, at most `places`, the best first.

        Parameters
        ----------
        places : int
            Of the shortlist.
        close : int
            Plans that will be looked at under all conditions afterwards, for the progress.
        """
        everyone = list(range(len(self.plans)))
        left, second = max(len(everyone) // _FIELD, _PER_PLACE * places), _PER_PLACE * places
        self._whole = (
            (len(self.conditions) + EXCHANGES) * SECOND
            + 2 * len(everyone) * FIRST
            + min(left, len(everyone)) * FIRST
            + 3 * min(second, len(everyone)) * (SECOND - FIRST)
            + close * len(self.conditions) * LAST
        )
        for condition in dict.fromkeys((0, self._worst(self.present))):
            self._try(everyone, condition, range(FIRST))
        racing = self._left(everyone, left)
        for _ in range(EXCHANGES):
            worst = self._worst(self.plans[self._order(racing)[0]])
            if worst in self.active:
                break
            self._try(racing, worst, range(FIRST))
        racing = self._left(racing, second)
        for condition in self.active:
            self._try(racing, condition, range(FIRST, SECOND))
        return self._order(racing)[:places]

    def _worst(self, plan: Plan | SpotCheck) -> int:
        """Return the number of the condition under which a plan errs most."""
        return int(np.argmax(self.errors([plan], range(SECOND))[:, :, 0].sum(axis=2).mean(axis=1)))

    def errors(self, plans: Sequence[Plan | SpotCheck], populations: range) -> Floats:
        """Return the wrong decisions of some plans under every condition, shape (C, B, P, 2)."""
        return np.stack([self._piece(plans, condition, populations) for condition in self.conditions])

    def seen(self, plan: int) -> list[tuple[Condition, Floats]]:
        """Return the conditions under which a plan was tried, with its wrong decisions, shape (B, 2)."""
        return [(self.conditions[c], self._seen[plan, c]) for c in self.active if (plan, c) in self._seen]

    def _try(self, plans: Sequence[int], condition: int, populations: range) -> None:
        if condition not in self.active:
            self.active.append(condition)
        for begin in range(0, len(plans), _TOGETHER):
            some = plans[begin : begin + _TOGETHER]
            errors = self._piece([self.plans[i] for i in some], self.conditions[condition], populations)
            for place, i in enumerate(some):
                before = self._seen.get((i, condition))
                new = errors[:, place]
                self._seen[i, condition] = new if before is None else np.concatenate([before, new])

    def _piece(self, plans: Sequence[Plan | SpotCheck], condition: Condition, populations: range) -> Floats:
        found = self.recall(lambda: decision_errors(self.scenario, plans, self.points, condition, populations))
        self._done += len(plans) * len(populations)
        if self.progress:
            self.progress(self._done, max(self._whole, self._done + 1))
        return found

    def _left(self, plans: Sequence[int], most: int) -> list[int]:
        """Return the best plans, and the best of each kind, in their order."""
        order = self._order(plans)
        first = {self.kinds[i]: i for i in reversed(order)}
        return [*order[:most], *(i for i in order[most:] if first[self.kinds[i]] == i)]

    def _order(self, plans: Sequence[int]) -> list[int]:
        """Return plans ordered by their score under the conditions that all of them are held to."""
        seen = {i: np.array([self._seen[i, c].sum(axis=1).mean() for c in self.active]) for i in plans}
        return sorted(plans, key=lambda i: (score(seen[i]), i))


def score(sums: Floats) -> float:
    """Return what plans are ordered by: half the worst sum of both risks, half their mean over conditions.

    Parameters
    ----------
    sums : ndarray of float64, shape (C,)
        Of producer's and consumer's risk, under each condition.

    Examples
    --------
    >>> score(np.array([0.1, 0.3]))
    0.25
    """
    return float((sums.max() + sums.mean()) / 2)
