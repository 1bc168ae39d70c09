"""Out and in again: our services through documents, and the documents of others through us."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, currently_in_test_context, given, reject, settings
from hypothesis import strategies as st

from open311.domain.definitions import canonical
from open311.domain.folder import CityService
from open311.formats import folder_rules
from open311.formats.catalogue import documents, members, reading
from open311.formats.folder_rules import Found
from tests.catalogues import CLASHES, CODES, defined, listed, services

QUIET = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
STANDARD = {*members.SERVICE, "metadata"}
QUESTION = {"variable", "code", "datatype", "required", "datatype_description", "order"}
QUESTION |= {"description", "values"}


def taken(*parts: dict[str, Any]) -> CityService:
    """The service that an object of a list, a definition, or both, make; if they make one."""
    value = composed(*parts)
    faults = [*folder_rules.broken([Found("services/x.json", "service", value)])]
    if faults and currently_in_test_context():
        reject()
    assert faults == []
    return msgspec.convert(value, CityService)


def composed(*parts: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for part in parts:
        one = reading.definition(part) if "attributes" in part else reading.service(part)
        told = reading.joined(told, one) if told else one
    return reading.composed(told, {}, department="city", group="Other")


def exactly(value: Any) -> str:
    """JSON of which 1 and 1.0 are the same, and 1 and true are not."""
    return json.dumps(whole(value), sort_keys=True)


def whole(value: Any) -> Any:
    match value:
        case dict():
            return {name: whole(each) for name, each in value.items()}
        case list():
            return [whole(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value


def lost(came: dict[str, Any], again: dict[str, Any], standard: set[str]) -> dict[str, Any]:
    """The members that came with something in them, and are not there again as they were."""
    return {
        name: (each, again.get(name, "not there"))
        for name, each in came.items()
        if name not in ("attributes", "attribute")
        and not (name in standard and members.empty(each))
        and (name not in again or exactly(each) != exactly(again[name]))
    }


# --- laws ---------------------------------------------------------------------------------------


@QUIET
@given(services())
def test_a_service_of_ours_is_the_same_by_way_of_its_documents(service: CityService) -> None:
    shown = documents.extended(service)

    assert taken(*json.loads(json.dumps(shown))) == canonical(service)


@QUIET
@given(st.data())
def test_nothing_that_came_is_lost(data: st.DataObject) -> None:
    code = st.just(data.draw(CODES | st.integers(0, 999)))
    one, other = listed(code, **CLASHES), defined(code, **CLASHES)
    parts = data.draw(st.tuples(one) | st.tuples(one, other))
    again = documents.extended(taken(*parts))

    assert lost(parts[0], again[0], STANDARD) == {}
    if len(parts) > 1:
        assert lost(parts[1], again[1], {"service_code", "department"}) == {}
        questions = {each["code"]: each for each in again[1]["attributes"]}
        for each in parts[1]["attributes"]:
            assert lost(each, questions[each["code"]], QUESTION) == {}


@QUIET
@given(st.data())
def test_what_was_taken_once_is_taken_again_as_it_was(data: st.DataObject) -> None:
    code = st.just(data.draw(CODES))
    service = taken(data.draw(listed(code)), data.draw(defined(code)))

    assert taken(*documents.extended(service)) == canonical(service)


_CHANGES = {
    "service_name": "New name",
    "group": "New group",
    "department": "new",
    "expected_hours": 77,
    "location": "optional",
    "reporter": {"all_of": ["phone"]},
}


@QUIET
@given(st.data(), st.sets(st.sampled_from(sorted(_CHANGES)), min_size=1))
def test_what_a_clerk_changes_is_shown_as_changed(data: st.DataObject, names: set[str]) -> None:
    code = st.just(data.draw(CODES))
    service = taken(data.draw(listed(code)), data.draw(defined(code)))
    changed = msgspec.to_builtins(service) | {name: _CHANGES[name] for name in names}
    wanted = canonical(msgspec.convert(changed, CityService))
    again = taken(*documents.extended(wanted))

    assert msgspec.structs.replace(again, extra={}) == msgspec.structs.replace(wanted, extra={})


# --- by hand ------------------------------------------------------------------------------------

BOSTON = {
    "service_code": "A",
    "attributes": [],
    "definitions": {
        "location_required": True,
        "location": {"required": True, "visible": True},
        "contact_required": False,
        "service_departments": [{"code": "D", "name": "Dee", "web_link": None}],
        "icons": {"map_marker": None},
    },
    "service_level_agreement": {"type": "Calendar Days", "value": 2},
}


@pytest.mark.parametrize(
    ("member", "value", "place", "shown"),
    [
        ("location", "optional", ("definitions", "location_required"), False),
        ("location", "optional", ("definitions", "location", "required"), False),
        ("location", "none", ("definitions", "location", "visible"), True),
        ("department", "E", ("definitions", "service_departments"), [{"code": "E"}]),
        ("expected_hours", 5, ("service_level_agreement",), {"type": "Hours", "value": 5}),
        ("expected_hours", None, ("service_level_agreement",), {"type": None, "value": None}),
    ],
)
def test_what_another_system_said_is_put_right(
    member: str, value: Any, place: tuple[str, ...], shown: Any
) -> None:
    service = taken(BOSTON)
    _, document = documents.extended(msgspec.structs.replace(service, **{member: value}))
    found = document
    for name in place:
        found = found[name]

    assert found == shown
    assert document["definitions"]["icons"] == {"map_marker": None}


def test_what_only_we_can_say_is_said_in_our_words() -> None:
    service = taken(BOSTON)
    changed = msgspec.structs.replace(service, service_notice="Soon.", location="none")
    _, document = documents.extended(changed)

    assert document["service_notice"] == "Soon."
    assert document["location"] == "none"
    assert document["definitions"]["location_required"] is False


def test_a_question_that_a_clerk_changed_is_shown_as_changed() -> None:
    raw = {
        "code": "Q",
        "datatype": "SingleValueList",
        "required": "true",
        "order": 0,
        "description": "A\r\nB",
        "values": [{"key": 1, "name": "One", "icon": "i"}],
        "notice": "x",
    }
    service = taken({"service_code": "A", "attributes": [raw, {**raw, "code": "R", "order": 1}]})
    first, second = service.attributes
    value = msgspec.structs.replace(first.values[0], key="one")
    changed = msgspec.structs.replace(first, required=False, values=[value], order=7)
    changed = msgspec.structs.replace(service, attributes=[changed, second])
    last, shown = documents.extended(changed)[1]["attributes"]

    assert (last["code"], last["required"], last["order"]) == ("R", "true", 2)
    assert (shown["required"], shown["order"], shown["notice"]) == (False, 7, "x")
    assert shown["description"] == raw["description"]
    assert shown["values"] == [{"key": "one", "name": "One", "icon": "i"}]


def test_what_a_clerk_wrote_into_extra_is_shown_and_does_no_harm() -> None:
    service = taken({"service_code": "A", "attributes": []})
    extra = {"icon": 5, "services": ["no object"], "service_definition": {"service_code": "B"}}
    listed_, defined_ = documents.extended(msgspec.structs.replace(service, extra=extra))

    assert listed_["service_code"] == defined_["service_code"] == "A"
    assert defined_["icon"] == 5
