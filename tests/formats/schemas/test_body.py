"""The JSON Schema of a service's reports: it and the server take and refuse the same."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from open311.domain.definitions import canonical
from open311.domain.folder import CityService
from open311.formats import form
from open311.formats.schemas.body import body_schema
from open311.spec import w3c_datetime
from tests import forms

BODIES = 60  # of each service

LAMP = {"code": "lamp", "datatype": "singlevaluelist", "description": "Which lamp?"}
LAMP |= {"required": True, "values": [{"key": "s", "name": "Street"}, {"key": "p", "name": "Park"}]}
IN_PARK = {"conditions": [{"attribute": "lamp", "op": "eq", "value": "p"}]}
PATH: dict[str, Any] = {"code": "path", "datatype": "text", "description": "Which path?"}
PATH |= {"required": True, "dependencies": IN_PARK, "min_length": 3}
PLACE = {"service_code": "light", "address_string": "1 Road"}


def service(*questions: dict[str, Any], **members: Any) -> CityService:
    told = {
        "service_code": "light",
        "service_name": "Light",
        "description": "A lamp.",
        "group": "Street",
        "department": "works",
        "attributes": questions,
    }
    return canonical(msgspec.convert(told | members, CityService))


def takes(schema: dict[str, Any], body: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(schema).is_valid(body))


def answers(schema: dict[str, Any]) -> Any:
    return schema["properties"]["attribute"]


# --- as the server ------------------------------------------------------------------------------


def without_moving_bounds(service: CityService) -> CityService:
    """What JSON Schema can say: it has no clock."""
    asked = [
        msgspec.structs.replace(each, earliest=None, latest=None) for each in service.attributes
    ]
    return msgspec.structs.replace(service, attributes=asked)


def server_refuses(desk: forms.Desk, body: dict[str, Any]) -> tuple[str, ...]:
    """What the server finds wrong with the bytes of a body."""
    sent = form.read(json.dumps(body).encode(), "application/json", b"")
    (_, *pairs) = sent.pairs
    return desk.faults(forms.Report(tuple(pairs), len(sent.files)))


@settings(max_examples=2 * settings.default.max_examples)
@given(forms.services(), st.integers(0, 99))
def test_the_schema_and_the_server_take_and_refuse_the_same(
    service: CityService, seed: int
) -> None:
    schema = body_schema(service)
    Draft202012Validator.check_schema(schema)
    validator, desk = Draft202012Validator(schema), forms.Desk(without_moving_bounds(service))

    for body in islice(forms.bodies(service, seed), BODIES):
        assert validator.is_valid(body) == (not server_refuses(desk, body)), body


@pytest.mark.parametrize(
    ("datatype", "op"), [(datatype, op) for datatype, ops in forms.OPS.items() for op in ops]
)
@pytest.mark.parametrize("preset", [False, True])
def test_every_operator_hides_the_same_question(datatype: str, op: str, *, preset: bool) -> None:
    """With every value against every answer, and with none."""
    keys = forms.VALUES[datatype]
    first: dict[str, Any] = {"code": "first", "datatype": datatype, "description": "?"}
    if "list" in datatype:
        first["values"] = [{"key": key, "name": key} for key in keys]
    if preset and datatype != "datetime":
        first["preset"] = keys[1]
    sent = [[], ["r"], ["r", "g"], ["g", "b", "r,g"], ["r,g"]]
    if datatype != "multivaluelist":
        sent = [each for each in forms.TYPED.get(datatype, keys) if len(str(each)) < 100]
    for value in {"answered": [None], "one_of": [keys[:1], keys[1:3]]}.get(op, keys):
        condition = {"attribute": "first", "op": op, "value": value}
        second = PATH | {"dependencies": {"conditions": [condition]}}
        asked = service(first, second)
        schema, desk = Draft202012Validator(body_schema(asked)), forms.Desk(asked)
        for given_ in [{}, *({"first": each} for each in sent)]:
            body = PLACE | {"attribute": given_}
            assert schema.is_valid(body) == (not server_refuses(desk, body)), (value, given_)


def test_every_day_of_the_calendar_is_one_and_no_other() -> None:
    asked = service({"code": "day", "datatype": "datetime", "description": "When?"})
    pattern = re.compile(answers(body_schema(asked))["properties"]["day"]["pattern"])
    for year in ("0000", "0001", "1800", "1900", "1904", "2000", "2023", "2024", "2100", "9999"):
        for month, day in itertools.product(range(14), range(33)):
            text = f"{year}-{month:02}-{day:02}T00:00:00Z"
            try:
                w3c_datetime.parse(text, UTC)
            except ValueError:
                assert not pattern.search(text), text
            else:
                assert pattern.search(text), text


# --- as a form builder reads it -----------------------------------------------------------------


def test_a_choice_has_its_names() -> None:
    schema = body_schema(service(LAMP))

    assert answers(schema) == {
        "type": "object",
        "title": "Answers",
        "properties": {
            "lamp": {
                "type": "string",
                "oneOf": [{"const": "s", "title": "Street"}, {"const": "p", "title": "Park"}],
                "title": "Which lamp?",
                "x-datatype": "singlevaluelist",
                "x-order": 1,
            }
        },
        "required": ["lamp"],
    }


def test_a_conditional_question_is_there_where_it_is_asked() -> None:
    schema = body_schema(service(LAMP, PATH))

    assert schema["$defs"] == {
        "asked-2": {"required": ["lamp"], "properties": {"lamp": {"const": "p"}}}
    }
    assert list(answers(schema)["properties"]) == ["lamp"]
    (rule,) = answers(schema)["allOf"]
    assert rule["if"] == {"$ref": "#/$defs/asked-2"}
    assert rule["then"]["required"] == ["path"]
    assert rule["then"]["properties"]["path"]["minLength"] == 3
    assert takes(schema, PLACE | {"attribute": {"lamp": "s", "path": "x"}})
    assert not takes(schema, PLACE | {"attribute": {"lamp": "p", "path": "x"}})


def test_what_a_hidden_question_hides_is_hidden() -> None:
    deeper = PATH | {"code": "deeper"}
    deeper["dependencies"] = {"conditions": [{"attribute": "path", "op": "answered"}]}
    schema = body_schema(service(LAMP, PATH, deeper))

    assert takes(schema, PLACE | {"attribute": {"lamp": "s", "path": "long", "deeper": "x"}})
    assert not takes(schema, PLACE | {"attribute": {"lamp": "p", "path": "long", "deeper": "x"}})


def test_a_text_that_is_shown_stands_beside_the_questions() -> None:
    note = {"code": "n", "datatype": "informational", "variable": False, "description": "Call us."}
    schema = body_schema(service(LAMP, note | {"dependencies": IN_PARK}))

    assert answers(schema)["x-texts"] == [
        {"code": "n", "text": "Call us.", "x-order": 2, "if": {"$ref": "#/$defs/asked-2"}}
    ]


def test_what_json_schema_cannot_say_is_noted() -> None:
    schema = body_schema(
        service(
            PATH | {"code": "a", "dependencies": None, "pattern": "(?i)north", "private": True},
            {"code": "b", "datatype": "datetime", "description": "?", "latest": "PT0H"},
            {"code": "c", "datatype": "number", "description": "?"}
            | {"automated": "hidden_field", "preset": "3"},
            {"code": "d", "datatype": "text", "description": "?"}
            | {"automated": "server_set", "preset": "x"},
        )
    )
    told = answers(schema)["properties"]

    assert (told["a"]["x-pattern"], told["a"]["x-private"]) == ("(?i)north", True)
    assert "pattern" not in told["a"]
    assert told["b"]["x-latest"] == "PT0H"
    assert (told["c"]["x-automated"], told["c"]["default"]) == ("hidden_field", 3)
    assert "d" not in told


def test_a_report_that_must_answer_must_bring_answers() -> None:
    assert "attribute" in body_schema(service(LAMP))["required"]
    assert "attribute" not in body_schema(service(LAMP | {"required": False}, PATH))["required"]
    assert "attribute" not in body_schema(service())["properties"]


def test_pictures_come_by_their_address() -> None:
    picture = {"media_url": "https://a.example/1.jpg"}
    told = {
        (least, most): [
            takes(body_schema(service(media={"least": least, "most": most})), PLACE | each)
            for each in ({}, picture)
        ]
        for least, most in ((0, 1), (1, 2), (2, 2), (0, 0))
    }

    assert told == {
        (0, 1): [True, True],
        (1, 2): [False, True],
        (2, 2): [False, False],  # nothing that is JSON brings two
        (0, 0): [True, False],
    }


def test_a_served_schema_names_itself_and_its_city() -> None:
    address = "https://a.example/a%20b.schema.json?jurisdiction_id=a.example"
    optional = LAMP | {"required": False}
    schema = body_schema(service(optional, PATH), address=address, jurisdiction_id="a.example")

    assert schema["$id"] == address
    assert not takes(schema, PLACE | {"attribute": {"lamp": "p"}})  # its references lead on
    assert takes(schema, PLACE)
    assert takes(schema, PLACE | {"jurisdiction_id": "a.example"})
    assert not takes(schema, PLACE | {"jurisdiction_id": "b.example"})
    assert not takes(schema, PLACE | {"service_code": "tree"})


def test_where_there_are_several_cities_one_is_named() -> None:
    alone, one_of_many = (
        body_schema(service(), jurisdiction_id="a.example", alone=each) for each in (True, False)
    )
    named = PLACE | {"jurisdiction_id": "a.example"}

    assert Draft202012Validator(alone).is_valid(PLACE)
    assert not Draft202012Validator(one_of_many).is_valid(PLACE)
    for each in (alone, one_of_many):
        assert Draft202012Validator(each).is_valid(named)
        assert not Draft202012Validator(each).is_valid(PLACE | {"jurisdiction_id": "b.example"})


def test_a_private_preset_stays_private() -> None:
    told = {"datatype": "string", "description": "?", "automated": "hidden_field"}
    told |= {"preset": "Canary"}
    private = {**told, "code": "SECRET", "private": True}
    found = answers(body_schema(service(private, {**told, "code": "OPEN"})))["properties"]

    assert found["OPEN"]["default"] == "Canary"
    assert "Canary" not in str(found["SECRET"])
