"""Keys: stored as hashes, listed without them, counted exactly."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from open311.actions import keys
from open311.domain.city import Client
from open311.errors import NotFound
from open311.store import clients, db
from tests.conftest import NOW
from tests.databases import statement, using

OWN = "lanternport.example"


def create(dsn: str, name: str, rate_limit: int | None = None) -> str:
    return using(dsn, lambda each: keys.create(each, OWN, name, None, rate_limit, NOW))


def known(dsn: str) -> dict[bytes, Client]:
    async def read(connection: db.Connection) -> dict[bytes, Client]:
        async with db.owning(connection, OWN):
            return await clients.read(connection, OWN)

    return using(dsn, read)


def test_a_key_is_known_by_its_hash_and_stands_nowhere(dsn: str) -> None:
    key = create(dsn, "Ada", 60)
    rows = using(dsn, lambda each: each.fetch("select c::text from clients c"))

    (found,) = known(dsn).items()
    assert found[0] == hashlib.sha256(key.encode()).digest()
    assert (found[1].jurisdiction_id, found[1].name, found[1].rate_limit) == (OWN, "Ada", 60)
    assert len(key) > 40
    assert all(key not in row[0] and key[12:] not in row[0] for row in rows)


def test_no_two_keys_are_alike(dsn: str) -> None:
    assert create(dsn, "A") != create(dsn, "A")
    assert len(known(dsn)) == 2


def test_a_revoked_key_is_listed_and_counts_no_more(dsn: str) -> None:
    create(dsn, "Ada")
    ((number),) = [each.client_id for each in known(dsn).values()]

    using(dsn, lambda each: keys.revoke(each, OWN, number, NOW))

    (listed,) = using(dsn, lambda each: keys.listed(each, OWN))
    assert known(dsn) == {}
    assert (listed.client_id, listed.name, listed.revoked_at) == (number, "Ada", NOW)
    with pytest.raises(NotFound):
        using(dsn, lambda each: keys.revoke(each, OWN, number, NOW))


def test_calls_are_counted_exactly_whoever_counts(dsn: str) -> None:
    async def count() -> list[int]:
        pools = [db.Connections(dsn, db.WRITER, size=4, seconds=10) for _ in range(2)]
        found = await asyncio.gather(
            *(clients.count_hit(pools[n % 2], "a.example", 7) for n in range(60))
        )
        for pool in pools:
            await pool.close()
        assert all(1 <= wait <= 60 for _, wait in found)
        return [hits for hits, _ in found]

    statement(dsn, "select pg_sleep(case when extract(second from now()) > 57 then 3 else 0 end)")

    assert sorted(asyncio.run(count())) == [*range(1, 61)]


def test_a_new_minute_begins_at_one(dsn: str) -> None:
    statement(
        dsn, "insert into rate_hits values ('a.example', 7, now() - interval '2 minutes', 999)"
    )

    async def count() -> list[int]:
        pool = db.Connections(dsn, db.WRITER, size=1, seconds=10)
        found = [(await clients.count_hit(pool, "a.example", number))[0] for number in (7, 8)]
        await pool.close()
        return found

    assert asyncio.run(count()) == [1, 1]
