"""A submission is checked whole by its service's rules, and every fault is told at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from open311.actions import requests
from open311.domain import definitions
from open311.domain.city import City, Client
from open311.domain.folder import CityService, MediaRule, ReporterRule
from open311.domain.requests import NewRequest
from open311.errors import Invalid, NotFound
from tests.conftest import NOW
from tests.questions import all_of, question, service

STRICT = service(
    question("KIND", "singlevaluelist", "dog cat", required=True),
    question("BREED", "string", when=all_of(("KIND", "eq", "dog")), required=True),
    question("AGE", "number", maximum=30, private=True),
    question("SEEN", "datetime", latest="P0D"),
    location="optional",
    reporter=ReporterRule(all_of=["last_name"], one_of=["email", "phone"]),
    media=MediaRule(least=1, most=2),
)
WHO = Client(
    client_id=1, jurisdiction_id="a.example", name="Ada", rate_limit=None, scopes=frozenset()
)
GOOD = {
    "service_code": "pothole",
    "attribute[KIND]": "cat",
    "last_name": "Lovelace",
    "phone": "555-0100",
    "media_url": "https://a.example/1.jpg",
}


def city(said: CityService) -> City:
    whole = definitions.canonical(said)
    offer = definitions.offer(whole, 3, definitions.hashed(whole))
    return City(
        jurisdiction_id="a.example",
        name="A",
        zone=ZoneInfo("America/Halifax"),
        contact="x",
        key_service="x",
        max_span_days=90,
        changeset=NOW,
        changes_in=None,
        services={offer.service_code: offer},
        departments={},
    )


def read(said: CityService, sent: dict[str, str], files: int = 0) -> NewRequest:
    own = city(said)
    pairs = [*sent.items()]
    return requests.read(own, requests.asked_for(own, pairs), pairs, files, WHO, NOW)


def faults(said: CityService, sent: dict[str, str], files: int = 0) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(said, sent, files)
    return [problem.partition(": ")[0] for problem in caught.value.problems]


def test_a_good_submission_is_pinned_to_the_version_that_it_was_checked_against() -> None:
    filed = read(STRICT, GOOD | {"attribute[AGE]": "7", "attribute[BREED]": "ignored"})

    assert filed.definition_version == 3
    assert filed.attributes == {"KIND": "cat", "AGE": 7}
    assert (filed.address, filed.lat) == (None, None)


def test_every_fault_is_told_at_once() -> None:
    sent = {
        "service_code": "pothole",
        "lat": "x",
        "attribute[KIND]": "dog",
        "attribute[AGE]": "31",
        "attribute[SEEN]": "2026-11-23",
    }

    assert faults(STRICT, sent) == [
        *("lat", "long"),
        *("attribute[BREED]", "attribute[AGE]", "attribute[SEEN]"),
        *("last_name", "email, phone", "media"),
    ]


def test_what_is_faulty_is_not_told_of_as_missing_too() -> None:
    sent = GOOD | {"last_name": "x" * 251, "phone": "1" * 251, "media_url": "no link"}

    assert faults(STRICT, sent) == ["last_name", "phone", "media_url"]


def test_pictures_count_before_a_link() -> None:
    """They win over it, too. Source: GR-P-45."""
    assert faults(STRICT, GOOD, files=3) == ["media"]
    assert read(STRICT, GOOD, files=2).media == ("https://a.example/1.jpg",)


def test_a_service_without_a_place_keeps_none() -> None:
    nowhere = service(location="none")
    sent = {"service_code": "pothole", "lat": "95", "address_string": "1 Road"}
    filed = read(nowhere, sent)

    assert (filed.lat, filed.long, filed.address, filed.address_id) == (None,) * 4


def test_a_service_that_is_not_there_is_told_before_anything_else() -> None:
    """Source: GR-P-24."""
    with pytest.raises(NotFound):
        read(STRICT, {"service_code": "other", "lat": "x"})
    with pytest.raises(Invalid, match="service_code"):
        read(STRICT, {"lat": "x"})
