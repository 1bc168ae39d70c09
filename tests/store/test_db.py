"""Connections: kept, never waited for without end, and dropped when a statement was cut short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import pytest

from open311.errors import NotFound, Unavailable
from open311.store import db
from tests.databases import statement, using

T = TypeVar("T")
BACKEND = "select pg_backend_pid()"
SETTING = "select current_setting('open311.jurisdiction', true)"


def on(
    dsn: str, use: Callable[[db.Connections], Awaitable[T]], size: int = 2, seconds: float = 5
) -> T:
    """What comes of using connections as the writer."""

    async def run() -> T:
        connections = db.Connections(dsn, db.WRITER, size=size, seconds=seconds)
        try:
            return await use(connections)
        finally:
            await connections.close()

    return asyncio.run(run())


def test_a_connection_is_used_again_as_its_role(city_dsn: str) -> None:
    async def use(writes: db.Connections) -> list[object]:
        sql = "select pg_backend_pid(), current_user"
        return [tuple((await writes.fetch(sql))[0]) for _ in range(3)]

    found = on(city_dsn, use)

    assert len(set(found)) == 1
    assert found[0][1] == db.WRITER


def test_no_more_connections_than_seats(city_dsn: str) -> None:
    async def use(writes: db.Connections) -> list[int]:
        sql = f"{BACKEND} from pg_sleep(0.02)"
        rows = await asyncio.gather(*(writes.fetch(sql) for _ in range(12)))
        return [row[0][0] for row in rows]

    assert len(set(on(city_dsn, use, size=3))) == 3


def test_a_statement_that_takes_too_long_is_unavailable_and_its_connection_gone(
    city_dsn: str,
) -> None:
    async def use(writes: db.Connections) -> tuple[float, int, int]:
        before = (await writes.fetch(BACKEND))[0][0]
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await writes.fetch("select pg_sleep(10)")
        return time.monotonic() - began, before, (await writes.fetch(BACKEND))[0][0]

    seconds, before, after = on(city_dsn, use, size=1, seconds=0.5)

    assert seconds < 2
    assert before != after


def test_a_wait_for_a_seat_ends_too(city_dsn: str) -> None:
    async def use(writes: db.Connections) -> list[object]:
        calls = [writes.fetch("select pg_sleep(0.3)") for _ in range(5)]
        return await asyncio.gather(*calls, return_exceptions=True)

    found = on(city_dsn, use, size=1, seconds=0.5)

    assert sum(isinstance(each, Unavailable) for each in found) >= 3
    assert not any(isinstance(each, Exception) and type(each) is not Unavailable for each in found)


def test_a_database_that_is_not_there_is_unavailable() -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        on("postgresql://127.0.0.1:1/nothing", lambda writes: writes.fetch("select 1"))

    assert raised.value.retry_after == 1
    assert time.monotonic() - began < 4


def test_a_killed_connection_is_replaced(city_dsn: str) -> None:
    async def use(writes: db.Connections) -> int:
        pid = (await writes.fetch(BACKEND))[0][0]
        await asyncio.to_thread(statement, city_dsn, f"select pg_terminate_backend({pid})")
        for _ in range(2):  # the news may come with the next statement
            try:
                return int((await writes.fetch("select 42"))[0][0])
            except Unavailable:
                await asyncio.sleep(0.05)
        return 0

    assert on(city_dsn, use) == 42


def test_a_fault_of_ours_is_not_called_unavailable(city_dsn: str) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        on(city_dsn, lambda writes: writes.fetch("select * from nothing"))


@pytest.mark.parametrize(
    ("fault", "kept"), [(None, 1), (NotFound("x"), 0), (KeyError("x"), 0)], ids=["", "own", "any"]
)
def test_a_transaction_is_kept_whole_or_nothing_happened(
    dsn: str, fault: Exception | None, kept: int
) -> None:
    async def use(writes: db.Connections) -> None:
        try:
            async with writes.transaction("lanternport.example") as transaction:
                await transaction.execute(
                    "insert into rate_hits values ('lanternport.example', 1, now(), 1)"
                )
                if fault:
                    raise fault
        except (NotFound, KeyError):
            pass

    on(dsn, use)

    assert using(dsn, lambda owner: owner.fetchval("select count(*) from rate_hits")) == kept


@pytest.mark.parametrize("name", ["a.example", "o'hara", "'; drop table requests; --", "é\\'", ""])
def test_a_transaction_sees_its_jurisdiction_and_the_next_one_nothing(
    city_dsn: str, name: str
) -> None:
    async def use(writes: db.Connections) -> tuple[str, str | None]:
        async with writes.transaction(name) as transaction:
            inside = await transaction.fetchval(SETTING)
        return inside, (await writes.fetch(SETTING))[0][0]

    inside, outside = on(city_dsn, use, size=1)

    assert inside == name
    assert not outside


def test_a_listener_hears_what_is_announced_and_first_of_all_itself(city_dsn: str) -> None:
    async def listen() -> int:
        heard = asyncio.Queue[None]()
        task = asyncio.create_task(
            db.listen(city_dsn, "open311_changed", lambda: heard.put_nowait(None))
        )
        async with asyncio.timeout(5):
            await heard.get()
            await asyncio.to_thread(statement, city_dsn, "notify open311_changed, 'x'")
            await heard.get()
        task.cancel()
        await asyncio.wait([task])
        return heard.qsize()

    assert asyncio.run(listen()) == 0


def test_a_listener_whose_connection_ends_says_so_at_once(dsn: str) -> None:
    """Or announcements would be missed: a revoked key must count no more within a second."""
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"

    async def listen() -> float:
        heard = asyncio.Queue[None]()
        task = asyncio.create_task(db.listen(dsn, "c", lambda: heard.put_nowait(None)))
        async with asyncio.timeout(5):
            await heard.get()
        await asyncio.to_thread(statement, dsn, f"{kill} and datname = current_database()")
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await task
        return time.monotonic() - began

    assert asyncio.run(listen()) < 1


def test_a_listener_that_cannot_connect_says_so() -> None:
    with pytest.raises(Unavailable):
        asyncio.run(db.listen("postgresql://127.0.0.1:1/nothing", "c", lambda: None))
