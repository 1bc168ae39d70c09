"""The feed of changes: nobody who follows it misses one, whoever writes meanwhile, and how slowly.

A poller that asks by time does: what commits late is older than what it has seen.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311 import preparing
from open311.domain.city import City
from open311.domain.definitions import Deed
from open311.spec.changes import BEGINNING, Change, Place
from open311.store import cities, db, feed, queries, requests, withdrawals
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN, OTHER = "own.example", "other.example"
DEED = Deed("tests", NOW, "It names a neighbour.")

NEW = """
insert into requests (jurisdiction_id, id, service_request_id, token, status, service_code,
  definition_version, requested_datetime, updated_datetime, media_url)
select $1, n.id, case when $2 then n.id::text end, $3, 'open', 'tree', 1, clock_timestamp(),
  clock_timestamp(), $4
from nextval('request_numbers') as n (id) returning id
"""
NOTE = """
update requests set status_notes = $3, updated_datetime = clock_timestamp()
where jurisdiction_id = $1 and service_request_id = $2
"""
GONE = "delete from requests where service_request_id = '$1'"  # which no server may do
SHOWN = "select service_request_id, status_notes from requests where service_request_id is not null"
ONE = f"{SHOWN} order by random() limit 1"


class Ground(msgspec.Struct):
    """A database with two small cities, and a loop to ask it on."""

    dsn: str
    runner: asyncio.Runner
    reads: db.Connections
    writes: db.Connections
    city: City

    def run(self, work: Awaitable[Any]) -> Any:
        async def await_() -> Any:
            return await work

        return self.runner.run(await_())

    async def new(
        self, own: str = OWN, *, numbered: bool = True, token: str | None = None, media: str = ""
    ) -> str:
        async with self.writes.transaction(own) as transaction:
            return str(await transaction.fetchval(NEW, own, numbered, token, media or None))

    async def note(self, own_id: str, text: str) -> None:
        async with self.writes.transaction(OWN) as transaction:
            await transaction.execute(NOTE, OWN, own_id, text)

    async def withdraw(self, own_id: str) -> bool:
        async with self.writes.transaction(OWN) as transaction:
            return await withdrawals.withdraw(transaction, OWN, own_id, DEED)

    async def publish(self, own_id: str) -> bool:
        async with self.writes.transaction(OWN) as transaction:
            return await withdrawals.publish(transaction, OWN, own_id)

    async def page(self, after: Place, limit: int = 1000) -> tuple[list[Change], Place]:
        return await feed.page(self.reads, self.city, after, limit, "https://own")

    async def told(self, after: Place) -> list[tuple[str, str]]:
        """What is told after a place: event and id."""
        found, _ = await self.page(after)
        return [(each.event, each.service_request_id) for each in found]

    async def end(self) -> Place:
        return await feed.last(self.reads, OWN)


async def _city(connection: db.Connection) -> City:
    (row,) = [row for row in await cities.directory(connection) if row[0] == OWN]
    return await cities.read(connection, row)


@pytest.fixture(scope="module")
def settled(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        for name in (OWN, OTHER):
            path: Path = tmp_path_factory.mktemp("city")
            load(dsn, small_city(path, name), NOW)
        yield dsn


@pytest.fixture(scope="module")
def ground(settled: str) -> Iterator[Ground]:
    reads = db.Connections(settled, db.READER, size=8, seconds=20)
    writes = db.Connections(settled, db.WRITER, size=12, seconds=20)
    with asyncio.Runner() as runner:
        yield Ground(settled, runner, reads, writes, using(settled, _city))
        runner.run(reads.close())
        runner.run(writes.close())


# --- the law --------------------------------------------------------------------------------------


class Poller:
    """Follows the feed, and keeps what it is told."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self.ground, self.chance = ground, chance
        self.place: Place = BEGINNING
        self.known: dict[str, str | None] = {}
        self.places: list[Place] = []

    async def poll(self) -> int:
        told, self.place = await self.ground.page(self.place, self.chance.choice([1, 2, 3, 7, 100]))
        for each in told:
            self.places.append(tuple(map(int, each.cursor.split("-"))))  # type: ignore[arg-type]
            if each.request is None:
                self.known.pop(each.service_request_id, None)
            else:
                self.known[each.service_request_id] = each.request.status_notes
        return len(told)


class Naive:
    """Asks for what was updated since the last time that it saw."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.last = dsn, datetime(2000, 1, 1, tzinfo=UTC)
        self.known: dict[str, str | None] = {}

    async def poll(self, connection: db.Connection) -> None:
        sql = (
            "select service_request_id, status_notes, updated_datetime from requests"
            " where jurisdiction_id = $1 and service_request_id is not null"
            " and updated_datetime > $2 order by updated_datetime"
        )
        for own_id, notes, at in await connection.fetch(sql, OWN, self.last):
            self.known[own_id], self.last = notes, at


async def _write(ground: Ground, chance: random.Random, number: int) -> None:
    """Transactions that take their time between writing and committing; one in five gives up."""

    class Undone(Exception):
        pass

    for turn in range(25):
        try:
            async with ground.writes.transaction(OWN) as transaction:
                for _ in range(chance.choice([1, 1, 2])):
                    await _change(transaction, chance, f"{number}.{turn}")
                await asyncio.sleep(chance.choice([0, 0.002, 0.01, 0.06]))
                if chance.random() < 0.2:
                    raise Undone
        except (Undone, Exception) as error:
            # the database may refuse two that lock each other, or write the same row
            if not isinstance(error, Undone | db.Unavailable):
                raise
        await asyncio.sleep(chance.random() * 0.01)


async def _change(transaction: db.Connection, chance: random.Random, text: str) -> None:
    own_id = await transaction.fetchval(ONE)
    match chance.choice(["new", "new", "note", "note", "note", "withdraw", "publish", "delete"]):
        case "note" if own_id:
            await transaction.execute(NOTE, OWN, own_id, text)
        case "withdraw" if own_id:
            await withdrawals.withdraw(transaction, OWN, own_id, DEED)
        case "publish":
            sql = "select service_request_id from withdrawals order by random() limit 1"
            if hidden := await transaction.fetchval(sql):
                await withdrawals.publish(transaction, OWN, hidden)
        case "delete" if own_id and chance.random() < 0.3:
            await transaction.execute(f"set local role none; {GONE}".replace("$1", own_id))
            await transaction.execute("set local role open311_writer")
        case _:
            await transaction.fetchval(NEW, OWN, True, None, None)


@pytest.mark.parametrize("seed", range(3))
def test_many_who_write_slowly_hide_nothing_from_whoever_follows(ground: Ground, seed: int) -> None:
    chance = random.Random(seed)
    pollers = [Poller(ground, chance) for _ in range(4)]
    naive = Naive(ground.dsn)

    async def work() -> dict[str, str | None]:
        at_once = [_write(ground, random.Random(f"{seed} {each}"), each) for each in range(8)]
        writing = asyncio.gather(*at_once)
        connection = await db.connect(ground.dsn)
        try:
            while not writing.done():
                await asyncio.gather(*(each.poll() for each in pollers), naive.poll(connection))
                await asyncio.sleep(chance.random() * 0.004)
            await writing
            await naive.poll(connection)
            shown = "jurisdiction_id = 'own.example' and "
            rows = await connection.fetch(SHOWN.replace("where ", f"where {shown}"))
        finally:
            await connection.close()
        for each in pollers:
            while await each.poll():
                pass
        return {row[0]: row[1] for row in rows}

    shown = ground.run(work())
    assert len(shown) > 20
    for each in pollers:
        assert each.known == shown
        assert each.places == sorted(set(each.places))  # in order, and none twice
    assert not shown.items() <= naive.known.items()  # who asks by time has missed some


def test_a_poller_by_time_misses_what_commits_late_and_the_feed_does_not(ground: Ground) -> None:
    async def work() -> tuple[list[tuple[str, str]], ...]:
        late, soon = await ground.new(), await ground.new()
        place = await ground.end()
        naive, connection = Naive(ground.dsn), await db.connect(ground.dsn)
        await naive.poll(connection)
        async with ground.writes.transaction(OWN) as slow:
            await slow.execute(NOTE, OWN, late, "late")
            await ground.note(soon, "soon")
            await naive.poll(connection)
            meanwhile = await ground.told(place)
        await naive.poll(connection)
        await connection.close()
        after = await ground.told(place)
        assert naive.known[soon] == "soon"
        assert naive.known[late] is None  # and it never will be told, unless it changes again
        return meanwhile, after, [("changed", late), ("changed", soon)]

    meanwhile, after, expected = ground.run(work())
    assert meanwhile == []  # `soon` has committed, and waits for what may come before it
    assert after == expected


# --- what is told ---------------------------------------------------------------------------------


def test_what_happens_is_told_once_where_it_happened_last(ground: Ground) -> None:
    async def work() -> None:
        start = await ground.end()
        one = await ground.new()
        born = await ground.end()
        two = await ground.new()
        await ground.note(one, "seen")
        assert await ground.told(start) == [("created", two), ("created", one)]
        assert await ground.told(born) == [("created", two), ("changed", one)]
        await ground.withdraw(two)
        assert await ground.told(born) == [("changed", one), ("withdrawn", two)]
        await ground.publish(two)
        assert await ground.told(born) == [("changed", one), ("created", two)]
        assert await ground.told(await ground.end()) == []

    ground.run(work())


@pytest.mark.parametrize(
    "how", ["delete from requests", "update requests set service_request_id = null"]
)
def test_whatever_takes_a_request_away_is_told(ground: Ground, how: str) -> None:
    async def work() -> None:
        one = await ground.new()
        place = await ground.end()
        async with ground.writes.transaction(OWN) as transaction:
            await transaction.execute("set local role none")
            await transaction.execute(f"{how} where service_request_id = $1", one)
        assert await ground.told(place) == [("withdrawn", one)]

    ground.run(work())


def test_a_request_that_is_named_anew_is_another_one_to_clients(ground: Ground) -> None:
    async def work() -> None:
        one = await ground.new()
        place = await ground.end()
        sql = "update requests set service_request_id = $1 || 'b' where service_request_id = $1"
        async with ground.writes.transaction(OWN) as transaction:
            await transaction.execute(sql, one)
        assert sorted(await ground.told(place)) == [("created", f"{one}b"), ("withdrawn", one)]

    ground.run(work())


def test_what_is_not_public_is_never_told(ground: Ground) -> None:
    async def work() -> None:
        place = await ground.end()
        blackbox = await ground.new(numbered=False)
        batch = await ground.new(numbered=False, token="feed-token")
        sql = "update requests set status_notes = 'x' where id = $1"
        async with ground.writes.transaction(OWN) as transaction:
            await transaction.execute(sql, int(blackbox))
        assert await ground.told(place) == []
        async with ground.writes.transaction(OWN) as transaction:
            await requests.number(transaction, OWN)
        assert await ground.told(place) == [("created", batch)]

    ground.run(work())


def test_each_city_has_its_own(ground: Ground) -> None:
    async def work() -> None:
        place = await ground.end()
        await ground.new(OTHER)
        assert await ground.told(place) == []
        assert await feed.last(ground.reads, OTHER) > place
        assert await feed.last(ground.reads, "nowhere.example") == BEGINNING

    ground.run(work())


def test_a_withdrawn_request_is_not_numbered_again_and_comes_back_as_it_was(ground: Ground) -> None:
    async def work() -> None:
        path = "/media/own.example/1.jpg"
        await ground.new(numbered=False, token="kept-token", media=path)
        async with ground.writes.transaction(OWN) as transaction:
            await requests.number(transaction, OWN)
        redeemed = await requests.redeem(ground.reads, OWN, "kept-token")
        assert redeemed is not None
        own_id = str(redeemed.service_request_id)
        before = await requests.find(ground.reads, ground.city, own_id, "")

        assert not await withdrawals.hides(ground.reads, OWN, path)
        assert await ground.withdraw(own_id)
        assert not await ground.withdraw(own_id)
        async with ground.writes.transaction(OWN) as transaction:
            assert await requests.number(transaction, OWN) == 0
        assert await requests.redeem(ground.reads, OWN, "kept-token") is None
        assert await requests.find(ground.reads, ground.city, own_id, "") is None
        assert await withdrawals.hides(ground.reads, OWN, path)
        assert not await withdrawals.hides(ground.reads, OTHER, path)

        assert await ground.publish(own_id)
        assert not await ground.publish(own_id)
        assert await requests.redeem(ground.reads, OWN, "kept-token") == redeemed
        assert await requests.find(ground.reads, ground.city, own_id, "") == before
        assert not await withdrawals.hides(ground.reads, OWN, path)

    ground.run(work())


def test_why_it_was_withdrawn_is_kept_and_not_public(ground: Ground) -> None:
    async def work() -> None:
        one = await ground.new()
        await ground.withdraw(one)
        sql = "select actor, reason from withdrawals where service_request_id = $1"
        async with ground.writes.transaction(OWN) as transaction:
            (row,) = await transaction.fetch(sql, one)
        assert tuple(row) == ("tests", "It names a neighbour.")
        with pytest.raises(Exception, match="permission denied"):
            await ground.reads.fetch(sql, one)

    ground.run(work())


def test_whoever_reads_the_feed_takes_no_number_of_a_transaction(ground: Ground) -> None:
    """A standby has none to give, and would hold everybody up who has to wait for ours."""

    async def work() -> None:
        reader = await db.connect(ground.dsn, db.READER)
        await reader.execute("begin read only")
        await reader.fetch(feed.PAGE, OWN, 0, 0, 10)
        await reader.fetch(feed.LAST, OWN)
        await reader.fetch(queries.load("feed")["given"], 1)
        assert await reader.fetchval("select pg_current_xact_id_if_assigned()") is None
        await reader.close()

    ground.run(work())


# --- after a restore ------------------------------------------------------------------------------

FAR = 10**15


@pytest.fixture
def one(ground: Ground, cluster: str) -> Iterator[str]:
    """A database of a test's own, with what the others have done."""
    ground.run(ground.reads.close())
    ground.run(ground.writes.close())
    name = ground.dsn.partition("@/")[2].partition("?")[0]
    with copy_of(cluster, name) as dsn:
        using(dsn, feed.renew)
        yield dsn


@asynccontextmanager
async def opened(dsn: str, city: City) -> AsyncIterator[Ground]:
    reads = db.Connections(dsn, db.READER, size=2, seconds=20)
    writes = db.Connections(dsn, db.WRITER, size=2, seconds=20)
    try:
        yield Ground(dsn, asyncio.Runner(), reads, writes, city)
    finally:
        await reads.close()
        await writes.close()


def on(dsn: str, city: City, work: Callable[[Ground], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with opened(dsn, city) as ground:
            return await work(ground)

    return asyncio.run(run())


def test_where_nothing_was_restored_nothing_is_renewed(ground: Ground, one: str) -> None:
    assert [using(one, feed.renew) for _ in range(2)] == [False, False]


def test_a_database_that_is_looked_at_first_is_no_restored_one(ground: Ground) -> None:
    async def base(connection: db.Connection) -> int:
        number: int = await connection.fetchval("select changes_before()")
        return number

    assert using(ground.dsn, feed.renew) is False
    assert using(ground.dsn, base) == 0


def test_numbers_go_on_above_those_that_a_restored_database_holds(ground: Ground, one: str) -> None:
    async def restored(connection: db.Connection) -> str:
        await connection.execute("set session_replication_role = replica")
        sql = (
            "update requests set changed = $1 where service_request_id = (select"
            " min(service_request_id) from requests where jurisdiction_id = $2) returning"
            " service_request_id"
        )
        own_id: str = await connection.fetchval(sql, FAR, OWN)
        return own_id

    own_id = using(one, restored)
    assert on(one, ground.city, lambda each: each.end())[0] < FAR  # it would not even be told
    preparing.prepare(one, allow_unsafe=True)  # as every start of a server does
    assert using(one, feed.renew) is False

    async def work(each: Ground) -> None:
        place = await each.end()
        assert place[0] == FAR
        assert (await each.page((FAR - 1, 0)))[0][0].service_request_id == own_id
        new = await each.new()
        assert await each.told(place) == [("created", new)]
        assert (await each.end())[0] > FAR + feed.GAP
        good = [BEGINNING, (5, 1), place, await each.end()]
        bad = [(FAR + 1, 1), (FAR + feed.GAP, 1), ((await each.end())[0] + 1000, 0), (2**63 - 1, 1)]
        assert [await feed.given(each.reads, every) for every in good] == [True] * 4
        assert [await feed.given(each.reads, every) for every in bad] == [False] * 4

    on(one, ground.city, work)


def test_a_copy_that_takes_the_place_of_a_lost_database_knows_its_cursors(
    ground: Ground, one: str, cluster: str
) -> None:
    early = on(one, ground.city, lambda each: each.end())
    name = one.partition("@/")[2].partition("?")[0]
    with copy_of(cluster, name) as copy:

        async def lost(each: Ground) -> Place:
            await each.new()
            return await each.end()

        late = on(one, ground.city, lost)
        assert using(copy, feed.renew) is True

        async def work(each: Ground) -> None:
            assert await feed.given(each.reads, early)
            assert not await feed.given(each.reads, late)
            new = await each.new()
            assert not await feed.given(each.reads, late)  # however far it goes on
            assert await each.told(early) == [("created", new)]

        on(copy, ground.city, work)
        with copy_of(cluster, copy.partition("@/")[2].partition("?")[0]) as again:
            assert using(again, feed.renew) is True
            on(again, ground.city, work_again(early, late))


def work_again(early: Place, late: Place) -> Callable[[Ground], Awaitable[None]]:
    """Two restores later both are still known for what they are."""

    async def work(each: Ground) -> None:
        assert await feed.given(each.reads, early)
        assert not await feed.given(each.reads, late)

    return work


# --- what it costs --------------------------------------------------------------------------------


def test_a_page_costs_the_same_wherever_it_is(ground: Ground) -> None:
    """Also where most rows are no requests that the public may see, and at the end of the feed."""

    async def work() -> list[int]:
        connection = await db.connect(ground.dsn)
        await connection.execute(
            """
            set session_replication_role = replica;
            insert into requests (jurisdiction_id, id, service_request_id, status, service_code,
              definition_version, requested_datetime, updated_datetime, changed, born)
            select 'own.example', 10^9 + n, case when n % 4 = 0 then 'many-' || n end, 'open',
              'tree', 1, now(), now(), n / 200, n / 200
            from generate_series(1, 100000) as n order by hashint4(n);
            insert into withdrawals (jurisdiction_id, service_request_id, request_id, changed)
            select 'own.example', 'gone-' || n, 1, n / 10 from generate_series(1, 5000) as n;
            analyze requests, withdrawals
            """
        )
        await connection.close()
        reader = await db.connect(ground.dsn, db.READER)
        places = [BEGINNING, (100, 10**9 + 20_000), (250, 10**9 + 50_000), (490, 0), (FAR, 0)]
        assert [len((await ground.page(each, 100))[0]) for each in places] == [*[100] * 4, 0]
        try:
            pages = [await _buffers(reader, feed.PAGE, OWN, *place, 100) for place in places]
            return [*pages, await _buffers(reader, feed.LAST, OWN)]
        finally:
            await reader.close()

    *pages, last = ground.run(work())
    assert max(pages) < 160  # of 100 rows, scattered as they are
    assert last < 20


async def _buffers(connection: db.Connection, sql: str, *values: object) -> int:
    """How many pages of the database a statement looks at, as a server plans it."""
    types = ["text", "bigint", "bigint", "bigint"][: len(values)]
    named = ", ".join("'" + str(each) + "'" for each in values)
    await connection.execute(f"prepare asked ({', '.join(types)}) as {sql}")
    ((text,),) = await connection.fetch(
        f"explain (analyze, buffers, format json) execute asked ({named})"
    )
    await connection.execute("deallocate asked")
    plan = msgspec.json.decode(text)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
