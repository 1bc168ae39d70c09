"""The rules of the demo city: sound, each decides something, and none leaves a service alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import shapely

from open311 import resources
from open311.domain import matching, reachability, routing, routing_check, survey
from open311.domain.areas import BOUNDARY, shape
from open311.domain.datatypes import Answer
from open311.domain.folder import CityService
from open311.domain.map import Located, Map
from open311.domain.routing import Report
from open311.domain.rules import Rule, When
from open311.formats import folder

FILES = folder.read(resources.DEMO)
assert FILES.routing is not None
FILE = FILES.routing
ZONE = ZoneInfo(FILES.jurisdiction.timezone)
SHAPES = {(each.layer, each.code): shape(each) for each in FILES.areas}
SERVICES = {each.service_code: each for each in FILES.services}
DEPARTMENTS = {each.code for each in FILES.departments}
GROUND = Map(FILES.areas, FILE.tolerance)
RULES = routing.compiled(FILE, FILES.services, DEPARTMENTS, ZONE, 1)
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
PARTIAL = ("parks", "port", "provincial_roads")
"""Layers that hold a part of the city only."""


def test_there_are_more_than_sixty_rules_and_they_are_sound() -> None:
    """No fault, and no service whose department depends on the order of rules alone."""
    assert len(FILE.rules) >= 60
    assert [*routing_check.alone(FILE)] == []
    assert [*routing_check.faults(FILE, routing_check.known(FILES))] == []
    assert [*routing_check.survey(FILE, routing_check.known(FILES))] == []


def test_rules_ask_whatever_rules_can_ask_of_every_layer_of_the_city() -> None:
    whens = [rule.when for rule in FILE.rules]

    assert {layer for when in whens for layer in when.areas or ()} == {
        layer for layer, _ in SHAPES if layer != BOUNDARY
    }
    assert all(any(getattr(when, name) for when in whens) for name in When.__struct_fields__)
    assert {rule.priority for rule in FILE.rules} == {None, "low", "normal", "high", "urgent"}
    assert all(rule.queue for rule in FILE.rules)


@pytest.mark.parametrize("layer", PARTIAL)
def test_a_layer_that_holds_a_part_of_the_city_lies_in_it_and_its_areas_lie_apart(
    layer: str,
) -> None:
    ground = SHAPES[BOUNDARY, "lanternport"]
    own = [each for (name, _), each in SHAPES.items() if name == layer]

    assert all(each.is_valid and ground.contains(each) for each in own)
    assert not any(one.intersects(other) for one, other in itertools.combinations(own, 2))
    for each in own:
        positions = shapely.get_coordinates(each).tolist()
        assert each.exterior.is_ccw
        assert all(round(number, 6) == number for point in positions for number in point)


def test_what_check_notes_of_the_areas_is_that_these_layers_leave_most_of_the_city_out() -> None:
    noted = survey.notes(FILES.areas)

    assert [each.partition(" m2")[0].rpartition(": ")[0] for each in noted] == [
        f"areas/{layer}.geojson: parts of the boundary that are in no area" for layer in PARTIAL
    ]


# --- every rule decides something ---------------------------------------------------------------


@pytest.mark.parametrize("rule", FILE.rules, ids=lambda rule: rule.code)
def test_a_rule_decides_a_report_that_somebody_could_send(rule: Rule) -> None:
    """With the city as it is drawn, the answers as they are asked for, and the clocks."""
    found = next(
        (one for one in reports(rule) if routing.decide(RULES, one).rule == rule.code), None
    )

    assert found is not None
    decision = routing.explain(RULES, found)
    assert (decision.rule, decision.department) == (rule.code, rule.department)
    assert decision.queue == rule.queue


def reports(rule: Rule) -> Iterator[Report]:
    """Reports that hold all conditions of a rule, or some of which do."""
    about = [each for each in FILES.services if matching.about(rule, each)]
    for service, place, at in itertools.product(about, places(rule), moments(rule)):
        for channel, answers in itertools.product(
            rule.when.channels or [None], told(rule, service)
        ):
            yield Report(
                service_code=service.service_code,
                group=service.group,
                answers=answers,
                at=at.astimezone(UTC),
                channel=channel,
                located=place if service.location != "none" else None,
            )


def places(rule: Rule) -> Iterator[Located | None]:
    """A point in each area that the rule names, of several layers where they meet."""
    wanted = rule.when.areas or {BOUNDARY: ["lanternport"]}
    for codes in itertools.product(*wanted.values()):
        named = zip(wanted, codes, strict=True)
        where = shapely.intersection_all([SHAPES[each] for each in named])
        if not where.is_empty:
            point = where.representative_point()
            yield GROUND.locate(point.x, point.y)


def moments(rule: Rule) -> Iterator[datetime]:
    """Noon of a Monday; where the rule names hours, each hour of that week."""
    yield MONDAY
    if rule.when.times:
        yield from (MONDAY + timedelta(hours=hours) for hours in range(7 * 24))


def told(rule: Rule, service: CityService) -> Iterator[dict[str, Answer]]:
    questions = {each.code: each for each in service.attributes}
    worlds = reachability.worlds(rule.when.answers or (), questions)
    yield from (world for world in worlds if world is not None)


# --- every service has somebody -----------------------------------------------------------------


def test_every_service_has_a_department_by_a_rule_or_its_own_in_every_area() -> None:
    assert len(SERVICES) >= 280
    decided = set()
    for service, where in itertools.product(FILES.services, SHAPES.values()):
        point = where.representative_point()
        place = GROUND.locate(point.x, point.y) if service.location != "none" else None
        one = Report(service.service_code, service.group, {}, MONDAY, None, place)
        decision = routing.decide(RULES, one)
        assert decision.department in DEPARTMENTS
        assert decision.by == "rule" or decision.department == service.department
        decided.add((decision.by, decision.rule))
    assert len(decided) > 25


@pytest.mark.parametrize(
    ("place", "department", "queue"),
    [
        pytest.param((-66.2002, 44.6001), "streets", "Tannery Yard", id="a street"),
        pytest.param((-66.1735, 44.5785), "harbour-master", "Port paving", id="a quay"),
        pytest.param(
            (-66.1830, 44.6420), "engineering", "To the province by Beacon Yard", id="a route"
        ),
    ],
)
def test_who_fills_a_pothole_depends_on_whose_road_it_is(
    place: tuple[float, float], department: str, queue: str
) -> None:
    service = SERVICES["pothole"]
    one = Report("pothole", service.group, {}, MONDAY, None, GROUND.locate(*place))

    decision = routing.decide(RULES, one)

    assert (decision.by, decision.department, decision.queue) == ("rule", department, queue)


def test_at_night_and_at_weekends_another_crew_comes() -> None:
    service = SERVICES["road-debris"]
    nights = {
        hours: routing.decide(
            RULES,
            Report("road-debris", service.group, {}, MONDAY + timedelta(hours=hours)),
        ).department
        for hours in (0, 4, 5, 18, 19, 5 * 24)
    }

    assert nights == {
        0: "street-cleaning",
        4: "street-cleaning",
        5: "streets",
        18: "streets",
        19: "street-cleaning",
        120: "streets",
    }
