"""The schema goes up, down and up again, and two who migrate at once do it once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from open311 import resources
from open311.store import db, migrations
from tests.commands import open311
from tests.conftest import NOW
from tests.databases import copy_of, load, statement, using

SHAPE = """
select 'column' as kind, table_name || '.' || column_name as name,
  data_type || is_nullable || coalesce(column_default, '') as what
from information_schema.columns where table_schema = 'public'
union all
select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select 'policy', tablename || '.' || policyname, coalesce(qual, '') || roles::text || cmd
from pg_policies where schemaname = 'public'
union all
select 'grant', table_name || '.' || grantee,
  string_agg(privilege_type, ',' order by privilege_type)
from information_schema.table_privileges
where table_schema = 'public' and grantee like 'open311%' group by 2
union all
select 'sequence', sequence_name, start_value::text from information_schema.sequences
where sequence_schema = 'public'
order by 1, 2
"""


@pytest.fixture
def empty(cluster: str) -> Iterator[str]:
    """A database with nothing in it at all."""
    with copy_of(cluster, "template1") as dsn:
        yield dsn


def shape(dsn: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in using(dsn, lambda connection: connection.fetch(SHAPE))]


def revision(dsn: str) -> str | None:
    return using(dsn, migrations.state)


def test_an_empty_database_goes_up_down_and_up_again(empty: str) -> None:
    assert revision(empty) is None

    migrations.migrate(empty, resources.MIGRATIONS)
    first = shape(empty)
    migrations.downgrade(empty, resources.MIGRATIONS, "base")
    below = [line for line in shape(empty) if "alembic_version" not in line[1]]
    migrations.migrate(empty, resources.MIGRATIONS)

    assert below == []
    assert first == shape(empty)
    assert revision(empty) == migrations.head(resources.MIGRATIONS)


def test_going_up_again_changes_nothing(empty: str) -> None:
    migrations.migrate(empty, resources.MIGRATIONS)
    load(empty, resources.DEMO, NOW)
    before = shape(empty)

    migrations.migrate(empty, resources.MIGRATIONS)

    assert before == shape(empty)
    count = using(empty, lambda connection: connection.fetchval("select count(*) from services"))
    assert count >= 280


def test_two_processes_that_migrate_at_once_do_it_once(empty: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: open311("migrate", database_url=empty), range(2)))

    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    assert revision(empty) == migrations.head(resources.MIGRATIONS)


def test_an_owner_who_is_no_superuser_migrates_and_loads(cluster: str) -> None:
    """As on a managed PostgreSQL: row level security holds for the owner of the tables, too."""
    statement(
        cluster,
        "create role keeper login createrole;"
        "grant open311_reader, open311_writer to keeper with admin option",
    )
    try:
        with copy_of(cluster, "template1") as dsn:
            name = dsn.partition("@/")[2].partition("?")[0]
            statement(cluster, f"alter database {name} owner to keeper")
            as_keeper = dsn.replace("postgres@", "keeper@")
            migrations.migrate(as_keeper, resources.MIGRATIONS)
            load(as_keeper, resources.DEMO, NOW)

            assert asyncio.run(_services(as_keeper)) >= 280
            seen = using(as_keeper, lambda each: each.fetchval("select count(*) from clients"))
            assert seen == 0
    finally:
        statement(cluster, "drop owned by keeper; drop role keeper")


async def _services(dsn: str) -> int:
    reads = db.Connections(dsn, db.READER, size=1, seconds=5)
    rows = await reads.fetch("select count(*) from services")
    await reads.close()
    return int(rows[0][0])
