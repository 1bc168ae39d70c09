"""`extensions=true` and `version=N`: more for those who ask, and nothing for those who do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from open311.domain.scopes import Scope
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, load
from tests.editors import LIGHT, Editor, changed, editor
from tests.inprocess import Door
from tests.validation import sound

OWN, OTHER = "own.example", "other.example"
FORMATS = ("xml", "json")

NOTE = {"code": "note", "datatype": "text", "description": "Anything else?"}
COLOUR = LIGHT["attributes"][2]
ALL = {
    "code": "all",
    "datatype": "multivaluelist",
    "description": "Which ones?",
    "values": [{"key": "a", "name": "The first"}, {"key": "b", "name": "The second"}],
}
WHEN = {"code": "when", "datatype": "datetime", "description": "When?", "earliest": "-P9000D"}
SECRET = {"code": "secret", "datatype": "string", "description": "Who was it?", "private": True}
DEPTH = {
    "code": "depth",
    "datatype": "number",
    "description": "How deep?",
    "maximum": 1e-9,
    "required": True,
    "dependencies": {"conditions": [{"attribute": "colour", "op": "one_of", "value": ["red"]}]},
}
FIRST = changed(attributes=[NOTE, COLOUR, ALL, WHEN, SECRET, DEPTH], reporter={"one_of": ["email"]})
SECOND = changed(
    attributes=[
        NOTE | {"private": True},
        COLOUR
        | {
            "description": "What colour?",
            "values": [{"key": "red", "name": "Crimson"}, {"key": "blue", "name": "Blue"}],
        },
    ]
)

ANSWERS = {
    "note": "Canary of a note, <&>",
    "colour": "red",
    "all": ["b", "a"],
    "when": "2026-11-01T10:00:00+01:00",
    "secret": "Canary of a secret",
    "depth": "-2.50",
}


class World(msgspec.Struct):
    """A city whose service has two versions, and a request of each."""

    door: Door
    ed: Editor
    readers: dict[str, Editor]
    old: str
    new: str

    def get(self, url: str, who: str = "", **headers: str) -> Answer:
        """A GET of the city, with a key or without."""
        named = {"x-api-key": self.readers[who].key} if who else {}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        url += f"{'&' if '?' in url else '?'}jurisdiction_id={OWN}"
        return self.door.ask("GET", url, tuple(named.items()))


SCOPES: dict[str, tuple[Scope, ...]] = {
    "reader": ("requests:read",),
    "private": ("requests:private",),
    "writer": ("requests:write", "catalog:write"),
}


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("extensions")
    with copy_of(cluster, bare) as dsn:
        for own in (OWN, OTHER):
            load(dsn, small_city(path / own, own), NOW)
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            ed = editor(door, dsn, OWN)
            readers = {name: editor(door, dsn, OWN, *may) for name, may in SCOPES.items()}
            readers["foreign"] = editor(door, dsn, OTHER)
            ids = []
            for service in (FIRST, SECOND):
                number = ed.publish(service)
                until_answering(door, number)
                ids.append(filed(ed))
            yield World(door, ed, readers, *ids)


def until_answering(door: Door, number: int) -> None:
    url = f"services/light.json?extensions=true&jurisdiction_id={OWN}"
    for _ in range(500):
        if door.ask("GET", url).json["version"] == number:
            return
        door.wait(0.01)
    raise AssertionError(f"version {number} does not answer")


def filed(ed: Editor) -> str:
    fields = {"service_code": "light", "jurisdiction_id": OWN, "lat": 44.6, "long": -66.2000001}
    body = json.dumps(fields | {"email": "canary@reporter.example", "attribute": ANSWERS})
    headers = (("x-api-key", ed.key), ("content-type", "application/json"))
    answer = ed.door.ask("POST", "requests.json", headers, body.encode())
    assert answer.status == 200, answer
    return str(answer.json[0]["service_request_id"])


# --- definitions --------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_version_answers_as_it_was_and_fits_the_schemas(
    world: World, number: int, fmt: str
) -> None:
    told = sound(world.get(f"services/light.{fmt}?version={number}"), "extended_service_definition")
    codes = {1: ["note", "count", "colour"], 2: [*ANSWERS], 3: ["note", "colour"]}[number]

    assert int(told["version"]) == number
    assert [each["code"] for each in told["attributes"]] == codes


@pytest.mark.parametrize("zeros", [1, 21, 5000])
def test_zeros_before_a_number_mean_nothing(world: World, zeros: int) -> None:
    answer = world.get(f"services/light.json?version={'0' * zeros}2")

    assert answer.body == world.get("services/light.json?version=2").body


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_version_that_answers_now_is_extended_without_a_number(world: World, fmt: str) -> None:
    now = world.get(f"services/light.{fmt}?extensions=true")

    assert now.body == world.get(f"services/light.{fmt}?version=3").body
    assert now.body == world.get(f"services/light.{fmt}?version=3&extensions=false").body
    assert now.body == world.get(f"services/light.{fmt}?extensions=TRUE").body


def test_both_formats_show_every_rule(world: World) -> None:
    shown = world.get("services/light.json?version=2").json
    whole = world.get("services/light.xml?version=2").xml
    depth, secret = shown["attributes"][5], shown["attributes"][4]

    assert depth["maximum"] == 1e-9
    assert whole.findtext("attributes/attribute[6]/maximum") == "0.000000001"
    assert depth["dependencies"]["conditions"] == [
        {"attribute": "colour", "op": "one_of", "value": ["red"]}
    ]
    items = whole.findall(".//dependencies/conditions/condition/value/item")
    assert [each.text for each in items] == ["red"]
    assert secret["private"] is True
    assert whole.findtext("attributes/attribute[5]/private") == "true"
    assert shown["reporter"] == {"one_of": ["email"]}
    assert [each.text for each in whole.findall("reporter/one_of/field")] == ["email"]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    "query", ["", "?extensions=false", "?extensions=1", "?extensions=", "?v=1"]
)
def test_a_plain_client_never_notices(world: World, query: str, fmt: str) -> None:
    answer = world.get(f"services/light.{fmt}{query}")

    told = sound(answer, "service_definition")
    assert set(told) == {"service_code", "attributes"}
    assert len(told["attributes"]) == 2
    assert len(told["attributes"][0]) == 8


@pytest.mark.parametrize(
    ("version", "status"),
    [
        *(("4", 404), ("99999999999999999999", 404), (str(2**31), 404)),
        *(("0" * 30 + "4", 404), ("0" * 5000, 400)),
        *(("0", 400), ("-1", 400), ("1.5", 400), ("one", 400), ("%D9%A3", 400), ("9" * 5000, 404)),
    ],
)
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_version_that_is_not_there_is_told(
    world: World, version: str, status: int, fmt: str
) -> None:
    answer = world.get(f"services/light.{fmt}?version={version}")

    assert answer.status == status
    (error,) = sound(answer, "errors")
    assert error["description"].startswith("version: ")


def test_a_service_that_is_not_there_has_no_versions(world: World) -> None:
    for query in ("extensions=true", "version=1"):
        answer = world.get(f"services/nothing.json?{query}")
        assert answer.status == 404
        assert answer.json[0]["description"].startswith("service_code: ")


def test_invented_versions_are_not_kept(world: World) -> None:
    world.door.desk.pages.clear()
    for number in range(1, 50):
        world.get(f"services/light.json?version={number}")
    world.door.ask("GET", "services/light.json?extensions=true")

    assert world.door.desk.pages == {}
    assert len(world.door.desk.versions._kept) <= 6


# --- requests -----------------------------------------------------------------------------------

OLD = [
    *(("note", "Anything else?", ANSWERS["note"], None), ("colour", "Which colour?", "red", "Red")),
    *(("all", "Which ones?", "b", "The second"), ("all", "Which ones?", "a", "The first")),
    ("when", "When?", "2026-11-01T09:00:00Z", None),
    ("secret", "Who was it?", ANSWERS["secret"], None),
    ("depth", "How deep?", -2.5, None),
]
NEW = [
    ("note", "Anything else?", ANSWERS["note"], None),
    ("colour", "What colour?", "red", "Crimson"),
]
PRIVATE = ("note", "secret")


def answers(request: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(each.values()) for each in request["attributes"]]


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_request_is_labelled_by_the_version_it_was_checked_by(world: World, fmt: str) -> None:
    old = world.get(f"requests/{world.old}.{fmt}?extensions=true", "private")
    new = world.get(f"requests/{world.new}.{fmt}?extensions=true", "private")

    sound(old, "answered_requests")
    sound(new, "answered_requests")
    if fmt == "json":
        assert (old.json[0]["definition_version"], answers(old.json[0])) == (2, OLD)
        assert (new.json[0]["definition_version"], answers(new.json[0])) == (3, NEW)
        assert b"e-" not in old.body  # nor is a coordinate in exponent form


def test_both_formats_hold_the_same_answers(world: World) -> None:
    shown = world.get(f"requests/{world.old}.json?extensions=true", "private").json[0]
    whole = world.get(f"requests/{world.old}.xml?extensions=true", "private").xml
    found = [tuple(each.text for each in attribute) for attribute in whole.findall(".//attribute")]

    assert found == [
        tuple(each if each is None else str(each) for each in answer) for answer in answers(shown)
    ]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("where", ["requests.{}?extensions=true", "requests/{}.{}?extensions=true"])
def test_private_answers_need_a_scope_of_their_own(world: World, where: str, fmt: str) -> None:
    """Also those that are private only by now."""
    for own in (world.old, world.new):
        url = where.format(fmt) if where.count("{}") == 1 else where.format(own, fmt)
        seen = world.get(url, "reader")
        codes = {
            answer["code"]
            for each in sound(seen, "answered_requests")
            for answer in each["attributes"]
        }
        assert codes
        assert not codes & set(PRIVATE)
        assert b"Canary" not in seen.body
        assert b"canary@" not in world.get(url, "private").body


def test_what_was_private_once_is_so_for_ever(world: World) -> None:
    """Also where a later version asks it of everybody, or asks it no more."""
    code = "lamp"
    own = {"service_code": code, "reporter": None}
    ids = []
    for number, asked in enumerate(([NOTE], [NOTE | {"private": True}], [NOTE], [COLOUR]), 1):
        world.ed.publish(changed(attributes=asked) | own, code, consent=True)
        url = f"services/{code}.json?extensions=true"
        while world.get(url).status != 200 or world.get(url).json["version"] != number:
            world.door.wait(0.01)
        body = {"service_code": code, "jurisdiction_id": OWN, "address_string": "1"}
        body |= {"attribute": {"note": "Canary once", "colour": "red"}}
        headers = (("x-api-key", world.ed.key), ("content-type", "application/json"))
        answer = world.door.ask("POST", "requests.json", headers, json.dumps(body).encode())
        ids.append(answer.json[0]["service_request_id"])

        listed = ",".join(ids)
        for at in (f"requests.json?service_request_id={listed}&extensions=true",):
            assert (b"Canary once" in world.get(at, "reader").body) is (number == 1)
            assert b"Canary once" in world.get(at, "private").body


@pytest.mark.parametrize("who", ["", "writer", "foreign", "wrong"])
@pytest.mark.parametrize("fmt", FORMATS)
def test_who_may_not_see_answers_gets_the_request_with_its_history_alone(
    world: World, who: str, fmt: str
) -> None:
    wrong = {"x_api_key": "o311_wrong"} if who == "wrong" else {}
    who = "" if who == "wrong" else who
    for url in (f"requests.{fmt}", f"requests/{world.old}.{fmt}"):
        extended = sound(world.get(f"{url}?extensions=true", who, **wrong), "answered_requests")
        plain = sound(world.get(url), "service_requests")
        notes = [each.pop("notes") for each in extended]
        assert extended == plain
        assert notes == [
            [{"datetime": each["requested_datetime"], "type": "submitted"}] for each in plain
        ]


def test_who_may_see_answers_gets_the_plain_request_without_the_flag(world: World) -> None:
    for url in ("requests.json", f"requests/{world.old}.json"):
        assert world.get(url, "private").body == world.get(url).body


def test_a_key_is_taken_however_it_is_sent(world: World) -> None:
    key, url = world.readers["reader"].key, f"requests/{world.old}.json?extensions=true"
    ways = [
        world.get(url, "reader"),
        world.get(url, authorization=f"Bearer {key}"),
        world.get(f"{url}&api_key={key}"),
        world.get(f"{url}&api_key={key}", "reader"),
    ]
    two = world.get(f"{url}&api_key=another", "reader")

    assert len({each.body for each in ways}) == 1
    assert "definition_version" in ways[0].json[0]
    assert "definition_version" not in two.json[0]


def test_an_answer_for_few_is_kept_by_nobody(world: World) -> None:
    url = f"requests/{world.old}.json?extensions=true"

    assert world.get(url, "reader").header("cache-control") == "no-store"
    assert world.get(url).header("cache-control") == "no-cache"


def test_a_list_holds_each_request_with_its_answers(world: World) -> None:
    listed = world.get("requests.json?extensions=true", "private").json

    for own in (world.old, world.new):
        (one,) = world.get(f"requests/{own}.json?extensions=true", "private").json
        assert one in listed
    assert world.get("requests.json?extensions=true&status=closed", "private").json == []


FLAGS = (
    *("extensions=true", "extensions=v1", "extensions=attributes", "include=attributes,private"),
    *("version=2", "private=true", "scope=requests:private", "fields=*", "details=true"),
    *("extensions=true&extensions=private", "attributes=true", "api_key=", "callback=show"),
)


@pytest.mark.parametrize("who", ["", "reader", "writer", "foreign"])
def test_no_flag_brings_a_private_answer_out(world: World, who: str) -> None:
    paths = [f"requests/{own}" for own in (world.old, world.new)]
    paths += ["requests", "services/light", "services", "tokens/" + world.old]
    for path in paths:
        for fmt in (".json", ".xml", ""):
            for flag in FLAGS:
                answer = world.get(f"{path}{fmt}?{flag}", who)
                assert answer.status < 500
                assert b"Canary" not in answer.body, answer
                assert b"canary@" not in answer.body, answer
