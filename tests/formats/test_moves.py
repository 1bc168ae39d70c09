"""What would move, as it is written: a table, CSV, GeoJSON and a map, of anything there can be."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from open311.domain.areas import encode
from open311.domain.decisions import Decision
from open311.domain.folder import Area
from open311.domain.moves import Batch, Found, Move, Side
from open311.formats import moves
from open311.formats.moves_map import Picture
from tests.replays import AREAS

SVG = "{http://www.w3.org/2000/svg}"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
LAYERS = ("wards", "department")


def decided(department: str, queue: str | None = None, rule: str | None = None) -> Decision:
    return Decision(1, department, queue, None, "rule", rule, "So.", {}, {}, 0.0)


def side(decisions: list[Decision], code: str) -> Side:
    codes = np.array([code] * len(decisions))
    return Side((*decisions,), dict.fromkeys(LAYERS, codes))


def batch(
    ids: list[str | None], longs: list[float | None], today: list[Decision], then: list[Decision]
) -> Batch:
    return Batch(
        requests=len(ids),
        ids=(*ids,),
        services=("s",) * len(ids),
        moments=(AT,) * len(ids),
        longs=np.array(longs, float),
        lats=np.array([None if each is None else 44.5 for each in longs], float),
        today=side(today, ""),
        then=side(then, "1"),
    )


def written(name: str, *batches: Batch) -> str:
    file = io.StringIO(newline="")
    writer = moves.WRITERS[name](file, LAYERS)
    for each in batches:
        writer.add(each)
    writer.end()
    return file.getvalue()


@given(
    st.lists(
        st.tuples(st.none() | TEXTS, st.none() | st.floats(-180, 180), TEXTS, st.none() | TEXTS),
        max_size=6,
    ),
    st.integers(0, 6),
)
def test_csv_and_geojson_hold_the_same_whatever_the_texts(told: Any, split: int) -> None:
    parts = [
        batch(
            [own for own, *_ in some],
            [long for _, long, *_ in some],
            [decided(department, queue) for *_, department, queue in some],
            [decided("z", None, "r") for _ in some],
        )
        for some in (told[:split], told[split:])
    ]
    rows = [*csv.DictReader(io.StringIO(written("csv", *parts), newline=""))]
    features = json.loads(written("geojson", *parts))["features"]

    assert len(rows) == len(features) == len(told)
    for row, feature, (own, long, department, queue) in zip(rows, features, told, strict=True):
        properties = feature["properties"]
        assert properties["service_request_id"] == own
        assert (properties["from_department"], properties["from_queue"]) == (department, queue)
        assert (properties["from_area.wards"], properties["to_area.department"]) == (None, "1")
        point = feature["geometry"] and feature["geometry"]["coordinates"]
        assert point == (None if long is None else [long, 44.5])
        place = {} if point is None else dict(zip(("long", "lat"), map(str, point), strict=True))
        wanted = {name: harmless(text or "") for name, text in properties.items()}
        assert row == wanted | {"long": "", "lat": ""} | place


def harmless(text: str) -> str:
    return f"'{text}" if text[:1] in [*"=+-@\uff1d\uff0b\uff0d\uff20"] else text


@pytest.mark.parametrize("first", [*"=+-@\t", "\uff1d", "\uff20"])
def test_no_cell_of_csv_is_a_formula(first: str) -> None:
    text = f"{first}1+2"
    told = written("csv", batch([text], [-63.5], [decided(text, text)], [decided("b")]))
    (row,) = csv.DictReader(io.StringIO(told, newline=""))

    assert row["service_request_id"] == row["from_department"] == row["from_queue"] == f"'{text}"
    assert row["long"] == "-63.5"  # a number is none


def found(*moved: Move, requests: int = 1000) -> Found:
    return Found(requests, sum(each.requests for each in moved), (3, 4), 2, 5, moved)


def test_a_table_tells_the_most_and_sums_up_the_rest() -> None:
    services = tuple((f"s{number:02}", 30 - number) for number in range(25))
    areas: Any = {
        "wards": ((("", "1"), 9), (("2", ""), 2), (("3", "3"), 1)),
        "far": ((("", ""), 12),),
    }
    lines = [*moves.table(found(Move(("a", ""), ("b", "Depot"), 450, services, areas)))]

    assert lines[1].endswith("3 today, 4 then (2 more, 1 fewer).")
    assert lines[4] == "a -> b (Depot): 450 (45.00 %)"
    assert [line.split() for line in lines[5:]] == [
        *(["service", f"s{number:02}", str(30 - number)] for number in range(20)),
        ["service", "5", "others", "40"],
        ["wards", "none", "->", "1", "9"],
        ["wards", "2", "->", "none", "2"],
        ["wards", "3", "1"],
    ]
    assert len({len(line) for line in lines[5:]}) == 1


def test_of_nothing_there_is_a_table_too() -> None:
    nothing = Found(0, 0, (0, 0), 0, 0, ())

    assert next(moves.table(nothing)) == "0 requests, of which 0 (0.00 %) would move."


def pairs(count: int) -> list[Move]:
    return [
        Move((f"d{n}", ""), (f"d{n}", "<Q>"), count - n, (("s", count - n),), {})
        for n in range(count)
    ]


def drawn(picture: Picture, what: Found) -> Any:
    return etree.fromstring(picture.drawn("Moves & more", what))


def test_a_map_has_a_colour_for_the_largest_moves_and_one_for_the_others() -> None:
    picture, every = Picture(AREAS, AREAS), pairs(9)
    for each in every:
        before, after = decided(each.today[0]), decided(each.then[0], each.then[1])
        longs = [-60.0 + n for n in range(each.requests)]
        some = [None] * each.requests
        picture.add(batch(some, longs, [before] * each.requests, [after] * each.requests))
    tree = drawn(picture, found(*every))
    texts = [each.text for each in tree.iter(f"{SVG}text")]

    assert "d0 → d0 (<Q>): 9" in texts
    assert "2 other moves: 3" in texts
    colours = [each.get("fill") for each in tree.iter(f"{SVG}g") if each.get("fill") != "none"]
    assert len(set(colours)) == len(colours) == 8
    points = 45 - 1  # two of the others are at one place
    assert len([*tree.iter(f"{SVG}circle")]) == points + 8  # and one for each line of the legend


def test_what_a_map_cannot_show_is_told() -> None:
    picture = Picture(AREAS, ())
    longs = [-63.5, -63.5, None, 120.0]
    some = batch(["a"] * 4, longs, [decided("a")] * 4, [decided("b")] * 4)
    picture.add(some)
    tree = drawn(picture, found(Move(("a", ""), ("b", ""), 4, (), {})))

    assert "2 that would move have no point on this map." in tree.find(f"{SVG}desc").text
    assert "2 there" in [each.text for each in tree.iter(f"{SVG}title")]


def test_a_map_without_areas_shows_the_points_alone() -> None:
    picture = Picture((), ())
    picture.add(batch(["a"], [-63.5], [decided("a")], [decided("b")]))

    assert drawn(picture, found(Move(("a", ""), ("b", ""), 1, (), {}))) is not None
    assert drawn(Picture((), ()), found()) is not None


@pytest.mark.parametrize(
    ("middle", "parts"),
    [
        (100.0, [(99.9, 100.1)]),
        (180.0, [(179.9, 180.0), (-180.0, -179.9)]),
        (-180.0, [(-180.0, -179.9), (179.9, 180.0)]),
    ],
)
def test_a_city_beyond_the_antimeridian_is_drawn_as_finely_as_any_other(
    middle: float, parts: list[tuple[float, float]]
) -> None:
    shape = shapely.union_all([shapely.box(west, 44.4, east, 44.6) for west, east in parts])
    here = [Area("wards", "1", "One", encode(shape))]
    picture = Picture(here, here)
    longs = [(middle + 180 + (n - 50) / 600) % 360 - 180 for n in range(101)]
    picture.add(batch(["a"] * 101, [*longs], [decided("a")] * 101, [decided("b")] * 101))
    tree = drawn(picture, found(Move(("a", ""), ("b", ""), 101, (), {})))

    assert len([*tree.iter(f"{SVG}circle")]) == 101 + 1  # and one of the legend
    assert "have no point" not in tree.find(f"{SVG}desc").text
