"""Files of addresses: CSV and GeoJSON come to the same, a row at a time."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from open311.domain.addresses import shown
from open311.errors import Invalid
from open311.formats.address_files import Row, read

HEAD = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH"
LINES = (
    '-66.2,44.6,100-102,Warren Street,"Apt 1, rear",Lanternport,,NS,Z1A 2B3,a-1,ff',
    "-66.3,44.7,7,Éclair Lane,,,Eastside,,,,ee",
)
FEATURES = [
    {
        "type": "Feature",
        "properties": {
            "hash": "ff",
            "number": "100-102",
            "street": "Warren Street",
            "unit": "Apt 1, rear",
            "city": "Lanternport",
            "district": "",
            "region": "NS",
            "postcode": "Z1A 2B3",
            "id": "a-1",
        },
        "geometry": {"type": "Point", "coordinates": [-66.2, 44.6]},
    },
    {
        "type": "Feature",
        "properties": {"hash": "ee", "number": 7, "street": "Éclair Lane", "district": "Eastside"},
        "geometry": {"type": "Point", "coordinates": [-66.3, 44.7, 12.0]},
    },
]
WHOLE = {"type": "FeatureCollection", "name": "x", "features": FEATURES}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8", newline="")
    return path


def csv(*lines: str, head: str = HEAD) -> str:
    return "\r\n".join((head, *lines, ""))


def lines(features: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(each) + "\n" for each in features)


SPELLINGS = {
    "a.csv": csv(*LINES),
    "b.csv.gz": csv(*LINES),
    "c.csv": "\ufeff" + csv(*LINES, head=HEAD.lower()),
    "d.csv": csv(LINES[0], "", ",,,,,,,,,,", LINES[1]),
    "a.geojson": json.dumps(WHOLE),
    "b.geojson": json.dumps(WHOLE, indent=2, ensure_ascii=False),
    "c.geojson": lines(FEATURES),
    "d.geojson.gz": "\n" + lines(FEATURES),
    "e.geojsonl": "\x1e" + "\x1e".join(lines([each]) for each in FEATURES),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_a_register_is_the_same(tmp_path: Path, name: str) -> None:
    first, second = (each.point for each in read(written(tmp_path, name, SPELLINGS[name])))

    assert first
    assert second
    assert shown(first) == "100-102 Warren Street, Apt 1, rear, Lanternport, NS Z1A 2B3"
    assert (first.address_id, first.low, first.high, first.street) == ("a-1", 100, 102, "warren st")
    assert (first.long, first.lat) == (-66.2, 44.6)
    assert (second.address_id, second.city, second.long) == ("ee", "Eastside", -66.3)


def test_a_large_collection_is_read_a_part_at_a_time(tmp_path: Path) -> None:
    many = [
        FEATURES[0] | {"properties": FEATURES[0]["properties"] | {"id": str(n)}}
        for n in range(3000)
    ]
    whole = written(tmp_path, "a.geojson", json.dumps(WHOLE | {"features": many}, indent=1))
    each = written(tmp_path, "b.geojson", lines(many))

    assert whole.stat().st_size > 10 * 65_536
    assert [row.point for row in read(whole)] == [row.point for row in read(each)]
    assert len(list(read(whole))) == 3000


def test_columns_of_other_names_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "X,Y,FULL\n-66.2,44.6,12 Elm Street\n")
    (row,) = read(path, {"street": "FULL"})

    assert row.point
    assert (row.point.low, row.point.street, row.point.line) == (12, "elm st", "12 Elm Street")


def test_what_has_no_id_has_the_same_in_every_file(tmp_path: Path) -> None:
    text = csv(LINES[1].replace(",ee", ","))
    ids = [each.point and each.point.address_id for each in read(written(tmp_path, "a.csv", text))]

    assert ids == ["3662b27ab6488ce3"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x,44.6,1,Elm St,,,,,,,", "long: 'x' is not a decimal number"),
        ("-66.2,,1,Elm St,,,,,,,", "lat: is missing"),
        ("-66.2,97,1,Elm St,,,,,,,", "lat: 97 is outside -90 to 90 degrees"),
        ("700000,4900000,1,Elm St,,,,,,,", "long: 700000 is outside -180 to 180 degrees"),
        ("-66.2,44.6,1,,,,,,,,", "it has no street"),
        (f"-66.2,44.6,1,{'x' * 251},,,,,,,", "street: has 251 characters; 250 are the most"),
        ("-66.2,44.6,1,Elm St,,,,,,,,,", "has 13 fields and not 11"),
        ("-66.2,44.6,-5,Elm St,,,,,,,", "number: -5 is below 0"),
        ('-66.2,44.6,"1,204",Elm St,,,,,,,', "number: '1,204' is neither one nor several"),
    ],
)
def test_a_faulty_row_is_told_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    rows = list(read(written(tmp_path, "a.csv", csv(LINES[0], line, LINES[1]))))

    assert rows[1] == Row("line 3", None, problem)
    assert rows[0].point
    assert rows[2].point


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("104.0", "104 Elm St"),
        (104.0, "104 Elm St"),
        ("104.5", "104.5 Elm St"),
        ("100,102", "100-102 Elm St"),
        ("100&102", "100-102 Elm St"),
        ("98, 100 & 102", "98-102 Elm St"),
    ],
)
def test_a_number_of_a_sheet_is_a_house(tmp_path: Path, number: Any, line: str) -> None:
    told = {"street": "Elm St", "number": number, "postcode": "2119.0"}
    rows = [FEATURES[0] | {"properties": told}]
    sheet = csv(f'-66.2,44.6,"{number}",Elm St,,,,,2119.0,,')
    for name, text in (("a.geojson", lines(rows)), ("a.Csv", sheet)):
        (row,) = read(written(tmp_path, name, text))

        assert row.point
        assert (row.point.line, row.point.postcode) == (line, "2119")


@pytest.mark.parametrize(
    ("feature", "problem"),
    [
        ({"type": "Feature", "properties": {}, "geometry": None}, "is no feature with"),
        ([], "is no feature with properties and a Point"),
        (FEATURES[0] | {"properties": {"street": ""}}, "it has no street"),
    ],
)
def test_a_faulty_feature_is_told_with_its_place(
    tmp_path: Path, feature: Any, problem: str
) -> None:
    whole = json.dumps({"type": "FeatureCollection", "features": [FEATURES[0], feature]})
    rows = list(read(written(tmp_path, "a.geojson", whole)))

    assert rows[1].place == "features[1]"
    assert problem in rows[1].problem


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "", "street: there is no column 'street'"),
        ("a.csv", "A,B\n1,2\n", "there is: a, b."),
        ("a.csv", csv('"unclosed'), "cannot be read"),
        ("a.csv.gz", None, "cannot be read"),
        ("a.geojson", "{}", "is no GeoJSON FeatureCollection"),
        ("a.geojson", "", "is no GeoJSON FeatureCollection"),
        ("a.geojson", json.dumps(WHOLE)[:-40], "features[1]: is broken off"),
        ("a.geojson", json.dumps(WHOLE) + "}", "features: what stands behind them is broken off"),
        ("a.geojson", json.dumps(WHOLE)[:-1], "features: what stands behind them is broken off"),
        ("a.geojson", '{"features": [' + "[" * 100_000, "features[0]: is nested too deeply"),
        ("a.csv.gz", csv(LINES[0], "x" * 1_100_000), "line 3: has more than 1048576 characters"),
        ("a.geojson", lines(FEATURES) + " " * 1_100_000, "line 3: has more than 1048576"),
    ],
)
def test_what_is_no_file_of_addresses_is_refused(
    tmp_path: Path, name: str, text: str | None, problem: str
) -> None:
    path = written(tmp_path, name, text or "") if text is not None else tmp_path / name
    if text is None:
        path.write_bytes(b"\x1f\x8b\x08 broken")
    with pytest.raises(Invalid) as caught:
        list(read(path))

    assert problem in " ".join(caught.value.problems)


def test_a_feature_that_is_nested_too_deeply_is_told_with_its_line(tmp_path: Path) -> None:
    text = lines([FEATURES[0]]) + "[" * 100_000 + "\n"
    rows = list(read(written(tmp_path, "a.geojson", text)))

    assert rows[1] == Row("line 2", None, "is no feature with properties and a Point")


def test_a_file_that_would_burst_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write(csv(*LINES))
        for _ in range(64):
            file.write("x" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="line 4: has more than 1048576 characters"):
            list(read(path))
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv(LINES[1]).encode("latin-1"))
    with pytest.raises(Invalid, match="cannot be read"):
        list(read(path))


def test_a_part_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there is no 'house'; there is: id, number"):
        list(read(written(tmp_path, "a.csv", csv()), {"house": "NUMBER"}))
