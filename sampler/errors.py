"""What went wrong with an input: a code and fields, no prose; a shell puts it into the user's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Field = str | int | float | None


@dataclass(frozen=True)
class Mistake:
    """One thing wrong with an input.

    Parameters
    ----------
    code : str
        Stable name of the kind of mistake, for example ``"negative"``.
    fields : mapping of str to str, int, float or None
        What a sentence about it needs: where (``file``, ``sheet``, ``row``, ``column``), what was ``found``
        and what is ``allowed``.
    """

    code: str
    fields: Mapping[str, Field] = field(default_factory=dict)

    def at(self, **where: Field) -> Mistake:
        """Return the same mistake with its place added."""
        return Mistake(self.code, {**self.fields, **where})


class InputError(ValueError):
    """An input that cannot be used, with every mistake found in it.

    Parameters
    ----------
    mistakes : iterable of Mistake
        All of them at once; at least one.

    Examples
    --------
    >>> InputError([Mistake("negative", {"found": "-3"})]).mistakes[0].code
    'negative'
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{m.code} {dict(m.fields)}" for m in self.mistakes))


def refuse(code: str, **fields: Field) -> InputError:
    """Return the error for a single mistake, to be raised by the caller."""
    return InputError([Mistake(code, fields)])
