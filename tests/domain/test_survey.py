"""How the areas of a layer fit: what is found and how large it is, whatever their order."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from typing import Any, get_args

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from open311.domain import areas, metres, survey
from open311.domain.folder import Area
from open311.domain.survey import Finding, Kind, findings

WEST, EAST, WHOLE = box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01), box(0, 0, 0.02, 0.01)


def layers(**shapes: list[Any]) -> list[Area]:
    """Areas that have their number for a code."""
    return [
        Area(layer, str(number), str(number), areas.encode(whole))
        for layer, wholes in shapes.items()
        for number, whole in enumerate(wholes, 1)
    ]


def told(found: tuple[Finding, ...]) -> list[tuple[object, ...]]:
    return [(each.layer, each.kind, each.codes, round(each.square_metres)) for each in found]


def test_areas_that_part_the_boundary_among_them_fit() -> None:
    assert findings(layers(boundary=[WHOLE], wards=[WEST, EAST])) == ()


def test_an_overlap_is_of_two_areas_of_one_layer_and_as_large_as_what_they_share() -> None:
    wide = box(0, 0, 0.011, 0.01)
    (found,) = findings(layers(wards=[wide, EAST], police=[WEST]))

    assert (found.layer, found.kind, found.codes) == ("wards", "overlap", ("1", "2"))
    assert found.square_metres == metres.area(wide & EAST)
    assert found.shape.equals(wide & EAST)
    assert not found.sliver


def test_areas_of_different_layers_may_overlap() -> None:
    assert findings(layers(wards=[WHOLE], police=[WHOLE])) == ()


def test_areas_of_the_boundary_may_not_overlap_and_are_the_city_together() -> None:
    wide = box(0, 0, 0.011, 0.01)

    assert told(findings(layers(boundary=[wide, EAST], wards=[WHOLE]))) == [
        ("boundary", "overlap", ("1", "2"), 123_091)
    ]


def test_what_lies_outside_and_what_no_area_covers_is_found_by_layer() -> None:
    """A square of 0.01 degrees at the equator has 1,113.195 m by 1,105.743 m."""
    reaching, beyond = box(0, 0, 0.01, 0.011), box(0.02, 0, 0.03, 0.01)
    found = findings(layers(boundary=[WHOLE], police=[WHOLE], wards=[reaching, beyond]))

    assert told(found) == [
        ("wards", "gap", (), 1_230_907),
        ("wards", "beyond", ("1",), 123_091),
        ("wards", "outside", ("2",), 1_230_907),
    ]


def test_a_layer_without_a_boundary_has_neither_gaps_nor_an_outside() -> None:
    assert findings(layers(wards=[WEST, box(5, 5, 6, 6)])) == ()
    assert findings(layers(boundary=[WHOLE])) == ()
    assert findings([]) == ()


def test_every_connected_part_is_a_gap_of_its_own_the_largest_first() -> None:
    holed = Polygon(WHOLE.exterior, [box(0.001, 0.001, 0.002, 0.002).exterior])
    found = findings(layers(boundary=[WHOLE], wards=[holed - box(0.015, 0, 0.02, 0.01)]))

    assert told(found) == [("wards", "gap", (), 615_454), ("wards", "gap", (), 12_309)]


def test_a_hole_of_the_boundary_is_outside_and_an_area_may_have_several_parts() -> None:
    holed = Polygon(WHOLE.exterior, [box(0.004, 0.004, 0.006, 0.006).exterior])
    parts = MultiPolygon([box(0, 0, 0.003, 0.01), EAST])
    found = findings(layers(boundary=[holed], wards=[WHOLE], police=[parts, WEST - parts]))

    hole = round(metres.area(box(0.004, 0.004, 0.006, 0.006)))
    assert told(found) == [("police", "beyond", ("2",), hole), ("wards", "beyond", ("1",), hole)]


def test_less_than_a_square_metre_is_rounding() -> None:
    hair = box(0, 0, 0.01 + 1e-9, 0.01)  # a tenth of a millimetre wide

    assert findings(layers(boundary=[WHOLE], wards=[hair, EAST])) == ()


@pytest.mark.parametrize(("width", "sliver"), [(4e-5, True), (5e-5, False)])  # 4.5 m and 5.6 m
def test_what_is_long_and_thin_is_a_sliver(width: float, sliver: bool) -> None:
    (found,) = findings(layers(wards=[box(0, 0, 0.01 + width, 0.01), EAST]))

    assert found.width == pytest.approx(width * 111_319.5, rel=0.01)
    assert found.sliver == sliver


def test_one_wide_part_makes_it_no_sliver_and_what_is_tiny_is_one() -> None:
    shared = MultiPolygon([box(0, 0, 1e-5, 0.01), box(0.005, 0, 0.006, 0.001)])
    (found,) = findings(layers(wards=[WEST, shared]))
    (tiny,) = findings(layers(wards=[WEST, box(0, 0, 5e-5, 5e-5)]))
    wide, narrow = survey.parted(found)

    assert not found.sliver
    assert wide.bounds == (0.005, 0, 0.006, 0.001)
    assert narrow.bounds == (0, 0, 1e-5, 0.01)
    assert tiny.sliver


def test_a_gap_that_meets_itself_at_the_antimeridian_is_one() -> None:
    sides = MultiPolygon([box(179.9, -17, 180, -16.9), box(-180, -17, -179.9, -16.9)])
    area = MultiPolygon([box(179.9, -17, 179.99, -16.9), box(-179.99, -17, -179.9, -16.9)])
    apart = box(-180, -17, -179.9, -16.9)
    (gap,) = findings(layers(boundary=[sides], wards=[area]))
    (half,) = findings(layers(boundary=[sides], wards=[apart]))

    assert gap.square_metres == pytest.approx(metres.area(sides) - metres.area(area), rel=1e-9)
    assert gap.shape.geom_type == "MultiPolygon"
    assert sorted(gap.shape.bounds) == pytest.approx([-180, -17, -16.9, 180])
    assert half.shape.bounds == pytest.approx((179.9, -17, 180, -16.9))


def test_an_edge_along_the_antimeridian_is_no_edge_of_a_sliver() -> None:
    """Two halves of a gap eight metres wide, each of four."""
    sides = MultiPolygon([box(179.99, 0, 180, 0.01), box(-180, 0, -179.99, 0.01)])
    hair = 3.6e-5
    area = MultiPolygon([box(179.99, 0, 180 - hair, 0.01), box(-180 + hair, 0, -179.99, 0.01)])
    (gap,) = findings(layers(boundary=[sides], wards=[area]))

    assert gap.width == pytest.approx(8, rel=0.01)


def parted(longs: list[float], lats: list[float]) -> list[Polygon]:
    return [
        box(west, south, east, north)
        for west, east in pairwise(longs)
        for south, north in pairwise(lats)
    ]


CUTS = st.lists(st.floats(0.01, 0.99), max_size=4, unique=True).map(
    lambda cuts: [0, *sorted(cuts), 1]
)


@given(CUTS, CUTS)
def test_a_partition_has_no_findings(across: list[float], along: list[float]) -> None:
    assert findings(layers(boundary=[box(0, 0, 1, 1)], wards=parted(across, along))) == ()


SPANS = st.tuples(st.integers(0, 10), st.integers(1, 4)).map(lambda at: (at[0], sum(at)))
BOXES = st.tuples(SPANS, SPANS).map(
    lambda at: box(at[0][0] / 100, at[1][0] / 100, at[0][1] / 100, at[1][1] / 100)
)
SHAPES = st.lists(BOXES, min_size=1, max_size=6)


@given(SHAPES, SHAPES, st.randoms(use_true_random=False))
def test_findings_add_up_to_what_geometry_says_whatever_the_order(
    wards: list[Any], boundary: list[Any], chance: random.Random
) -> None:
    every = layers(wards=wards, boundary=boundary)
    shuffled = chance.sample(every, len(every))
    found = [each for each in findings(every) if each.layer == "wards"]
    city, covered = shapely.union_all(boundary), shapely.union_all(wards)
    sums = dict.fromkeys(get_args(Kind), 0.0)
    for each in found:
        assert each.shape.is_valid
        assert each.square_metres == pytest.approx(metres.area(each.shape))
        sums[each.kind] += each.square_metres

    assert findings(shuffled) == findings(every)
    assert sums["gap"] == pytest.approx(metres.area(city - covered), abs=1)
    assert sums["overlap"] == pytest.approx(
        sum(metres.area(one & other) for one, other in combinations(wards, 2)), abs=1
    )
    assert sums["beyond"] + sums["outside"] == pytest.approx(
        sum(metres.area(each - city) for each in wards), abs=1
    )
    assert sum(each.kind == "outside" for each in found) == sum(
        metres.area(each & city) == 0 for each in wards
    )


def wobbling(count: int, positions: int, seed: int) -> list[Polygon]:
    """Areas in a square that nearly fit, each side drawn twice, and not quite the same."""
    chance = np.random.default_rng(seed)
    steps = np.linspace(0, 1, positions // 4 + 1)[:-1]
    zero = np.zeros_like(steps)
    ring = np.vstack(
        [
            np.column_stack(each)
            for each in ((steps, zero), (zero + 1, steps), (1 - steps, zero + 1), (zero, 1 - steps))
        ]
    )
    return [
        Polygon((ring + np.array((column, row)) + chance.normal(0, 1e-5, ring.shape)) / count)
        for column in range(count)
        for row in range(count)
    ]


def test_tiles_find_the_gaps_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps across the edges of tiles are whole, and as large as without tiles."""
    shapes = wobbling(12, 40, 1)
    left_out = {40, 41, 53, 100}  # 41 has a side with 40 and with 53
    every = layers(
        boundary=[box(0, 0, 1, 1)],
        wards=[each for index, each in enumerate(shapes) if index not in left_out],
    )
    whole = [each for each in findings(every) if each.kind == "gap"]
    monkeypatch.setattr(survey, "_TILE", 60)
    tiled = [each for each in findings(every) if each.kind == "gap"]

    assert (
        len(survey._tiles(shapely.from_geojson([each.geometry for each in every]), box(0, 0, 1, 1)))
        > 60
    )
    assert [round(each.square_metres) for each in tiled[:2]] == [
        round(each.square_metres) for each in whole[:2]
    ]
    assert whole[0].square_metres > 2.9 * whole[1].square_metres
    assert len(tiled) == len(whole)
    assert sum(each.square_metres for each in tiled) == pytest.approx(
        sum(each.square_metres for each in whole), rel=1e-9
    )


# --- in words -----------------------------------------------------------------------------------


def test_notes_say_how_many_how_large_and_which_is_the_largest() -> None:
    wide, beyond = box(0, 0, 0.011, 0.01), box(0.02, 0, 0.03, 0.01)
    every = layers(boundary=[WHOLE], police=[wide, EAST], wards=[WEST, beyond])

    assert survey.notes(every) == (
        "areas/police.geojson: pairs of areas that overlap: 1, by 123,091 m2 in all;"
        " most '1' and '2', by 123,091 m2",
        "areas/wards.geojson: parts of the boundary that are in no area: 1, by 1,230,907 m2 in"
        " all; most by 1,230,907 m2",
        "areas/wards.geojson: areas that lie outside of the boundary: 1, by 1,230,907 m2 in all;"
        " most '2', by 1,230,907 m2",
    )


def test_at_sixty_degrees_north_the_same_degrees_are_half_the_land() -> None:
    north = box(0, 59.999, 0.002, 60.001)
    (note,) = survey.notes(layers(wards=[north, north]))

    assert note.endswith("by 24,867 m2")
