"""The store of a sweep: what is refused, and what is still there afterwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sampler.errors import InputError
from scenarios.store import Answered, open_store

ABOUT = {"name": "a sweep"}


def answered(number: int, text: str = "{}", code: str = "code") -> Answered:
    return Answered(number=number, text=text, seconds=0.5, code=code)


def refused(path: Path, *, sweep: str = "sweep", code: str = "code") -> str:
    with pytest.raises(InputError) as error, open_store(path, sweep=sweep, code=code, about=ABOUT):
        pass
    return error.value.mistakes[0].code


def test_answers_are_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with open_store(path, sweep="sweep", code="code", about=ABOUT) as store:
        store.add(answered(2))
        store.add(answered(0, '{"a": 1}'))
        first = store.digest()
    with open_store(path, sweep="sweep", code="code", about=ABOUT) as store:
        assert store.numbers() == {0, 2}
        assert list(store.answers()) == [(0, '{"a": 1}'), (2, "{}")]
        assert (store.seconds(), store.digest()) == (1.0, first)
        store.add(answered(1))
        assert store.digest() != first


def test_the_order_of_answers_does_not_matter(tmp_path: Path) -> None:
    digests = set()
    for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1))):
        with open_store(tmp_path / name, sweep="sweep", code="code", about=ABOUT) as store:
            for number in order:
                store.add(answered(number, str(number)))
            digests.add(store.digest())
    assert len(digests) == 1


def test_a_worker_with_other_code_is_refused_and_nothing_kept_of_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.sqlite", sweep="sweep", code="code", about=ABOUT) as store:
        store.add(answered(0))
        with pytest.raises(InputError, match="worker_other_code"):
            store.add(answered(1, code="another"))
        assert store.numbers() == {0}


def test_a_full_disk_keeps_what_there_is(tmp_path: Path) -> None:
    """SQLite itself says that the disk is full, here at a number of pages."""
    path = tmp_path / "s.sqlite"
    with open_store(path, sweep="sweep", code="code", about=ABOUT) as store:
        (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
        store.connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        with pytest.raises(InputError, match="store_failed") as error:
            list(map(store.add, (answered(number, "x" * 4_000) for number in range(100))))
        assert "full" in str(error.value.mistakes[0].fields["found"])
        kept = store.numbers()
        assert 0 < len(kept) < 100
    with open_store(path, sweep="sweep", code="code", about=ABOUT) as store:
        assert store.numbers() == kept == set(range(len(kept)))


def test_what_is_no_store_of_this_sweep_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with open_store(path, sweep="sweep", code="code", about=ABOUT) as store:
        store.add(answered(0))
        assert refused(path) == "store_in_use"
    before = path.read_bytes()
    assert refused(path, sweep="another") == "store_other_sweep"
    assert refused(path, code="another") == "store_other_code"
    assert path.read_bytes() == before
    (tmp_path / "text").write_text("no database, but long enough to look for its header " * 9)
    assert refused(tmp_path / "text") == "not_a_store"
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    assert refused(tmp_path / "other") == "not_a_store"
    assert refused(tmp_path) == "store_failed"
