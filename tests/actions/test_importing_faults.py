"""A city's history that is cut short: whole batches are there, the rest comes in another time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from open311.actions import importing
from open311.errors import Invalid
from open311.store import imported
from tests.imports.history import put, row, rows_of, tallies_of

ROWS = [row(f"{number:03}") for number in range(200)]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 20)


def test_a_fault_in_writing_is_told_and_leaves_whole_batches(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, batches = imported.insert, []

    async def insert_and_fail(*values: Any) -> int:
        batches.append({each.source_id for each in values[-1]})
        failing = len(batches) > 3
        done = await insert(*values)
        if failing:  # when it is written, but not yet committed
            raise ConnectionResetError
        return done

    monkeypatch.setattr(imported, "insert", insert_and_fail)
    with pytest.raises(ConnectionResetError):
        put(dsn, ROWS)
    found = {own for (own,) in rows_of(dsn, "r.source_id")}

    assert found == {own for batch in batches if batch <= found for own in batch}
    assert not found & batches[3]
    assert sum(each[-1] for each in tallies_of(dsn)) == len(found)

    monkeypatch.setattr(imported, "insert", insert)
    assert put(dsn, ROWS).counts == (200 - len(found), 0, len(found), 0)
    assert sum(each[-1] for each in tallies_of(dsn)) == 200


def test_a_file_that_breaks_off_is_told_and_leaves_whole_batches(dsn: str) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield from ROWS[:110]
        raise Invalid("It breaks off.")

    with pytest.raises(Invalid, match="breaks off"):
        put(dsn, broken())
    found = len(rows_of(dsn, "r.source_id"))

    assert found % 20 == 0
    assert sum(each[-1] for each in tallies_of(dsn)) == found <= 100


def test_no_more_than_one_batch_is_made_beside_those_that_are_written(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead: list[int] = []
    read, inserted = 0, 0
    insert = imported.insert

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal read
        for each in ROWS:
            read += 1
            ahead.append(read - inserted)
            yield each

    async def slow(*values: Any) -> int:
        nonlocal inserted
        done = await insert(*values)
        inserted += done
        return done

    monkeypatch.setattr(imported, "insert", slow)
    put(dsn, counted())

    assert max(ahead) <= 20 * 3  # two are written, one is made


def test_a_word_that_is_too_long_to_be_looked_for_keeps_nothing_out(dsn: str) -> None:
    assert put(dsn, [row(1, description="x" * 2045), row(2)]).counts == (2, 0, 0, 0)
