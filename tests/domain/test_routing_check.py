"""What is told of rules: exactly those that match nothing, and where only the order decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import routing, routing_check, shadows
from open311.domain.folder import (
    Area,
    CityFolder,
    CityService,
    Condition,
    Department,
    Jurisdiction,
)
from open311.domain.routing_check import Known
from open311.domain.rules import RoutingFile, Rule, Times, Triage
from tests import routings
from tests.questions import question, service
from tests.routings import AREAS, DEPARTMENTS, SERVICES, ZONE, file, rule

KNOWN = Known(SERVICES, DEPARTMENTS, AREAS)
Flaws = list[tuple[tuple[str | int, ...], str]]


def told(*rules: Rule, services: Sequence[CityService] = SERVICES) -> Flaws:
    return [*routing_check.faults(file(*rules), Known(services, DEPARTMENTS, AREAS))]


def asks(attribute: str, op: Any, value: Any = None) -> list[Condition]:
    return [Condition(attribute=attribute, op=op, value=value)]


# --- rules by themselves ------------------------------------------------------------------------

ALONE: list[tuple[Rule, tuple[Any, ...], str]] = [
    (
        rule("r"),
        ("when",),
        "has no condition; where no rule matches, the service's own department acts",
    ),
    (
        rule("r", services=["a", "b", "a"]),
        ("when", "services", 2),
        "'a' is there already",
    ),
    (rule("r", groups=["a", "a"]), ("when", "groups", 1), "'a' is there already"),
    (rule("r", channels=["app", "app"]), ("when", "channels", 1), "'app' is there already"),
    (
        rule("r", areas={"wards": ["1"], "police": ["1", "1"]}),
        ("when", "areas", "police", 1),
        "'1' is there already",
    ),
    (
        rule("r", times=[Times(days=["mon", "mon"])]),
        ("when", "times", 0, "days", 1),
        "'mon' is there already",
    ),
    (
        rule("r", times=[Times(), Times(begins="08:00", ends="08:00")]),
        ("when", "times", 1, "to"),
        "is when it begins; for the whole day leave both out",
    ),
    (rule("a", services=["b"]), ("code",), "'a' is also at rules[0].code"),
]


@pytest.mark.parametrize(("one", "place", "text"), ALONE)
def test_what_is_wrong_with_a_rule_by_itself_is_told(
    one: Rule, place: tuple[Any, ...], text: str
) -> None:
    good = rule("a", services=["a"], times=[Times(days=["mon"]), Times(begins="08:00")])

    assert [*routing_check.alone(file(good, one))] == [(("rules", 1, *place), text)]
    assert [*routing_check.alone(file(good))] == []


# --- what they name -----------------------------------------------------------------------------

NAMES: list[tuple[Rule, tuple[Any, ...], str]] = [
    (rule(services=["pothole", "x"]), ("services", 1), "there is no service 'x'"),
    (rule(groups=["Street", "x"]), ("groups", 1), "no service is of group 'x'"),
    (rule(areas={"x": ["1"]}), ("areas", "x"), "'x' is no layer of areas/"),
    (
        rule(areas={"wards": ["1", "9"]}),
        ("areas", "wards", 1),
        "there is no '9' in areas/wards.geojson",
    ),
    (
        rule(services=["pothole", "lamp"], answers=asks("SIZE", "eq", "s")),
        ("answers", 0, "attribute"),
        "service 'lamp' asks for no 'SIZE'",
    ),
    (
        rule(services=["pothole", "graffiti"], answers=asks("SIZE", "eq", "xl")),
        ("answers", 0, "value"),
        "'xl' is not one of its keys: s, m, l (service 'pothole')",
    ),
    (
        rule(services=["pothole"], answers=asks("SIZE", "gt", 1)),
        ("answers", 0, "op"),
        "'gt' does not fit 'SIZE', of datatype singlevaluelist (service 'pothole')",
    ),
    (
        rule(services=["pothole"], answers=asks("SIZE", "answered", "s")),
        ("answers", 0, "value"),
        "answered takes no value (service 'pothole')",
    ),
    (
        rule(answers=asks("WIDTH", "eq", "s")),
        ("answers", 0, "attribute"),
        "no service that it is about asks for 'WIDTH'",
    ),
    (
        rule(groups=["Light"], answers=asks("SIZE", "eq", "s")),
        ("answers", 0, "attribute"),
        "no service that it is about asks for 'SIZE'",
    ),
    (
        rule(groups=["Street"], answers=asks("SIZE", "eq", "huge")),
        ("answers", 0, "value"),
        "'huge' is not one of its keys: s, m, l (service 'pothole')",
    ),
]


@pytest.mark.parametrize(("one", "place", "text"), NAMES)
def test_what_a_rule_names_and_is_not_there_is_told(
    one: Rule, place: tuple[Any, ...], text: str
) -> None:
    assert told(one) == [(("rules", 0, "when", *place), text)]


def test_a_department_that_is_not_there_is_told() -> None:
    rules = replace(file(rule("a", "x", services=["lamp"])), triage=Triage(department="y"))

    assert [*routing_check.faults(rules, KNOWN)] == [
        (("triage", "department"), "'y' is not in departments.json"),
        (("rules", 0, "department"), "'x' is not in departments.json"),
    ]


@pytest.mark.parametrize(
    "one",
    [
        rule(services=["pothole", "graffiti"], answers=asks("SIZE", "eq", "s")),
        rule(groups=["Street"], answers=asks("SIZE", "eq", "xl")),  # one of them takes it
        rule(answers=asks("DEEP", "gt", "1.5")),
        rule(areas=AREAS, channels=["app"], times=[Times()]),
    ],
)
def test_a_rule_that_some_report_matches_is_let_be(one: Rule) -> None:
    assert told(one) == []


def test_a_question_that_takes_no_answer_is_told() -> None:
    note = service(question("NOTE", "informational", variable=False))

    assert told(rule(answers=asks("NOTE", "answered")), services=[note]) == [
        (
            ("rules", 0, "when", "answers", 0, "attribute"),
            "no service that it is about asks for 'NOTE'",
        )
    ]


# --- what can never match -----------------------------------------------------------------------

CONTRADICTORY = "can never hold: no report is such that all of it does"

NEVER: list[tuple[list[Rule], str]] = [
    (
        [rule("a", answers=[*asks("SIZE", "eq", "s"), *asks("SIZE", "eq", "m")])],
        CONTRADICTORY,
    ),
    (  # is not asked of what is small
        [rule("a", answers=[*asks("SIZE", "eq", "s"), *asks("DEEP", "answered")])],
        CONTRADICTORY,
    ),
    ([rule("a", answers=[*asks("DEEP", "gt", 2), *asks("DEEP", "lt", 2)])], CONTRADICTORY),
    ([rule("a", services=["lamp"], areas={"wards": ["1"]})], CONTRADICTORY),  # keeps no place
    (
        [rule("a", groups=["Street"]), rule("b", services=["pothole"], channels=["app"])],
        "can never hold: whatever it would match goes to 'a' before it",
    ),
    (
        [
            rule("a", channels=["app"]),
            rule("b", services=["pothole"], answers=asks("SIZE", "ne", "l")),
            rule("c", services=["pothole"], answers=asks("SIZE", "eq", "l")),
            rule("d", services=["pothole"]),
        ],
        "can never hold: whatever it would match goes to 'a', 'b', 'c' before it",
    ),
    (
        [
            *(rule(day, times=[Times(days=[day])]) for day in ("mon", "tue", "wed", "thu")),
            rule("rest", times=[Times(days=["fri", "sat", "sun"])]),
            rule("late", channels=["app"]),
        ],
        "can never hold: whatever it would match goes to 'mon', 'tue', 'wed' and 2 more before it",
    ),
    (  # who is in a ward is in the city
        [rule("a", areas={"boundary": ["city"]}), rule("b", areas={"wards": ["2"]})],
        "can never hold: whatever it would match goes to 'a' before it",
    ),
    (
        [
            rule("a", times=[Times(days=["sat"], begins="22:00", ends="06:00")]),
            rule("b", times=[Times(days=["sun"], begins="00:00", ends="06:00")]),
        ],
        "can never hold: whatever it would match goes to 'a' before it",
    ),
]


@pytest.mark.parametrize(("rules", "text"), NEVER)
def test_a_rule_that_can_never_match_is_told_with_the_reason(rules: list[Rule], text: str) -> None:
    assert told(*rules) == [(("rules", len(rules) - 1, "when"), text)]


def test_a_rule_with_a_fault_takes_nothing_from_others() -> None:
    (flaw,) = told(rule("a", "x", services=["pothole"]), rule("b", services=["pothole"]))

    assert flaw[0] == ("rules", 0, "department")


def test_a_ward_does_not_hold_all_that_is_in_the_city() -> None:
    assert (
        told(rule("a", areas={"wards": ["1", "2"]}), rule("b", areas={"boundary": ["city"]})) == []
    )


# --- exactly, where every report was tried ------------------------------------------------------

KINDS: tuple[tuple[str, ...], ...] = (
    ("services", "groups", "areas", "channels"),
    ("services", "groups", "areas", "times"),
    ("services", "channels", "answers"),
    ("groups", "areas", "answers"),
)


@st.composite
def sound(draw: st.DrawFn) -> tuple[RoutingFile, tuple[str, ...]]:
    """Rules that name what there is, of few kinds of conditions, so that all reports are few."""
    members = draw(st.sampled_from(KINDS))
    every = draw(routings.files(members)).rules
    named = [
        routings.named(
            replace(each, department="works" if each.department == "gone" else each.department),
            f"r{i}",
        )
        for i, each in enumerate(every)
    ]
    places = {place[1] for place, text in told(*named) if not text.startswith("can never")}
    return file(*(each for i, each in enumerate(named) if i not in places)), members


@given(sound())
def test_said_to_match_nothing_is_exactly_what_no_report_matches_first(
    drawn: tuple[RoutingFile, tuple[str, ...]],
) -> None:
    rules, members = drawn
    made = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE)
    first = {routing.decide(made, each).rule for each in routings.reports(every(), members)}

    never = {rules.rules[int(place[1])].code for place, _ in told(*rules.rules)}
    event(f"never: {len(never)} of {len(rules.rules)}")
    assert never == {each.code for each in rules.rules} - first


def every() -> list[str]:
    return [each.service_code for each in SERVICES]


@settings(max_examples=50)  # each checks a whole file; the exact law above has them all
@given(routings.files(), st.lists(routings.ANY_REPORT, min_size=1, max_size=8))
def test_what_is_said_to_match_nothing_never_does(
    rules: RoutingFile, reports: list[routing.Report]
) -> None:
    # A department that acts no more is a fault of its own, and its rule takes nothing.
    acting = [replace(e, department="works") if e.department == "gone" else e for e in rules.rules]
    rules = replace(rules, rules=acting)
    made = routing.compiled(rules, SERVICES, DEPARTMENTS, ZONE)
    never = {rules.rules[int(p[1])].code for p, text in told(*rules.rules) if "can never" in text}
    known = [
        replace(each, located=None) if each.service_code == "lamp" else each  # it keeps no place
        for each in reports
        if each.service_code in every()
    ]
    ways = {each: routings.ANSWERS[each] for each in every()}
    answered = [
        replace(each, answers=own[(len(each.answers) + each.at.day) % len(own)])
        for each in known
        if (own := ways[each.service_code])
    ]

    assert {routing.decide(made, each).rule for each in answered} & never == set()


def clashes(rules: RoutingFile, members: tuple[str, ...]) -> Iterator[tuple[str, int, int]]:
    """Found by trying every pair on every report."""
    for code in every():
        matched = [
            {i for i, each in enumerate(rules.rules) if routings.matches(each, one)}
            for one in routings.reports([code], members)
        ]
        first = {(min(some), other) for some in matched for other in some if other != min(some)}
        for one, other in sorted(first):
            own = any(one in some and other not in some for some in matched)
            others = any(other in some and one not in some for some in matched)
            differ = rules.rules[one].department != rules.rules[other].department
            if own and others and differ:
                yield code, one, other


@given(sound())
def test_of_just_these_pairs_only_the_order_decides(
    drawn: tuple[RoutingFile, tuple[str, ...]],
) -> None:
    rules, members = drawn
    found = shadows.realms(rules.rules, range(len(rules.rules)), SERVICES, AREAS)
    pairs = {
        (code, *pair)
        for realm in found
        for code in realm.services
        for pair in shadows.clashes(rules.rules, realm)
    }

    event(f"pairs: {min(3, len(pairs))}")
    assert pairs == {*clashes(rules, members)}


# --- notes --------------------------------------------------------------------------------------


def city(*rules: Rule, services: Sequence[CityService] = SERVICES) -> CityFolder:
    who = Jurisdiction(
        jurisdiction_id="tiny.example", name="Tiny", timezone="UTC", contact="x", key_service="x"
    )
    return CityFolder(
        jurisdiction=who,
        departments=tuple(Department(code=each, name=each) for each in DEPARTMENTS),
        services=tuple(services),
        areas=tuple(Area(layer, code, code, b"") for layer in AREAS for code in AREAS[layer]),
        routing=file(*rules) if rules else None,
    )


def survey(whole: CityFolder) -> Iterator[str]:
    assert whole.routing
    return routing_check.survey(whole.routing, routing_check.known(whole))


def test_services_whose_department_depends_on_the_order_are_noted() -> None:
    ward = rule("ward", areas={"wards": ["1"]})
    night = rule("night", "light", times=[Times(begins="20:00", ends="06:00")])

    assert [*survey(city(ward, night))] == [
        "routing.json: who acts on 'pothole', 'graffiti' depends on the order of rules alone:"
        " 'ward' before 'night'"
    ]


@pytest.mark.parametrize(
    "rules",
    [
        [  # the exception before the rule
            rule("ward", areas={"wards": ["1"]}, channels=["app"]),
            rule("app", "light", channels=["app"]),
        ],
        [  # the same department
            rule("ward", areas={"wards": ["1"]}),
            rule("app", channels=["app"]),
        ],
        [  # nothing matches both
            rule("one", areas={"wards": ["1"]}),
            rule("two", "light", areas={"wards": ["2"]}, channels=["app"]),
        ],
        [  # the city says who acts on both
            rule("both", "parks", areas={"wards": ["1"]}, channels=["app"]),
            rule("ward", areas={"wards": ["1"]}),
            rule("app", "light", channels=["app"]),
        ],
    ],
)
def test_where_more_than_the_order_decides_nothing_is_noted(rules: list[Rule]) -> None:
    assert [*survey(city(*rules))] == []


def test_of_many_pairs_and_services_some_are_named() -> None:
    services = [service(service_code=f"s{i}") for i in range(5)]
    rules = [rule(f"w{i}", areas={"wards": ["1"], "police": [p]}) for i, p in enumerate("AB")]
    more = [rule("app", "light", channels=["app"]), rule("web", "parks", channels=["web"])]
    (note,) = survey(city(*rules, *more, services=services))

    assert note == (
        "routing.json: who acts on 's0', 's1', 's2' and 2 more services depends on the order of"
        " rules alone: 'w0' before 'app', 'w0' before 'web', 'w1' before 'app' and others"
    )


def test_what_is_too_much_to_try_is_believed_and_noted() -> None:
    """Of a list with many keys and many conditions there are too many answers."""
    keys = [f"k{i}" for i in range(20)]
    many = service(question("MANY", "multivaluelist", " ".join(keys)))
    rules = [
        rule("plain", channels=["app"]),
        rule("all", answers=[one for key in keys[:14] for one in asks("MANY", "contains", key)]),
        rule("no", answers=[*asks("MANY", "eq", "k0"), *asks("MANY", "eq", "k1")]),
        rule("last", services=["pothole"], channels=["app"]),
    ]

    assert told(*rules, services=[many]) == [
        (
            ("rules", 3, "when"),
            "can never hold: whatever it would match goes to 'plain' before it",
        )
    ]
    assert [*survey(city(*rules[:3], services=[many]))] == [
        f"routing.json: rule {code!r}: whether it can ever match is too much to try, and not judged"
        for code in ("all", "no")
    ]


def test_what_hangs_on_too_many_questions_is_not_judged() -> None:
    asked = [question(f"Q{i}", "singlevaluelist", "x y") for i in range(70)]
    rules = [rule("a", answers=[one for each in asked for one in asks(each.code, "eq", "x")])]

    assert told(*rules, services=[service(*asked)]) == []
    assert len([*survey(city(*rules, services=[service(*asked)]))]) == 1


def test_too_many_cases_of_areas_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows, "_MOST", 1)
    rules = [
        rule("a", areas={"wards": ["1"], "police": ["A"]}),
        rule("b", areas={"wards": ["2"], "police": ["B"]}),
        rule("c", "light", channels=["app"], areas={"boundary": ["city"]}),
    ]

    assert told(*rules) == []
    assert any("not judged" in each for each in survey(city(*rules)))
