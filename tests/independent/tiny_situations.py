"""Random tiny counties, plans and fieldwork for the second oracle, and how the product is asked the same question.

Everything is small, often wrong and often at a limit, so that the chances lie well inside (0, 1).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import spot_check_enumerator as oracle
from scipy.stats import beta
from spot_check_enumerator import GROUPS, STRATA, County, Household

from estimators.policy import Policy
from estimators.verdict import verdict_of_tally
from sampler.draws import MOMENTS, Tally
from sampler.fieldwork import Fieldwork
from sampler.frame import Frame
from sampler.inspection import tallies
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import SpotCheck

REPLICATES = 30_000
QUESTIONS = [("chance", name) for name in ("any", *oracle.CRITERIA)]
QUESTIONS += [(kind, name) for kind in ("at_limit", "not_measured") for name in oracle.CRITERIA]


# --- random situations ----------------------------------------------------------------------------


def random_county(rng: Random, villages: tuple[int, int], sizes: tuple[int, ...], townships: int) -> County:
    """So many ordinary and remote villages; the size of each group is chosen among `sizes`."""
    strata = [stratum for stratum, number in zip(STRATA, villages, strict=True) for _ in range(number)]
    rng.shuffle(strata)
    households = []
    for village in range(len(strata)):
        for group in GROUPS:
            for _ in range(min(1, rng.choice(sizes)) if group == "remaining" else rng.choice(sizes)):
                persons = rng.randint(1, 3)
                wrong = 0 if group == "remaining" else rng.choice((0, 0, 0, persons, rng.randint(1, persons)))
                marks = {"key": rng.random() < 0.3, "hamlet": rng.randint(0, 1)}
                approves = int(rng.random() < 0.7)
                households.append(Household(village, group, persons, wrong, approves, **marks))
    names = [f"township {village % townships}" for village in range(len(strata))]
    return County(tuple(strata), tuple(names), tuple(households))


def shrunk(county: County, most: int, rng: Random) -> County:
    """Drop households until every sample can be listed."""
    households = list(county.households)
    while len(households) > most:
        households.pop(rng.randrange(len(households)))
    return renumbered(county._replace(households=tuple(households)))


def renumbered(county: County) -> County:
    """Number the hamlets of each village from 0 without gaps, as lists are read."""
    seen: dict[int, list[int]] = {}
    households = []
    for household in county.households:
        known = seen.setdefault(household.village, [])
        if household.hamlet not in known:
            known.append(household.hamlet)
        households.append(household._replace(hamlet=known.index(household.hamlet)))
    return county._replace(households=tuple(households))


def random_fieldwork(rng: Random, *, absence: bool, interference: str = "") -> oracle.Fieldwork:
    """Errors far larger than real ones: small ones would not show in a simulation."""
    share = {name: Fraction(rng.choice(("0.5", "0.7", "0.8"))) for name in ("sensitivity", "specificity")}
    appeal = {
        name: Fraction(rng.choice(("0", "0.25", "0.5"))) for name in ("appeal_overturns_true", "appeal_overturns_false")
    }
    away = {"absence": Fraction(rng.choice(("0.2", "0.4"))), "odds_ratio": Fraction(rng.choice(("1", "3")))}
    townships = {"interference": (interference,), "interference_sensitivity": Fraction("0.5")}
    return oracle.Fieldwork(**share, **appeal, **(away if absence else {}), **(townships if interference else {}))


def random_policy(rng: Random, county: County) -> oracle.Policy:
    """Limits that a small sample often reaches or passes; the incidence's is a value that it can take."""
    persons = {g: oracle.listed_persons(county, range(len(county.strata)), g) for g in GROUPS}
    found = Fraction(rng.choice(("0.25", "0.3", "0.5")))
    incidence = persons["remaining"] + found * (persons["exited"] + persons["unregistered"])
    limits = {
        "wrong_exit": Fraction(rng.choice(("0.25", "0.4", "0.5"))),
        "missed": Fraction(rng.choice(("0.2", "0.25", "0.4"))),
        "incidence": incidence / sum(persons.values()),
        "approval": Fraction(rng.choice(("0.5", "0.6", "0.75"))),
    }
    return oracle.Policy(limits, rng.random() < 0.5, rng.choice(("surveyed", "village")))


# --- the same situation for the product ------------------------------------------------------------


def population_of(county: County) -> Population:
    """Return the county as the product holds it; the households must stand by village and group."""
    places = [3 * h.village + GROUPS.index(h.group) for h in county.households]
    assert places == sorted(places)
    persons = np.array([h.persons for h in county.households], dtype=np.int64)
    count = 3 * len(county.strata)
    codes = tuple(str(village) for village in range(len(county.strata)))
    frame = Frame(
        name="tiny",
        codes=codes,
        villages=codes,
        townships=county.townships,
        remote=np.array([stratum == "remote" for stratum in county.strata]),
        poor_village=np.zeros(len(codes), dtype=bool),
        group_households=np.bincount(places, minlength=count).reshape(-1, 3),
        group_persons=np.bincount(places, weights=persons, minlength=count).astype(np.int64).reshape(-1, 3),
        household_persons=persons,
        household_key=np.array([h.key for h in county.households], dtype=bool),
        household_hamlet=np.array([h.hamlet for h in county.households], dtype=np.int64),
        sizes_synthesised=False,
    )
    return Population(
        frame=frame,
        wrong_persons=np.array([h.wrong for h in county.households], dtype=np.int64),
        approves=np.array([h.approves == 1 for h in county.households]),
    )


def decimal(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    assert Fraction(exact) == value
    return exact


def fieldwork_of(errors: oracle.Fieldwork) -> Fieldwork:
    fields = {name: decimal(value) for name, value in errors._asdict().items() if isinstance(value, Fraction)}
    fields["absence_odds_ratio"] = fields.pop("odds_ratio")
    return Fieldwork(**fields, interference=errors.interference)


def plan_of(plan: oracle.TwoStage | oracle.SpotCheck) -> Plan | SpotCheck:
    if isinstance(plan, oracle.TwoStage):
        return Plan(**plan._asdict())
    return SpotCheck(
        phase1=Plan(**plan.phase1._asdict()),
        revisit_share=decimal(plan.share),
        all_errors=plan.all_errors,
        remote_villages=plan.remote_villages,
        remote_take=plan.remote_take,
        province=fieldwork_of(plan.province),
    )


def simulated(county: County, plan: Any, errors: oracle.Fieldwork, seed: int, replicates: int = REPLICATES) -> Tally:
    """Return the product's tallies of many inspections."""
    return tallies(
        population_of(county),
        plan_of(plan),
        seed=seed,
        replicates=np.arange(replicates, dtype=np.int64),
        fieldwork=fieldwork_of(errors),
    )


def events_of(county: County, tally: Tally, policy: oracle.Policy) -> dict[tuple[str, str], np.ndarray]:
    """Return what the product decides of each inspection, by what is asked."""
    frame = population_of(county).frame
    verdict = verdict_of_tally(
        tally,
        Policy(name="tiny", **policy._asdict()),
        group_persons=frame.group_persons.sum(axis=0),
        unregistered=frame.unregistered,
    )
    fails = {("chance", name): verdict.fails[name] for name in oracle.CRITERIA}
    ties = {("at_limit", name): verdict.at_limit[name] for name in oracle.CRITERIA}
    absent = {("not_measured", name): ~verdict.measured[name] for name in oracle.CRITERIA}
    return {("chance", "any"): verdict.any} | fails | ties | absent


# --- bounds that are computed ----------------------------------------------------------------------


def outside(expected: Fraction, events: np.ndarray, error: float) -> bool:
    """Say whether an exact chance lies outside the Clopper-Pearson interval of simulated events."""
    count, size = int(events.sum()), len(events)
    low = beta.ppf(error / 2, count, size - count + 1) if count else 0.0
    high = beta.isf(error / 2, count + 1, size - count) if count < size else 1.0
    return not low <= float(expected) <= high


def mean_bound(values: np.ndarray, width: float, error: float) -> float:
    """Return how far the mean of independent values of a range may lie from its expectation (Maurer & Pontil 2009).

    The empirical Bernstein bound, two-sided: it supposes nothing of the law, which here is skew.
    """
    log = np.log(4 / error)
    return float(np.sqrt(2 * values.var(ddof=1) * log / len(values)) + 7 * width * log / (3 * (len(values) - 1)))


def weighted_totals(tally: Tally, parts: slice = slice(None)) -> dict[tuple[str, str], np.ndarray]:
    """Return the product's weighted totals of each inspection: weights times moments, summed over some of the parts."""
    weights = tally.weights()
    assert weights is not None
    assert all(part.weighted for part in tally.parts)
    shape = (*tally.villages.shape, len(tally.parts), len(GROUPS))
    found = {}
    for name in ("persons", "wrong_persons"):
        sums = (weights * tally.moments[..., MOMENTS.index(name)]).reshape(shape)[:, :, parts].sum(axis=(1, 2))
        found |= {(group, name): sums[:, number] for number, group in enumerate(GROUPS)}
    return found


def assert_unbiased(
    expected: dict[str, tuple[Fraction, Fraction]],
    found: dict[tuple[str, str], np.ndarray],
    width: Fraction,
    error: float,
) -> None:
    """Hold simulated totals of persons and wrong persons against their exact expectations."""
    for (group, name), values in found.items():
        exact = float(expected[group][name == "wrong_persons"])
        bound = mean_bound(values, float(width), error / len(found))
        assert 0 <= values.min() <= values.max() <= float(width) * (1 + 1e-9)
        assert abs(values.mean() - exact) <= bound, (group, name, exact, values.mean(), bound)
