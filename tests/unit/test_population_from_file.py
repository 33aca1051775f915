"""From ``[population]`` in a scenario file to the error model: what reaches it, what is assumed, what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sampler.error_model import ErrorModel
from sampler.errors import InputError, Mistake
from sampler.village_effects import EFFECTS
from scenarios.files.scenario_file import ScenarioFile, load_scenario, save_scenario
from scenarios.messages import LANGUAGES, catalogue

LIST = """
village_code,village,township,remote,poor_village,exited_households,exited_persons,remaining_households,remaining_persons,unregistered_households,unregistered_persons
A1,东湾村,云岫镇,0,1,2,5,0,0,2,6
A2,西坡村,云岫镇,0,0,1,3,0,0,1,4
B1,高峰村,石泉乡,1,1,2,5,0,0,2,7
"""
HOUSEHOLDS = """
household_id,village_code,group,persons,key
h1,A1,exited,2,1
h2,A1,exited,3,0
h3,A1,unregistered,2,0
h4,A1,unregistered,4,0
h5,A2,exited,3,0
h6,A2,unregistered,4,1
h7,B1,exited,2,0
h8,B1,exited,3,0
h9,B1,unregistered,3,0
h10,B1,unregistered,4,0
"""
SCENARIO = """
schema = "scenario/1"
[frame]
file = "county"
[population]
kind = "levels"
{population}
[plan]
villages = {{ ordinary = 1, remote = 1 }}
[grid]
together = ["wrong_exit", "missed"]
wrong_exit = [0.01, 0.02]
{grid}
"""


def scenario(folder: Path, population: str = "", grid: str = "", *, households: str = HOUSEHOLDS) -> ScenarioFile:
    (folder / "county").mkdir(exist_ok=True)
    (folder / "county" / "villages.csv").write_text(LIST.lstrip(), encoding="utf-8")
    (folder / "county" / "households.csv").write_text(households.lstrip(), encoding="utf-8")
    path = folder / "stated.toml"
    path.write_text(SCENARIO.format(population=population, grid=grid), encoding="utf-8")
    return load_scenario(str(path))


def model_of(file: ScenarioFile) -> ErrorModel:
    assert isinstance(file.scenario.truth, ErrorModel)
    return file.scenario.truth


def refused(folder: Path, *stated: str, households: str = HOUSEHOLDS) -> tuple[Mistake, ...]:
    with pytest.raises(InputError) as caught:
        scenario(folder, *stated, households=households)
    for language in LANGUAGES:
        for mistake in caught.value.mistakes:
            told = catalogue(language).mistake(mistake)
            assert "stated.toml" in told
            assert "{" not in told
            assert str(mistake.fields["found"]) in told
            assert str(mistake.fields.get("nearest", "")) in told
    return caught.value.mistakes


WHOLE = "whole_household = { wrong_exit = 0, missed = 0.4 }"


def test_every_parameter_reaches_the_model(tmp_path: Path) -> None:
    lines = ['village_effect = "logit_normal"', "effect_sd = 1.5", "key_multiplier = 3", WHOLE]
    file = scenario(
        tmp_path,
        "\n".join([*lines, "[population.townships]", '"石泉乡" = 4', '"云岫镇" = 0.5']),
    )
    assert model_of(file) == ErrorModel(
        wrong_exit=Decimal("0.01"),
        missed=Decimal("0.01"),
        village_effect="logit_normal",
        effect_sd=Decimal("1.5"),
        key_multiplier=Decimal(3),
        townships={"云岫镇": Decimal("0.5"), "石泉乡": Decimal(4)},
        whole_wrong_exit=Decimal(0),
        whole_missed=Decimal("0.4"),
    )
    assert "population.icc" not in file.scenario.assumed
    saved = tmp_path / "saved.toml"
    save_scenario(file, saved)
    again = load_scenario(str(saved))
    assert model_of(again) == model_of(file)
    assert again.scenario.digest == file.scenario.digest
    assert again.scenario.assumed == ()


def test_what_is_not_stated_is_assumed_of_the_effect_at_hand_alone(tmp_path: Path) -> None:
    plain = scenario(tmp_path)
    assert model_of(plain) == ErrorModel(wrong_exit=Decimal("0.01"), missed=Decimal("0.01"))
    own = {"population.village_effect", "population.icc", "population.key_multiplier"}
    assert own <= set(plain.scenario.assumed)
    assert "population.effect_sd" not in plain.scenario.assumed
    logit = scenario(tmp_path, 'village_effect = "logit_normal"')
    assert "population.effect_sd" in logit.scenario.assumed
    assert "population.icc" not in logit.scenario.assumed
    for language in LANGUAGES:
        words = catalogue(language).words
        assert all(f"assumed.{key}" in words for file in (plain, logit) for key in file.scenario.assumed)
        assert all(f"value.{effect}" in words for effect in EFFECTS)


def test_a_grid_moves_the_spread_and_the_key_households(tmp_path: Path) -> None:
    grid = "effect_sd = [0, 1.5]\nkey_multiplier = { from = 1, to = 3, steps = 3 }"
    file = scenario(tmp_path, 'village_effect = "logit_normal"', grid)
    points = [file.scenario.at(level).truth for level in file.scenario.points()]
    found = {(m.effect_sd, m.key_multiplier) for m in points if isinstance(m, ErrorModel)}
    assert found == {(Decimal(sd), Decimal(k)) for sd in ("0", "1.5") for k in ("1", "2", "3")}
    for language in LANGUAGES:
        assert all(f"level.{key}" in catalogue(language).words for axis in file.scenario.grid for key in axis.keys)
    wrong = refused(tmp_path, 'village_effect = "logit_normal"', "effect_sd = [1, 6]\nkey_multiplier = [0]")
    assert [(m.code, m.fields["key"]) for m in wrong] == [
        ("outside_domain", "grid.effect_sd"),
        ("outside_domain", "grid.key_multiplier"),
    ]


@pytest.mark.parametrize(
    ("population", "grid", "keys", "effects"),
    [
        ('village_effect = "logit_normal"\nicc = 0.02', "", ["population.icc"], ("logit_normal", "beta")),
        ('village_effect = "logit_normal"', "icc = [0, 0.02]", ["grid.icc"], ("logit_normal", "beta")),
        ("effect_sd = 0.9", "", ["population.effect_sd"], ("beta", "logit_normal")),
        ("effect_sd = 1", "effect_sd = [1]", ["population.effect_sd", "grid.effect_sd"], ("beta", "logit_normal")),
    ],
)
def test_the_parameter_of_another_effect_is_refused(
    population: str, grid: str, keys: list[str], effects: tuple[str, str], tmp_path: Path
) -> None:
    wrong = refused(tmp_path, population, grid)
    assert [m.fields["key"] for m in wrong] == keys
    assert {(m.code, m.fields["found"], m.fields["allowed"]) for m in wrong} == {
        ("parameter_of_other_effect", *effects)
    }


def test_townships_are_held_against_the_list(tmp_path: Path) -> None:
    wrong = refused(tmp_path, 'effect_sd = 1\ntownships = { "石全乡" = 2 }')
    assert [(m.code, m.fields["key"]) for m in wrong] == [
        ("parameter_of_other_effect", "population.effect_sd"),
        ("unknown_township", "population.townships.石全乡"),
    ]
    assert wrong[1].fields["nearest"] == "石泉乡"
    (mistake,) = refused(tmp_path, 'townships = { "石泉乡" = 0 }')
    assert (mistake.code, mistake.fields["key"]) == ("outside_domain", "population.townships.石泉乡")


def test_a_multiplier_of_key_households_needs_some(tmp_path: Path) -> None:
    nobody = HOUSEHOLDS.replace(",1\n", ",0\n")
    wrong = refused(tmp_path, "key_multiplier = 3", "key_multiplier = [1, 2]", households=nobody)
    assert [(m.code, m.fields["key"], m.fields["found"]) for m in wrong] == [
        ("no_key_households", "population.key_multiplier", "3"),
        ("no_key_households", "grid.key_multiplier", "2"),
    ]
    assert model_of(scenario(tmp_path, "key_multiplier = 1", households=nobody)).key_multiplier == 1


def test_an_effect_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    for stated in ('"gamma"', "3", "[1]"):
        (mistake,) = refused(tmp_path, f"village_effect = {stated}")
        assert mistake.fields["key"] == "population.village_effect"
        assert mistake.code in ("not_a_choice", "wrong_type")
