"""What happens by itself: batch requests get their ids, and what was counted is added up."""

from __future__ import annotations

import asyncio
from pathlib import Path

from open311.actions import duties
from open311.store import db
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load, statement, using


def wait(dsn: str, jurisdiction_id: str, service_code: str, count: int) -> None:
    """Requests of a batch service that wait for their numbers, and one that never gets any."""
    statement(
        dsn,
        f"""
        insert into requests
          (jurisdiction_id, token, status, service_code, definition_version, requested_datetime,
            updated_datetime)
        select '{jurisdiction_id}', 't' || n, 'open', '{service_code}', 1, now(), now()
        from generate_series(1, {count}) as n
        union all
        select '{jurisdiction_id}', null, 'open', '{service_code}', 1, now(), now();
        """,
    )


def numbered(dsn: str) -> dict[str, int]:
    """How many requests of each city have a number of their own."""
    rows = using(
        dsn,
        lambda each: each.fetch(
            "select jurisdiction_id, count(distinct service_request_id) from requests"
            " where service_request_id = id::text group by jurisdiction_id"
        ),
    )
    return {row[0]: row[1] for row in rows}


def test_two_workers_at_once_number_each_waiting_request_once(dsn: str) -> None:
    wait(dsn, "lanternport.example", "data-correct", 1_200)

    async def work() -> list[int]:
        pools = [db.Connections(dsn, db.WRITER, size=2, seconds=30) for _ in range(2)]
        done = [await asyncio.gather(*(duties.number(pool) for pool in pools)) for _ in range(3)]
        for pool in pools:
            await pool.close()
        return [count for each in done for count in each]

    counts = asyncio.run(work())

    assert sum(counts) == 1_200
    assert numbered(dsn) == {"lanternport.example": 1_200}


def test_every_city_is_seen_to_and_what_has_no_token_is_left(dsn: str, tmp_path: Path) -> None:
    load(dsn, small_city(tmp_path / "city", "other.example"), NOW)
    wait(dsn, "lanternport.example", "data-correct", 2)
    wait(dsn, "other.example", "record", 3)

    async def work() -> list[int]:
        pool = db.Connections(dsn, db.WRITER, size=2, seconds=30)
        counts = [await duties.number(pool) for _ in range(2)]
        await pool.close()
        return counts

    assert asyncio.run(work()) == [5, 0]
    assert numbered(dsn) == {"lanternport.example": 2, "other.example": 3}


def test_two_workers_at_once_add_up_each_line_once(dsn: str) -> None:
    wait(dsn, "lanternport.example", "data-correct", 500)

    async def work() -> None:
        pools = [db.Connections(dsn, db.WRITER, size=2, seconds=30) for _ in range(2)]
        await duties.number(pools[0])
        await asyncio.gather(*(duties.add_up(pool) for pool in pools for _ in range(3)))
        for pool in pools:
            await pool.close()

    asyncio.run(work())
    tallies = "select unit, service_code, sum(number)::integer from tallies group by 1, 2"
    found = using(dsn, lambda each: each.fetch(tallies))

    assert {tuple(row) for row in found} == {
        ("hour", "", 500),
        *((unit, code, 500) for unit in ("day", "month", "year") for code in ("data-correct", "")),
    }
    assert using(dsn, lambda each: each.fetchval("select count(*) from tally_changes")) == 0
