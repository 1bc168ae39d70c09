"""`open311 areas`: each command as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

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
    written = said("areas", "export", *OF_OWN, **settings)
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
