"""The second wall: what PostgreSQL itself lets the server's two roles see and do. Trust 4.

To show the policies alone, the writer is given every privilege on every table first. A new table
without a policy fails.
"""

from __future__ import annotations

import asyncio
import re

import asyncpg
import pytest

from open311.store import db, queries
from tests.architecture.test_statements import SQL, TABLES
from tests.databases import WRITTEN
from tests.faults.rows import A, B, as_writer, count

TENANT_TABLES = sorted(TABLES.split("|"))
NOBODYS = {"alembic_version"}
"""Tables without rows of a city."""

PUBLIC_COLUMNS = {
    "requests": set(
        queries.parse((SQL / "requests.sql").read_text())["columns"]
        .split("\n", 1)[1]
        .replace("r.", "")
        .replace("\n", " ")
        .replace(" ", "")
        .split(",")
    )
    | {"id", "jurisdiction_id", "token", "place", "changed", "born", "detailed_status"}
    | {"has_media"},
    "definitions": {
        *("jurisdiction_id", "service_code", "version", "content", "hash"),
        *("published_from", "retired_from"),
    },
    "jurisdictions": None,
    "departments": None,
    "services": None,
    "areas": None,
    "addresses": None,
    "streets": None,
    "places": None,
    "tallies": None,
    "tally_changes": None,
    "withdrawals": {
        *("jurisdiction_id", "service_request_id", "request_id", "changed"),
        *("withdrawn_datetime", "number", "media_url"),
    },
    "request_updates": {
        *("jurisdiction_id", "request_id", "update_id", "status", "detailed_status"),
        *("updated_datetime", "description", "media_url"),
    },
}
"""What answers the public may read; None: every column."""


def test_every_table_is_a_citys_or_known_to_be_nobodys(two_cities, run) -> None:
    rows = run(
        two_cities,
        "select c.relname, exists (select from pg_attribute a where a.attrelid = c.oid and"
        " a.attname = 'jurisdiction_id') as tenant from pg_class c"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')",
    )

    assert {row[0] for row in rows if row[1]} == set(TENANT_TABLES)
    assert {row[0] for row in rows if not row[1]} == NOBODYS


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_every_table_of_a_city_has_forced_row_security_and_a_policy(two_cities, run, table) -> None:
    (row,) = run(
        two_cities,
        "select c.relrowsecurity, c.relforcerowsecurity, exists (select from pg_policy p where"
        " p.polrelid = c.oid and p.polcmd = '*' and pg_get_expr(p.polqual, p.polrelid) ~"
        " 'jurisdiction_id = current_setting') from pg_class c where c.relname = $1",
        table,
    )

    assert tuple(row) == (True, True, True)


def test_neither_role_can_pass_by_the_policies(two_cities, run) -> None:
    rows = run(
        two_cities,
        "select rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, exists (select from pg_class"
        " where relowner = r.oid) as owns, exists (select from pg_auth_members where"
        " member = r.oid) as more from pg_roles r where rolname ~ '^open311_'",
    )

    assert [tuple(row) for row in rows] == [(False,) * 6] * 2


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_no_row_of_another_city_is_seen_changed_or_removed(two_cities, table) -> None:
    theirs = f"jurisdiction_id = '{B}'"

    async def work(connection: asyncpg.Connection) -> list[str]:
        own = await count(table, f"jurisdiction_id = '{A}'")(connection)
        seen = await count(table, theirs)(connection)
        update = f"update {table} set jurisdiction_id = jurisdiction_id where {theirs}"
        changed = await connection.execute(update)
        removed = await connection.execute(f"delete from {table} where {theirs}")
        return [own > 0, seen, changed, removed]

    directory = table == "jurisdictions"  # which cities there are, everybody may know
    assert as_writer(two_cities, A, work) == [True, int(directory), "UPDATE 0", "DELETE 0"]


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_no_row_can_be_put_or_moved_into_another_city(two_cities, run, table) -> None:
    ((row,),) = run(two_cities, f"select to_jsonb(t)::text from {table} t limit 1")
    row = re.sub(r'"jurisdiction_id": "[^"]*"', f'"jurisdiction_id": "{B}"', row)
    ((columns,),) = run(two_cities, WRITTEN.format(table=table))
    insert = (
        f"insert into {table} ({columns}) overriding system value"
        f" select {columns} from jsonb_populate_record(null::{table}, $1)"
    )
    for sql, values in ((insert, [row]), (f"update {table} set jurisdiction_id = '{B}'", [])):
        with pytest.raises(
            asyncpg.InsufficientPrivilegeError, match=r"row-level security|is never done"
        ):
            as_writer(two_cities, A, lambda connection: connection.execute(sql, *values))  # noqa: B023


@pytest.mark.parametrize("table", sorted(set(TENANT_TABLES) - {"jurisdictions"}))
def test_without_a_city_there_are_no_rows(two_cities, table) -> None:
    async def after_another(connection: asyncpg.Connection) -> list[int]:
        never = await count(table)(connection)
        await connection.execute("set local open311.jurisdiction = ''")
        return [never, await count(table)(connection)]

    assert as_writer(two_cities, None, after_another) == [0, 0]


def test_a_session_forgets_the_city_with_its_transaction(two_cities) -> None:
    async def work() -> list[tuple[int, str]]:
        writes = db.Connections(two_cities, db.WRITER, size=1, seconds=5)
        sql = "select count(*) as rows, current_setting('open311.jurisdiction', true) from requests"
        async with writes.transaction(A) as transaction:
            inside = await transaction.fetchrow(sql)
        outside = (await writes.fetch(sql))[0]
        await writes.close()
        return [tuple(inside), tuple(outside)]

    assert asyncio.run(work()) == [(3, A), (0, "")]


def test_the_public_role_can_read_public_columns_and_do_nothing_else(two_cities, run) -> None:
    rows = run(
        two_cities,
        "select c.relname, a.attname, has_column_privilege('open311_reader', c.oid, a.attname,"
        " 'select') as reads, has_table_privilege('open311_reader', c.oid, 'insert, update, delete,"
        " truncate, references, trigger') or has_any_column_privilege('open311_reader', c.oid,"
        " 'insert, update') as writes from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm')"
        " and a.attnum > 0 and not a.attisdropped",
    )
    readable = {table: {r[1] for r in rows if r[0] == table and r[2]} for table, *_ in rows}
    whole = {table: {r[1] for r in rows if r[0] == table} for table, *_ in rows}
    expected = {table: PUBLIC_COLUMNS.get(table, set()) for table in whole}

    assert not any(row[3] for row in rows)
    assert readable == {
        table: whole[table] if columns is None else columns for table, columns in expected.items()
    }


def test_the_writer_cannot_read_reporters_back(two_cities) -> None:
    for table in ("reporters", "media"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            as_writer(two_cities, A, count(table), grant=False)
