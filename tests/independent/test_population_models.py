"""The error model a second, naive time, from METHODS 5.1 and 5.2: by hand, household by household, and by quadrature.

Village effects beta and logit-normal, with multipliers of remote villages, key households and townships. Nothing is
shared with `sampler.turning` but the random numbers, whose order is part of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, optimize, stats
from strategies import county, small_frames

from sampler.error_model import ErrorModel, synthesise_populations
from sampler.frame import EXITED, UNREGISTERED, Frame
from sampler.population import Population
from sampler.streams import Purpose, stream

FAMILY = 1e-3  # chance of a false alarm of a whole test, were its seed another
Floats = NDArray[np.float64]
KINDS = ("wrong_exit", "missed", "disapproval")
GROUP = {"wrong_exit": EXITED, "missed": UNREGISTERED}
TOWNSHIPS = ("甲镇", "乙乡", "丙乡")


# --- the model as it is written ------------------------------------------------------------------------


def multiplier(frame: Frame, model: ErrorModel, household: int, kind: str) -> Fraction:
    if kind == "disapproval":
        return Fraction(1)
    village = frame.household_village[household]
    found = Fraction(model.townships.get(frame.townships[village], 1))
    if frame.remote[village]:
        found *= Fraction(model.remote_multiplier)
    if frame.household_key[household]:
        found *= Fraction(model.key_multiplier)
    return found


def chances(frame: Frame, model: ErrorModel, kind: str) -> dict[int, Fraction]:
    """Return, over the level, the chance that each household is wrong: persons are wrong at the level on average."""
    whole = {"wrong_exit": model.whole_wrong_exit, "missed": model.whole_missed}.get(kind, Decimal(1))
    members = [j for j, group in enumerate(frame.household_group) if kind == "disapproval" or group == GROUP[kind]]
    weight = {j: 1 if kind == "disapproval" else int(frame.household_persons[j]) for j in members}
    lost = sum(
        (multiplier(frame, model, j, kind) * Fraction(whole * weight[j] + 1 - whole) for j in members), Fraction(0)
    )
    return {j: multiplier(frame, model, j, kind) * sum(weight.values()) / lost for j in members}


def logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x))) if x > -700 else 0.0


@cache
def normal_mean(x: float, sd: float) -> float:
    """Return E expit(x + sd Z)."""
    if sd == 0:
        return logistic(x)
    # The integrand is large about its middle, where x + sd z = 0, and about sd, where a rare error's mass lies.
    edges = sorted({-12.0, 0.0, sd, 12.0 + sd, *([-x / sd] if -12 < -x / sd < 12 + sd else [])})
    parts = [
        integrate.quad(lambda z: logistic(x + sd * z) * stats.norm.pdf(z), a, b, epsabs=0, epsrel=1e-12, limit=300)[0]
        for a, b in pairwise(edges)
    ]
    return float(sum(parts))


@cache
def middle(mean: float, sd: float) -> float:
    """Return the log-odds of the village in the middle where the mean propensity is given."""
    return float(optimize.brentq(lambda x: np.log(normal_mean(x, sd) / mean), -60, 60, xtol=1e-13, rtol=1e-14))


def propensity(model: ErrorModel, mean: float, z: float) -> float:
    """Return the propensity of a village with effect z where the mean is given (METHODS 5.1)."""
    if mean >= 1:
        return 1.0
    if model.village_effect == "logit_normal":
        sd = float(model.effect_sd)
        return logistic(middle(mean, sd) + sd * z)
    icc = float(model.icc)
    return float(stats.beta.ppf(stats.norm.cdf(z), mean * (1 - icc) / icc, (1 - mean) * (1 - icc) / icc))


# --- household by household, with the same random numbers --------------------------------------------------


def by_hand(frame: Frame, model: ErrorModel, kind: str, seed: int, replicate: int) -> dict[int, int]:
    """Return the wrong persons of each household at risk, each looked at by itself at the level (expected totals)."""
    rng = stream(seed, Purpose.TRUTH, replicate)
    shared, own = rng.standard_normal(len(frame.codes)), rng.standard_normal((3, len(frame.codes)))
    error, unhappy, whole = (rng.random(len(frame.household_persons)) for _ in range(3))
    r, level = float(model.shared), Fraction(getattr(model, kind))
    share = {"wrong_exit": model.whole_wrong_exit, "missed": model.whole_missed}.get(kind, Decimal(1))
    marks = {}
    for j, relative in chances(frame, model, kind).items():
        i = frame.household_village[j]
        z = np.sqrt(r) * shared[i] + np.sqrt(1 - r) * own[KINDS.index(kind), i]
        u = (unhappy if kind == "disapproval" else error)[j]
        full = int(frame.household_persons[j]) if kind != "disapproval" and whole[j] < float(share) else 1
        marks[j] = full if level > 0 and u <= propensity(model, float(relative * level), float(z)) else 0
    return marks


@st.composite
def counties(draw: st.DrawFn) -> Frame:
    frame = draw(small_frames(most_villages=4, most_households=4))
    townships = tuple(draw(st.sampled_from(TOWNSHIPS)) for _ in frame.codes)
    keys = [draw(st.booleans()) for _ in frame.household_persons]
    return replace(frame, townships=townships, household_key=np.array(keys, dtype=bool))


LEVELS = st.sampled_from([Decimal(level) for level in ("0", "0.0005", "0.004", "0.01")])
MULTIPLIERS = st.sampled_from([Decimal(m) for m in ("0.4", "1", "3.5")])
SHARES = st.sampled_from([Decimal(s) for s in ("0", "0.35", "1")])


@settings(max_examples=30)
@given(st.data(), counties(), st.sampled_from(["beta", "logit_normal"]), st.integers(0, 2**32), st.integers(0, 3))
def test_populations_are_those_made_household_by_household(
    data: st.DataObject, frame: Frame, effect: str, seed: int, replicate: int
) -> None:
    model = ErrorModel(
        **{kind: data.draw(LEVELS) for kind in KINDS},  # type: ignore[arg-type]
        village_effect=effect,  # type: ignore[arg-type]
        icc=data.draw(st.sampled_from([Decimal("0.02"), Decimal("0.5")])),
        effect_sd=data.draw(st.sampled_from([Decimal(0), Decimal("0.9"), Decimal(4)])),
        remote_multiplier=data.draw(MULTIPLIERS),
        key_multiplier=data.draw(MULTIPLIERS),
        townships={name: data.draw(MULTIPLIERS) for name in sorted(set(frame.townships))[:2]},
        shared=data.draw(SHARES),
        whole_wrong_exit=data.draw(SHARES),
        whole_missed=data.draw(SHARES),
        totals="expected",
    )
    (population,) = synthesise_populations(frame, [model], seed=seed, replicate=replicate)
    wrong, unhappy = np.zeros_like(population.wrong_persons), np.zeros_like(population.approves)
    for kind, into in (("wrong_exit", wrong), ("missed", wrong), ("disapproval", unhappy)):
        for j, mark in by_hand(frame, model, kind, seed, replicate).items():
            into[j] = mark
    assert np.array_equal(population.wrong_persons, wrong)
    assert np.array_equal(population.approves, ~unhappy)


# --- the law, by quadrature, against independent populations ----------------------------------------------
#
# Each column below has mean 0 by the model. Its mean over independent populations is held against Student's quantile,
# shared out over the columns by Bonferroni.


def score(columns: Floats) -> float:
    """Return the largest Student statistic over its bound: at most 1 with the family's confidence."""
    replicates, tests = columns.shape
    spread = columns.std(axis=0, ddof=1) / np.sqrt(replicates)
    assert (spread > 0).all()
    bound = stats.t.ppf(1 - FAMILY / 2 / tests, replicates - 1)
    return float(np.abs(columns.mean(axis=0) / spread).max() / bound)


REPLICATES = 150
SIZES = np.array([[n, 3, n + 5] for n in (20, 35, 50, 65)] * 12)
PERSONS = np.array([[58, 4, 70], [90, 5, 140], [160, 6, 150], [180, 7, 200]] * 12)
PLAIN = county(([False] * 3 + [True]) * 12, SIZES, PERSONS)
FRAME = replace(
    PLAIN,
    townships=tuple(TOWNSHIPS[i // 4 % 3] for i in range(48)),
    household_key=np.arange(len(PLAIN.household_persons)) % 3 == 0,
)
BASE = ErrorModel(
    wrong_exit=Decimal("0.06"),
    missed=Decimal("0.015"),
    disapproval=Decimal("0.1"),
    icc=Decimal("0.1"),
    effect_sd=Decimal("1.2"),
    remote_multiplier=Decimal("1.5"),
    key_multiplier=Decimal("2.5"),
    townships={TOWNSHIPS[1]: Decimal(3)},
    whole_wrong_exit=Decimal(0),
    totals="expected",
)
MODELS = {effect: replace(BASE, village_effect=effect) for effect in ("beta", "logit_normal")}  # type: ignore[arg-type]
EVERY_MODEL = pytest.mark.parametrize("effect", MODELS)


@cache
def truths(effect: str) -> tuple[Population, ...]:
    return tuple(synthesise_populations(FRAME, [MODELS[effect]], seed=21, replicate=r)[0] for r in range(REPLICATES))


def events(population: Population, kind: str) -> Floats:
    """Return 1 for every household with an error of the kind, else 0; shape (N,)."""
    if kind == "disapproval":
        return (~population.approves).astype(float)
    return ((population.wrong_persons > 0) & (FRAME.household_group == GROUP[kind])).astype(float)


Cell = tuple[bool, str, bool]  # remote, township, key


def cells() -> dict[Cell, Floats]:
    """Return 1 for the households of each cell, else 0."""
    village = FRAME.household_village
    remote, township = FRAME.remote[village], np.array(FRAME.townships)[village]
    return {
        (far, name, key): ((remote == far) & (township == name) & (FRAME.household_key == key)).astype(float)
        for far, name, key in product((False, True), TOWNSHIPS[:2], (False, True))
    }


def members(kind: str, cell: Floats) -> NDArray[np.int64]:
    at_risk = cell > 0 if kind == "disapproval" else (cell > 0) & (FRAME.household_group == GROUP[kind])
    return np.flatnonzero(at_risk)


def rate(model: ErrorModel, kind: str, household: int) -> float:
    return float(chances_in_frame(model, kind)[household] * Fraction(getattr(model, kind)))


@cache
def chances_in_frame(model: ErrorModel, kind: str) -> dict[int, Fraction]:
    return chances(FRAME, model, kind)


def person_columns(truths: Sequence[Population], model: ErrorModel) -> list[Floats]:
    found = []
    for kind, group in GROUP.items():
        at_risk = FRAME.household_group == group
        persons = int(FRAME.household_persons[at_risk].sum())
        found.append(np.array([p.wrong_persons[at_risk].sum() / persons - float(getattr(model, kind)) for p in truths]))
    return found


def rate_columns(truths: Sequence[Population], model: ErrorModel, kinds: Sequence[str] = KINDS) -> list[Floats]:
    found = []
    for kind in kinds:
        for cell in cells().values():
            some = members(kind, cell)
            mean = rate(model, kind, int(some[0]))
            found.append(np.array([events(p, kind)[some].mean() - mean for p in truths]))
    return found


@cache
def mean_product(model: ErrorModel, one: float, other: float) -> float:
    """Return the mean over villages of the product of two propensities with given means, by Simpson's rule."""
    z = np.linspace(-8, 8, 161)
    values = [propensity(model, one, x) * propensity(model, other, x) for x in z]
    return float(integrate.simpson(np.array(values) * stats.norm.pdf(z), x=z))


def pair_columns(truths: Sequence[Population], model: ErrorModel) -> list[Floats]:
    """Return, by kind, remoteness and township, the mean over pairs of one village of x y less E p q.

    Pairs of two key households, of two others, and mixed ones: the effect is the village's, the mean the cell's.
    """
    found = []
    village, villages = FRAME.household_village, len(FRAME.codes)
    where = cells()
    for kind, far, name in product(KINDS, (False, True), TOWNSHIPS[:2]):
        counted = {key: members(kind, where[far, name, key]) for key in (False, True)}
        size = {key: np.bincount(village[some], minlength=villages) for key, some in counted.items()}
        for one, other in ((False, False), (True, True), (False, True)):
            pairs = (size[one] * (size[other] - (one == other))).sum()
            means = [rate(model, kind, int(counted[key][0])) for key in (one, other)]
            goal, columns = mean_product(model, *means), []
            for p in truths:
                wrong = events(p, kind)
                sums = {
                    key: np.bincount(village[some], weights=wrong[some], minlength=villages)
                    for key, some in counted.items()
                }
                columns.append((sums[one] * (sums[other] - (one == other))).sum() / pairs - goal)
            found.append(np.array(columns))
    return found


@EVERY_MODEL
def test_rates_are_those_of_the_model(effect: str) -> None:
    """Mean person rates, single-person wrong exits and all; ratios of townships, of key and of remote households."""
    model = MODELS[effect]
    assert score(np.array(person_columns(truths(effect), model) + rate_columns(truths(effect), model)).T) <= 1


@EVERY_MODEL
def test_pairs_of_one_village_err_together_as_the_model_says(effect: str) -> None:
    assert score(np.array(pair_columns(truths(effect), MODELS[effect])).T) <= 1


Change = Callable[[ErrorModel], ErrorModel]
RATES: dict[str, Change] = {
    "key households a third more": lambda m: replace(m, key_multiplier=m.key_multiplier * 4 / 3),
    "the bad township a third more": lambda m: replace(m, townships={TOWNSHIPS[1]: Decimal(4)}),
    "remote villages twice": lambda m: replace(m, remote_multiplier=Decimal(3)),
    "no bad township": lambda m: replace(m, townships={}),
    "key households like others": lambda m: replace(m, key_multiplier=Decimal(1)),
    "a twentieth of whole households": lambda m: replace(m, whole_wrong_exit=Decimal("0.1")),
}
PAIRS: dict[str, tuple[str, Change]] = {
    "a correlation half as high again": ("beta", lambda m: replace(m, icc=m.icc * 3 / 2)),
    "a spread a quarter larger": ("logit_normal", lambda m: replace(m, effect_sd=m.effect_sd * 5 / 4)),
    "the one law": ("logit_normal", lambda _: MODELS["beta"]),
    "the other law": ("beta", lambda _: MODELS["logit_normal"]),
}


@EVERY_MODEL
@pytest.mark.parametrize("change", RATES)
def test_the_check_of_rates_would_see(change: str, effect: str) -> None:
    other = RATES[change](MODELS[effect])
    assert score(np.array(person_columns(truths(effect), other) + rate_columns(truths(effect), other)).T) > 1


@pytest.mark.parametrize("change", PAIRS)
def test_the_check_of_pairs_would_see(change: str) -> None:
    effect, changed = PAIRS[change]
    assert score(np.array(pair_columns(truths(effect), changed(MODELS[effect]))).T) > 1


@EVERY_MODEL
def test_multipliers_of_rates_do_not_touch_approval(effect: str) -> None:
    columns = []
    for cell in cells().values():
        some = members("disapproval", cell)
        columns.append([events(p, "disapproval")[some].mean() - float(BASE.disapproval) for p in truths(effect)])
    assert score(np.array(columns).T) <= 1


def test_exact_totals_meet_the_level_for_any_multipliers() -> None:
    for effect, level in product(MODELS, ("0.0137", "0.15")):
        exact = replace(MODELS[effect], totals="exact", wrong_exit=Decimal(level))
        (population,) = synthesise_populations(FRAME, [exact], seed=3, replicate=1)
        exited = FRAME.household_group == EXITED
        persons = int(FRAME.household_persons[exited].sum())
        goal = (Decimal(level) * persons).to_integral_value(ROUND_HALF_UP)
        assert population.wrong_persons[exited].sum() == goal
        assert population.wrong_persons[exited].max() == 1
