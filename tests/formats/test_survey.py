"""What does not fit, written: a table for people, GeoJSON for a GIS, a map to look at."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import shapely
from lxml import etree
from shapely import box

from open311.domain import areas
from open311.domain.folder import Area
from open311.domain.survey import findings
from open311.formats import folder_files, survey

DAY = date(2026, 11, 22)
HOSTILE = "<script>\"'&\x1f"
TOLD = """\
layer  kind            m2  mean width in m  sliver  lat, long         areas
wards  overlap      2,462              2.2  sliver  0.00500, 0.01001  1, 2
wards  gap      1,230,907            554.7  -       0.00500, 0.02500  -
wards  beyond     123,091            100.6  -       0.01050, 0.03500  3

layer     kind     m2 in all  findings  of them slivers
boundary  nothing          0         0                0
police    nothing          0         0                0
wards     overlap      2,462         1                1
wards     gap      1,230,907         1                0
wards     beyond     123,091         1                0
"""


def area(layer: str, code: str, *at: float) -> Area:
    return Area(layer, code, f"Area {code}", areas.encode(box(*at)))


CITY = [
    area("boundary", "city", 0, 0, 0.04, 0.01),
    area("police", "A", 0, 0, 0.04, 0.01),
    area("wards", "1", 0, 0, 0.01002, 0.01),
    area("wards", "2", 0.01, 0, 0.02, 0.01),
    area("wards", "3", 0.03, 0, 0.04, 0.011),
]
FOUND = findings(CITY)


def test_a_table_tells_each_and_the_totals_of_every_layer() -> None:
    assert survey.table(CITY, FOUND) == TOLD


def test_a_table_of_what_fits_says_so_of_every_layer() -> None:
    assert survey.table(CITY[:2], ()) == (
        "layer     kind     m2 in all  findings  of them slivers\n"
        "boundary  nothing          0         0                0\n"
        "police    nothing          0         0                0\n"
    )


def test_geojson_tells_all_of_each() -> None:
    whole = json.loads(folder_files.encoded(survey.collection(FOUND)))
    overlap, gap, beyond = whole["features"]

    assert overlap["properties"] == {
        "layer": "wards",
        "kind": "overlap",
        "codes": ["1", "2"],
        "square_metres": 2461.8,
        "mean_width_metres": 2.22,
        "sliver": True,
    }
    assert [gap["properties"]["codes"], beyond["properties"]["codes"]] == [[], ["3"]]
    for each, found in zip(whole["features"], FOUND, strict=True):
        shape = shapely.from_geojson(json.dumps(each["geometry"]))
        assert shape.equals(found.shape)
        assert shape.exterior.is_ccw  # RFC 7946, 3.1.6


def test_geojson_of_nothing_is_a_collection() -> None:
    assert folder_files.encoded(survey.collection(())) == (
        b'{"type": "FeatureCollection", "features": [\n\n]}\n'
    )


def drawn(city: list[Area]) -> Any:
    return etree.fromstring(survey.picture("Tiny", DAY, city, findings(city)))


def titles(image: Any, tag: str) -> list[str]:
    path = f".//{{*}}{tag}/{{*}}title"
    return [each.text for each in image.findall(path)]


def test_a_map_shows_areas_and_findings_each_with_its_title() -> None:
    assert titles(drawn(CITY), "path") == [
        "Area city",
        "police A: Area A",
        "wards 1: Area 1",
        "wards 2: Area 2",
        "wards 3: Area 3",
        "gap of wards, 1,230,907 m2",
        "overlap of wards: 1 and 2, 2,462 m2, a sliver",
        "beyond of wards: 3, 123,091 m2",
    ]


def test_what_is_too_small_to_be_seen_has_a_ring() -> None:
    tiny = [
        *CITY[:1],
        area("wards", "1", 0, 0, 0.04, 0.00999),
        area("wards", "2", 0, 0, 1e-5, 2e-5),
    ]

    assert titles(drawn(tiny), "circle") == ["overlap of wards: 1 and 2, 2 m2, a sliver"]


@pytest.mark.parametrize("word", [HOSTILE, "]]>", "<!--", "\ud800"])
def test_names_that_are_markup_are_text(word: str) -> None:
    named = Area("wards", word, word, areas.encode(box(0, 0, 1, 1)))
    image = drawn([named, Area("wards", "1", word, named.geometry)])

    assert {etree.QName(each).localname for each in image.iter()} <= {
        *("svg", "title", "desc", "rect", "text", "g", "path", "circle")
    }


def test_a_map_without_a_boundary_tells_of_overlaps_alone() -> None:
    texts = [each.text for each in drawn(CITY[2:4]).iter("{*}text")]

    assert "Overlaps: 1, 2,462 m2" in texts
    assert not [each for each in texts if each.startswith(("Gaps", "Beyond", "Outside"))]
