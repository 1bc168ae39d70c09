"""The dry run: will you take this here, and who gets it? Nothing is filed by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from open311.actions import cities, keys
from open311.domain.folder import CityAttribute, Department
from open311.domain.rules import RoutingFile
from open311.formats import folder
from open311.store import db
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, using
from tests.http.test_routing import BOTH, EAST, EDGE, FAR, WEST, rule
from tests.inprocess import FORM, Door
from tests.store.test_routings import OWN, ward
from tests.validation import sound

RULES = msgspec.convert(
    {
        "triage": {"department": "desk", "queue": "Triage"},
        "tolerance": 25,
        "rules": [
            rule("phoned", {"channels": ["phone"]}),
            rule("secret", {"answers": [{"attribute": "hush", "op": "eq", "value": "mum"}]}),
            rule("red", {"answers": [{"attribute": "colour", "op": "eq", "value": "red"}]}),
            rule("west", {"services": ["light"], "areas": {"wards": ["1"]}}, queue="West"),
        ],
    },
    RoutingFile,
)
HUSH = CityAttribute(code="hush", datatype="string", description="Hush?", order=9, private=True)


class World(msgspec.Struct):
    door: Door
    dsn: str
    phone: str

    def ask(self, place: Any = None, extension: str = "json", **more: str) -> Answer:
        sent = {"service_code": "light"} | more
        if place:
            sent |= {"long": str(place[0]), "lat": str(place[1])}
        said = self.door.ask("GET", f"route.{extension}?{urlencode(sent)}")
        if said.ok:
            sound(said, "route_answer")
        return said

    def filed(self) -> int:
        async def count(connection: db.Connection) -> int:
            async with db.owning(connection, OWN):
                return int(await connection.fetchval("select count(*) from requests"))

        return using(self.dsn, count)


@contextmanager
def opened(cluster: str, bare: str, path: Path, routing: RoutingFile | None) -> Iterator[World]:
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(path / "own", OWN))
        more = (Department(code="depot", name="The depot"), Department(code="desk", name="Desk"))
        asking = [
            msgspec.structs.replace(each, attributes=[*each.attributes, HUSH])
            for each in city.services
            if each.service_code == "light"
        ]
        (tree,) = (each for each in city.services if each.service_code == "tree")
        tree = msgspec.structs.replace(tree, offered_in={"wards": ["2"]})
        whole = msgspec.structs.replace(
            city,
            departments=(*city.departments, *more),
            services=(*asking, tree),
            areas=(*city.areas, ward("1", -66.3), ward("2", -66.2)),
            routing=routing,
        )
        using(dsn, lambda each: cities.load(each, whole, NOW))
        phone = using(
            dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW, channel="phone")
        )
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield World(door, dsn, phone)


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(cluster, bare, tmp_path_factory.mktemp("routes"), RULES) as found:
        yield found


@pytest.fixture(scope="module")
def ruleless(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(cluster, bare, tmp_path_factory.mktemp("routes"), None) as found:
        yield found


@pytest.fixture(params=["world", "ruleless"])
def either(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def test_a_place_is_routed_as_a_report_there_would_be(world: World) -> None:
    told = world.ask(WEST).json

    assert told["accepted"] is True
    assert told["problems"] == []
    assert told["department"] == {"code": "depot", "name": "The depot"}
    assert (told["by"], told["reason"], told["version"]) == ("rule", "Rule west.", 1)
    assert told["areas"] == {"boundary": "all", "wards": "1"}
    assert told["rules"] == [
        {
            "code": "phoned",
            "outcome": "failed",
            "condition": "channels",
            "reason": "an unknown channel is none of phone",
        },
        {
            "code": "secret",
            "outcome": "failed",
            "condition": "answers[0]",
            "reason": "it asks for an answer that is not shown",
        },
        {
            "code": "red",
            "outcome": "failed",
            "condition": "answers[0]",
            "reason": "there is no answer to 'colour', which must be: eq 'red'",
        },
        {"code": "west", "outcome": "matched", "condition": None, "reason": "Rule west."},
    ]


def test_xml_says_the_same(world: World) -> None:
    told, plain = world.ask(WEST, "xml").xml, world.ask(WEST).json

    assert told.findtext("department/code") == "depot"
    areas = {each.findtext("layer"): each.findtext("code") for each in told.find("areas")}
    assert areas == plain["areas"]
    rules = [{each.tag: each.text for each in rule} for rule in told.find("rules")]
    assert rules == plain["rules"]


@BOTH
def test_what_lies_outside_is_not_accepted_and_says_why(either: World, extension: str) -> None:
    told = either.ask(FAR, extension)

    assert told.status == 200
    if extension == "xml":
        assert told.xml.findtext("accepted") == "false"
        assert told.xml.findtext("problems/problem", "").startswith("lat, long: 44.6, -60.0 is out")
        return
    assert told.json["accepted"] is False
    assert told.json["problems"][0].startswith("lat, long: 44.6, -60.0 is outside of ")
    assert [told.json[each] for each in ("department", "rules", "areas")] == [None, [], {}]


@pytest.mark.parametrize(("version", "tried"), [(1, 4), (0, 0)])
def test_else_the_department_of_the_service_acts(
    world: World, ruleless: World, version: int, tried: int
) -> None:
    told = (world if version else ruleless).ask(EAST).json

    assert told["department"]["name"] == f"Works of {OWN}"
    assert told["by"] == "service"
    assert told["areas"]["wards"] == "2"
    assert (told["version"], len(told["rules"])) == (version, tried)


def test_a_drift_is_told_in_metres(world: World) -> None:
    told = world.ask(EDGE).json

    assert 5 < told["moved"] < 25
    assert told["long"] == pytest.approx(-66.3, abs=1e-6)
    assert world.ask(WEST).json["moved"] == 0


def test_answers_and_the_channel_of_a_key_count(world: World) -> None:
    red = world.ask(EAST, **{"attribute[colour]": "red"}).json
    phone = world.ask(EAST, api_key=world.phone).json

    assert [each["rules"][-1]["code"] for each in (red, phone)] == ["red", "phoned"]
    assert world.ask(EAST, api_key="wrong").ok


def test_what_is_asked_of_private_answers_is_neither_told_nor_tried_out(world: World) -> None:
    """Neither of the service that asks it nor of one that does not."""
    told = [
        world.ask(EAST, service_code=code, **{"attribute[hush]": "mum"}).json
        for code in ("light", "tree")
    ]

    for each in told:
        assert each["by"] == "service"
        secret = next(rule for rule in each["rules"] if rule["code"] == "secret")
        assert secret["reason"] == "it asks for an answer that is not shown"
        assert "mum" not in str(each)


def test_an_address_that_nobody_finds_goes_to_triage(world: World) -> None:
    told = world.ask(address_string="1 Road").json

    assert (told["accepted"], told["by"]) == (True, "triage")
    assert told["department"]["code"] == "desk"
    assert (told["lat"], told["address"]) == (None, "1 Road")


@BOTH
@pytest.mark.parametrize(
    ("sent", "status", "blamed"),
    [
        ({"service_code": ""}, 400, ["service_code"]),
        ({"service_code": "none"}, 404, ["service_code"]),
        ({}, 400, ["lat, long, address_string, address_id"]),
        ({"lat": "44"}, 400, ["long"]),
        ({"lat": "north", "long": "-200"}, 400, ["lat", "long"]),
        ({"lat": "44.6", "long": "-66.2", "attribute[count]": "x"}, 400, ["attribute[count]"]),
        ({"jurisdiction_id": "none.example"}, 404, ["jurisdiction_id"]),
    ],
)
def test_bad_arguments_are_told_by_their_names(
    either: World, extension: str, sent: dict[str, str], status: int, blamed: list[str]
) -> None:
    said = either.ask(None, extension, **sent)

    assert said.status == status
    assert [each["description"].partition(": ")[0] for each in said.plain] == blamed


# --- services by place --------------------------------------------------------------------------


def offered(world: World, place: Any = None, extension: str = "json", **more: str) -> Answer:
    sent = more | ({"long": str(place[0]), "lat": str(place[1])} if place else {})
    return world.door.ask("GET", f"services.{extension}?{urlencode(sent)}")


@BOTH
def test_only_what_is_offered_at_a_place_is_listed_there(either: World, extension: str) -> None:
    listed = [
        [each["service_code"] for each in offered(either, place, extension).plain]
        for place in (None, EAST, WEST, FAR)
    ]

    assert listed == [["light", "tree"], ["light", "tree"], ["light"], []]


@BOTH
def test_a_report_where_a_service_is_not_offered_is_refused(either: World, extension: str) -> None:
    tree = {"service_code": "tree"}
    told = either.ask(WEST, **tree).json
    sent = tree | {"api_key": either.phone, "long": str(WEST[0]), "lat": str(WEST[1])}
    said = either.door.ask("POST", f"requests.{extension}", FORM, urlencode(sent).encode())

    assert said.status == 400
    assert said.one["description"] == told["problems"][0]
    assert told["problems"] == ["lat, long: 'tree' is not offered there, only in wards 2."]
    assert either.ask(EAST, **tree).json["accepted"]
    assert either.ask(address_string="1 Road", **tree).json["accepted"]


def test_where_a_service_is_offered_is_part_of_its_extended_definition(either: World) -> None:
    told = either.door.ask("GET", "services/tree.json?extensions=true").json
    said = either.door.ask("GET", "services/tree.xml?extensions=true")

    assert told["offered_in"] == [{"layer": "wards", "codes": ["2"]}]
    assert said.xml.findtext("offered_in/area/codes/code") == "2"
    schema = either.door.ask("GET", "schemas/tree.json").json
    assert schema["x-offered-in"] == {"wards": ["2"]}


@BOTH
def test_half_a_point_is_refused_and_an_empty_one_is_none(either: World, extension: str) -> None:
    for sent, blamed in (({"lat": "44"}, "long"), ({"lat": "x", "long": "1"}, "lat")):
        said = offered(either, None, extension, **sent)
        assert said.status == 400
        assert said.blames(blamed)
    assert len(offered(either, None, extension, lat="", long="").plain) == 2


def test_what_only_a_report_needs_is_not_asked_for(either: World) -> None:
    assert either.ask(EAST, description="x" * 5000, media_url="no link", email="y" * 999).ok


def test_nothing_is_filed_and_other_methods_are_refused(either: World) -> None:
    before = either.filed()
    either.ask(EAST)

    assert either.filed() == before
    assert either.door.ask("POST", "route.json").status == 405
    assert either.door.ask("HEAD", "route.json?service_code=light&lat=44.6&long=-66.2").body == b""
