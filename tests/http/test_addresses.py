"""An address is looked up while it is typed, in the city's own register alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.actions import addresses
from open311.domain.addresses import Point, Written, entry
from open311.formats.address_files import Row
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.inprocess import Door
from tests.validation import sound

OWN, OTHER, BARE = "own.example", "other.example", "bare.example"
CITY = f"jurisdiction_id={OWN}"
BOTH = pytest.mark.parametrize("extension", ["json", "xml"])

LINES = (
    ("1", "100-102", "Warren Street", "", "Lanternport"),
    ("2", "104", "Warren Street", "Apt 1", "Lanternport"),
    ("3", "104", "Warren Street", "", "Lanternport"),
    ("4", "104", "Warren Avenue", "", "Lanternport"),
    ("5", "7", "Martin Luther King Boulevard", "", "Eastport"),
    ("6", "7", "North Main Street", "", "Eastport"),
    ("7", "12", "Rue Sainte-Anne", "", ""),
)


def points(mark: str) -> list[Point]:
    return [
        entry(
            Written(
                address_id=f"{mark}-{own}",
                number=number,
                street=street,
                unit=unit,
                city=city,
                postcode="Z1A 2B3" if own == "1" else "",
                long=-66.2 + int(own) / 1000,
                lat=44.6,
            )
        )
        for own, number, street, unit, city in LINES
    ]


def put(dsn: str, own: str, found: list[Point]) -> None:
    rows = [Row("", each) for each in found]
    using(dsn, lambda connection: addresses.put(connection, own, rows, NOW))


@pytest.fixture(scope="module")
def registered(
    cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Door]]:
    folder = tmp_path_factory.mktemp("registered")
    with copy_of(cluster, bare) as dsn:
        for own in (OWN, OTHER, BARE):
            load(dsn, small_city(folder / own, own), NOW)
        put(dsn, OWN, points("own"))
        put(dsn, OTHER, points("other")[:1])
        with inprocess.opened(dsn, folder, lambda: NOW) as door:
            yield dsn, door


@pytest.fixture(scope="module")
def door(registered: tuple[str, Door]) -> Door:
    return registered[1]


def ask(door: Door, q: str, extension: str = "json", more: str = CITY) -> list[dict[str, Any]]:
    answer = door.ask("GET", f"addresses.{extension}?q={quote(q)}&{more}")
    assert answer.status == 200
    found: list[dict[str, Any]] = sound(answer, "addresses")
    return found


def ids(door: Door, q: str, more: str = CITY) -> str:
    return "".join(each["address_id"].removeprefix("own-") for each in ask(door, q, more=more))


@BOTH
def test_an_address_is_told_with_its_place(door: Door, extension: str) -> None:
    (first,) = ask(door, "100 warren", extension)

    assert first == {
        "address_id": "own-1",
        "address": "100-102 Warren Street, Lanternport, Z1A 2B3",
        "zipcode": "Z1A 2B3",
        "lat": 44.6,
        "long": -66.199,
    }


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("104 warren s", "32"),
        ("104 warren", "432"),
        ("104 WARREN STREET", "32"),
        ("104 Warren Stre", "32"),
        ("104 Waren Street", "324"),
        ("102 warren st", "1"),
        ("101 warren st", ""),
        ("104", "432"),
        ("wa", "4132"),
        ("7 n. main", "6"),
        ("7 nor", "6"),
        ("7 luther king", "5"),
        ("104 warren st lantern", "32"),
        ("104 warren st apt 1", "2"),
        ("12 rue ste", "7"),
        ("rue sainte anne 12", "7"),
        ("zz", ""),
    ],
)
def test_what_is_typed_finds_what_it_may_become(door: Door, q: str, found: str) -> None:
    assert ids(door, q) == found


def test_no_more_are_told_than_are_wanted(door: Door) -> None:
    assert ids(door, "104 warren", f"{CITY}&limit=2") == "43"


@BOTH
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "q: an address of 2 to 200 letters and digits is required."),
        ("q=", "q: an address"),
        ("q=%20a%20", "q: an address"),
        ("q=...", "q: an address"),
        (f"q={'ab' * 101}", "q: an address"),
        ("q=warren&limit=0", "limit: '0' is not a whole number from 1 to 50."),
        ("q=warren&limit=51", "limit: '51' is not"),
        ("q=warren&limit=x", "limit: 'x' is not"),
        ("q=warren&limit=1e9", "limit: '1e9' is not"),
        ("limit=-1", "q: an address"),
    ],
)
def test_what_cannot_be_looked_up_is_told(
    door: Door, extension: str, query: str, problem: str
) -> None:
    answer = door.ask("GET", f"addresses.{extension}?{CITY}&{query}")
    told = sound(answer, "addresses")

    assert answer.status == 400
    assert problem in told[0]["description"]
    assert len(told) == (2 if query == "limit=-1" else 1)


def test_a_city_without_a_register_has_none(door: Door) -> None:
    assert ask(door, "100 warren", more=f"jurisdiction_id={BARE}") == []


def test_each_city_has_its_own(door: Door) -> None:
    (found,) = ask(door, "100 warren", more=f"jurisdiction_id={OTHER}")

    assert found["address_id"] == "other-1"
    assert ids(door, "104 warren", f"jurisdiction_id={OTHER}") == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_can_only_be_asked(door: Door, method: str) -> None:
    answer = door.ask(method, f"addresses.json?q=warren&{CITY}")

    assert answer.status == 405
    assert answer.header("allow") == "GET, HEAD, OPTIONS"


@settings(max_examples=100)
@given(q=st.text(max_size=210) | st.text(alphabet="0123 abw-/.,#'%_\\", max_size=60))
def test_no_text_makes_it_fail(door: Door, q: str) -> None:
    answer = door.ask("GET", f"addresses.json?{CITY}&q={quote(q.encode('utf-8', 'replace'))}")

    assert answer.status in (200, 400)
    sound(answer, "addresses")


def test_a_new_register_is_known_within_a_second(registered: tuple[str, Door]) -> None:
    dsn, door = registered
    more = f"jurisdiction_id={BARE}"
    put(dsn, BARE, points("own"))
    for _ in range(100):
        if ids(door, "104", more):
            break
        door.wait(0.01)

    assert ids(door, "104", more) == "432"
