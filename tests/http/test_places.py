"""A report by address gets its point, one by point its address; none is lost for want of either."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from open311.actions import addresses, cities, keys
from open311.domain.addresses import Written, entry
from open311.domain.folder import AddressRule, Department
from open311.domain.rules import RoutingFile
from open311.formats import folder
from open311.formats.address_files import Row
from open311.store import db
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, using
from tests.http.test_routing import BOTH, rule
from tests.inprocess import FORM, Door
from tests.store.test_routings import OWN, ward
from tests.validation import sound

RULES = msgspec.convert(
    {
        "triage": {"department": "desk", "queue": "Triage"},
        "rules": [rule("west", {"services": ["light"], "areas": {"wards": ["1"]}}, queue="West")],
    },
    RoutingFile,
)
LINES = (  # longitudes from -66.3 to -66.2 are in the west, and the boundary ends at -66.1
    ("w", "100-110", "Warren Street", "", -66.25),
    ("e", "1", "Elm Street", "", -66.15),
    ("a", "7", "Oak Row", "Apt 1", -66.27),
    ("b", "7", "Oak Row", "Apt 2", -66.27),
    ("n", "9", "North Main Street", "", -66.28),
    ("s", "9", "South Main Street", "", -66.14),
    ("far", "1", "Outer Road", "", -60.0),
)
METRE = 1 / 111_195  # degrees of latitude


class World(msgspec.Struct):
    door: Door
    dsn: str
    key: str

    def file(self, extension: str = "json", **sent: Any) -> Answer:
        sent = {"api_key": self.key, "service_code": "light"} | sent
        return self.door.ask("POST", f"requests.{extension}", FORM, urlencode(sent).encode())

    def filed(self, extension: str = "json", **sent: Any) -> tuple[dict[str, Any], str]:
        """The request as it is shown, and the queue that it is in."""
        said = self.file(extension, **sent)
        assert said.ok, said
        own = said.one["service_request_id"]

        async def queue(connection: db.Connection) -> str:
            async with db.owning(connection, OWN):
                found: str = await connection.fetchval(
                    "select coalesce(queue, 'own') from requests where service_request_id = $1", own
                )
                return found

        shown = self.door.ask("GET", f"requests/{own}.{extension}")
        sound(shown, "service_requests")
        return shown.one, using(self.dsn, queue)

    def tried(self, **sent: Any) -> dict[str, Any]:
        said = self.door.ask("GET", f"route.json?{urlencode({'service_code': 'light'} | sent)}")
        assert said.ok, said
        found: dict[str, Any] = sound(said, "route_answer")
        return found


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = small_city(tmp_path_factory.mktemp("places") / "own", OWN, own=["form"])
    city = folder.read(path)
    services = [
        msgspec.structs.replace(each, location="none") if each.service_code == "form" else each
        for each in city.services
    ]
    city = msgspec.structs.replace(city, services=tuple(services))
    here = msgspec.structs.replace(city.jurisdiction, addresses=AddressRule(within=40))
    city = msgspec.structs.replace(
        city,
        jurisdiction=here,
        departments=(*city.departments, *(Department(code=c, name=c) for c in ("depot", "desk"))),
        areas=(*city.areas, ward("1", -66.3), ward("2", -66.2)),
        routing=RULES,
    )
    rows = [
        Row("", entry(Written(address_id=own, number=n, street=s, unit=u, long=long, lat=44.6)))
        for own, n, s, u, long in LINES
    ]
    coded = Written(
        address_id="z", number="5", street="Pine Way", postcode="B4V 2K1", long=-66.24, lat=44.65
    )
    rows.append(Row("", entry(coded)))
    with copy_of(cluster, bare) as dsn:
        using(dsn, lambda connection: cities.load(connection, city, NOW))
        using(dsn, lambda connection: addresses.put(connection, OWN, rows, NOW))
        key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW))
        with inprocess.opened(dsn, path.parent, lambda: NOW) as door:
            yield World(door, dsn, key)


@BOTH
def test_an_address_gets_its_point_and_keeps_its_own_words(world: World, extension: str) -> None:
    shown, queue = world.filed(extension, address_string="104 warren st, the red door's side")
    plain, west = world.filed(extension, address_string="104 WARREN ST.")

    assert (shown["lat"], shown["address_id"], queue) == (None, None, "Triage")
    assert (plain["lat"], plain["long"], plain["address_id"]) == (44.6, -66.25, "w")
    assert (plain["address"], west) == ("104 WARREN ST.", "West")


@BOTH
def test_the_id_of_an_address_gets_both(world: World, extension: str) -> None:
    shown, queue = world.filed(extension, address_id="w")

    assert (shown["lat"], shown["long"], queue) == (44.6, -66.25, "West")
    assert (shown["address_id"], shown["address"]) == ("w", "100-110 Warren Street")


@BOTH
@pytest.mark.parametrize(
    "sent", [{"address_id": "z"}, {"address_string": "5 pine way"}, {"lat": 44.65, "long": -66.24}]
)
def test_a_place_that_is_found_gets_its_postal_code(
    world: World, extension: str, sent: dict[str, Any]
) -> None:
    shown, _ = world.filed(extension, **sent)

    assert (shown["address_id"], shown["zipcode"]) == ("z", "B4V 2K1")


@BOTH
def test_a_point_gets_the_address_beside_it(world: World, extension: str) -> None:
    near, _ = world.filed(extension, lat=round(44.6 + 39 * METRE, 7), long=-66.15)
    far, _ = world.filed(extension, lat=round(44.6 + 41 * METRE, 7), long=-66.15)

    assert (near["address"], near["address_id"]) == ("1 Elm Street", "e")
    assert (near["lat"], near["long"]) == (round(44.6 + 39 * METRE, 7), -66.15)
    assert (far["address"], far["address_id"]) == (None, None)


def test_a_point_beside_a_house_of_several_parts_gets_the_house(world: World) -> None:
    shown, _ = world.filed(lat=44.6, long=-66.27)
    whole, west = world.filed(address_string="7 Oak Row")

    assert (shown["address"], shown["address_id"]) == ("7 Oak Row", None)
    assert (whole["long"], whole["address_id"], west) == (-66.27, None, "West")


@pytest.mark.parametrize(
    "sent",
    [
        {"address_string": "9 Main Street"},  # north or south
        {"address_string": "12 Nowhere Lane"},
        {"address_string": "104 Warren Street, Worcester"},
        {"address_id": "of nobody"},
        {"address_string": "Ёлкина ул. 5 <7>"},
        {"address_string": "x" * 1000},
        {"address_string": "1 " * 499},
    ],
)
def test_what_nobody_finds_is_taken_and_goes_to_triage(world: World, sent: dict[str, str]) -> None:
    shown, queue = world.filed(**sent)

    assert (shown["lat"], shown["long"], queue) == (None, None, "Triage")
    assert shown["address"] == (sent.get("address_string", "").strip() or None)


def test_an_id_that_is_none_may_have_an_address_that_is_one(world: World) -> None:
    shown, queue = world.filed(address_id="of nobody", address_string="1 Elm Street")

    assert (shown["long"], shown["address_id"], queue) == (-66.15, "of nobody", "own")


def test_what_is_told_wins_over_what_is_found(world: World) -> None:
    shown, queue = world.filed(lat=44.6, long=-66.25, address_string="1 Elm Street")

    assert (shown["long"], shown["address"], shown["address_id"]) == (-66.25, "1 Elm Street", None)
    assert queue == "West"


@BOTH
@pytest.mark.parametrize(
    ("sent", "argument"),
    [
        ({"address_string": "1 Outer Road"}, "address_string"),
        ({"address_id": "far"}, "address_id"),
    ],
)
def test_an_address_outside_of_the_city_is_refused_as_its_point_would_be(
    world: World, extension: str, sent: dict[str, str], argument: str
) -> None:
    said = world.file(extension, **sent)

    assert said.status == 400
    assert sound(said, "submitted_requests")[0]["description"].startswith(f"{argument}: 44.6, -60")


def test_a_dry_run_finds_what_a_report_would(world: World) -> None:
    west = world.tried(address_string="104 Warren Street")
    unknown = world.tried(address_string="9 Main Street")
    point = world.tried(lat=44.6, long=-66.15)

    assert (west["long"], west["address_id"], west["by"]) == (-66.25, "w", "rule")
    assert (unknown["long"], unknown["by"], unknown["accepted"]) == (None, "triage", "true")
    assert (point["address"], point["address_id"]) == ("1 Elm Street", "e")


def test_a_service_without_a_place_looks_for_none(world: World) -> None:
    said = world.file(service_code="light", address_string="")
    shown, _ = world.filed(service_code="form", address_string="104 Warren Street")

    assert said.status == 400
    assert (shown["lat"], shown["address"], shown["address_id"]) == (None, None, None)


@pytest.mark.parametrize("sent", [{"address_string": "104 Warren Street"}, {"address_id": "w"}])
def test_no_report_is_lost_for_a_register_that_is_slow(world: World, sent: dict[str, str]) -> None:
    connection = world.door.run(db.connect(world.dsn))
    world.door.run(connection.execute("begin; lock table addresses in access exclusive mode"))
    began = time.monotonic()
    try:
        shown, queue = world.filed(**sent)
        taken = time.monotonic() - began
        tried = world.tried(**sent)
    finally:
        world.door.run(connection.close())

    assert (shown["lat"], queue) == (None, "Triage")
    assert (tried["accepted"], tried["by"]) == ("true", "triage")
    assert taken < 3
    assert world.tried(**sent)["long"] == -66.25  # once it answers again
