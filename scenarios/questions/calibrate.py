"""Calibration: what the published national outcomes say of what inspections find, and what they cannot say.

The shares of counties in which nothing was found fix a table of two by two. Its association says how much counties
differ; a gamma frailty shared by both kinds of error fits it. Only what is *found* is identified: the true rate times
the chance that an error is recognised and stands after the appeal (METHODS 5.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil, floor, inf, isinf, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc

from estimators.policy import Source
from sampler.errors import refuse
from sampler.streams import Purpose, stream

Floats = NDArray[np.float64]

KINDS = ("wrong_exit", "missed")
FOUND_SHARES = (Decimal(1), Decimal("0.5"), Decimal("0.2"), Decimal("0.1"), Decimal("0.05"), Decimal("0.02"))
REPLICATES = 2_000
_LEAST_REPLICATES = 100


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published outcome: in what shares of the counties nothing was found.

    Parameters
    ----------
    name, date : str
        Of the data file; the date is ISO 8601.
    titles : mapping of str to str
        Title by language code.
    counties : int
        How many counties.
    no_wrong_exit, no_missed, neither : Decimal
        Shares of the counties without a wrong exit found, without a missed household, without either.
    rounding : Decimal
        Unit to which the shares were rounded.
    households : mapping of str to int
        Households that an evaluation visited, by kind of error in `KINDS`.
    limit : Decimal
        Rate above which a county fails.
    sources : mapping of str to Source
        What backs each field.
    """

    name: str
    date: str
    titles: Mapping[str, str]
    counties: int
    no_wrong_exit: Decimal
    no_missed: Decimal
    neither: Decimal
    rounding: Decimal
    households: Mapping[str, int]
    limit: Decimal
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Counties:
    """Counties by what was found in them.

    Parameters
    ----------
    neither, missed_only, wrong_exit_only, both : int
        How many.

    Examples
    --------
    >>> table = Counties(neither=230, missed_only=15, wrong_exit_only=26, both=12)
    >>> table.counties, round(table.odds_ratio, 1), round(table.independent, 3)
    (283, 7.1, 0.783)
    """

    neither: int
    missed_only: int
    wrong_exit_only: int
    both: int

    @property
    def counties(self) -> int:
        """All of them."""
        return self.neither + self.missed_only + self.wrong_exit_only + self.both

    @property
    def none_found(self) -> tuple[int, int, int]:
        """Counties without a wrong exit, without a missed household, without either."""
        return self.neither + self.missed_only, self.neither + self.wrong_exit_only, self.neither

    @property
    def odds_ratio(self) -> float:
        """Odds of a missed household where a wrong exit was found, over those where none was; infinite without any."""
        apart = self.missed_only * self.wrong_exit_only
        return self.neither * self.both / apart if apart else inf

    @property
    def independent(self) -> float:
        """Share of counties with neither, were the two kinds of error independent."""
        no_wrong_exit, no_missed, _ = self.none_found
        return no_wrong_exit * no_missed / self.counties**2


@dataclass(frozen=True, kw_only=True)
class Frailty:
    """A county's numbers of findings: Poisson with means lambda G, G gamma with mean 1 and shape k.

    Parameters
    ----------
    shape : float
        k; infinite where all counties are alike, that is, where the two kinds of error are independent or repel.
    means : mapping of str to float
        Mean households found in a county, lambda, by kind of error.
    """

    shape: float
    means: Mapping[str, float]

    def at_least(self, kind: str, households: int) -> float:
        """Return the chance that a county shows so many households or more: a negative binomial tail.

        Examples
        --------
        >>> Frailty(shape=1.0, means={"missed": 1.0}).at_least("missed", 3)
        0.125
        """
        mean = self.means[kind]
        if households <= 0:
            return 1.0
        if isinf(self.shape):
            return float(gammainc(households, mean))
        return float(betainc(households, self.shape, mean / (mean + self.shape)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """What one published outcome says.

    Parameters
    ----------
    published : Published
        The outcome.
    table : Counties
        The counts behind the shares.
    tables : int
        How many tables of counts round to the published shares; the first three figures are the nearest's.
    frailty : Frailty
        Fitted to the table.
    of_shares : Frailty
        Fitted to the shares as published, which shows what rounding does.
    shapes : ndarray of float64, shape (B,)
        k of tables drawn from the fitted one, sorted; infinite where one shows no positive association.
    failing : int
        Households found from which on the county is above the limit, counted as rates of households.
    """

    published: Published
    table: Counties
    tables: int
    frailty: Frailty
    of_shares: Frailty
    shapes: Floats
    failing: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% bootstrap interval of k."""
        low, high = np.quantile(self.shapes, [0.025, 0.975], method="inverted_cdf")
        return float(low), float(high)

    def failing_chance(self, shape: float | None = None) -> float:
        """Return the chance that a county shows so many wrong exits that it fails, at the fitted k or another.

        With another k the mean is the one that keeps the share of counties without a finding.
        """
        if shape is None or shape == self.frailty.shape:
            return self.frailty.at_least("wrong_exit", self.failing)
        share = Fraction(self.table.none_found[0], self.table.counties)
        return Frailty(shape=shape, means={"wrong_exit": _mean(float(share), shape)}).at_least(
            "wrong_exit", self.failing
        )

    def found_rate(self, kind: str) -> float:
        """Return the mean share of visited households in which an error was found."""
        return self.frailty.means[kind] / self.published.households[kind]

    def true_rate(self, kind: str, found_share: Decimal) -> float:
        """Return the true rate if only so large a share of the errors is found."""
        return min(1.0, self.found_rate(kind) / float(found_share))

    def found_share_at_limit(self, kind: str) -> float:
        """Return the share of errors found at which the mean true rate would stand at the limit."""
        return min(1.0, self.found_rate(kind) / float(self.published.limit))


def calibrate(published: Published, *, seed: int = 1, replicates: int = REPLICATES) -> Calibration:
    """Return what a published outcome says.

    Parameters
    ----------
    published : Published
        The outcome.
    seed : int, default 1
        Of the bootstrap.
    replicates : int, default 2000
        Tables drawn, 100 or more: multinomial, from the shares of the four cells.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        ``shares_fit_no_table`` where no counts of so many counties round to the shares.

    Examples
    --------
    >>> from scenarios.files.calibrations import load_published
    >>> found = calibrate(load_published("national-2018"))
    >>> found.table, round(found.frailty.shape, 3)
    (Counties(neither=230, missed_only=15, wrong_exit_only=26, both=12), 0.27)

    References
    ----------
    METHODS 5.7. The table is one of three shares and the model has three parameters, so that the fit is exact.
    """
    if replicates < _LEAST_REPLICATES:
        raise refuse("outside_domain", key="--replicates", found=replicates, allowed=f"x >= {_LEAST_REPLICATES}")
    tables = list(tables_of(published))
    if not tables:
        raise refuse("shares_fit_no_table", key=published.name, found=published.counties)
    table = min(tables, key=lambda each: _distance(each, published))
    rng = stream(seed, Purpose.RESAMPLING)
    cells = np.array([table.neither, table.missed_only, table.wrong_exit_only, table.both])
    drawn = rng.multinomial(table.counties, cells / table.counties, size=replicates)
    shapes = np.sort([_shape(*_shares(*row)) for row in drawn.tolist()])
    return Calibration(
        published=published,
        table=table,
        tables=len(tables),
        frailty=_frailty(*_shares(*cells.tolist())),
        of_shares=_frailty(float(published.no_wrong_exit), float(published.no_missed), float(published.neither)),
        shapes=shapes,
        failing=floor(published.limit * published.households["wrong_exit"]) + 1,
    )


def tables_of(published: Published) -> Iterator[Counties]:
    """Yield every table of counts that rounds to the published shares."""
    all_counties, half = published.counties, published.rounding / 2

    def counts(share: Decimal) -> range:
        return range(ceil((share - half) * all_counties), floor((share + half) * all_counties) + 1)

    shares = (published.no_wrong_exit, published.no_missed, published.neither)
    for no_wrong_exit, no_missed, neither in product(*map(counts, shares)):
        both = all_counties - no_wrong_exit - no_missed + neither
        if min(neither, no_wrong_exit - neither, no_missed - neither, both) >= 0:
            yield Counties(
                neither=neither, missed_only=no_wrong_exit - neither, wrong_exit_only=no_missed - neither, both=both
            )


def _distance(table: Counties, published: Published) -> Decimal:
    stated = (published.no_wrong_exit, published.no_missed, published.neither)
    return sum(
        (abs(Decimal(count) / table.counties - share) for count, share in zip(table.none_found, stated, strict=True)),
        start=Decimal(0),
    )


def _shares(neither: int, missed_only: int, wrong_exit_only: int, both: int) -> tuple[float, float, float]:
    """Return the shares of counties without a wrong exit, without a missed household, without either."""
    counties = neither + missed_only + wrong_exit_only + both
    return (neither + missed_only) / counties, (neither + wrong_exit_only) / counties, neither / counties


def _frailty(no_wrong_exit: float, no_missed: float, neither: float) -> Frailty:
    shape = _shape(no_wrong_exit, no_missed, neither)
    return Frailty(shape=shape, means={"wrong_exit": _mean(no_wrong_exit, shape), "missed": _mean(no_missed, shape)})


def _mean(none_found: float, shape: float) -> float:
    """Return lambda, of which P(0) = (1 + lambda / k)^-k is the share of counties without a finding."""
    return -log(none_found) if isinf(shape) else shape * float(np.expm1(-log(none_found) / shape))


def _shape(no_wrong_exit: float, no_missed: float, neither: float) -> float:
    """Return k, the root of P_E^(-1/k) + P_N^(-1/k) - 1 = P_0^(-1/k): both kinds share one gamma variable.

    It is infinite where the kinds are independent or repel, and 0 where one never comes without the other.
    """
    if min(no_wrong_exit, no_missed, neither) <= 0 or neither <= no_wrong_exit * no_missed:
        return inf
    if neither >= min(no_wrong_exit, no_missed):
        return 0.0
    from scipy.optimize import brentq  # noqa: PLC0415 - a tenth of a second, for one command

    a, b, c = -log(no_wrong_exit), -log(no_missed), -log(neither)

    def excess(x: float) -> float:  # x = 1 / k; divided by exp(c x), which may be huge
        return float(np.exp((a - c) * x) + np.exp((b - c) * x) - np.exp(-c * x) - 1)

    low, high = 1e-6, 1.0
    if excess(low) <= 0:
        return inf  # k above a million
    while excess(high) > 0:
        high *= 2
    return float(1 / brentq(excess, low, high, xtol=1e-12, rtol=1e-12))
