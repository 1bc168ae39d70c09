"""The JSON Schemas of reports, as a form builder fetches them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from open311 import resources
from open311.formats.folder import read_service
from open311.formats.schemas.body import body_schema
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load
from tests.inprocess import Door

PATHS = ["services/food-poisoning.schema.json", "schemas/food-poisoning.json"]
CODE, OWN = "food-poisoning", "lanternport.example"
ODD = "odd/one.schema"
JSON = (("content-type", "application/json"),)


def schema(door: Door, path: str = PATHS[0]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(door.ask("GET", path).body)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_it_is_what_the_definition_in_force_says(door: Door, path: str) -> None:
    answer = door.ask("GET", path)

    assert answer.status == 200
    assert answer.header("content-type") == "application/schema+json"
    assert answer.header("access-control-allow-origin") == "*"
    found = json.loads(answer.body)
    Draft202012Validator.check_schema(found)
    written = body_schema(read_service(resources.DEMO / "services" / f"{CODE}.json"))
    beside = {"$id", "properties"}
    assert {key: each for key, each in found.items() if key not in beside} == {
        key: each for key, each in json.loads(json.dumps(written)).items() if key not in beside
    }
    assert found["properties"]["jurisdiction_id"] == {"const": OWN}


def test_its_id_is_where_it_stands(door: Door) -> None:
    found = schema(door)

    _, endpoint, own = found["$id"].partition(inprocess.ENDPOINT)
    assert door.ask("GET", endpoint + own).body == door.ask("GET", PATHS[1]).body


@pytest.mark.parametrize("path", PATHS)
def test_it_is_json_and_nothing_else(door: Door, path: str) -> None:
    stem = path.removesuffix(".json")

    assert door.ask("GET", stem).body == door.ask("GET", path).body
    refused = door.ask("GET", f"{stem}.xml")
    assert refused.status == 404
    assert b"There is no resource" in refused.body


@pytest.mark.parametrize("path", ["services/{}.schema", "schemas/{}"])
@pytest.mark.parametrize(("fmt", "start"), [("xml", b"<?xml"), ("json", b'[{"code":404')])
def test_a_code_that_is_not_there_is_404_in_the_asked_for_format(
    door: Door, path: str, fmt: str, start: bytes
) -> None:
    answer = door.ask("GET", f"{path.format('no-such')}.{fmt}")

    assert answer.status == 404
    assert answer.body.startswith(start)
    assert b"there is no service 'no-such'" in answer.body


@pytest.mark.parametrize("path", ["services/.schema.json", "schemas/.json"])
def test_a_code_is_required(door: Door, path: str) -> None:
    assert door.ask("GET", path).status == 400


def test_what_it_takes_is_filed_and_what_it_refuses_is_not(door: Door, api_key: str) -> None:
    validator = Draft202012Validator(schema(door))
    good: dict[str, Any] = {"service_code": CODE, "lat": 44.6, "long": -66.2}
    good["attribute"] = {
        "where": "The Lamp",
        "eaten_at": "2026-11-20T19:30:00Z",
        "ill_at": "2026-11-21T02:00:00.000Z",
        "signs": ["fever", "rash"],
    }
    without_place = {key: each for key, each in good.items() if key != "lat"}
    unknown_sign = good | {"attribute": good["attribute"] | {"signs": ["hunger"]}}
    header = (*JSON, ("x-api-key", api_key))

    for body in (good, without_place, unknown_sign, {"service_code": CODE}):
        answer = door.ask("POST", "requests.json", header, json.dumps(body).encode())
        assert validator.is_valid(body) == (answer.status == 200), answer.body
    assert validator.is_valid(good)


# --- as the city changes ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, Path]]:
    """A small city with a code that ends like a schema, and the folder that it came from."""
    path = tmp_path_factory.mktemp("town")
    folder = small_city(path / "city", "alder.example")
    _edit(folder / "services" / "tree.json", "odd.json", service_code=ODD)
    load(bare_dsn, folder, NOW)
    with inprocess.opened(bare_dsn, path / "data", lambda: NOW) as door:
        yield door, folder


def _edit(file: Path, name: str, **members: Any) -> None:
    told = json.loads(file.read_text("utf-8")) | members
    file.with_name(name).write_text(json.dumps(told), "utf-8")


def test_a_code_that_ends_like_a_schema_keeps_its_definition(town: tuple[Door, Path]) -> None:
    door, _ = town

    assert schema(door, f"services/{ODD}.json") == {"service_code": ODD, "attributes": []}
    assert schema(door, f"services/{ODD}.schema.json")["properties"]["service_code"] == {
        "const": ODD
    }
    assert schema(door, f"schemas/{ODD}.json") == schema(door, f"services/{ODD}.schema.json")


def test_a_new_version_has_a_new_schema(town: tuple[Door, Path], bare_dsn: str) -> None:
    door, folder = town
    before = schema(door, "services/light.schema.json")
    _edit(folder / "services" / "light.json", "light.json", location="optional")
    load(bare_dsn, folder, NOW)
    deadline = time.monotonic() + 2
    while (after := schema(door, "services/light.schema.json")) == before:
        assert time.monotonic() < deadline

    assert "allOf" in before
    assert "allOf" not in after
