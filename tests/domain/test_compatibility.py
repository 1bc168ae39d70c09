"""What a change of a definition asks of others; and that what is not breaking breaks nothing."""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.domain import compatibility
from open311.domain.compatibility import RETIRED, Level, Step, compare, consented
from open311.domain.definitions import canonical
from open311.domain.folder import CityAttribute, CityService
from open311.errors import Conflict
from tests import forms

HARMLESS, FORMS, BREAKING = Level

FIRST = {
    "code": "kind",
    "datatype": "singlevaluelist",
    "description": "Which kind?",
    "required": True,
    "values": [{"key": key, "name": key.title()} for key in ("red", "green", "blue")],
}
SECOND: dict[str, Any] = {"code": "second", "datatype": "string", "description": "And then?"}
IF_RED = {"conditions": [{"attribute": "kind", "op": "eq", "value": "red"}]}
IF_RED_OR_BLUE = {
    "conditions": [{"attribute": "kind", "op": "one_of", "value": ["red", "blue"]}],
}
NOTE = {"code": "note", "datatype": "informational", "description": "Call us.", "variable": False}
OURS = SECOND | {"automated": "server_set", "preset": "x"}


def service(*questions: dict[str, Any], **members: Any) -> CityService:
    told = {
        "service_code": "light",
        "service_name": "Light",
        "description": "A lamp.",
        "group": "Street",
        "department": "works",
        "attributes": questions,
    }
    return canonical(msgspec.convert(told | members, CityService))


def values(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "name": key.title()} for key in keys]


def steps(old: CityService, new: CityService) -> list[tuple[Level, str, str]]:
    return [(each.level, each.place, each.text) for each in compare(old, new)]


def of_second(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[Level, str]]:
    """The steps of a question beside the first."""
    found = compare(service(FIRST, SECOND | old), service(FIRST, SECOND | new))
    assert {each.place for each in found} <= {"attribute[second]"}
    return [(each.level, each.text) for each in found]


# --- members of a question ----------------------------------------------------------------------

NUMBER, TEXT, TIME = {"datatype": "number"}, {"datatype": "text"}, {"datatype": "datetime"}
ONE = {"datatype": "singlevaluelist", "values": values("r", "g")}
MANY = {"datatype": "multivaluelist", "values": values("r", "g", "b")}


@pytest.mark.parametrize(
    ("old", "new", "level", "text"),
    [
        ({}, {"description": "What?"}, HARMLESS, "it is worded anew"),
        ({}, {"datatype_description": "A word"}, HARMLESS, "what is said of its answers"),
        ({}, {"private": True}, HARMLESS, "who may see its answers changes"),
        ({}, {"extra": {"seq": 1}}, HARMLESS, "members of another system"),
        ({}, {"preset": "x"}, HARMLESS, "another answer is taken where none is sent"),
        ({"required": True}, {}, HARMLESS, "an answer is no longer required"),
        ({}, {"required": True}, BREAKING, "an answer is required from now on"),
        ({}, {"automated": "hidden_field"}, FORMS, "the form sends it, unasked"),
        ({"automated": "hidden_field"}, {}, FORMS, "people are asked"),
        ({}, {"variable": False}, FORMS, "it takes no answer from now on"),
        ({"required": True}, {"variable": False, "required": True}, BREAKING, "it takes no answer"),
        ({}, OURS, FORMS, "the server answers it from now on; what is sent is ignored"),
        ({"required": True}, OURS, BREAKING, "the server answers it"),
        (OURS, OURS | {"preset": "y"}, HARMLESS, "it takes no answer, and says something else"),
        (OURS, {}, FORMS, "a new question"),
        (OURS, {"required": True}, BREAKING, "a new required question"),
        ({"variable": False}, {}, FORMS, "a new question"),
        # bounds
        (NUMBER, NUMBER | {"minimum": 2}, BREAKING, "a new minimum, 2"),
        (NUMBER | {"minimum": 1}, NUMBER | {"minimum": 2}, BREAKING, "minimum goes from 1 to 2"),
        (NUMBER | {"minimum": 2}, NUMBER | {"minimum": 1.5}, HARMLESS, "goes from 2 to 1.5"),
        (NUMBER | {"minimum": 2}, NUMBER, HARMLESS, "no minimum any more"),
        (NUMBER | {"maximum": 9}, NUMBER | {"maximum": 8}, BREAKING, "maximum goes from 9 to 8"),
        (NUMBER | {"maximum": 9}, NUMBER | {"maximum": 1234567}, HARMLESS, "from 9 to 1234567"),
        ({}, {"min_length": 1}, HARMLESS, "a new min length, 1"),
        ({}, {"min_length": 2}, BREAKING, "a new min length, 2"),
        ({}, {"max_length": 999}, BREAKING, "a new max length, 999"),
        ({}, {"max_length": 1000}, HARMLESS, "a new max length, 1000"),
        ({"max_length": 9}, {"max_length": 10}, HARMLESS, "max length goes from 9 to 10"),
        ({}, {"pattern": "^a"}, BREAKING, "a new pattern"),
        ({"pattern": "^a"}, {"pattern": "^[ab]"}, BREAKING, "another pattern"),
        ({"pattern": "^a"}, {}, HARMLESS, "no pattern any more"),
        (MANY, MANY | {"max_items": 2}, BREAKING, "a new max items, 2"),
        (MANY, MANY | {"max_items": 3}, HARMLESS, "a new max items, 3"),
        (MANY | {"max_items": 1}, MANY | {"max_items": 2}, HARMLESS, "max items goes from 1 to 2"),
        (TIME, TIME | {"latest": "P1D"}, BREAKING, "a new latest, P1D"),
        (TIME | {"latest": "P1D"}, TIME | {"latest": "PT12H"}, BREAKING, "from P1D to PT12H"),
        (TIME | {"latest": "P1D"}, TIME | {"latest": "PT24H"}, HARMLESS, "from P1D to PT24H"),
        (TIME | {"earliest": "-P1D"}, TIME | {"earliest": "-P2D"}, HARMLESS, "earliest goes"),
        (TIME | {"earliest": "-P1D"}, TIME | {"earliest": "PT0H"}, BREAKING, "earliest goes"),
        # values
        (ONE, ONE | {"values": values("r")}, BREAKING, "the value 'g' is retired"),
        (ONE, ONE | {"values": values("r", "g", "b")}, FORMS, "a new value, 'b'"),
        (ONE, ONE | {"values": values("g", "r")}, HARMLESS, "its values stand in another order"),
        (
            ONE,
            ONE | {"values": [{"key": "r", "name": "Rose"}, *values("g")]},
            FORMS,
            "the value 'r' is named 'Rose' from now on",
        ),
        # datatypes
        ({}, TEXT, FORMS, "string becomes text"),
        (TEXT, {}, BREAKING, "text becomes string"),
        (NUMBER, {}, FORMS, "number becomes string"),
        ({}, NUMBER, BREAKING, "string becomes number"),
        (TIME, TEXT, BREAKING, "datetime becomes text"),
        (ONE, ONE | {"datatype": "multivaluelist"}, FORMS, "becomes multivaluelist"),
        (MANY, MANY | {"datatype": "singlevaluelist"}, BREAKING, "becomes singlevaluelist"),
        (ONE, {}, FORMS, "singlevaluelist becomes string"),
        (ONE, NUMBER, BREAKING, "singlevaluelist becomes number"),
        (ONE | {"values": values("1", "20")}, NUMBER, FORMS, "becomes number"),
        (ONE | {"values": values("a\u2028b")}, {}, BREAKING, "becomes string"),
        # conditions
        ({}, {"dependencies": IF_RED}, FORMS, "it is asked in fewer reports"),
        ({"dependencies": IF_RED}, {}, BREAKING, "it may be asked where it was not"),
        ({"dependencies": IF_RED}, {"dependencies": IF_RED_OR_BLUE}, BREAKING, "where it was not"),
        ({"dependencies": IF_RED_OR_BLUE}, {"dependencies": IF_RED}, FORMS, "in fewer reports"),
        (
            {"dependencies": IF_RED},
            {"dependencies": {"clause": "OR"} | IF_RED},
            HARMLESS,
            "its conditions are written in another way",
        ),
    ],
)
def test_a_change_of_a_question_asks_so_much(
    old: dict[str, Any], new: dict[str, Any], level: Level, text: str
) -> None:
    found = of_second(old, new)

    assert [level for level, _ in found] == [level]
    assert text in found[0][1]


def test_every_step_of_a_question_is_told() -> None:
    old = {"required": True, "max_length": 10, "datatype": "text"}
    new = {"required": False, "max_length": 5, "datatype": "text", "description": "What?"}

    assert of_second(old, new) == [
        (HARMLESS, "an answer is no longer required"),
        (BREAKING, "max length goes from 10 to 5"),
        (HARMLESS, "it is worded anew"),
    ]


# --- questions that come and go -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "step"),
    [
        (SECOND, (FORMS, "a new question")),
        (SECOND | {"required": True}, (BREAKING, "a new required question")),
        (SECOND | {"required": True, "preset": "x"}, (FORMS, "a new question")),
        (
            SECOND | {"required": True, "dependencies": IF_RED},
            (BREAKING, "a new question, required where it is asked"),
        ),
        (OURS, (HARMLESS, "new, and takes no answer")),
        (NOTE, (FORMS, "new, and takes no answer")),
    ],
)
def test_a_new_question_breaks_only_where_it_must_be_answered(
    new: dict[str, Any], step: tuple[Level, str]
) -> None:
    found = steps(service(FIRST), service(FIRST, new))

    assert found == [(step[0], f"attribute[{new['code']}]", step[1])]


def test_what_depends_on_a_new_question_is_asked_of_nobody_who_does_not_know_it() -> None:
    third = SECOND | {
        "code": "third",
        "required": True,
        "dependencies": {"conditions": [{"attribute": "second", "op": "eq", "value": "yes"}]},
    }

    assert steps(service(FIRST), service(FIRST, SECOND, third)) == [
        (FORMS, "attribute[second]", "a new question"),
        (FORMS, "attribute[third]", "a new question"),
    ]


@pytest.mark.parametrize(
    ("old", "step"),
    [
        (SECOND, (FORMS, "the question is gone; answers to it are ignored")),
        (OURS, (HARMLESS, "gone, and takes no answer")),
        (NOTE, (FORMS, "gone, and takes no answer")),
    ],
)
def test_a_question_that_is_gone_breaks_nothing(
    old: dict[str, Any], step: tuple[Level, str]
) -> None:
    found = steps(service(FIRST, old), service(FIRST))

    assert found == [(step[0], f"attribute[{old['code']}]", step[1])]


def test_a_text_that_is_shown_is_for_forms() -> None:
    assert steps(service(NOTE), service(NOTE | {"description": "Call 311."})) == [
        (FORMS, "attribute[note]", "it takes no answer, and says something else")
    ]


def test_questions_in_another_order_are_told_once() -> None:
    assert steps(service(FIRST, SECOND), service(SECOND, FIRST)) == [
        (HARMLESS, "attributes", "they stand in another order")
    ]
    assert steps(service(SECOND), service(SECOND | {"order": 7})) == [
        (HARMLESS, "attributes", "they are numbered anew")
    ]


def test_a_question_is_asked_more_often_because_another_one_changed() -> None:
    """The second looks at the first, whose answer is from now on another one."""
    first = FIRST | {"required": False}
    second = SECOND | {"required": True, "dependencies": IF_RED}

    found = steps(service(first, second), service(first | {"preset": "red"}, second))

    assert found == [
        (HARMLESS, "attribute[kind]", "another answer is taken where none is sent"),
        (
            BREAKING,
            "attribute[second]",
            "it may be asked where it was not, because of what it depends on",
        ),
    ]


# --- the service itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ({}, {"service_name": "Lamp"}, (HARMLESS, "service_name", "it says something else")),
        ({}, {"description": "It glows."}, (HARMLESS, "description", "it says something else")),
        ({}, {"keywords": "lamp"}, (HARMLESS, "keywords", "it says something else")),
        ({}, {"group": "Lamps"}, (HARMLESS, "group", "it says something else")),
        ({}, {"department": "power"}, (HARMLESS, "department", "it says something else")),
        ({}, {"service_notice": "Soon."}, (HARMLESS, "service_notice", "it says something else")),
        ({}, {"expected_hours": 4}, (HARMLESS, "expected_hours", "it says something else")),
        ({}, {"extra": {"x": 1}}, (HARMLESS, "extra", "it says something else")),
        (
            {},
            {"type": "batch"},
            (BREAKING, "type", "realtime becomes batch, and reports are answered in another way"),
        ),
        (
            {},
            {"location": "optional"},
            (HARMLESS, "location", "it is no longer required"),
        ),
        ({}, {"location": "none"}, (FORMS, "location", "it is no longer kept")),
        (
            {"location": "optional"},
            {"location": "required"},
            (BREAKING, "location", "it is required from now on"),
        ),
        (
            {"location": "none"},
            {"location": "optional"},
            (BREAKING, "location", "it is checked, and was ignored"),
        ),
        (
            {},
            {"reporter": {"all_of": ["email"]}},
            (BREAKING, "reporter", "more is asked of the reporter"),
        ),
        (
            {"reporter": {"all_of": ["email"]}},
            {"reporter": {"one_of": ["email", "phone"]}},
            (HARMLESS, "reporter", "no more is asked of the reporter than before"),
        ),
        (
            {"reporter": {"one_of": ["email", "phone"]}},
            {"reporter": {"one_of": ["email"]}},
            (BREAKING, "reporter", "more is asked of the reporter"),
        ),
        (
            {"reporter": {"one_of": ["email"]}},
            {"reporter": {"all_of": ["email"]}},
            (HARMLESS, "reporter", "no more is asked of the reporter than before"),
        ),
        (
            {},
            {"offered_in": {"wards": ["1"]}},
            (BREAKING, "offered_in", "it may be offered in fewer places"),
        ),
        (
            {"offered_in": {"wards": ["1"], "parks": ["A"]}},
            {"offered_in": {"wards": ["2", "1"]}},
            (HARMLESS, "offered_in", "it is offered wherever it was"),
        ),
        ({}, {"media": {"least": 1}}, (BREAKING, "media", "the fewest goes up from 0 to 1")),
        (
            {"media": {"most": 3}},
            {"media": {"most": 2}},
            (BREAKING, "media", "the most goes down from 3 to 2"),
        ),
        (
            {"media": {"least": 1}},
            {"media": {}},
            (HARMLESS, "media", "as many are taken as before, or more"),
        ),
    ],
)
def test_a_change_of_the_service_asks_so_much(
    old: dict[str, Any], new: dict[str, Any], step: tuple[Level, str, str]
) -> None:
    assert steps(service(FIRST, **old), service(FIRST, **new)) == [step]


def test_two_catalogues_are_compared_by_code() -> None:
    old = [service(service_code="b"), service(service_code="a")]
    new = [service(service_code="c"), service(service_code="b", type="batch")]

    found = [(code, step.level) for code, step in compatibility.compare_all(old, new)]

    assert found == [("a", BREAKING), ("b", BREAKING), ("c", HARMLESS)]


def test_what_breaks_is_refused_by_name_until_somebody_consents() -> None:
    told = {"a": (*RETIRED, Step(Level.FORMS, "x", "y")), "b": (Step(Level.BREAKING, "x", "y"),)}

    with pytest.raises(Conflict) as caught:
        consented(told, consent=False)
    assert caught.value.problems[1:] == ("a: it is offered no more.", "b: x: y.")
    consented(told, consent=True)
    consented({"a": told["a"][1:]}, consent=False)


# --- laws ---------------------------------------------------------------------------------------

REPORTS = 100  # of each pair of definitions


@settings(max_examples=4 * settings.default.max_examples)
@given(st.data())
def test_what_breaks_nothing_refuses_nothing_that_was_accepted(data: st.DataObject) -> None:
    """The promise of the registry."""
    old = data.draw(forms.services(), label="old")
    new = data.draw(forms.edited(old), label="new")
    told = compare(old, new)

    assert (told == ()) == (old == new)
    if all(each.level < BREAKING for each in told):
        before, after = forms.Desk(old), forms.Desk(new)
        for report in islice(forms.reports(old, data.draw(st.integers(0, 99))), REPORTS):
            if not before.faults(report):
                assert after.faults(report) == (), report


def other(name: str, hint: type[msgspec.Struct]) -> Any:
    """A value of a member that is not the one that goes without saying."""
    told: dict[str, Any] = {
        "required": True,
        "variable": False,
        "datatype": "text",
        "order": 7,
        "values": values("r"),
        "dependencies": IF_RED,
        "automated": "hidden_field",
        "private": True,
        "extra": {"x": 1},
        "type": "batch",
        "location": "none",
        "reporter": {"all_of": ["email"]},
        "media": {"least": 1},
        "offered_in": {"wards": ["1"]},
        "attributes": [SECOND],
        "expected_hours": 3,
        "translations": {"fr": {"description": "autre chose"}},
        "earliest": "P1D",
        "latest": "P1D",
    }
    numbers = ("minimum", "maximum", "min_length", "max_length", "max_items")
    return told.get(name, 3 if name in numbers else "something else")


MEMBERS = [name for name in CityAttribute.__struct_fields__ if name not in ("code", "order")]
OF_LISTS = {"values": MANY, "max_items": MANY, "earliest": TIME, "latest": TIME}
OF_LISTS |= {"minimum": NUMBER, "maximum": NUMBER}


@pytest.mark.parametrize("name", MEMBERS)
def test_no_member_of_a_question_changes_in_silence(name: str) -> None:
    old = OF_LISTS.get(name, {})

    assert of_second(old, old | {name: other(name, CityAttribute)})


@pytest.mark.parametrize(
    "name",
    [each for each in CityService.__struct_fields__ if each not in ("schema", "service_code")],
)
def test_no_member_of_a_service_changes_in_silence(name: str) -> None:
    assert steps(service(), service(**{name: other(name, CityService)}))
