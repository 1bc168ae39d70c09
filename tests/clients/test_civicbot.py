"""The client `civicbot` from PyPI: reports are checked against the live definition."""

from __future__ import annotations

import time

import pytest
from civicbot import Endpoint, HttpTransport, Open311Client, ValidationError
from civicbot.http import HttpError, RateLimiter

from open311 import resources
from open311.domain.datatypes import DATATYPES
from open311.formats import folder
from tests.conftest import RunningServer


@pytest.fixture(scope="module")
def client(running_server: RunningServer) -> Open311Client:
    endpoint = Endpoint("demo", "The demo city", running_server.base_url, write=True)
    return Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(0)))


def _answers(definition: dict) -> dict[str, object]:
    """An answer to every question: all keys of a list, or a text that fits."""
    plain = {
        "string": "one",
        "text": "one\ntwo",
        "number": "1.5",
        "datetime": "2026-11-01T08:00:00Z",
    }
    found: dict[str, object] = {}
    for each in definition["attributes"]:
        keys = [value["key"] for value in each["values"]]
        if each["variable"]:
            found[each["code"]] = (
                keys
                if each["datatype"] == "multivaluelist"
                else keys[0]
                if keys
                else plain[each["datatype"]]
            )
    return found


def _plain() -> set[str]:
    """Services of the demo city whose questions have no rules but those of the standard."""
    ruled = (
        "dependencies",
        "automated",
        *(bound for kind in DATATYPES.values() for bound in kind.bounds),
    )
    return {
        each.service_code
        for each in folder.read(resources.DEMO).services
        if each.attributes and not each.reporter and not each.media
        if not any(getattr(asked, rule) is not None for asked in each.attributes for rule in ruled)
    }


def test_services_and_requests_are_listed(client: Open311Client) -> None:
    assert len(client.list_services()) >= 280
    assert len(client.list_requests(page_size=7)) == 7
    assert {each["status"] for each in client.list_requests(status="open", page_size=50)} == {
        "open"
    }


def test_requests_are_found_by_their_ids(client: Open311Client) -> None:
    ids = [each["service_request_id"] for each in client.list_requests(page_size=3)]

    assert ids == [
        each["service_request_id"] for each in client.list_requests(service_request_ids=ids)
    ]
    assert client.get_request(ids[0])["service_request_id"] == ids[0]


def test_every_definition_with_a_list_of_many_values_can_be_answered(
    client: Open311Client, running_server: RunningServer
) -> None:
    """It sends `attribute[code][]` once for each value; of other rules it cannot know."""
    filed, plain = 0, _plain()
    for service in client.list_services():
        if service["service_code"] not in plain or service["type"] != "realtime":
            continue
        definition = client.get_service_definition(service["service_code"])
        kinds = {each["datatype"] for each in definition["attributes"]}
        if "multivaluelist" not in kinds:
            continue
        prepared = client.create_request(
            service["service_code"],
            lat=44.6,
            lng=-66.2,
            description="Filed by a robot.",
            attributes=_answers(definition),
            validate_remote=True,
            dry_run=False,
            confirm="SEND",
            api_key=running_server.api_key,
        )
        (answer,) = prepared.response
        request = client.get_request(answer["service_request_id"])
        assert request["service_code"] == service["service_code"]
        filed += 1

    assert filed >= 5


def test_what_the_definition_forbids_is_not_sent(
    client: Open311Client, running_server: RunningServer
) -> None:
    with pytest.raises(ValidationError):
        client.create_request(
            "no-such-code", address_string="1 Quay Street", validate_remote=True, dry_run=True
        )


def test_a_wrong_key_is_refused(client: Open311Client) -> None:
    with pytest.raises(HttpError) as refused:
        client.create_request(
            "pothole", lat=44.6, lng=-66.2, api_key="wrong", dry_run=False, confirm="SEND"
        )

    assert refused.value.status == 403


def test_a_token_becomes_an_id(client: Open311Client, running_server: RunningServer) -> None:
    prepared = client.create_request(
        running_server.batch_code,
        address_string="1 Quay Street",
        description="Corrected by a robot.",
        validate_remote=True,
        dry_run=False,
        confirm="SEND",
        api_key=running_server.api_key,
    )
    (answer,) = prepared.response
    (found,) = client.get_token(answer["token"])
    deadline = time.monotonic() + 10
    while found["service_request_id"] is None and time.monotonic() < deadline:
        time.sleep(0.1)
        (found,) = client.get_token(answer["token"])

    assert client.get_request(found["service_request_id"])["description"] == "Corrected by a robot."
