"""Rows of the registry: what was published stands, and what was done stays told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import assume, given, settings

from open311.domain import definitions
from open311.domain.definitions import Deed
from open311.domain.folder import CityService
from open311.store import audit, db
from open311.store import definitions as rows
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.domain.test_definitions import services

OWN = "own.example"


@pytest.fixture(scope="module")
def dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small city, for all tests of this file: nothing here changes what others see."""
    path: Path = tmp_path_factory.mktemp("own")
    with copy_of(cluster, bare) as own:
        load(own, small_city(path, OWN), NOW)
        yield own


COLUMNS = [
    ("definitions", "version", "9"),
    ("definitions", "service_code", "'x'"),
    ("definitions", "content", "'{}'"),
    ("definitions", "hash", "'x'"),
    ("definitions", "author", "'x'"),
    ("definitions", "reason", "'x'"),
    ("definitions", "created_at", "now()"),
    ("definitions", "published_from", "now()"),
    ("audit", "actor", "'x'"),
    ("audit", "at", "now()"),
    ("audit", "content", "null"),
    ("audit", "reason", "'x'"),
]


@pytest.mark.parametrize(("table", "column", "value"), COLUMNS)
def test_nobody_changes_what_was_published_or_told_not_even_its_owner(
    dsn: str, table: str, column: str, value: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="is never done"):
        using(dsn, lambda each: each.execute(f"update {table} set {column} = {value}"))


@pytest.mark.parametrize("table", ["definitions", "audit"])
@pytest.mark.parametrize("verb", ["delete from {}", "truncate {} cascade"])
def test_nobody_removes_what_was_published_or_told(dsn: str, table: str, verb: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="is never done"):
        using(dsn, lambda each: each.execute(verb.format(table)))


@pytest.mark.parametrize(
    "sql",
    [
        "update definitions set author = 'x'",
        "update audit set actor = 'x'",
        "delete from definitions",
        "delete from audit",
        "truncate audit",
        "delete from services",
        "update services set service_code = 'x'",
        "update jurisdictions set name = 'x'",
    ],
)
def test_the_servers_own_role_may_not_even_try(dsn: str, sql: str) -> None:
    async def work(connection: db.Connection) -> None:
        async with db.owning(connection, OWN):
            await connection.execute(sql)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        using(dsn, work, db.WRITER)


def test_a_version_may_end(dsn: str) -> None:
    sql = "update definitions set retired_from = now() where service_code = 'idea'"

    assert using(dsn, lambda each: each.execute(sql)) == "UPDATE 1"


@settings(max_examples=15)
@given(services())
def test_what_is_published_is_kept_to_the_byte(dsn: str, written: CityService) -> None:
    """The database itself holds the hash against the content."""
    said = definitions.canonical(written)
    assume("\\u0000" not in definitions.encoded(said).decode())  # no door lets that in

    async def work(connection: db.Connection) -> tuple[CityService | None, str]:
        async with db.owning(connection, OWN):
            deed = Deed("x", await rows.lock(connection, OWN, NOW))
            number = (await rows.publish(connection, OWN, [said], deed, NOW))["pothole"]
            sql = "select content::text from definitions where service_code = $1 and version = $2"
            text = await connection.fetchval(sql, "pothole", number)
            return await rows.content(connection, OWN, "pothole", number), text

    found, text = using(dsn, work)

    assert found == said
    assert text.encode() == definitions.encoded(said)


def test_content_that_is_not_of_its_hash_is_refused(dsn: str) -> None:
    sql = (
        "insert into definitions (jurisdiction_id, service_code, version, content, hash, author,"
        f" created_at, published_from) select '{OWN}', 'light', 99, content, repeat('0', 64), 'x',"
        " now(), now() from definitions where service_code = 'light'"
    )

    with pytest.raises(asyncpg.CheckViolationError, match="definitions_hash_check"):
        using(dsn, lambda each: each.execute(sql))


def test_the_trail_is_read_a_page_at_a_time(dsn: str) -> None:
    async def work(connection: db.Connection) -> list[list[int]]:
        async with db.owning(connection, OWN):
            whole = [each.entry for each in await audit.trail(connection, OWN, 0, 1000)]
            first = [each.entry for each in await audit.trail(connection, OWN, 0, 2)]
            second = [each.entry for each in await audit.trail(connection, OWN, first[-1], 2)]
        return [whole[:4], [*first, *second]]

    whole, paged = using(dsn, work)

    assert whole == paged == sorted(whole)
    assert len(whole) == 4
