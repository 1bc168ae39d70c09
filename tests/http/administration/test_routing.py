"""The rules over HTTP, and what was decided about requests by them and by staff."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from open311.actions import cities, keys, routings
from open311.domain.definitions import Deed
from open311.domain.folder import Department
from open311.domain.rules import RoutingFile
from open311.formats import folder
from open311.http.administration.door import ROOT
from open311.store import db
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, using
from tests.editors import Editor, asking, editor
from tests.http.test_routing import rule
from tests.inprocess import FORM, Door
from tests.store.test_routings import OWN, ward

TRIAGE = {"department": "desk", "queue": "Triage"}
RED = rule("red", {"answers": [{"attribute": "colour", "op": "eq", "value": "red"}]})
WEST = rule("west", {"services": ["light"], "areas": {"wards": ["1"]}}, queue="West")


def file(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"triage": TRIAGE, "rules": [*rules]} | more


class World(msgspec.Struct):
    door: Door
    dsn: str
    ed: Editor
    key: str

    def publish(self, *rules: dict[str, Any], **headers: str) -> Answer:
        headers = headers or {"if_match": "*"}
        return self.ed.ask("PUT", "/routing", file(*rules), **headers)

    def file(self, long: str = "-66.25", **more: str) -> str:
        sent = {"api_key": self.key, "service_code": "light", "lat": "44.6", "long": long} | more
        said = self.door.ask("POST", "requests.json", FORM, urlencode(sent).encode())
        return str(said.one["service_request_id"])

    def shown(self, own: str) -> Any:
        return self.door.ask("GET", f"requests/{own}.json").one

    def follows(self, version: int) -> None:
        """Wait until the worker does."""
        for _ in range(500):
            (city,) = self.door.desk.register.cities
            if (city.routing.version if city.routing else 0) == version:
                return
            self.door.wait(0.01)
        raise AssertionError(f"version {version} is not followed")


@pytest.fixture
def world(cluster: str, bare: str, tmp_path: Any) -> Iterator[World]:
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(tmp_path / "own", OWN))
        more = (Department(code="depot", name="The depot"), Department(code="desk", name="Desk"))
        whole = msgspec.structs.replace(
            city,
            departments=(*city.departments, *more),
            areas=(*city.areas, ward("1", -66.3), ward("2", -66.2)),
        )
        using(dsn, lambda each: cities.load(each, whole, NOW))
        key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW))
        with inprocess.opened(dsn, tmp_path / "var", lambda: NOW) as door:
            yield World(door, dsn, editor(door, dsn, OWN), key)


# --- rules --------------------------------------------------------------------------------------


def test_rules_come_by_versions_and_every_report_follows_the_last(world: World) -> None:
    first = world.publish(WEST, if_none_match="*")
    world.follows(1)
    west = world.file()
    second = world.publish(RED, if_match=str(first.header("etag")))
    world.follows(2)
    east = world.file()

    assert (first.status, second.status) == (201, 200)
    assert world.shown(west)["agency_responsible"] == "The depot"
    assert world.shown(east)["agency_responsible"] == f"Works of {OWN}"
    told = [
        (each["version"], each["author"]) for each in world.ed.ask("GET", "/routing/versions").json
    ]
    assert told == [(2, "Ed"), (1, "Ed")]
    assert world.ed.ask("GET", "/routing/versions/1").json == first.json
    assert world.ed.ask("GET", "/routing").json == second.json
    assert world.ed.ask("GET", "/routing", if_none_match=str(second.header("etag"))).status == 304


def test_without_rules_there_is_nothing_to_read_or_remove(world: World) -> None:
    assert world.ed.ask("GET", "/routing").status == 404
    assert world.ed.ask("DELETE", "/routing", if_match="*").status == 404
    assert world.ed.ask("GET", "/routing/versions").json == []
    for number in (1, 2**31, 10**30):
        assert world.ed.ask("GET", f"/routing/versions/{number}").status in (400, 404)


def test_rules_that_are_removed_count_no_more_and_stay_to_be_read(world: World) -> None:
    world.publish(WEST, if_none_match="*")
    world.follows(1)
    gone = world.ed.ask("DELETE", "/routing?reason=No+more", if_match="*")
    world.follows(0)

    assert gone.status == 204
    assert world.shown(world.file())["agency_responsible"] == f"Works of {OWN}"
    newest, oldest = world.ed.ask("GET", "/routing/versions").json
    assert (newest["removed"], newest["reason"], oldest["removed"]) == (True, "No more", False)
    assert world.ed.ask("GET", "/routing/versions/1").ok
    assert world.ed.ask("GET", "/routing/versions/2").status == 404
    assert world.publish(WEST, if_none_match="*").status == 201


def test_rules_may_begin_later_and_the_ones_before_count_until_then(world: World) -> None:
    world.publish(WEST, if_none_match="*")
    path = "/routing?published_from=2030-01-01"
    later = world.ed.ask("PUT", path, file(RED), if_match="*")
    past = world.ed.ask("PUT", "/routing?published_from=2020-01-01", file(RED), if_match="*")
    none = world.ed.ask("PUT", "/routing?published_from=soon", file(RED), if_match="*")
    world.follows(1)

    assert later.ok
    assert later.json["rules"][0]["code"] == "red"
    assert [each.blames("published_from") for each in (past, none)] == [True, True]
    newest, oldest = world.ed.ask("GET", "/routing/versions").json
    assert newest["published_from"] == "2030-01-01T04:00:00Z"  # midnight in Halifax
    assert oldest["published_from"] < newest["published_from"]
    assert world.ed.ask("GET", "/routing").json["rules"][0]["code"] == "west"
    assert world.shown(world.file())["agency_responsible"] == "The depot"


def test_rules_that_begin_in_a_moment_are_followed_then(world: World) -> None:
    world.publish(WEST, if_none_match="*")
    world.follows(1)
    begins = datetime.now(UTC) + timedelta(seconds=2)

    async def plan(connection: db.Connection) -> None:
        opening = functools.partial(db.owning, connection)
        rules = msgspec.convert(file(RED), RoutingFile)
        deed = Deed("Ed", datetime.now(UTC))
        await routings.publish(opening, OWN, rules, deed, published_from=begins, replaces=None)

    using(world.dsn, plan)
    assert world.shown(world.file())["agency_responsible"] == "The depot"
    world.follows(2)
    assert datetime.now(UTC) >= begins
    assert world.shown(world.file())["agency_responsible"] == f"Works of {OWN}"


def test_rules_that_begin_later_are_those_that_an_editor_knows(world: World) -> None:
    tag = str(world.publish(WEST, if_none_match="*").header("etag"))
    path = "/routing?published_from=2030-01-01"
    first = world.ed.ask("PUT", path, file(RED), if_match=tag)
    lost = world.ed.ask("PUT", path, file(RED, WEST), if_match=tag)
    second = world.ed.ask("PUT", path, file(RED, WEST), if_match=str(first.header("etag")))

    assert (first.status, lost.status, second.status) == (200, 412, 200)
    assert world.ed.ask("GET", "/routing", if_none_match=tag).status == 304


def test_rules_that_are_removed_do_not_come_back_on_a_day(world: World) -> None:
    world.publish(WEST, if_none_match="*")
    world.ed.ask("PUT", "/routing?published_from=2030-01-01", file(RED), if_match="*")
    world.ed.ask("DELETE", "/routing", if_match="*")

    async def then(connection: db.Connection) -> Any:
        opening = functools.partial(db.owning, connection)
        return await routings.current(opening, OWN, datetime(2031, 1, 1, tzinfo=UTC))

    assert using(world.dsn, then).file is None


def test_rules_that_begin_later_are_held_against_the_services_of_then(world: World) -> None:
    deep = {"code": "deep", "datatype": "number", "description": "How deep?"}
    tag = world.ed.save(asking(deep))
    how = {"consent": True, "published_from": "2030-01-01"}
    done = world.ed.ask("POST", "/services/light/draft/publish", how, if_match=tag)
    asks = rule("deep", {"answers": [{"attribute": "deep", "op": "gt", "value": 3}]})
    now = world.ed.ask("PUT", "/routing", file(asks), if_none_match="*")
    path = "/routing?published_from=2030-01-01"
    then = world.ed.ask("PUT", path, file(asks), if_none_match="*")

    assert (done.status, now.status, then.status) == (201, 400, 201)


def test_what_a_rule_asks_of_a_private_answer_wants_a_scope(world: World) -> None:
    secret = {"code": "hush", "datatype": "text", "description": "Hush?", "private": True}
    world.ed.publish(asking(secret))
    hush = rule("hush", {"answers": [{"attribute": "hush", "op": "eq", "value": "mum"}]})
    world.publish(hush, if_none_match="*")
    world.follows(1)
    own = world.file()
    reader = editor(world.door, world.dsn, OWN, "routing:read")
    told = [
        decisions(world, own, each).json[0]["explained"]["tried"] for each in (reader, world.ed)
    ]

    assert [each["why"] for tried in told for each in tried] == [
        "it asks for an answer that is private",
        "there is no answer to 'hush', which must be: eq 'mum'",
    ]


def test_rules_are_changed_only_by_who_knows_them(world: World) -> None:
    assert world.ed.ask("PUT", "/routing", file(WEST)).status == 428
    tag = str(world.publish(WEST, if_none_match="*").header("etag"))
    world.publish(RED, if_match=tag)

    assert world.publish(WEST, if_none_match="*").status == 412
    assert world.publish(WEST, if_match=tag).status == 412
    assert world.ed.ask("DELETE", "/routing", if_match=tag).status == 412
    assert world.ed.ask("DELETE", "/routing").status == 428
    assert len(world.ed.ask("GET", "/routing/versions").json) == 2


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        (
            [rule("a", {"areas": {"parks": ["1"]}}), rule("b", {"services": ["none"]})],
            [
                "rules[0].when.areas.parks: 'parks' is no layer of areas/.",
                "rules[1].when.services[0]: there is no service 'none'.",
            ],
        ),
        ([rule("a", {})], ["rules[0].when: has no condition;"]),
        ([WEST, WEST | {"code": "never"}], ["rules[1].when: can never hold: "]),
        ([WEST, WEST], ["rules[1].code: 'west' is also at rules[0].code."]),
        ([WEST | {"prority": "low"}], ["rules[0].prority: "]),
    ],
)
def test_every_fault_of_rules_is_told_with_its_place(
    world: World, rules: list[dict[str, Any]], problems: list[str]
) -> None:
    said = world.publish(*rules, if_none_match="*")

    assert said.status == 400
    told = [each["description"] for each in said.json]
    assert len(told) == len(problems)
    assert all(each.startswith(problem) for each, problem in zip(told, problems, strict=True)), told
    assert world.ed.ask("GET", "/routing").status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"triage": 7}'])
def test_a_body_that_is_no_file_of_rules_is_refused(world: World, body: bytes) -> None:
    assert world.ed.ask("PUT", "/routing", body, if_none_match="*").status == 400


# --- what was decided ---------------------------------------------------------------------------


def decisions(world: World, own: str, ed: Editor | None = None) -> Answer:
    return (ed or world.ed).ask("GET", f"/requests/{own}/decisions")


def test_a_decision_is_told_with_every_rule_that_was_tried(world: World) -> None:
    world.publish(RED, WEST, if_none_match="*")
    world.follows(1)
    own = world.file(**{"attribute[colour]": "blue"})
    world.publish(RED, if_match="*")  # newer rules are none of its business
    world.follows(2)
    (told,) = decisions(world, own).json

    assert (told["number"], told["actor"], told["department"]) == (1, None, "depot")
    assert (told["queue"], told["reason"]) == ("West", "Rule west.")
    explained = told["explained"]
    assert (explained["version"], explained["areas"]["wards"]) == (1, "1")
    assert [(each["rule"], each["failed"]) for each in explained["tried"]] == [
        ("red", "answers[0]"),
        ("west", None),
    ]


def test_staff_gives_a_request_to_others_and_both_decisions_stay(world: World) -> None:
    world.publish(WEST, if_none_match="*")
    world.follows(1)
    own = world.file()
    tag = str(decisions(world, own).header("etag"))
    wish = {"department": "desk", "queue": "Lamps", "priority": "high", "reason": "It is a lamp."}
    made = world.ed.ask("POST", f"/requests/{own}/decisions", wish, if_match=tag)
    first, second = decisions(world, own).json

    assert made.json == second
    assert (first["department"], first["explained"]["rule"]) == ("depot", "west")
    assert second == wish | {
        "number": 2,
        "actor": "Ed",
        "at": "2026-11-22T12:00:00Z",
        "explained": None,
    }
    assert world.shown(own)["agency_responsible"] == "Desk"
    listed = world.door.ask("GET", f"requests.json?service_request_id={own}").one
    assert listed["agency_responsible"] == "Desk"
    again = world.ed.ask("POST", f"/requests/{own}/decisions", wish, if_match=tag)
    assert again.status == 412
    assert len(decisions(world, own).json) == 2


def test_in_a_city_without_rules_the_first_decision_is_kept_all_the_same(world: World) -> None:
    own = world.file()
    before = decisions(world, own).json
    wish = {"department": "desk", "reason": "It is a lamp."}
    world.ed.ask("POST", f"/requests/{own}/decisions", wish, if_match="*")
    first, second = decisions(world, own).json

    assert [first] == before
    assert (first["department"], second["department"]) == ("works", "desk")
    assert first["explained"]["by"] == "service"


@pytest.mark.parametrize(
    ("wish", "blamed"),
    [
        ({"department": "nobody", "reason": "x"}, "department"),
        ({"department": "desk"}, "reason"),
        ({"department": "desk", "reason": " "}, "reason"),
        ({"department": "desk", "reason": "x" * 501}, "reason"),
        ({"department": "desk", "reason": "x", "priority": "soon"}, "priority"),
        ({"department": "desk", "reason": "x", "color": "red"}, "color"),
        ({"department": "desk", "reason": "x", "queue": "a\0b"}, "queue"),
        ({"department": "desk", "reason": "\u0001"}, "reason"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    world: World, wish: dict[str, str], blamed: str
) -> None:
    own = world.file()
    said = world.ed.ask("POST", f"/requests/{own}/decisions", wish, if_match="*")

    assert said.status == 400
    assert said.blames(blamed)
    assert len(decisions(world, own).json) == 1


def test_only_requests_of_the_city_are_known(world: World) -> None:
    wish = {"department": "desk", "reason": "x"}
    for own in ("0", "no-such", "%00"):
        assert decisions(world, own).status == 404
        path = f"/requests/{own}/decisions"
        assert world.ed.ask("POST", path, wish, if_match="*").status == 404
    assert world.ed.ask("POST", f"/requests/{world.file()}/decisions", wish).status == 428


def test_each_call_needs_its_scope(world: World) -> None:
    own = world.file()
    reader = editor(world.door, world.dsn, OWN, "routing:read")
    mover = editor(world.door, world.dsn, OWN, "requests:route")
    clerk = editor(world.door, world.dsn, OWN, "catalog:write", "requests:private")
    wish = {"department": "desk", "reason": "x"}
    moves = ("POST", f"/requests/{own}/decisions", wish)

    assert decisions(world, own, reader).ok
    assert decisions(world, own, clerk).status == 403
    assert reader.ask(*moves, if_match="*").status == 403
    assert mover.ask(*moves, if_match="*").ok
    for each in (reader, mover, clerk):
        assert each.ask("PUT", "/routing", file(WEST), if_none_match="*").status == 403
    assert world.door.ask("GET", f"{ROOT}/routing").status == 403
