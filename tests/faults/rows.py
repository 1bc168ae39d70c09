"""Two cities in one database, with rows in every table, and the writer let loose on them."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from msgspec.structs import replace

from open311.actions import catalogue
from open311.actions import cities as loading
from open311.domain.definitions import Deed
from open311.domain.folder import CityAttribute
from open311.domain.rules import RoutingFile, Triage
from open311.formats import folder
from open311.store import db
from tests.cities import small_city

A, B, NOWHERE = "alder.example", "birch.example", "nowhere.example"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def fill(dsn: str, path: Path) -> None:
    """Load the cities; the text `probe` stands wherever a statement may ask for something."""
    connection = await db.connect(dsn)
    for own in (B, A):
        city = folder.read(small_city(path / own, own, own=["probe"]))
        secret = CityAttribute(code="s", datatype="text", description="?", private=True)
        probe = next(each for each in city.services if each.service_code == "probe")
        probe = replace(probe, attributes=[secret])
        others = [each for each in city.services if each.service_code != "probe"]
        rules = RoutingFile(triage=Triage(department="works"))
        city = replace(city, services=(*others, probe), routing=rules)
        await loading.load(connection, city, NOW)
        opening = functools.partial(db.owning, connection)
        await catalogue.save(opening, own, probe, Deed("n", NOW), replaces=None)
        await connection.execute(
            f"""
            insert into departments values ('{own}', 'gone', 'Gone', null, null, null, true);
            insert into areas (jurisdiction_id, layer, code, name, geometry)
            values ('{own}', 'probe', 'probe', 'Probe', '{{}}');
            insert into addresses values ('{own}', 'probe', 'probe', '', '', '', '', 1, 1, '',
              'probe', 1, 1);
            insert into streets values ('{own}', 'probe');
            insert into clients (jurisdiction_id, name, prefix, key_hash, created_at)
            values ('{own}', 'n', 'p', '{own}', now());
            insert into places (jurisdiction_id, x, y, inside)
            values ('{own}', 400, 400, array['probe']);
            insert into requests (jurisdiction_id, id, service_request_id, token, status,
              service_code, definition_version, requested_datetime, updated_datetime, client_id,
              department, description, media_url, lat, long, place, source, source_id)
            select '{own}', n.row, n.id, n.token, n.status, 'probe', 1, now(), now(), 1,
              'probe', 'probe', 'probe', 1, 1,
              (select p.place from places p where p.jurisdiction_id = '{own}'), 'probe',
              coalesce(n.id, n.token)
            from (values (1, 'probe', 'probe', 'open'), (2, 'done', null, 'closed'),
              (3, null, 'waiting', 'open')) as n (row, id, token, status);
            insert into reporters (request_id, jurisdiction_id, email)
            select id, jurisdiction_id, 'canary@example.org' from requests
            where jurisdiction_id = '{own}' and token = 'probe';
            insert into reroutings (request_id, number, jurisdiction_id, department, reason, actor,
              at)
            select request_id, 2, jurisdiction_id, 'works', 'r', 'n', now() from reporters
            where jurisdiction_id = '{own}';
            insert into rate_hits values ('{own}', 1, now(), 1);
            insert into mirrors (jurisdiction_id, source, url, seen)
            values ('{own}', 'probe', 'u', now());
            insert into tallies values ('{own}', 'probe', 'probe', '2026-01-01', 'probe', 1);
            insert into withdrawals (jurisdiction_id, service_request_id, request_id, media_url)
            select '{own}', 'probe', request_id, 'probe' from reporters
            where jurisdiction_id = '{own}';
            insert into request_updates (jurisdiction_id, request_id, status, updated_datetime,
              client_id, source_update_id)
            select jurisdiction_id, request_id, 'open', now(), 1, 'probe' from reporters
            where jurisdiction_id = '{own}';
            insert into media (request_id, jurisdiction_id, position, url)
            select request_id, jurisdiction_id, 1, 'u' from reporters
            where jurisdiction_id = '{own}';
            """
        )
    await connection.close()


Work = Callable[[asyncpg.Connection], Awaitable[Any]]


def as_writer(dsn: str, own: str | None, work: Work, *, grant: bool = True) -> Any:
    """Do something as the writer in a transaction of a city, and undo it."""

    async def run() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(db.begin(own) if own else "begin")
            if grant:
                await connection.execute(
                    "grant all on all tables in schema public to open311_writer"
                )
            await connection.execute("set local role open311_writer")
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def count(table: str, condition: str = "true") -> Work:
    """How many rows of a table the writer sees."""
    return lambda connection: connection.fetchval(f"select count(*) from {table} where {condition}")
