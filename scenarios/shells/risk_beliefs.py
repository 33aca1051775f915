"""What `choucha risk` is asked beyond its answer: what a provincial result and a pre-check say of the error level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from sampler.domains import DesignEffect, PositiveShare
from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import InDomain, OneOf, WholeNumber, WrongOfChecked

if TYPE_CHECKING:
    from scenarios.questions.assurance import Assurance, Provincial
    from scenarios.questions.curve import Curve
    from scenarios.questions.precheck import PreCheck, Prechecked
    from scenarios.report.parts import Part
    from scenarios.scenario import Scenario

UNITS = ("persons", "households")


def belief_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the options of the provincial result and of the pre-check."""
    whole = WholeNumber("--per-village", least=1)
    return [
        click.Option(["--provincial"], type=WrongOfChecked("--provincial"), help=words.say("help.provincial")),
        click.Option(["--unit"], type=OneOf("--unit", UNITS), help=words.say("help.unit")),
        click.Option(["--deff"], type=InDomain("--deff", DesignEffect), help=words.say("help.deff")),
        click.Option(["--discount"], type=InDomain("--discount", PositiveShare), help=words.say("help.discount")),
        click.Option(["--precheck", "check"], type=WholeNumber("--precheck", least=1), help=words.say("help.precheck")),
        click.Option(["--found"], type=WholeNumber("--found"), help=words.say("help.found")),
        click.Option(["--per-village"], type=whole, help=words.say("help.per_village")),
        click.Option(
            ["--sensitivity"], type=InDomain("--sensitivity", PositiveShare), help=words.say("help.sensitivity")
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class BeliefsAsked:
    """The options as they were given; None where left out.

    Parameters
    ----------
    provincial : tuple of int or None
        Wrong units and checked ones.
    unit : str or None
        Persons or households.
    deff, discount : Decimal or None
        Design effect and weight of the provincial result.
    check : int or None
        Households of the pre-check.
    found, per_village : int or None
        Wrong ones found, and households in each village.
    sensitivity : Decimal or None
        Chance that the pre-check recognises a wrong household.
    """

    provincial: tuple[int, int] | None
    unit: str | None
    deff: Decimal | None
    discount: Decimal | None
    check: int | None
    found: int | None
    per_village: int | None
    sensitivity: Decimal | None

    @property
    def anything(self) -> bool:
        """Whether any of it was asked."""
        return self.provincial is not None or self.check is not None

    def require(self, scenario: Scenario) -> None:
        """Refuse what cannot be answered, before the work.

        Raises
        ------
        InputError
            ``option_needs``; as `Provincial`, `PreCheck`, `assurance.settled_result` and `precheck.require`.
        """
        for owner, given, options in (
            ("--provincial", self.provincial, ("unit", "deff", "discount")),
            ("--precheck", self.check, ("found", "per_village", "sensitivity")),
        ):
            for name in options:
                if given is None and getattr(self, name) is not None:
                    raise refuse("option_needs", key=f"--{name.replace('_', '-')}", allowed=owner)
        if not self.anything:
            return
        from scenarios.questions.assurance import settled_result  # noqa: PLC0415
        from scenarios.questions.precheck import require  # noqa: PLC0415

        result, check = self.result(), self._check()
        if result is not None:
            settled_result(result, scenario)
        if check is not None:
            require(scenario, check)

    def answers(self, curve: Curve) -> Beliefs:
        """Return the answers, both from the same chances at any level."""
        if not self.anything:
            return Beliefs(assurance=None, precheck=None)
        from scenarios.questions.assurance import assurance  # noqa: PLC0415
        from scenarios.questions.chance_of_levels import chance_of_levels  # noqa: PLC0415
        from scenarios.questions.precheck import precheck  # noqa: PLC0415

        result, check = self.result(), self._check()
        chances = chance_of_levels(curve)
        return Beliefs(
            assurance=assurance(curve, result, chances=chances) if result else None,
            precheck=precheck(curve, check, provincial=result, chances=chances) if check else None,
        )

    def result(self) -> Provincial | None:
        """Return the provincial result, None where there is none."""
        if self.provincial is None:
            return None
        from scenarios.questions.assurance import Provincial  # noqa: PLC0415

        wrong, checked = self.provincial
        stated = _stated(unit=self.unit, design_effect=self.deff, discount=self.discount)
        return Provincial(wrong=wrong, checked=checked, **stated)

    def _check(self) -> PreCheck | None:
        if self.check is None:
            return None
        from scenarios.questions.precheck import PreCheck  # noqa: PLC0415

        stated = _stated(found=self.found, per_village=self.per_village, sensitivity=self.sensitivity)
        return PreCheck(households=self.check, **stated)


def _stated(**options: Any) -> dict[str, Any]:
    """Return the options that were given; the others keep the records' own defaults."""
    return {name: value for name, value in options.items() if value is not None}


@dataclass(frozen=True, kw_only=True, eq=False)
class Beliefs:
    """The answers, None where they were not asked for."""

    assurance: Assurance | None
    precheck: Prechecked | None

    def text(self, words: Catalogue) -> Iterator[Part]:
        """Yield what there is to say."""
        from scenarios.report.assurance_text import assurance_text, precheck_text  # noqa: PLC0415

        if self.assurance:
            yield from assurance_text(self.assurance, words)
        if self.precheck:
            yield from precheck_text(self.precheck, words)

    def record(self) -> dict[str, Any]:
        """Return the part of the record, ``assurance`` and ``precheck`` where they were asked for."""
        from scenarios.files.assurance_record import assurance_record, precheck_record  # noqa: PLC0415

        found = {"assurance": assurance_record(self.assurance)} if self.assurance else {}
        return found | ({"precheck": precheck_record(self.precheck)} if self.precheck else {})
