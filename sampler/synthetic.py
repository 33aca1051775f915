"""A county that looks real, from stated totals: a made-up map, made-up names, and sums that are met exactly.

Nothing here is data about a place. The shape of the county, the names, the sizes of villages and who lives
where are invented; only the totals are the caller's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from sampler.domains import Count, PositiveCount, require_domains
from sampler.errors import InputError, Mistake, refuse

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
HouseholdSize = Annotated[float, Interval(ge=1, le=10)]

SMALLEST_VILLAGE, LARGEST_VILLAGE = 200, 2_500  # rural persons
MOST_REGISTERED = 0.9  # of a village's persons; so that everywhere somebody is left unregistered
MOST_REMAINING = 0.5  # likewise, so that the exited find room beside the remaining
SHARE_WITH_REMAINING = 0.4  # of the villages, while the remaining are at most 2% of the county
AREA_PER_VILLAGE = 4.0  # km² at least; less would not leave room for the spacing
SPACING = 6  # tenths of a km between two villages, and between a village and the county seat
CELLS = 3_000  # the map is laid out on so many squares

# Combined they read like mountain villages of no family, temple or campaign: no surnames, saints or slogans.
# Short names take one syllable before the landform, long ones a pair.
SYLLABLES = "云霞霜枫桐栗杉梨桑桂碧翠岚鹿鹤雁鹭泉"
PAIRS = (
    "云松云杉云岚霞松栖霞霜枫雪松青枫青桐青萝青岚碧泉碧萝翠竹翠屏清泉石泉石松石竹石兰枫泉枫香枫露桐花"
    "桐荫桐露梨花兰草茶香栗香桂香松风松涛松露竹泉竹影竹风鹿鸣鹿泉鹤鸣鹤泉雁鸣雁回鹭飞燕来月泉晴岚"
)
LANDFORMS = "坪湾岭坡岩峪坳垭畈沟冲坝槽"


@dataclass(frozen=True, kw_only=True)
class CountyTotals:
    """What is stated about a county; everything else is invented around it.

    Parameters
    ----------
    townships : tuple of (str, int)
        Name and number of villages of each township, at least one; the county seat lies in the first.
    rural_persons, exited_persons, remaining_persons : int
        Persons in the whole county; the rest of the rural persons are unregistered. There are on average
        `SMALLEST_VILLAGE` to `LARGEST_VILLAGE` persons a village. At most 80% of the rural persons are exited
        or remaining, at most 40% remaining.
    remote_villages, poor_villages : int
        Villages with the flag.
    persons_per_exited_household, persons_per_remaining_household, persons_per_unregistered_household : float
        County means, 1 to 10 persons.
    area_km2 : float
        Area of the county, at least `AREA_PER_VILLAGE` km² a village.

    Raises
    ------
    InputError
        ``outside_domain``, one for each figure that cannot be.
    """

    townships: tuple[tuple[str, int], ...]
    rural_persons: PositiveCount
    exited_persons: Count
    remaining_persons: Count
    remote_villages: Count
    poor_villages: Count
    persons_per_exited_household: HouseholdSize
    persons_per_remaining_household: HouseholdSize
    persons_per_unregistered_household: HouseholdSize
    area_km2: float

    def __post_init__(self) -> None:
        require_domains(self)
        villages, rural = self.villages, self.rural_persons
        names = len({name for name, _ in self.townships})
        allowed: dict[str, tuple[float, float, float]] = {  # found, least, most
            "townships": (names, max(1, len(self.townships)), len(self.townships)),
            "villages": (min((n for _, n in self.townships), default=0), 1, float("inf")),
            "rural_persons": (rural, SMALLEST_VILLAGE * villages, LARGEST_VILLAGE * villages),
            "exited_persons": (self.exited_persons, 0, 0.8 * rural - self.remaining_persons),
            "remaining_persons": (self.remaining_persons, 0, 0.4 * rural),
            "remote_villages": (self.remote_villages, 0, villages),
            "poor_villages": (self.poor_villages, 0, villages),
            "area_km2": (self.area_km2, AREA_PER_VILLAGE * villages, 1e6),
        }
        wrong = [
            Mistake("outside_domain", {"key": key, "found": str(found), "allowed": f"{least:g} <= x <= {most:g}"})
            for key, (found, least, most) in allowed.items()
            if not least <= found <= most
        ]
        if wrong:
            raise InputError(wrong)

    @property
    def villages(self) -> int:
        """Number of villages."""
        return sum(n for _, n in self.townships)

    @property
    def unregistered_persons(self) -> int:
        """Rural persons who are neither exited nor remaining."""
        return self.rural_persons - self.exited_persons - self.remaining_persons

    @property
    def households(self) -> tuple[int, int, int]:
        """Households of the county: exited, remaining, unregistered."""

        def nearest(persons: int, size: float) -> int:
            return max(1, round(persons / size)) if persons else 0

        return (
            nearest(self.exited_persons, self.persons_per_exited_household),
            nearest(self.remaining_persons, self.persons_per_remaining_household),
            nearest(self.unregistered_persons, self.persons_per_unregistered_household),
        )


def synthetic_villages(totals: CountyTotals, *, rng: np.random.Generator) -> dict[str, NDArray[Any] | list[str]]:
    """Make up a mountain county whose sums are those stated.

    Parameters
    ----------
    totals : CountyTotals
        What the county adds up to; V villages.
    rng : numpy.random.Generator
        Source of everything that is made up.

    Returns
    -------
    dict of str to (V,) array or list
        The columns of the village table, in its order. Counts and 0/1 flags are int64. `distance_km` is by
        road from the county seat at x = y = 0, 1.3 to 1.6 times the straight line; `x`, `y` are km east and
        north; all three have one decimal. The remote villages are the farthest by road; they tend to be
        small, poor and rich in exited persons. No two villages are nearer than `SPACING`. In every group a
        village has households if and only if it has persons, and no more households than persons.

    Raises
    ------
    InputError
        ``outside_domain`` when there are more villages than made-up names for them.

    Examples
    --------
    >>> stated = CountyTotals(
    ...     townships=(("霞溪镇", 3), ("雾岭乡", 2)), area_km2=62.0,
    ...     rural_persons=4_500, exited_persons=1_000, remaining_persons=20,
    ...     remote_villages=1, poor_villages=2,
    ...     persons_per_exited_household=2.9,
    ...     persons_per_remaining_household=1.9,
    ...     persons_per_unregistered_household=3.1,
    ... )
    >>> county = synthetic_villages(stated, rng=np.random.default_rng(1))
    >>> county["village_code"]
    ['T01V001', 'T01V002', 'T01V003', 'T02V001', 'T02V002']
    >>> int(np.sum(county["exited_persons"])), int(np.sum(county["remote"]))
    (1000, 1)
    """
    counts = np.array([n for _, n in totals.townships])
    township = np.repeat(np.arange(counts.size), counts)
    places, outward = _map(counts, totals.area_km2, rng)
    distance = _road_distance(places, township, rng)
    remote = np.zeros(totals.villages, np.int64)
    remote[np.argsort(-distance, kind="stable")[: totals.remote_villages]] = 1
    poor = _some(np.exp(0.9 * remote), totals.poor_villages, rng)
    columns: dict[str, NDArray[Any] | list[str]] = {
        "village_code": [f"T{t + 1:02d}V{v + 1:03d}" for t, n in enumerate(counts) for v in range(n)],
        "village": [],  # named last, so that a word more or less in the lists does not move a single number
        "township": [totals.townships[t][0] for t in township],
        "remote": remote,
        "poor_village": poor,
        **_people(totals, township, remote, poor, outward, rng),
        "distance_km": distance,
        "x": places[:, 0] / 10,
        "y": places[:, 1] / 10,
    }
    columns["village"] = _village_names(totals.villages, {name[:-1] for name, _ in totals.townships}, rng)
    return columns


def _village_names(count: int, avoid: Collection[str], rng: np.random.Generator) -> list[str]:
    """Draw `count` different names that end in 村, none of them a word to avoid."""
    firsts = [*SYLLABLES, *(PAIRS[i : i + 2] for i in range(0, len(PAIRS), 2))]
    words = [first + last for first in firsts for last in LANDFORMS]
    names = [f"{word}村" for word in words if word not in avoid]
    if count > len(names):
        raise refuse("outside_domain", key="villages", found=str(count), allowed=f"1 <= x <= {len(names)}")
    return [names[i] for i in rng.permutation(len(names))[:count]]


def _apportion(weights: Floats, total: int, low: Integers, high: Integers) -> Integers:
    """Share `total` by positive weights, in whole numbers from `low` to `high`, by largest remainders."""
    w = np.where(high > 0, weights, 1.0)
    below, above = 0.0, float((high / w).max())
    for _ in range(120):  # bisect the common scale; the sum of the clipped parts grows with it
        scale = (below + above) / 2
        below, above = (scale, above) if np.clip(scale * w, low, high).sum() < total else (below, scale)
    parts = np.clip(above * w, low, high)
    whole = np.floor(parts).astype(np.int64)
    remainders = np.where(whole < high, parts - whole, -1.0)
    whole[np.argsort(-remainders, kind="stable")[: total - int(whole.sum())]] += 1
    return whole


def _some(weights: Floats, count: int, rng: np.random.Generator) -> Integers:
    """0/1 flags of `count` different entries, heavier ones more often."""
    flags = np.zeros(weights.size, np.int64)
    flags[rng.choice(weights.size, count, replace=False, p=weights / weights.sum())] = 1
    return flags


def _people(
    totals: CountyTotals,
    township: Integers,
    remote: Integers,
    poor: Integers,
    outward: Floats,
    rng: np.random.Generator,
) -> dict[str, Integers]:
    """Six columns of households and persons: village sizes first, then the registered, then households."""
    v = township.size
    least, most = np.full(v, SMALLEST_VILLAGE), np.full(v, LARGEST_VILLAGE)
    households = totals.households
    # Clipped, lest a single village stand out by sitting on a bound.
    growth = np.clip(rng.standard_normal(v), -2.5, 2.5)
    size = np.exp(0.36 * growth - 0.25 * remote - 0.3 * outward)
    rural = _apportion(size, totals.rural_persons, least, most)
    luck = rng.normal(0.0, 0.1, township[-1] + 1)[township] + rng.normal(0.0, 0.26, v)
    poverty = rural * np.exp(luck + 0.3 * remote + 0.55 * poor)

    spread = SHARE_WITH_REMAINING * max(1.0, totals.remaining_persons / (0.02 * totals.rural_persons))
    some = _some(poverty, min(int(np.ceil(v * min(1.0, spread))), households[1]), rng)
    room = (MOST_REMAINING * rural).astype(np.int64)
    left = poverty * np.exp(rng.normal(0.0, 0.7, v))
    remaining = _apportion(left, totals.remaining_persons, some, some * room)

    some = _some(poverty, min(v, households[0]), rng)
    room = (MOST_REGISTERED * rural).astype(np.int64) - remaining
    exited = _apportion(poverty, totals.exited_persons, some, some * room)

    columns: dict[str, Integers] = {}
    groups = {"exited": exited, "remaining": remaining, "unregistered": rural - exited - remaining}
    for (group, persons), number in zip(groups.items(), households, strict=True):
        crowding = np.exp(rng.normal(0.0, 0.05, v))  # households are a little larger here than there
        columns[f"{group}_households"] = _apportion(persons / crowding, number, np.minimum(persons, 1), persons)
        columns[f"{group}_persons"] = persons
    return columns


def _map(counts: Integers, area: float, rng: np.random.Generator) -> tuple[Integers, Floats]:
    """Places of the villages, (V, 2) in tenths of a km, and how far out each lies: 0 its town, 1 the rim.

    A township's villages are listed from its town outwards. They crowd round the town and along valleys.
    """
    cells, side = _cells(area, rng)
    share = (counts / counts.sum() + 1 / counts.size) / 2  # of the area; few villages have it roomier
    owner = _townships(cells, share, rng)
    valley = np.exp(-1.6 * np.abs(_relief(cells, np.sqrt(area), rng)))
    seat = np.zeros((1, 2), np.int64)
    taken, outward = seat, []
    for t, n in enumerate(counts):
        own = cells[owner == t]
        town = own.mean(axis=0) if t else seat[0]
        radius = np.sqrt(area * share[t] / np.pi)
        density = valley[owner == t] * np.exp(-(((own - town) ** 2).sum(1)) / radius**2)
        fresh = _settle(own, density, side, n, taken, rng)
        away = np.sqrt(((fresh / 10 - town) ** 2).sum(1)) / radius
        order = np.argsort(away, kind="stable")
        taken = np.concatenate([taken, fresh[order]])
        outward.append(away[order])
    return taken[1:], np.concatenate(outward)


def _cells(area: float, rng: np.random.Generator) -> tuple[Floats, float]:
    """Centres of the county's squares, (CELLS, 2) in km, and their side; the outline is wavy."""
    side = np.sqrt(area / CELLS)
    radius = np.sqrt(area / np.pi)
    steps = np.arange(-2 * radius, 2 * radius, side)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    waves = np.arange(2, 8)
    height = rng.uniform(0.12, 0.36, waves.size) / waves
    phase = rng.uniform(0, 2 * np.pi, waves.size)
    angle = np.arctan2(grid[:, 1], grid[:, 0])
    outline = 1 + np.cos(waves * angle[:, None] + phase) @ height
    inside = np.argsort(np.hypot(grid[:, 0], grid[:, 1]) / outline, kind="stable")[:CELLS]
    off_centre = 0.15 * radius * rng.uniform(-1, 1, 2)
    return grid[inside] + off_centre, float(side)


def _townships(cells: Floats, share: Floats, rng: np.random.Generator) -> Integers:
    """Township of each square: the first round the seat, the others by cutting the rest in two repeatedly."""
    owner = np.zeros(CELLS, np.int64)
    outer = np.argsort(np.hypot(cells[:, 0], cells[:, 1]), kind="stable")[round(share[0] * CELLS) :]
    blocks = [(outer, 1 + rng.permutation(share.size - 1))]
    while blocks:
        block, townships = blocks.pop()
        if townships.size < 2:
            owner[block] = townships
            continue
        x, y = (cells[block] - cells[block].mean(axis=0)).T
        longest = np.arctan2(2 * (x * y).sum(), (x * x - y * y).sum()) / 2 + rng.normal(0.0, 0.3)
        order = block[np.argsort(x * np.cos(longest) + y * np.sin(longest), kind="stable")]
        some, others = np.split(townships, [townships.size // 2])
        cut = round(block.size * share[some].sum() / share[townships].sum())
        blocks += [(order[:cut], some), (order[cut:], others)]
    return owner


def _relief(points: Floats, width: float, rng: np.random.Generator) -> Floats:
    """Return a smooth random field of variance about 1 whose zero lines wind like valleys."""
    direction = rng.uniform(0, 2 * np.pi, 8)
    length = width * rng.uniform(0.12, 0.4, 8)
    phase = rng.uniform(0, 2 * np.pi, 8)
    along = points[:, :1] * np.cos(direction) + points[:, 1:] * np.sin(direction)
    return np.asarray(np.sin(2 * np.pi * along / length + phase).sum(axis=1) / 2, np.float64)


def _settle(
    cells: Floats, density: Floats, side: float, number: int, taken: Integers, rng: np.random.Generator
) -> Integers:
    """Throw villages on a township's squares, in tenths of a km, until `number` keep their distance."""
    fresh = np.empty((0, 2), np.int64)
    while len(fresh) < number:
        chosen = cells[rng.choice(len(cells), 4 * number, p=density / density.sum())]
        thrown = np.rint(10 * (chosen + side * rng.uniform(-0.5, 0.5, chosen.shape))).astype(np.int64)
        for place in thrown:
            near = ((np.concatenate([taken, fresh]) - place) ** 2).sum(axis=1) < SPACING**2
            if len(fresh) < number and not near.any():
                fresh = np.concatenate([fresh, place[None]])
        density = np.sqrt(density)  # evens out, so that a crowded valley cannot keep us waiting
    return fresh


def _road_distance(places: Integers, township: Integers, rng: np.random.Generator) -> Floats:
    """Km by road from the seat, one decimal; roads of one township wind alike."""
    winding = rng.normal(0.0, 0.6, township[-1] + 1)[township] + rng.normal(0.0, 0.6, township.size)
    factor = 1.3 + 0.3 / (1 + np.exp(-winding))
    return np.asarray(np.round(np.hypot(places[:, 0], places[:, 1]) / 10 * factor, 1), np.float64)
