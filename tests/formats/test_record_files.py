"""Files of requests: every row with its place, of any kind, whatever is in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain.mappings import FileOptions
from open311.errors import Invalid
from open311.formats import record_files
from open311.formats.record_files import Record

REQUEST = {"service_request_id": "1", "status": "open", "extended_attributes": {"channel": "web"}}
FLAT = {"service_request_id": "1", "status": "open", "extended_attributes.channel": "web"}
XML = """<?xml version="1.0" encoding="utf-8"?>
<service_requests><request><service_request_id>1</service_request_id><status>open</status>
<lat/></request></service_requests>"""
POINT = {
    "type": "Feature",
    "properties": {"a": 1, "b": {"c": None}},
    "geometry": {"type": "Point", "coordinates": [-71, 42.5]},
}
SPOT = {"a": 1, "b.c": None, "geometry.long": -71, "geometry.lat": 42.5}


def read(path: Path, content: str | bytes, **options: Any) -> list[Record]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    _, rows = record_files.read(path, FileOptions(**options))
    return list(rows)


@pytest.mark.parametrize("packed", [False, True])
def test_csv_with_its_columns_and_lines(tmp_path: Path, packed: bool) -> None:
    text = '\ufeffa, b\n1,"x\ny"\n\n2\n3,z\n'.encode()
    path = tmp_path / ("x.csv.gz" if packed else "x.csv")
    path.write_bytes(gzip.compress(text) if packed else text)
    columns, rows = record_files.read(path, FileOptions())

    assert columns == ("a", "b")
    assert list(rows) == [
        Record("line 3", {"a": "1", "b": "x\ny"}),
        Record("line 5", {}, "has 1 fields and not 2"),
        Record("line 6", {"a": "3", "b": "z"}),
    ]


def test_csv_of_other_habits(tmp_path: Path) -> None:
    text = "a;b\n1;Straße\n".encode("cp1252")
    (found,) = read(tmp_path / "x.csv", text, delimiter=";", encoding="latin-1")

    assert found.values == {"a": "1", "b": "Straße"}


def test_ndjson_a_row_a_line(tmp_path: Path) -> None:
    found = read(tmp_path / "x.ndjson", f"{json.dumps(REQUEST)}\n\n[1]\nnope\n")

    assert found == [
        Record("line 1", FLAT),
        Record("line 3", {}, "is no JSON object"),
        Record("line 4", {}, "is no JSON object"),
    ]


@pytest.mark.parametrize("as_lines", [False, True])
def test_geojson_a_feature_a_line_or_a_collection(tmp_path: Path, as_lines: bool) -> None:
    features = [POINT, POINT | {"geometry": None, "id": 7}, {"type": "Feature"}]
    lines = "".join(f"{json.dumps(each)}\n" for each in features)
    whole = json.dumps({"type": "FeatureCollection", "features": features})
    first, second, third = read(tmp_path / "x.geojson", lines if as_lines else whole)

    assert first.values == SPOT
    assert second.values == {"id": 7, "a": 1, "b.c": None}
    assert third.problem == "is no feature with properties"
    assert third.place == ("line 3" if as_lines else "features[2]")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([REQUEST]),
        json.dumps({"service_requests": [REQUEST]}),
        json.dumps({"service_requests": {"request": [REQUEST]}}),
        json.dumps(REQUEST),
    ],
)
def test_an_answer_of_georeport_however_it_is_wrapped(tmp_path: Path, content: str) -> None:
    (found,) = read(tmp_path / "x.json", content)

    assert found.values == FLAT


def test_an_answer_of_georeport_as_xml(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "x.xml", XML)

    assert found.values == {"service_request_id": "1", "status": "open", "lat": None}
    assert read(tmp_path / "x.xml", "<service_requests/>") == []
    assert read(tmp_path / "x.json", "[]") == []


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("x.json", "", "is empty"),
        ("x.json", "nope", "neither JSON nor XML"),
        ("x.json", '[{"service_code": "1"}]', "no list of service requests"),
        ("x.json", '{"errors": [{"code": 404, "description": "x"}]}', "is an error answer"),
        ("x.xml", "<a", "not XML"),
        ("x.dat", "", "what is it"),
        ("x.csv", 'a\n"x', "unexpected end of data"),
        ("x.csv.gz", "a\n", "Not a gzipped file"),
        ("x.csv", b"a\n\xff\n", "can't decode"),
        ("x.geojson", "{}", "no GeoJSON FeatureCollection"),
        ("x.ndjson", "x" * (1 << 20) + "x", "more than 1048576 characters"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: str | bytes, problem: str
) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path / name, content)

    assert problem in str(caught.value.problems)


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    for name in ("x.csv", "x.json"):
        with pytest.raises(Invalid, match="cannot be read"):
            record_files.read(tmp_path / name, FileOptions())


@given(st.binary(max_size=80))
def test_any_bytes_are_an_answer_or_have_a_fault(content: bytes) -> None:
    found, faults = record_files.answers(content)

    assert not (found and faults)
