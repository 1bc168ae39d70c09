"""Catalogues as servers write them: however they are wrapped and spelt, they mean the same."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311 import resources
from open311.domain import definitions, extended
from open311.domain.folder import CityAttribute
from open311.formats import FORMATS, folder
from open311.formats.catalogue import reading, updates
from open311.formats.catalogue.updates import Update, Wishes
from open311.formats.folder_rules import Found
from open311.spec.extensions import ExtendedServiceDefinition

SERVICE = {
    "service_code": "1",
    "service_name": "Pothole",
    "description": "A hole.",
    "metadata": True,
    "type": "realtime",
    "keywords": "hole, road",
    "group": "Street",
}
QUESTION = {
    "variable": True,
    "code": "Q",
    "datatype": "singlevaluelist",
    "required": True,
    "datatype_description": None,
    "order": 1,
    "description": "Which?",
    "values": [{"key": "1", "name": "One"}],
}
DEFINITION = {"service_code": "1", "attributes": [QUESTION]}
PLAIN = {
    **{name: each for name, each in SERVICE.items() if name != "metadata"},
    "department": "city",
    "attributes": [{name: each for name, each in QUESTION.items() if each is not None}],
}
"""The same service in a city folder."""

XML = """<?xml version="1.0" encoding="utf-8"?>
<services><service>
  <service_code>1</service_code><service_name>Pothole</service_name>
  <description>A hole.</description><metadata>true</metadata><type>realtime</type>
  <keywords>hole, road</keywords><group>Street</group>
</service></services>"""
ATTRIBUTE = """<attribute>
  <variable>true</variable><code>Q</code><datatype>singlevaluelist</datatype>
  <required>true</required><datatype_description/><order>1</order>
  <description>Which?</description>
  <values><value><key>1</key><name>One</name></value></values>
</attribute>"""


def read(*answers: Any) -> tuple[reading.Catalogue, list[str]]:
    """What answers say, called `0`, `1` and so on; values as JSON, text as it is."""
    named = [
        (str(number), (each if isinstance(each, str) else json.dumps(each)).encode())
        for number, each in enumerate(answers)
    ]
    found, told = reading.read(named)
    return found, folder.sentences(told)


def put(*answers: Any, found: list[Found] | None = None, **wishes: Any) -> tuple[Update, list[str]]:
    """What answers make of a city folder, and the faults."""
    catalogue_, told = read(*answers)
    partial = wishes.pop("partial", False)
    wanted = Wishes(**{"jurisdiction_id": "x.example", **wishes})
    update, faults = updates.updated(catalogue_, found or [], wanted, partial=partial)
    return update, told + folder.sentences(faults)


def service(*answers: Any, code: str = "1", **wishes: Any) -> dict[str, Any]:
    """The file of one service."""
    update, told = put(*answers, **wishes)
    assert told == []
    value: dict[str, Any] = update.files[f"services/{code}.json"]
    return value


def question(**members: Any) -> dict[str, Any]:
    """How a question reads; None takes a member away."""
    raw = {name: each for name, each in {**QUESTION, **members}.items() if each is not None}
    (found,) = service({"service_code": "1", "attributes": [raw]})["attributes"]
    return found


# --- however it is wrapped ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "listed",
    [
        [SERVICE],
        {"services": [SERVICE]},
        {"services": {"service": [SERVICE]}},
        {"services": {"service": SERVICE}},
        [{"service": SERVICE}],
        SERVICE,
        XML,
        XML.replace("<services>", '<services type="array" xmlns="urn:x">'),
        "\ufeff" + json.dumps([SERVICE]),
        "\n " + json.dumps([SERVICE]),
    ],
)
@pytest.mark.parametrize(
    "defined",
    [
        DEFINITION,
        [DEFINITION],
        {"service_definition": DEFINITION},
        {"service_definitions": [DEFINITION]},
        {"service_code": "1", "attributes": {"attribute": [QUESTION]}},
        {"service_code": "1", "attributes": {"attribute": QUESTION}},
        {"service_code": "1", "attribute": QUESTION},
        f"<service_definition><service_code>1</service_code><attributes>{ATTRIBUTE}</attributes>"
        "</service_definition>",
        f"<service_definition><service_code>1</service_code>{ATTRIBUTE}</service_definition>",
    ],
)
def test_a_list_and_a_definition_are_read_however_they_are_wrapped(
    listed: Any, defined: Any
) -> None:
    assert service(listed, defined) == PLAIN
    assert service(defined, listed) == PLAIN


def test_one_document_may_hold_the_list_and_the_questions() -> None:
    assert service([{**SERVICE, "attributes": [QUESTION]}])["attributes"] == PLAIN["attributes"]


@pytest.mark.parametrize("listed", ["[]", '{"services": []}', "<services/>", '{"services": null}'])
def test_a_list_may_be_empty(listed: str) -> None:
    assert read(listed) == (reading.Catalogue({}, {}, {}), [])


# --- however it is spelt ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "ours"),
    [
        ({"service_code": 1}, {"service_code": "1"}),
        ({"service_code": " 1 "}, {"service_code": "1"}),
        ({"type": "Realtime"}, {"type": "realtime"}),
        ({"type": None}, {}),
        ({"keywords": ["hole", "road"]}, {"keywords": "hole, road"}),
        ({"keywords": None}, {}),
        ({"service_name": "Pot\r\nhole"}, {"service_name": "Pot hole"}),
        ({"service_name": 311}, {"service_name": "311"}),
        ({"description": "A\r\nhole."}, {"description": "A\nhole."}),
        ({"description": ""}, {"description": "Pothole"}),
        ({"service_name": " ", "description": None}, {"service_name": "1", "description": "1"}),
        ({"group": None}, {"group": "Other"}),
        ({"group": None, "groups": ["", "Roads"]}, {"group": "Roads"}),
        ({"group": None, "groups": {"group": "Roads"}}, {"group": "Roads"}),
    ],
)
def test_a_service_is_read_however_its_members_are_spelt(
    members: dict[str, Any], ours: dict[str, Any]
) -> None:
    found = service([{**SERVICE, **members}])
    kept = found.pop("extra", {}).get("services", {})

    assert found == {
        **{k: v for k, v in PLAIN.items() if k not in ("attributes", *members)},
        **ours,
    }
    assert {name: kept.get(name, found.get(name)) for name in members if members[name]} == {
        name: each if str(each).strip() else found.get(name)
        for name, each in members.items()
        if each
    }


@pytest.mark.parametrize(
    ("members", "ours"),
    [
        ({"variable": "true", "required": "False"}, {"variable": True, "required": False}),
        ({"code": 7}, {"code": "7"}),
        ({"datatype": "SingleValueList"}, {"datatype": "singlevaluelist"}),
        ({"order": "4"}, {"order": 4}),
        ({"description": ""}, {"description": "Q"}),
        ({"values": [{"key": 1}]}, {"values": [{"key": "1", "name": "1", "extra": {"key": 1}}]}),
        ({"values": [{"key": "a", "name": ""}]}, {"values": [{"key": "a", "name": "a"}]}),
        ({"values": ["A"]}, {"values": [{"key": "A", "name": "A"}]}),
        ({"values": {"value": {"key": "a", "name": "A"}}}, {"values": [{"key": "a", "name": "A"}]}),
        (
            {"datatype": "informational", "variable": True, "values": []},
            {"datatype": "informational", "variable": False, "required": False},
        ),
        ({"automated": "hidden_field"}, {"automated": "hidden_field"}),
        ({"automated": "server_set"}, {"automated": "hidden_field"}),
        (
            {"automated": "server_set", "preset": "1"},
            {"automated": "server_set", "preset": "1"},
        ),
        ({"private": True, "notice": "x"}, {"private": True}),
        ({"minimum": "low"}, {}),
    ],
)
def test_a_question_is_read_however_its_members_are_spelt(
    members: dict[str, Any], ours: dict[str, Any]
) -> None:
    found = question(**members)

    assert {name: found.get(name) for name in ours} == ours
    kept = {**found, **found.get("extra", {})}
    assert {name: kept.get(name) for name in members if name not in ("values", "description")} == {
        name: each for name, each in members.items() if name not in ("values", "description")
    }


def test_our_own_extended_answers_say_what_the_folder_says() -> None:
    """But for a preset that is private, which they do not tell."""
    for each in folder.read(resources.DEMO).services:
        own = definitions.canonical(each)
        answer = ExtendedServiceDefinition(extended.definition(own, 1))
        told = reading.definition(json.loads(FORMATS["json"].encode(answer)))["attributes"]
        found = msgspec.convert(told, list[CityAttribute])

        for one, other in zip(own.attributes, found, strict=True):
            assert one == other or (one.private and one.preset)


def test_what_another_server_does_not_say_of_a_question_is_not_ours() -> None:
    found = question(informational=False, required_when_asked="perhaps", required=False)

    assert (found["datatype"], found["required"]) == ("singlevaluelist", False)
    assert found["extra"] == {"informational": False, "required_when_asked": "perhaps"}


@pytest.mark.parametrize("values", [None, [], "", {}])
def test_a_text_takes_whatever_stands_for_no_values(values: Any) -> None:
    """Source: GR-A-09."""
    raw = {**QUESTION, "datatype": "text", "values": values}
    (found,) = service({"service_code": "1", "attributes": [raw]})["attributes"]

    assert "values" not in found
    assert "extra" not in found


def test_values_of_a_text_are_kept_and_not_asked_for() -> None:
    found = question(datatype="string")

    assert "values" not in found
    assert found["extra"] == {"values": QUESTION["values"]}


@pytest.mark.parametrize(
    ("orders", "ours"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([9, 3, 1], [9, 3, 1]),
        ([None, None, None], [None, None, None]),
        ([0, 1, 2], [1, 2, 3]),
        ([2, 1, 1], [3, 1, 2]),
        ([5, None, 1], [2, 3, 1]),
        (["2", "1", "3"], [2, 1, 3]),
        (["last", 1, 2], [3, 1, 2]),
        ([99_999, 1, 2], [3, 1, 2]),
    ],
)
def test_questions_stand_in_the_order_that_was_meant(orders: list[Any], ours: list[Any]) -> None:
    """Source: GR-A-13."""
    raw = [
        {**QUESTION, "code": f"Q{number}", "order": order} for number, order in enumerate(orders)
    ]
    found = service({"service_code": "1", "attributes": raw})["attributes"]

    assert [each.get("order") for each in found] == ours


CONDITION = {"attribute": "Q", "op": "eq", "value": "1"}


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ({"clause": "OR", "conditions": [CONDITION]}, {"clause": "OR", "conditions": [CONDITION]}),
        ({"clause": "or", "conditions": [CONDITION]}, {"clause": "OR", "conditions": [CONDITION]}),
        ({"conditions": [CONDITION]}, {"clause": "AND", "conditions": [CONDITION]}),
        (
            {"conditions": [{**CONDITION, "op": " IN ", "label": "x"}]},
            {"clause": "AND", "conditions": [{**CONDITION, "op": "in"}]},
        ),
        ({"conditions": []}, None),
        ({}, None),
        (None, None),
    ],
)
def test_conditions_are_read_in_any_spelling(raw: Any, ours: Any) -> None:
    second = {**QUESTION, "code": "R", "order": 2, "dependencies": raw}
    found = service({"service_code": "1", "attributes": [QUESTION, second]})["attributes"][1]

    assert found.get("dependencies") == ours
    assert found.get("extra", {}).get("dependencies", ours) in (raw, ours)


# --- what others say more -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "ours"),
    [
        ({"definitions": {"location_required": False}}, {"location": "optional"}),
        ({"definitions": {"location_required": "false"}}, {"location": "optional"}),
        ({"definitions": {"location": {"required": False}}}, {"location": "optional"}),
        ({"definitions": {"location": {"visible": False}}}, {"location": "none"}),
        ({"definitions": {"location": None}}, {}),
        ({"definitions": None}, {}),
        ({"definitions": {"contact_required": True}}, {"reporter": {"one_of": ["email", "phone"]}}),
        (
            {"definitions": {"reporter": {"required_fields": ["email", "last_name"]}}},
            {"reporter": {"all_of": ["email", "last_name"]}},
        ),
        (
            {"definitions": {"reporter": {"required": True, "required_fields": "phone"}}},
            {"reporter": {"all_of": ["phone"]}},
        ),
        ({"definitions": {"reporter": {"required_fields": ["shoe_size"]}}}, {}),
        ({"service_level_agreement": {"type": "Hours", "value": 48}}, {"expected_hours": 48}),
        ({"service_level_agreement": {"type": "Hours", "value": "48"}}, {"expected_hours": 48}),
        (
            {"service_level_agreement": {"type": "Calendar Days", "value": 2}},
            {"expected_hours": 48},
        ),
        ({"service_level_agreement": {"type": "Business Days", "value": 2}}, {}),
        ({"service_level_agreement": {"type": "Hours", "value": 0}}, {}),
        ({"service_level_agreement": {"type": "Hours", "value": 999_999}}, {}),
        ({"service_level_agreement": {"type": None, "value": None}}, {}),
        ({"service_level_agreement": "soon"}, {}),
        ({"open311:type": "batch", "type": "services"}, {"type": "batch"}),
        ({"service_notice": "Soon."}, {"service_notice": "Soon."}),
        ({"media": {"least": 1}}, {"media": {"least": 1}}),
        ({"media": ["a.jpg"]}, {}),
        ({"id": 5, "anything": {"at": ["all", 1.5, None]}}, {}),
    ],
)
def test_what_a_definition_says_more_is_said_in_our_words_and_kept(
    members: dict[str, Any], ours: dict[str, Any]
) -> None:
    found = service({**DEFINITION, **members}, [SERVICE] if "type" not in members else [])
    kept = found.get("extra", {}).get("service_definition", {})

    told = {"location", "reporter", "media", "expected_hours", "service_notice", "type"}
    assert {name: found[name] for name in told & found.keys()} == {"type": "realtime", **ours}
    assert {name: kept.get(name, found.get(name)) for name in members} == members


def test_departments_are_added_with_what_is_said_of_them() -> None:
    owners = [
        {"code": "D1", "name": "Dee", "phone": None, "email": "d@x.example", "web_link": "x"},
        {"code": "D2", "name": None},
    ]
    update, told = put([{**SERVICE, "definitions": {"service_departments": owners}}])

    assert told == []
    assert update.files["services/1.json"]["department"] == "D1"
    assert update.files["departments.json"]["departments"] == [
        {"code": "D1", "name": "Dee", "email": "d@x.example", "url": "x"},
        {"code": "D2", "name": "D2"},
    ]


def test_metadata_is_kept_only_where_it_says_what_the_questions_do_not() -> None:
    assert service([SERVICE])["extra"] == {"services": {"metadata": True}}
    assert "extra" not in service([SERVICE], DEFINITION)
    assert "extra" not in service([{**SERVICE, "metadata": False}])
    assert "extra" not in service([{**SERVICE, "metadata": None}])
    assert service([{**SERVICE, "metadata": "true"}], DEFINITION)["extra"] == {
        "services": {"metadata": "true"}
    }


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([[{**SERVICE, "service_code": ""}]], ["0: [0].service_code: is missing"]),
        ([[{**SERVICE, "service_code": ["1"]}]], ["0: [0].service_code: a list is not text"]),
        ([{"services": [SERVICE, 5]}], ["0: services[1]: is not an object"]),
        (
            [{"services": [SERVICE, {"service_request_id": "1"}]}],
            ["0: tells of service requests, not of services"],
        ),
        (
            [
                {
                    **DEFINITION,
                    "attributes": [{**QUESTION, "dependencies": {"conditions": [5]}}],
                }
            ],
            ["0: attributes[0].dependencies.conditions[0]: 5 is not an object"],
        ),
        (
            [[{**SERVICE, "service_code": "a,b"}]],
            [
                "0: [0].service_code: 'a,b' is not a service code: one line, no comma, no //,"
                " no white space at its ends"
            ],
        ),
        (
            [[{**SERVICE, "service_code": "/a"}]],
            [
                "0: [0].service_code: '/a' is not a service code: one line, no comma, no //,"
                " no white space at its ends"
            ],
        ),
        ([[SERVICE, SERVICE]], ["0: [1].service_code: '1' is also in 0: [0].service_code"]),
        ([[SERVICE], XML], ["1: services[0].service_code: '1' is also in 0: [0].service_code"]),
        ([DEFINITION, DEFINITION], ["1: '1' is also defined in 0: attributes"]),
        (
            [[{**SERVICE, "type": "sometimes", "description": 5 * [1]}]],
            [
                "0: [0].description: a list is not text",
                "0: [0].type: 'sometimes' is not one of batch, blackbox, realtime",
            ],
        ),
        (
            [{"service_definition": {"service_code": "1", "attributes": [5]}}],
            ["0: service_definition.attributes[0]: 5 is not an object"],
        ),
        (
            [{"service_code": "1", "attribute": {}}],
            [
                "0: attribute[0].code: is missing",
                "0: attribute[0].datatype: is missing",
                "0: attribute[0].description: is missing",
            ],
        ),
        ("<service_definition/>", ["0: service_definition.service_code: is missing"]),
        (
            [{**DEFINITION, "attributes": [{**QUESTION, "code": "a[b]", "datatype": "colour"}]}],
            [
                "0: attributes[0].code: 'a[b]' is not an attribute code: one line without brackets"
                " or commas",
                "0: attributes[0].datatype: 'colour' is not one of datetime, informational,"
                " multivaluelist, number, singlevaluelist, string, text",
            ],
        ),
        (
            [{**DEFINITION, "attributes": [{**QUESTION, "values": [{"key": ",a"}, {}]}]}],
            [
                "0: attributes[0].values[0].key: ',a' is not a code: one line, no white space or"
                " comma at its ends, no control characters",
                "0: attributes[0].values[1].key: is missing",
                "0: attributes[0].values[1].name: is missing",
            ],
        ),
        (
            [{**DEFINITION, "attributes": [{**QUESTION, "values": []}]}],
            ["0: attributes[0].values: is missing or empty; a singlevaluelist needs choices"],
        ),
        (
            [
                {
                    **DEFINITION,
                    "attributes": [{**QUESTION, "dependencies": {"conditions": [{**CONDITION}]}}],
                }
            ],
            ["0: attributes[0].dependencies.conditions[0].attribute: 'Q' is the question itself"],
        ),
        (
            [{**DEFINITION, "attributes": [{**QUESTION, "dependencies": {"conditions": 5}}]}],
            ["0: attributes[0].dependencies.conditions: 5 is not a list"],
        ),
        (
            [{**DEFINITION, "attributes": [{**QUESTION, "dependencies": "always"}]}],
            ["0: attributes[0].dependencies: 'always' is not an object"],
        ),
        (
            [[{**SERVICE, "notice": json.loads("[" * 31 + "]" * 31)}]],
            ["0: [0]: is nested too deeply"],
        ),
    ],
    ids=str,
)
def test_every_fault_is_told_by_the_file_and_place_of_the_answer(
    answers: Any, told: list[str]
) -> None:
    _, found = put(*([answers] if isinstance(answers, str) else answers))

    assert found == told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*SERVICE, *QUESTION, "attributes", "services", "dependencies", "conditions"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_anything_is_put_into_a_folder_or_told(one: Any, other: Any) -> None:
    update, told = put(
        [{**SERVICE, "extra": one, "definitions": other}],
        one,
        {"service_code": "2", "attributes": other},
        {"service_code": "3", "attributes": [{**QUESTION, "dependencies": one, "values": other}]},
    )

    assert told or update.added
