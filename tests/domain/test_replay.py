"""Past reports in bulk: of each of them what `routing.decide` says, whatever the rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import attributes, replay, routing
from open311.domain.folder import Condition
from open311.domain.map import Map
from open311.domain.replay import Reports
from open311.domain.routing import Routing
from open311.domain.rules import Times
from tests import routings
from tests.questions import question, service
from tests.replays import AREAS, columns, one_by_one, past
from tests.routings import DEPARTMENTS, SERVICES, ZONE, rule


def in_bulk(rules: Routing, shapes: Map, reports: Reports, services: Any = SERVICES) -> list[Any]:
    world = replay.world(rules, shapes, services)
    found = replay.decide(world, reports, replay.locate(shapes, reports))
    return [world.decisions[each] for each in found.tolist()]


@given(
    file=st.none() | routings.files(),
    departments=st.sampled_from((DEPARTMENTS, ("city", "works"))),
    tolerance=st.sampled_from((0.0, 25.0)),
    layers=st.sampled_from((("boundary", "wards", "police"), ("wards", "police"), ())),
    past=st.lists(past(), max_size=30),
)
def test_many_reports_are_decided_as_each_of_them_is(
    file: Any, departments: Any, tolerance: float, layers: Any, past: Any
) -> None:
    rules = routing.compiled(file, SERVICES, departments, ZONE, 7)
    shapes = Map([each for each in AREAS if each.layer in layers], tolerance)

    assert in_bulk(rules, shapes, columns(past)) == one_by_one(rules, shapes, past)


@given(places=st.lists(st.integers(0, 199), max_size=3), past=st.lists(past(), max_size=20))
def test_rules_beyond_one_word_are_found_too(places: list[int], past: Any) -> None:
    never = rule(services=["nothing"])
    rules = [rule(departments, channels=["app"]) for departments in ("a", "b", "c")]
    every = [never] * 200
    for place, each in zip(places, rules, strict=False):
        every[place] = each
    named = [routings.named(each, f"r{index}") for index, each in enumerate(every)]
    told = routing.compiled(routings.file(*named), SERVICES, ("a", "b", "c", "works"), ZONE)

    assert in_bulk(told, Map(AREAS), columns(past)) == one_by_one(told, Map(AREAS), past)


def test_a_time_that_was_answered_is_compared_as_a_time() -> None:
    services = (service(question("SINCE", "datetime")),)
    early = Condition(attribute="SINCE", op="lt", value="2026-01-01T00:00:00Z")
    rules = routing.compiled(
        routings.file(rule("early", "parks", answers=[early])), services, DEPARTMENTS, ZONE
    )
    days = [datetime(year, 6, 1, tzinfo=UTC) for year in (2025, 2026)]
    reports = [(routings.report(answers={"SINCE": each}), None) for each in days]
    odd = [(routings.report(answers={"SINCE": each}), None) for each in ("long ago", 7, None)]

    told = in_bulk(rules, Map(()), columns(reports + odd, services), services)

    assert [each.department for each in told] == ["parks", "works", "works", "works", "works"]
    assert told == one_by_one(rules, Map(()), reports + odd)


def test_answers_are_looked_at_only_where_they_decide() -> None:
    size = Condition(attribute="SIZE", op="eq", value="s")
    early = rule("early", "parks", channels=["app"])
    late = rule("late", "light", answers=[size])
    rules = routing.compiled(routings.file(early, late), SERVICES, DEPARTMENTS, ZONE)
    reports = columns([(routings.report(channel="app"), None)])
    unread = replace(reports, answers=["this is no JSON"])

    assert in_bulk(rules, Map(()), unread)[0].rule == "early"
    with pytest.raises(msgspec.DecodeError):
        in_bulk(rules, Map(()), replace(unread, channels=np.array([-1])))


def test_the_hours_of_a_night_are_those_of_the_clocks() -> None:
    night = rule("night", "parks", times=[Times(begins="01:00", ends="02:00")])
    rules = routing.compiled(routings.file(night), SERVICES, DEPARTMENTS, ZONE)
    begins = datetime(2026, 11, 1, 3, tzinfo=UTC)  # midnight in Halifax; 01:00 comes twice
    hours = [begins + timedelta(minutes=15 * each) for each in range(20)]
    past = [(routings.report(at=each), None) for each in hours]

    told = in_bulk(rules, Map(()), columns(past))

    assert [each.rule for each in told].count("night") == 8
    assert told == one_by_one(rules, Map(()), past)


def test_answers_are_stored_as_json_and_read_as_they_were() -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    text = "2026-06-01T12:00:00Z"
    stored = json.dumps({"SINCE": text, "NOTE": text})

    assert attributes.revived(stored, ("SINCE", "OTHER")) == {"SINCE": at, "NOTE": text}
    assert attributes.revived(None, ("SINCE",)) == {}
