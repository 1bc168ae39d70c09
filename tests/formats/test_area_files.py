"""Areas out of files as others have them: every kind, every system of coordinates, every fault."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from open311.domain import areas
from open311.domain.folder import Area
from open311.errors import Invalid
from open311.formats import area_files, geodata
from open311.formats.area_files import Gathered

WARDS = {"1": shapely.box(-71.1, 42.3, -71.05, 42.35), "2": shapely.box(-71.05, 42.3, -71, 42.35)}
BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
FEET = 2249  # EPSG: Massachusetts State Plane, in feet


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def written(path: Path, *features: dict[str, Any], **more: Any) -> Path:
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [*features], **more}), "utf-8"
    )
    return path


def plain(shape: Any) -> Any:
    return json.loads(shapely.to_geojson(shape))


def in_feet(shape: Any) -> Any:
    turn = pyproj.Transformer.from_crs(4326, FEET, always_xy=True).transform
    return shapely.transform(shape, lambda xy: np.column_stack(turn(xy[:, 0], xy[:, 1])))


def gather(
    path: Path, crs: str | None = None, layer: str = "wards", code: str = "id", **more: Any
) -> Gathered:
    found = geodata.degrees(geodata.read(path, more.pop("inner", None)), crs)
    return area_files.gathered(found, layer, code, more.pop("name", None), **more)


def refused(*arguments: Any, **more: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        gather(*arguments, **more)
    return [*caught.value.problems]


def same(found: tuple[Area, ...], wanted: dict[str, Any], tolerance: float = 1e-9) -> bool:
    shapes = {each.code: areas.shape(each) for each in found}
    return shapes.keys() == wanted.keys() and all(
        shapely.hausdorff_distance(shapes[code], wanted[code]) <= tolerance for code in wanted
    )


# --- every kind of file -------------------------------------------------------------------------


def test_geojson_is_read_with_names_and_a_day(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.geojson",
        *(feature(plain(shape), id=code, nom=f"Ward {code}") for code, shape in WARDS.items()),
    )
    found = gather(path, name="nom", begins=date(2027, 1, 1))

    assert same(found.areas, WARDS, 0)
    assert [each.name for each in found.areas] == ["Ward 1", "Ward 2"]
    assert {(each.layer, each.valid_from, each.valid_to) for each in found.areas} == {
        ("wards", date(2027, 1, 1), date.max)
    }
    assert found.notes == ()


@pytest.mark.parametrize("epsg", [4326, FEET])
@pytest.mark.parametrize(
    ("ending", "driver"),
    [
        (".gpkg", "GPKG"),
        (".shp", "ESRI Shapefile"),
        (".fgb", "FlatGeobuf"),
        (".kml", "KML"),
    ],
)
def test_every_other_kind_is_read_in_whatever_coordinates_it_says(
    tmp_path: Path, ending: str, driver: str, epsg: int
) -> None:
    if driver == "KML" and epsg != 4326:
        epsg = 4326  # KML knows no other
    turn = (lambda shape: shape) if epsg == 4326 else in_feet
    path = tmp_path / f"wards{ending}"
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(turn(each)) for each in WARDS.values()], dtype=object),
        [np.array([*WARDS], dtype=object)],
        ["Name"],
        crs=f"EPSG:{epsg}",
        driver=driver,
        geometry_type="Polygon",
    )

    assert same(gather(path, code="Name").areas, WARDS, 1e-7)


def test_of_a_file_with_several_layers_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    for layer, shapes in (("parks", ["1"]), ("wards", ["1", "2"])):
        pyogrio.raw.write(
            path,
            np.array([shapely.to_wkb(WARDS[each]) for each in shapes], dtype=object),
            [np.array([int(each) for each in shapes])],
            ["id"],
            layer=layer,
            crs="EPSG:4326",
            driver="GPKG",
            geometry_type="Polygon",
            append=path.exists(),
        )

    assert same(gather(path, inner="wards").areas, WARDS)
    assert refused(path) == [f"{path}: has several layers; name one: parks, wards."]
    (unknown,) = refused(path, inner="trees")
    assert "trees" in unknown


# --- systems of coordinates ---------------------------------------------------------------------


def test_feet_are_refused_without_their_system_and_right_with_it(tmp_path: Path) -> None:
    feet = [feature(plain(in_feet(shape)), id=code) for code, shape in WARDS.items()]
    path = written(tmp_path / "a.json", *feet)

    assert refused(path) == [
        "features[0]: its coordinates cannot be degrees; say which system they are in,"
        " as --crs EPSG:2249."
    ]
    assert same(gather(path, f"EPSG:{FEET}").areas, WARDS, 1e-7)
    assert refused(path, "EPSG:4326") == [
        "features[0]: is not in degrees after it was turned from EPSG:4326; is that right?"
    ]
    assert refused(path, "EPSG:1") == ["--crs: there is no system of coordinates 'EPSG:1'."]


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::2249", "EPSG:2249"])
def test_old_geojson_says_its_system_itself(tmp_path: Path, name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    feet = [feature(plain(in_feet(shape)), id=code) for code, shape in WARDS.items()]

    assert same(gather(written(tmp_path / "a.json", *feet, crs=crs)).areas, WARDS, 1e-7)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_what_is_in_degrees_keeps_its_very_numbers(tmp_path: Path, name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    there = [feature(plain(shape), id=code) for code, shape in WARDS.items()]

    assert same(gather(written(tmp_path / "a.json", *there, crs=crs)).areas, WARDS, 0)


def test_what_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"features": [{"geometry": ' + "[" * 100_000)

    assert refused(path) == [f"{path}: is nested too deeply."]


@pytest.mark.parametrize("module", ["pyogrio", "pyproj"])
def test_without_the_extra_it_is_said_what_is_missing(
    tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / ("a.gpkg" if module == "pyogrio" else "a.json")
    written(path, feature(plain(WARDS["1"]), id="1"))

    (problem,) = refused(path, "EPSG:2249")
    assert "the extra `geo`: pip install 'open311[geo]'" in problem


# --- what is made of features -------------------------------------------------------------------


def test_what_is_not_valid_is_made_so_and_told(tmp_path: Path) -> None:
    found = gather(written(tmp_path / "a.json", feature(BOW_TIE, id="b")))
    (area,) = found.areas
    (note,) = found.notes

    assert areas.shape(area).is_valid
    assert areas.shape(area).area == pytest.approx(2)
    assert note.startswith("features[0] ('b'): Self-intersection[1 1]; made valid, ")


def test_lines_that_hang_on_an_area_are_dropped(tmp_path: Path) -> None:
    spike = [[0, 0], [1, 0], [1, 1], [3, 3], [1, 1], [0, 1], [0, 0]]
    found = gather(
        written(tmp_path / "a.json", feature({"type": "Polygon", "coordinates": [spike]}, id=1))
    )

    assert areas.shape(found.areas[0]).equals(shapely.box(0, 0, 1, 1))
    assert len(found.notes) == 1


def test_features_of_one_code_are_one_area(tmp_path: Path) -> None:
    parts = [feature(plain(shape), id="both") for shape in WARDS.values()]
    found = gather(written(tmp_path / "a.json", *parts))

    assert same(found.areas, {"both": shapely.union_all([*WARDS.values()])})
    assert found.notes == ("'both': 2 features joined",)


@pytest.mark.parametrize(
    ("value", "code"), [(7, "7"), (7.0, "7"), (" 7 ", "7"), ("A 7", "A 7"), (7.5, "7.5")]
)
def test_a_code_is_text_whatever_it_was(tmp_path: Path, value: Any, code: str) -> None:
    found = gather(written(tmp_path / "a.json", feature(plain(WARDS["1"]), id=value)))

    assert [each.code for each in found.areas] == [code]


def test_altitudes_are_dropped(tmp_path: Path) -> None:
    ring = [[0, 0, 5], [1, 0, 5], [1, 1, 5], [0, 0, 5]]
    path = written(tmp_path / "a.json", feature({"type": "Polygon", "coordinates": [ring]}, id="1"))

    assert not shapely.has_z(areas.shape(gather(path).areas[0]))


SQUARE = plain(WARDS["1"])


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ([], "The file holds nothing."),
        ([feature(SQUARE, ward=1, name="x")], "features[0]: --code: it has no id; it has: ward,"),
        ([feature(SQUARE)], "features[0]: --code: it has no id; it has: none."),
        ([feature(SQUARE, id=None)], "features[0]: --code: its id is empty."),
        ([feature(SQUARE, id="  ")], "features[0]: --code: its id is empty."),
        ([feature(None, id="1")], "features[0]: '1' has no geometry."),
        (
            [feature({"type": "Point", "coordinates": [1, 2]}, id="1")],
            "features[0]: '1' has no surface: it is a Point.",
        ),
        (
            [feature({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, id="1")],
            "features[0]: '1' has no surface: it is a LineString.",
        ),
        ([feature(SQUARE, id="a,")], "features[0].properties.code: 'a,' is not a code"),
        (
            [feature({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, id="1")],
            "features[0].geometry: ",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_told_with_its_place(
    tmp_path: Path, features: list[dict[str, Any]], problem: str
) -> None:
    (found,) = refused(written(tmp_path / "a.json", *features))

    assert problem in found


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.json",
        feature(SQUARE, other=1),
        feature(None, id="2"),
        feature(SQUARE, id="3"),
    )

    assert len(refused(path)) == 2


def test_a_boundary_is_one_and_a_layer_has_a_name(tmp_path: Path) -> None:
    two = [feature(plain(shape), id=code) for code, shape in WARDS.items()]
    path = written(tmp_path / "a.json", *two)

    assert refused(path, layer="boundary") == [
        "features[1].properties.code: the boundary is one, and another is also at"
        " features[0].properties.code."
    ]
    (problem,) = refused(path, layer="a b")
    assert problem.startswith("--layer: its name, ")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("gone.geojson", lambda _: None),
        ("empty.geojson", lambda path: path.write_bytes(b"")),
        ("list.json", lambda path: path.write_bytes(b"[]")),
        ("latin.json", lambda path: path.write_bytes(b'{"features": ["\xff"]}')),
        ("text.gpkg", lambda path: path.write_bytes(b"nothing of the kind")),
        ("folder.json", lambda path: path.mkdir()),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    write(tmp_path / name)
    (problem,) = refused(tmp_path / name)

    assert problem.startswith(f"{tmp_path / name}: ")


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    path = written(
        tmp_path / "a.json", *(feature(plain(shape), id=code) for code, shape in WARDS.items())
    )
    gather(path, progress=told.append)

    assert told == [1, 2]
