"""A city of so many requests, written by PostgreSQL itself as fast as it can.

Triggers do not fire and indexes are made at the end, so what triggers would have done is done by
hand: tallies, numbers of changes and of versions.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks.ground import CITY
from benchmarks.scale import invented
from benchmarks.scale.invented import Point, Service
from open311 import resources
from open311.domain.map import Map
from open311.domain.spots import Spot
from open311.store import areas, spots

A_DAY = 1_000
FIRST = 100_001  # the first id
BATCH = 250_000
UNNUMBERED = 300  # of the newest, those of batch services wait for their numbers
PICTURE, NO_POINT, NO_DESCRIPTION, FORGOTTEN, UPDATES = 0.15, 0.03, 0.03, 0.03, 0.05

SECONDS = 87
"""Of the feed, whose numbers are seconds since the beginning: no request has more of them."""

Said = Callable[[str], None]

SERVICES = """
select d.service_code, d.content->>'group', d.content->>'department',
  coalesce(d.content->>'type', 'realtime') as type, d.content->>'service_notice'
from definitions d
where d.jurisdiction_id = $1 and d.version = 1 and d.retired_from is null
  and coalesce(d.content->>'type', '') <> 'blackbox'
order by d.service_code
"""
TABLES = """
create unlogged table bench_services (n integer primary key, service_code text, department text,
  type text, service_notice text);
create unlogged table bench_points (n integer primary key, long float8, lat float8, place bigint,
  address text, zipcode text);
create unlogged table bench_phrases (n integer primary key, said text);
create unlogged table bench_notes (n integer primary key, said text);
"""
INDEXES = """
select i.indexname, i.indexdef
from pg_indexes i
where i.schemaname = 'public' and i.tablename = 'requests' and not exists (
  select from pg_constraint c where c.conname = i.indexname)
order by i.indexname
"""
# $1 the city, $2 and $3 the first and last number, $4 how many there will be, $5 the newest moment,
# $6 seconds between two. A number's chances come from hashes of it, 0 to 2^31.
FILL = f"""
with number as (
  select n, hashint8extended(n, 1) & 2147483647 as a, hashint8extended(n, 2) & 2147483647 as b,
    hashint8extended(n, 3) & 2147483647 as c, hashint8extended(n, 4) & 2147483647 as d,
    (hashint8extended(n, 5) & 2147483647) / 2147483648.0::float8 as long_or_short,
    (hashint8extended(n, 6) & 2147483647) / 2147483648.0::float8 as chance,
    (hashint8extended(n, 7) & 2147483647) / 2147483648.0::float8 as other,
    $5::timestamptz - make_interval(secs => ($4 - 1 - n) * $6::float8) as at
  from generate_series($2::bigint, $3::bigint) n
), story as (
  select *, date_trunc('second', at + make_interval(secs => -ln(1 - long_or_short) * 432000))
    as done, chance >= {FORGOTTEN} as remembered
  from number
), told as (
  select *, remembered and done <= $5 as closed, case
    when remembered and done <= $5 then done
    when other < 0.7 then date_trunc('second', at)
    else date_trunc('second', at + least($5 - at, interval '30 days') * long_or_short) end as news
  from story
)
insert into requests (jurisdiction_id, id, service_request_id, token, status, status_notes,
  service_code, definition_version, description, department, service_notice, requested_datetime,
  updated_datetime, expected_datetime, address, zipcode, lat, long, media_url, client_id, place,
  changed, born, version)
select $1, {FIRST} + t.n,
  case when s.type <> 'batch' or t.n < $4 - {UNNUMBERED} then ({FIRST} + t.n)::text end,
  case when s.type = 'batch' then md5(t.n::text) end,
  case when t.closed then 'closed' else 'open' end, case when t.closed then w.said end,
  s.service_code, 1,
  case when t.other >= {NO_DESCRIPTION} then p.said || ' ' || q.said end,
  s.department, s.service_notice, date_trunc('second', t.at), t.news,
  date_trunc('second', t.at) + interval '120 hours', o.address, o.zipcode, o.lat, o.long,
  case when t.other > {1 - PICTURE} then 'https://pictures.example/' || md5(t.n::text) || '.jpg'
    end,
  1, o.place,
  1 + extract(epoch from t.news - $5)::bigint + $4 * {SECONDS},
  1 + extract(epoch from date_trunc('second', t.at) - $5)::bigint + $4 * {SECONDS},
  1 + t.n
from told t
join bench_services s on s.n = t.a % {invented.SLOTS}
join bench_phrases p on p.n = t.b % {invented.PHRASES}
join bench_phrases q on q.n = t.c % {invented.PHRASES}
join bench_notes w on w.n = t.d % {len(invented.NOTES)}
left join bench_points o on o.n = t.d % {invented.POINTS} and t.chance < {1 - NO_POINT}
order by t.n
"""
UPDATED = f"""
insert into request_updates (jurisdiction_id, request_id, status, updated_datetime, description)
select r.jurisdiction_id, r.id, r.status, r.updated_datetime, coalesce(r.status_notes, 'Seen.')
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null
  and (hashint8extended(r.id, 8) & 2147483647) < {UPDATES} * 2147483648.0
order by r.updated_datetime, r.id
"""
COUNTED = Path(resources.MIGRATIONS) / "versions" / "0011_requests_are_counted.py"
TALLIED = re.findall(r"insert into tallies\s.*?;", COUNTED.read_text(), re.DOTALL)[0]
"""As the migration counts what was there before it."""


def change(requests: int, before: timedelta) -> int:
    """The number of what changed so long before the newest moment."""
    return 1 + requests * SECONDS - int(before.total_seconds())


async def filled(dsn: str, requests: int, until: datetime, say: Said) -> None:
    """Write the history of a city that has been loaded and has no request yet.

    Args:
        dsn: of a superuser: row level security and triggers are not for it.
        requests: how many.
        until: the newest moment; aware, whole seconds.
        say: told how far it is.
    """
    own = await asyncpg.connect(dsn)
    try:
        await _filled(own, dsn, requests, until, say)
    finally:
        await own.close()


async def _filled(
    own: asyncpg.Connection, dsn: str, requests: int, until: datetime, say: Said
) -> None:
    gap = 86400 / A_DAY
    await own.execute("alter system set max_wal_size = '3GB'")
    await own.execute("select pg_reload_conf()")
    await own.execute("set session_replication_role = replica")
    await own.execute("set work_mem = '128MB'")
    await _inventions(own)
    indexes = await own.fetch(INDEXES)
    for name, _ in indexes:
        await own.execute(f"drop index {name}")
    await own.execute("alter table requests set (autovacuum_enabled = false)")
    began = time.monotonic()
    for first in range(0, requests, BATCH):
        last = min(first + BATCH, requests) - 1
        await own.execute(FILL, CITY, first, last, requests, until, gap)
        say(f"{last + 1:,} of {requests:,} rows, {time.monotonic() - began:.0f} s")
    await _indexed(dsn, indexes, say)
    await own.execute(TALLIED)
    await own.execute(UPDATED, CITY)
    await own.execute("select setval('request_numbers', $1)", FIRST + requests)
    await own.execute("select setval('request_versions', $1)", 1 + requests)
    # As after a restore into another cluster, whose transactions count from the beginning.
    await own.execute(
        "create or replace function changes_before() returns bigint immutable parallel safe"
        f" language sql as 'select {change(requests, timedelta()) + 1_000}::bigint'"
    )
    await own.execute("drop table bench_services, bench_points, bench_phrases, bench_notes")
    await own.execute("alter table requests reset (autovacuum_enabled)")
    began = time.monotonic()
    await own.execute("vacuum (freeze, analyze)")
    await own.execute("checkpoint")
    say(f"vacuum: {time.monotonic() - began:.0f} s")


async def _indexed(dsn: str, indexes: list[tuple[str, str]], say: Said) -> None:
    """Make indexes, two at a time, the one of words first, which takes longest."""
    waiting = sorted(indexes, key=lambda each: "gin" in each[1])

    async def make() -> None:
        own = await asyncpg.connect(dsn)
        try:
            await own.execute("set maintenance_work_mem = '1GB'")
            while waiting:
                name, definition = waiting.pop()
                began = time.monotonic()
                await own.execute(definition)
                say(f"{name}: {time.monotonic() - began:.0f} s")
        finally:
            await own.close()

    await asyncio.gather(make(), make())


async def services(own: asyncpg.Connection) -> list[Service]:
    """What is asked for in the city; commonness is `invented.ranked`."""
    return [Service(*row) for row in await own.fetch(SERVICES, CITY)]


async def everywhere(own: asyncpg.Connection) -> list[Point]:
    """Where requests are, all those points that there are."""
    return invented.points(Map(await areas.every(own, CITY)))


async def _inventions(own: asyncpg.Connection) -> None:
    await own.execute(TABLES)
    slots = (
        msgspec.structs.astuple(each)
        for each, part in invented.ranked(await services(own))
        for _ in range(part)
    )
    await _copy(own, "bench_services", ((code, *rest) for code, _, *rest in slots))
    found = await everywhere(own)
    numbers: dict[Spot, int] = await spots.numbers(own, CITY, (each.spot for each in found))
    rows = ((p.long, p.lat, numbers[p.spot], p.address, p.zipcode) for p in found)
    await _copy(own, "bench_points", rows)
    await _copy(own, "bench_phrases", ((each,) for each in invented.phrases()))
    await _copy(own, "bench_notes", ((each,) for each in invented.NOTES))
    await own.execute("analyze bench_services, bench_points, bench_phrases, bench_notes")


async def _copy(own: asyncpg.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    numbered = ((number, *row) for number, row in enumerate(rows))
    await own.copy_records_to_table(table, records=numbered)
