"""The two-phase spot check and fieldwork by brute force, in exact fractions: a second oracle, from the contract alone.

METHODS 1.4 fixes the spot check 'to the letter', METHODS 5.5, 5.6 and DESIGN section 5 the fieldwork. This program
lists every sample there is of a tiny county (two or three villages a stratum, one to four households a group) and
shares no line with the product. Words in single quotes are the contract's.

How the listing stays small: the townships of the first phase are independent given the villages drawn, the add-on is
independent of the first phase, and the records are independent of all samples, so each is listed by itself and put
together by multiplication. Nothing is approximated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations, product
from math import floor
from typing import NamedTuple, TypeVar

GROUPS = ("exited", "remaining", "unregistered")
STRATA = ("ordinary", "remote")
CRITERIA = ("wrong_exit", "missed", "incidence", "approval")
ONE = Fraction(1)

T = TypeVar("T", bound=Hashable)
Law = dict[T, Fraction]  # what can happen, and with which probability


class Household(NamedTuple):
    """A household and its truth; `hamlet` is the number of its hamlet inside its village."""

    village: int
    group: str
    persons: int
    wrong: int
    approves: int
    key: bool = False
    hamlet: int = 0


class Fieldwork(NamedTuple):
    """The fields of `[fieldwork]`, 'defaults 1, 1, 0, 0, 0'; the odds ratio is that of absence of wrong households."""

    sensitivity: Fraction = ONE
    specificity: Fraction = ONE
    appeal_overturns_true: Fraction = Fraction(0)
    appeal_overturns_false: Fraction = Fraction(0)
    absence: Fraction = Fraction(0)
    odds_ratio: Fraction = ONE
    interference: tuple[str, ...] = ()
    interference_sensitivity: Fraction = ONE


class County(NamedTuple):
    """Stratum and township of each village, and the households, in any order."""

    strata: tuple[str, ...]
    townships: tuple[str, ...]
    households: tuple[Household, ...]

    def members(self, stratum: str) -> list[int]:
        """Return the villages of a stratum."""
        return [village for village, its in enumerate(self.strata) if its == stratum]

    def of(self, village: int, group: str) -> list[int]:
        """Return the households of a group in a village."""
        return [k for k, h in enumerate(self.households) if h.village == village and h.group == group]

    def record(self, k: int, errors: Fieldwork) -> Law[int]:
        """Return the law of the persons recorded as wrong in a household.

        'wrong_persons = k > 0 is recorded k with probability sensitivity (1 - appeal_overturns_true), else 0; k = 0
        is recorded as all its persons with probability (1 - specificity)(1 - appeal_overturns_false); remaining
        households never.' Interference 'reduces Se in affected townships'.
        """
        household = self.households[k]
        if household.group == "remaining":
            return {0: ONE}
        if household.wrong > 0:
            interfered = self.townships[household.village] in errors.interference
            factor = errors.interference_sensitivity if interfered else ONE
            found, chance = household.wrong, errors.sensitivity * factor * (1 - errors.appeal_overturns_true)
        else:
            found, chance = household.persons, (1 - errors.specificity) * (1 - errors.appeal_overturns_false)
        return {value: p for value, p in ((found, chance), (0, 1 - chance)) if p}

    def absent(self, k: int, errors: Fieldwork) -> Fraction:
        """Return the chance that nobody is met: 'independent of truth unless an odds ratio is given'."""
        if self.households[k].wrong == 0 or errors.absence == 0:
            return errors.absence
        odds = errors.odds_ratio * errors.absence / (1 - errors.absence)
        return odds / (1 + odds)


class TwoStage(NamedTuple):
    """SRSWOR of villages by stratum, SRSWOR of households by drawn village and group, after what is visited fully."""

    villages: Mapping[str, int]
    take: Mapping[str, int]
    key_households: bool = False
    hamlets: int = 0


class SpotCheck(NamedTuple):
    """The plan of METHODS 1.4 without the desk check, which 'never enters the four criteria'."""

    phase1: TwoStage
    share: Fraction
    all_errors: bool
    remote_villages: int
    remote_take: Mapping[str, int]
    province: Fieldwork = Fieldwork()


class Policy(NamedTuple):
    """What decides a raw rate in persons (approval: in households)."""

    limits: Mapping[str, Fraction]
    at_limit_fails: bool = False
    missed_denominator: str = "surveyed"


class Seen(NamedTuple):
    """What the visited households add up to."""

    exited_persons: int = 0
    exited_wrong: int = 0
    unregistered_persons: int = 0
    unregistered_wrong: int = 0
    households: int = 0
    approving: int = 0


NOTHING = Seen()


# --- laws -----------------------------------------------------------------------------------------


def together(first: Law[T], second: Law[T], join: Callable[[T, T], T]) -> Law[T]:
    """Return the law of two independent outcomes joined."""
    law: Law[T] = defaultdict(Fraction)
    for (a, p), (b, q) in product(first.items(), second.items()):
        law[join(a, b)] += p * q
    return dict(law)


def all_of(laws: Iterable[Law[T]], start: T, join: Callable[[T, T], T]) -> Law[T]:
    """Return the law of any number of independent outcomes joined."""
    law: Law[T] = {start: ONE}
    for another in laws:
        law = together(law, another, join)
    return law


def mixture(parts: Iterable[tuple[Fraction, Law[T]]]) -> Law[T]:
    """Return the law of what happens when one of several laws is chosen with given probabilities."""
    law: Law[T] = defaultdict(Fraction)
    for weight, part in parts:
        for outcome, p in part.items():
            law[outcome] += weight * p
    return dict(law)


def plus(a: Seen, b: Seen) -> Seen:
    return Seen(*(x + y for x, y in zip(a, b, strict=True)))


def union(a: int, b: int) -> int:
    return a | b


def mask(members: Iterable[int]) -> int:
    """Return a set of numbers as the bits of an integer."""
    return sum(1 << member for member in members)


def bits(members: int) -> Iterator[int]:
    """Return the members of such a set."""
    return (k for k in range(members.bit_length()) if members >> k & 1)


def srswor(items: Iterable[int], number: int) -> Law[int]:
    """Return the law of an SRSWOR of so many, or of all where there are fewer, as sets of bits."""
    items = list(items)
    samples = list(combinations(items, min(number, len(items))))
    return {mask(sample): Fraction(1, len(samples)) for sample in samples}


def village_samples(county: County, villages: Mapping[str, int]) -> list[tuple[int, ...]]:
    """Return every sample of villages, so many of each stratum; all are equally likely."""
    choices = [combinations(county.members(stratum), villages[stratum]) for stratum in STRATA]
    return [ordinary + remote for ordinary, remote in product(*choices)]


# --- who is visited, and what is seen --------------------------------------------------------------


def seen_in(county: County, k: int, errors: Fieldwork) -> Law[Seen]:
    """Return the law of what one visited household adds."""
    household = county.households[k]
    exited, outside = int(household.group == "exited"), int(household.group == "unregistered")
    persons, approves = household.persons, household.approves

    def seen(recorded: int) -> Seen:
        return Seen(exited * persons, exited * recorded, outside * persons, outside * recorded, 1, approves)

    return mixture((p, {seen(recorded): ONE}) for recorded, p in county.record(k, errors).items())


def presence(county: County, households: Iterable[int], errors: Fieldwork) -> Law[int]:
    """Return the law of the set of households where somebody is met."""
    each = []
    for k in households:
        absent = county.absent(k, errors)
        each.append({outcome: p for outcome, p in ((0, absent), (1 << k, 1 - absent)) if p})
    return all_of(each, 0, union)


def full_in_village(county: County, plan: TwoStage, village: int) -> Law[int]:
    """Return the law of the set of households of a drawn village that no take has to draw.

    Hamlets are an SRSWOR, and every household of theirs is visited; so are the key households.
    """
    everybody = [k for group in GROUPS for k in county.of(village, group)]
    key = mask(k for k in everybody if plan.key_households and county.households[k].key)
    hamlets = {county.households[k].hamlet for k in everybody}

    def inside(chosen: int) -> int:
        return mask(k for k in everybody if chosen >> county.households[k].hamlet & 1)

    return mixture((p, {key | inside(chosen): ONE}) for chosen, p in srswor(hamlets, plan.hamlets).items())


def visited_in_village(county: County, plan: TwoStage, village: int, errors: Fieldwork) -> Law[int]:
    """Return the law of the set of households visited in a drawn village.

    'The takes then come from the others. An absent household is replaced by the next in random order within village
    and group until the take or the list ends', so a take is an SRSWOR of those met; who is to be visited without a
    take, and is absent, has no substitute.
    """

    def by_take(group: str, full: int) -> Law[int]:
        others = [k for k in county.of(village, group) if not full >> k & 1]
        met = presence(county, others, errors)
        return mixture((p, srswor(bits(home), plan.take.get(group, 0))) for home, p in met.items())

    def given(full: int) -> Law[int]:
        return all_of((presence(county, bits(full), errors), *(by_take(group, full) for group in GROUPS)), 0, union)

    return mixture((p, given(full)) for full, p in full_in_village(county, plan, village).items())


def fieldwork_chances(
    county: County, plan: TwoStage, errors: Fieldwork, policy: Policy
) -> dict[str, dict[str, Fraction]]:
    """Return the exact chances of a two-stage inspection with its fieldwork, as `chances` gives them."""
    samples = village_samples(county, plan.villages)
    of_village = {}
    for village in {village for drawn in samples for village in drawn}:
        visits = visited_in_village(county, plan, village, errors)
        of_village[village] = mixture(
            (p, all_of((seen_in(county, k, errors) for k in bits(visited)), NOTHING, plus))
            for visited, p in visits.items()
        )
    law: Law[tuple[Seen, int]] = defaultdict(Fraction)
    for drawn in samples:
        listed = listed_persons(county, drawn, "unregistered")
        for seen, p in all_of((of_village[village] for village in drawn), NOTHING, plus).items():
            law[seen, listed] += p / len(samples)
    return chances(county, dict(law), policy)


# --- the spot check --------------------------------------------------------------------------------


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def revisits(share: Fraction, questionnaires: int, complete: bool) -> int:
    """'max(1, round-half-up(share n_c)) questionnaires in each cell'; an error cell may be 'taken completely'."""
    return questionnaires if complete else max(1, half_up(share * questionnaires))


class Cell(NamedTuple):
    """Questionnaires of one township with one result of the province, and how many households are visited again."""

    members: int
    again: int


Cells = tuple[Cell, ...]


def cells_of_township(county: County, plan: SpotCheck, drawn: Iterable[int]) -> Law[Cells]:
    """Return the law of a township's cells given its drawn villages.

    'Cells c = township x provincial result (clean / error)': the groups and villages of a township are pooled.
    """
    samples = all_of((visited_in_village(county, plan.phase1, v, plan.province) for v in drawn), 0, union)

    def given(questionnaires: int) -> Law[Cells]:
        records = []
        for k in bits(questionnaires):
            wrong = sum((p for recorded, p in county.record(k, plan.province).items() if recorded), Fraction(0))
            records.append({outcome: p for outcome, p in ((0, 1 - wrong), (1 << k, wrong)) if p})
        # Not a dict of them: one questionnaire is the same cell whether it holds an error or none.
        return mixture((p, {cells(questionnaires, errors): ONE}) for errors, p in all_of(records, 0, union).items())

    def cells(questionnaires: int, errors: int) -> Cells:
        results = ((questionnaires & ~errors, False), (errors, plan.all_errors))
        return tuple(Cell(c, revisits(plan.share, c.bit_count(), complete)) for c, complete in results if c)

    return mixture((p, given(questionnaires)) for questionnaires, p in samples.items())


def revisited(cells: Cells, met: int) -> Law[int]:
    """Return the law of the re-visited households of some cells, given where somebody is met.

    The order of a cell is random, and the next of it replaces a household where nobody is met: an SRSWOR of the others.
    """
    return all_of((srswor(bits(cell.members & met), cell.again) for cell in cells), 0, union)


def townships_of(county: County, drawn: Iterable[int]) -> list[tuple[int, ...]]:
    """Return the drawn villages, township by township."""
    in_township: dict[str, list[int]] = defaultdict(list)
    for village in drawn:
        in_township[county.townships[village]].append(village)
    return [tuple(villages) for villages in in_township.values()]


def add_on_stage(plan: SpotCheck) -> TwoStage:
    """Return the add-on's plan: 'a fresh two-stage draw of the remote stratum'."""
    return TwoStage({"ordinary": 0, "remote": plan.remote_villages}, plan.remote_take)


def add_on_law(county: County, plan: SpotCheck, met: int) -> Law[int]:
    """Return the law of the set of add-on households, given where somebody is met."""

    def in_village(village: int) -> Law[int]:
        lists = (county.of(village, group) for group in GROUPS)
        takes = (plan.remote_take.get(group, 0) for group in GROUPS)
        return all_of((srswor(bits(mask(k) & met), n) for k, n in zip(lists, takes, strict=True)), 0, union)

    samples = village_samples(county, add_on_stage(plan).villages)
    return mixture((Fraction(1, len(samples)), all_of(map(in_village, drawn), 0, union)) for drawn in samples)


def visit_law(county: County, plan: SpotCheck, national: Fieldwork) -> Law[int]:
    """Return the law of the set of distinct households that the national team visits.

    The first phase and the add-on are independent given where the national team meets somebody; a household absent in
    the one is absent in the other.
    """
    samples = village_samples(county, plan.phase1.villages)
    townships = {villages for drawn in samples for villages in townships_of(county, drawn)}
    phase1 = {villages: cells_of_township(county, plan, villages) for villages in townships}

    def given(met: int) -> Law[int]:
        again = {
            villages: mixture((p, revisited(cells, met)) for cells, p in law.items())
            for villages, law in phase1.items()
        }
        revisit = mixture(
            (Fraction(1, len(samples)), all_of((again[t] for t in townships_of(county, drawn)), 0, union))
            for drawn in samples
        )
        return together(revisit, add_on_law(county, plan, met), union)

    everybody = range(len(county.households))
    return mixture((p, given(met)) for met, p in presence(county, everybody, national).items())


def spot_check_chances(
    county: County, plan: SpotCheck, national: Fieldwork, policy: Policy
) -> dict[str, dict[str, Fraction]]:
    """Return the exact chances of a spot check, as `chances` gives them.

    'The distinct visited households pooled; the `village` denominator is the union of their villages'; 'a household
    drawn twice is visited once', and so has one record.
    """
    law: Law[tuple[Seen, int]] = defaultdict(Fraction)
    for visited, p in visit_law(county, plan, national).items():
        listed = listed_persons(county, {county.households[k].village for k in bits(visited)}, "unregistered")
        for outcome, q in all_of((seen_in(county, k, national) for k in bits(visited)), NOTHING, plus).items():
            law[outcome, listed] += p * q
    return chances(county, dict(law), policy)


# --- what the evaluator says -----------------------------------------------------------------------


def listed_persons(county: County, villages: Iterable[int], group: str) -> int:
    """Return the persons of a group that the village table has in these villages."""
    inside = set(villages)
    return sum(h.persons for h in county.households if h.village in inside and h.group == group)


def ratio(numerator: int, denominator: int) -> Fraction | None:
    """'A rate whose denominator is 0 is "not measured"': None."""
    return Fraction(numerator, denominator) if denominator else None


def rates(county: County, seen: Seen, listed: int, policy: Policy) -> dict[str, Fraction | None]:
    """Return the four raw rates; the incidence takes the totals of the whole county."""
    whole = range(len(county.strata))
    exited, remaining, outside = (
        listed_persons(county, whole, group) for group in ("exited", "remaining", "unregistered")
    )
    wrong_exit = ratio(seen.exited_wrong, seen.exited_persons)
    village = policy.missed_denominator == "village"
    missed = ratio(seen.unregistered_wrong, listed if village else seen.unregistered_persons)
    rural = exited + remaining + outside
    incidence = (remaining + (wrong_exit or 0) * exited + (missed or 0) * outside) / Fraction(rural) if rural else None
    return {
        "wrong_exit": wrong_exit,
        "missed": missed,
        "incidence": incidence,
        "approval": ratio(seen.approving, seen.households),
    }


def fails(criterion: str, rate: Fraction | None, policy: Policy) -> bool:
    """Rates fail above their limit, approval below; what is not measured cannot fail."""
    if rate is None:
        return False
    limit = policy.limits[criterion]
    if rate == limit:
        return policy.at_limit_fails
    return rate < limit if criterion == "approval" else rate > limit


def chances(county: County, law: Law[tuple[Seen, int]], policy: Policy) -> dict[str, dict[str, Fraction]]:
    """Return the chance of failing by `any` and criterion, of a tie and of no measurement by criterion."""
    if sum(law.values()) != 1:
        raise AssertionError("the listing lost or counted twice what can happen")
    chance = dict.fromkeys(("any", *CRITERIA), Fraction(0))
    at_limit = dict.fromkeys(CRITERIA, Fraction(0))
    not_measured = dict.fromkeys(CRITERIA, Fraction(0))
    for (seen, listed), p in law.items():
        found = rates(county, seen, listed, policy)
        failed = [criterion for criterion in CRITERIA if fails(criterion, found[criterion], policy)]
        for name in failed + ["any"] * bool(failed):
            chance[name] += p
        for criterion in CRITERIA:
            at_limit[criterion] += p * (found[criterion] == policy.limits[criterion])
            not_measured[criterion] += p * (found[criterion] is None)
    return {"chance": chance, "at_limit": at_limit, "not_measured": not_measured}


# --- the weighted estimator ------------------------------------------------------------------------

# Expected weight of every household, 0 in the samples without it: all are 1 exactly where totals are unbiased.
Weights = list[Fraction]


def require_everybody_met(*teams: Fieldwork) -> None:
    """Weights are those of samples; where doors stay closed they depend on who is at home, and are not listed here."""
    if any(team.absence for team in teams):
        raise ValueError("the expectations are those of fieldwork that meets everybody")


def two_stage_weights(county: County, plan: TwoStage) -> Weights:
    """Return the expected weights of a two-stage inspection that meets everybody.

    'w = (M_h/m_h)(N_gi/n_gi)'. What is visited fully in a drawn village is 'a take-all stratum, weight 1' in it, and
    so the others have the N and n of what is left, which depends on the hamlets drawn.
    """
    expected = [Fraction(0)] * len(county.households)
    for stratum in STRATA:
        members, drawn = county.members(stratum), plan.villages[stratum]
        for village in members if drawn else ():
            inside = [k for group in GROUPS for k in county.of(village, group)]
            for full, p in full_in_village(county, plan, village).items():
                for k in inside:
                    if full >> k & 1:
                        expected[k] += p  # (m/M) of the village samples have it, and M/m is its weight
                for group in GROUPS:
                    others = [k for k in county.of(village, group) if not full >> k & 1]
                    for sample, q in srswor(others, plan.take.get(group, 0)).items():
                        for k in bits(sample):
                            expected[k] += p * q * Fraction(len(others), sample.bit_count())
    return expected


def phase1_weight(county: County, plan: TwoStage, k: int) -> Fraction:
    """'w = (M_h/m_h)(N_gi/n_gi)', for a plan that draws households by the takes alone."""
    household = county.households[k]
    stratum = county.strata[household.village]
    listed = len(county.of(household.village, household.group))
    taken = min(plan.take.get(household.group, 0), listed)
    return Fraction(len(county.members(stratum)), plan.villages[stratum]) * Fraction(listed, taken)


def revisit_weights(county: County, plan: SpotCheck) -> Weights:
    """Return the expectations of w* = w_a n_c / n_2c, METHODS 1.4 (c), over every sample and record."""
    require_everybody_met(plan.province)
    expected = [Fraction(0)] * len(county.households)
    samples = village_samples(county, plan.phase1.villages)
    for drawn in samples:
        for villages in townships_of(county, drawn):
            for cells, p in cells_of_township(county, plan, villages).items():
                for members, again in cells:
                    for sample, q in srswor(bits(members), again).items():
                        for k in bits(sample):
                            weight = phase1_weight(county, plan.phase1, k) * Fraction(members.bit_count(), again)
                            expected[k] += weight * p * q / len(samples)
    return expected


def planned_share(plan: SpotCheck, group: str) -> Fraction:
    """'lambda_g = planned re-visit share of the two planned remote takes of group g'.

    Where neither is planned it does not matter: the group is not visited in remote villages.
    """
    again = plan.share * plan.phase1.villages["remote"] * plan.phase1.take.get(group, 0)
    fresh = plan.remote_villages * plan.remote_take.get(group, 0)
    return again / (again + fresh) if again + fresh else ONE


def spot_check_weights(county: County, plan: SpotCheck) -> tuple[Weights, Weights]:
    """Return the expected weights of METHODS 1.4 (f) from the re-visit and from the add-on; a household's is their sum.

    'Ordinary stratum w*; remote stratum composite, lambda_g w* for re-visited and (1 - lambda_g) w_B for add-on
    households, summed for duplicates.'
    """
    again, fresh = revisit_weights(county, plan), two_stage_weights(county, add_on_stage(plan))
    for k, household in enumerate(county.households):
        if county.strata[household.village] == "remote":
            share = planned_share(plan, household.group)
            again[k], fresh[k] = share * again[k], (1 - share) * fresh[k]
    return again, fresh


def expected_totals(county: County, weights: Weights, errors: Fieldwork) -> dict[str, tuple[Fraction, Fraction]]:
    """Return the expected weighted totals of persons and of recorded wrong persons of each group."""
    require_everybody_met(errors)
    totals = {group: (Fraction(0), Fraction(0)) for group in GROUPS}
    for k, household in enumerate(county.households):
        persons, wrong = totals[household.group]
        recorded = sum((value * p for value, p in county.record(k, errors).items()), Fraction(0))
        totals[household.group] = (persons + weights[k] * household.persons, wrong + weights[k] * recorded)
    return totals
