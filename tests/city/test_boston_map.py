"""The map of a real city: Boston's districts, against what its own columns say of each request."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from open311.domain import metres
from open311.domain.areas import shape
from open311.domain.folder import Area
from open311.domain.map import Map
from tests.city import boston

CITY_HALL = (-71.0587, 42.3594)
"""Where a request lies of which nobody knew the place."""

TOLERANCE = 25.0

pytestmark = pytest.mark.skipif(
    not boston.DATA.exists() and os.environ.get("CI") != "true",
    reason="Boston's open data is not beside the project, in ../shared/data/boston",
)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    assert boston.DATA.exists(), f"{boston.DATA} is missing, and must not be in CI"
    found = boston.requests()
    return [row for row in found if place(row) != CITY_HALL]


@pytest.fixture(scope="module")
def whole() -> Map:
    (feature,) = boston.boundary(mended=True)["features"]
    geometry = json.dumps(feature["geometry"]).encode()
    return Map(
        [
            Area(layer="boundary", code="boston", name="Boston", geometry=geometry),
            *boston.layer("police", "police_districts.geojson", "DISTRICT"),
            *boston.layer("neighborhoods", "neighborhoods.geojson", "Name"),
            *boston.layer("works", "pwd_districts_derived.geojson", "district"),
        ],
        TOLERANCE,
    )


def place(row: dict[str, str]) -> tuple[float, float]:
    return float(row["LONGITUDE"]), float(row["LATITUDE"])


def test_points_fall_in_the_police_district_that_the_city_names(
    rows: list[dict[str, str]], whole: Map
) -> None:
    """99.38 % of 49,367; 18 of these name none, and the others are near a border."""
    many = whole.locate_many(*np.array([*map(place, rows)]).T)
    names = [*whole.codes["police"], ""]
    agreed = sum(
        names[found] == row["police_district"]
        for found, row in zip(many.areas["police"].tolist(), rows, strict=True)
    )

    assert len(rows) == 49_367
    assert agreed / len(rows) >= 0.99


def test_each_point_is_located_as_among_many_and_hardly_any_is_outside(
    rows: list[dict[str, str]], whole: Map
) -> None:
    some = rows[::10]
    many = whole.locate_many(*np.array([*map(place, some)]).T)
    for index, row in enumerate(some):
        located = whole.locate(*place(row))
        assert (located is not None) == many.inside[index]
        if located:
            assert located.moved == many.moved[index] <= TOLERANCE
            for layer, codes in whole.codes.items():
                found = int(many.areas[layer][index])
                assert located.areas.get(layer) == (codes[found] if found >= 0 else None)

    assert many.inside.mean() > 0.999


@pytest.mark.parametrize(
    ("file", "column"),
    [("boundary", "SHAPESTArea"), ("police_districts", "ShapeSTArea")],
)
def test_areas_are_as_large_as_the_city_says(file: str, column: str) -> None:
    """Published in square US survey feet of the State Plane, whose scale is up to 1e-4 off."""
    features = boston.read(f"{file}.geojson")["features"]
    areas = boston.layer("x", f"{file}.geojson", "OBJECTID")
    for feature, area in zip(features, areas, strict=True):
        published = feature["properties"][column] * (1200 / 3937) ** 2
        assert metres.area(shape(area)) == pytest.approx(published, rel=2e-4)
