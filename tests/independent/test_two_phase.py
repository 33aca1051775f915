"""Two-phase estimates against loops over pairs of households, and against all samples that there are (METHODS 2.7)."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from estimators.double_sample import DoubleSample, difference_ratio, expanded_ratio, expanded_total, regression_ratio
from estimators.recheck import difference_of_recheck, regression_of_recheck
from sampler.error_model import ErrorModel, synthesise_populations
from sampler.errors import InputError
from sampler.fieldwork import Fieldwork
from sampler.frame import EXITED, UNREGISTERED, Frame, frame_from_counts
from sampler.plan import Plan
from sampler.recheck import SpotCheck, spot_check, tally_spot_check
from sampler.second_phase import second_phase_of

TOLERANCE = {"rtol": 1e-10, "atol": 1e-18}
Row = dict[str, Any]


# --- the naive estimator -------------------------------------------------------------------------------


def cells_of(rows: list[Row]) -> dict[Any, tuple[int, int]]:
    """Return n_c and n_2c of each cell."""
    found: dict[Any, tuple[int, int]] = {}
    for row in rows:
        n, taken = found.get(row["cell"], (0, 0))
        found[row["cell"]] = n + 1, taken + row["again"]
    return found


def naive_first(rows: list[Row], z: list[float], villages: dict[int, int | None]) -> float:
    """Return V_1 from all pairs: sum D_kl z_k z_l / pi_kl, `villages` the M_h of each stratum, None where f_h = 0."""
    cells = cells_of(rows)
    drawn = {h: {row["village"] for row in rows if row["stratum"] == h} for h in villages}
    total = 0.0
    for k, one in enumerate(rows):
        for j, other in enumerate(rows):
            if one["stratum"] != other["stratum"] or not (one["again"] and other["again"]):
                continue
            m, whole = len(drawn[one["stratum"]]), villages[one["stratum"]]
            f = 0.0 if whole is None else m / whole
            if f == 1:
                continue
            same_village = float(one["village"] == other["village"])
            form = (1 - f) * m / (m - 1) * (same_village - 1 / m)
            total += form * z[k] * z[j] / joint_chance(cells, one, other, same=k == j)
    return total


def joint_chance(cells: dict[Any, tuple[int, int]], one: Row, other: Row, *, same: bool) -> float:
    n, taken = cells[one["cell"]]
    if same:
        return taken / n
    if one["cell"] == other["cell"]:
        return taken * (taken - 1) / (n * (n - 1))
    others, of_others = cells[other["cell"]]
    return taken / n * of_others / others


def naive_second(rows: list[Row], e: list[float], pool: Any) -> float:
    """Return sum n_c^2 (1 - f_c) s_c^2 / n_2c; a cell with one of several borrows from the cells of its class."""
    cells = cells_of(rows)
    within: dict[Any, list[float]] = {
        c: [value for row, value in zip(rows, e, strict=True) if row["again"] and row["cell"] == c] for c in cells
    }

    def squares(c: Any) -> float:
        mean = sum(within[c]) / len(within[c])
        return sum((value - mean) ** 2 for value in within[c])

    total = 0.0
    for c, (n, taken) in cells.items():
        if taken in (0, n):
            continue
        if taken > 1:
            spread = squares(c) / (taken - 1)
        else:
            lenders = [d for d in cells if pool(d) == pool(c) and cells[d][1] > 1]
            lenders = lenders or [d for d in cells if cells[d][1] > 1]
            if not lenders:
                return float("nan")
            spread = sum(squares(d) for d in lenders) / sum(cells[d][1] - 1 for d in lenders)
        total += n**2 * (1 - taken / n) * spread / taken
    return total


def naive(rows: list[Row], slope: float | None, villages: dict[int, int | None], pool: Any) -> dict[str, float]:
    """Return the corrected ratio of rows with w, y, before and s; `slope` None for least squares."""
    cells = cells_of(rows)
    last = [row["w"] * cells[row["cell"]][0] / cells[row["cell"]][1] if row["again"] else 0.0 for row in rows]
    whole = sum(row["w"] * row["s"] for row in rows)
    counts = [(w, row) for w, row in zip(last, rows, strict=True) if row["again"] and row["s"] > 0]
    if slope is None:
        weight = sum(w for w, _ in counts)
        mean = sum(w * row["before"] for w, row in counts) / weight if weight else 0.0
        mean_y = sum(w * row["y"] for w, row in counts) / weight if weight else 0.0
        spread = sum(w * (row["before"] - mean) ** 2 for w, row in counts)
        both = sum(w * (row["before"] - mean) * (row["y"] - mean_y) for w, row in counts)
        slope = both / spread if spread > 0 else 1.0
    value = sum(row["w"] * slope * row["before"] for row in rows)
    value += sum(w * (row["y"] - slope * row["before"]) for w, row in zip(last, rows, strict=True) if row["again"])
    value /= whole
    z = [row["w"] * (row["y"] - value * row["s"]) / whole if row["again"] else 0.0 for row in rows]
    e = [row["w"] * (row["y"] - slope * row["before"]) / whole if row["again"] else 0.0 for row in rows]
    clean = [(row["village"], w * row["s"] / whole) for w, row in counts if row["before"] == 0]
    steps = [step for _, step in clean]
    by_village = [[step for v, step in clean if v == village] for village in {v for v, _ in clean}]
    return {
        "value": value,
        "slope": slope,
        "first_phase": naive_first(rows, z, villages),
        "second_phase": naive_second(rows, e, pool),
        "step": sum(steps) / len(steps) if steps else float("nan"),
        "largest_step": max(steps, default=float("nan")),
        "largest_village_step": max((sum(part) / len(part) for part in by_village), default=float("nan")),
    }


# --- rows ------------------------------------------------------------------------------------------------


def random_rows(seed: int, *, lonely_cells: bool) -> list[Row]:
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for h, villages in enumerate((int(rng.integers(2, 5)), int(rng.integers(2, 4)))):
        for v in range(villages):
            for _ in range(int(rng.integers(3, 7))):
                s = int(rng.integers(1, 6))
                before = s * int(rng.random() < 0.3)
                rows.append({
                    "stratum": h, "village": 10 * h + v, "w": float(rng.integers(5, 40)), "s": s, "before": before,
                    "y": int(rng.integers(0, s + 1)) if rng.random() < 0.4 else before,
                    "cell": (int(rng.integers(0, 2)), before > 0), "again": False,
                })  # fmt: skip
    for c in cells_of(rows):
        mine = [row for row in rows if row["cell"] == c]
        least = 1 if lonely_cells else min(2, len(mine))
        for k in rng.choice(len(mine), size=int(rng.integers(least, len(mine) + 1)), replace=False):
            mine[k]["again"] = True
    return rows


def columns(rows: list[Row], *, pool: bool, villages: dict[int, int | None]) -> tuple[DoubleSample, Any, Any, Any]:
    def column(key: str) -> np.ndarray:
        return np.array([row[key] for row in rows])

    cell = np.array([f"{place}/{wrong}" for place, wrong in (row["cell"] for row in rows)])
    sizes = None if None in villages.values() else np.array([villages[row["stratum"]] for row in rows])
    sample = DoubleSample(
        weights=column("w"),
        stratum=column("stratum"),
        cluster=column("village"),
        cell=cell,
        drawn=column("again"),
        stratum_sizes=sizes,
        pool=np.array([row["cell"][1] for row in rows]) if pool else None,
    )
    return sample, np.where(column("again"), column("y"), np.nan), column("before"), column("s")


@pytest.mark.parametrize("lonely_cells", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_rows_equal_the_naive_ones(seed: int, lonely_cells: bool) -> None:
    rows = random_rows(seed, lonely_cells=lonely_cells)
    drawn = {h: len({row["village"] for row in rows if row["stratum"] == h}) for h in (0, 1)}
    villages = [{0: None, 1: None}, {0: drawn[0] + 3, 1: drawn[1]}][seed % 2]
    sample, y, before, s = columns(rows, pool=lonely_cells, villages=villages)
    for make, slope in ((difference_ratio, 1.0), (regression_ratio, None)):
        found = make(sample, y, before, s)
        expected = naive(rows, slope, villages, pool=lambda cell: cell[1])
        expected.pop("largest_village_step")
        for name, value in expected.items():
            assert np.allclose(getattr(found, name), value, equal_nan=True, **TOLERANCE), name
    cells = cells_of(rows).values()
    assert found.lonely_cells[0] == sum(taken == 1 < n for n, taken in cells)


def test_a_lonely_cell_without_classes_is_refused() -> None:
    sample = DoubleSample(
        weights=np.ones(4), stratum=np.zeros(4), cluster=np.arange(4), cell=[0, 0, 1, 1], drawn=[1, 1, 1, 0]
    )
    with pytest.raises(InputError) as caught:
        expanded_total(sample, np.ones(4))
    assert [(m.code, m.fields["cell"]) for m in caught.value.mistakes] == [("lonely_cell", 1)]


# --- all samples -------------------------------------------------------------------------------------------


def every_sample() -> tuple[list[tuple[float, list[Row]]], list[Row]]:
    """Two of three villages of one stratum, both of another; then two questionnaires of each cell."""
    rng = np.random.default_rng(7)
    people = [
        {"stratum": h, "village": v, "w": 1.5 if h == 0 else 1.0, "s": 1, "y": float(rng.integers(0, 4)),
         "before": float(rng.integers(0, 3)), "cell": (c, False), "again": False}
        for h, v in ((0, 0), (0, 1), (0, 2), (1, 3), (1, 4))
        for c in ((0, 0, 1) if h == 0 else (0, 1, 1))
    ]  # fmt: skip
    samples = []
    for left_out in range(3):
        phase1 = [row for row in people if row["village"] != left_out]
        members = [[k for k, row in enumerate(phase1) if row["cell"][0] == c] for c in (0, 1)]
        draws = list(product(*(combinations(mine, 2) for mine in members)))
        for pairs in draws:
            taken = {k for pair in pairs for k in pair}
            rows = [{**row, "again": k in taken} for k, row in enumerate(phase1)]
            samples.append((1 / 3 / len(draws), rows))
    return samples, people


def test_expanded_totals_and_their_variances_are_unbiased() -> None:
    samples, people = every_sample()
    villages: dict[int, int | None] = {0: 3, 1: 2}
    true = sum(row["y"] for row in people)
    values, variances, chances = [], [], []
    for chance, rows in samples:
        sample, y, *_ = columns(rows, pool=False, villages=villages)
        found = expanded_total(sample, y)
        values.append(found.value[0])
        variances.append(found.variance[0])
        chances.append(chance)
    assert np.isclose(np.dot(chances, values), true, rtol=1e-12)
    assert np.isclose(np.dot(chances, variances), np.dot(chances, (np.array(values) - true) ** 2), rtol=1e-12)


def test_differences_are_unbiased() -> None:
    # All villages have three households, so that the denominator does not vary.
    samples, people = every_sample()
    mean = 0.0
    for chance, rows in samples:
        sample, y, before, s = columns(rows, pool=False, villages={0: 3, 1: 2})
        mean += chance * difference_ratio(sample, y, before, s).value[0]
    assert np.isclose(mean, sum(row["y"] for row in people) / len(people), rtol=1e-12)


# --- tallies of spot checks -----------------------------------------------------------------------------------


def spot_checks(seed: int, replicates: int) -> tuple[Frame, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    remote = [False] * 7 + [True] * 5
    households = rng.integers(3, 9, size=(12, 3))
    names = [str(v) for v in range(12)]
    frame = frame_from_counts(
        name="a county",
        codes=names,
        villages=names,
        townships=[("east", "west", "north")[int(k)] for k in rng.integers(0, 3, size=12)],
        remote=remote,
        group_households=households,
        group_persons=households * 3 + rng.integers(0, 3, size=(12, 3)),
    )
    model = ErrorModel(wrong_exit=Decimal("0.15"), missed=Decimal("0.1"))
    (population,) = synthesise_populations(frame, [model], seed=seed)
    plan = SpotCheck(
        phase1=Plan(villages={"ordinary": 4, "remote": 3}, take={"exited": 4, "unregistered": 3, "remaining": 1}),
        revisit_share=Decimal(str(rng.choice(["0.1", "0.3", "0.6"]))),
        all_errors=bool(seed % 2),
        remote_villages=2,
        remote_take={"exited": 2},
        province=Fieldwork(sensitivity=Decimal("0.6"), specificity=Decimal("0.9")),
    )
    found = spot_check(
        frame,
        plan,
        population.wrong_persons,
        population.approves,
        fieldwork=Fieldwork(sensitivity=Decimal("0.9"), absence=Decimal("0.1")),
        seed=seed,
        replicates=np.arange(replicates),
    )
    return frame, found, tally_spot_check(found, frame, plan, population.approves), second_phase_of(found, frame)


def rows_of(found: Any, frame: Frame, summed: Any, replicate: int, group: int) -> list[Row]:
    phase1 = found.questionnaires
    draws = phase1.draws
    now = dict(zip(found.revisited.tolist(), found.observations.wrong_persons.tolist(), strict=False))
    rows: list[Row] = []
    for k in np.flatnonzero(draws.replicate == replicate).tolist():
        slot, block = int(draws.slot[k]), int(draws.block[k])
        h = int(draws.stratum[slot])
        visited = sum(
            draws.replicate[j] == replicate and draws.slot[j] == slot and draws.block[j] == block
            for j in range(len(draws.block))
        )
        weight = draws.stratum_sizes[h] / sum(draws.stratum == h)
        mine = block == group
        rows.append({
            "stratum": h, "village": slot, "w": float(weight * draws.block_sizes[replicate, slot, block] / visited),
            "s": int(frame.household_persons[draws.households[k]]) * mine, "before": int(phase1.recorded[k]) * mine,
            "y": now.get(k, 0) * mine, "cell": (int(phase1.cell[k]) // 2, int(phase1.cell[k]) % 2), "again": k in now,
        })  # fmt: skip
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_tallies_equal_the_naive_rows(seed: int) -> None:
    frame, found, summed, second = spot_checks(seed, replicates=3)
    for group, (make, slope) in product(
        (EXITED, UNREGISTERED), ((difference_of_recheck, 1.0), (regression_of_recheck, None))
    ):
        ours = make(summed, second, group)
        for replicate in range(3):
            rows = rows_of(found, frame, summed, replicate, group)
            expected = naive(rows, slope, {0: None, 1: None}, pool=lambda cell: cell[1])
            expected["largest_step"] = expected.pop("largest_village_step")  # a tally has no single households
            for name, value in expected.items():
                assert np.allclose(getattr(ours, name)[replicate], value, equal_nan=True, **TOLERANCE), name
            cells = cells_of(rows).values()
            assert ours.lonely_cells[replicate] == sum(taken == 1 < n for n, taken in cells)
            assert ours.uncovered_cells[replicate] == sum(taken == 0 < n for n, taken in cells)


def test_a_full_re_visit_leaves_phase_1_with_what_was_found() -> None:
    rows = [row | {"again": True} for row in random_rows(3, lonely_cells=False)]
    sample, y, before, s = columns(rows, pool=False, villages={0: None, 1: None})
    corrected, expanded = difference_ratio(sample, y, before, s), expanded_ratio(sample, y, s)
    assert np.allclose(corrected.value, expanded.value, rtol=1e-12)
    assert np.allclose(corrected.variance, expanded.variance, rtol=1e-12)
    assert corrected.second_phase[0] == 0
