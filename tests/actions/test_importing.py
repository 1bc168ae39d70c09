"""A city's history comes in: whole, once, and as the other system says it."""

from __future__ import annotations

import json
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311 import resources
from open311.actions import importing, importing_rows
from open311.actions.importing import Way
from open311.domain.mappings import GEOREPORT, Mapping, Origin
from open311.errors import Invalid, NotFound
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, statement
from tests.imports.history import CITY, MAPPING, put, row, rows_of, tallies_of

KEEPING = replace(MAPPING, keep_ids=True)


def test_every_field_stands_where_the_standard_has_it(dsn: str) -> None:
    whole = row(
        "A-1",
        status="closed",
        status_notes="Filled.",
        description=" Deep\r\nhole ",
        agency_responsible="Streets and Footways",
        service_notice="Two days.",
        updated_datetime="2026-01-04T00:00:00+01:00",
        expected_datetime="2026-01-05T00:00:00Z",
        address="1 Lampwright Square",
        address_id="7",
        zipcode="B0J",
        media_url="https://example.org/a.jpg",
        detailed_status="FIXED",
    )
    put(dsn, [whole], KEEPING)
    names = (
        "service_request_id, source, source_id, status, detailed_status, status_notes,"
        " service_code, description, department, service_notice, requested_datetime,"
        " updated_datetime, expected_datetime, address, address_id, zipcode, lat, long, media_url,"
        " definition_version, decision"
    )

    assert rows_of(dsn, names) == [
        (
            *("A-1", "old", "A-1", "closed", "fixed", "Filled.", "pothole", "Deep\nhole"),
            *("streets", "Two days.", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            *(datetime(2026, 1, 3, 23, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)),
            *("1 Lampwright Square", "7", "B0J", 44.6, -66.2, "https://example.org/a.jpg", 1),
            None,
        )
    ]
    ((inside,),) = rows_of(dsn, "p.inside")
    assert any(each.startswith("wards=") for each in inside)


def test_a_second_import_changes_nothing_and_a_changed_row_only_itself(dsn: str) -> None:
    rows = [row(number) for number in range(20)]
    first = put(dsn, rows)
    before, counted = rows_of(dsn), tallies_of(dsn)
    second = put(dsn, rows)
    same, still = rows_of(dsn), tallies_of(dsn)
    rows[7] |= {"status": "closed", "updated_datetime": "2026-02-01T00:00:00Z"}
    third = put(dsn, rows)
    after = rows_of(dsn)

    assert first.counts == (20, 0, 0, 0)
    assert second.counts == (0, 0, 20, 0)
    assert (same, still) == (before, counted)
    assert third.counts == (0, 1, 19, 0)
    assert [old == new for old, new in zip(before, after, strict=True)].count(False) == 1
    assert len(tallies_of(dsn)) == 2


def test_what_was_done_here_stays_while_the_other_system_says_the_same(dsn: str) -> None:
    put(dsn, [row(1), row(2)])
    statement(
        dsn,
        "alter table requests no force row level security;"
        "update requests set status = 'closed', description = 'ours';"
        "update requests set department = 'harbour', decision = '{}' where source_id = '2';"
        "alter table requests force row level security",
    )
    put(dsn, [row(1), row(2)])
    kept = rows_of(dsn, "r.status, r.description")
    put(dsn, [row(1, description="theirs"), row(2, description="theirs")])

    assert kept == [("closed", "ours")] * 2
    assert rows_of(dsn, "r.status, r.description, r.department") == [
        ("open", "theirs", "streets"),
        ("open", "theirs", "harbour"),  # staff gave it to them
    ]


def test_ids_are_kept_where_they_are_free_and_no_report_gets_one_later(dsn: str) -> None:
    put(dsn, [row(5), row("x")], KEEPING)
    again = put(dsn, [row(5), row(90_000)], replace(KEEPING, source="other"))
    ids = rows_of(dsn, "r.source, r.source_id, r.service_request_id, r.id")

    assert [each[:3] for each in ids if each[0] == "old"] == [("old", "5", "5"), ("old", "x", "x")]
    five, ninety = [each for each in ids if each[0] == "other"]
    assert five[2] == str(five[3]) != "5"
    assert ninety[2] == "90000"
    assert [own for each in again for own in each.renumbered] == ["5"]
    put(dsn, [row(number) for number in range(100, 110)])
    assert min(int(each[0]) for each in rows_of(dsn, "r.id", "r.source_id like '10_'")) > 90_000


def test_an_id_that_somebody_waits_for_or_withdrew_is_not_taken(dsn: str) -> None:
    put(dsn, [row(1)])
    ((waiting,),) = rows_of(dsn, "r.id")
    statement(
        dsn,
        "alter table requests no force row level security;"
        "update requests set service_request_id = null, token = 't', source = null,"
        " source_id = null; alter table requests force row level security;"
        "alter table withdrawals no force row level security;"
        "insert into withdrawals (jurisdiction_id, service_request_id, request_id)"
        f" values ('{CITY}', 'gone', 1); alter table withdrawals force row level security",
    )
    told = put(dsn, [row(waiting), row("gone"), row("free")], KEEPING)

    assert [own for each in told for own in each.renumbered] == [str(waiting), "gone"]
    assert rows_of(dsn, "r.service_request_id", "r.source_id = 'free'") == [("free",)]


def test_new_numbers_are_in_the_order_of_the_file(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 50)
    names = [f"{number:04}" for number in range(400)]
    random.Random(3).shuffle(names)
    put(dsn, [row(each) for each in names[:50]])
    found = dict(rows_of(dsn, "r.source_id, r.id"))

    assert sorted(names[:50], key=found.__getitem__) == names[:50]


def test_faulty_rows_are_told_and_the_others_come_in(dsn: str) -> None:
    faulty = row(2, service_code="?"), row(3, lat="x", status="?"), row(1), row("", lat=None)
    rows = [row(1), *faulty]
    told = put(dsn, rows)
    faults = [(each.place, each.problem) for batch in told for each in batch.faults]

    assert told.counts == (1, 0, 0, 4)
    assert faults == [
        ("line 2", "service_code: the city has no service '?'"),
        ("line 3", "lat: 'x' is not a decimal number"),
        ("line 3", "status: '?' is neither open nor closed"),
        ("line 4", "source_id: '1' is given twice"),
        ("line 5", "lat: is missing; lat and long count together"),
        ("line 5", "source_id: is missing"),
    ]


def test_a_dry_run_tells_the_same_and_writes_nothing(dsn: str) -> None:
    put(dsn, [row(1)])
    before = rows_of(dsn), tallies_of(dsn)
    dry = put(dsn, [row(1), row(2), row(1, x="")], way=Way(dry=True))

    assert dry.counts == (1, 0, 1, 1)
    assert (rows_of(dsn), tallies_of(dsn)) == before


def test_what_lies_outside_and_what_has_no_link_comes_in_and_is_told(dsn: str) -> None:
    told = put(dsn, [row(1, lat=1.0), row(2, lat=None, long=None), row(3, media_url="C:\\a.jpg")])

    assert told.counts == (3, 0, 0, 0)
    assert [each for batch in told for each in batch.outside] == ["line 1"]
    assert [each for batch in told for each in batch.unlinked] == ["line 3"]
    inside = rows_of(dsn, "r.lat, p.inside, r.media_url")
    assert inside[0] == (1.0, [], None)
    assert inside[1] == (None, None, None)
    assert inside[2][1]


def test_the_rules_say_who_acts_where_they_are_asked(dsn: str) -> None:
    quay, road = row(1, lat=44.5785, long=-66.1735), row(2, lat=44.642, long=-66.183)
    put(dsn, [quay, road], way=Way(route=True))
    plain = replace(MAPPING, source="plain")
    put(dsn, [quay, road], plain)
    found = rows_of(dsn, "r.department, r.decision is null", "true")
    ways = {(each[0], each[1]) for each in found}

    assert {"harbour-master", "engineering"} <= {
        department for department, none in ways if not none
    }
    assert {department for department, none in ways if none} == {"streets"}


def test_a_request_is_pinned_to_the_version_of_its_time(dsn: str, tmp_path: Path) -> None:
    shutil.copytree(resources.DEMO, tmp_path / "city")
    pothole = tmp_path / "city/services/pothole.json"
    pothole.write_text(json.dumps(json.loads(pothole.read_bytes()) | {"description": "A hole."}))
    load(dsn, tmp_path / "city", NOW + timedelta(days=1))
    times = [NOW + timedelta(days=days) for days in (-9999, 0.5, 2)]
    put(dsn, [row(n, requested_datetime=each.isoformat()) for n, each in enumerate(times)])

    assert rows_of(dsn, "r.definition_version") == [(1,), (1,), (2,)]


def test_a_city_that_is_not_there_is_told(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.imports.history.CITY", "nowhere.example")
    with pytest.raises(NotFound):
        put(dsn, [])


def test_a_city_without_rules_decides_nothing(
    cluster: str, bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "small.example"
    monkeypatch.setattr("tests.imports.history.CITY", own)
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path, own), NOW)
        with pytest.raises(Invalid, match="no rules"):
            put(dsn, [], way=Way(route=True))
        put(dsn, [row(1, service_code="light")])
        assert rows_of(dsn, "r.department") == [("works",)]


# --- the law ------------------------------------------------------------------------------------

ROWS = st.lists(
    st.builds(
        row,
        st.integers(0, 12),
        status=st.sampled_from(["open", "closed", "OPEN", "?"]),
        description=st.one_of(st.none(), st.text(max_size=20)),
        service_code=st.sampled_from(["pothole", "graffiti", "?"]),
        lat=st.sampled_from([44.6, 44.61, 10.0]),
        address=st.text(max_size=12),
        updated_datetime=st.sampled_from([None, "2026-03-01T00:00:00Z"]),
    ),
    max_size=25,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS, st.booleans())
def test_importing_twice_is_importing_once(
    city_dsn: str, first: list[dict[str, Any]], second: list[dict[str, Any]], keep: bool
) -> None:
    mapping: Mapping = replace(
        MAPPING,
        source=f"law-{uuid4()}",
        keep_ids=keep,
        fields=replace(GEOREPORT, queue=Origin(constant="q")),
    )
    own = f"r.source = '{mapping.source}'"
    for rows in (first, second):
        put(city_dsn, rows, mapping)
        before, counted = rows_of(city_dsn, condition=own), tallies_of(city_dsn)
        again = put(city_dsn, rows, mapping)
        new, changed, *_ = again.counts
        assert (new, changed) == (0, 0)
        assert (rows_of(city_dsn, condition=own), tallies_of(city_dsn)) == (before, counted)
    said = {
        each["service_request_id"]: each["status"].lower()
        for rows in (first, second)
        for each in reversed(rows)
        if each["status"] != "?" and each["service_code"] != "?"
    }
    assert dict(rows_of(city_dsn, "r.source_id, r.status", own)) == said


def test_what_is_changed_a_day_before_it_is_there_is_changed_then() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)

    assert importing_rows.changed(at - timedelta(days=1, seconds=1), at) == at
    assert importing_rows.changed(at - timedelta(seconds=32), at) == at - timedelta(seconds=32)
