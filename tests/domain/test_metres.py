"""Metres: against geographiclib's own polygons, numbers of others, and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import metres

LONGS, LATS = st.floats(-180, 180), st.floats(-90, 90)
ENDS = st.tuples(LONGS, LATS, LONGS, LATS)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0, 0, 0, 0), 0),
        ((0, 0, 1, 0), 111_319.491),  # a degree of the equator: 6,378,137 m * pi / 180
        ((0, 0, 0, 90), 10_001_965.729),  # a quarter of a meridian
        ((179.9999, -17, -179.9999, -17), 21.297),
        ((10, 90, -170, 90), 0),  # a pole has every longitude
        ((0, 89.999, 180, 89.999), 223.388),  # across it
        ((0, 0, 180, 0), 20_003_931.459),  # to the far side, over a pole
    ],
)
def test_distances_that_are_known(ends: tuple[float, float, float, float], expected: float) -> None:
    assert metres.distance(*ends) == pytest.approx(expected, abs=1e-3)


@given(ENDS)
def test_a_distance_is_the_same_there_and_back(ends: tuple[float, float, float, float]) -> None:
    back = (*ends[2:], *ends[:2])

    assert metres.distance(*ends) == pytest.approx(metres.distance(*back), abs=1e-6)


@given(ENDS)
def test_no_distance_is_less_than_on_the_least_sphere(
    ends: tuple[float, float, float, float],
) -> None:
    """What the search for the nearest border relies on."""
    long, lat, other_long, other_lat = map(math.radians, ends)
    half = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin((other_long - long) / 2) ** 2
    )
    least = 2 * metres.LEAST_RADIUS * math.asin(math.sqrt(min(half, 1)))

    assert metres.distance(*ends) >= least - 1e-3


@given(LONGS, LATS, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_through_the_earth_is_as_far_as_over_it_but_for_a_hair(
    long: float, lat: float, east: float, north: float
) -> None:
    there = (long + east, max(-90, min(90, lat + north)))
    way = metres.distance(long, lat, *there)
    one, other = metres.geocentric(np.array([(long, lat), there]))

    assert np.linalg.norm(one - other) == pytest.approx(way, rel=(way / 3e7) ** 2, abs=1e-6)


# --- surfaces -----------------------------------------------------------------------------------


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def test_the_whole_earth_has_the_surface_that_it_has() -> None:
    assert metres.area(box(-180, -90, 180, 90)) == pytest.approx(510_065_621_724_088, rel=1e-9)


def test_a_hole_is_taken_off_whichever_way_the_rings_run() -> None:
    shell, hole = [(0, 0), (3, 0), (3, 3), (0, 3)], [(1, 1), (2, 1), (2, 2), (1, 2)]
    rest = metres.area(box(0, 0, 3, 3)) - metres.area(box(1, 1, 2, 2))
    found = {
        round(metres.area(shapely.Polygon(one, [other])), 3)
        for one in (shell, shell[::-1])
        for other in (hole, hole[::-1])
    }

    assert found == {round(rest, 3)}


def test_parts_add_up_and_only_surfaces_count() -> None:
    one, other = box(0, 0, 1, 1), box(5, 5, 6, 6)
    line, point = shapely.LineString([(0, 0), (1, 1)]), shapely.Point(0, 0)
    mixed = shapely.GeometryCollection([shapely.MultiPolygon([one, other]), line, point])

    assert metres.area(mixed) == metres.area(one) + metres.area(other)


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon(),
        shapely.MultiPolygon(),
        shapely.Polygon([(1, 1)] * 4),
        shapely.Polygon([(0, 0), (2, 2), (1, 1)]),
    ],
)
def test_what_has_no_inside_has_no_surface(shape: shapely.Geometry) -> None:
    assert metres.area(shape) == pytest.approx(0, abs=1e-3)


def test_altitudes_change_nothing() -> None:
    flat = [(0, 0), (1, 0), (1, 1)]

    assert metres.area(shapely.Polygon([(*each, 9.0) for each in flat])) == metres.area(
        shapely.Polygon(flat)
    )


@given(LONGS, st.floats(-89.99, 89.99), st.floats(1e-5, 1e-3), st.integers(3, 12))
def test_a_small_shape_is_as_large_as_its_geodesics_enclose(
    long: float, lat: float, size: float, corners: int
) -> None:
    turns = [index * math.tau / corners for index in range(corners)]
    ring = [(long + size * math.cos(turn), lat + size * math.sin(turn)) for turn in turns]
    polygon = Geodesic.WGS84.Polygon()
    for east, north in ring:
        polygon.AddPoint(north, east)

    expected = abs(polygon.Compute()[2])
    assert metres.area(shapely.Polygon(ring)) == pytest.approx(expected, rel=1e-5, abs=1e-2)


@given(st.floats(-170, 0), st.floats(-90, 0), st.floats(1e-3, 170), st.floats(1e-3, 90), st.data())
def test_parts_of_a_box_are_as_large_as_the_box(
    west: float, south: float, wide: float, high: float, data: st.DataObject
) -> None:
    """A line between two positions is straight in degrees, however long it is."""
    east, north = west + wide, south + high
    here = st.tuples(st.floats(west, east), st.floats(south, north))
    middle = data.draw(here)
    corners = [(west, south), (east, south), (east, north), (west, north)]
    parts = [
        shapely.Polygon([middle, corner, corners[index - 1]])
        for index, corner in enumerate(corners)
    ]

    assert sum(map(metres.area, parts)) == pytest.approx(
        metres.area(box(west, south, east, north)), rel=1e-8, abs=1e-2
    )


def test_many_polygons_have_the_sizes_that_each_has_alone() -> None:
    holed = shapely.Polygon(box(0, 0, 3, 3).exterior, [box(1, 1, 2, 2).exterior])
    polygons = [holed, shapely.Polygon(), box(-71.1, 42.3, -71, 42.4), shapely.Polygon()]
    areas, perimeters = metres.sizes(polygons)

    assert areas.tolist() == pytest.approx([metres.area(each) for each in polygons], rel=1e-12)
    assert perimeters[1] == perimeters[3] == 0
    assert perimeters[0] == pytest.approx(
        sum(metres.sizes([box(*each)])[1][0] for each in ((0, 0, 3, 3), (1, 1, 2, 2)))
    )
    assert [each.shape for each in metres.sizes([])] == [(0,), (0,)]


def test_a_perimeter_is_the_sum_of_its_distances_but_for_the_antimeridian() -> None:
    south, north = metres.distance(10, 50, 10.1, 50), metres.distance(10, 50.1, 10.1, 50.1)
    side = metres.distance(10, 50, 10, 50.1)
    _, (plain, seam) = metres.sizes([box(10, 50, 10.1, 50.1), box(179.9, 50, 180, 50.1)])

    assert plain == pytest.approx(south + north + 2 * side, rel=1e-6)
    assert seam == pytest.approx(south + north + side, rel=1e-6)
