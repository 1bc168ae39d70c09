"""One discovery document for all cities of a server."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from open311.actions import discovery
from open311.domain.city import City
from open311.spec.documents import Directory
from tests.conftest import NOW

CITY = City(
    jurisdiction_id="a.example",
    name="A",
    zone=ZoneInfo("America/Halifax"),
    contact="Ask A.",
    key_service="Write to A.",
    max_span_days=90,
    changeset=NOW,
    changes_in=None,
    services={},
    departments={},
)
OTHER = msgspec.structs.replace(
    CITY, name="B", contact="Ask B.", key_service="Nobody.", changeset=NOW + timedelta(days=1)
)
URL, TEST_URL = "https://311.example/open311/v2", "https://test.example/open311/v2"


def described(*cities: City) -> Directory:
    document, lasting = discovery.describe(cities, URL, TEST_URL, NOW + timedelta(days=2))

    assert lasting
    return document.discovery


def test_a_changeset_ahead_of_the_clock_is_not_shown_and_moves_on_with_it() -> None:
    """GR-D-10: it is in the past. Two changes in a second put it a second ahead."""
    ahead = msgspec.structs.replace(CITY, changeset=NOW + timedelta(seconds=2))
    shown = [
        discovery.describe([ahead], URL, TEST_URL, NOW + timedelta(seconds=second))
        for second in range(4)
    ]

    assert [document.discovery.changeset[-3:] for document, _ in shown] == [
        "00Z", "01Z", "02Z", "02Z",
    ]  # fmt: skip
    assert [lasting for _, lasting in shown] == [False, False, True, True]


def test_one_city_speaks_for_itself() -> None:
    said = described(CITY)

    assert (said.contact, said.key_service) == ("Ask A.", "Write to A.")
    assert said.changeset == "2026-11-22T12:00:00Z"


def test_of_several_cities_each_is_named_and_the_newest_change_counts() -> None:
    said = described(CITY, OTHER)

    assert said.contact == "A: Ask A.; B: Ask B."
    assert said.key_service == "A: Write to A.; B: Nobody."
    assert {said.changeset, *(each.changeset for each in said.endpoints)} == {
        "2026-11-23T12:00:00Z"
    }


def test_a_production_and_a_test_endpoint_are_listed_with_both_formats() -> None:
    """Source: interop 9, GR-D-07, GR-D-08."""
    endpoints = described(CITY).endpoints

    assert [(each.type, each.url) for each in endpoints] == [
        ("production", URL),
        ("test", TEST_URL),
    ]
    assert {each.formats for each in endpoints} == {("text/xml", "application/json")}
    assert {each.specification for each in endpoints} == {"http://wiki.open311.org/GeoReport_v2"}
