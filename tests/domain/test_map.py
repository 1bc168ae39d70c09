"""The map: laws, the edges by hand, and the nearest border against what geographiclib finds."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st

from open311.domain import areas, metres
from open311.domain import map as maps
from open311.domain.folder import Area
from open311.domain.map import Located, LocatedMany, Map

MILLIMETRE = 1e-3


def area(layer: str, code: str, *shapes: Any) -> Area:
    """An area that consists of boxes (west, south, east, north), or of shapes."""
    parts = [shapely.box(*each) if isinstance(each, tuple) else each for each in shapes]
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return Area(layer=layer, code=code, name=code, geometry=areas.encode(whole))


def boundary(*shapes: Any) -> Area:
    return area("boundary", "all", *shapes)


def codes(whole: Map, long: float, lat: float, layer: str = "wards") -> tuple[str, ...]:
    """All codes that cover a point, the one that counts first."""
    located = whole.locate(long, lat)
    assert located is not None
    if layer not in located.areas:
        assert layer not in located.ties
        return ()
    all_codes = located.ties.get(layer, (located.areas[layer],))
    assert all_codes[0] == located.areas[layer]
    return all_codes


def singles(whole: Map, many: LocatedMany) -> list[Located | None]:
    """What was said of many points, as it is said of each; without ties."""
    found: list[Located | None] = []
    for index, inside in enumerate(many.inside):
        of = {layer: int(each[index]) for layer, each in many.areas.items()}
        at = (float(each[index]) for each in (many.longs, many.lats, many.moved))
        named = {layer: whole.codes[layer][code] for layer, code in of.items() if code >= 0}
        assert inside or not named
        found.append(Located(*at, named, {}) if inside else None)
    return found


def without_ties(located: Located | None) -> Located | None:
    return located and Located(located.long, located.lat, located.moved, located.areas, {})


# --- covering -----------------------------------------------------------------------------------

WEST, EAST = (0, 0, 1, 2), (1, 0, 2, 2)
WARDS = Map([area("wards", "10", WEST), area("wards", "9", EAST)])


@pytest.mark.parametrize(
    ("long", "lat", "expected"),
    [
        (0.5, 1, ("10",)),
        (1.5, 1, ("9",)),
        (1, 1, ("9", "10")),  # the border belongs to both: 9 is before 10
        (1, 0, ("9", "10")),  # a vertex of both
        (1, 2, ("9", "10")),
        (0, 0, ("10",)),  # a vertex of one
        (2, 1, ("9",)),  # the outer border
        (0.3, 2, ("10",)),
        (math.nextafter(1, 0), 1, ("10",)),
        (math.nextafter(1, 2), 1, ("9",)),
        (math.nextafter(2, 3), 1, ()),
        (-1, 1, ()),
        (math.nan, math.nan, ()),
    ],
)
def test_the_border_belongs_to_the_area(long: float, lat: float, expected: tuple[str]) -> None:
    assert codes(WARDS, long, lat) == expected


def test_digits_of_codes_count_as_numbers_and_nothing_else_is_equal() -> None:
    wanted = ["", "2", "02", "10", "A", "A2", "A2b", "A10", "A10a2", "A10a10", "a1", "é", "\u0661"]

    assert [*WARDS.codes["wards"]] == ["9", "10"]
    assert sorted(random.Random(4).sample(wanted, len(wanted)), key=maps.rank) == sorted(
        wanted, key=maps.rank
    )
    assert sorted(["A10", "10", "A2", "A2b", "2"], key=maps.rank) == ["2", "10", "A2", "A2b", "A10"]
    assert len({repr(maps.rank(each)) for each in wanted}) == len(wanted)


def test_a_hole_is_outside_and_its_border_is_not() -> None:
    shell, hole = shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2)
    whole = Map([area("wards", "ring", shell - hole), area("wards", "yolk", hole)])

    assert codes(whole, 0.5, 0.5) == ("ring",)
    assert codes(whole, 1.5, 1.5) == ("yolk",)
    assert codes(whole, 1, 1.5) == codes(whole, 2, 2) == ("ring", "yolk")


def test_an_area_of_several_parts_is_one_area() -> None:
    whole = Map([area("wards", "1", (0, 0, 1, 1), (1, 1, 2, 2), (5, 5, 6, 6))])

    assert codes(whole, 0.5, 0.5) == codes(whole, 5.5, 5.5) == ("1",)
    assert codes(whole, 1, 1) == ("1",)  # where two parts touch
    assert codes(whole, 1.5, 0.5) == ()


def test_layers_know_nothing_of_one_another() -> None:
    whole = Map([area("wards", "1", WEST), area("police", "A", WEST), area("parks", "x", EAST)])

    assert whole.locate(0.5, 1) == Located(0.5, 1, 0.0, {"wards": "1", "police": "A"}, {})


def test_one_code_twice_in_a_layer_is_no_tie() -> None:
    whole = Map([area("wards", "1", WEST), area("wards", "1", EAST)])

    assert codes(whole, 1, 1) == ("1",)
    assert whole.codes == {"wards": ("1",)}


@pytest.mark.parametrize(
    ("shape", "on", "beside"),
    [
        (shapely.Polygon([(1, 1)] * 4), (1, 1), (1, 1.0000001)),
        (shapely.Polygon([(0, 0), (2, 2), (1, 1)]), (0.5, 0.5), (0.5, 0.5000001)),
        (shapely.Polygon([(0, 0), (2, 0), (1, 1e-15)]), (1.5, 0), (1.5, 1e-14)),
        (shapely.box(0, 0, 2, 5e-324), (1, 5e-324), (1, 1e-300)),
    ],
)
def test_an_area_without_size_or_nearly_covers_what_it_consists_of(
    shape: Any, on: tuple[float, float], beside: tuple[float, float]
) -> None:
    whole = Map([area("wards", "thin", shape), area("wards", "wide", (-9, -9, 9, 9))])

    assert codes(whole, *on) == ("thin", "wide")
    assert codes(whole, *beside) == ("wide",)


def test_an_empty_area_covers_nothing() -> None:
    whole = Map([area("wards", "none", shapely.Polygon()), area("wards", "some", EAST)], 9)

    assert codes(whole, 1.5, 1) == ("some",)
    assert codes(whole, 0, 0) == ()


def test_no_areas_at_all_are_a_map() -> None:
    whole = Map([], 25)
    none = whole.locate_many(np.array([]), np.array([]))

    assert whole.codes == {}
    assert whole.locate(1, 2) == Located(1, 2, 0.0, {}, {})
    assert singles(whole, whole.locate_many(np.array([1.0]), np.array([2.0]))) == [
        Located(1, 2, 0.0, {}, {})
    ]
    assert (len(none.inside), none.areas) == (0, {})


# --- the seam and the poles ---------------------------------------------------------------------

FIJI = Map(
    [
        boundary((177, -19, 180, -16), (-180, -19, -178, -16)),
        area("wards", "1", (177, -19, 180, -17.5)),
        area("wards", "2", (-180, -19, -178, -17)),
        area("wards", "3", (179, -17, 180, -16), (-180, -17, -179, -16)),
    ],
    tolerance=100,
)


@pytest.mark.parametrize("long", [-180, 180])
@pytest.mark.parametrize(
    ("lat", "expected"),
    [
        (-18, ("1", "2")),
        (-17.5, ("1", "2")),
        (-17.2, ("2",)),  # from the east alone
        (-17, ("2", "3")),
        (-16.5, ("3",)),
    ],
)
def test_both_sides_of_the_seam_cover_a_point_on_it(
    long: float, lat: float, expected: tuple[str]
) -> None:
    assert codes(FIJI, long, lat) == expected
    assert codes(FIJI, long, lat, "boundary") == ("all",)


def test_off_the_seam_each_side_is_its_own() -> None:
    assert codes(FIJI, 179.999, -18) == ("1",)
    assert codes(FIJI, -179.999, -18) == ("2",)
    assert codes(FIJI, 179.999, -17.2) == ()


def test_who_is_beyond_the_seam_is_moved_across_it() -> None:
    whole = Map([boundary((-180, -19, -178, -16))], tolerance=100)
    located = whole.locate(179.9995, -17)

    assert located is not None
    assert abs(located.long) == 180
    assert located.lat == pytest.approx(-17, abs=1e-7)
    assert located.moved == pytest.approx(metres.distance(179.9995, -17, 180, -17), abs=1e-3)
    assert whole.locate(179.999, -17) is None  # 106 m


@pytest.mark.parametrize("long", [-180, -100, 0, 77.7, 180])
def test_a_pole_is_one_place_whatever_its_longitude(long: float) -> None:
    wedge, far = area("wards", "wedge", (10, 80, 20, 90)), area("wards", "far", (0, -90, 9, -80))
    whole = Map([wedge, far])

    assert codes(whole, long, 90) == ("wedge",)
    assert codes(whole, long, -90) == ("far",)
    assert codes(whole, 15, 89.9999999) == ("wedge",)


@pytest.mark.parametrize("lat", [1, -1])
def test_near_a_pole_the_nearest_border_is_across_it(lat: int) -> None:
    """7.819 m from the pole; across it, a corner 11.169 m from it is 10 degrees off the line."""
    south, north = sorted((lat * 80, lat * 89.9999))
    whole = Map([boundary((-10, south, 10, north))], tolerance=40)
    located = whole.locate(180 - 1e-9, lat * 89.99993)

    assert located is not None
    assert located.moved == pytest.approx(18.918, abs=0.001)
    assert whole.locate(180, lat * 89.999) is None


def test_a_city_around_a_pole_has_its_border_all_around() -> None:
    whole = Map([boundary((-180, 89.99, 180, 90))], tolerance=50)
    located = whole.locate(33.3, 89.9899)

    assert located is not None
    assert (located.long, located.lat) == pytest.approx((33.3, 89.99), abs=1e-6)
    assert whole.locate(123, 89.995) == Located(123, 89.995, 0.0, {"boundary": "all"}, {})


# --- outside ------------------------------------------------------------------------------------

SQUARE = (-66.21, 44.6, -66.2, 44.61)


def test_outside_is_nowhere() -> None:
    whole = Map([boundary(SQUARE), area("wards", "1", (-67, 44, -66, 45))])

    assert whole.locate(-66.2, 44.605) is not None
    assert whole.locate(math.nextafter(-66.2, 0), 44.605) is None
    assert singles(whole, whole.locate_many(np.array([-66.1]), np.array([44.605]))) == [None]


def test_who_is_moved_is_counted_where_they_were_moved_to() -> None:
    west, east = (-66.21, 44.6, -66.205, 44.61), (-66.205, 44.6, -66.2, 44.61)
    wards = [
        area("wards", "1", west),
        area("wards", "2", east),
        area("wards", "3", (-66, 44, 0, 45)),
    ]
    whole = Map([boundary(SQUARE), *wards], tolerance=25)
    located = whole.locate(-66.202, 44.6102)

    assert located is not None
    assert located.areas == {"boundary": "all", "wards": "2"}
    assert (located.long, located.lat) == pytest.approx((-66.202, 44.61), abs=1e-8)
    assert located.moved == pytest.approx(
        metres.distance(-66.202, 44.61, -66.202, 44.6102), abs=1e-3
    )
    assert whole.locate(-66.202, 44.6103) is None  # 33 m


def test_a_point_in_a_hole_of_the_city_is_moved_to_the_border_of_the_hole() -> None:
    hole = shapely.box(-66.206, 44.604, -66.204, 44.606)
    whole = Map([boundary(shapely.box(*SQUARE) - hole)], tolerance=25)
    located = whole.locate(-66.2041, 44.605)

    assert located is not None
    assert located.long == pytest.approx(-66.204, abs=1e-8)
    assert whole.locate(-66.205, 44.605) is None


def test_a_corner_is_moved_to_exactly() -> None:
    whole = Map([boundary(SQUARE)], tolerance=25)
    located = whole.locate(-66.1999, 44.6101)

    assert located is not None
    assert (located.long, located.lat) == (-66.2, 44.61)


def test_a_boundary_as_thin_as_a_digit_still_takes_who_is_near() -> None:
    thin = shapely.Polygon(
        [(10.1, 50.1), (10.1013, 50.1007), (10.1013, math.nextafter(50.1007, 51))]
    )
    whole = Map([boundary(thin)], tolerance=200)
    located = whole.locate(10.1006, 50.1)

    assert located is not None
    assert located.moved <= 200
    assert located.areas == {"boundary": "all"}


def test_a_long_line_is_straight_in_degrees_and_not_on_the_ground() -> None:
    """At 60 degrees the great circle of a line of 60 degrees passes 400 km north of its middle."""
    whole = Map([boundary((0, 50, 60, 60))], tolerance=1_000)
    located = whole.locate(30, 60.005)

    assert located is not None
    assert located.moved == pytest.approx(metres.distance(30, 60.005, 30, 60), abs=1e-3)


def test_a_city_without_a_boundary_has_no_outside() -> None:
    assert codes(Map([area("wards", "1", WEST)], tolerance=25), 170, -80) == ()


# --- against geographiclib ----------------------------------------------------------------------


def star(data: st.DataObject, long: float, lat: float, size: float) -> Any:
    """A shape around a place, cut at the seam and at the pole."""
    wide = size / max(math.cos(math.radians(lat)), 1e-3)
    radii = data.draw(st.lists(st.floats(0.3, 1), min_size=3, max_size=6))
    turns = [index * math.tau / len(radii) for index in range(len(radii))]
    whole = shapely.Polygon(
        (long + wide * far * math.cos(turn), lat + size * far * math.sin(turn))
        for far, turn in zip(radii, turns, strict=True)
    )
    parts = []
    for turn in (-360, 0, 360):
        moved = shapely.transform(whole, lambda each, turn=turn: each + (turn, 0))  # noqa: RUF005
        parts += shapely.get_parts(moved & shapely.box(-180, -90, 180, 90)).tolist()
    return shapely.MultiPolygon([each for each in parts if each.geom_type == "Polygon"])


def nearest(shape: Any, long: float, lat: float) -> float:
    """Metres to the border of a shape: geographiclib is asked for many positions of each line."""

    def far(part: float) -> float:
        return metres.distance(long, lat, *(one + (other - one) * part for one, other in ends))

    least = math.inf
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        lines = shapely.get_coordinates(ring).tolist()
        for start, end in itertools.pairwise(lines):
            ends = [*zip(start, end, strict=True)]
            best = min(range(9), key=lambda eighth: far(eighth / 8)) / 8
            low, high = max(best - 1 / 8, 0), min(best + 1 / 8, 1)
            while high - low > 1e-5:
                third = (high - low) / 3
                if far(low + third) < far(high - third):
                    high -= third
                else:
                    low += third
            least = min(least, far(low), far(high))
    return least


@given(
    st.floats(-180, 180) | st.sampled_from([-180.0, 179.9999]),
    st.floats(-89.999, 89.999) | st.floats(89.9, 89.999),
    st.floats(1e-5, 1e-3),
    st.floats(0, 1e3),
    st.floats(0.3, 2.5),
    st.floats(0, math.tau),
    st.data(),
)
def test_who_is_moved_is_moved_to_the_nearest_border_and_never_farther_than_allowed(
    long: float,
    lat: float,
    size: float,
    tolerance: float,
    away: float,
    turn: float,
    data: st.DataObject,
) -> None:
    whole = star(data, long, lat, size)
    assume(whole.is_valid and not whole.is_empty)
    far = size * away
    wide = far / max(math.cos(math.radians(lat)), 1e-3)
    here = ((long + wide * math.cos(turn) + 180) % 360 - 180, lat + far * math.sin(turn))
    assume(abs(here[1]) <= 90)
    city = Map([boundary(whole)], tolerance)
    located = city.locate(*here)
    if located is None:
        assert nearest(whole, *here) > tolerance - MILLIMETRE
    elif located.moved == 0:
        assert located == Located(*here, 0.0, {"boundary": "all"}, {})
    else:
        assert located.moved <= tolerance
        assert located.moved == metres.distance(*here, located.long, located.lat)
        assert located.moved == pytest.approx(nearest(whole, *here), abs=MILLIMETRE)
        assert located.areas == {"boundary": "all"}
        again = city.locate(located.long, located.lat)
        assert again == Located(located.long, located.lat, 0.0, {"boundary": "all"}, {})


# --- laws ---------------------------------------------------------------------------------------

WHOLE = st.integers(-3, 3)
BOXES = st.tuples(WHOLE, WHOLE, st.integers(1, 3), st.integers(1, 3)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
AREAS = st.lists(
    st.builds(
        area,
        st.sampled_from(["boundary", "wards", "police"]),
        st.sampled_from(["1", "2", "10", "A2", "A10"]),
        BOXES,
    ),
    max_size=12,
    unique_by=lambda each: (each.layer, each.code),
)
PLACES = st.lists(
    st.tuples(
        st.integers(-14, 14).map(lambda half: half / 2) | st.floats(-180, 180),
        st.integers(-14, 14).map(lambda half: half / 2) | st.floats(-90, 90),
    )
    | st.sampled_from([(180.0, 0.5), (-180.0, 0.5), (7.0, 90.0), (7.0, -90.0)]),
    max_size=8,
)
SEAM = [
    boundary((179, -1, 180, 1)),
    area("wards", "1", (-180, 0, -179, 1)),
    area("wards", "2", (170, 80, 180, 90)),
]
ON_IT = [(180.0, 0.5), (-180.0, 0.5), (-180.0, 85.0), (7.0, 90.0), (-179.999, 0.5)]


@given(AREAS, PLACES, st.randoms(use_true_random=False), st.sampled_from([0, 1e5]))
@example(SEAM, ON_IT, random.Random(1), 1_000)
def test_the_order_of_the_areas_never_changes_an_answer(
    given: list[Area], places: list[tuple[float, float]], shuffle: random.Random, tolerance: float
) -> None:
    other = shuffle.sample(given, len(given))
    one, two = Map(given, tolerance), Map(other, tolerance)

    assert [one.locate(*each) for each in places] == [two.locate(*each) for each in places]


@pytest.mark.parametrize("room", [0, 1_500, 46_000_000])  # for no area to be ready, some, all
@given(given=AREAS, places=PLACES, tolerance=st.sampled_from([0, 1e5]))
@example(given=SEAM, places=ON_IT, tolerance=1_000)
def test_many_points_are_located_as_each_of_them(
    room: int, given: list[Area], places: list[tuple[float, float]], tolerance: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "_ROOM", room)
        whole = Map(given, tolerance)
    longs, lats = np.array(places, dtype=float).reshape(-1, 2).T
    many = whole.locate_many(longs, lats)
    all_ready = Map(given, tolerance)

    assert singles(whole, many) == [without_ties(whole.locate(*each)) for each in places]
    assert [whole.locate(*each) for each in places] == [all_ready.locate(*each) for each in places]


@given(AREAS, PLACES)
def test_an_area_covers_what_shapely_says_it_covers(
    given: list[Area], places: list[tuple[float, float]]
) -> None:
    wards = [each for each in given if each.layer != "boundary"]
    whole = Map(wards)
    for place, layer in itertools.product(places, ("wards", "police")):
        if abs(place[0]) < 180 and abs(place[1]) < 90:
            expected = {
                each.code
                for each in wards
                if each.layer == layer and areas.shape(each).covers(shapely.Point(place))
            }
            assert set(codes(whole, *place, layer)) == expected


def quarters(middle: tuple[float, float], sides: list[float]) -> Iterable[Any]:
    """A square of 0 to 1 in four parts, which share a middle and a position of each side."""
    one, two, three, four = sides
    yield shapely.Polygon([(0, 0), (one, 0), middle, (0, four)])
    yield shapely.Polygon([(one, 0), (1, 0), (1, two), middle])
    yield shapely.Polygon([(1, two), (1, 1), (three, 1), middle])
    yield shapely.Polygon([(three, 1), (0, 1), (0, four), middle])


PART = st.floats(0.4, 0.6)


@given(
    st.tuples(PART, PART),
    st.lists(PART, min_size=4, max_size=4),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3))),
    st.lists(st.tuples(st.floats(-0.001, 1.001), st.floats(-0.001, 1.001))),
)
def test_areas_that_part_the_boundary_leave_no_point_in_none(
    middle: tuple[float, float],
    sides: list[float],
    on_borders: list[tuple[float, int]],
    anywhere: list[tuple[float, float]],
) -> None:
    wards = [area("wards", str(n), each) for n, each in enumerate(quarters(middle, sides))]
    whole = Map([boundary((0, 0, 1, 1)), *wards], tolerance=50)
    ends = [(sides[0], 0.0), (1.0, sides[1]), (sides[2], 1.0), (0.0, sides[3])]
    borders = [
        tuple(one + (other - one) * part for one, other in zip(middle, ends[end], strict=True))
        for part, end in on_borders
    ]
    for place in [middle, *ends, *borders, *anywhere]:
        located = whole.locate(*place)
        if located is None:
            assert not (0 <= place[0] <= 1 and 0 <= place[1] <= 1)
        else:
            assert set(located.areas) == {"boundary", "wards"}


def test_threads_may_ask_one_map_at_once() -> None:
    turns = np.linspace(0, math.tau, 5_000)
    shapes = [
        shapely.Polygon(np.column_stack((size * np.cos(turns), size * np.sin(turns))))
        for size in (1, 2, 3, 4)
    ]
    generator = np.random.default_rng(4)
    longs, lats = generator.uniform(-5, 5, (2, 2_000))

    def asked(_: int) -> list[Located | None]:
        return singles(whole, whole.locate_many(longs, lats))

    whole = Map([area("wards", str(size), each) for size, each in enumerate(shapes)])
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(asked, range(8))

    assert all(each == first for each in others)
