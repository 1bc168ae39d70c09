"""Every key begins with the city, so that rows could be spread over machines by it.

What distributes PostgreSQL by the hash of a column (Citus) wants that column in every primary key,
unique key and foreign key; see docs/scale.md.
"""

from __future__ import annotations

import pytest

from tests.databases import copy_of, statement, using

OF_NO_CITY = {"alembic_version"}
"""Tables of the whole database."""

KEYS = """
select c.relname, i.relname, a.attname
from pg_index x
join pg_class c on c.oid = x.indrelid
join pg_class i on i.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
where n.nspname = 'public' and x.indisunique
"""
REFERENCES = """
select c.relname, k.conname, a.attname, f.attname
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
where k.contype = 'f'
"""
TABLES = """
select c.relname,
  exists (select from pg_index x where x.indrelid = c.oid and x.indisprimary),
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'jurisdiction_id'
    and a.attnotnull)
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
WITHOUT_KEY = {"tally_changes"}
"""Lines that are added up and removed; nobody looks for one of them."""


def rows(dsn: str, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in using(dsn, lambda connection: connection.fetch(sql))]


def test_every_table_has_the_city_and_a_key(bare_dsn: str) -> None:
    found = rows(bare_dsn, TABLES)

    assert len(found) > 20
    assert [table for table, _, city in found if not city and table not in OF_NO_CITY] == []
    assert [table for table, key, _ in found if not key and table not in WITHOUT_KEY] == []


def test_every_key_begins_with_the_city(bare_dsn: str) -> None:
    found = rows(bare_dsn, KEYS)

    assert len(found) > 25
    assert [
        each for each in found if each[2] != "jurisdiction_id" and each[0] not in OF_NO_CITY
    ] == []


def test_every_reference_begins_with_the_city_on_both_sides(bare_dsn: str) -> None:
    found = rows(bare_dsn, REFERENCES)

    assert len(found) > 10
    assert [each for each in found if each[2:] != ("jurisdiction_id", "jurisdiction_id")] == []


@pytest.mark.parametrize(
    "sql",
    [
        "create table x (id bigint primary key, jurisdiction_id text not null)",
        "create table x (jurisdiction_id text primary key, id bigint unique)",
        "create unique index x on requests (token, jurisdiction_id)",
    ],
)
def test_a_key_that_does_not_is_seen(cluster: str, bare: str, sql: str) -> None:
    with copy_of(cluster, bare) as dsn:
        statement(dsn, sql)

        with pytest.raises(AssertionError):
            test_every_key_begins_with_the_city(dsn)
