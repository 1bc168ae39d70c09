"""The schema goes up, down and up again, and two who migrate at once do it once."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311 import resources
from open311.actions import catalogue
from open311.actions import cities as actions
from open311.domain.city import City
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder, Department, Jurisdiction
from open311.formats import folder
from open311.spec.documents import Attribute, Value
from open311.store import cities, db, migrations
from open311.store.cities import Change
from tests.cities import small_city
from tests.commands import open311
from tests.conftest import NOW
from tests.databases import copy_of, load, statement, using
from tests.questions import all_of, question, service

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


@pytest.fixture
def keepers(cluster: str) -> Iterator[str]:
    """An empty database whose owner is no superuser, as on a managed PostgreSQL: row level
    security holds for the owner of the tables, too."""
    statement(
        cluster,
        "create role keeper login createrole;"
        "grant open311_reader, open311_writer to keeper with admin option",
    )
    try:
        with copy_of(cluster, "template1") as dsn:
            name = dsn.partition("@/")[2].partition("?")[0]
            statement(cluster, f"alter database {name} owner to keeper")
            yield dsn.replace("postgres@", "keeper@")
    finally:
        statement(cluster, "drop owned by keeper; drop role keeper")


def test_an_owner_who_is_no_superuser_migrates_and_loads(bare: str, keepers: str) -> None:
    migrations.migrate(keepers, resources.MIGRATIONS)
    load(keepers, resources.DEMO, NOW)

    assert asyncio.run(_services(keepers)) >= 280
    assert using(keepers, lambda each: each.fetchval("select count(*) from clients")) == 0


def test_rules_that_were_there_count_since_they_were_made(bare: str, keepers: str) -> None:
    migrations.migrate(keepers, resources.MIGRATIONS)
    load(keepers, resources.DEMO, NOW)
    migrations.downgrade(keepers, resources.MIGRATIONS, "0005")
    migrations.migrate(keepers, resources.MIGRATIONS)

    async def times(connection: db.Connection) -> list[tuple[datetime, datetime]]:
        async with db.owning(connection, "lanternport.example"):
            rows = await connection.fetch("select created_at, published_from from routings")
            return [tuple(row) for row in rows]

    ((made, begins),) = using(keepers, times)
    assert made == begins


async def _services(dsn: str) -> int:
    reads = db.Connections(dsn, db.READER, size=1, seconds=5)
    rows = await reads.fetch("select count(*) from services")
    await reads.close()
    return int(rows[0][0])


# --- 0002: definitions have versions ------------------------------------------------------------

OWN = "old.example"
ATTRIBUTES = """[
  {"variable": true, "code": "A", "datatype": "singlevaluelist", "required": true,
   "datatype_description": null, "order": 3, "description": "Which \\"one\\"?",
   "values": [{"key": "x", "name": "X"}]},
  {"variable": false, "code": "B", "datatype": "text", "required": false,
   "datatype_description": "a b", "order": 4, "description": "Ä\\\\", "values": []}]"""
BEFORE = f"""
begin; set local open311.jurisdiction = '{OWN}';
insert into jurisdictions values
  ('{OWN}', 'Old', 'UTC', 'Ask.', 'Write.', 90, '2026-01-02T03:04:05Z');
insert into departments values ('{OWN}', 'works', 'Works', null, null, null, true);
insert into services values
  ('{OWN}', 'light', 'Light', E'Two\\nlines, "quoted"', 'lamp', 'Street', 'batch', 'works',
   'Soon.', 24, $${ATTRIBUTES}$$, true),
  ('{OWN}', 'gone', 'Gone', 'No more.', '', 'Street', 'realtime', 'works', null, null, '[]', false);
insert into requests
  (jurisdiction_id, status, service_code, requested_datetime, updated_datetime, attributes)
select '{OWN}', 'open', code, now(), now(), '{{"A": "x"}}'
from unnest(array['light', 'light', 'gone']) as n (code);
commit;
"""
ROWS = "select to_jsonb(t) as row from {} t order by 1"


def rows(dsn: str, table: str) -> list[dict[str, Any]]:
    """Everything in a table, whoever owns it."""
    dsn = dsn.replace("keeper@", "postgres@")
    found = using(dsn, lambda each: each.fetch(ROWS.format(table)))
    return [json.loads(row[0]) for row in found]


@pytest.fixture
def filled(bare: str, keepers: str) -> str:
    """A database of an owner who is no superuser, as the first release left it."""
    migrations.migrate(keepers, resources.MIGRATIONS, "0001")
    statement(keepers, BEFORE)
    return keepers


def test_what_was_said_of_services_becomes_their_first_version(filled: str) -> None:
    migrations.migrate(filled, resources.MIGRATIONS)

    city = using(filled, _city)
    light, gone = city.services["light"], city.services["gone"]
    assert (light.version, light.active, gone.version, gone.active) == (1, True, 1, False)
    assert (light.description, light.type, light.keywords) == (
        'Two\nlines, "quoted"',
        "batch",
        "lamp",
    )
    assert light.attributes == (
        Attribute(True, "A", "singlevaluelist", True, None, 3, 'Which "one"?', (Value("x", "X"),)),
        Attribute(False, "B", "text", False, "a b", 4, "Ä\\", ()),
    )
    assert city.changeset == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    pinned = {(row["service_code"], row["definition_version"]) for row in rows(filled, "requests")}
    assert pinned == {("light", 1), ("gone", 1)}
    assert {row["author"] for row in rows(filled, "definitions")} == {"open311 migrate"}
    trail = [(row["action"], row["service_code"], row["version"]) for row in rows(filled, "audit")]
    assert sorted(trail) == [
        ("published", "gone", 1),
        ("published", "light", 1),
        ("retired", "gone", 1),
    ]


def test_a_folder_that_says_what_was_said_before_changes_nothing(
    filled: str, tmp_path: Path
) -> None:
    migrations.migrate(filled, resources.MIGRATIONS)
    root = small_city(tmp_path, OWN)
    for path in (root / "services").iterdir():
        path.unlink()
    light = {
        "service_code": "light",
        "service_name": "Light",
        "description": 'Two\nlines, "quoted"',
    }
    light |= {"keywords": "lamp", "group": "Street", "type": "batch", "department": "works"}
    light |= {"service_notice": "Soon.", "expected_hours": 24, "attributes": json.loads(ATTRIBUTES)}
    (root / "services" / "light.json").write_text(json.dumps(light), "utf-8")

    changes = using(filled, lambda each: actions.load(each, folder.read(root), NOW))

    assert changes[2] == Change("services", 0, 0, 0)


def test_back_down_everything_is_as_it_was(filled: str) -> None:
    tables = ("jurisdictions", "departments", "services", "requests", "clients")
    before = {table: rows(filled, table) for table in tables}

    migrations.migrate(filled, resources.MIGRATIONS)
    migrations.downgrade(filled, resources.MIGRATIONS, "0001")
    below = {table: rows(filled, table) for table in tables}
    migrations.migrate(filled, resources.MIGRATIONS)

    assert below == before
    assert len(rows(filled, "definitions")) == 2


def test_what_the_first_release_cannot_say_is_left_out_on_the_way_down(empty: str) -> None:
    """It must be able to read what it finds: notes are texts, and nothing that is to begin."""
    migrations.migrate(empty, resources.MIGRATIONS)
    now = datetime.now(UTC)
    note = question("N", "informational", variable=False)
    asked = question("T", "text", when=all_of(("C", "eq", 1)), required=True)
    services = (
        service(question("C", "number", minimum=1), note, asked, location="none"),
        service(service_code="later"),
    )

    async def work(connection: db.Connection) -> None:
        who = Jurisdiction(
            jurisdiction_id=OWN, name="O", timezone="UTC", contact="x", key_service="x"
        )
        works = Department(code="works", name="Works")
        city = CityFolder(jurisdiction=who, departments=(works,), services=services[:1], areas=())
        await actions.load(connection, city, now)
        opening = functools.partial(db.owning, connection)
        await catalogue.save(opening, OWN, services[1], Deed("x", now), replaces=None)
        await catalogue.publish(
            opening, OWN, "later", Deed("x", now), published_from=now + timedelta(days=1)
        )

    using(empty, work)
    migrations.downgrade(empty, resources.MIGRATIONS, "0001")

    later, pothole = rows(empty, "services")
    assert (later["service_code"], later["active"]) == ("later", False)
    assert (pothole["service_code"], pothole["active"]) == ("pothole", True)
    members = set(Attribute.__struct_fields__)
    assert [set(each) for each in pothole["attributes"]] == [members] * 3
    assert [(each["code"], each["datatype"]) for each in pothole["attributes"]] == [
        *(("C", "number"), ("N", "text"), ("T", "text"))
    ]
    msgspec.convert(pothole["attributes"], tuple[Attribute, ...])


# --- 0020: nothing is changed a day before it is there -------------------------------------------


def test_what_was_changed_a_day_before_it_was_there_was_changed_then(filled: str) -> None:
    early = (
        "update requests set service_request_id = id::text,"
        " updated_datetime = requested_datetime - interval '25 hours'"
    )
    migrations.migrate(filled, resources.MIGRATIONS, "0019")
    statement(filled, f"begin; set local open311.jurisdiction = '{OWN}'; {early}; commit")
    assert all(
        each["updated_datetime"] < each["requested_datetime"] for each in rows(filled, "requests")
    )

    migrations.migrate(filled, resources.MIGRATIONS)

    found = rows(filled, "requests")
    assert len(found) == 3
    assert all(each["updated_datetime"] == each["requested_datetime"] for each in found)


async def _city(connection: db.Connection) -> City:
    (row,) = await cities.directory(connection)
    async with db.owning(connection, OWN):
        return await cities.read(connection, row)
