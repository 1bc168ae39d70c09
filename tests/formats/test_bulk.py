"""Very many requests: as JSON, CSV and GeoJSON the same as the list, whatever their texts say."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from open311.formats import bulk, json, spreadsheet
from open311.formats.bulk import BULKS, Names
from open311.spec import w3c_datetime
from open311.spec.documents import ServiceRequest, ServiceRequests, digits
from tests import strategies

NOTHING = (None,) * 7
NAMES = Names({}, {}, {})
ESCAPES = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"}
FIRSTS = [*spreadsheet.RISKY, '"', ",", "\\"]
TRAPS = ("\\N", '"\\N"', "\\.", ",", '","', '":\\N,"', "\\\\N", "null", "'", "\\n", "\\t=", '"=1')

TEXTS = (
    strategies.TEXTS
    | st.builds(str.__add__, st.sampled_from(FIRSTS), strategies.TEXTS)
    | st.sampled_from(TRAPS)
    | st.text(list('\\N",:=-\n\tn'), min_size=1, max_size=8)
)


def requests() -> st.SearchStrategy[ServiceRequest]:
    known = {"service_name": st.none(), "agency_responsible": st.none()}
    texts = ("service_request_id", "service_code", "description", "status_notes", "address")
    made = {name: TEXTS if name in texts[:2] else st.none() | TEXTS for name in texts}
    pairs = st.none() | st.tuples(strategies.DEGREES, strategies.DEGREES)
    return st.builds(
        lambda point, **rest: ServiceRequest(
            **{**rest, "service_name": rest["service_code"]},
            lat=point and point[0],
            long=point and point[1],
        ),
        pairs,
        status=st.sampled_from(["open", "closed"]),
        service_notice=st.none() | TEXTS,
        requested_datetime=strategies.of(datetime),
        updated_datetime=strategies.of(datetime),
        expected_datetime=strategies.of(datetime | None),
        address_id=st.none() | TEXTS,
        zipcode=st.none() | TEXTS,
        media_url=st.none() | TEXTS,
        **made,
        **known,
    )


def copied(found: list[ServiceRequest], unknown: str) -> bytes:
    """The rows as PostgreSQL's COPY would write them."""

    def value(told: Any) -> str:
        if told is None:
            return unknown
        if isinstance(told, float):
            return digits(told)
        if isinstance(told, datetime):
            return w3c_datetime.show(told)
        return "".join(ESCAPES.get(each, each) for each in told)

    rows = [list(msgspec.structs.astuple(each)) for each in found]
    for row in rows:
        del row[3]  # service_name
    return "".join("\t".join(map(value, row)) + "\n" for row in rows).encode()


def as_list(found: list[ServiceRequest]) -> Any:
    """What the list would show."""
    return msgspec.json.decode(json.encode(ServiceRequests(found)))


def decoded(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline=""), strict=True))


@given(st.lists(requests(), min_size=1, max_size=5))
def test_lines_of_json_are_the_list(found: list[ServiceRequest]) -> None:
    lines = bulk.ndjson(copied(found, BULKS["ndjson"].unknown), NAMES).splitlines()

    assert as_list(found) == [msgspec.json.decode(each) for each in lines]


@given(st.lists(requests(), min_size=1, max_size=5))
def test_geojson_is_the_list_but_for_what_has_no_point(found: list[ServiceRequest]) -> None:
    form = BULKS["geojson"]
    made = form.rows(copied(found, form.unknown), NAMES).removesuffix(form.between)
    features = msgspec.json.decode(form.first + made + form.last)["features"]

    told = [each for each in as_list(found) if each["lat"] is not None]
    assert [[each["long"], each["lat"]] for each in told] == [
        each["geometry"]["coordinates"] for each in features
    ]
    for each in told:
        del each["lat"], each["long"]
    assert told == [each["properties"] for each in features]


@given(st.lists(requests(), min_size=1, max_size=5))
def test_csv_read_back_is_the_list_behind_apostrophes(found: list[ServiceRequest]) -> None:
    form = BULKS["csv"]
    rows = decoded(form.first + form.rows(copied(found, form.unknown), NAMES))

    for row, told in zip(rows, as_list(found), strict=True):
        assert list(row) == list(told)
        for name, value in told.items():
            if name in ("lat", "long"):
                assert (row[name] and float(row[name])) == ("" if value is None else value)
                assert "e" not in row[name].lower()
            else:
                assert row[name] == spreadsheet.harmless(value or "")


@given(st.lists(requests(), min_size=1, max_size=5))
@example([])
def test_no_cell_but_a_number_begins_as_a_formula(found: list[ServiceRequest]) -> None:
    form = BULKS["csv"]
    text = form.rows(copied(found, form.unknown), NAMES) if found else b""

    for row in decoded(form.first + text):
        for name, cell in row.items():
            assert name in ("lat", "long") or not cell.startswith(tuple(spreadsheet.RISKY))


class Offer(msgspec.Struct):
    service_name: str


class Told(msgspec.Struct):
    """What is asked of a city here."""

    services: dict[str, Offer]
    departments: dict[str, str]
    notices: dict[tuple[str, str], str]


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_the_names_are_those_of_the_city(
    code: str, name: str, department: str, kept: str, told: str
) -> None:
    city: Any = Told({code: Offer(name)}, {code: department}, {(code, kept): told})
    when = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    plain = ServiceRequest("1", "open", None, "", code, None, code, kept, when, when, *NOTHING)
    line, form = BULKS["ndjson"], BULKS["csv"]
    row = msgspec.json.decode(line.rows(copied([plain], line.unknown), bulk.names(city, line)))
    (cells,) = decoded(
        form.first + form.rows(copied([plain], form.unknown), bulk.names(city, form))
    )

    wanted = [name, department, told]
    fields = ("service_name", "agency_responsible", "service_notice")
    assert wanted == [row[each] for each in fields]
    assert list(map(spreadsheet.harmless, wanted)) == [cells[each] for each in fields]


def test_a_service_of_which_the_worker_has_not_heard_is_called_by_its_code() -> None:
    when = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    request = ServiceRequest(
        "1", "open", None, "new", "new", None, "gone", None, when, when, *NOTHING
    )
    told = msgspec.json.decode(bulk.ndjson(copied([request], r"\N"), NAMES))

    assert (told["service_name"], told["agency_responsible"]) == ("new", None)
