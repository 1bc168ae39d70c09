"""A report goes to the department that the city's rules name, and keeps why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from open311.actions import cities, keys
from open311.domain import routing
from open311.domain.city import City
from open311.domain.decisions import Decision
from open311.domain.folder import Department
from open311.domain.rules import RoutingFile
from open311.formats import folder
from open311.store import db
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, using
from tests.inprocess import FORM, Door
from tests.store.test_routings import OWN, ward

WEST, EAST, EDGE, FAR = (-66.25, 44.6), (-66.15, 44.6), (-66.3001, 44.6), (-60.0, 44.6)
BOTH = pytest.mark.parametrize("extension", ["json", "xml"])


def rule(code: str, when: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "reason": f"Rule {code}.", "when": when, "department": "depot"} | more


RULES = msgspec.convert(
    {
        "triage": {"department": "desk", "queue": "Triage"},
        "tolerance": 25,
        "rules": [
            rule("phoned", {"channels": ["phone"]}, queue="Calls", priority="urgent"),
            rule("red", {"answers": [{"attribute": "colour", "op": "eq", "value": "red"}]}),
            rule("west", {"services": ["light"], "areas": {"wards": ["1"]}}, queue="West"),
        ],
    },
    RoutingFile,
)


class World(msgspec.Struct):
    door: Door
    dsn: str
    web: str
    phone: str

    @property
    def city(self) -> City:
        (city,) = self.door.desk.register.cities
        return city

    def file(self, place: Any = None, key: str = "", extension: str = "json", **more: str) -> Any:
        """What is shown of a report, and what is kept of it: queue, priority, decision, place."""
        sent = {"api_key": key or self.web, "service_code": "light"} | more
        if isinstance(place, tuple):
            sent |= {"long": str(place[0]), "lat": str(place[1])}
        elif place:
            sent["address_string"] = place
        body = urlencode(sent).encode()
        (filed,) = self.door.ask("POST", f"requests.{extension}", FORM, body).plain
        own = filed["service_request_id"]
        (shown,) = self.door.ask("GET", f"requests/{own}.{extension}").plain

        async def kept(connection: db.Connection) -> Any:
            async with db.owning(connection, OWN):
                return await connection.fetchrow(
                    "select queue, priority, decision, long, lat from requests where id = $1",
                    int(own),
                )

        return shown["agency_responsible"], using(self.dsn, kept)


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("routing")
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(path / "own", OWN))
        more = (Department(code="depot", name="The depot"), Department(code="desk", name="Desk"))
        whole = msgspec.structs.replace(
            city,
            departments=(*city.departments, *more),
            areas=(*city.areas, ward("1", -66.3), ward("2", -66.2)),
            routing=RULES,
        )
        using(dsn, lambda each: cities.load(each, whole, NOW))
        web, phone = (
            using(
                dsn,
                lambda each, channel=channel: keys.create(
                    each, OWN, "tests", None, None, NOW, channel=channel
                ),
            )
            for channel in ("web", "phone")
        )
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield World(door, dsn, web, phone)


def decided(row: Any) -> Decision:
    return msgspec.json.decode(row["decision"], type=Decision)


@BOTH
def test_the_first_rule_that_matches_decides(world: World, extension: str) -> None:
    agency, row = world.file(WEST, extension=extension)

    assert agency == "The depot"
    assert (row["queue"], row["priority"]) == ("West", None)
    told = decided(row)
    assert (told.version, told.by, told.rule, told.reason) == (1, "rule", "west", "Rule west.")
    assert told.areas == {"boundary": "all", "wards": "1"}


def test_else_the_services_own_department_acts(world: World) -> None:
    agency, row = world.file(EAST)

    assert agency == f"Works of {OWN}"
    assert (decided(row).by, decided(row).areas["wards"]) == ("service", "2")


def test_answers_and_channels_are_looked_at(world: World) -> None:
    red = {"attribute[colour]": "red"}

    assert decided(world.file(EAST, **red)[1]).rule == "red"
    assert decided(world.file("1 Road", **red)[1]).rule == "red"
    _, row = world.file(EAST, world.phone, **red)
    assert (decided(row).rule, row["queue"], row["priority"]) == ("phoned", "Calls", "urgent")


def test_a_place_that_nobody_found_goes_to_triage(world: World) -> None:
    agency, row = world.file("1 Road")

    assert (agency, row["queue"], decided(row).by) == ("Desk", "Triage", "triage")


@BOTH
def test_a_point_outside_of_the_boundary_is_refused_beside_all_other_faults(
    world: World, extension: str
) -> None:
    sent = {"api_key": world.web, "service_code": "light", "long": "-60.0", "lat": "44.6"}
    body = urlencode(sent | {"media_url": "no link"}).encode()
    said = world.door.ask("POST", f"requests.{extension}", FORM, body)

    assert said.status == 400
    link, outside = (each["description"] for each in said.plain)
    assert link.startswith("media_url: ")
    assert outside == (
        f"lat, long: 44.6, -60.0 is outside of {world.city.name}"
        " and more than 25 metres beyond its boundary."
    )


def test_a_point_a_few_metres_outside_is_moved_to_the_boundary_and_marked(world: World) -> None:
    _, row = world.file(EDGE)
    told = decided(row)

    assert told.rule == "west"
    assert 5 < told.moved < 25
    assert row["long"] == pytest.approx(-66.3, abs=1e-6)
    assert decided(world.file(WEST)[1]).moved == 0


def test_a_decision_that_is_kept_can_be_judged_again(world: World) -> None:
    _, row = world.file(EDGE)
    (city,) = world.door.desk.register.cities
    assert city.routing
    report = routing.Report("light", f"Group of {OWN}", {}, NOW, "web")

    assert routing.again(city.routing, report, decided(row)) == decided(row)


def test_new_rules_count_for_the_next_report_and_the_old_decision_stays(world: World) -> None:
    _, before = world.file(WEST)

    async def work(connection: db.Connection) -> None:
        from open311.actions import exchange

        city = await exchange.folder_of(connection, OWN)
        fewer = msgspec.structs.replace(RULES, rules=RULES.rules[:2])
        await cities.load(connection, msgspec.structs.replace(city, routing=fewer), NOW)

    using(world.dsn, work)
    for _ in range(100):
        (city,) = world.door.desk.register.cities
        if city.routing and city.routing.version == 2:
            break
        world.door.wait(0.05)
    _, after = world.file(WEST)

    assert (decided(before).version, decided(before).rule) == (1, "west")
    assert (decided(after).version, decided(after).by) == (2, "service")


def test_nothing_of_it_is_public(world: World) -> None:
    world.file(WEST)
    shown = world.door.ask("GET", "requests.json").body
    extended = world.door.ask("GET", "requests.json?extensions=true").body

    for each in (shown, extended):
        assert not {b"West", b"Rule west", b"Triage"} & {
            word for word in (b"West", b"Rule west", b"Triage") if word in each
        }
    assert json.loads(shown)
