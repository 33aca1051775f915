"""The default interval on a population that nobody here made: the World Bank's synthetic household population.

It is read from the installed package `svy` (a development dependency) and never copied: 57 rural areas, 19,545 rural
households, poverty clustered far more than errors are in the counties of the model.
"""

from __future__ import annotations

from fractions import Fraction
from importlib.resources import as_file, files

import numpy as np
import pandas as pd
import pytest

from estimators.estimate import estimate
from estimators.policy import CRITERIA, Policy
from estimators.variance import intraclass_correlation
from sampler.frame import Frame
from sampler.inspection import tallies
from sampler.plan import Plan
from sampler.population import Population
from sampler.stratify import Stratification

SAMPLES = 4_000
POLICY = Policy(
    name="poverty",
    limits=dict.fromkeys(CRITERIA, Fraction(1, 2)),
    units={"wrong_exit": "households", "missed": "households", "approval": "households"},
)


@pytest.fixture(scope="module")
def rural() -> pd.DataFrame:
    with as_file(files("svy.datasets").joinpath("_bundled", "hld_pop_wb_2023.parquet")) as path:
        households = pd.read_parquet(path)
    return households[households.urbrur == "Rural"].sort_values("ea", kind="stable")


def population_of(rural: pd.DataFrame) -> Population:
    """Return the rural areas as villages whose households are all of one group, the poor ones wrong."""
    sizes = rural.groupby("ea").hhsize.agg(["size", "sum"])
    nobody = np.zeros(len(sizes), dtype=np.int64)
    frame = Frame(
        name="rural",
        codes=tuple(map(str, sizes.index)),
        villages=tuple(map(str, sizes.index)),
        townships=("rural",) * len(sizes),
        remote=nobody > 0,
        poor_village=nobody > 0,
        group_households=np.stack([sizes["size"].to_numpy(), nobody, nobody], axis=1),
        group_persons=np.stack([sizes["sum"].to_numpy(), nobody, nobody], axis=1),
        household_persons=rural.hhsize.to_numpy(),
        household_key=np.zeros(len(rural), dtype=bool),
        sizes_synthesised=False,
    )
    poor = rural.quint_nat.isin(["poorest", "poor"]).to_numpy()
    return Population(
        frame=frame,
        wrong_persons=np.where(poor, frame.household_persons, 0),
        approves=np.ones(len(rural), dtype=bool),
    )


def test_it_is_the_population_that_is_meant(rural: pd.DataFrame) -> None:
    population = population_of(rural)
    assert (len(population.frame.codes), len(rural)) == (57, 19_545)
    areas = population.frame.group_households[:, 0]
    poor = np.add.reduceat(population.wrong_persons > 0, np.cumsum(areas) - areas)
    icc = intraclass_correlation(areas[None].astype(float), poor[None].astype(float), np.zeros(57, dtype=np.int64), 1)
    assert float(icc[0]) == pytest.approx(0.38, abs=0.03)


@pytest.mark.parametrize(("areas", "take"), [(10, 12), (15, 20)])
def test_the_default_interval_covers_the_share_of_poor_households(rural: pd.DataFrame, areas: int, take: int) -> None:
    population = population_of(rural)
    plan = Plan(villages={"all": areas}, take={"exited": take}, stratification=Stratification(by=()))
    tally = tallies(population, plan, seed=20231, replicates=np.arange(SAMPLES))
    found = estimate(tally, POLICY, criteria=["wrong_exit"], weighting="weighted", variance="two_stage")
    share = float((population.wrong_persons > 0).mean())
    rate = found["wrong_exit"]
    covered = (rate.low <= share) & (share <= rate.high)
    error = np.sqrt(0.94 * 0.06 / SAMPLES)
    assert covered.mean() >= 0.94 - 3 * error
    # The estimate is nearly unbiased: its mean lies within five standard errors and a bias of one part in a hundred.
    assert abs(rate.value.mean() - share) <= 5 * rate.value.std() / np.sqrt(SAMPLES) + 0.01 * share
