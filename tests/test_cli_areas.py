"""`open311 areas`: each command as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from lxml import etree

from tests.cities import small_city
from tests.commands import open311, said
from tests.conftest import NOW
from tests.databases import copy_of, load

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN, "--layer", "wards")
SQUARES = {"1": -66.3, "2": -66.2}


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path_factory.mktemp("own"), OWN), NOW)
        yield dsn


@pytest.fixture
def wards(tmp_path: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"ward": int(code), "title": f"Ward {code}"},
            "geometry": json.loads(shapely.to_geojson(shapely.box(west, 44.5, west + 0.1, 44.6))),
        }
        for code, west in SQUARES.items()
    ]
    path = tmp_path / "wards.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_a_layer_goes_in_and_comes_out_as_a_city_folder_has_it(
    own_dsn: str, wards: Path, tmp_path: Path
) -> None:
    settings = {"database_url": own_dsn}
    fields = ("--code", "ward", "--name", "title")
    first = said("areas", "import", wards, *OF_OWN, *fields, **settings)
    moved = said("areas", "import", wards, *OF_OWN, *fields, "--from", "2027-01-01", **settings)
    written = said("areas", "export", *OF_OWN, "--all-days", **settings)
    city = small_city(tmp_path / "city", OWN)
    (city / "areas" / "wards.geojson").write_text(written, "utf-8")

    assert first == "wards: 2 added, 0 changed, 0 removed\n"
    assert moved == "wards: 2 added, 2 changed, 0 removed\n"
    days = [
        (each["properties"].get("valid_from"), each["properties"].get("valid_to"))
        for each in json.loads(written)["features"]
    ]
    assert days == [(None, "2027-01-01"), ("2027-01-01", None)] * 2
    assert "no faults" in said("check", city)
    assert "areas: 0 added, 0 changed, 0 retired" in said("load", city, **settings)


def test_what_is_exported_can_be_put_back_and_moves_no_planned_border(
    own_dsn: str, tmp_path: Path
) -> None:
    """Wards that are two until 2030, and one from then on."""
    settings = {"database_url": own_dsn}
    of = ("--jurisdiction", OWN, "--layer", "planned")
    by = ("--code", "code", "--name", "name")
    west, east = (shapely.box(at, 44.5, at + 0.1, 44.7) for at in (-66.3, -66.2))
    for name, found, words in (
        ("now", {"1": west, "2": east}, ()),
        ("then", {"1": west | east}, ("--from", "2030-01-01")),
    ):
        features = [
            {
                "type": "Feature",
                "properties": {"code": code, "name": f"Ward {code}"},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for code, shape in found.items()
        ]
        path = tmp_path / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        said("areas", "import", path, *of, *by, *words, **settings)

    def exported(*words: str) -> Path:
        path = tmp_path / "exported.geojson"
        path.write_text(said("areas", "export", *of, *words, **settings), "utf-8")
        return path

    whole = exported("--all-days")
    refused = open311("areas", "import", whole, *of, *by, database_url=own_dsn)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "features[0]: valid_" in refused.stderr
    assert "export --on DAY" in refused.stderr
    since = ("--since", "2026-01-01")
    tried = open311("routing", "replay", "--areas", whole, *of, *by, *since, database_url=own_dsn)
    assert (tried.returncode, tried.stdout) == (1, "")
    assert "features[0]: valid_" in tried.stderr
    then = ("--from", "2030-01-01")
    same = "planned: 0 added, 0 changed, 0 removed\n"
    again = exported("--on", "2030-01-01")
    assert said("areas", "import", again, *of, *by, *then, **settings) == same
    properties = [each["properties"] for each in json.loads(exported().read_text())["features"]]
    assert properties == [{"code": code, "name": f"Ward {code}"} for code in ("1", "2")]
    both = open311("areas", "export", *of, "--on", "2030-01-01", "--all-days", database_url=own_dsn)
    assert (both.returncode, both.stdout) == (2, "")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--code", "nothing"), "features[0]: --code: it has no nothing; it has: ward, title."),
        (("--code", "ward", "--name", "nothing"), "features[0]: --name: it has no nothing;"),
        (("--code", "ward", "--crs", "EPSG:0"), "no system of coordinates 'EPSG:0'"),
    ],
)
def test_a_fault_is_told_and_changes_nothing(
    own_dsn: str, wards: Path, words: tuple[str, ...], problem: str
) -> None:
    other = ("--jurisdiction", OWN, "--layer", "others")
    done = open311("areas", "import", wards, *other, *words, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    there = open311("areas", "export", *other, database_url=own_dsn)
    assert there.returncode == 1
    assert "There is no layer 'others'" in there.stderr


def test_an_unknown_city_is_refused(own_dsn: str, wards: Path) -> None:
    words = ("--jurisdiction", "nowhere.example", "--layer", "wards", "--code", "ward")
    done = open311("areas", "import", wards, *words, database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.example" in done.stderr


@pytest.fixture(scope="module")
def plots(own_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A layer of two areas that overlap by 7.9 m; from 2030 on there is one alone."""
    folder = tmp_path_factory.mktemp("plots")
    for name, boxes in {
        "now": {"1": (-66.3, -66.2), "2": (-66.2001, -66.1)},
        "then": {"1": (-66.3, -66.1)},
    }.items():
        features = [
            {
                "type": "Feature",
                "properties": {"code": code},
                "geometry": json.loads(shapely.to_geojson(shapely.box(west, 44.5, east, 44.7))),
            }
            for code, (west, east) in boxes.items()
        ]
        path = folder / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    of = ("--jurisdiction", OWN, "--layer", "plots")
    settings = {"database_url": own_dsn}
    said("areas", "import", folder / "now.geojson", *of, "--code", "code", **settings)
    later = ("--code", "code", "--from", "2030-01-01")
    said("areas", "import", folder / "then.geojson", *of, *later, **settings)
    return of


def test_a_check_tells_what_does_not_fit_and_draws_it(
    own_dsn: str, plots: tuple[str, ...], tmp_path: Path
) -> None:
    settings = {"database_url": own_dsn}
    svg = tmp_path / "new" / "map.svg"
    table = said("areas", "check", *plots, "--svg", svg, **settings)
    written = said("areas", "check", *plots, "--format", "geojson", **settings)
    later = said("areas", "check", *plots, "--on", "2030-01-01", **settings)

    assert table.splitlines()[1].split()[:3] == ["plots", "overlap", "176,450"]
    assert table.splitlines()[-2:] == [
        "boundary  nothing          0         0                0",
        "plots     overlap    176,450         1                0",
    ]
    (feature,) = json.loads(written)["features"]
    assert feature["properties"]["codes"] == ["1", "2"]
    assert shapely.from_geojson(json.dumps(feature["geometry"])).bounds == (
        *(-66.2001, 44.5),
        *(-66.2, 44.7),
    )
    image = etree.fromstring(svg.read_bytes())
    assert f"{OWN}: how its areas fit on " in image[0].text
    assert "overlap" not in later


def test_a_check_of_no_such_layer_or_city_is_refused(
    own_dsn: str, plots: tuple[str, ...], tmp_path: Path
) -> None:
    svg = tmp_path / "map.svg"
    words = ("--layer", "nothing", "--layer", "neither", "--svg", svg)
    layers = open311("areas", "check", *plots, *words, database_url=own_dsn)
    city = open311("areas", "check", "--jurisdiction", "nowhere.example", database_url=own_dsn)

    assert [(each.returncode, each.stdout) for each in (layers, city)] == [(1, "")] * 2
    assert "There is no layer 'nothing'; there is: boundary" in layers.stderr
    assert "There is no layer 'neither'; there is: boundary" in layers.stderr
    assert "nowhere.example" in city.stderr
    assert not svg.exists()


def test_without_a_boundary_a_check_says_what_it_cannot_find(
    cluster: str, bare: str, tmp_path: Path
) -> None:
    folder = small_city(tmp_path / "city", OWN)
    (folder / "areas" / "boundary.geojson").rename(folder / "areas" / "wards.geojson")
    with copy_of(cluster, bare) as dsn:
        load(dsn, folder, NOW)
        done = open311("areas", "check", "--jurisdiction", OWN, database_url=dsn)

    assert done.returncode == 0
    assert "there is no boundary" in done.stderr
    assert done.stdout.splitlines()[1:] == ["wards  nothing          0         0                0"]


def test_a_map_that_cannot_be_written_is_told(own_dsn: str, plots: tuple[str, ...]) -> None:
    done = open311("areas", "check", *plots, "--svg", "/dev/null/map.svg", database_url=own_dsn)

    assert (done.returncode, done.stdout) == (1, "")
    assert "/dev/null/map.svg: cannot be written" in done.stderr
