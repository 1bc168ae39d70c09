"""Requests are found as a list in memory would be searched: by every filter, in every order."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain.city import City
from open311.domain.spots import spot
from open311.spec import cursors
from open311.spec.cursors import Cursor
from open311.spec.filters import Box, Circle
from open311.spec.search import FIRST, LAST, SORTS, Search
from open311.store import cities, db, parts, requests, searching, spots, tallies, words
from open311.store.shown import Shown
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load, statement, using

OWN, OTHER = "own.example", "other.example"
BASE = datetime(2026, 9, 1, tzinfo=UTC)
CODES = ["light", "tree", "record", "stool"]
WORDS = ["lamp", "lamps", "éclairage", "broken", "quay", "o'neil", "harbour", "rock"]
STREETS = ["12 Quay St", "7 Harbour Rd", "100% Road", "O'Neil_Way 3"]
RANDOM = random.Random(311)


def rows() -> list[dict[str, Any]]:
    """A hundred and sixty requests, many at the same moment; some unnumbered, one in five another
    city's; on both sides of the 180th meridian."""
    found = []
    for number in range(1, 161):
        when = BASE + timedelta(hours=12 * RANDOM.randrange(-140, 60))
        pointed = RANDOM.random() < 0.85
        lat = round(
            44.6 + RANDOM.choice([0, 0.0001, 0.001, 0.01, 0.05]) * RANDOM.choice([-1, 1]), 7
        )
        long = round(RANDOM.choice([-66.2, 179.9995, -179.9995]) + RANDOM.choice([0, 0.0003]), 7)
        waiting = number % 7 == 0
        found.append(
            {
                "id": 1_000 + number,
                "jurisdiction_id": OTHER if number % 5 == 0 else OWN,
                "service_request_id": None if waiting else str(1_000 + number),
                "token": f"t{number}" if waiting else None,
                "status": RANDOM.choice(["open", "closed"]),
                "service_code": RANDOM.choice(CODES[:3]),
                "department": RANDOM.choice(["works", "parks", None]),
                "description": " ".join(RANDOM.sample(WORDS, RANDOM.randrange(4))) or None,
                "address": RANDOM.choice([*STREETS, None]),
                "media_url": RANDOM.choice(["https://own/1.jpg", None]),
                "requested_datetime": when,
                "updated_datetime": when
                + timedelta(hours=RANDOM.choice([-1, 0, 0, 1, 24, 240, 3000])),
                "lat": lat if pointed else None,
                "long": long if pointed else None,
                "areas": {
                    "wards": RANDOM.choice(["1", "2", "3"]),
                    **({"police": "A"} if RANDOM.random() < 0.5 else {}),
                },
            }
        )
    return found


ROWS = rows()
MOMENTS = [FIRST, LAST, *(BASE + timedelta(hours=12 * step) for step in range(-150, 80, 7))]
TIMES = st.sampled_from(MOMENTS)
LISTS = {"max_size": 3, "unique": True}
SEARCHES = st.builds(
    Search,
    service_request_id=st.just(())
    | st.lists(st.sampled_from([*(str(n) for n in range(1001, 1161)), "", "x"]), **LISTS).map(
        tuple
    ),
    service_code=st.just(()) | st.lists(st.sampled_from(CODES), **LISTS).map(tuple),
    status=st.sampled_from([(), ("open",), ("closed",)]),
    start_date=st.just(FIRST) | TIMES,
    end_date=st.just(LAST) | TIMES,
    updated_after=st.none() | TIMES,
    updated_before=st.none() | TIMES,
    department=st.just(()) | st.lists(st.sampled_from(["works", "parks", ""]), **LISTS).map(tuple),
    has_media=st.none() | st.booleans(),
    area=st.sampled_from(
        [(), (("wards=1",),), (("wards=1", "wards=3"),), (("police=A",), ("wards=2",)), (("x=",),)]
    ),
    bbox=st.none()
    | st.builds(
        Box,
        st.sampled_from([-180.0, -66.3, -66.2, 179.9, 0.0]),
        st.sampled_from([-90.0, 44.5, 44.6]),
        st.sampled_from([180.0, -66.1998, -179.9, 0.0]),
        st.sampled_from([90.0, 44.6005, 44.61]),
    ),
    circle=st.none()
    | st.builds(
        Circle,
        st.sampled_from([44.6, 44.65, 0.0, 89.9999]),
        st.sampled_from([-66.2, 180.0, -180.0, 179.9999]),
        st.sampled_from([10.0, 60.0, 200.0, 20_000.0, 50_000.0]),
    ),
    q=st.none()
    | st.sampled_from([*WORDS, "lamp broken", "ECLAIR", "0% r", "uay", "l_W", "'", "\\"])
    | st.sampled_from(["uay S", "arbour Rd", "2 Quay", "way  3", "100% Road", "ay %", "Rd lamp"]),
    sort=st.sampled_from(list(SORTS)),
    limit=st.sampled_from([1, 2, 3, 10, 1000]),
    offset=st.sampled_from([0, 0, 0, 1, 2, 5, 40, 10**15]),
    asked=st.just(LAST) | TIMES,
)


def model(search: Search) -> list[dict[str, Any]]:
    """Every row that a list in memory would give, in the order of the search."""
    found = [each for each in ROWS if each["jurisdiction_id"] == OWN and each["service_request_id"]]
    if search.service_request_id:
        found = [each for each in found if each["service_request_id"] in search.service_request_id]
    else:
        found = [each for each in found if meets(each, search)]
    found.sort(key=lambda row: (row[search.by], row["id"]), reverse=search.newest_first)
    return found


def meets(row: dict[str, Any], search: Search) -> bool:
    inside = {f"{layer}={code}" for layer, code in row["areas"].items()} if row["lat"] else set()
    return (
        search.start_date <= row["requested_datetime"] <= search.end_date
        and (search.updated_after or FIRST) <= row["updated_datetime"]
        and row["updated_datetime"] <= (search.updated_before or LAST)
        and (not search.service_code or row["service_code"] in search.service_code)
        and (not search.status or row["status"] in search.status)
        and (not search.department or row["department"] in search.department)
        and (search.has_media is None or search.has_media is bool(row["media_url"]))
        and all(not inside.isdisjoint(each) for each in search.area)
        and (search.bbox is None or within(row, search.bbox))
        and (search.circle is None or near(row, search.circle))
        and (search.q is None or has(row, search.q))
    )


def within(row: dict[str, Any], box: Box) -> bool:
    if row["lat"] is None or not box.south <= row["lat"] <= box.north:
        return False
    if box.west <= box.east:
        return box.west <= row["long"] <= box.east
    return row["long"] >= box.west or row["long"] <= box.east


def near(row: dict[str, Any], circle: Circle) -> bool:
    """No point of `rows` is within a thousandth of one of the radii, as the test below sees to."""
    return row["lat"] is not None and metres(row, circle) <= circle.radius


def metres(row: dict[str, Any], circle: Circle) -> float:
    found = Geodesic.WGS84.Inverse(
        row["lat"], row["long"], circle.lat, circle.long, Geodesic.DISTANCE
    )
    return float(found["s12"])


def has(row: dict[str, Any], q: str) -> bool:
    fold = str.maketrans("é", "e")
    text = f"{row['description'] or ''} {row['address'] or ''}".lower().translate(fold)
    tokens = set(text.replace("'", " ").replace("_", " ").replace("%", " ").split())
    wanted = [each.strip("'\\%_") for each in q.lower().translate(fold).split()]
    pieces = [
        piece for each in wanted for piece in each.replace("'", " ").replace("_", " ").split()
    ]
    words = bool(pieces) and all(any(t.startswith(p) for t in tokens) for p in pieces)
    if "'" in q.strip("'") or "_" in q.strip("_"):  # its parts must follow each other
        words = words and q.lower() in text
    part = len(q) >= 3 and " " not in q and q.lower() in (row["address"] or "").lower()
    return words or part


class Ground(msgspec.Struct):
    """A database with two small cities, and a loop to ask it on."""

    dsn: str
    runner: asyncio.Runner
    reads: db.Connections
    writes: db.Connections
    city: City
    shown: Shown

    def page(self, search: Search) -> requests.Page:
        page = requests.search(self.reads, self.city, search, "https://own", self.shown)
        return self.runner.run(page)

    def ids(self, search: Search) -> list[str]:
        return [each.service_request_id for each in self.page(search).requests]


async def _city(connection: db.Connection) -> City:
    (row,) = [row for row in await cities.directory(connection) if row[0] == OWN]
    return await cities.read(connection, row)


async def _insert(connection: db.Connection) -> None:
    for own in (OWN, OTHER):
        mine = [each for each in ROWS if each["jurisdiction_id"] == own]
        of = {
            each["id"]: spot(each["long"], each["lat"], each["areas"]) if each["lat"] else None
            for each in mine
        }
        async with db.owning(connection, own):
            known = await spots.numbers(connection, own, [each for each in of.values() if each])
            for each in mine:
                place = known.get(of[each["id"]])
                names = [name for name in each if name != "areas"]
                values = ", ".join(f"${number}" for number in range(1, len(names) + 2))
                await connection.execute(
                    f"insert into requests ({', '.join(names)}, place, definition_version)"
                    f" values ({values}, 1)",
                    *(each[name] for name in names),
                    place,
                )


@pytest.fixture(scope="module", params=["indexed", "bare"])
def ground(
    request: pytest.FixtureRequest, bare_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """With its indexes, and without: the order must be what the statement says, and not what an
    index happens to give."""
    if request.param == "indexed":
        for name in (OWN, OTHER):
            path: Path = tmp_path_factory.mktemp("city")
            load(bare_dsn, small_city(path, name), NOW)
        using(bare_dsn, _insert)
    else:
        statement(
            bare_dsn,
            "drop index requests_by_time, requests_by_service, requests_open_by_time,"
            " requests_by_update, requests_by_department, requests_with_media, requests_by_place,"
            " requests_by_words, requests_by_address, requests_open_by_service,"
            " requests_open_by_department, requests_late",
        )
    reads = db.Connections(bare_dsn, db.READER, size=2, seconds=5)
    writes = db.Connections(bare_dsn, db.WRITER, size=2, seconds=5)
    with asyncio.Runner() as runner:
        yield Ground(bare_dsn, runner, reads, writes, using(bare_dsn, _city), Shown())
        runner.run(reads.close())
        runner.run(writes.close())


def test_no_request_is_so_near_to_a_circle_that_a_formula_could_err() -> None:
    for each in ROWS:
        for lat in (44.6, 44.65, 0.0, 89.9999):
            for long in (-66.2, 180.0, -180.0, 179.9999):
                for radius in (10.0, 60.0, 200.0, 20_000.0, 50_000.0):
                    far = metres(each, Circle(lat, long, radius)) if each["lat"] else math.inf
                    assert abs(far - radius) > radius / 1000


@contextmanager
def budgets(rows: int) -> Iterator[None]:
    """As if there were so many requests that one in so many is rare, and months long ago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "BUDGET", rows)
        patch.setattr(searching, "FEW", 256 if rows % 2 else 1)
        patch.setattr(words, "CANDIDATES", (rows, 3 * rows))
        patch.setattr(words, "RARE", rows)
        patch.setattr(words, "_NEAR", 1 + rows // 40)
        patch.setattr(parts, "_FIRST_SLICE", timedelta(days=rows / 2))
        patch.setattr(searching, "_WHOLE", timedelta(days=rows / 2))
        yield


@given(SEARCHES, st.sampled_from([0, 24_000_000]), st.sampled_from([3, 40, 2_000]))
@settings(max_examples=600)
@example(Search(q="lamp", limit=2, offset=3), 0, 3)
@example(Search(updated_after=BASE, limit=2), 0, 3)
def test_a_search_finds_what_a_list_in_memory_would(
    ground: Ground, search: Search, room: int, budget: int
) -> None:
    """Also when it has shown some of it before, and whichever plan found it."""
    if ids := search.service_request_id:  # as they are read: ids are asked for alone
        search = Search(service_request_id=ids)
    ground.shown._room = room
    with budgets(budget):
        first, again = ground.page(search), ground.page(search)

    wanted = [each["service_request_id"] for each in model(search)]
    for page in (first, again):
        assert [each.service_request_id for each in page.requests] == wanted[
            search.offset : search.offset + search.limit
        ]
        assert page.more is (len(wanted) > search.offset + search.limit)


@given(SEARCHES, st.integers(0, 160), st.sampled_from([3, 40, 2_000]))
@settings(max_examples=300)
def test_a_cursor_goes_on_where_its_request_is_either_way(
    ground: Ground, search: Search, place: int, budget: int
) -> None:
    search = replace(search, service_request_id=(), offset=0)
    wanted = model(search)
    if not wanted:
        return
    place %= len(wanted)
    at = wanted[place]
    cursor = Cursor(
        cursors.microseconds(at[search.by]),
        at["id"],
        False,
        *map(cursors.microseconds, (search.start_date, search.end_date)),
    )
    with budgets(budget):
        onwards = ground.ids(replace(search, cursor=cursor))
        back = ground.ids(replace(search, cursor=replace(cursor, back=True)))

    ids = [each["service_request_id"] for each in wanted]
    assert onwards == ids[place + 1 : place + 1 + search.limit]
    assert back == ids[max(0, place - search.limit) : place]


COUNTED = st.builds(
    Search,
    service_code=st.just(()) | st.lists(st.sampled_from(CODES), **LISTS).map(tuple),
    status=st.sampled_from([(), ("open",), ("closed",)]),
    start_date=st.just(FIRST) | TIMES | TIMES.map(lambda each: min(LAST, max(FIRST, each))),
    end_date=st.just(LAST) | TIMES,
    sort=st.sampled_from(["-requested_datetime", "requested_datetime"]),
    limit=st.sampled_from([1, 5, 1000]),
    offset=st.integers(0, 120),
)


@given(COUNTED, st.booleans())
@settings(max_examples=300)
def test_a_total_is_what_there_is_and_a_far_page_is_where_it_is(
    ground: Ground, search: Search, fold: bool
) -> None:
    if search.end_date < search.start_date:
        return

    async def add_up() -> None:
        async with ground.writes.transaction(OWN) as transaction:
            await tallies.add_up(transaction, OWN)

    if fold:
        ground.runner.run(add_up())
    wanted = [each["service_request_id"] for each in model(search)]
    total = ground.runner.run(tallies.total(ground.reads, OWN, search))
    near = ground.runner.run(tallies.narrowed(ground.reads, OWN, search))
    counted = ground.runner.run(tallies.counted(ground.reads, OWN, search))

    assert tallies.are_kept(search)
    assert total == len(wanted) == counted.total(search)
    # the page may end with its day: its first request is what is sought
    assert ground.ids(near)[:1] == wanted[search.offset : search.offset + 1]


@given(COUNTED, st.integers(0, 3_599), st.integers(0, 3_599))
@settings(max_examples=200)
def test_what_is_counted_tells_every_question_of_the_same_hours(
    ground: Ground, search: Search, first: int, last: int
) -> None:
    begin, end = tallies.hours(msgspec.structs.replace(search, service_code=()))
    begin, end = begin + timedelta(seconds=first), end + timedelta(seconds=last)
    other = msgspec.structs.replace(search, service_code=(), start_date=begin, end_date=end)
    same = msgspec.structs.replace(search, service_code=())
    counted = ground.runner.run(tallies.counted(ground.reads, OWN, same))
    if end < begin or search.end_date < search.start_date:
        return

    assert tallies.hours(other) == tallies.hours(same)
    assert counted.total(other) == len(model(other))


def test_what_changes_is_counted_and_added_up_once(ground: Ground) -> None:
    def count(**which: Any) -> int:
        return ground.runner.run(tallies.total(ground.reads, OWN, Search(**which)))

    async def change(sql: str) -> None:
        async with ground.writes.transaction(OWN) as transaction:
            await transaction.execute(sql)

    one = next(
        each["service_request_id"]
        for each in model(Search(service_code=("tree",), status=("open",)))
    )
    update = f"update requests set status = '{{}}' where service_request_id = '{one}'"
    before = count(), count(status=("open",)), count(service_code=("tree",))
    ground.runner.run(change(update.format("closed")))
    after = count(), count(status=("open",)), count(service_code=("tree",))
    ground.runner.run(change(update.format("open")))

    assert (before[0], before[1] - 1, before[2]) == after
    assert before == (count(), count(status=("open",)), count(service_code=("tree",)))


def test_filters_that_are_not_counted_have_no_total() -> None:
    assert not tallies.are_kept(Search(q="x"))
    assert not tallies.are_kept(Search(updated_after=BASE))
    assert not tallies.are_kept(Search(has_media=False))
    assert tallies.are_kept(
        Search(status=("open",), service_code=("x",), start_date=BASE, offset=3)
    )
