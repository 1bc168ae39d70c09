"""Who acts on a report: decided fast, explained in words, both the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import routing
from open311.domain.folder import Condition
from open311.domain.map import Located
from open311.domain.routing import Decision, Report, Tried
from open311.domain.rules import RoutingFile, Rule, Times
from tests import routings
from tests.questions import question, service
from tests.routings import DEPARTMENTS, SERVICES, ZONE, at, file, ready, report, rule


def halifax(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE, fold=fold)


def condition(attribute: str, op: Any, value: Any = None) -> Condition:
    return Condition(attribute=attribute, op=op, value=value)


def tried(one: Rule, about: Report) -> Tried:
    """What is told of a rule; decide and explain agree."""
    rules = ready(one)
    told = routing.explain(rules, about)

    assert replace(told, tried=()) == routing.decide(rules, about)
    assert told.tried[0].matched is (told.by == "rule") is routings.matches(one, about)
    return told.tried[0]


# --- what comes first ---------------------------------------------------------------------------


def test_the_first_rule_that_matches_decides() -> None:
    rules = ready(
        rule("a", "parks", services=["graffiti"]),
        Rule(
            code="b",
            reason="Because.",
            department="light",
            queue="Lamps",
            priority="high",
            when=rule(groups=["Street"]).when,
        ),
        rule("c", services=["pothole"]),
        version=7,
    )
    place = Located(-63.5, 44.6, 3.5, {"wards": "1"}, {"wards": ("1", "2")})

    assert routing.explain(rules, report(located=place)) == Decision(
        version=7,
        department="light",
        queue="Lamps",
        priority="high",
        by="rule",
        rule="b",
        reason="Because.",
        areas={"wards": "1"},
        ties={"wards": ("1", "2")},
        moved=3.5,
        tried=(
            Tried("a", False, "services", "service 'pothole' is none of graffiti"),
            Tried("b", True, None, "all of its conditions hold"),
        ),
    )


def test_where_no_rule_matches_the_own_department_of_the_service_acts() -> None:
    told = routing.decide(ready(rule(services=["lamp"])), report("graffiti"))

    assert (told.by, told.department, told.queue, told.rule) == ("service", "parks", None, None)
    assert told.reason == "No rule matches, and the service's own department acts."


@pytest.mark.parametrize(
    ("about", "departments", "why"),
    [
        (report("old"), DEPARTMENTS, "nobody knows the service"),
        (report(), ("city", "parks"), "the service's own department acts no more"),
        (report(unplaced=True), DEPARTMENTS, "the place was not found"),
    ],
)
def test_where_that_cannot_be_it_is_triage(
    about: Report, departments: tuple[str, ...], why: str
) -> None:
    rules = routing.compiled(file(rule(services=["lamp"])), SERVICES, departments, ZONE)
    told = routing.decide(rules, about)

    assert (told.by, told.department, told.queue) == ("triage", "city", "Triage")
    assert told.reason == f"No rule matches, and {why}."


def test_a_report_whose_place_was_not_found_still_matches_rules_without_a_place() -> None:
    rules = ready(rule("a", areas={"wards": ["1"]}), rule("b", "light", services=["pothole"]))

    assert routing.decide(rules, report(unplaced=True)).rule == "b"


def test_a_rule_whose_department_acts_no_more_does_not_match() -> None:
    told = routing.explain(ready(rule("a", "gone", services=["pothole"])), report())

    assert told.by == "service"
    assert told.tried == (Tried("a", False, "department", "department 'gone' acts no more"),)


def test_in_a_city_without_rules_the_own_department_acts_whatever_it_is() -> None:
    rules = routing.compiled(None, SERVICES, (), ZONE)

    assert routing.decide(rules, report(unplaced=True)).department == "works"
    assert rules.tolerance == 0.0
    with pytest.raises(KeyError):
        routing.decide(rules, report("old"))


# --- each condition, both ways ------------------------------------------------------------------

WARDS = {"wards": ["2", "3"], "police": ["A"]}
MANY = [str(each) for each in range(7)]

CASES: list[tuple[dict[str, Any], Report, str | None, str]] = [
    ({"services": ["lamp", "pothole"]}, report(), None, ""),
    ({"services": ["lamp"]}, report(), "services", "service 'pothole' is none of lamp"),
    ({"groups": ["Street"]}, report(), None, ""),
    ({"groups": ["Light"]}, report(), "groups", "group 'Street' is none of Light"),
    ({"services": ["lamp"], "groups": ["Street"]}, report(), None, ""),
    ({"services": ["pothole"], "groups": ["Light"]}, report(), None, ""),
    (
        {"services": ["lamp"], "groups": ["Light"]},
        report(),
        "services",
        "service 'pothole' is none of lamp, and group 'Street' is none of Light",
    ),
    ({"areas": WARDS}, report(located=at(wards="3", police="A")), None, ""),
    (
        {"areas": WARDS},
        report(located=at(wards="1", police="A")),
        "areas.wards",
        "wards 1 is none of 2, 3",
    ),
    (
        {"areas": WARDS},
        report(located=at(wards="2", police="B")),
        "areas.police",
        "police B is none of A",
    ),
    (
        {"areas": WARDS},
        report(located=at(police="A")),
        "areas.wards",
        "the place is in no area of wards",
    ),
    ({"areas": WARDS}, report(), "areas.wards", "the place is in no area of wards"),
    (
        {"areas": {"wards": ["2"]}},
        report(located=Located(0, 0, 0, {"wards": "1"}, {"wards": ("1", "2")})),
        "areas.wards",
        "wards 1, first of 1, 2, is none of 2",
    ),
    (
        {"areas": {"wards": MANY}},
        report(located=at(wards="x")),
        "areas.wards",
        "wards x is none of 0, 1, 2, 3, 4 and 2 more",
    ),
    ({"channels": ["app", "phone"]}, report(channel="phone"), None, ""),
    (
        {"channels": ["app", "phone"]},
        report(channel="web"),
        "channels",
        "channel 'web' is none of app, phone",
    ),
    ({"channels": ["app"]}, report(), "channels", "an unknown channel is none of app"),
]


@pytest.mark.parametrize(("when", "about", "failed", "why"), CASES)
def test_a_condition_holds_or_says_why_not(
    when: dict[str, Any], about: Report, failed: str | None, why: str
) -> None:
    told = tried(rule(**when), about)

    assert (told.failed, told.why) == (failed, why or "all of its conditions hold")


ANSWERS: list[tuple[str, Any, Any, Any, bool]] = [
    ("SIZE", "eq", "m", "m", True),
    ("SIZE", "eq", "m", "l", False),
    ("SIZE", "eq", "m", None, False),
    ("SIZE", "ne", "m", "l", True),
    ("SIZE", "ne", "m", None, True),
    ("SIZE", "ne", "m", "m", False),
    ("SIZE", "one_of", ["m", "l"], "l", True),
    ("SIZE", "one_of", ["m", "l"], "s", False),
    ("SIZE", "one_of", ["m", "l"], None, False),
    ("SIZE", "in", "m", "m", True),
    ("SIZE", "in", "m", "s", False),
    ("SIZE", "answered", None, "s", True),
    ("SIZE", "answered", None, None, False),
    ("DEEP", "lt", 2, 1.5, True),
    ("DEEP", "lt", 2, 2, False),
    ("DEEP", "le", 2, 2, True),
    ("DEEP", "le", 2, 2.5, False),
    ("DEEP", "gt", 2, 3, True),
    ("DEEP", "gt", 2, 2, False),
    ("DEEP", "ge", 2, 2, True),
    ("DEEP", "ge", 2, 1, False),
    ("DEEP", "ge", 2, None, False),
    ("DEEP", "eq", 2, 2.0, True),
    ("TAGS", "contains", "x", ["y", "x"], True),
    ("TAGS", "contains", "x", ["y"], False),
    ("TAGS", "contains", "x", None, False),
    ("TAGS", "eq", "x", ["x"], True),
    ("TAGS", "eq", "x", ["x", "y"], False),
    ("TAGS", "one_of", ["x"], ["x", "y"], True),
    ("TAGS", "one_of", ["x"], ["y"], False),
]


@pytest.mark.parametrize(("code", "op", "value", "answer", "holds"), ANSWERS)
def test_a_condition_on_an_answer_holds_or_does_not(
    code: str, op: str, value: Any, answer: Any, holds: bool
) -> None:
    answers = {} if answer is None else {code: answer}
    told = tried(rule(answers=[condition(code, op, value)]), report(answers=answers))

    assert told.matched is holds


def test_why_an_answer_does_not_do_is_told_without_telling_it() -> None:
    one = rule(answers=[condition("SIZE", "ne", "m"), condition("DEEP", "gt", 2)])

    assert tried(one, report(answers={"SIZE": "m"})).why == (
        "the answer to 'SIZE', which must be: ne 'm'"
    )
    told = tried(one, report(answers={"SIZE": "l"}))
    assert (told.failed, told.why) == (
        "answers[1]",
        "there is no answer to 'DEEP', which must be: gt 2",
    )
    one = rule(answers=[condition("SIZE", "answered")])
    assert tried(one, report()).why == "there is no answer to 'SIZE', which must be: answered"


# --- services change, and rules do not ----------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "op", "value", "answer", "holds"),
    [
        ("GONE", "eq", "x", "x", False),  # is not asked
        ("GONE", "ne", "x", "x", True),
        ("SIZE", "eq", "huge", "s", False),  # no such key
        ("SIZE", "ne", "huge", "s", True),
        ("SIZE", "one_of", ["huge", "s"], "s", True),
        ("SIZE", "gt", 1, "s", False),  # of another datatype
        ("SIZE", "eq", ["s"], "s", False),  # of no sense at all
        ("DEEP", "gt", 2, "3", False),  # an old answer
        ("DEEP", "ne", 2, "2", True),
        ("DEEP", "gt", 2, [3], False),
        ("SIZE", "eq", "s", ["s"], True),
        ("TAGS", "contains", "x", 7, False),
        ("SIZE", "answered", "x", "s", True),
    ],
)
def test_what_makes_no_sense_any_more_fails_nothing(
    code: str, op: str, value: Any, answer: Any, holds: bool
) -> None:
    rules, about = ready(rule(answers=[condition(code, op, value)])), report(answers={code: answer})

    assert (routing.decide(rules, about).by == "rule") is holds
    assert routing.explain(rules, about).tried[0].matched is holds


def test_a_text_that_is_no_answer_is_never_asked_for() -> None:
    told = question("NOTE", "informational", variable=False)
    rules = routing.compiled(
        file(rule(answers=[condition("NOTE", "answered")])), [service(told)], DEPARTMENTS, ZONE
    )

    assert routing.decide(rules, report(answers={"NOTE": "x"})).by == "service"


# --- times --------------------------------------------------------------------------------------


def window(days: str = "", begins: str = "00:00", ends: str = "24:00") -> Times:
    return Times(days=days.split() or None, begins=begins, ends=ends)  # type: ignore[arg-type]


NIGHT = window("fri", "17:00", "08:00")
MOMENTS: list[tuple[Times, datetime, bool]] = [
    (window("sun"), halifax("2026-11-22T00:00"), True),
    (window("sun"), halifax("2026-11-22T23:59:59"), True),
    (window("sun"), halifax("2026-11-23T00:00"), False),
    (window("sun"), halifax("2026-11-21T23:59:59"), False),
    (window("mon tue"), halifax("2026-11-24T12:00"), True),
    (window("mon tue"), halifax("2026-11-25T12:00"), False),
    (window("", "08:00", "17:00"), halifax("2026-11-25T08:00"), True),
    (window("", "08:00", "17:00"), halifax("2026-11-25T16:59:59"), True),
    (window("", "08:00", "17:00"), halifax("2026-11-25T07:59:59"), False),
    (window("", "08:00", "17:00"), halifax("2026-11-25T17:00"), False),
    (window("", "17:00"), halifax("2026-11-25T23:59"), True),
    (window("", "17:00", "00:00"), halifax("2026-11-25T23:59"), True),
    (window("", "17:00", "00:00"), halifax("2026-11-25T00:00"), False),
    # past midnight: of the day that it begins
    (NIGHT, halifax("2026-11-27T17:00"), True),
    (NIGHT, halifax("2026-11-28T07:59"), True),
    (NIGHT, halifax("2026-11-28T08:00"), False),
    (NIGHT, halifax("2026-11-28T17:00"), False),
    (NIGHT, halifax("2026-11-27T07:59"), False),
    (window("sun", "22:00", "02:00"), halifax("2026-11-23T01:59"), True),  # into the next week
    (window("sun", "22:00", "02:00"), halifax("2026-11-22T01:59"), False),
    (window("mon", "22:00", "02:00"), halifax("2026-11-23T01:59"), False),
    # in the zone of the city: 03:30 on Monday in UTC is Sunday evening
    (window("sun", "23:00"), datetime.fromisoformat("2026-11-23T03:30+00:00"), True),
    (window("mon"), datetime.fromisoformat("2026-11-23T03:30+00:00"), False),
    # 8 March 2026: 02:00 to 03:00 is left out
    (window("sun", "02:00", "03:00"), datetime.fromisoformat("2026-03-08T05:59:59+00:00"), False),
    (window("sun", "02:00", "03:00"), datetime.fromisoformat("2026-03-08T06:00+00:00"), False),
    (window("sun", "01:00", "02:00"), datetime.fromisoformat("2026-03-08T05:59:59+00:00"), True),
    (window("sun", "03:00", "04:00"), datetime.fromisoformat("2026-03-08T06:00+00:00"), True),
    # 1 November 2026: 01:00 to 02:00 comes twice
    (window("sun", "01:00", "02:00"), halifax("2026-11-01T01:30", 0), True),
    (window("sun", "01:00", "02:00"), halifax("2026-11-01T01:30", 1), True),
    (window("sun", "01:00", "02:00"), datetime.fromisoformat("2026-11-01T04:30+00:00"), True),
    (window("sun", "01:00", "02:00"), datetime.fromisoformat("2026-11-01T05:30+00:00"), True),
    (window("sun", "01:00", "02:00"), datetime.fromisoformat("2026-11-01T06:00+00:00"), False),
    (window("sun", "01:00", "02:00"), datetime.fromisoformat("2026-11-01T03:59:59+00:00"), False),
    (window("sat", "22:00", "01:30"), halifax("2026-11-01T01:15", 1), True),
]


@pytest.mark.parametrize(("when", "moment", "holds"), MOMENTS)
def test_a_time_is_of_a_window_or_not(when: Times, moment: datetime, holds: bool) -> None:
    assert tried(rule(times=[when]), report(at=moment)).matched is holds


def test_the_time_is_told_as_the_clocks_of_the_city_have_it() -> None:
    told = tried(rule(times=[window("mon"), window("tue")]), report())

    assert (told.failed, told.why) == ("times", "sun 08:00 is in none of its times")


# --- laws ---------------------------------------------------------------------------------------

FILES = routings.files()


@given(FILES, st.lists(routings.ANY_REPORT, min_size=1, max_size=8))
def test_decide_and_explain_agree_and_nothing_is_ever_unrouted(
    rules: RoutingFile, reports: list[Report]
) -> None:
    made = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE, version=3)
    for one in reports:
        decided, explained = routing.decide(made, one), routing.explain(made, one)
        event(decided.by)

        assert replace(explained, tried=()) == decided
        assert decided.department in DEPARTMENTS


@given(FILES, st.lists(routings.ANY_REPORT, min_size=1, max_size=8))
def test_the_explanation_evaluated_again_gives_the_decision(
    rules: RoutingFile, reports: list[Report]
) -> None:
    """Also after it was kept as JSON, and without the map that located the report."""
    made = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE, version=3)
    for one in reports:
        for judge in (routing.decide, routing.explain):
            told = judge(made, one)
            kept = msgspec.json.decode(msgspec.json.encode(told), type=Decision)

            assert routing.again(made, replace(one, located=None), kept) == kept == told


@given(FILES, st.sampled_from(["pothole", "graffiti", "lamp"]), st.data())
def test_a_rule_matches_what_it_says_by_the_letter(
    rules: RoutingFile, code: str, data: st.DataObject
) -> None:
    """Of accepted reports, and of questions that the service asks as others do."""
    made = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE)
    one = data.draw(routings.ANY_REPORT.filter(lambda each: each.service_code == code))
    one = replace(one, answers=data.draw(st.sampled_from(routings.ANSWERS[code])))
    first = next(
        (
            each.code
            for each in rules.rules
            if each.department in DEPARTMENTS and routings.matches(each, one)
        ),
        None,
    )

    assert routing.decide(made, one).rule == first


@given(FILES, routings.ANY_REPORT, st.randoms())
def test_the_order_of_what_a_condition_lists_never_changes_a_decision(
    rules: RoutingFile, one: Report, random: Any
) -> None:
    def mixed(values: list[Any] | None) -> list[Any] | None:
        return values and random.sample(values, len(values))

    turned = []
    for each in rules.rules:
        when = each.when
        layers = {layer: mixed(codes) for layer, codes in (when.areas or {}).items()}
        other = replace(
            when,
            services=mixed(when.services),
            groups=mixed(when.groups),
            areas=dict(mixed([*layers.items()]) or ()) or None,
            answers=mixed(when.answers),
            times=mixed(when.times),
            channels=mixed(when.channels),
        )
        turned.append(replace(each, when=other))
    place = one.located
    if place is not None:
        areas = dict(mixed([*place.areas.items()]) or ())
        place = replace(place, areas=areas)
    there = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE)
    here = routing.compiled(replace(rules, rules=turned), SERVICES[::-1], DEPARTMENTS[::-1], ZONE)

    assert routing.decide(here, replace(one, located=place)) == routing.decide(there, one)
