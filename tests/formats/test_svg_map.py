"""Maps as SVG: well-formed whatever the texts hold, north up, true to scale, not torn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from shapely import MultiPoint, MultiPolygon, Point, Polygon, box

from open311.domain import metres
from open311.formats.map_view import View
from open311.formats.svg_map import BLUE, INK, RED, Layer, Mark, Style, drawn

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('1')</script> & \"quotes\" ]]> \x00\x1f\x7f\ufffe \ud800 --> \r\n"
LINE = Style(line=INK)


def read(image: bytes) -> Any:
    return etree.fromstring(image, etree.XMLParser(resolve_entities=False, no_network=True))


def of(*marks: Mark, style: Style = LINE, frame: tuple[Any, ...] = ()) -> Any:
    return read(drawn("A map", "Of what is.", [Layer("Areas", style, marks)], frame))


def paths(image: Any) -> list[Any]:
    return [each for each in image.iter(f"{SVG}path") if each.find(f"{SVG}title") is not None]


def rings(path: Any) -> Iterator[list[tuple[float, float]]]:
    """The positions of a path."""
    for ring in re.findall("M([^Mz]+)z", path.get("d")):
        across = down = 0.0
        found = []
        for east, south in re.findall(r"(-?[\d.]+)[ l]?(-?[\d.]+)", ring):
            across, down = across + float(east), down + float(south)
            found.append((round(across, 1), round(down, 1)))
        yield found


def ring(path: Any) -> list[tuple[float, float]]:
    (only,) = rings(path)
    return only


def test_north_is_up_and_a_square_of_metres_is_square() -> None:
    north = box(10, 60, 10.02, 60.01)  # half as long a degree
    path = ring(*paths(of(Mark(north, "x"))))
    across, down = zip(*path, strict=True)

    assert path[0] == (max(across), max(down))  # the south-eastern corner comes first in `box`
    assert max(across) - min(across) == pytest.approx(max(down) - min(down), rel=0.001)


def test_the_scale_is_that_of_the_ellipsoid() -> None:
    view = View([box(-71.2, 42.2, -70.9, 42.4)], 960, 840)
    (one, other) = view.pixels(shapely.get_coordinates([Point(-71, 42.25), Point(-71, 42.35)]))

    pixels = one[1] - other[1]
    assert pixels * view.metres == pytest.approx(metres.distance(-71, 42.25, -71, 42.35), rel=1e-4)


@pytest.mark.parametrize(
    ("side", "told"), [(1e-9, "2 m"), (0.001, "20 m"), (0.2, "5 km"), (60, "1,000 km")]
)
def test_the_scale_bar_is_a_round_number(side: float, told: str) -> None:
    image = of(Mark(box(0, -side / 2, side, side / 2)))

    assert f"{told}, north is up" in [each.text for each in image.iter(f"{SVG}text")]


def test_what_lies_on_both_sides_of_the_antimeridian_is_drawn_as_one() -> None:
    taveuni = MultiPolygon([box(179.8, -17, 180, -16.8), box(-180, -17, -179.9, -16.8)])
    image = of(Mark(taveuni, "Taveuni"), Mark(Point(-179.95, -16.9), "A place"))
    path = ring(*paths(image))
    (circle,) = [each for each in image.iter(f"{SVG}circle") if each.get("cx")]

    east, west = max(path)[0], min(path)[0]
    assert len(path) == 6  # four corners, and where the seam was
    assert east - west > 800
    assert float(circle.get("cx")) == pytest.approx(west + (east - west) * 5 / 6, abs=1)


def test_a_hole_stays_one_unless_it_is_too_small_to_see() -> None:
    whole = Polygon(box(0, 0, 1, 1).exterior, [box(0.4, 0.4, 0.6, 0.6).exterior])
    tiny = Polygon(box(0, 0, 1, 1).exterior, [box(0.5004, 0.5004, 0.5005, 0.5005).exterior])

    assert [len([*rings(each)]) for each in paths(of(Mark(whole, "1"), Mark(tiny, "2")))] == [2, 1]


def test_vertices_in_one_pixel_are_one() -> None:
    fine = Point(0, 0).buffer(1, quad_segs=20_000)

    assert len(ring(*paths(of(Mark(fine, "x"))))) < 4_000
    assert len(ring(*paths(of(Mark(fine, "x"), Mark(box(0, 0, 90, 60), "y")))[:1])) < 100
    assert len(ring(*paths(of(Mark(box(0, 0, 1e-9, 1e-9), "x"), Mark(box(0, 0, 1, 1))))[:1])) <= 2


def test_points_in_one_pixel_are_one_that_tells_of_all() -> None:
    crowd = [Mark(Point(1e-7 * index, 0), f"Report {index}") for index in range(8)]
    image = of(*crowd, Mark(MultiPoint([(1, 0), (2, 1)]), "Two"))
    told = [each[0].text for each in image.iter(f"{SVG}circle") if len(each)]

    assert told == [
        "\n".join([*(f"Report {index}" for index in range(5)), "and 3 more"]),
        "Two",
        "Two",
    ]


def test_what_is_small_gets_a_ring() -> None:
    style = Style(line=RED, ring=6)
    image = of(Mark(box(0, 0, 1e-4, 1e-4), "Small"), Mark(box(0, 0, 1, 1), "Large"), style=style)

    assert [each[0].text for each in image.iter(f"{SVG}circle")] == ["Small"]


def test_a_frame_says_what_is_shown_and_the_rest_is_cut_off() -> None:
    city = box(0, 0, 1, 1)
    inside, outside = Mark(Point(0.5, 0.5), "In"), Mark(Point(40, 40), "Out")
    image = of(Mark(city, "City"), inside, outside, frame=(city,))

    assert min(max(ring(*paths(image)))) > 700
    assert [each[0].text for each in image.iter(f"{SVG}circle") if len(each)] == ["In"]


def test_a_label_is_written_where_there_is_room_for_it() -> None:
    wards = [box(0, 0, 1, 1), box(0, 0, 1, 1), box(1, 0, 1.001, 1)]
    image = of(*(Mark(each, "x", f"Ward {index}") for index, each in enumerate(wards)))
    texts = [each.text for each in image.iter(f"{SVG}text")]

    assert [each for each in texts if each.startswith("Ward")] == ["Ward 0"]


def test_a_map_of_nothing_is_a_map() -> None:
    image = read(drawn("", "", [Layer("None", LINE, []), Layer("", LINE, [Mark(Polygon())])]))

    assert image.get("role") == "img"
    assert paths(image) == []


def test_who_cannot_see_it_is_told_what_it_shows() -> None:
    image = read(drawn("Wards", "Where they overlap.", [Layer("All", LINE, [])]))

    assert [each.tag for each in image[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert [each.text for each in image[:2]] == ["Wards", "Where they overlap."]


TEXTS = st.text(st.characters(exclude_categories=[])) | st.just(HOSTILE)


@given(TEXTS, TEXTS, TEXTS)
def test_hostile_texts_are_texts(title: str, told: str, label: str) -> None:
    marks = [Mark(box(0, 0, 1, 1), told, label), Mark(Point(2, 2), label, told)]
    image = drawn(title, told, [Layer(label, Style(fill=BLUE, line=told), marks)])
    root = read(image)

    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "rect", "text", "g", "path", "circle")
    }
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    assert image == drawn(title, told, [Layer(label, Style(fill=BLUE, line=told), marks)])


LONGS, LATS = st.floats(-180, 180), st.floats(-90, 90)


@given(st.lists(st.tuples(LONGS, LATS), min_size=1, max_size=6))
def test_whatever_is_shown_lies_on_the_map(places: list[tuple[float, float]]) -> None:
    points = [Point(each) for each in places]
    view = View(points, 960, 840)
    found = [
        view.pixels(shapely.get_coordinates(part)) for each in points for part in view.parts(each)
    ]

    assert len(found) == len(points)
    for ((across, down),) in found:
        assert -1e-6 <= across <= view.width + 1e-6 <= 960 + 1e-3
        assert -1e-6 <= down <= view.height + 1e-6 <= 840 + 1e-3
