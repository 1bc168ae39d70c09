"""A real half-year comes in by our mapping, and goes out as it was; a second time changes nothing.

`pytest -s` shows the seconds.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from open311.formats.spreadsheet import harmless
from open311.store import db
from tests.city import boston, boston_history
from tests.commands import said
from tests.databases import using
from tests.servers import ROOT

ROWS = 58_119
FILE = boston.DATA / "requests_2015_h1.csv.gz"
CITY = ("--jurisdiction", "boston.gov")
WORDS = ("import", FILE, *CITY, "--mapping", ROOT / "fixtures/mappings/boston.toml")

pytestmark = [
    pytest.mark.skipif(
        not boston.DATA.exists() and os.environ.get("CI") != "true",
        reason="Boston's open data is not beside the project, in ../shared/data/boston",
    ),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def half_year(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Boston with its half-year."""
    assert boston.DATA.exists(), f"{boston.DATA} is missing, and must not be in CI"
    path: Path = tmp_path_factory.mktemp("boston")
    boston_history.folder(path / "city")
    said("load", path / "city", database_url=bare_dsn)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    told = said("requests", *WORDS, database_url=bare_dsn)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert told == f"new: {ROWS}, changed: 0, unchanged: 0, left out: 0\n"
    sys.stdout.write(f"\n{ROWS:,} rows in {wall:.2f} s, of which its own work {cpu:.2f} s\n")
    return bare_dsn


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """What must come out, in the order of the file's times."""
    return [boston_history.expected(each) for each in boston.requests()]


def test_every_field_comes_out_as_ndjson_as_it_was(
    half_year: str, rows: list[dict[str, Any]]
) -> None:
    lines = said("requests", "export", *CITY, "--format", "ndjson", database_url=half_year)
    found = {each["service_request_id"]: each for each in map(json.loads, lines.splitlines())}

    assert len(found) == ROWS
    assert [own for own in rows if own != found[own["service_request_id"]]] == []


def test_every_field_comes_out_as_csv_as_it_was(half_year: str, rows: list[dict[str, Any]]) -> None:
    table = said("requests", "export", *CITY, "--format", "csv", database_url=half_year)
    found = {
        each["service_request_id"]: each for each in csv.DictReader(table.splitlines(keepends=True))
    }
    cells = [
        {
            name: "" if each is None else str(harmless(each) if isinstance(each, str) else each)
            for name, each in row.items()
        }
        for row in rows
    ]

    assert len(found) == ROWS
    assert [own for own in cells if own != found[own["service_request_id"]]] == []


def test_times_are_right_where_the_clocks_change(half_year: str) -> None:
    query = "start_date=2015-03-07T21:00:00&end_date=2015-03-08T07:10:00"
    words = ("requests", "export", *CITY, "--format", "ndjson", "--query", query)
    lines = said(*words, database_url=half_year).splitlines()
    found = [json.loads(each)["requested_datetime"] for each in lines]

    assert "2015-03-08T10:36:46Z" in found  # 06:36:46 in summer
    assert "2015-03-08T11:03:48Z" in found
    assert min(found) >= "2015-03-08T02:00:00Z"  # 21:00 in winter
    assert max(found) <= "2015-03-08T11:10:00Z"


def test_a_second_import_changes_nothing(half_year: str) -> None:
    before = _state(half_year)
    told = said("requests", *WORDS, database_url=half_year)

    assert told == f"new: 0, changed: 0, unchanged: {ROWS}, left out: 0\n"
    assert _state(half_year) == before


def test_every_place_is_in_the_areas_that_the_map_has(half_year: str) -> None:
    within = "count(*) filter (where 'boundary=boston' = any (p.inside))"
    rows = "requests r left join places p using (jurisdiction_id, place)"
    sql = f"select count(*), count(r.place), {within} from {rows}"
    (found,) = _fetch(half_year, sql)

    assert found == (ROWS, ROWS, ROWS - 10)


def _state(dsn: str) -> list[Any]:
    return _fetch(
        dsn,
        "select count(*), sum(r.version), max(r.changed), max(r.version), sum(hashtext(r::text)),"
        " (select sum(number) from tally_changes), (select count(*) from tally_changes)"
        " from requests r",
    )


def _fetch(dsn: str, sql: str) -> list[Any]:
    async def run(connection: db.Connection) -> list[Any]:
        async with db.owning(connection, "boston.gov"):
            return [tuple(each) for each in await connection.fetch(sql)]

    return using(dsn, run)
