"""What each command does. Heavy imports stand inside, so that help costs nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampler.errors import InputError, refuse
from scenarios.messages import Catalogue, clean
from scenarios.shells.output import console, only, progress_of, require_different, require_outputs, tell_written

if TYPE_CHECKING:
    from scenarios.questions.attribution import Attribution
    from scenarios.questions.comparison import Comparison
    from scenarios.questions.curve import Curve
    from scenarios.report.parts import Part
    from scenarios.scenario import Level, Scenario
    from scenarios.shells.draw_form import DrawAsked
    from scenarios.shells.risk_around import AroundAsked
    from scenarios.shells.risk_beliefs import BeliefsAsked

_LOG = logging.getLogger("choucha")


def risk(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    json_path: Path | None,
    save_path: Path | None,
    figures: tuple[Path, ...],
    seed: int | None,
    policy: str | None,
    engine: str,
    why: bool,
    level: Decimal | None,
    beliefs: BeliefsAsked,
    around: AroundAsked,
) -> None:
    """Answer with the chance of failing over the error levels, and averaged over what is believed of them."""
    named = only(argument)
    from scenarios.engines.laws import needs_compiling  # noqa: PLC0415
    from scenarios.files.attribution_record import attribution_record  # noqa: PLC0415
    from scenarios.files.channels_record import channels_record  # noqa: PLC0415
    from scenarios.files.records import risk_record, write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import (  # noqa: PLC0415
        load_scenario,
        require_scenario_suffix,
        save_scenario,
        value_of,
    )
    from scenarios.questions.attribution import attribution  # noqa: PLC0415
    from scenarios.questions.channels import channel_answers  # noqa: PLC0415
    from scenarios.questions.curve import curve  # noqa: PLC0415
    from scenarios.report.channels_text import channels_text  # noqa: PLC0415
    from scenarios.report.list_text import remarks_text  # noqa: PLC0415
    from scenarios.report.risk_text import risk_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    if figures:
        from scenarios.report.curve_figure import require_drawable, save_curve_figure  # noqa: PLC0415
    loaded = load_scenario(named, seed=seed, policy=policy)
    # What cannot be written or drawn is refused before the work, not after it.
    for path in figures:
        require_drawable(loaded.scenario, path)
    if save_path:
        require_scenario_suffix(save_path)
    beliefs.require(loaded.scenario)
    around.require(loaded.scenario)
    _require_reasons(loaded.scenario, why=why, level=level, other=around.at_a_level)
    require_outputs([*filter(None, (json_path, save_path)), *figures], [named])
    _LOG.info("scenario %s, %d points", loaded.scenario.digest, len(loaded.scenario.points()))
    if needs_compiling():
        click.echo(words.say("risk.compiling"), err=True)
    with progress_of(words) as progress:
        answer = curve(loaded.scenario, engine=engine, progress=progress)
        others = channel_answers(answer.scenario, progress=progress)
        believed = beliefs.answers(answer)
        chosen = _chosen(answer, level)
        carried = attribution(answer.scenario, chosen, progress=progress) if why else None
        beside = around.answers(answer, chosen, beliefs, progress)
    assumed = {key: value_of(loaded.tree, key) for key in loaded.scenario.assumed}
    parts = [*risk_text(answer, words, assumed), *remarks_text(loaded.remarks, words)]
    parts += _reasons_text(carried, words)
    show(console(), *parts, *beside.text(words), *believed.text(words), *channels_text(others, words))
    written = []
    if json_path:
        reasons = {"attribution": attribution_record(carried)} if carried else {}
        more = reasons | beside.record() | believed.record() | channels_record(others)
        write_json(risk_record(answer) | more, json_path)
        written.append(json_path)
    if save_path:
        save_scenario(loaded, save_path)
        written.append(save_path)
    for path in figures:
        save_curve_figure(answer, words, path)
        written.append(path)
    tell_written(written, words)


def _reasons_text(carried: Attribution | None, words: Catalogue) -> Sequence[Part]:
    if carried is None:
        return ()
    from scenarios.report.attribution_text import attribution_text  # noqa: PLC0415

    return tuple(attribution_text(carried, words))


def _require_reasons(scenario: Scenario, *, why: bool, level: Decimal | None, other: bool) -> None:
    """Refuse, before the work, an attribution that nobody can make, and a level that nothing looks at."""
    if level is not None and not (why or other):
        raise refuse("option_needs", key="--level", allowed="--why, --spread, --fix, --what-if")
    from scenarios.questions.attribution import attributable  # noqa: PLC0415
    from scenarios.questions.inspection import at_level  # noqa: PLC0415

    cell = scenario.at(at_level(scenario, level)) if why or other else scenario
    if why:
        attributable(cell)


def _chosen(answer: Curve, level: Decimal | None) -> Level:
    """Return the level that is looked at closely: the one asked for, else where the chance is nearest to one half."""
    from scenarios.questions.attribution import nearest_to_even  # noqa: PLC0415
    from scenarios.questions.inspection import at_level  # noqa: PLC0415

    return nearest_to_even(answer) if level is None else at_level(answer.scenario, level)


def check(words: Catalogue, *, file: tuple[str, ...], mark_path: Path | None) -> None:
    """Read a village list or a scenario and say what it holds; mark what is wrong in a copy of the workbook."""
    named = only(file)
    if named is None:
        raise refuse("missing_argument", argument="FILE")
    if mark_path:
        from scenarios.files.marked_copy import require_markable  # noqa: PLC0415

        if not Path(named).is_file():
            raise refuse("file_missing", file=named)
        require_markable(Path(named), mark_path)
        require_outputs([mark_path], [named])
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.report.list_text import check_text, remarks_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415
    from scenarios.scenario import GivenTruth  # noqa: PLC0415

    try:
        loaded = load_scenario(named)
    except InputError as error:
        if mark_path:
            _mark(words, Path(named), mark_path, error)
        raise
    scenario = loaded.scenario
    parts = [*check_text(scenario.frame, words, Path(named).name), *remarks_text(loaded.remarks, words)]
    if isinstance(scenario.truth, GivenTruth):
        wrong, approving = int(scenario.truth.wrong_persons.sum()), int(scenario.truth.approves.sum())
        parts.append(words.say("check.truth", wrong=wrong, approving=approving))
    if named.endswith(".toml"):
        parts.append(
            words.say(
                "check.scenario",
                name=clean(scenario.name),
                points=len(scenario.points()),
                policy=scenario.policy.name,
                seed=scenario.seed,
            )
        )
    show(console(), *parts)


def _mark(words: Catalogue, source: Path, target: Path, error: InputError) -> None:
    """Write a copy of a workbook with its mistakes marked, and say so on the error output, where they are told."""
    from scenarios.files.marked_copy import write_marked  # noqa: PLC0415

    told = [(mistake, words.sentence(mistake)) for mistake in error.mistakes]
    count = write_marked(source, target, told)
    key = "check.marked" if count < len(told) else "check.all_marked"
    click.echo(words.say(key, path=target, count=count, all=len(told)), err=True)


def template(words: Catalogue, *, file: tuple[str, ...]) -> None:
    """Write an empty village list to be filled in."""
    named = only(file)
    from scenarios.files.list_template import write_template  # noqa: PLC0415

    path = Path(named or words.say("template.file"))
    require_outputs([path], [])
    if path.exists():
        raise refuse("template_exists", file=str(path))
    keys = ("sheet", "example", "guide", "yes", "no", "must", "may", "flag", "count", "measure", "text", "wrong")
    write_template(path, language=words.language, words={key: words.say(f"template.{key}") for key in (*keys, "lines")})
    tell_written([path], words)


def policies(words: Catalogue, *, names: tuple[str, ...]) -> None:
    """Show rule sets with their sources."""
    from scenarios.files.policies import load_policy, policy_names  # noqa: PLC0415
    from scenarios.report.policy_text import policy_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    for policy in [load_policy(name) for name in names or policy_names()]:
        show(console(), *policy_text(policy, words))


def draw(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    level: Decimal | None,
    number: int,
    json_path: Path | None,
    figures: tuple[Path, ...],
    observations_path: Path | None,
    asked: DrawAsked,
    seed: int | None,
    policy: str | None,
    interval: str,
    lonely: str,
) -> None:
    """Run one simulated inspection and show it."""
    named = only(argument)
    from scenarios.files.channels_record import flagged_record, meetings_record  # noqa: PLC0415
    from scenarios.files.inspection_records import draw_record  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.results_table import require_results_suffix, write_observations  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.questions.channels import flagged_of, meetings_of  # noqa: PLC0415
    from scenarios.questions.inspection import at_level, inspect  # noqa: PLC0415
    from scenarios.report.channels_text import flagged_text, meetings_text  # noqa: PLC0415
    from scenarios.report.inspection_text import draw_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    if figures:
        from scenarios.report.inspection_figure import require_suffix, save_inspection_figure  # noqa: PLC0415
    loaded = load_scenario(named, seed=seed, policy=policy)
    scenario = loaded.scenario
    for path in figures:
        require_suffix(path)
    if observations_path:
        require_results_suffix(observations_path)
    outputs = [*filter(None, (json_path, observations_path)), *figures]
    require_outputs(outputs, [named])
    require_different([*outputs, *filter(None, [asked.path])], [named, loaded.tree["frame"].get("file")])
    asked.require(scenario)
    answer = inspect(
        scenario,
        level=at_level(scenario, level),
        number=number,
        interval=interval,
        lonely=lonely,  # type: ignore[arg-type]
    )
    written = []
    if observations_path:  # first, because it alone can still be refused
        write_observations(
            observations_path,
            answer.observations,
            frame=scenario.frame,
            strata=[stratum.name for stratum in scenario.plan.strata(scenario.frame)],
            households=answer.draws.households,
            language=words.language,
        )
        written.append(observations_path)
    if asked.path:
        stated = {"": named and Path(named).name, "--seed": scenario.seed, "--number": number, "--level": level}
        stated |= {"--policy": policy, "--lonely": None if lonely == "fail" else lonely, "--lang": words.language}
        asked.write(answer, words, stated)
        written.append(asked.path)
    meetings, flagged = meetings_of(scenario, number), flagged_of(answer)
    if asked.steps:
        show(console(), *asked.text(answer, words))
    else:
        beside = [*flagged_text(flagged, words), *meetings_text(meetings, scenario, words)]
        show(console(), *draw_text(answer, words), *beside)
    if json_path:
        write_json(draw_record(answer) | flagged_record(flagged) | meetings_record(meetings, scenario), json_path)
        written.append(json_path)
    for path in figures:
        save_inspection_figure(answer, words, path)
        written.append(path)
    tell_written(written, words)
    if observations_path:
        click.echo(words.say("draw.observations_written", path=observations_path))
    if asked.path:
        click.echo(words.say("draw.form_written", path=asked.path))


def estimate(
    words: Catalogue,
    *,
    results: tuple[str, ...],
    list_path: Path | None,
    policy: str | None,
    soundness: bool,
    plan: str | None,
    json_path: Path | None,
    interval: str,
    lonely: str,
) -> None:
    """Estimate and decide the results of a real inspection, and say on demand whether its sample is sound."""
    named = only(results)
    if named is None:
        raise refuse("missing_argument", argument="RESULTS")
    from sampler.draws import tally  # noqa: PLC0415
    from scenarios.files.inspection_records import estimate_record  # noqa: PLC0415
    from scenarios.files.observations import read_results  # noqa: PLC0415
    from scenarios.files.policies import policy_named  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.questions.assessment import assess  # noqa: PLC0415
    from scenarios.questions.soundness import soundness as sound_of  # noqa: PLC0415
    from scenarios.report.results_text import results_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    rules = policy_named(policy or DEFAULT_POLICY)
    require_outputs([json_path] if json_path else [], [named, list_path])
    read = read_results(Path(named), village_list=list_path)
    answer = assess(
        tally(read.observations),
        rules,
        strata=read.strata,
        frame=read.frame,
        interval=interval,
        lonely=lonely,  # type: ignore[arg-type]
    )
    stated = load_scenario(plan).scenario if plan else None
    sound = sound_of(answer, read.strata, read.frame, stated=stated) if soundness or stated else None
    show(console(), *results_text(read, answer, words, Path(named).name, sound=sound))
    if json_path:
        write_json(estimate_record(read, answer, sound=sound), json_path)
        tell_written([json_path], words)


def coverage(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    populations: int,
    draws: int,
    intervals: tuple[str, ...],
    lonely: str,
    json_path: Path | None,
    seed: int | None,
    policy: str | None,
) -> None:
    """Measure how often intervals hold what they estimate under a scenario."""
    named = only(argument)
    from estimators.intervals import INTERVALS  # noqa: PLC0415
    from scenarios.files.coverage_record import coverage_record  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.questions.coverage import coverage as measure  # noqa: PLC0415
    from scenarios.report.coverage_text import coverage_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    scenario = load_scenario(named, seed=seed, policy=policy).scenario
    require_outputs([json_path] if json_path else [], [named])
    asked = tuple(INTERVALS) if "all" in intervals else intervals or ("korn_graubard",)
    with progress_of(words) as progress:
        found = measure(
            scenario,
            populations=populations,
            draws=draws,
            intervals=asked,
            lonely=lonely,  # type: ignore[arg-type]
            progress=progress,
        )
    show(console(), *coverage_text(found, words))
    if json_path:
        write_json(coverage_record(found), json_path)
        tell_written([json_path], words)


def calibrate(words: Catalogue, *, names: tuple[str, ...], replicates: int, seed: int, json_path: Path | None) -> None:
    """Say what the published national outcomes tell, and what they leave open."""
    from scenarios.files.calibrations import calibration_record, load_published, published_names  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.questions.calibrate import calibrate as calibrated  # noqa: PLC0415
    from scenarios.report.calibrate_text import calibrate_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    published = [load_published(name) for name in names or published_names()]
    require_outputs([json_path] if json_path else [], [])
    found = [calibrated(each, seed=seed, replicates=replicates) for each in published]
    show(console(), *calibrate_text(found, words))
    if json_path:
        write_json(calibration_record(found, seed), json_path)
        tell_written([json_path], words)


def compare(words: Catalogue, *, compared: tuple[str, ...], json_path: Path | None, seed: int | None) -> None:
    """Say what changed between saved answers, or how scenarios differ on common random numbers."""
    if len(compared) < 2:
        raise refuse("missing_argument", argument="NEW" if compared else "OLD NEW")
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.saved_risks import comparison_record  # noqa: PLC0415
    from scenarios.report.comparison_text import comparison_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    require_outputs([json_path] if json_path else [], compared)
    saved = [each.lower().endswith(".json") for each in compared]
    if any(saved) and not all(saved):
        raise refuse("compare_alike")
    if all(saved) and seed is not None:
        raise refuse("option_needs_scenarios", key="--seed")
    found = _saved_compared(compared) if all(saved) else _scenarios_compared(words, compared, seed)
    for each in found:
        show(console(), *comparison_text(each, words))
    if json_path:
        records = [comparison_record(each) for each in found]
        several = {"schema": "compare/1", "comparisons": records}
        write_json(records[0] if len(records) == 1 else several, json_path)
        tell_written([json_path], words)


def _saved_compared(compared: tuple[str, ...]) -> list[Comparison]:
    """Hold saved answers against the first of them."""
    from scenarios.files.saved_risks import read_risk  # noqa: PLC0415
    from scenarios.questions.comparison import comparison  # noqa: PLC0415

    first, *others = (read_risk(Path(each)) for each in compared)
    return [comparison(first, other) for other in others]


def _scenarios_compared(words: Catalogue, compared: tuple[str, ...], seed: int | None) -> list[Comparison]:
    """Hold scenarios against the first of them, each pair on common random numbers."""
    from scenarios.files.saved_risks import described  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.questions.paired import paired_comparison, require_comparable  # noqa: PLC0415

    first, *others = (load_scenario(each, seed=seed).scenario for each in compared)
    for other in others:  # what cannot be compared is refused before the work
        require_comparable(first, other)
    with progress_of(words) as progress:
        return [
            paired_comparison(described(first), described(other), (first, other), progress=progress) for other in others
        ]


def fit(
    words: Catalogue,
    *,
    results: tuple[str, ...],
    list_path: Path | None,
    seed: int,
    json_path: Path | None,
    save_path: Path | None,
) -> None:
    """Fit the error model to a county's own household results."""
    named = only(results)
    if named is None:
        raise refuse("missing_argument", argument="RESULTS")
    import numpy as np  # noqa: PLC0415

    from sampler.draws import tally  # noqa: PLC0415
    from scenarios.files.fit_record import fit_record, fitted_scenario  # noqa: PLC0415
    from scenarios.files.observations import read_results  # noqa: PLC0415
    from scenarios.files.policies import policy_named  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import require_scenario_suffix, save_scenario  # noqa: PLC0415
    from scenarios.questions.assessment import assess  # noqa: PLC0415
    from scenarios.questions.fit import fit as fitted  # noqa: PLC0415
    from scenarios.questions.fit import level_of  # noqa: PLC0415
    from scenarios.report.fit_text import fit_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    if save_path:
        require_scenario_suffix(save_path)
        if list_path is None:
            raise refuse("option_needs", key="--save", allowed="--list")
    require_outputs([*filter(None, (json_path, save_path))], [named, list_path])
    read = read_results(Path(named), village_list=list_path)
    # A stratum with one drawn village has no variance of its own; the levels are wanted all the same.
    counted, rules = tally(read.observations), policy_named(DEFAULT_POLICY)
    answer = assess(counted, rules, strata=read.strata, frame=read.frame, lonely="adjust")
    estimates = answer.raw if answer.weighted is None else answer.weighted
    found = fitted(
        read.observations,
        read.remote_villages,
        {name: level_of(estimates[name]) for name in ("wrong_exit", "missed", "approval")},
        weighted=answer.weighted is not None,
        rng=np.random.default_rng(seed),
    )
    show(console(), *fit_text(found, words, Path(named).name))
    written = []
    if json_path:
        write_json(fit_record(found, seed), json_path)
        written.append(json_path)
    if save_path and list_path:
        save_scenario(fitted_scenario(found, list_path, name=save_path.stem, seed=seed), save_path)
        written.append(save_path)
    tell_written(written, words)


DEFAULT_POLICY = "national-2019-central"
