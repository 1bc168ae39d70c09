"""The feed of changes as a standby tells it: as late as that is, and as whole."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator

import asyncpg
import pytest

from open311 import resources
from open311.store import account, feed, migrations
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load
from tests.faults.postgres import Postgres, fresh_postgres

OWN = "own.example"
MANY = 100  # subtransactions: more than a server keeps count of one by one

NEW = """
insert into requests (jurisdiction_id, id, service_request_id, status, service_code,
  definition_version, requested_datetime, updated_datetime)
select $1, n.id, n.id::text, 'open', 'tree', 1, now(), now()
from nextval('request_numbers') as n (id) returning id
"""


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with fresh_postgres() as made:
        made.start("wal_level=replica", "max_wal_senders=4")
        migrations.migrate(made.dsn, resources.MIGRATIONS)
        load(made.dsn, small_city(tmp_path_factory.mktemp("city"), OWN), NOW)
        yield made


@pytest.fixture(scope="module")
def standby(primary: Postgres) -> Iterator[Postgres]:
    """A hot standby beside its primary."""
    who = account.current()
    made = Postgres(primary.directory / "standby")
    for each in (made.directory, made.socket.parent):
        each.mkdir()
        who.own(each)
    copy = account.programs(who, primary.directory) / "pg_basebackup"
    root = {"user": who.uid, "group": who.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    where = ("-h", primary.socket.parent, "-U", "postgres", "-D", made.directory / "postgres")
    subprocess.run([copy, *where, "-R", "-X", "stream", "-c", "fast"], check=True, cwd="/", **root)
    made.start("hot_standby=on")
    try:
        yield made
    finally:
        made.stop()


async def _replayed(primary: asyncpg.Connection, standby: asyncpg.Connection) -> None:
    """Wait until the standby has all that the primary has written."""
    end = await primary.fetchval("select pg_current_wal_flush_lsn()")
    sql = "select pg_last_wal_replay_lsn() >= $1::pg_lsn"
    async with asyncio.timeout(20):
        while not await standby.fetchval(sql, end):
            await asyncio.sleep(0.02)


async def _told(standby: asyncpg.Connection) -> list[int]:
    return [row[1] for row in await standby.fetch(feed.PAGE, OWN, 0, 0, 1000)]


def test_a_standby_tells_nothing_before_what_may_yet_come_and_then_everything(
    primary: Postgres, standby: Postgres
) -> None:
    async def run() -> None:
        slow, soon = await asyncpg.connect(primary.dsn), await asyncpg.connect(primary.dsn)
        behind = await asyncpg.connect(standby.dsn)
        try:
            expected = []
            transaction = slow.transaction()
            await transaction.start()
            for _ in range(MANY):
                async with slow.transaction():
                    expected.append(await slow.fetchval(NEW, OWN))
            expected.append(await soon.fetchval(NEW, OWN))
            await _replayed(soon, behind)
            assert await behind.fetchval("select count(*) from requests") == 1
            assert await _told(behind) == []
            await transaction.commit()
            await _replayed(soon, behind)
            async with asyncio.timeout(20):
                while not await _told(behind):
                    await asyncio.sleep(0.02)
            assert await _told(behind) == expected
        finally:
            for each in (slow, soon, behind):
                await each.close()

    asyncio.run(run())


def test_a_standby_takes_a_cursor_of_its_primary_that_it_does_not_know_yet(
    primary: Postgres, standby: Postgres
) -> None:
    async def run() -> None:
        for server, takes in ((primary, False), (standby, True)):
            connection = await asyncpg.connect(server.dsn)
            try:
                assert await feed.given(connection, (10**9, 1)) is takes  # type: ignore[arg-type]
            finally:
                await connection.close()

    asyncio.run(run())
