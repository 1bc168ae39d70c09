"""The border of a city: of many points, those that it cannot be near to are known at once."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from open311.domain.border import Border

RINGS = {
    "a city": [(-66.3, 44.5, -66.1, 44.7)],
    "at the seam": [(179.9, -0.1, 180, 0.1), (-180, -0.1, -179.9, 0.1)],
    "at a pole": [(-10, 89.8, 10, 89.99)],
}
PLACES = {
    "a city": [(-66.4, 44.4), (-66.2, 44.6), (-66.2, 44.71)],
    "at the seam": [(-179.85, 0.0), (179.85, 0.0), (180.0, 0.15)],
    "at a pole": [(170.0, 89.95), (15.0, 89.85), (0.0, 89.7)],
}


def border(name: str) -> Border:
    return Border(shapely.get_coordinates(shapely.box(*each)) for each in RINGS[name])


@given(
    name=st.sampled_from([*RINGS]),
    which=st.integers(0, 2),
    aside=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
    within=st.floats(0, 30_000),
)
@example("a city", 2, (0.0, 0.0), 1_200)
@example("at the seam", 0, (0.0, 0.0), 6_000)
def test_what_is_near_is_reached(
    name: str, which: int, aside: tuple[float, float], within: float
) -> None:
    long, lat = (each + beside for each, beside in zip(PLACES[name][which], aside, strict=True))
    long, lat = (long + 180) % 360 - 180, min(lat, 90.0)
    told = border(name).reached(np.array([long]), np.array([lat]), within)

    if border(name).nearest(long, lat, within) is not None:
        assert told.tolist() == [True]


def test_of_many_points_those_beside_the_border_are_reached() -> None:
    longs = np.linspace(-67, -66, 10_001)
    told = border("a city").reached(longs, np.full(len(longs), 44.6), 1_000)

    reached = longs[told]
    assert -66.315 < reached.min() < -66.31
    assert -66.09 < reached.max() < -66.085


def test_no_point_is_near_to_a_border_that_is_not_there() -> None:
    assert Border(()).reached(np.array([1.0]), np.array([2.0]), 1_000).tolist() == [False]
    assert border("a city").reached(np.empty(0), np.empty(0), 1_000).tolist() == []
