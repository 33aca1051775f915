"""The county as the inspection sees it: villages, their strata, and households by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from sampler.errors import InputError, Mistake
from sampler.household_sizes import synthesise_sizes

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("exited", "remaining", "unregistered")
EXITED, REMAINING, UNREGISTERED = range(3)

Unit = Literal["persons", "households"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """A sampling frame of V villages and N households, validated and immutable.

    Households are sorted by village, then by group in the order of `GROUPS`.

    Parameters
    ----------
    name : str
        The county's name, as shown.
    codes, villages, townships : sequence of str, length V
        Village code, village name and township name.
    remote, poor_village : ndarray of bool, shape (V,)
        Strata and status of the villages.
    group_households, group_persons : ndarray of int64, shape (V, 3)
        The village table's counts by group.
    household_persons : ndarray of int64, shape (N,)
        Persons of each household.
    household_key : ndarray of bool, shape (N,)
        Key households (重点户).
    household_hamlet : ndarray of int64, shape (N,), optional
        Number of each household's hamlet (村民小组) within its village, from 0.
    household_ids : tuple of str, length N, optional
        The numbers by which the household table calls its households: personal data, for the field form alone.
    sizes_synthesised : bool
        True when the household sizes were made from the totals and not listed.
    synthetic : bool
        True when the whole county is invented.
    distance_km : ndarray of float64, shape (V,), optional
        Road distance from the county seat.
    location_km : ndarray of float64, shape (V, 2), optional
        Map coordinates.

    Raises
    ------
    InputError
        If the tables contradict each other.

    See Also
    --------
    frame_from_counts : the usual way to make one.
    """

    name: str
    codes: tuple[str, ...]
    villages: tuple[str, ...]
    townships: tuple[str, ...]
    remote: Bools
    poor_village: Bools
    group_households: Ints
    group_persons: Ints
    household_persons: Ints
    household_key: Bools
    sizes_synthesised: bool
    synthetic: bool = False
    distance_km: NDArray[np.float64] | None = None
    location_km: NDArray[np.float64] | None = None
    household_hamlet: Ints | None = None
    household_ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        wrong = [
            Mistake(m.code, {**m.fields, "village": self.villages[i]})
            for i, m in mistakes_in_counts(self.group_households, self.group_persons)
        ]
        if len(self.codes) == 0:
            wrong.append(Mistake("no_villages"))
        if len(self.household_persons) != self.group_households.sum():
            wrong.append(
                Mistake(
                    "household_count",
                    {"found": len(self.household_persons), "allowed": int(self.group_households.sum())},
                )
            )
        elif len(self.codes) and not np.array_equal(self._listed_persons(), self.group_persons):
            wrong.append(
                Mistake(
                    "household_persons",
                    {"found": int(self.household_persons.sum()), "allowed": int(self.group_persons.sum())},
                )
            )
        if self.household_ids is not None and len(self.household_ids) != len(self.household_persons):
            wrong.append(
                Mistake(
                    "household_count",
                    {"found": len(self.household_ids), "allowed": len(self.household_persons)},
                )
            )
        if wrong:
            raise InputError(wrong)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                # A copy of our own: the caller's array stays as it is, and ours cannot be changed through it.
                frozen = value.copy()
                frozen.flags.writeable = False
                object.__setattr__(self, name, frozen)

    def _listed_persons(self) -> Ints:
        cumulated = np.concatenate([[0], np.cumsum(self.household_persons)])
        sums: Ints = np.diff(cumulated[self.offsets]).reshape(self.group_persons.shape)
        return sums

    @property
    def offsets(self) -> Ints:
        """Start of each (village, group) block of households, shape (3V + 1,)."""
        return np.concatenate([[0], np.cumsum(self.group_households.ravel())])

    @property
    def household_village(self) -> Ints:
        """Village index of each household, shape (N,)."""
        return np.repeat(np.arange(len(self.codes)), self.group_households.sum(axis=1))

    @property
    def household_group(self) -> Ints:
        """Group index of each household, shape (N,)."""
        return np.repeat(np.tile(np.arange(3), len(self.codes)), self.group_households.ravel())

    @property
    def unregistered(self) -> dict[Unit, Ints]:
        """Unregistered persons and households of each village, shape (V,)."""
        return {"persons": self.group_persons[:, UNREGISTERED], "households": self.group_households[:, UNREGISTERED]}

    def block(self, village: int, group: int) -> slice:
        """Return where the households of one village and group stand."""
        start = int(self.group_households.ravel()[: 3 * village + group].sum())
        return slice(start, start + int(self.group_households[village, group]))

    def household_names(self, households: Ints) -> list[str]:
        """Return what households are called: their own numbers, else their places in the list of their village's group.

        Parameters
        ----------
        households : ndarray of int64, shape (n,)
            Indices of households.

        Examples
        --------
        >>> frame = frame_from_counts(name="x", codes=["a", "b"], villages=["A", "B"], townships=["T", "T"],
        ...     remote=[False, True], group_households=np.array([[2, 0, 1], [1, 0, 2]]),
        ...     group_persons=np.array([[5, 0, 2], [3, 0, 6]]))
        >>> frame.household_names(np.array([1, 2, 5]))
        ['a-E2', 'a-U1', 'b-U2']
        """
        if self.household_ids is not None:
            return [self.household_ids[household] for household in households.tolist()]
        villages, groups = self.household_village[households], self.household_group[households]
        places = households - self.offsets[3 * villages + groups] + 1
        return [f"{self.codes[v]}-{'ERU'[g]}{k}" for v, g, k in zip(villages, groups, places, strict=True)]

    def to_frame(self) -> pd.DataFrame:
        """Return the village table, one row a village."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        columns: dict[str, object] = {
            "village_code": self.codes,
            "village": self.villages,
            "township": self.townships,
            "remote": self.remote.astype(int),
            "poor_village": self.poor_village.astype(int),
        }
        for g, group in enumerate(GROUPS):
            columns[f"{group}_households"] = self.group_households[:, g]
            columns[f"{group}_persons"] = self.group_persons[:, g]
        return pd.DataFrame(columns)


def with_marks(frame: Frame, *, key_share: float = 0.0, hamlets: int = 0) -> Frame:
    """Return a frame in which a share of the households is marked as key, and villages are divided into hamlets.

    A stand-in for lists that do not say: both are spread evenly over the households of each village and group, whose
    sizes are synthesised too, so that marked households are of all sizes.

    Parameters
    ----------
    frame : Frame
        Without such marks.
    key_share : float, 0..1
        Share of key households (重点户).
    hamlets : int
        Hamlets (村民小组) of each village; as many as it has households where these are fewer. 0 for none.

    Examples
    --------
    >>> frame = frame_from_counts(name="one village", codes=["a"], villages=["A"], townships=["T"], remote=[False],
    ...     group_households=np.array([[4, 0, 2]]), group_persons=np.array([[9, 0, 5]]))
    >>> marked = with_marks(frame, key_share=0.5, hamlets=3)
    >>> marked.household_key.astype(int).tolist(), marked.household_hamlet.tolist()
    ([0, 1, 0, 1, 0, 1], [0, 1, 2, 0, 0, 1])
    """
    sizes = frame.group_households.ravel()
    place = np.arange(len(frame.household_persons)) - np.repeat(frame.offsets[:-1], sizes)
    key = np.floor((place + 1) * key_share + 1e-9) > np.floor(place * key_share + 1e-9)
    return replace(
        frame,
        household_key=frame.household_key | key,
        household_hamlet=place % hamlets if hamlets else frame.household_hamlet,
    )


def mistakes_in_counts(households: Ints, persons: Ints) -> Iterator[tuple[int, Mistake]]:
    """Yield (village index, mistake) for counts of households and persons that cannot be.

    Parameters
    ----------
    households, persons : ndarray of int64, shape (V, 3)
        Counts by village and group.
    """
    for i, g in np.argwhere(persons < households):
        yield (
            int(i),
            Mistake(
                "fewer_persons_than_households",
                {
                    "column": f"{GROUPS[g]}_persons",
                    "found": int(persons[i, g]),
                    "allowed": int(households[i, g]),
                },
            ),
        )
    for i, g in np.argwhere((households == 0) & (persons > 0)):
        yield (
            int(i),
            Mistake(
                "persons_without_households",
                {"column": f"{GROUPS[g]}_persons", "found": int(persons[i, g]), "allowed": 0},
            ),
        )


def frame_from_counts(
    *,
    name: str,
    codes: Sequence[str],
    villages: Sequence[str],
    townships: Sequence[str],
    remote: Sequence[bool] | Bools,
    group_households: Ints,
    group_persons: Ints,
    poor_village: Sequence[bool] | Bools | None = None,
    synthetic: bool = False,
    distance_km: NDArray[np.float64] | None = None,
    location_km: NDArray[np.float64] | None = None,
) -> Frame:
    """Return a frame whose household sizes are synthesised from the villages' totals.

    Parameters are those of `Frame`.

    Returns
    -------
    Frame
        With ``sizes_synthesised`` set and no key households marked.

    Raises
    ------
    InputError
        If a village has fewer persons than households in a group.

    Examples
    --------
    >>> frame = frame_from_counts(name="two villages", codes=["a", "b"], villages=["A", "B"],
    ...     townships=["T", "T"], remote=[False, True],
    ...     group_households=np.array([[2, 0, 3], [1, 1, 4]]), group_persons=np.array([[5, 0, 9], [3, 1, 11]]))
    >>> frame.household_persons.tolist()
    [2, 3, 2, 3, 4, 3, 1, 2, 2, 3, 4]
    """
    wrong = [m.at(village=villages[i]) for i, m in mistakes_in_counts(group_households, group_persons)]
    if wrong:
        raise InputError(wrong)
    household_persons = synthesise_sizes(group_households.ravel(), group_persons.ravel())
    return Frame(
        name=name,
        codes=tuple(codes),
        villages=tuple(villages),
        townships=tuple(townships),
        remote=np.asarray(remote, dtype=bool),
        poor_village=np.zeros(len(codes), dtype=bool) if poor_village is None else np.asarray(poor_village, dtype=bool),
        group_households=group_households,
        group_persons=group_persons,
        household_persons=household_persons,
        household_key=np.zeros(len(household_persons), dtype=bool),
        sizes_synthesised=True,
        synthetic=synthetic,
        distance_km=distance_km,
        location_km=location_km,
    )
