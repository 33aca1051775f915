"""The law of what a small check of households finds: villages differ, and households of one village are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from sampler.error_model import ErrorModel
from sampler.errors import refuse
from sampler.turning import village_rates
from sampler.village_effect import Cells, VillageEffect
from scenarios.questions.assurance import GROUP_OF
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

_NODES = np.linspace(-8.5, 8.5, 69)  # of the normal scale of village effects
_WEIGHTS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()
_TOGETHER = 3_200  # levels whose laws are held at the same time

_Class = tuple[float, int]  # of villages: mean propensity over the level, and households to be seen there


class Check(Protocol):
    """What is asked of a check (`questions.precheck.PreCheck`)."""

    @property
    def households(self) -> int:
        """Households in all."""

    @property
    def per_village(self) -> int:
        """Households in each village but the last."""

    @property
    def villages(self) -> int:
        """Villages."""

    @property
    def sensitivity(self) -> object:
        """Chance that it recognises a wrong household."""


def finding_law(scenario: Scenario, keys: tuple[str, ...], check: Check, levels: Floats, most: int) -> Floats:
    """Return the chances that a check finds 0, 1, ... wrong households, by error level.

    Parameters
    ----------
    scenario : Scenario
        With an `ErrorModel`: how villages differ decides the law.
    keys : tuple of str
        The rates that take the level, ``wrong_exit`` and ``missed``; the check visits their groups alike, and a village
        has one effect on both.
    check : PreCheck
        Villages drawn at random from the county, households at random in each.
    levels : ndarray of float64, shape (n,)
        Error levels.
    most : int
        The largest number wanted.

    Returns
    -------
    ndarray of float64, shape (n, most + 1)

    Notes
    -----
    Given a village's propensity t, each household visited is found with chance t s, s the sensitivity; the binomial
    law is integrated over the law of t (trapezoidal sum on the normal scale, to about 1e-8). A simple random sample of
    villages has a hypergeometric number of each class of villages (remote ones, small ones); inside a class all have
    the same law. The village that has the households left over is any of the sample. The law is that of expected
    totals (METHODS 5.1); rates of key households are averaged over their village.

    Examples
    --------
    >>> from scenarios import load
    >>> from scenarios.questions.precheck import PreCheck
    >>> law = finding_law(load("example"), ("wrong_exit",), PreCheck(households=300), np.array([0.0, 0.001, 0.01]), 0)
    >>> law.round(3).ravel().tolist()
    [1.0, 0.746, 0.054]
    """
    if not isinstance(scenario.truth, ErrorModel):
        raise refuse("assurance_needs_levels", key="grid")
    effect = scenario.truth.structure(keys[0]).effect
    classes = _classes(scenario, scenario.truth, keys, check.per_village)
    law = np.zeros((len(levels), most + 1))
    for first in range(0, len(levels), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        found = _sample_law(effect, classes, check, levels[some], most)
        law[some, : found.shape[1]] = found
    return law


def _classes(scenario: Scenario, truth: ErrorModel, keys: tuple[str, ...], per_village: int) -> Counter[_Class]:
    """Return how many villages there are of each class."""
    there = scenario.frame.group_households[:, [GROUP_OF[key] for key in keys]]
    rates = np.stack([village_rates(scenario.frame, truth.structure(key)) for key in keys], axis=1)
    county = there.sum(axis=0)
    # A village without households of one group takes the rate of the other.
    shares = county * (there > 0)
    mean = (shares * rates).sum(axis=1) / np.maximum(shares.sum(axis=1), 1)
    seen = np.minimum(there.sum(axis=1), per_village)
    return Counter(zip(np.round(mean, 12).tolist(), seen.tolist(), strict=True))


def _sample_law(effect: VillageEffect, classes: Counter[_Class], check: Check, levels: Floats, most: int) -> Floats:
    """Return the law of the sample's sum, shape (n, up to most + 1)."""
    last = check.households - (check.villages - 1) * check.per_village
    tables = []
    for (rate, seen), count in classes.items():
        propensity = float(check.sensitivity) * _propensity(effect, rate, levels.tobytes())  # type: ignore[arg-type]
        whole, rest = (_village_law(propensity, households, most) for households in (seen, min(seen, last)))
        tables.append(_alike(whole, rest, count=count, drawn=check.villages, most=most))
    *others, final = tables
    if not others:
        return final.marked[check.villages]
    table = others[0]
    for other in others[1:]:
        table = _merged(table, other, drawn=check.villages, most=most)
    return _marked(table, final, check.villages, most)


# Checks of several sizes meet the same levels, and the quantiles take most of the time; held are some 60 MB.
@lru_cache(maxsize=32)
def _propensity(effect: VillageEffect, rate: float, levels: bytes) -> Floats:
    """Return the propensity of a class of villages by effect and level, shape (nodes, n)."""
    cells = Cells(normal=_NODES, relative=np.full(len(_NODES), rate))
    return effect.quantile(cells, np.frombuffer(levels, dtype=np.float64))


def _village_law(propensity: Floats, households: int, most: int) -> Floats:
    """Return the chances that one village shows 0, 1, ... wrong households, shape (n, 1 + at most `most`)."""
    found = np.arange(min(most, households) + 1)
    ways = np.exp(gammaln(households + 1) - gammaln(found + 1) - gammaln(households - found + 1))
    chances = [_WEIGHTS @ (propensity**k * (1 - propensity) ** (households - k)) for k in found.tolist()]
    law: Floats = ways * np.stack(chances, axis=1)
    return law


@dataclass(frozen=True, kw_only=True, eq=False)
class _Table:
    """Laws of what 0, 1, ... villages, drawn at random from some classes, show together.

    In `marked` one of them, any, has the households left over; its entry for no village is never used.
    """

    villages: int
    plain: list[Floats]
    marked: list[Floats]


def _alike(whole: Floats, rest: Floats, *, count: int, drawn: int, most: int) -> _Table:
    """Return the table of one class."""
    plain = [np.ones((len(whole), 1))]
    for _ in range(min(drawn, count)):
        plain.append(_product(plain[-1], whole, most))
    marked = [plain[0], *(_product(each, rest, most) for each in plain[:-1])]
    return _Table(villages=count, plain=plain, marked=marked)


def _merged(one: _Table, other: _Table, *, drawn: int, most: int) -> _Table:
    """Return the table of two sets of classes."""
    villages, nothing = one.villages + other.villages, one.plain[0]
    sizes = range(1, min(drawn, villages) + 1)
    return _Table(
        villages=villages,
        plain=[nothing, *(_plain(one, other, k, most) for k in sizes)],
        marked=[nothing, *(_marked(one, other, k, most) for k in sizes)],
    )


def _plain(one: _Table, other: _Table, k: int, most: int) -> Floats:
    return _mixed(one, other, k, most, lambda j: _product(one.plain[j], other.plain[k - j], most))


def _marked(one: _Table, other: _Table, k: int, most: int) -> Floats:
    """Return the law of k villages of two sets of classes, one of them marked: of the first set with chance j / k."""

    def term(j: int) -> Floats:
        law = np.zeros((len(one.plain[0]), most + 1))
        for share, first, second in ((j / k, one.marked, other.plain), ((k - j) / k, one.plain, other.marked)):
            if share:
                part = share * _product(first[j], second[k - j], most)
                law[:, : part.shape[1]] += part
        return law

    return _mixed(one, other, k, most, term)


def _mixed(one: _Table, other: _Table, k: int, most: int, term: Callable[[int], Floats]) -> Floats:
    """Return the mean of a law over how many of k villages are of the first set, which is hypergeometric."""
    inside = range(max(0, k - other.villages), min(k, one.villages) + 1)
    weights = np.exp([_log_ways(one.villages, j) + _log_ways(other.villages, k - j) for j in inside])
    law = np.zeros((len(one.plain[0]), most + 1))
    for j, weight in zip(inside, weights / weights.sum(), strict=True):
        part = weight * term(j)
        law[:, : part.shape[1]] += part
    return law


def _log_ways(size: int, drawn: int) -> float:
    return float(gammaln(size + 1) - gammaln(drawn + 1) - gammaln(size - drawn + 1))


def _product(x: Floats, y: Floats, most: int) -> Floats:
    """Return the law of a sum, up to `most`, shape (n, up to most + 1)."""
    law = np.zeros((len(x), min(most, x.shape[1] + y.shape[1] - 2) + 1))
    for k in range(min(y.shape[1], law.shape[1])):
        width = min(x.shape[1], law.shape[1] - k)
        law[:, k : k + width] += y[:, k : k + 1] * x[:, :width]
    return law
