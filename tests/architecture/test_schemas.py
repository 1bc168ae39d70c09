"""`schemas/`: as the Structs say, sound, true of the JSON that the server writes, and strict."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from open311.formats import FORMATS
from open311.formats.bulk import BULKS
from open311.formats.schemas import generated
from open311.spec.extensions import DOCUMENTS
from open311.spec.submission import Submission
from tests.answers import (
    ANSWERED_REQUESTS,
    ANSWERS,
    DEFINITION,
    DISCOVERY,
    REQUESTS,
    SERVICES,
    SOUND,
)

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
CITY = ROOT / "fixtures" / "lanternport"

JSON = sorted(SCHEMAS.rglob("*.schema.json"))


def validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_bytes()), format_checker=FormatChecker())


# --- the files ----------------------------------------------------------------------------------


def test_the_generated_files_are_as_the_structs_say() -> None:
    """If this fails, `make schemas` has not been run."""
    there = {each.relative_to(SCHEMAS).as_posix(): each.read_bytes() for each in JSON}
    there["georeport-v2/openapi.json"] = (SCHEMAS / "georeport-v2/openapi.json").read_bytes()

    assert there == {name: generated.encoded(each) for name, each in generated.files().items()}


def test_writing_gives_the_very_files(tmp_path: Path) -> None:
    generated.write(tmp_path)

    written = {each.relative_to(tmp_path) for each in tmp_path.rglob("*.json")}
    assert written == {Path(name) for name in generated.files()}


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.name)
def test_every_schema_is_one_of_2020_12(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:open311:")


def test_every_file_is_told_of_in_the_readme() -> None:
    told = (SCHEMAS / "README.md").read_text()

    files = [each for each in SCHEMAS.rglob("*") if each.is_file() and each.name != "README.md"]
    assert [each.name for each in files if each.name not in told] == []


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("jurisdiction", "jurisdiction.json"),
        ("departments", "departments.json"),
        ("service", "services/*.json"),
        ("areas", "areas/*.geojson"),
    ],
)
def test_the_demo_city_fits_the_schemas_that_its_editor_uses(kind: str, pattern: str) -> None:
    check = validator(SCHEMAS / "city" / f"{kind}.schema.json")
    files = sorted(CITY.glob(pattern))

    assert files
    for path in files:
        assert [each.message for each in check.iter_errors(json.loads(path.read_bytes()))] == []


def test_the_openapi_description_can_be_read_and_has_every_resource() -> None:
    schema = schemathesis.openapi.from_path(SCHEMAS / "georeport-v2" / "openapi.json")
    found = {(each.ok().method, each.ok().path) for each in schema.get_all_operations()}

    assert found == {
        ("get", "/discovery.{format}"),
        ("get", "/services.{format}"),
        ("get", "/services/{service_code}.{format}"),
        ("post", "/requests.{format}"),
        ("get", "/requests.{format}"),
        ("get", "/archive/manifest.json"),
        ("get", "/archive/{file}"),
        *(("get", f"/requests.{each}") for each in (*BULKS, "atom", "parquet")),
        ("get", "/requests/{service_request_id}.{format}"),
        ("get", "/tokens/{token}.{format}"),
        ("get", "/servicerequestupdates.{format}"),
        ("post", "/servicerequestupdates.{format}"),
        ("get", "/addresses.{format}"),
        ("get", "/route.{format}"),
        ("get", "/changes.{format}"),
        ("get", "/changes.ndjson"),
        ("get", "/changes.sse"),
        ("get", "/services/{service_code}.schema.json"),
        ("get", "/schemas/{service_code}.json"),
    }


def test_every_reference_of_the_openapi_description_leads_somewhere() -> None:
    description = generated.files()["georeport-v2/openapi.json"]
    components = description["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(description)))

    assert named <= components.keys()
    assert {each.__name__ for each in DOCUMENTS} <= named
    for each in components.values():
        Draft202012Validator.check_schema(each)


def test_every_path_of_the_openapi_description_takes_a_city_and_a_language() -> None:
    paths = generated.files()["georeport-v2/openapi.json"]["paths"]

    for path in paths.values():
        assert {"jurisdiction_id", "locale"} <= {each["name"] for each in path["parameters"]}


def test_the_openapi_description_tells_of_every_field_of_a_report() -> None:
    bodies = _post(generated.files()["georeport-v2/openapi.json"])["requestBody"]["content"]
    form = bodies["application/x-www-form-urlencoded"]["schema"]
    sound = {"service_code": "1", "lat": 44.6, "long": -63.5}

    assert set(Submission.__struct_fields__) - {"attributes"} <= form["properties"].keys()
    assert "locale" in form["properties"]
    assert Draft202012Validator(form).is_valid(sound)
    for wrong in ({"lat": 1, "long": 1}, sound | {"lat": 91}, {"service_code": "1", "lat": 44.6}):
        assert not Draft202012Validator(form).is_valid(wrong)


def _post(description: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = description["paths"]["/requests.{format}"]["post"]
    return found


# --- what the server writes ---------------------------------------------------------------------

CHECKS = {name: validator(SCHEMAS / f"georeport-v2/{name}.schema.json") for name in ANSWERS}


def test_every_document_has_a_schema_and_a_law() -> None:
    assert len(ANSWERS) == len(DOCUMENTS)
    assert {each.name for each in JSON if each.parent.name == "georeport-v2"} == {
        f"{name}.schema.json" for name in ANSWERS
    }


@given(st.data())
@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_the_server_writes_as_json_fits_its_schema(name: str, data: st.DataObject) -> None:
    written = json.loads(FORMATS["json"].encode(data.draw(ANSWERS[name])))

    assert [each.message for each in CHECKS[name].iter_errors(written)] == []


# --- what the JSON schemas refuse ---------------------------------------------------------------

ABSENT = object()
REFUSED: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("services", (), {"services": SERVICES}),  # Spark: no wrapper, GR-S-02
    ("services", (0, "service_code"), 1),  # GR-S-06
    ("services", (0, "metadata"), "true"),  # GR-S-04
    ("services", (0, "type"), "Batch"),
    ("services", (0, "keywords"), ABSENT),
    ("services", (0, "keywords"), ""),  # GR-F-22
    ("services", (0, "keywords"), ["road"]),  # GR-S-07
    ("services", (0, "active"), True),
    ("service_definition", (), [DEFINITION]),  # GR-A-02
    ("service_definition", ("attributes", 0, "order"), "1"),  # GR-A-07
    ("service_definition", ("attributes", 0, "order"), 0),
    ("service_definition", ("attributes", 0, "values"), []),
    ("service_definition", ("attributes", 0, "values"), ABSENT),
    ("service_definition", ("attributes", 0, "values", 0, "key"), 1),  # GR-A-08
    ("service_definition", ("attributes", 0, "datatype"), "number"),  # has values
    ("submitted_requests", (), []),
    ("submitted_requests", (0, "token"), "t"),  # GR-P-31: never both
    ("submitted_requests", (0, "service_request_id"), None),
    ("submitted_requests", (0, "account_id"), ABSENT),
    ("redeemed_tokens", (0, "token"), None),
    ("redeemed_tokens", (), []),
    ("service_requests", (), REQUESTS[0]),  # GR-R-02
    ("service_requests", (0, "status"), "Open"),  # GR-Q-15
    ("service_requests", (0, "expected_datetime"), ABSENT),  # interop 1
    ("service_requests", (0, "expected_datetime"), ""),
    ("service_requests", (0, "requested_datetime"), "2026-01-02T03:04:05+01:00"),  # GR-F-30
    ("service_requests", (0, "requested_datetime"), "2026-01-02T03:04:05.5Z"),
    ("service_requests", (0, "updated_datetime"), None),  # GR-Q-33
    ("service_requests", (0, "lat"), "44.65"),  # GR-Q-31
    ("service_requests", (0, "lat"), 90.1),
    ("service_requests", (0, "long"), -180.1),
    ("service_requests", (0, "zipcode"), 2110),  # GR-F-24
    ("service_requests", (0, "media_url"), ""),
    ("service_requests", (0, "description"), "x" * 4001),  # GR-P-08
    ("service_requests", (0, "email"), "a@tiny.example"),  # GR-Q-30
    ("discovery", (), [DISCOVERY]),
    ("discovery", ("changeset",), "2011-02-03 14:18"),  # GR-D-10
    ("discovery", ("endpoints",), []),
    ("discovery", ("endpoints", 0, "url"), "https://tiny.example/open311/v2/"),  # GR-D-11
    ("discovery", ("endpoints", 0, "formats"), ["application/json"]),  # GR-D-08
    ("discovery", ("endpoints", 0, "specification"), "https://wiki.open311.org/GeoReport_v2"),
    ("errors", (), []),
    ("errors", (0, "code"), "404"),  # GR-E-07
    ("errors", (0, "code"), 200),
    ("errors", (0, "detail"), "x"),
    ("extended_service_definition", ("version",), ABSENT),
    ("extended_service_definition", ("version",), 0),
    ("extended_service_definition", ("location",), None),
    ("extended_service_definition", ("reporter",), None),
    ("extended_service_definition", ("reporter", "all_of"), []),
    ("extended_service_definition", ("media", "least"), ABSENT),
    ("extended_service_definition", ("attributes", 0, "values"), []),
    ("extended_service_definition", ("attributes", 0, "minimum"), None),
    ("extended_service_definition", ("attributes", 0, "extra"), {}),
    ("extended_service_definition", ("attributes", 1, "private"), False),
    ("extended_service_definition", ("attributes", 1, "minimum"), "1"),
    ("extended_service_definition", ("attributes", 1, "earliest"), "tomorrow"),
    ("extended_service_definition", ("attributes", 1, "dependencies", "clause"), "XOR"),
    ("extended_service_definition", ("attributes", 1, "dependencies", "conditions"), []),
    ("answered_requests", (), ANSWERED_REQUESTS[0]),
    ("answered_requests", (0, "definition_version"), None),
    ("answered_requests", (0, "detailed_status"), "open"),
    ("answered_requests", (0, "notes"), []),
    ("answered_requests", (0, "notes"), ABSENT),
    ("answered_requests", (0, "notes", 0, "type"), "follow_on_created"),
    ("answered_requests", (0, "notes", 1, "description"), None),
    ("answered_requests", (0, "notes", 0, "datetime"), "2026-01-02T03:04:05"),
    ("request_updates", (0, "status"), "reopen"),
    ("request_updates", (0, "description"), ABSENT),
    ("request_updates", (0, "media_url"), "picture.jpg"),
    ("recorded_updates", (), []),
    ("recorded_updates", (0, "update_id"), 7),
    ("answered_requests", (0, "attributes"), {"LANE": "l"}),
    ("answered_requests", (0, "attributes", 0, "name"), ABSENT),
    ("answered_requests", (0, "attributes", 0, "value"), None),
    ("answered_requests", (0, "email"), "a@tiny.example"),
]


def changed(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    if not place:
        return new
    value = copy.deepcopy(value)
    holder = value
    for each in place[:-1]:
        holder = holder[each]
    if new is ABSENT:
        del holder[place[-1]]
    else:
        holder[place[-1]] = new
    return value


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_answer_fits_its_schema(name: str) -> None:
    assert CHECKS[name].is_valid(SOUND[name])


@pytest.mark.parametrize(("name", "place", "new"), REFUSED)
def test_an_answer_that_is_off_in_one_point_is_refused(
    name: str, place: tuple[str | int, ...], new: Any
) -> None:
    assert not CHECKS[name].is_valid(changed(SOUND[name], place, new))
