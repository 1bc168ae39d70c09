"""Areas: what a geometry must be."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import areas
from open311.domain.folder import Area


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [*rings]}


def test_a_hole_and_several_parts_are_kept() -> None:
    parts = [[box(0, 0, 3, 3), box(1, 1, 2, 2)], [box(5, 5, 6, 6)]]
    whole, flaws = areas.parse({"type": "MultiPolygon", "coordinates": parts})

    assert flaws == []
    assert whole.area == 9
    assert json.loads(areas.encode(whole))["coordinates"] == parts


@pytest.mark.parametrize(
    "ring",
    [
        box(-180, -90, 180, 90),
        box(0, 0, 1, 1)[::-1],  # either way round; RFC 7946 asks readers not to mind
    ],
)
def test_a_ring_at_the_edge_of_what_is_allowed_is_taken(ring: list[list[float]]) -> None:
    assert areas.parse(polygon(ring))[1] == []


@pytest.mark.parametrize(
    ("coordinates", "flaws"),
    [
        ("[]", [(("coordinates",), "is empty")]),
        (None, [(("coordinates",), "is empty")]),
        ([1], [(("coordinates", 0), "is not a list of [longitude, latitude]")]),
        ([[[0, 0], [1]]], [(("coordinates", 0), "is not a list of [longitude, latitude]")]),
        ([[[True, 0]]], [(("coordinates", 0), "is not a list of [longitude, latitude]")]),
        ([[]], [(("coordinates", 0), "has 0 positions; a ring has 4 or more")]),
        (
            [box(180, 0, 180.1, 1), box(0, 89, 1, 90.1)],
            [(("coordinates",), "is not in degrees and looks projected; reproject to WGS84")],
        ),
        (
            [box(0, 0, 1, 1)[:4], box(0, 0, 1, 1)[:2]],
            [
                (("coordinates", 0), "is not closed: its last position is not its first"),
                (("coordinates", 1), "has 2 positions; a ring has 4 or more"),
            ],
        ),
    ],
)
def test_every_flaw_of_a_geometry_is_told(coordinates: object, flaws: list[areas.Flaw]) -> None:
    assert areas.parse({"type": "Polygon", "coordinates": coordinates}) == (None, flaws)


@pytest.mark.parametrize(
    ("rings", "reason"),
    [
        ([box(1, 1, 1, 1)], "Too few points"),
        ([[[0, 0], [2, 2], [1, 1], [0, 0]]], "Too few points|Self-intersection"),
        ([box(0, 0, 1, 1), box(0, 0, 1, 1)], "Self-intersection"),
        ([box(0, 0, 1, 1), box(5, 5, 6, 6)], "Hole lies outside shell"),
    ],
)
def test_a_shape_that_is_none_says_why(rings: list[Any], reason: str) -> None:
    whole, ((place, text),) = areas.parse(polygon(*rings))

    assert whole is None
    assert place == ("coordinates",)
    assert text.startswith("is not valid: ")
    assert any(each in text for each in reason.split("|"))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=2)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
POSITIONS = st.tuples(st.integers(-3, 3), st.integers(-3, 3)).map(list)
RINGS = st.lists(POSITIONS, min_size=3, max_size=8).map(lambda ring: [*ring, ring[0]])


@given(
    st.sampled_from(["Polygon", "MultiPolygon"]),
    ANYTHING | st.lists(RINGS | ANYTHING, max_size=3) | st.lists(st.lists(RINGS, max_size=2)),
)
def test_any_coordinates_are_a_valid_shape_or_have_flaws(kind: str, coordinates: object) -> None:
    whole, flaws = areas.parse({"type": kind, "coordinates": coordinates})

    assert (whole is None) == bool(flaws)
    assert whole is None or (whole.is_valid and whole.area > 0)


@given(st.floats(-180, 179), st.floats(-90, 89), st.floats(1e-6, 1))
def test_a_shape_comes_back_from_its_bytes_to_the_last_digit(
    west: float, south: float, side: float
) -> None:
    whole, _ = areas.parse(polygon(box(west, south, west + side, south + side)))
    area = Area(layer="x", code="1", name="1", geometry=areas.encode(whole))

    assert areas.shape(area).wkb == whole.wkb


def test_a_boundary_of_sixty_thousand_positions_takes_no_time() -> None:
    ring = []
    for index in range(60_000):
        turn = index * math.tau / 60_000
        far = 1 + math.sin(500 * turn) / 1000  # a shore, seen from its middle
        ring.append([far * math.cos(turn), far * math.sin(turn)])
    begun = time.perf_counter()
    _, flaws = areas.parse(polygon([*ring, ring[0]]))

    assert flaws == []
    assert time.perf_counter() - begun < 3
