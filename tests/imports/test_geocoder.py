"""An outside geocoder answers, errs, hangs or floods: no report is lost, and none waits for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pytest
import shapely

from open311.app import geocoder
from open311.domain import areas
from open311.domain.city import City
from open311.domain.finding import Found
from open311.domain.folder import Area
from open311.domain.map import Map
from open311.errors import Invalid
from open311.formats.geocoders import PROTOCOLS
from open311.imports.geocoder import Breaker, Geocoder
from open311.settings import Settings, from_environment
from tests.http.test_places import World, world  # noqa: F401 - a fixture
from tests.imports.foreign import Foreign, Handler, foreign

SQUARE = areas.encode(shapely.box(-66.3, 44.5, -66.1, 44.7))
CITY = City(
    jurisdiction_id="own.example",
    name="City of Own",
    zone=ZoneInfo("America/Halifax"),
    contact="c",
    key_service="k",
    max_span_days=90,
    changeset=datetime(2026, 1, 1, tzinfo=UTC),
    changes_in=None,
    services={},
    departments={},
    map=Map([Area("boundary", "b", "B", SQUARE)]),
)
PATHS = {"nominatim": "/v2/search", "photon": "/v2/api"}
KINDS = pytest.mark.parametrize("kind", PROTOCOLS)
TEXT = "12 Quarry Road"


def answer(kind: str, *houses: tuple[Any, ...], **more: Any) -> tuple[int, dict[str, str], bytes]:
    """What that geocoder says of houses: number, long, lat, and a street if not the one meant."""
    told: Any = []
    for number, long, lat, *street in houses:
        road = street[0] if street else "Quarry Road"
        if kind == "nominatim":
            address = {"house_number": number, "road": road, "postcode": "Z1A", "town": "Own"}
            place = {"lat": str(lat), "lon": str(long), "display_name": "x"}
            told.append(place | {"address": address | more})
        else:
            own = {"housenumber": number, "street": road, "postcode": "Z1A", "city": "Own"}
            point = {"type": "Point", "coordinates": [long, lat]}
            told.append({"type": "Feature", "geometry": point, "properties": own | more})
    whole = told if kind == "nominatim" else {"type": "FeatureCollection", "features": told}
    return 200, {}, json.dumps(whole).encode()


@pytest.fixture
def server() -> Iterator[Foreign]:
    with foreign({}) as found:
        yield found


def asked(
    server: Foreign, kind: str, city: City = CITY, times: int = 1, text: str = TEXT
) -> list[Found | None]:
    async def ask() -> list[Found | None]:
        found = Geocoder(PROTOCOLS[kind], server.url, 0.5, loopback=True)
        try:
            return [await found(city, text) for _ in range(times)]
        finally:
            await found.close()

    return asyncio.run(ask())


@KINDS
def test_the_house_of_that_number_in_the_city_is_found(server: Foreign, kind: str) -> None:
    server.routes[PATHS[kind]] = answer(
        kind, ("14", -66.2, 44.6), ("12", -50.0, 44.6), ("", -66.2, 44.6), ("12", -66.25, 44.65)
    )

    assert asked(server, kind) == [Found(None, TEXT, "Z1A", -66.25, 44.65)]
    sent = parse_qs(urlsplit(server.paths()[0]).query)
    assert sent["q"] == [TEXT]
    assert "-66.3,44.5,-66.1,44.7" in (*sent.get("viewbox", ()), *sent.get("bbox", ()))


@KINDS
@pytest.mark.parametrize(
    "houses",
    [
        (),
        (("12", -50.0, 44.6),),  # of another town
        (("", -66.2, 44.6),),  # a street, or the city itself
        (("12", -66.2, 44.6), ("12", -66.21, 44.6)),  # which of them?
        (("12", -66.2, 44.6, "Elm Avenue"),),
        (("12", -66.2, 44.6, "Quarry Lane"),),
        (("12", -66.2, 44.6, "Quay Road"),),
        (("12", -66.2, 44.6, ""),),
        (("12", -66.2, 44.6, None),),
        ((None, -66.2, 44.6),),
        (("12", -66.2, 44.6, "Quarry " * 30_000),),
    ],
)
def test_nothing_is_guessed(server: Foreign, kind: str, houses: Any) -> None:
    server.routes[PATHS[kind]] = answer(kind, *houses)

    assert asked(server, kind) == [None]


@KINDS
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12 quarry rd, Own, NS", True),
        ("12 Qarry Road", True),  # geocoders forgive a slip; so does the register
        ("Quarry Road 12", True),
        ("12 Quarry", True),
        ("5 Elm Street, near 12", False),  # another number is no number of this street
        ("5 Elm Street, 12 steps from Quarry Road", False),
        ("12 Quarry Road, Worcester", False),
        ("Quarry Road", False),
    ],
)
def test_the_street_is_the_one_that_was_asked_for(
    server: Foreign, kind: str, text: str, *, found: bool
) -> None:
    server.routes[PATHS[kind]] = answer(kind, ("12", -66.25, 44.65))

    told = asked(server, kind, text=text)

    assert told == [Found(None, text, "Z1A", -66.25, 44.65) if found else None]


@KINDS
@pytest.mark.parametrize(
    ("postcode", "kept"),
    [
        (None, ""),
        ("Z1A\x00\x1b\n2B3", "Z1A 2B3"),
        ("Z" * 200_000, ""),
    ],
)
def test_a_postcode_is_one_short_line_or_none(
    server: Foreign, kind: str, postcode: str | None, kept: str
) -> None:
    server.routes[PATHS[kind]] = answer(kind, ("12", -66.25, 44.65), postcode=postcode)

    assert asked(server, kind) == [Found(None, TEXT, kept, -66.25, 44.65)]


@KINDS
def test_a_city_without_a_boundary_is_named(server: Foreign, kind: str) -> None:
    server.routes[PATHS[kind]] = answer(kind, ("12", -66.2, 44.6))
    bare = msgspec.structs.replace(CITY, map=None)

    assert asked(server, kind, bare)[0] is not None
    assert parse_qs(urlsplit(server.paths()[0]).query)["q"] == [f"{TEXT}, City of Own"]


def hang(_: Handler) -> None:
    time.sleep(1.5)


def drip(handler: Handler) -> None:
    """A byte at a time, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(15):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


@KINDS
@pytest.mark.parametrize(
    "reply",
    [
        (200, {}, b"nonsense"),
        (200, {}, b""),
        (200, {}, b"[1]"),
        (200, {}, b'[{"lat": "97", "lon": "0"}]'),
        (200, {}, b'{"features": [{"geometry": null}]}'),
        (200, {}, b"\xff\xfe"),
        (404, {}, b"[]"),
        (500, {}, b""),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (200, {"Content-Length": "9"}, b"["),
        (200, {}, b"[" * 100_000),
        (200, {}, b'[{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"),
        (200, {}, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        hang,
        drip,
        flood,
    ],
)
def test_whatever_is_wrong_is_unknown_and_soon_so(server: Foreign, kind: str, reply: Any) -> None:
    server.routes[PATHS[kind]] = reply
    began = time.monotonic()

    assert asked(server, kind) == [None]
    assert time.monotonic() - began < 1.2


@KINDS
def test_who_fails_is_left_alone(server: Foreign, kind: str) -> None:
    server.routes[PATHS[kind]] = (500, {}, b"")

    assert asked(server, kind, times=20) == [None] * 20
    assert len(server.calls) == 3


@KINDS
def test_who_says_what_nobody_can_read_is_left_alone_too(server: Foreign, kind: str) -> None:
    server.routes[PATHS[kind]] = 200, {}, b'[{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"

    assert asked(server, kind, times=5) == [None] * 5
    assert len(server.calls) == 3


@KINDS
def test_a_name_that_no_host_can_have_is_unknown(kind: str) -> None:
    async def ask() -> Found | None:
        found = Geocoder(PROTOCOLS[kind], "http://\u2460.example", 0.5)
        try:
            return await found(CITY, TEXT)
        finally:
            await found.close()

    assert asyncio.run(ask()) is None


def test_an_address_of_a_geocoder_is_ascii() -> None:
    with pytest.raises(Invalid, match="OPEN311_GEOCODER_URL"):
        from_environment({"OPEN311_GEOCODER_URL": "http://\u2460.example"})


@KINDS
def test_never_more_than_four_are_asked_at_once(server: Foreign, kind: str) -> None:
    server.routes[PATHS[kind]] = hang

    async def ask() -> list[Found | None]:
        found = Geocoder(PROTOCOLS[kind], server.url, 0.5, loopback=True)
        try:
            return await asyncio.gather(*(found(CITY, TEXT) for _ in range(50)))
        finally:
            await found.close()

    assert asyncio.run(ask()) == [None] * 50
    assert len(server.calls) == 4


def test_a_breaker_opens_rests_tries_once_and_closes() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(3):
        assert breaker.passes()
        breaker.failed()

    assert not breaker.passes()
    now[0] = 30.0
    assert breaker.passes()  # one tries
    assert not breaker.passes()  # and the others wait for it
    breaker.failed()
    now[0] = 59.0
    assert not breaker.passes()
    now[0] = 60.0
    assert breaker.passes()
    breaker.worked()
    assert breaker.passes()
    assert breaker.passes()


def test_loopback_is_not_asked_without_a_word() -> None:
    with foreign({PATHS["photon"]: answer("photon", ("12", -66.2, 44.6))}) as server:
        chosen = Settings(geocoder="photon", geocoder_url=server.url)
        found = geocoder(chosen)
        assert found

        assert asyncio.run(found(CITY, TEXT)) is None
        assert server.calls == []


@pytest.mark.parametrize("one", [{"geocoder": "photon"}, {"geocoder_url": "https://x.example"}])
def test_one_setting_needs_the_other(one: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="one needs the other"):
        geocoder(Settings(**one))


def test_by_default_nobody_is_asked() -> None:
    assert geocoder(Settings()) is None


# --- with a city and its register ---------------------------------------------------------------


@pytest.fixture
def helped(world: World, server: Foreign) -> Iterator[World]:  # noqa: F811
    found = Geocoder(PROTOCOLS["photon"], server.url, 0.5, loopback=True)
    msgspec.structs.force_setattr(world.door.desk, "geocode", found)
    yield world
    msgspec.structs.force_setattr(world.door.desk, "geocode", None)
    world.door.run(found.close())


def test_a_report_is_placed_by_it_where_the_register_does_not_know(
    helped: World, server: Foreign
) -> None:
    server.routes[PATHS["photon"]] = answer("photon", ("12", -66.25, 44.6))
    shown, queue = helped.filed(address_string=TEXT)
    known, _ = helped.filed(address_string="104 Warren Street")

    assert (shown["long"], shown["address"], shown["address_id"]) == (-66.25, TEXT, None)
    assert (queue, known["address_id"]) == ("West", "w")
    assert len(server.calls) == 1  # of what is known nobody else is told
    assert helped.tried(address_string=TEXT)["by"] == "triage"  # nobody else is asked by strangers
    assert len(server.calls) == 1
    assert helped.tried(address_string=TEXT, api_key=helped.key)["by"] == "rule"
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "wrong", [{"media_url": "x"}, {"attribute[count]": "many"}, {"lat": "1"}, {"email": "x" * 251}]
)
def test_of_a_report_that_is_refused_nobody_is_told(
    helped: World, server: Foreign, wrong: dict[str, str]
) -> None:
    server.routes[PATHS["photon"]] = answer("photon", ("12", -66.25, 44.6))

    assert helped.file(address_string=TEXT, **wrong).status == 400
    assert server.calls == []


def test_nor_of_a_place_that_is_not_kept(helped: World, server: Foreign) -> None:
    server.routes[PATHS["photon"]] = answer("photon", ("12", -66.25, 44.6))
    shown, _ = helped.filed(service_code="form", address_string=TEXT)

    assert (shown["lat"], shown["address"], server.calls) == (None, None, [])


@pytest.mark.parametrize("reply", [(500, {}, b""), hang, answer("photon", ("12", -50.0, 44.6))])
def test_no_report_is_lost_for_it(helped: World, server: Foreign, reply: Any) -> None:
    server.routes[PATHS["photon"]] = reply
    shown, queue = helped.filed(address_string=TEXT)

    assert (shown["lat"], shown["address"], queue) == (None, TEXT, "Triage")
    assert urlencode({"q": TEXT}) in server.paths()[0]
