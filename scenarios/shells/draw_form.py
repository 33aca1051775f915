"""What `choucha draw` is asked beyond its answer, a form and an account, and the command that makes the form again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sampler.errors import refuse
from scenarios.messages import Catalogue

if TYPE_CHECKING:
    from scenarios.questions.inspection import Inspection
    from scenarios.report.parts import Part
    from scenarios.scenario import Scenario

_RESERVES = 3


@dataclass(frozen=True, kw_only=True)
class DrawAsked:
    """A form as it was asked for, and whether the account takes the place of the answer.

    Parameters
    ----------
    steps : bool
        Whether it does.
    path : Path or None
        Where to write a form; None for none.
    reserves : int or None
        Replacements for each village and group; 3 where left out.
    office : bool
        Whether it is the office's copy.
    """

    steps: bool
    path: Path | None
    reserves: int | None
    office: bool

    def text(self, answer: Inspection, words: Catalogue) -> Iterator[Part]:
        """Yield the account."""
        from scenarios.questions.account import account  # noqa: PLC0415
        from scenarios.report.account_text import steps_text  # noqa: PLC0415

        yield from steps_text(account(answer), answer, words)

    def require(self, scenario: Scenario) -> None:
        """Refuse what cannot be made, before the work.

        Raises
        ------
        InputError
            ``steps_need_raw``, ``option_needs_form``, ``office_without_spot_check``; see also `require_form_target`.
        """
        from sampler.recheck import SpotCheck  # noqa: PLC0415
        from scenarios.files.field_form import require_form_target  # noqa: PLC0415
        from scenarios.report.form_sheets import form_files  # noqa: PLC0415

        if self.steps and scenario.policy.weighting != "raw":
            raise refuse("steps_need_raw", key="--steps")
        if self.path is None:
            stated = {"--reserves": self.reserves is not None, "--office": self.office}
            for option in (option for option, given in stated.items() if given):
                raise refuse("option_needs_form", key=option)
            return
        if self.office and not isinstance(scenario.plan, SpotCheck):
            raise refuse("office_without_spot_check", key="--office")
        require_form_target(self.path, form_files())

    def write(self, answer: Inspection, words: Catalogue, stated: Mapping[str, object]) -> None:
        """Write the form.

        Parameters
        ----------
        answer : Inspection
            What was drawn.
        words : Catalogue
            The language.
        stated : mapping of str to object
            The arguments of the command that decide the draw, by option; that of the argument is empty.
        """
        from scenarios.files.field_form import write_form  # noqa: PLC0415
        from scenarios.questions.roster import roster  # noqa: PLC0415
        from scenarios.report.form_sheets import draw_form  # noqa: PLC0415

        assert self.path is not None  # noqa: S101 - the caller asked
        reserves = _RESERVES if self.reserves is None else self.reserves
        options = {**stated, "--form": self.path.name, "--reserves": reserves, "--office": self.office or None}
        lists = roster(answer, reserves=reserves)
        form = draw_form(answer, lists, words, command=command_of(options), reserves=reserves, office=self.office)
        write_form(self.path, form)


def command_of(options: Mapping[str, object]) -> str:
    """Return a `choucha draw` command.

    Parameters
    ----------
    options : mapping of str to object
        Values by option, the argument under the empty name; what is None is left out, and of a flag that is set only
        its name is written.

    Examples
    --------
    >>> command_of({"": "村 名单.xlsx", "--level": None, "--seed": 7, "--office": True})
    "choucha draw '村 名单.xlsx' --seed 7 --office"
    """
    words = ["choucha", "draw"]
    for option, value in options.items():
        if value is not None:
            words += ([option] if option else []) + ([] if value is True else [str(value)])
    return shlex.join(words)
