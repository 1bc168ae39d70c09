"""The duties are seen to for ever, whatever the database does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from open311.errors import Unavailable
from open311.jobs import worker
from open311.store import db
from tests.databases import statement, using

WAITING = """
insert into requests
  (jurisdiction_id, token, status, service_code, definition_version, requested_datetime,
    updated_datetime)
select 'lanternport.example', 't' || n, 'open', 'data-correct', 1, now(), now()
from generate_series({}) as n
"""
NUMBERED = "select count(*) from requests where service_request_id is not null"


def test_what_waited_before_the_start_and_what_comes_later_is_numbered(dsn: str) -> None:
    """What is due stands in the database, so a restart forgets nothing. Source: GR-T-04."""
    statement(dsn, WAITING.format("1, 3"))

    async def work() -> None:
        connection = await db.connect(dsn)
        task = asyncio.create_task(worker.work(dsn))
        for expected, more in ((3, "4, 6"), (6, None)):
            async with asyncio.timeout(10):
                while await connection.fetchval(NUMBERED) < expected:
                    await asyncio.sleep(0.02)
            if more:
                await connection.execute(WAITING.format(more))
        task.cancel()
        await asyncio.wait([task])
        await connection.close()

    asyncio.run(work())

    assert using(dsn, lambda each: each.fetchval(NUMBERED)) == 6


def test_a_duty_whose_database_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    def away(name: str) -> Callable[[db.Connections], Awaitable[int]]:
        async def duty(writes: db.Connections) -> int:
            turns.append(name)
            if len(turns) % 2:
                raise Unavailable
            return 1

        return duty

    duties = {name: (0.01, away(name)) for name in ("one", "two")}
    monkeypatch.setattr(worker, "DUTIES", duties)

    async def work() -> None:
        task = asyncio.create_task(worker.work("postgresql://127.0.0.1:1/nothing"))
        async with asyncio.timeout(5):
            while min(turns.count("one"), turns.count("two")) < 3:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(work())

    assert turns[:2] == ["one", "two"]
