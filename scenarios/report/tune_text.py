"""The answer of `choucha tune`: the recommended plan, what it is held against, what the others cost and risk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sampler.plan import Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios.figures.pareto import Point, pareto
from scenarios.figures.save import Figure, save_figure
from scenarios.messages import Catalogue, clean
from scenarios.planning.decision_risk import UnderCondition
from scenarios.planning.race import SECOND
from scenarios.planning.tuning import Judged, Tuning
from scenarios.report.level_words import spoken_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.pictures import drawn_language
from scenarios.report.setting import provenance_line, setting

_MOST_STRATA = 4  # whose drawn villages are told one by one


def tune_text(found: Tuning, words: Catalogue) -> Iterator[Part]:
    """Yield the recommendation and its confirmation, the plans judged closely, the strata compared, the exact numbers.

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
    first = found.confirmed[0]
    risks = {**_risks(found.best), "worst": _with_error(first.both, first.error)}
    yield Text(words.say("tune.headline", plan=_spelled(found.best, found, words), **risks), style="bold")
    yield from _confirmation(found, words)
    for side, level in (("good", found.points.good), ("bad", found.points.bad)):
        yield words.say(f"tune.point_{side}", level=spoken_level(dict.fromkeys(keys, level), words))
    yield ""
    yield from setting(scenario, words)
    yield ""
    yield _table(found, words)
    yield words.say(
        "tune.note",
        plans=f"{len(found.screened):,}",
        conditions=len(found.best.risk.under),
        village=f"{found.costs.village:g}",
        household=f"{found.costs.household:g}",
        budget=f"{found.budget:,.0f}",
        per_day=found.per_day,
    )
    yield words.say("tune.note_risk")
    if found.best_by_strata():
        yield ""
        yield Text(words.say("tune.strata_title"), style="bold")
        yield _strata_table(found, words)
        yield words.say("tune.note_strata", populations=SECOND)
    if found.confirmed[0].exact:
        yield ""
        yield Text(words.say("tune.exact_title"), style="bold")
        yield _exact_table(found, words)
        yield words.say("tune.note_exact", populations=found.confirmed[0].exact_populations)
    yield provenance_line(scenario, words)


def _confirmation(found: Tuning, words: Catalogue) -> Iterator[Part]:
    """Yield how far the plans in use err more than the best, on populations that the search has not seen."""
    _, *others = found.confirmed
    for each in others:
        fields = {
            "name": words.say(f"tune.{each.name}"),
            "worst": _with_error(each.both, each.error),
            "best": _with_error(found.confirmed[0].both, found.confirmed[0].error),
            "difference": _with_error(abs(each.difference), each.difference_error),
            "populations": each.populations,
        }
        yield words.say("tune.errs_more" if each.difference >= 0 else "tune.errs_less", **fields)


def _with_error(value: float, error: float) -> str:
    return f"{value * 100:.1f}%±{error * 100:.1f}"


def _risks(judged: Judged) -> dict[str, str]:
    worst = judged.risk.worst
    return {"worst": _with_error(worst.both, worst.error), "mean": f"{judged.risk.mean * 100:.1f}%"}


def _spelled(judged: Judged, found: Tuning, words: Catalogue) -> str:
    plan = judged.plan
    if isinstance(plan, SpotCheck):
        return _rechecks(plan, words)
    strata = plan.strata(found.scenario.frame)
    told = words.say("place.enumeration").join(f"{words.stratum(each.name)} {each.drawn}" for each in strata)
    take = [
        words.say("risk.plan_take", group=words.say(f"group.{group}"), count=count)
        for group, count in plan.take.items()
        if count
    ]
    return words.say("tune.plan", strata=told, take=words.say("place.enumeration").join(take))


def _rechecks(plan: SpotCheck, words: Catalogue) -> str:
    share = f"{float(plan.revisit_share) * 100:g}%"
    if plan.remote_villages == 0:
        return words.say("tune.rechecks_only", share=share)
    return words.say(
        "tune.rechecks",
        share=share,
        villages=plan.remote_villages,
        take=sum(plan.remote_take.values()),
    )


def _by(strata: Stratification, words: Catalogue) -> str:
    """Return what makes the strata, bands of the distance with their limits."""
    limits = "/".join(f"{limit:f}" for limit in strata.distance_km)
    told = [
        words.say(f"tune.by_{column}", **({"limits": limits} if column == "distance" else {})) for column in strata.by
    ]
    return words.say("tune.by_crossed").join(told) or words.say("tune.by_none")


def _drawn(plan: Plan, found: Tuning) -> str:
    strata = plan.strata(found.scenario.frame)
    drawn = [stratum.drawn for stratum in strata]
    return "+".join(map(str, drawn)) if len(drawn) <= _MOST_STRATA else f"{sum(drawn)}"


def _table(found: Tuning, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("tune.column_name"))
    for column in ("drawn", "take", "households", "days", "cost", "worst", "condition", "mean", "width", "bias"):
        table.add_column(words.say(f"tune.column_{column}"), justify="right")
    kept = found.undominated()
    for each in found.judged:
        risks, plan = _risks(each), each.plan
        table.add_row(
            _named(each, words) + (" *" if each in kept else ""),
            _drawn(plan, found) if isinstance(plan, Plan) else f"{plan.remote_villages}",
            _take(plan),
            f"{each.work.households:,.0f}",
            f"{each.work.days:,.0f}",
            f"{each.cost:,.0f}",
            risks["worst"],
            _condition(each.risk.worst),
            risks["mean"],
            "" if each.width is None else f"{each.width * 100:.1f}",
            "" if each.bias is None else f"{each.bias * 100:+.0f}%",
            style="bold" if each is found.best else "",
        )
    return table


def _named(judged: Judged, words: Catalogue) -> str:
    """Return what tells a plan from the others: where it comes from, and what makes its strata."""
    name = "" if judged.name == "searched" else words.say(f"tune.{judged.name}")
    if isinstance(judged.plan, SpotCheck):
        return name or _rechecks(judged.plan, words)
    strata = _by(judged.plan.stratification, words)
    return words.say("tune.named", name=name, strata=strata) if name else strata


def _take(plan: Plan | SpotCheck) -> str:
    take = plan.take if isinstance(plan, Plan) else plan.remote_take
    return "/".join(f"{take.get(group, 0)}" for group in ("exited", "unregistered"))


def _condition(under: UnderCondition) -> str:
    return ", ".join(f"{float(value):g}" for value in under.condition.values())


def _strata_table(found: Tuning, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("tune.column_strata"))
    for column in ("drawn", "take", "cost", "own", "worst"):
        table.add_column(words.say(f"tune.column_{column}"), justify="right")
    for strata, each in found.best_by_strata():
        assert isinstance(each.plan, Plan)  # noqa: S101 - only two-stage plans have strata that are compared
        own = each.risk.under[0]
        table.add_row(
            _by(strata, words),
            _drawn(each.plan, found),
            _take(each.plan),
            f"{each.cost:,.0f}",
            _with_error(own.both, own.error),
            _with_error(each.risk.worst.both, each.risk.worst.error),
        )
    return table


def _exact_table(found: Tuning, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("tune.column_name"))
    criteria = list(found.confirmed[0].exact)
    for criterion in criteria:
        for side in ("good", "bad"):
            heading = words.say(f"tune.column_{side}", criterion=words.say(f"criterion.{criterion}"))
            table.add_column(heading, justify="right")
    for each in found.confirmed:
        told = [f"{risk * 100:.1f}%" for criterion in criteria for risk in each.exact[criterion]]
        table.add_row(words.say("tune.best" if each is found.confirmed[0] else f"tune.{each.name}"), *told)
    return table


def pareto_figure(found: Tuning, words: Catalogue) -> tuple[Figure, str]:
    """Return the plans by cost and risk under the scenario's own condition, and what the figure shows in words.

    Parameters
    ----------
    found : Tuning
        The answer.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    """
    words = drawn_language(words)
    # Everything was judged under the scenario's own condition, which stands first.
    in_use = [each for each in found.judged if each.name != "searched" and each is not found.best]
    points = [
        Point(
            sort=each.name,
            cost=each.cost,
            risk=each.risk.under[0].both,
            error=each.risk.under[0].error,
            told=words.say("tune.best") if each is found.best else "",
            best=each is found.best,
        )
        for each in (*found.screened, *in_use, found.best)
    ]
    sorts = ("present", "proportional", "neyman", "searched")
    named = {sort: words.say(f"tune.{sort}") for sort in sorts}
    texts = {key: words.say(f"tune.figure_{key}") for key in ("title", "x", "y", "note")}
    texts["subtitle"] = words.say("tune.figure_subtitle", name=clean(found.scenario.frame.name))
    close = points[len(found.screened) :]
    described = words.say("place.enumeration").join(
        f"{words.say('tune.best') if point.best else named[point.sort]} {point.cost:,.0f}: {point.risk:.1%}"
        for point in close
    )
    return pareto(points, words={**texts, **named}), f"{texts['title']}\n{described}"


def save_pareto_figure(found: Tuning, words: Catalogue, path: Path) -> None:
    """Draw `pareto_figure` and write it.

    Parameters
    ----------
    found, words
        As there.
    path : Path
        With suffix .png or .svg.
    """
    figure, described = pareto_figure(found, words)
    save_figure(figure, path, alternative_text=described)
