"""Versions are read once, as long as there is room, and never from another city."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from open311.store import db
from open311.store.versions import Versions
from tests.cities import KINDS, small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, statement

A, B = "a.example", "b.example"
NAMES = [(code, 1) for code in sorted(KINDS)]


@pytest.fixture(scope="module")
def dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as own:
        for each in (A, B):
            load(own, small_city(tmp_path_factory.mktemp("city") / each, each), NOW)
        yield own


class Counted(db.Connections):
    """Connections that remember which versions were asked for."""

    asked: list[tuple[str, ...]]

    async def fetch(self, sql: str, *values: object) -> list[db.Row]:
        self.asked.append(tuple(values[1]))  # type: ignore[arg-type]
        return await super().fetch(sql, *values)


def read(dsn: str, versions: Versions, *calls: tuple[str, list[tuple[str, int]]]) -> Counted:
    """Ask for versions, one call after another; what was asked of PostgreSQL."""

    async def run() -> Counted:
        reads = Counted(dsn, db.READER, size=1, seconds=5)
        reads.asked = []
        for own, names in calls:
            found = await versions.read(reads, own, names)
            assert found.keys() == {each for each in names if each in NAMES}
            for (code, _), service in found.items():
                assert service.service_name == f"{code} of {own}"
        await reads.close()
        return reads

    return asyncio.run(run())


def test_a_version_is_read_once_and_only_what_is_missing_is_asked_for(dsn: str) -> None:
    asked = read(dsn, Versions(), (A, NAMES[:2]), (A, NAMES[:2]), (A, NAMES[1:])).asked

    assert asked == [("idea", "light"), ("record", "tree")]


def test_no_city_gets_what_another_asked_for(dsn: str) -> None:
    asked = read(dsn, Versions(), (A, NAMES[:1]), (B, NAMES[:1]), (A, NAMES[:1])).asked

    assert asked == [("idea",), ("idea",)]


def test_what_is_not_there_is_not_found_and_not_kept(dsn: str) -> None:
    nothing = [("idea", 2), ("nothing", 1)]
    versions = Versions()
    asked = read(dsn, versions, (A, nothing), (A, nothing)).asked

    assert len(asked) == 2
    assert len(versions._kept) == 0


def test_a_version_to_come_is_nobodys_yet(dsn: str) -> None:
    statement(
        dsn,
        "insert into definitions select jurisdiction_id, service_code, 7, content, hash, author,"
        " reason, created_at, '2999-01-01' from definitions where service_code = 'idea'",
    )

    assert read(dsn, Versions(), (A, [("idea", 7)])).asked == [("idea",)]


def test_there_is_room_for_so_much_and_what_was_asked_for_last_stays(dsn: str) -> None:
    versions = Versions(room=1_000)  # bytes; three of these
    read(dsn, versions, *((A, [each]) for each in NAMES), (A, NAMES[1:2]), (A, NAMES[:1]))

    kept = [name for _, name in versions._kept]
    assert 0 < len(kept) < len(NAMES)
    assert kept[-1] == NAMES[0]
    assert sum(size for size, _ in versions._kept.values()) + versions._free == 1_000


def test_whatever_is_asked_for_the_account_is_right(dsn: str) -> None:
    """Also where two read the same at the same time."""
    versions = Versions(room=2_000)

    async def run() -> None:
        reads = db.Connections(dsn, db.READER, size=4, seconds=5)
        calls = [versions.read(reads, own, NAMES[:n]) for own in (A, B) for n in (1, 2, 4, 3) * 3]
        await asyncio.gather(*calls)
        await reads.close()

    asyncio.run(run())

    assert versions._free >= 0
    assert sum(size for size, _ in versions._kept.values()) + versions._free == 2_000
