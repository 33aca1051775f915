"""Each design against its definition, in fractions: every sample is listed and given its chance, step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sampler.design import Design, Units
from sampler.designs import DESIGNS
from sampler.designs.conditional_poisson import ConditionalPoisson
from sampler.streams import GOLDEN, Purpose, stream_starts, word

TOLERANCE = 1e-12
SAMPLES = 200_000
ERROR = 1e-6  # family-wise chance that the frequencies here fail although all is well

Chances = tuple[Fraction, ...]
Places = tuple[tuple[int, int], ...]
Sample = frozenset[int]
Law = Mapping[Sample, Fraction]


# --- the definitions ------------------------------------------------------------------------------


def srs(chances: Chances, _: Places) -> Law:
    sets = list(combinations(range(len(chances)), int(sum(chances))))
    return {frozenset(s): Fraction(1, len(sets)) for s in sets}


def proportional(weights: Mapping[Sample, Fraction]) -> Law:
    total = sum(weights.values())
    return {sample: weight / total for sample, weight in weights.items()}


def sampford(chances: Chances, _: Places) -> Law:
    """METHODS 1.1: the sum over the units left out of pi, times the product over the sample of pi / (1 - pi)."""
    size, drawn = len(chances), int(sum(chances))
    if drawn == size:
        return {frozenset(range(size)): Fraction(1)}
    return proportional(
        {
            frozenset(s): sum(chances[i] for i in range(size) if i not in s)
            * prod((chances[i] / (1 - chances[i]) for i in s), start=Fraction(1))
            for s in combinations(range(size), drawn)
        }
    )


def systematic(chances: Chances, _: Places) -> Law:
    """Every start 0 ... N - 1; from there on every N/n-th unit, in fractions of a unit."""
    size, drawn = len(chances), int(sum(chances))
    law: dict[Sample, Fraction] = defaultdict(Fraction)
    for start in range(size):
        law[frozenset(int(Fraction(start + k * size, drawn)) for k in range(drawn))] += Fraction(1, size)
    return law


def pps_systematic(chances: Chances, _: Places) -> Law:
    """Lay the probabilities end to end; between two starts where a unit comes in or goes out, look at the middle."""
    upper = [sum(chances[: i + 1], Fraction(0)) for i in range(len(chances))]
    changes = sorted({Fraction(0), Fraction(1), *(u % 1 for u in upper)})
    law: dict[Sample, Fraction] = defaultdict(Fraction)
    for low, high in pairwise(changes):
        points = [(low + high) / 2 + k for k in range(int(sum(chances)))]
        law[frozenset(next(i for i, u in enumerate(upper) if point < u) for point in points)] += high - low
    return law


def pps_systematic_random(chances: Chances, places: Places) -> Law:
    law: dict[Sample, Fraction] = defaultdict(Fraction)
    for order in permutations(range(len(chances))):
        for sample, chance in pps_systematic(tuple(chances[i] for i in order), places).items():
            law[frozenset(order[i] for i in sample)] += chance / factorial(len(chances))
    return law


def chromy(chances: Chances, _: Places) -> Law:
    """METHODS 1.1 from each start, following the number of hits T."""
    size, drawn = len(chances), sum(chances)
    law: dict[Sample, Fraction] = defaultdict(Fraction)
    for start in range(size):
        paths: dict[tuple[Sample, int], Fraction] = {(frozenset(), 0): chances[start] / drawn}
        before = Fraction(0)
        for step in range(size):
            unit = (start + step) % size
            after = before + chances[unit]
            following: dict[tuple[Sample, int], Fraction] = defaultdict(Fraction)
            for (sample, hits), chance in paths.items():
                above = chromy_above(hits, before, after)
                for total, share in ((int(after) + 1, above), (int(after), 1 - above)):
                    if share:
                        assert total - hits in (0, 1)
                        following[sample | {unit} if total > hits else sample, total] += chance * share
            paths, before = following, after
        for (sample, _hits), chance in paths.items():
            law[sample] += chance
    return law


def chromy_above(hits: int, before: Fraction, after: Fraction) -> Fraction:
    """Return the chance that the hits after a unit are one more than the whole part of the sum."""
    part, new_part = before % 1, after % 1
    if hits == int(before):
        return (new_part - part) / (1 - part) if new_part > part else Fraction(0)
    if new_part == 0:
        return Fraction(0)
    return Fraction(1) if new_part > part else new_part / part


def local_pivotal(chances: Chances, places: Places) -> Law:
    """Follow all that can happen: every pair that is nearest to each other is as likely to compete next."""
    laws: dict[Chances, Law] = {}

    def from_here(state: Chances) -> Law:
        if state not in laws:
            laws[state] = compete(state)
        return laws[state]

    def compete(state: Chances) -> Law:
        undecided = [i for i, p in enumerate(state) if 0 < p < 1]
        if not undecided:
            return {frozenset(i for i, p in enumerate(state) if p == 1): Fraction(1)}
        nearest = {i: min((j for j in undecided if j != i), key=lambda j: apart(i, j)) for i in undecided}
        pairs = [(i, j) for i, j in nearest.items() if i < j and nearest[j] == i]
        law: dict[Sample, Fraction] = defaultdict(Fraction)
        for i, j in pairs:
            for outcome, share in outcomes(state[i], state[j]):
                following = list(state)
                following[i], following[j] = outcome
                for sample, chance in from_here(tuple(following)).items():
                    law[sample] += share * chance / len(pairs)
        return law

    def apart(i: int, j: int) -> int:
        return (places[i][0] - places[j][0]) ** 2 + (places[i][1] - places[j][1]) ** 2

    return from_here(chances)


def outcomes(one: Fraction, other: Fraction) -> list[tuple[tuple[Fraction, Fraction], Fraction]]:
    """METHODS 1.1, LPM1."""
    both, nothing, whole = one + other, Fraction(0), Fraction(1)
    if both < 1:
        return [((nothing, both), other / both), ((both, nothing), one / both)]
    share = (1 - other) / (2 - both)
    return [((whole, both - 1), share), ((both - 1, whole), 1 - share)]


def conditional_poisson(chances: Chances, _: Places) -> Law:
    """METHODS 1.1 with the odds that the design found: that they give the wanted probabilities is for a test to say."""
    odds = [Fraction(w) for w in ConditionalPoisson(units=units(chances)).odds]
    return proportional(
        {frozenset(s): prod(odds[i] for i in s) for s in combinations(range(len(odds)), int(sum(chances)))}
    )


LAWS: dict[str, Callable[[Chances, Places], Law]] = {
    "srs": srs,
    "systematic": systematic,
    "pps_systematic": pps_systematic,
    "pps_systematic_random": pps_systematic_random,
    "conditional_poisson": conditional_poisson,
    "sampford": sampford,
    "chromy": chromy,
    "local_pivotal": local_pivotal,
}


# --- what is compared -----------------------------------------------------------------------------


def units(chances: Chances, places: Places | None = None) -> Units:
    chance = np.array([float(p) for p in chances])
    return Units(chance=chance, location=None if places is None else np.array(places, dtype=np.float64))


def joint_of(law: Law, size: int) -> NDArray[np.float64]:
    joint = np.array([[Fraction(0)] * size] * size)
    for sample, chance in law.items():
        for i in sample:
            for j in sample:
                joint[i, j] += chance
    return joint.astype(np.float64)


def assert_law(made: Design, law: Law, size: int) -> None:
    assert sum(law.values()) == 1
    expected = joint_of(law, size)
    assert np.abs(made.first - expected.diagonal()).max() <= TOLERANCE
    joint = made.joint()
    if joint is not None:
        assert np.abs(joint - expected).max() <= TOLERANCE
    rng = np.random.default_rng(7)
    for values in (2 * rng.random((size, 5)), np.exp(2j * np.pi * rng.random((size, 5)))):
        found = made.expectation(values)
        if found is not None:
            direct = sum(float(chance) * values[sorted(sample)].prod(axis=0) for sample, chance in law.items())
            assert np.abs(found - direct).max() <= TOLERANCE * max(1, np.abs(direct).max())


@st.composite
def situations(draw: st.DrawFn, most: int = 7) -> tuple[Chances, Places]:
    """Return inclusion probabilities proportional to whole sizes, all below 1, and places at different distances."""
    size = draw(st.integers(2, most))
    drawn = draw(st.integers(1, size - 1))
    sizes = draw(st.lists(st.integers(1, 12), min_size=size, max_size=size))
    while drawn * max(sizes) >= sum(sizes):
        sizes[sizes.index(max(sizes))] -= 1  # comes to an end when all are alike
    # 2**i on a line, bent: no two distances are the same.
    order = draw(st.permutations(range(size)))
    return tuple(Fraction(drawn * x, sum(sizes)) for x in sizes), tuple((2**i, 3**i) for i in order)


def test_every_design_has_a_definition_here() -> None:
    assert {*LAWS} == {*DESIGNS}


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=25)
@given(st.data())
def test_a_design_is_its_definition(name: str, data: st.DataObject) -> None:
    # Going through all orders of seven takes too long.
    chances, places = data.draw(situations(most=5 if name in ("pps_systematic_random", "local_pivotal") else 7))
    law = LAWS[name](chances, places)
    assert_law(DESIGNS[name].make(units(chances, places)), law, len(chances))


@pytest.mark.parametrize("name", ["pps_systematic", "sampford", "chromy", "pps_systematic_random", "local_pivotal"])
@settings(max_examples=10)
@given(situations(most=5))
def test_the_definition_has_the_wanted_probabilities_exactly(name: str, situation: tuple[Chances, Places]) -> None:
    chances, places = situation
    law = LAWS[name](chances, places)
    for i, wanted in enumerate(chances):
        assert sum(chance for sample, chance in law.items() if i in sample) == wanted


# --- draws ----------------------------------------------------------------------------------------

EXAMPLES: Sequence[tuple[Chances, Places]] = [
    (tuple(Fraction(p, 100) for p in (7, 17, 41, 61, 83, 91)), tuple((2**i, 3**i) for i in range(6))),
    (tuple(Fraction(2 * p, 15) for p in (1, 2, 3, 4, 5)), ((0, 0), (1, 0), (0, 3), (9, 9), (9, 5))),
    # The second place is nearest to the first as the crow flies, the third along the streets.
    ((Fraction(1, 2),) * 6, ((0, 0), (3, 3), (-5, 0), (40, 1), (43, 9), (-5, -9))),
]


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("example", EXAMPLES, ids=["six", "five", "halves"])
def test_samples_come_as_often_as_the_definition_says(name: str, example: tuple[Chances, Places]) -> None:
    chances, places = example
    law = LAWS[name](chances, places)
    made = DESIGNS[name].make(units(chances, places))
    drawn = made.draw(stream_starts(20_190_712, Purpose.VILLAGES, np.arange(SAMPLES)))
    keys, counts = np.unique((1 << drawn).sum(axis=1), return_counts=True)
    seen = dict(zip(keys.tolist(), counts.tolist(), strict=True))
    expected = {sum(1 << i for i in sample): float(chance) for sample, chance in law.items() if chance}
    assert {*seen} <= {*expected}
    family = len(LAWS) * len(EXAMPLES) * 2 ** max(len(chances) for chances, _ in EXAMPLES)
    for key, chance in expected.items():
        count = seen.get(key, 0)
        tail = min(stats.binom.cdf(count, SAMPLES, chance), stats.binom.sf(count - 1, SAMPLES, chance))
        assert tail > ERROR / 2 / family, (sorted(drawn[0]), count, SAMPLES * chance)


def test_a_start_on_a_breakpoint_belongs_to_the_unit_that_begins_there() -> None:
    """A stream whose first word is 0 starts at 0, where the first unit begins; 2**64 is too many to wait for."""
    zero = np.array([2**64 - int(GOLDEN)], dtype=np.uint64)
    assert word(zero, 0).tolist() == [0]
    chances, _ = EXAMPLES[0]
    # Cumulated: .07 .24 .65 1.26 2.09 3.00; the points are 0, 1 and 2.
    assert DESIGNS["pps_systematic"].make(units(chances)).draw(zero).tolist() == [[0, 3, 4]]
    # Each 1/2: the points 0, 1 and 2 are where units 0, 2 and 4 begin.
    assert DESIGNS["pps_systematic"].make(units(EXAMPLES[2][0])).draw(zero).tolist() == [[0, 2, 4]]
    assert DESIGNS["systematic"].make(units(EXAMPLES[2][0])).draw(zero).tolist() == [[0, 2, 4]]
    assert DESIGNS["chromy"].make(units(EXAMPLES[2][0])).draw(zero)[0, 0] in (0, 1)


# --- where numbers are small ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conditional_poisson", "sampford"])
@pytest.mark.parametrize(
    "chances",
    [
        (1e-9, 1e-6, 0.3, 0.7 - 1e-6 - 1e-9, 0.4, 0.6),
        (1 - 1e-9, 1e-5, 0.5 - 1e-5, 0.3, 0.2 + 1e-9),
        (1e-12, 1 - 1e-12, 1e-3, 1 - 1e-3, 0.5, 0.5),
    ],
)
def test_small_joint_probabilities_keep_their_digits(name: str, chances: Sequence[float]) -> None:
    """Nothing is subtracted, so errors are relative; (pi_j w_i - pi_i w_j) / (w_i - w_j) would lose all digits here."""
    made = DESIGNS[name].make(Units(chance=np.array(chances)))
    exact = tuple(Fraction(p) for p in made.first)
    sets = [frozenset(s) for s in combinations(range(len(exact)), round(float(sum(exact))))]
    if name == "sampford":
        # Not the sum over the units left out, which is the same only as far as the probabilities add up to n.
        odds = [p / (1 - p) for p in exact]
        weights = {s: sum(1 - exact[i] for i in s) * prod(odds[i] for i in s) for s in sets}
    else:
        odds = [Fraction(w) for w in made.odds]  # type: ignore[attr-defined]
        weights = {s: prod((odds[i] for i in s), start=Fraction(1)) for s in sets}
    expected = joint_of(proportional(weights), len(exact))
    joint = made.joint()
    assert joint is not None
    assert expected.min() < 1e-4
    assert np.abs(joint / expected - 1).max() <= TOLERANCE
