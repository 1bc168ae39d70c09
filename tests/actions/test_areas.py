"""A layer is put in the place of the one before it, from a day on, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest
import shapely

from open311.actions import areas
from open311.domain.areas import encode
from open311.domain.folder import Area
from open311.errors import NotFound
from open311.store import cities, db
from open311.store.changes import Change
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "own.example"
DAY = date(2027, 1, 1)


def square(code: str, west: float, begins: date = date.min, **more: date) -> Area:
    shape = encode(shapely.box(west, 44.5, west + 0.1, 44.6))
    return Area("wards", code, f"Ward {code}", shape, begins, **more)


@pytest.fixture
def own_dsn(cluster: str, bare: str, tmp_path: Path) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path / "own", OWN), NOW)
        yield dsn


def put(dsn: str, begins: date, *found: Area, later: int = 0) -> Change:
    now = NOW + timedelta(days=later)
    return using(dsn, lambda each: areas.put(each, OWN, "wards", found, begins, now))


def there(dsn: str, layer: str = "wards") -> dict[tuple[str, date], date]:
    found = using(dsn, lambda each: areas.of_layer(each, OWN, layer))
    return {(each.code, each.valid_from): each.valid_to for each in found}


def changeset(dsn: str) -> object:
    (row,) = using(dsn, cities.directory)
    return row["changeset"]


def test_a_layer_is_put_there_and_the_same_again_changes_nothing(own_dsn: str) -> None:
    before = changeset(own_dsn)
    both = square("1", -66.3), square("2", -66.2)

    assert put(own_dsn, date.min, *both, later=1) == Change("areas", 2, 0, 0)
    moved = changeset(own_dsn)
    assert not put(own_dsn, date.min, *both, later=2)
    assert before != moved == changeset(own_dsn)
    assert there(own_dsn) == {("1", date.min): date.max, ("2", date.min): date.max}
    assert there(own_dsn, "boundary")  # other layers are let be


def test_what_is_not_put_there_is_gone_and_what_moved_is_changed(own_dsn: str) -> None:
    put(own_dsn, date.min, square("1", -66.3), square("2", -66.2))

    assert put(own_dsn, date.min, square("2", -66.25), square("3", -66.1)) == Change(
        "areas", 1, 1, 1
    )
    assert there(own_dsn) == {("2", date.min): date.max, ("3", date.min): date.max}


def test_from_a_day_on_others_count_and_those_of_today_until_then(own_dsn: str) -> None:
    put(own_dsn, date.min, square("1", -66.3), square("2", -66.2))

    assert put(own_dsn, DAY, square("1", -66.25, DAY)) == Change("areas", 1, 2, 0)
    assert there(own_dsn) == {
        ("1", date.min): DAY,
        ("1", DAY): date.max,
        ("2", date.min): DAY,
    }


def test_what_was_to_begin_later_never_does(own_dsn: str) -> None:
    put(own_dsn, date.min, square("1", -66.3))
    later = DAY + timedelta(days=90)
    put(own_dsn, later, square("1", -66.2, later))
    put(own_dsn, DAY, square("9", -66.1, DAY))

    assert there(own_dsn) == {("1", date.min): DAY, ("9", DAY): date.max}


def test_what_has_ended_before_is_let_be(own_dsn: str) -> None:
    ended = date(2020, 1, 1)
    put(own_dsn, date.min, square("1", -66.3, valid_to=ended))

    put(own_dsn, DAY, square("1", -66.2, DAY))

    assert there(own_dsn) == {("1", date.min): ended, ("1", DAY): date.max}


def test_a_fault_leaves_what_there_was(own_dsn: str) -> None:
    put(own_dsn, date.min, square("1", -66.3))
    twice = square("2", -66.2), square("2", -66.1)

    with pytest.raises(asyncpg.PostgresError):
        put(own_dsn, date.min, *twice)
    assert there(own_dsn) == {("1", date.min): date.max}


def test_two_who_put_a_layer_at_once_leave_one_of_the_two(own_dsn: str) -> None:
    first = [square(str(each), -66.3) for each in range(20)]
    second = [square(str(each), -66.2) for each in range(10, 30)]

    async def both() -> None:
        connections = [await db.connect(own_dsn) for _ in range(2)]
        work = zip(connections, (first, second), strict=True)
        puts = (areas.put(each, OWN, "wards", found, date.min, NOW) for each, found in work)
        try:
            await asyncio.gather(*puts)
        finally:
            for each in connections:
                await each.close()

    asyncio.run(both())

    codes = {code for code, _ in there(own_dsn)}
    assert codes in ({each.code for each in first}, {each.code for each in second})


def test_an_unknown_city_or_layer_is_named(own_dsn: str) -> None:
    with pytest.raises(NotFound, match="'wards'; there is: boundary"):
        there(own_dsn)
    with pytest.raises(NotFound, match="nowhere"):
        using(own_dsn, lambda each: areas.of_layer(each, "nowhere.example", "wards"))
