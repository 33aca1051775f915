"""`choucha fit`: from a table of household results to an error model and a scenario that runs."""

from __future__ import annotations

import json

import pytest
from choucha_command import Inside, as_csv, write_scenario

from sampler.error_model import ErrorModel
from scenarios.files.scenario_file import load_scenario
from scenarios.messages import LANGUAGES, catalogue


@pytest.fixture
def results(inside: Inside) -> Inside:
    """Return a folder with the results of one drawn inspection, ``results.csv``, and its village list."""
    write_scenario(inside.folder)
    text = (inside.folder / "scenario.toml").read_text(encoding="utf-8")
    text = text.replace("ordinary = 2, remote = 1", "ordinary = 4, remote = 3").replace("= 3,", "= 9,")
    (inside.folder / "all.toml").write_text(text, encoding="utf-8")
    (inside.folder / "list.csv").write_text(as_csv(), encoding="utf-8")
    done = inside("draw", "all.toml", "--level", "10%", "--observations", "results.csv")
    assert done.status == 0, done.err
    return inside


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_model_is_told_and_saved(language: str, results: Inside) -> None:
    words = catalogue(language)
    options = ("--list", "list.csv", "--json", "fit.json", "--save", "fitted.toml", "--lang", language)
    answer = results("fit", "results.csv", *options)
    assert answer.status == 0, answer.err
    assert words.say("fit.title", file="results.csv") in answer.out
    assert words.say("fit.weighted") in answer.out
    found = json.loads((results.folder / "fit.json").read_text(encoding="utf-8"))
    assert found["schema"] == "fit/1"
    assert found["wrong_households"]["wrong_exit"] + found["wrong_households"]["missed"] > 0
    level = found["levels"]["missed"]
    assert level["low"] <= level["value"] <= level["high"]
    assert f"{level['value'] * 100:.2f}%" in answer.out
    truth = load_scenario(str(results.folder / "fitted.toml")).scenario.truth
    assert isinstance(truth, ErrorModel)
    assert float(truth.missed) == pytest.approx(level["value"], abs=5.1e-5)
    assert float(truth.wrong_exit) == pytest.approx(found["levels"]["wrong_exit"]["value"], abs=5.1e-5)
    assert float(truth.disapproval) == pytest.approx(1 - found["levels"]["approval"]["value"], abs=5.1e-5)
    multiplier = found["remote_multiplier"]["value"]
    assert float(truth.remote_multiplier) == pytest.approx(2 if multiplier is None else multiplier, abs=5.1e-5)


def test_without_a_list_the_strata_tell_what_is_remote(results: Inside) -> None:
    assert results("fit", "results.csv", "--json", "a.json").status == 0
    assert results("fit", "results.csv", "--list", "list.csv", "--json", "b.json").status == 0
    one, other = (json.loads((results.folder / name).read_text(encoding="utf-8")) for name in ("a.json", "b.json"))
    assert one["remote_multiplier"] == other["remote_multiplier"]
    assert one["icc"] == other["icc"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "an argument is missing: RESULTS"),
        (("results.csv", "list.csv"), "unexpected argument 'list.csv'"),
        (("nowhere.csv",), "nowhere.csv"),
        (("results.csv", "--save", "fitted.toml"), "'--save': it belongs to --list"),
        (("results.csv", "--list", "list.csv", "--save", "fitted.json"), "fitted.json"),
        (("list.csv",), "list.csv"),
    ],
)
def test_bad_input_is_refused(arguments: tuple[str, ...], told: str, results: Inside) -> None:
    answer = results("fit", *arguments, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
