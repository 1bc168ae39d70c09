"""Boston's own files of areas, as they circulate."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest
import shapely
from msgspec.structs import replace

from open311.domain import areas, metres, survey
from open311.domain.map import Map
from open311.errors import Invalid
from open311.formats import area_files, geodata
from open311.formats.area_files import Gathered
from tests.city import boston

pytestmark = pytest.mark.skipif(
    not boston.DATA.exists() and os.environ.get("CI") != "true",
    reason="Boston's open data is not beside the project, in ../shared/data/boston",
)


def gather(name: str, code: str, crs: str | None = None, title: str | None = None) -> Gathered:
    found = geodata.degrees(geodata.read(boston.DATA / name), crs)
    return area_files.gathered(found, "layer", code, title)


def test_a_layer_in_feet_is_the_one_in_degrees_once_its_system_is_said() -> None:
    feet = "police_districts_epsg2249.geojson"
    with pytest.raises(Invalid, match=r"cannot be degrees; say which system .* EPSG:2249"):
        gather(feet, "DISTRICT")
    points = np.array(
        [(float(row["LONGITUDE"]), float(row["LATITUDE"])) for row in boston.requests()]
    ).T
    found = [
        [each.codes["layer"], each.locate_many(*points).areas["layer"]]
        for each in (
            Map(gather(feet, "DISTRICT", "EPSG:2249").areas),
            Map(gather("police_districts.geojson", "DISTRICT").areas),
        )
    ]
    (turned, ours), (codes, theirs) = found

    assert turned == codes
    assert len(codes) == 12
    # The two files are a metre apart, since WGS84 and NAD83 are: 103 of 58,119 points differ.
    assert (ours == theirs).mean() > 0.998


def test_an_invalid_neighborhood_is_mended_and_told() -> None:
    found = gather("neighborhoods.geojson", "Neighborhood_ID", title="Name")
    (note,) = found.notes
    (hyde_park,) = [each for each in found.areas if each.name == "Hyde Park"]

    assert len(found.areas) == 26
    assert all(areas.shape(each).is_valid for each in found.areas)
    assert repr(hyde_park.code) in note
    assert "Self-intersection" in note
    assert "m2 became " in note


def test_a_boundary_of_57_000_vertices_is_mended_and_told() -> None:
    found = gather("boundary.geojson", "OBJECTID")
    shape = areas.shape(found.areas[0])

    assert shapely.get_num_coordinates(shape) > 57_000
    assert metres.area(shape) == pytest.approx(125.1e6, rel=1e-3)
    assert "Self-intersection" in found.notes[0]


def test_neighborhoods_overlap_once_and_leave_gaps_most_of_which_are_slivers() -> None:
    boundary = gather("boundary.geojson", "OBJECTID").areas
    city = [replace(each, layer=areas.BOUNDARY) for each in boundary]
    hoods = gather("neighborhoods.geojson", "Name").areas
    found = survey.findings([*city, *hoods])
    kinds = Counter((each.kind, each.sliver) for each in found)
    total = sum(each.square_metres for each in found if each.kind == "gap")
    covered = shapely.union_all([areas.shape(each) for each in hoods])

    assert kinds["overlap", True] == 1
    assert kinds["gap", True] == 106
    assert kinds["gap", False] == 36
    assert total == pytest.approx(metres.area(areas.shape(city[0]) - covered), abs=100)
