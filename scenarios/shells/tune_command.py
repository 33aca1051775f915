"""`choucha tune`: the plan whose decision errs least for what may be spent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampler.errors import InputError, refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, Share, WholeNumber
from scenarios.shells.output import console, only, progress_of, require_outputs, tell_written

if TYPE_CHECKING:
    from scenarios.planning.race import Recall
    from scenarios.planning.smallest import RiskPoints
    from scenarios.planning.tuning import Tuning
    from scenarios.scenario import Scenario


def tune_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the argument and the options."""
    say = words.say
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--prq"], type=Share("--prq"), help=say("help.plan_prq")),
        click.Option(["--crq"], type=Share("--crq"), help=say("help.plan_crq")),
        click.Option(["--budget"], type=WholeNumber("--budget", least=1), help=say("help.budget")),
        click.Option(["--village-cost"], type=WholeNumber("--village-cost"), default=20, help=say("help.village_cost")),
        click.Option(
            ["--household-cost"],
            type=WholeNumber("--household-cost", least=1),
            default=1,
            help=say("help.household_cost"),
        ),
        click.Option(["--per-day"], type=WholeNumber("--per-day", least=1), default=12, help=say("help.per_day")),
        click.Option(["--take", "takes"], type=WholeNumber("--take", least=1), multiple=True, help=say("help.take")),
        click.Option(["--store", "store_path"], type=FileName("--store"), help=say("help.tune_store")),
        click.Option(["--save", "save_path"], type=FileName("--save"), help=say("help.tune_save")),
        click.Option(["--json", "json_path"], type=FileName("--json"), help=say("help.json")),
        click.Option(["--figure", "figures"], type=FileName("--figure"), multiple=True, help=say("help.tune_figure")),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=say("help.seed")),
        click.Option(["--policy"], metavar="NAME", help=say("help.policy")),
    ]


@dataclass(frozen=True, kw_only=True)
class TuneAsked:
    """The options that say what is searched.

    Parameters
    ----------
    prq, crq : Decimal or None
        Levels of a good and of a bad county.
    budget : int or None
        What may be spent.
    village_cost, household_cost, per_day : int
        Costs, and households that a team visits a day.
    takes : tuple of int
        Households a village and group to try; the usual ones where there are none.
    """

    prq: Decimal | None
    crq: Decimal | None
    budget: int | None
    village_cost: int
    household_cost: int
    per_day: int
    takes: tuple[int, ...]


def tune(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    asked: TuneAsked,
    store_path: Path | None,
    save_path: Path | None,
    json_path: Path | None,
    figures: tuple[Path, ...],
    seed: int | None,
    policy: str | None,
) -> None:
    """Search for the plan whose decision errs least under the worst condition."""
    named = only(argument)
    from scenarios.files.planned import with_plan  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario, require_scenario_suffix, save_scenario  # noqa: PLC0415
    from scenarios.files.tune_record import tune_record  # noqa: PLC0415
    from scenarios.report.pictures import SUFFIXES  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415
    from scenarios.report.tune_text import save_pareto_figure, tune_text  # noqa: PLC0415

    points = _points(asked)
    loaded = load_scenario(named, seed=seed, policy=policy)
    for path in figures:
        if path.suffix.lower() not in SUFFIXES:
            raise refuse("figure_suffix", file=path.name, found=path.suffix, allowed=", ".join(SUFFIXES))
    if save_path:
        require_scenario_suffix(save_path)
    outputs = [*filter(None, [save_path, json_path]), *figures]
    stores = [*filter(None, [store_path])]
    require_outputs([*outputs, *stores], [named])
    found = _searched(loaded.scenario, points, asked, store_path, words)
    show(console(), *tune_text(found, words))
    if save_path:
        save_scenario(with_plan(loaded, found.best.plan), save_path)
    if json_path:
        write_json(tune_record(found), json_path)
    for path in figures:
        save_pareto_figure(found, words, path)
    tell_written([*outputs, *stores], words)


def _points(asked: TuneAsked) -> RiskPoints:
    from scenarios.planning.smallest import RiskPoints  # noqa: PLC0415

    if asked.prq is None or asked.crq is None:
        raise refuse("points_missing", allowed="--prq, --crq")
    # The bounds of the points decide nothing here: risks are added up, not held to a bound.
    return RiskPoints(good=asked.prq, bad=asked.crq, producer=Decimal("0.5"), consumer=Decimal("0.5"))


def _searched(
    scenario: Scenario, points: RiskPoints, asked: TuneAsked, store_path: Path | None, words: Catalogue
) -> Tuning:
    from scenarios.planning.candidates import TAKES, Space, plans_within  # noqa: PLC0415
    from scenarios.planning.decision_risk import conditions, levels_of  # noqa: PLC0415
    from scenarios.planning.tune import require_tunable  # noqa: PLC0415
    from scenarios.planning.tune import tune as tuned  # noqa: PLC0415
    from scenarios.planning.two_stage import StageCosts  # noqa: PLC0415

    require_tunable(scenario)
    for level in levels_of(scenario, points):  # a level that cannot be is refused before the work
        scenario.at(level)
    costs = StageCosts(village=asked.village_cost, household=asked.household_cost)
    space = Space(takes=asked.takes or TAKES)
    if asked.budget is not None:
        plans_within(scenario, asked.budget, costs, space)  # one too small is refused before a store is made
    under = conditions()
    question = [scenario.digest, scenario.seed, repr(asked), under]
    with _recalled(store_path, question, words) as recall, progress_of(words) as progress:
        return tuned(
            scenario,
            points,
            under,
            costs=costs,
            per_day=asked.per_day,
            budget=asked.budget,
            space=space,
            progress=progress,
            recall=recall,
        )


@contextmanager
def _recalled(path: Path | None, question: list[object], words: Catalogue) -> Iterator[Recall | None]:
    """Give what recalls finished pieces of the search from a store; None without a store."""
    if path is None:
        yield None
        return
    from scenarios.provenance import code_digest, library_versions  # noqa: PLC0415
    from scenarios.shells.kept_work import KeptWork  # noqa: PLC0415
    from scenarios.store import open_store  # noqa: PLC0415

    digest = sha256(json.dumps(["tune", *question], default=str).encode()).hexdigest()
    with open_store(path, sweep=digest, code=code_digest(), about=library_versions()) as store:
        try:
            yield KeptWork(store)
        except (KeyboardInterrupt, InputError):
            click.echo(words.say("tune.kept", path=path, done=len(store.numbers())), err=True)
            raise
