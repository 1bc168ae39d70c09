"""Rules are kept by versions, and a city is read with its rules and its map, or with neither."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import shapely

from open311.actions import areas as areas_of
from open311.actions import cities as loading
from open311.actions import exchange
from open311.actions import routings as publishing
from open311.domain import areas
from open311.domain.city import City
from open311.domain.definitions import Deed
from open311.domain.folder import Area
from open311.domain.rules import RoutingFile
from open311.errors import Conflict, Invalid
from open311.formats import folder
from open311.store import areas as rows
from open311.store import cities, db, routings
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, using

OWN = "own.example"
WEST, EAST = (-66.25, 44.6), (-66.15, 44.6)


def rules(queue: str = "West depot") -> RoutingFile:
    return msgspec.convert(
        {
            "triage": {"department": "works", "queue": "Triage"},
            "rules": [
                {
                    "code": "west",
                    "reason": "The west has a depot of its own.",
                    "when": {"services": ["light"], "areas": {"wards": ["1"]}},
                    "department": "works",
                    "queue": queue,
                }
            ],
        },
        RoutingFile,
    )


def ward(code: str, west: float, begins: date = date.min) -> Area:
    shape = areas.encode(shapely.box(west, 44.5, west + 0.1, 44.7))
    return Area("wards", code, f"Ward {code}", shape, begins)


@pytest.fixture
def own_dsn(cluster: str, bare: str, tmp_path: Path) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        path = small_city(tmp_path / "own", OWN)
        city = folder.read(path)
        wards = (ward("1", -66.3), ward("2", -66.2))
        whole = msgspec.structs.replace(city, areas=(*city.areas, *wards), routing=rules())
        using(dsn, lambda each: loading.load(each, whole, NOW, reason="First"))
        yield dsn


def load(dsn: str, file: RoutingFile | None, days: int = 1) -> tuple[int, int, int]:
    async def work(connection: db.Connection) -> Any:
        city = await exchange.folder_of(connection, OWN)
        now = NOW + timedelta(days=days)
        return await loading.load(
            connection, msgspec.structs.replace(city, routing=file), now, reason="Again"
        )

    for each in using(dsn, work):
        if each.kind == "routing":
            return each.added, each.changed, each.retired
    return 0, 0, 0


def latest(dsn: str) -> tuple[int, RoutingFile | None]:
    async def work(connection: db.Connection) -> tuple[int, RoutingFile | None]:
        async with db.owning(connection, OWN):
            found = await routings.latest(connection, OWN, datetime.now(UTC))
            return found.version, found.file

    return using(dsn, work)


def put(dsn: str, areas: list[Area], begins: date = date.min, layer: str = "wards") -> None:
    """Areas in the place of those of a layer, whatever rules name."""
    using(dsn, lambda each: areas_of.put(each, OWN, layer, areas, begins, NOW, consent=True))


def read(dsn: str, known: City | None = None) -> City:
    async def work(connection: db.Connection) -> City:
        (row,) = await cities.directory(connection)
        async with db.owning(connection, OWN):
            return await cities.read(connection, row, known)

    return using(dsn, work)


def test_what_differs_is_the_next_version_and_the_same_is_none(own_dsn: str) -> None:
    assert latest(own_dsn) == (1, rules())
    assert load(own_dsn, rules()) == (0, 0, 0)
    assert load(own_dsn, rules("Other")) == (0, 1, 0)
    assert latest(own_dsn) == (2, rules("Other"))
    assert load(own_dsn, None) == (0, 0, 1)
    assert latest(own_dsn) == (3, None)
    assert load(own_dsn, None) == (0, 0, 0)
    assert load(own_dsn, rules()) == (1, 0, 0)
    assert latest(own_dsn) == (4, rules())


def test_a_city_is_read_as_of_one_moment(own_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another change is committed after the rules were read, and before the areas are."""
    state = rows.state

    async def late(transaction: db.Connection, own: str) -> Any:
        monkeypatch.undo()
        connection = await db.connect(own_dsn)
        await areas_of.put(connection, OWN, "wards", [], date.min, NOW, consent=True)
        await connection.close()
        return await state(transaction, own)

    async def work(writes: db.Connection) -> City:
        pool = db.Connections(own_dsn, db.WRITER, size=1, seconds=5)
        async with pool.transaction(OWN, still=True) as transaction:
            (row,) = await cities.directory(transaction)
            found = await cities.read(transaction, row)
        await pool.close()
        return found

    monkeypatch.setattr(rows, "state", late)
    city = using(own_dsn, work)

    assert city.routing
    assert city.map
    assert (found := city.map.locate(*WEST))
    assert found.areas["wards"] == "1"
    assert (gone := read(own_dsn).map)
    assert (found := gone.locate(*WEST))
    assert "wards" not in found.areas


def test_areas_that_rules_or_services_name_are_not_taken_away_unasked(own_dsn: str) -> None:
    before = read(own_dsn)
    other = [ward("2", -66.3)]
    with pytest.raises(Conflict) as refusal:
        using(own_dsn, lambda each: areas_of.put(each, OWN, "wards", other, date.min, NOW))

    assert refusal.value.problems == (
        "What is named of wards would be no more:",
        "routing.json: rule 'west': there is no '1' in areas/wards.geojson.",
    )
    assert read(own_dsn, before).map is before.map
    put(own_dsn, other)
    assert read(own_dsn, before).map is not before.map


@pytest.mark.parametrize(("hour", "is_there"), [(1, True), (5, False)])
def test_an_area_may_be_named_until_its_last_day_ends_in_the_city(
    own_dsn: str, hour: int, is_there: bool
) -> None:
    """In Halifax midnight is at 04:00 UTC."""
    put(own_dsn, [ward("2", -66.3, date(2026, 11, 23))], date(2026, 11, 23))

    async def check(connection: db.Connection) -> None:
        opening = functools.partial(db.owning, connection)
        at = datetime(2026, 11, 23, hour, tzinfo=UTC)
        await publishing.check(opening, OWN, rules(), at)

    if is_there:
        using(own_dsn, check)
    else:
        with pytest.raises(Invalid, match="there is no '1'"):
            using(own_dsn, check)


def test_who_changes_rules_by_a_clock_that_is_ahead_is_not_the_last_for_long(own_dsn: str) -> None:
    now = datetime.now(UTC)

    def publish(name: str, at: datetime) -> None:
        async def work(connection: db.Connection) -> None:
            opening = functools.partial(db.owning, connection)
            deed = Deed(name, at)
            await publishing.publish(opening, OWN, rules(name), deed, replaces=None)

        using(own_dsn, work)

    publish("Ahead", now + timedelta(hours=1))
    publish("Right", datetime.now(UTC))

    async def then(connection: db.Connection) -> RoutingFile | None:
        async with db.owning(connection, OWN):
            return (await routings.latest(connection, OWN, now + timedelta(hours=2))).file

    assert latest(own_dsn)[1] == rules("Right")
    assert using(own_dsn, then) == rules("Right")


def test_nobody_can_change_a_version(own_dsn: str) -> None:
    for sql in (
        "update routings set reason = 'Another'",
        "delete from routings",
        "truncate routings",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            using(own_dsn, lambda each, sql=sql: each.execute(sql))


def test_a_city_knows_its_rules_and_where_a_point_lies(own_dsn: str) -> None:
    city = read(own_dsn)

    assert city.routing
    assert city.map
    assert city.routing.version == 1
    places = [city.map.locate(*each) for each in (WEST, EAST)]
    assert [each and each.areas["wards"] for each in places] == ["1", "2"]
    assert city.others == {}


def test_a_city_without_rules_has_its_map_all_the_same(own_dsn: str) -> None:
    load(own_dsn, None)
    city = read(own_dsn)

    assert city.routing is None
    assert city.map
    assert city.map.locate(-60.0, 44.6) is None


def test_a_city_without_areas_and_rules_has_no_map(own_dsn: str) -> None:
    load(own_dsn, None)
    for layer in ("boundary", "wards"):
        using(
            own_dsn,
            lambda each, layer=layer: areas_of.put(
                each, OWN, layer, [], date.min, NOW, consent=True
            ),
        )

    assert read(own_dsn).map is None


def test_a_map_is_made_anew_only_where_areas_changed(own_dsn: str) -> None:
    first = read(own_dsn)
    load(own_dsn, rules("Other"))
    second = read(own_dsn, first)
    moved = [ward("1", -66.35), ward("2", -66.2)]
    using(
        own_dsn, lambda each: areas_of.put(each, OWN, "wards", moved, date.min, NOW, consent=True)
    )
    third = read(own_dsn, second)
    using(
        own_dsn,
        lambda each: areas_of.put(each, OWN, "wards", moved[:1], date.min, NOW, consent=True),
    )
    fourth = read(own_dsn, third)

    assert second.routing != first.routing
    assert second.map is first.map
    assert third.map is not second.map
    assert fourth.map is not third.map


def test_a_border_moves_on_its_day_by_itself(own_dsn: str) -> None:
    """The day begins at midnight in the city, and the worker knows in how many seconds."""
    before = read(own_dsn)
    today = datetime.now(before.zone).date()
    tomorrow = today + timedelta(days=1)
    swapped = [ward("2", -66.3, tomorrow), ward("1", -66.2, tomorrow)]
    using(
        own_dsn, lambda each: areas_of.put(each, OWN, "wards", swapped, tomorrow, NOW, consent=True)
    )
    city = read(own_dsn, before)

    assert city.map
    assert (found := city.map.locate(*WEST))
    assert found.areas["wards"] == "1"
    assert city.changes_in is not None
    assert 0 < city.changes_in <= 25 * 3600
    using(
        own_dsn,
        lambda each: areas_of.put(each, OWN, "wards", swapped[:1], today, NOW, consent=True),
    )
    assert (now := read(own_dsn, city).map)
    assert (found := now.locate(*WEST))
    assert "wards" not in found.areas  # of tomorrow's day nothing counts yet


def test_a_city_comes_out_with_its_rules(own_dsn: str) -> None:
    assert using(own_dsn, lambda each: exchange.folder_of(each, OWN)).routing == rules()
