"""All requests at once: the same as the list, of one moment, and nobody else's place taken."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import ParquetFile, read_table

from open311.actions import exports
from open311.formats import parquet, spreadsheet
from open311.formats.bulk import BULKS
from open311.spec import w3c_datetime
from open311.spec.documents import ServiceRequest
from open311.spec.search import Search
from tests import inprocess
from tests.cities import KINDS, small_city
from tests.conftest import NOW
from tests.databases import file, load, using
from tests.formats.test_bulk import TRAPS
from tests.inprocess import Door

OWN, OTHER = "own.example", "other.example"
BASE = datetime(2026, 9, 1, tzinfo=UTC)
TEXTS = [
    *TRAPS,
    *(f"{each}cmd|' /C calc'!A0" for each in spreadsheet.RISKY.replace("\r", "")),
    'She said "no", twice\nand left',
    "\u00e9\u20ac\U0001f600\u05d0\u202e\ufeff\x7f\u2028\U0010fffd",
    "tab\there",
    "back\\slash\\",
    None,
]


def rows() -> list[dict[str, Any]]:
    """Two hundred requests: many at the same moment, some of another city, some without number."""
    texts, found = itertools.cycle(TEXTS), []
    for number, code in zip(range(1_001, 1_201), itertools.cycle(KINDS), strict=False):
        when = (BASE + timedelta(days=number * 7 % 12, hours=number % 2)).isoformat()
        pinned = number % 3 != 0
        found.append(
            {
                "id": number,
                "jurisdiction_id": OTHER if number % 5 == 0 else OWN,
                "service_request_id": None if number % 7 == 0 else f"{number}",
                "token": f"t{number}" if number % 7 == 0 else None,
                "status": ("open", "closed")[number % 2],
                "status_notes": next(texts),
                "service_code": code,
                "description": next(texts),
                "department": "works" if number % 4 else None,
                "service_notice": next(texts) if number % 11 == 0 else None,
                "requested_datetime": when,
                "updated_datetime": when,
                "expected_datetime": when if number % 6 else None,
                "address": next(texts),
                "address_id": next(texts),
                "zipcode": None if number % 2 else "-1234",
                "lat": (44.0, 0.00001, -0.00000012, 44.1234567)[number % 4] if pinned else None,
                "long": (-66.0, 0.00002, -66.2, -1.5e-7)[number % 4] if pinned else None,
                "media_url": ("/media/own.example/x.jpg", "https://x/y.jpg", None)[number % 3],
                "version": number,
                "definition_version": 1,
                "changed": number,
                "born": number,
            }
        )
    return found


@pytest.fixture(scope="module")
def filled(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    for name in (OWN, OTHER):
        path: Path = tmp_path_factory.mktemp("city")
        load(bare_dsn, small_city(path, name), NOW)
    file(bare_dsn, json.dumps(rows()))
    return bare_dsn


@pytest.fixture(scope="module")
def door(filled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    with inprocess.opened(filled, folder, lambda: NOW, exports=2) as door:
        yield door


def questions() -> st.SearchStrategy[str]:
    """The filters of the list."""
    days = st.integers(-1, 13).map(lambda day: f"{BASE + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}")
    parts = st.fixed_dictionaries(
        {},
        optional={
            "service_code": st.lists(st.sampled_from([*KINDS, "none"]), max_size=3).map(",".join),
            "status": st.sampled_from(["open", "closed", "open,closed"]),
            "start_date": days,
            "updated_after": days,
            "department": st.sampled_from(["works", "none"]),
            "has_media": st.sampled_from(["true", "false"]),
            "q": st.sampled_from(["twice", "back", "no", "'", "\\"]),
        },
    )
    ids = st.lists(st.integers(1_000, 1_201).map(str), min_size=1, max_size=9).map(",".join)
    asked = parts | st.fixed_dictionaries({"service_request_id": ids})
    return asked.map(lambda told: "".join(f"&{name}={quote(each)}" for name, each in told.items()))


def listed(door: Door, question: str) -> list[dict[str, Any]]:
    """The list, oldest first."""
    since = "" if "start_date" in question else "&start_date=2026-09-01T00:00:00Z"
    answer = door.ask("GET", f"requests.json?jurisdiction_id={OWN}{question}{since}")
    assert answer.status == 200
    found: list[dict[str, Any]] = json.loads(answer.body)
    return found[::-1]


def exported(door: Door, extension: str, question: str = "") -> bytes:
    answer = door.ask("GET", f"requests.{extension}?jurisdiction_id={OWN}{question}")
    assert answer.status == 200
    assert answer.header("content-type") == BULKS[extension].media_type
    return answer.body


def lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in body.decode().split("\n")[:-1]]


@given(questions())
def test_lines_of_json_are_those_of_the_list(door: Door, question: str) -> None:
    assert listed(door, question) == lines(exported(door, "ndjson", question))


@given(questions())
def test_csv_is_the_list_with_apostrophes(door: Door, question: str) -> None:
    text = exported(door, "csv", question).decode()
    header, *found = csv.reader(io.StringIO(text, newline=""), strict=True)

    for cells, told in zip(found, listed(door, question), strict=True):
        assert list(told) == header
        for (name, value), cell in zip(told.items(), cells, strict=True):
            if name in ("lat", "long"):
                assert (float(cell) if cell else None) == value
            else:
                assert cell == spreadsheet.harmless("" if value is None else value)


@given(questions())
def test_geojson_is_what_of_the_list_has_a_point(door: Door, question: str) -> None:
    told = json.loads(exported(door, "geojson", question))

    located = [each for each in listed(door, question) if each["lat"] is not None]
    assert told["type"] == "FeatureCollection"
    assert [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [each.pop("long"), each.pop("lat")]},
            "properties": each,
        }
        for each in located
    ] == told["features"]


def test_an_export_is_of_all_time_and_has_no_cap(door: Door) -> None:
    everything = lines(exported(door, "ndjson", "&page_size=3&page=2"))

    assert len(everything) == sum(
        1 for row in rows() if row["jurisdiction_id"] == OWN and row["service_request_id"]
    )
    assert [each["requested_datetime"] for each in everything] == sorted(
        each["requested_datetime"] for each in everything
    )
    newest = lines(exported(door, "ndjson", "&sort=-requested_datetime"))
    assert newest == everything[::-1]


@pytest.mark.parametrize("extension", BULKS)
def test_what_is_asked_wrongly_is_refused_as_json(door: Door, extension: str) -> None:
    asked = (f"?jurisdiction_id={OWN}&start_date=x&status=y", "?jurisdiction_id=nowhere", "")
    for question, status in zip(asked, (400, 404, 400), strict=True):
        answer = door.ask("GET", f"requests.{extension}{question}")

        assert (answer.status, answer.header("content-type")) == (
            status,
            "application/json; charset=utf-8",
        )
        assert json.loads(answer.body)[0]["code"] == status
    assert door.ask("POST", f"requests.{extension}").status == 405
    assert door.ask("GET", f"requests.{extension}.json?jurisdiction_id={OWN}").status == 404


@pytest.mark.parametrize("extension", BULKS)
def test_nothing_found_is_a_whole_file_too(door: Door, extension: str) -> None:
    body = exported(door, extension, "&service_request_id=none")

    assert body == BULKS[extension].first + BULKS[extension].last
    if extension == "geojson":
        assert json.loads(body)["features"] == []


def test_an_export_is_named_as_a_file_and_squeezed_as_asked(door: Door) -> None:
    answer = door.ask("GET", f"requests.csv?jurisdiction_id={OWN}", (("accept-encoding", "gzip"),))

    assert answer.header("content-encoding") == "gzip"
    assert answer.header("content-disposition") == 'attachment; filename="requests.csv"'


def test_more_exports_than_there_are_places_are_told_to_come_back(door: Door) -> None:
    async def three() -> list[str]:
        desk, city = door.desk, door.desk.register.city(OWN)
        copies, search = desk.copies, Search(sort="requested_datetime")
        told = []
        begun = [exports.export(copies, city, search, "", "csv") for _ in range(3)]
        for each in begun:
            try:
                told.append((await anext(each))[:18].decode())
            except Exception as error:  # noqa: BLE001 - it is what is looked at
                told.append(type(error).__name__)
        for each in begun:
            await each.aclose()
        return told

    assert door.run(three()) == ["service_request_id", "service_request_id", "Unavailable"]
    assert exported(door, "csv")  # the places are free again


def test_an_export_is_of_the_moment_when_it_began(dsn: str, tmp_path: Path) -> None:
    """Rows that come, change and go meanwhile are not seen, and none is missing."""

    async def fill(connection: Any) -> None:
        await connection.execute(
            """
            insert into requests (jurisdiction_id, service_request_id, status, service_code,
              description, definition_version, requested_datetime, updated_datetime)
            select 'lanternport.example', 'n' || n, 'open', 'pothole', repeat('x', 2000), 1,
              now(), now() from generate_series(1, 20000) n
            """
        )

    async def change(connection: Any) -> None:
        await connection.execute(
            """
            delete from requests where service_request_id like 'n%9';
            update requests set description = 'changed' where service_request_id like 'n%8';
            insert into requests (jurisdiction_id, service_request_id, status, service_code,
              definition_version, requested_datetime, updated_datetime)
            select 'lanternport.example', 'late' || n, 'open', 'pothole', 1, now(), now()
            from generate_series(1, 100) n
            """
        )

    using(dsn, fill)
    with inprocess.opened(dsn, tmp_path / "data", lambda: NOW) as door:
        city = door.desk.register.city("lanternport.example")

        async def slowly() -> bytes:
            search = Search(sort="requested_datetime")
            made = exports.export(door.desk.copies, city, search, "", "ndjson")
            body = await anext(made)
            await asyncio.to_thread(using, dsn, change)
            async for chunk in made:
                body += chunk
            return body

        told = [
            each
            for each in map(msgspec.json.decode, door.run(slowly()).splitlines())
            if each["service_request_id"][0] in "nl"
        ]

    assert sorted(each["service_request_id"] for each in told) == sorted(
        f"n{number}" for number in range(1, 20_001)
    )
    assert {each["description"] for each in told} == {"x" * 2000}


def test_a_fault_of_the_database_breaks_the_export_off(dsn: str, tmp_path: Path) -> None:
    """An export that takes longer than it may ends as one, and keeps no connection."""
    with inprocess.opened(dsn, tmp_path / "data", lambda: NOW, export_seconds=0.5) as door:
        city = door.desk.register.city("lanternport.example")

        async def late() -> str:
            rows = door.desk.copies.copy("select pg_sleep(g) from generate_series(0, 9) g", null="")
            try:
                async for _ in rows:
                    pass
            except Exception as error:  # noqa: BLE001 - it is what is looked at
                return type(error).__name__
            return "whole"

        assert door.run(late()) == "Unavailable"
        assert city
        assert door.ask("GET", "requests.csv").status == 200


@given(questions())
def test_parquet_is_the_list_with_points(door: Door, question: str) -> None:
    answer = door.ask("GET", f"requests.parquet?jurisdiction_id={OWN}{question}")
    table = read_table(io.BytesIO(answer.body))
    told = listed(door, question)

    assert answer.header("content-type") == parquet.MEDIA_TYPE
    points = table.column("geometry").to_pylist()
    for row, each, point in zip(
        table.drop_columns("geometry").to_pylist(), told, points, strict=True
    ):
        shown = {
            name: w3c_datetime.show(value) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        assert shown == each
        where = shapely.from_wkb(point).coords[0] if point else (None, None)
        assert where == (each["long"], each["lat"])
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["columns"][geo["primary_column"]]["encoding"] == "WKB"


def test_parquet_has_groups_of_rows_and_stays_small(tmp_path: Path) -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    line = msgspec.json.encode(
        ServiceRequest("1", "open", None, "a", "a", "x", None, None, when, when, *(None,) * 7)
    )
    writer = parquet.Writer(tmp_path / "x.parquet")
    for _ in range(70):
        writer.add((line + b"\n") * 1_000)
    writer.end()
    found = ParquetFile(tmp_path / "x.parquet").metadata

    assert (found.num_rows, found.num_row_groups) == (70_000, 3)


def test_without_the_extra_there_is_no_parquet_and_a_word_why(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = door.ask("GET", f"requests.parquet?jurisdiction_id={OWN}")

    assert answer.status == 404
    assert "analytics" in json.loads(answer.body)[0]["description"]
    assert exported(door, "csv")
