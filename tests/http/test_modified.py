"""Last-Modified: a date that is good for a 304 exactly while nothing has changed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.actions import keys
from open311.errors import Unavailable
from open311.http.conditions import date
from open311.http.modified import GRACE, Modified
from open311.store import db
from open311.store.newest import newest
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.inprocess import FORM, Door

OWN = "own.example"
BOTH = pytest.mark.parametrize("fmt", ["xml", "json"])


class World:
    """A small city, an application over it, and the clock of that."""

    def __init__(self) -> None:
        self.now = NOW
        self.door: Door
        self.dsn = self.key = self.request = ""

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def file(self) -> str:
        told = {"api_key": self.key, "service_code": "light", "lat": 44.6, "long": -66.2}
        answer = self.door.ask("POST", "requests.json", FORM, urlencode(told).encode())
        return str(answer.json[0]["service_request_id"])

    def since(self, url: str, date: str) -> Answer:
        return self.door.ask("GET", url, (("if-modified-since", date),))

    def dated(self, url: str) -> str:
        """Ask until there is a date, two seconds after the last change."""
        for _ in range(3):
            answer = self.door.ask("GET", url)
            self.door.wait(0.03)  # for the look after it
            self.later(3)
            self.door.desk.brief.written()  # whose clock goes on by itself
        date = self.door.ask("GET", url).header("last-modified")
        assert date, answer
        return date


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path, made = tmp_path_factory.mktemp("modified"), World()
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(path / "city", OWN), NOW)
        made.key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW))
        with inprocess.opened(dsn, path / "var", lambda: made.now) as made.door:
            made.dsn, made.request = dsn, made.file()
            yield made


STEMS = ("services", "services/light", "discovery", "requests", "requests/{}", "addresses")


def url(world: World, stem: str, fmt: str) -> str:
    query = "?q=1+road" if stem == "addresses" else ""
    return f"{stem.format(world.request)}.{fmt}{query}"


@BOTH
@pytest.mark.parametrize("stem", STEMS)
def test_who_sends_the_date_back_is_told_that_it_is_the_same(
    world: World, stem: str, fmt: str
) -> None:
    asked = url(world, stem, fmt)
    told = world.dated(asked)
    for _ in range(4):
        again = world.since(asked, told)

        assert (again.status, again.body, again.header("last-modified")) == (304, b"", told)
        assert again.header("etag")
        world.later(100)
    before = format_datetime(parsedate_to_datetime(told) - timedelta(seconds=GRACE + 1), True)
    ahead = format_datetime(world.now.replace(microsecond=0) + timedelta(seconds=2), True)

    assert parsedate_to_datetime(told) <= world.now
    assert [world.since(asked, each).status for each in (before, ahead, "x")] == [200] * 3


@BOTH
def test_a_tag_beats_a_date(world: World, fmt: str) -> None:
    asked = url(world, "requests", fmt)
    told = (("if-modified-since", world.dated(asked)), ("if-none-match", '"other"'))

    assert world.door.ask("GET", asked, told).status == 200


@BOTH
@pytest.mark.parametrize("stem", ["requests", "requests/{}"])
def test_a_date_is_good_no_more_when_anything_of_the_city_changed(
    world: World, stem: str, fmt: str
) -> None:
    asked = url(world, stem, fmt)
    told = world.dated(asked)
    assert world.since(asked, told).status == 304
    world.later(1)
    world.file()

    assert world.since(asked, told).status == 200
    assert world.since(asked, told).status == 200


@BOTH
def test_nor_when_another_process_changed_it_and_changed_it_back(world: World, fmt: str) -> None:
    asked = f"requests.{fmt}?status=closed"
    told = world.dated(asked)
    for status in ("closed", "open"):
        sql = f"update requests set status = '{status}' where service_request_id = $1"
        using(world.dsn, lambda each, sql=sql: each.execute(sql, world.request))
        world.later(1)

    assert world.since(asked, told).status == 200


@BOTH
@pytest.mark.parametrize("stem", ["services", "services/light", "requests"])
def test_nor_when_the_city_was_read_anew(world: World, stem: str, fmt: str) -> None:
    asked = url(world, stem, fmt)
    told = world.dated(asked)
    world.door.run(world.door.desk.register._read())

    assert world.since(asked, told).status == 200
    assert world.since(asked, world.dated(asked)).status == 304


@BOTH
def test_what_grows_too_old_for_a_list_is_a_change_of_it(world: World, fmt: str) -> None:
    own = world.file()
    filed = world.now
    asked = f"requests.{fmt}?page_size=1000"
    world.now = filed + timedelta(days=90) - timedelta(seconds=20)
    told = world.dated(asked)
    assert own.encode() in world.door.ask("GET", asked).body
    assert world.since(asked, told).status == 304
    world.now = filed + timedelta(days=90, seconds=2)

    assert world.since(asked, told).status == 200
    assert own.encode() not in world.since(asked, told).body


def test_a_slow_transaction_is_seen_when_it_comes(world: World) -> None:
    """It had its number and its date before the look that did not see it."""
    asked = "requests.json"

    async def slow() -> None:
        connection = await db.connect(world.dsn)
        await connection.execute("begin")
        await connection.execute("update requests set status_notes = 'slow'")
        other = await db.connect(world.dsn)
        await other.execute("update requests set address = 'x' where false")
        reads = db.Connections(world.dsn, db.READER, size=1, seconds=5)
        told = Modified(lambda: world.now, lambda city: newest(reads, city))
        await told.look(OWN)
        moved = told._moved[OWN]
        world.later(10)
        await told.look(OWN)
        assert told._moved[OWN] == moved
        await connection.execute("commit")
        world.later(10)
        await told.look(OWN)
        assert told._moved[OWN] == moved + 20
        await reads.close()
        for each in (connection, other):
            await each.close()

    told = world.dated(asked)
    asyncio.run(slow())

    assert world.since(asked, told).status == 200


# --- the law: several workers, a clock, and lists that change back --------------------------------


class Workers:
    """Who is told that a copy is the same has what is answered now."""

    def __init__(self) -> None:
        self.time, self.content, self.number = 1_000_000.0, 0, 10
        self.changes: list[tuple[float, int]] = [(0.0, 0)]
        self.copies: list[tuple[int, int]] = []  # the date, the content

        async def last(_: str) -> tuple[int, int]:
            return self.number, self.number + 1

        now = lambda: datetime.fromtimestamp(self.time, UTC)  # noqa: E731
        self.workers = [Modified(now, last) for _ in range(3)]

    def lagging(self, lag: float) -> int:
        """What a worker shows that is behind by less than a second."""
        return [content for at, content in self.changes if at <= self.time - lag][-1]

    def time_goes_on(self, seconds: float) -> None:
        self.time += seconds

    def it_changes(self, content: int) -> None:
        self.content = content
        self.number += 1
        self.changes.append((self.time, content))
        self.time += 0.001

    def somebody_reads(self, worker: int, lag: float, look: bool) -> None:
        told, shown = self.workers[worker], self.lagging(lag)
        if look:
            asyncio.run(told.look(OWN))
        second = told.of(OWN, 1, str(shown).encode())
        assert second <= self.time
        for each in (second, int(self.time)):  # some send the date of the answer itself
            self.copies.append((each, shown))

    def somebody_asks_again(self, worker: int) -> None:
        told = self.workers[worker]
        asyncio.run(told.look(OWN))
        second = told.of(OWN, 1, str(self.content).encode())
        if second:
            for since, content in self.copies:
                if second - GRACE <= since <= self.time:
                    assert content == self.content


@pytest.mark.parametrize("seed", range(10))
def test_who_is_told_that_a_copy_is_the_same_has_what_is_answered_now(seed: int) -> None:
    """Long walks, since what goes wrong takes five steps in the right order."""
    for walk in range(100):
        dice, world = random.Random(seed * 100 + walk), Workers()
        for _ in range(60):
            match dice.randrange(4):
                case 0:
                    world.time_goes_on(dice.choice([0.05, 0.5, 0.9, 1, 2.5, 30]))
                case 1:
                    world.it_changes(dice.randrange(3))
                case 2:
                    lag = dice.choice([0, 0.3, 0.9])
                    world.somebody_reads(dice.randrange(3), lag, dice.random() < 0.5)
                case _:
                    world.somebody_asks_again(dice.randrange(3))


# --- the header -----------------------------------------------------------------------------------


@given(st.integers(0, 4_000_000_000))
def test_a_date_is_read_in_every_way_that_http_has(second: int) -> None:
    day = datetime.fromtimestamp(second, UTC)
    forms = [formatdate(second, usegmt=True), time.asctime(day.timetuple())]

    assert [date([(b"if-modified-since", each.encode())]) for each in forms] == [second] * 2


@given(st.binary(max_size=80))
def test_whatever_is_sent_is_a_date_or_none(value: bytes) -> None:
    found = date([(b"if-modified-since", value)])

    assert found is None or isinstance(found, float)


def test_the_dates_of_urls_are_few(world: World) -> None:
    told = Modified(lambda: world.now, world.door.desk.modified._newest)
    told._moved[OWN] = 1
    for name in range(20_000):
        told.of(OWN, name, b"x")

    assert len(told._seen) == 5_000


def test_without_a_database_there_is_no_304_by_date(tmp_path: Path, world: World) -> None:
    desk = world.door.desk
    asked = "requests.json?page_size=2"
    told, before = world.dated(asked), desk.modified._newest

    async def away(_: str) -> tuple[int, int]:
        raise Unavailable

    desk.modified._newest = away
    try:
        assert world.since(asked, told).status == 200
    finally:
        desk.modified._newest = before
    assert world.since(asked, told).status == 304


def test_nothing_looks_any_more_when_the_worker_ends() -> None:
    began, ended = asyncio.Event(), []

    async def slow(_: str) -> tuple[int, int]:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)
        raise AssertionError

    async def worker() -> None:
        told = Modified(lambda: datetime.now(UTC), slow)
        told.look_soon(OWN)
        await began.wait()
        await told.close()
        assert ended == [True]

    asyncio.run(asyncio.wait_for(worker(), 5))
