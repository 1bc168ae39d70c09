"""A synthetic past is written whole, in order, for the loaded city, and is found by a search."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from open311.actions import history
from open311.demo import history as demo
from open311.demo.history import PastRequest
from open311.domain.routing import Decision
from open311.errors import NotFound
from open311.spec.documents import ServiceRequest
from open311.spec.search import Search
from open311.store import areas as shapes
from open311.store import cities, db, requests
from open311.store import history as rows
from open311.store.shown import Shown
from tests.databases import statement, using

UNTIL = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
CITY = "lanternport.example"
COUNT = 2_500


def write(dsn: str, role: str | None = None, **changed: Any) -> tuple[int, list[int]]:
    told: list[int] = []
    wanted = {"requests": COUNT, "seed": 1, "until": UNTIL, "progress": told.append} | changed
    own = wanted.pop("jurisdiction_id", CITY)
    return using(dsn, lambda each: history.write(each, own, **wanted), role), told


def fetch(dsn: str, sql: str) -> list[asyncpg.Record]:
    return using(dsn, lambda connection: connection.fetch(sql))


def generated(dsn: str) -> list[PastRequest]:
    """What the generator makes of the city in the database."""

    async def read(connection: db.Connection) -> list[PastRequest]:
        (row,) = await cities.directory(connection)
        city = await cities.read(connection, row)
        areas = await shapes.every(connection, CITY)
        editions = await rows.editions(connection, CITY)
        return [*demo.past(city, areas, editions, requests=COUNT, seed=1, until=UNTIL)]

    return using(dsn, read)


@pytest.fixture(scope="module")
def told(city_dsn: str) -> list[int]:
    """The module's database with a past in it; what was told of the progress."""
    written, told = write(city_dsn)

    assert written == COUNT
    return told


def test_progress_is_told_up_to_the_end(told: list[int]) -> None:
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == COUNT


def test_the_rows_are_what_was_generated_numbered_in_the_order_of_time(
    city_dsn: str, told: list[int]
) -> None:
    expected = generated(city_dsn)
    columns = ", ".join(f"r.{name}" for name in PastRequest.__struct_fields__)
    found = fetch(city_dsn, f"select {columns} from requests r order by r.id")

    decoded = [
        PastRequest(
            **{
                **each,
                "attributes": each["attributes"] and decode(each["attributes"]),
                "decision": msgspec.json.decode(each["decision"], type=Decision),
            }
        )
        for each in found
    ]
    stored = [each.attributes and decode(msgspec.json.encode(each.attributes)) for each in expected]
    assert decoded == [
        msgspec.structs.replace(each, attributes=attributes)
        for each, attributes in zip(expected, stored, strict=True)
    ]


def decode(json: str | bytes) -> Any:
    return msgspec.json.decode(json)


def test_ids_are_public_unique_and_leave_no_gap(city_dsn: str, told: list[int]) -> None:
    found = fetch(city_dsn, "select id, service_request_id, token from requests order by id")

    ids = [each["id"] for each in found]
    assert [each["service_request_id"] for each in found] == [str(each) for each in ids]
    assert ids == [*range(ids[0], ids[0] + COUNT)]
    assert not any(each["token"] for each in found)


def test_the_past_has_no_reporters_keys_or_pictures(city_dsn: str, told: list[int]) -> None:
    (found,) = fetch(
        city_dsn,
        "select (select count(*) from reporters) as reporters, (select count(*) from media)"
        " as media, (select count(*) from requests where num_nonnulls(client_id, media_url) > 0)"
        " as linked",
    )

    assert tuple(found) == (0, 0, 0)


def test_a_search_finds_the_past(city_dsn: str, told: list[int]) -> None:
    async def search() -> list[ServiceRequest]:
        reads = db.Connections(city_dsn, db.READER, size=1, seconds=30)
        connection = await db.connect(city_dsn)
        try:
            (row,) = await cities.directory(connection)
            city = await cities.read(connection, row)
            wanted = Search(
                service_request_id=(),
                service_code=(),
                start_date=UNTIL - timedelta(days=365),
                end_date=UNTIL,
                status=("open", "closed"),
                limit=COUNT,
                offset=0,
            )
            shown = Shown()
            page = await requests.search(reads, city, wanted, "https://own.example", shown)
            return page.requests
        finally:
            await connection.close(timeout=5)
            await reads.close()

    found = asyncio.run(search())

    shown = ("service_code", "status", "status_notes", "description", "requested_datetime")
    assert [[getattr(each, name) for name in shown] for each in reversed(found)] == [
        [getattr(each, name) for name in shown] for each in generated(city_dsn)
    ]
    assert all(each.agency_responsible and each.service_name for each in found)


def test_a_past_that_is_cut_short_leaves_nothing(dsn: str) -> None:
    def stop(done: int) -> None:
        if done > 1_000:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write(dsn, progress=stop)

    assert fetch(dsn, "select id from requests") == []


def test_the_numbers_go_on_while_others_file_requests(dsn: str) -> None:
    """Ids are drawn from the sequence row by row, so nobody has to wait and nobody collides."""

    async def both() -> None:
        first, second = await db.connect(dsn), await db.connect(dsn)
        try:
            wanted = {"requests": COUNT, "until": UNTIL, "progress": int}
            await asyncio.gather(
                history.write(first, CITY, seed=1, **wanted),
                history.write(second, CITY, seed=2, **wanted),
            )
        finally:
            await first.close(timeout=5)
            await second.close(timeout=5)

    asyncio.run(both())

    (found,) = fetch(dsn, "select count(*), count(distinct service_request_id) from requests")
    assert tuple(found) == (2 * COUNT, 2 * COUNT)


def test_the_owner_of_the_tables_may_be_subject_to_row_level_security(dsn: str) -> None:
    """As on a PostgreSQL that is not ours, where the command is no superuser."""
    tables = [each["tablename"] for each in fetch(dsn, "select tablename from pg_tables"
              " where schemaname = 'public' order by tablename = 'requests'")]  # fmt: skip
    statement(
        dsn,
        "create role landlord; grant all on schema public to landlord;"
        + "".join(f"alter table {each} owner to landlord;" for each in tables),
    )

    written, _ = write(dsn, role="landlord", requests=50)

    assert written == 50
    assert len(fetch(dsn, "select id from requests")) == 50


def test_nothing_is_written_into_an_unknown_city(dsn: str) -> None:
    with pytest.raises(NotFound, match=r"elsewhere\.example"):
        write(dsn, jurisdiction_id="elsewhere.example")
