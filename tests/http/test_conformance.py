"""What the conformance suite sends to our own server, and sees, with every extension on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from open311.spec.extensions import (
    Answered,
    AnsweredRequest,
    ExtendedAttribute,
    ExtendedDefinition,
)
from tests.conformance import reports
from tests.conformance.conftest import EXTENSIONS, own
from tests.conformance.endpoint import Endpoint
from tests.conftest import RunningServer


@pytest.fixture
def endpoint(running_server: RunningServer) -> Endpoint:
    return own(running_server, EXTENSIONS)


@pytest.fixture
def definitions(endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """The definitions that the suite reads, as JSON, by service_code."""
    codes = reports.with_attributes(endpoint)
    return {code: reports.definition(endpoint, code, "json").json for code in codes}


def test_the_suite_sees_every_rule_and_services_with_a_past(
    definitions: dict[str, dict[str, Any]],
) -> None:
    questions = [each for whole in definitions.values() for each in whole["attributes"]]

    assert _members(*definitions.values()) == {*ExtendedDefinition.__struct_fields__}
    assert _members(*questions) == {*ExtendedAttribute.__struct_fields__}
    assert {each["location"] for each in definitions.values()} == {"required", "optional", "none"}
    assert len([each for each in definitions.values() if each["version"] > 1]) == 3


def test_the_suite_sees_answers_private_ones_and_those_to_older_versions(
    endpoint: Endpoint, definitions: dict[str, dict[str, Any]]
) -> None:
    seen = [each for each in endpoint.get("requests", "json").json if each["attributes"]]
    private = {
        (code, question["code"])
        for code, whole in definitions.items()
        for question in whole["attributes"]
        if question.get("private")
    }

    assert _members(*seen) == {*AnsweredRequest.__struct_fields__} - {"detailed_status"}
    assert {note["type"] for each in seen for note in each["notes"]} == {
        *("submitted", "activity", "closed")
    }
    assert _members(*(a for each in seen for a in each["attributes"])) == {
        *Answered.__struct_fields__
    }
    assert private & {
        (each["service_code"], a["code"]) for each in seen for a in each["attributes"]
    }
    assert any(
        each["definition_version"] < definitions[each["service_code"]]["version"] for each in seen
    )


def test_the_suite_sees_texts_in_another_language(endpoint: Endpoint) -> None:
    named, plainly = (
        {each["service_code"]: each["service_name"] for each in one.get("services", "json").json}
        for one in (endpoint, replace(endpoint, arguments=()))
    )

    assert named.keys() == plainly.keys()
    assert len([code for code in named if named[code] != plainly[code]]) >= 100


def _members(*objects: dict[str, Any]) -> set[str]:
    return {name for each in objects for name in each}


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("", {}),
        ({"status": "open"}, {"status": "open"}),
        ("extensions=false&api_key=", {"extensions": "false", "api_key": ""}),
    ],
)
def test_a_get_carries_the_arguments_that_it_does_not_name(
    endpoint: Endpoint, query: Any, sent: dict[str, str]
) -> None:
    answer = endpoint.call("GET", "services.json", query)
    carried = dict(EXTENSIONS) | {"api_key": endpoint.api_key} | sent

    assert dict(parse_qsl(urlsplit(answer.url).query, keep_blank_values=True)) == carried


def test_a_key_is_not_shown_by_what_a_failure_shows(endpoint: Endpoint) -> None:
    answer = endpoint.call("GET", "services.json")

    assert endpoint.api_key
    assert endpoint.api_key in answer.url
    assert endpoint.api_key not in repr(answer)
