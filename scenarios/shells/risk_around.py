"""What `choucha risk` is asked around its answer: both sides' risks, what is seen, what the answer hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import Share, WholeNumber

if TYPE_CHECKING:
    from fractions import Fraction

    from scenarios.engines.threads import Progress
    from scenarios.questions.county_drawn import CountyDraw
    from scenarios.questions.curve import Curve
    from scenarios.questions.error_counts import ErrorCounts
    from scenarios.questions.predictive import Predictive
    from scenarios.questions.put_right import PutRight
    from scenarios.questions.quality import Quality
    from scenarios.questions.sensitivity import Sensitivity
    from scenarios.questions.spread import Spreads
    from scenarios.report.parts import Part
    from scenarios.scenario import Level, Scenario
    from scenarios.shells.risk_beliefs import BeliefsAsked


def around_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the options."""
    own = WholeNumber("--province-counties", least=1)
    return [
        click.Option(["--prq"], type=Share("--prq"), help=words.say("help.prq")),
        click.Option(["--crq"], type=Share("--crq"), help=words.say("help.crq")),
        click.Option(["--spread"], is_flag=True, help=words.say("help.spread")),
        click.Option(["--what-if"], is_flag=True, help=words.say("help.what_if")),
        click.Option(["--predictive"], is_flag=True, help=words.say("help.predictive")),
        click.Option(["--fix"], type=WholeNumber("--fix", least=1), help=words.say("help.fix")),
        click.Option(["--province-counties"], type=own, help=words.say("help.province_counties")),
    ]


@dataclass(frozen=True, kw_only=True)
class AroundAsked:
    """The options as they were given.

    Parameters
    ----------
    prq, crq : Decimal or None
        Levels of a good and of a bad county.
    spread, what_if, predictive : bool
        Whether the distribution of the rates, the sensitivity table and the predictive values were asked for.
    province_counties : int or None
        Counties of the county's province that left the list.
    fix : int or None
        Wrong households to be put right.
    """

    prq: Decimal | None
    crq: Decimal | None
    spread: bool
    what_if: bool
    predictive: bool
    province_counties: int | None
    fix: int | None

    @property
    def at_a_level(self) -> bool:
        """Whether something was asked that looks at one level."""
        return self.spread or self.what_if or self.fix is not None

    def require(self, scenario: Scenario) -> None:
        """Refuse what cannot be answered, before the work.

        Raises
        ------
        InputError
            As the questions.
        """
        from sampler.error_model import ErrorModel  # noqa: PLC0415
        from scenarios.questions.chance_of_levels import require_levels  # noqa: PLC0415
        from scenarios.questions.county_drawn import chance_county_drawn  # noqa: PLC0415
        from scenarios.questions.quality import require_qualities  # noqa: PLC0415

        require_qualities(scenario.grid[0].keys if scenario.grid else (), self.prq, self.crq)
        if self.predictive:
            require_levels(scenario)
        if self.what_if and not isinstance(scenario.truth, ErrorModel):
            raise refuse("sensitivity_needs_levels", key="--what-if")
        if self.fix is not None:
            from scenarios.questions.put_right import require_one_population  # noqa: PLC0415

            require_one_population(scenario)
        if self.spread and scenario.policy.weighting != "raw":
            raise refuse("spread_needs_raw", key="--spread")
        if self.province_counties is not None:
            chance_county_drawn(_draw(), self.province_counties)

    def answers(self, curve: Curve, level: Level, beliefs: BeliefsAsked, progress: Progress | None = None) -> Around:
        """Return the answers.

        Parameters
        ----------
        curve : Curve
            The chances by error level.
        level : mapping of str to Decimal
            Where one level is looked at.
        beliefs : BeliefsAsked
            Says what is known of the level beforehand.
        progress : callable, optional
            Called with (done, all).
        """
        from scenarios.questions.county_drawn import chance_county_drawn  # noqa: PLC0415
        from scenarios.questions.error_counts import error_counts  # noqa: PLC0415
        from scenarios.questions.predictive import predictive  # noqa: PLC0415
        from scenarios.questions.put_right import put_right_households  # noqa: PLC0415
        from scenarios.questions.quality import quality  # noqa: PLC0415
        from scenarios.questions.sensitivity import sensitivity  # noqa: PLC0415
        from scenarios.questions.spread import spreads  # noqa: PLC0415

        fixed = None
        if self.fix is not None:
            fixed = put_right_households(curve.scenario, level, self.fix, progress=progress)
        both = self.prq is not None and self.crq is not None
        own, draw = self.province_counties, _draw()
        return Around(
            quality=quality(curve, self.prq, self.crq, progress=progress) if both else None,  # type: ignore[arg-type]
            spreads=spreads(curve.scenario, level, progress=progress) if self.spread else None,
            counts=error_counts(curve, level, progress=progress) if self.spread else None,
            sensitivity=sensitivity(curve.scenario, level, progress=progress) if self.what_if else None,
            predictive=predictive(curve, provincial=beliefs.result()) if self.predictive else None,
            fixed=None if fixed is None else (fixed, level),
            drawn=None if own is None else (draw, own, chance_county_drawn(draw, own)),
        )


def _draw() -> CountyDraw:
    from scenarios.files.national_checks import load_county_draw  # noqa: PLC0415

    return load_county_draw()


@dataclass(frozen=True, kw_only=True, eq=False)
class Around:
    """The answers, None where they were not asked for."""

    quality: Quality | None
    spreads: Spreads | None
    counts: ErrorCounts | None
    sensitivity: Sensitivity | None
    predictive: Predictive | None
    fixed: tuple[PutRight, Level] | None
    drawn: tuple[CountyDraw, int, Fraction] | None

    def text(self, words: Catalogue) -> Iterator[Part]:
        """Yield what there is to say."""
        from scenarios.report import around_text as told  # noqa: PLC0415

        if self.drawn:
            yield from told.drawn_text(*self.drawn, words)
        if self.quality:
            yield from told.quality_text(self.quality, words)
        if self.spreads and self.counts:
            yield from told.spread_text(self.spreads, self.counts, words)
        if self.fixed:
            yield from told.fixed_text(*self.fixed, words)
        if self.sensitivity:
            yield from told.sensitivity_text(self.sensitivity, words)
        if self.predictive:
            yield from told.predictive_text(self.predictive, words)

    def record(self) -> dict[str, Any]:
        """Return the part of the record, a table for each answer."""
        from scenarios.files import around_record as written  # noqa: PLC0415

        parts: dict[str, Any] = {}
        if self.drawn:
            parts["county_drawn"] = written.drawn_record(*self.drawn)
        if self.quality:
            parts["quality"] = written.quality_record(self.quality)
        if self.spreads and self.counts:
            parts["spread"] = written.spread_record(self.spreads, self.counts)
        if self.fixed:
            parts["put_right"] = written.fixed_record(*self.fixed)
        if self.sensitivity:
            parts["what_if"] = written.sensitivity_record(self.sensitivity)
        if self.predictive:
            parts["predictive"] = written.predictive_record(self.predictive)
        return parts
