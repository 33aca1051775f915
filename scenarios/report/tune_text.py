"""The answer of `choucha tune`: the plans, what they cost and risk, and the one that errs least."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sampler.plan import Plan
from scenarios.figures.pareto import Point, pareto
from scenarios.figures.save import save_figure
from scenarios.messages import Catalogue, clean
from scenarios.planning.decision_risk import UnderCondition
from scenarios.planning.tune import Judged, Tuning
from scenarios.report.level_words import spoken_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.pictures import drawn_language
from scenarios.report.setting import provenance_line, setting


def tune_text(found: Tuning, words: Catalogue) -> Iterator[Part]:
    """Yield the recommendation, the table of closely judged plans and what they were judged under.

    Parameters
    ----------
    found : Tuning
        The answer.
    words : Catalogue
        The language.
    """
    scenario = found.scenario
    keys = scenario.grid[0].keys
    yield Text(words.say("tune.title", name=clean(scenario.frame.name)), style="bold")
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    yield Text(
        words.say("tune.headline", plan=_plan(found.best.plan, found, words), **_risks(found.best)), style="bold"
    )
    for each in found.judged:
        if each.name != "searched" and each is not found.best:
            yield words.say("tune.instead", name=words.say(f"tune.{each.name}"), **_risks(each))
    for side, level in (("good", found.points.good), ("bad", found.points.bad)):
        yield words.say(f"tune.point_{side}", level=spoken_level(dict.fromkeys(keys, level), words))
    yield ""
    yield from setting(scenario, words)
    yield ""
    yield _table(found, words)
    yield words.say(
        "tune.note",
        plans=len(found.screened),
        conditions=len(found.best.risk.under),
        village=f"{found.costs.village:g}",
        household=f"{found.costs.household:g}",
        budget=f"{found.budget:,.0f}",
    )
    yield words.say("tune.note_risk")
    yield provenance_line(scenario, words)


def _risks(judged: Judged) -> dict[str, str]:
    worst = judged.risk.worst
    return {"worst": f"{worst.both * 100:.1f}%±{worst.error * 100:.1f}", "mean": f"{judged.risk.mean * 100:.1f}%"}


def _plan(plan: Plan, found: Tuning, words: Catalogue) -> str:
    return words.say("tune.plan", strata=_strata(plan, found, words), take=_take(plan))


def _strata(plan: Plan, found: Tuning, words: Catalogue) -> str:
    strata = plan.strata(found.scenario.frame)
    return words.say("place.joiner").join(f"{words.stratum(stratum.name)} {stratum.drawn}" for stratum in strata)


def _take(plan: Plan) -> int:
    return max(plan.take.get("exited", 0), plan.take.get("unregistered", 0))


def _table(found: Tuning, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("tune.column_name"))
    table.add_column(words.say("tune.column_plan"))
    for column in ("take", "villages", "households", "cost", "worst", "mean", "condition", "bias"):
        table.add_column(words.say(f"tune.column_{column}"), justify="left" if column == "condition" else "right")
    kept = found.undominated()
    for each in found.judged:
        risks = _risks(each)
        table.add_row(
            words.say(f"tune.{each.name}") + (" *" if each in kept else ""),
            _strata(each.plan, found, words),
            f"{_take(each.plan)}",
            f"{each.villages}",
            f"{each.households:,.0f}",
            f"{each.cost:,.0f}",
            risks["worst"],
            risks["mean"],
            _condition(each.risk.worst, words),
            f"{each.bias * 100:+.0f}%",
            style="bold" if each is found.best else "",
        )
    return table


def _condition(under: UnderCondition, words: Catalogue) -> str:
    told = (f"{words.say(f'level.{key}')} {float(value):g}" for key, value in under.condition.items())
    return words.say("place.joiner").join(told)


def save_pareto_figure(found: Tuning, words: Catalogue, path: Path) -> None:
    """Draw the closely judged plans by cost and worst-case risk, and write the figure.

    Parameters
    ----------
    found : Tuning
        The answer.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    path : Path
        With suffix .png or .svg.
    """
    words = drawn_language(words)
    # Everything was judged under the scenario's own condition, which stands first.
    in_use = [each for each in found.judged if each.name != "searched"]
    points = [
        Point(
            sort=each.name,
            cost=each.cost,
            risk=each.risk.under[0].both,
            error=each.risk.under[0].error,
            told=words.say("tune.best") if best else "",
            best=best,
        )
        for each, best in [*((each, False) for each in (*found.screened, *in_use)), (found.best, True)]
    ]
    sorts = ("present", "proportional", "neyman", "searched")
    named = {sort: words.say(f"tune.{sort}") for sort in sorts}
    texts = {key: words.say(f"tune.figure_{key}") for key in ("title", "x", "y", "note")}
    texts["subtitle"] = words.say("tune.figure_subtitle", name=clean(found.scenario.frame.name))
    close = points[len(found.screened) :]
    described = words.say("place.enumeration").join(f"{named[p.sort]} {p.cost:,.0f}: {p.risk:.1%}" for p in close)
    save_figure(pareto(points, words={**texts, **named}), path, alternative_text=f"{texts['title']}\n{described}")
