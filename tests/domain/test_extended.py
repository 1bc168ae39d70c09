"""What a version says beyond the standard, and the answers that were given to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from open311.domain import definitions, extended
from open311.domain.folder import CityAttribute, CityService
from open311.spec.extensions import ExtendedCondition

QUESTIONS: list[dict[str, Any]] = [
    {"code": "kind", "datatype": "singlevaluelist", "values": [{"key": "a", "name": "An A"}]},
    {
        "code": "all",
        "datatype": "multivaluelist",
        "values": [{"key": "x", "name": "An X"}, {"key": "y", "name": "A Y"}],
        "max_items": 2,
    },
    {
        "code": "depth",
        "datatype": "number",
        "minimum": 1.0,
        "maximum": 2.5,
        "required": True,
        "dependencies": {
            "clause": "OR",
            "conditions": [
                {"attribute": "kind", "op": "eq", "value": "a"},
                {"attribute": "all", "op": "one_of", "value": ["x", "y"]},
                {"attribute": "kind", "op": "answered"},
            ],
        },
    },
    {"code": "secret", "datatype": "string", "private": True, "preset": "hush"},
    {"code": "own", "datatype": "string", "automated": "server_set", "preset": "ours"},
    {"code": "when", "datatype": "datetime", "earliest": "-P30D", "latest": "PT1H"},
    {"code": "told", "datatype": "informational", "variable": False},
]


def service(*questions: dict[str, Any], **members: Any) -> CityService:
    told = [{"description": each["code"].title(), **each} for each in questions]
    whole = {
        "service_code": "s",
        "service_name": "S",
        "description": "S.",
        "group": "G",
        "department": "d",
        "attributes": told,
    }
    return definitions.canonical(msgspec.convert(whole | members, CityService))


WHOLE = service(*QUESTIONS)


def shown(whole: CityService = WHOLE) -> dict[str, Any]:
    """As JSON shows it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(extended.definition(whole, 3)))
    return found


def rules(code: str) -> dict[str, Any]:
    """What the extension says of a question, beyond the standard's members."""
    (found,) = [each for each in shown()["attributes"] if each["code"] == code]
    standard = {*("variable", "code", "datatype", "required", "datatype_description")}
    return {
        k: v for k, v in found.items() if k not in standard | {"order", "description", "values"}
    }


def test_every_question_is_shown_with_the_rules_that_it_has_and_no_others() -> None:
    assert [each["code"] for each in shown()["attributes"]] == [each["code"] for each in QUESTIONS]
    assert rules("kind") == {}
    assert rules("all") == {"max_items": 2}
    assert rules("depth") == {
        "minimum": 1,
        "maximum": 2.5,
        "required_when_asked": True,
        "dependencies": {
            "clause": "OR",
            "conditions": [
                {"attribute": "kind", "op": "eq", "value": "a"},
                {"attribute": "all", "op": "one_of", "value": ["x", "y"]},
                {"attribute": "kind", "op": "answered"},
            ],
        },
    }
    assert rules("own") == {"automated": "server_set", "preset": "ours"}
    assert rules("when") == {"earliest": "-P30D", "latest": "PT1H"}


def test_what_a_private_question_is_preset_with_is_private() -> None:
    assert rules("secret") == {"private": True}


def test_no_rule_changes_what_the_standard_s_members_say() -> None:
    """GR-A-04: six datatypes, and what is required must be answered by everybody."""
    plain = msgspec.to_builtins(definitions.offer(WHOLE, 3, "").attributes)
    whole = {each["code"]: each for each in shown()["attributes"]}

    assert len(plain) == len(whole) - 1  # `own`, which the server answers
    for each in plain:
        leading = list(whole[each["code"]].items())[: len(each)]
        assert leading == list(msgspec.json.decode(msgspec.json.encode(each)).items())


def test_what_the_standard_cannot_say_has_members_of_its_own() -> None:
    assert rules("told") == {"informational": True}
    assert rules("depth")["required_when_asked"] is True
    always = {"code": "a", "datatype": "text", "required": True}
    assert (
        msgspec.json.decode(
            msgspec.json.encode(extended.definition(service(always), 1).attributes[0])
        )
        .keys()
        .isdisjoint({"required_when_asked", "informational"})
    )


def test_the_rules_of_the_service_are_shown_where_there_are_any() -> None:
    reporter = {"one_of": ["email", "phone"]}
    told = shown(service(location="none", reporter=reporter, media={"least": 1}))

    assert set(shown()) == {"service_code", "attributes", "version", "location"}
    assert (told["version"], told["location"]) == (3, "none")
    assert told["reporter"] == reporter
    assert told["media"] == {"least": 1, "most": 20}


def test_an_empty_pattern_asks_for_nothing() -> None:
    (one,) = extended.definition(
        service({"code": "a", "datatype": "text", "pattern": ""}), 1
    ).attributes

    assert one.pattern is UNSET


@given(st.floats(-999999999999999, 999999999999999))
def test_a_bound_is_the_number_that_it_is(bound: float) -> None:
    (one,) = extended.definition(
        service({"code": "a", "datatype": "number", "minimum": bound}), 1
    ).attributes

    assert one.minimum == bound


@given(
    st.one_of(st.text(), st.integers(), st.floats(allow_nan=False))
    | st.lists(st.text(), max_size=3)
)
def test_a_condition_says_what_it_is_compared_with(value: Any) -> None:
    first = {"code": "a", "datatype": "text"}
    asked = {"conditions": [{"attribute": "a", "op": "eq", "value": value}]}
    _, one = extended.definition(
        service(first, {"code": "b", "datatype": "text", "dependencies": asked}), 1
    ).attributes

    assert not isinstance(one.dependencies, msgspec.UnsetType)
    (condition,) = one.dependencies.conditions
    expected = tuple(value) if isinstance(value, list) else value
    assert condition == ExtendedCondition("a", "eq", expected)


# --- answers ------------------------------------------------------------------------------------

ANSWERS = {
    "depth": 2.5,
    "secret": "hush",
    "all": ["y", "x"],
    "kind": "a",
    "when": "2026-01-01T00:00:00Z",
}


def told(hidden: frozenset[str] | None, **more: Any) -> list[tuple[Any, ...]]:
    found = extended.answered(WHOLE, ANSWERS | more, hidden)
    return [msgspec.structs.astuple(each) for each in found]


OPEN = [
    ("kind", "Kind", "a", "An A"),
    ("all", "All", "y", "A Y"),
    ("all", "All", "x", "An X"),
    ("depth", "Depth", 2.5, None),
]
WHEN = ("when", "When", "2026-01-01T00:00:00Z", None)


def test_answers_are_labelled_in_the_order_of_the_questions() -> None:
    assert told(None) == [*OPEN, ("secret", "Secret", "hush", None), WHEN]


def test_private_answers_are_left_out_and_so_is_what_is_private_by_now() -> None:
    assert told(frozenset()) == [*OPEN, WHEN]
    assert told(frozenset({"when", "all"})) == [OPEN[0], OPEN[3]]


@pytest.mark.parametrize("hidden", [frozenset(), None])
def test_what_nobody_asked_is_private(hidden: frozenset[str] | None) -> None:
    stranger = ("stranger", None, "x", None)

    assert (stranger in told(hidden, stranger="x")) is (hidden is None)


def test_a_value_that_is_in_no_list_has_no_name() -> None:
    assert told(None, kind="gone")[0] == ("kind", "Kind", "gone", None)


@given(st.lists(st.sampled_from([each["code"] for each in QUESTIONS])))
def test_no_private_answer_ever_comes_out_of_what_is_hidden(codes: list[str]) -> None:
    whole = service(*({**each, "private": each["code"] in codes} for each in QUESTIONS))
    found = {each.code for each in extended.answered(whole, ANSWERS, frozenset())}

    assert not found & set(codes)
    assert not {each.code for each in extended.answered(WHOLE, ANSWERS, frozenset(codes))} & set(
        codes
    )


def test_every_member_of_a_question_has_its_place() -> None:
    """So that a new rule is not forgotten here."""
    named = set(extended._BOUNDS) | {"private", "preset", "dependencies", "extra"}
    standard = {"variable", "code", "datatype", "required", "datatype_description", "order"}

    assert set(CityAttribute.__struct_fields__) == named | standard | {"description", "values"}
