"""The frame: households in blocks by village and group, contradictions refused all at once, nothing can be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from strategies import county, even_county, small_frames

from sampler.errors import InputError
from sampler.frame import EXITED, GROUPS, REMAINING, UNREGISTERED, Frame


def test_groups_stand_in_the_order_of_the_village_table() -> None:
    assert GROUPS == ("exited", "remaining", "unregistered")
    assert (EXITED, REMAINING, UNREGISTERED) == (0, 1, 2)


@given(small_frames())
def test_households_lie_in_blocks(frame: Frame) -> None:
    place = 0
    for village in range(len(frame.codes)):
        for group in range(3):
            block, size = frame.block(village, group), int(frame.group_households[village, group])
            assert (block.start, block.stop) == (place, place + size)
            assert frame.offsets[3 * village + group] == place
            assert (frame.household_village[block] == village).all()
            assert (frame.household_group[block] == group).all()
            assert frame.household_persons[block].sum() == frame.group_persons[village, group]
            place += size
    assert place == frame.offsets[-1] == len(frame.household_persons) == len(frame.household_village)


@given(small_frames())
def test_no_array_can_be_written(frame: Frame) -> None:
    arrays = {name: value for name, value in vars(frame).items() if isinstance(value, np.ndarray)}
    assert {"remote", "group_households", "group_persons", "household_persons", "household_key"} <= set(arrays)
    assert not any(array.flags.writeable for array in arrays.values())
    with pytest.raises(FrozenInstanceError):
        frame.name = "another"  # type: ignore[misc]


def test_made_from_counts_says_so() -> None:
    frame = even_county(1, 1, households=2, persons=5)
    assert frame.sizes_synthesised
    assert not frame.household_key.any()
    assert not frame.poor_village.any()
    assert frame.household_persons.tolist() == [2, 3] * 6


def test_every_contradiction_is_named_with_its_village_and_column() -> None:
    households = np.array([[2, 0, 3], [0, 1, 4], [1, 1, 1]])
    persons = np.array([[1, 0, 9], [5, 1, 3], [1, 1, 1]])
    with pytest.raises(InputError) as caught:
        county([False, True, False], households, persons)
    assert {(m.code, m.fields["village"], m.fields["column"]) for m in caught.value.mistakes} == {
        ("fewer_persons_than_households", "1", "exited_persons"),
        ("persons_without_households", "2", "exited_persons"),
        ("fewer_persons_than_households", "2", "unregistered_persons"),
    }


def test_a_frame_checks_itself_too() -> None:
    frame = even_county(1, 1, households=2, persons=5)
    with pytest.raises(InputError) as caught:
        replace(frame, group_persons=np.array([[1, 5, 5], [5, 5, 5]]), household_persons=frame.household_persons[:-1])
    assert {m.code for m in caught.value.mistakes} == {"fewer_persons_than_households", "household_count"}


def test_a_county_without_villages_is_refused() -> None:
    nothing = np.zeros((0, 3), dtype=np.int64)
    with pytest.raises(InputError) as caught:
        county([], nothing, nothing)
    assert [m.code for m in caught.value.mistakes] == ["no_villages"]


def test_the_village_table_comes_back() -> None:
    households, persons = np.array([[2, 0, 3], [1, 1, 4]]), np.array([[5, 0, 9], [3, 1, 11]])
    table = county([False, True], households, persons).to_frame()
    assert list(table.columns) == [
        *("village_code", "village", "township", "remote", "poor_village"),
        *(f"{group}_{unit}" for group in GROUPS for unit in ("households", "persons")),
    ]
    assert table["remote"].tolist() == [0, 1]
    assert table[[f"{group}_households" for group in GROUPS]].to_numpy().tolist() == households.tolist()
    assert table[[f"{group}_persons" for group in GROUPS]].to_numpy().tolist() == persons.tolist()
