"""A question is said to be unreachable exactly where no report asks it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import attributes, reachability, soundness
from open311.domain.folder import CityAttribute, Condition, Dependencies
from open311.spec import w3c_datetime
from tests.conftest import NOW
from tests.questions import all_of, question, service

VALUES: dict[str, list[Any]] = {
    "string": ["a", "b", "ab"],
    "text": ["a", "b", "a\nb"],
    "number": [0, "0.5", 1, 2],
    "datetime": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-02"],
    "singlevaluelist": ["x", "y"],
    "multivaluelist": ["x", "y"],
}
"""What conditions of each datatype compare with: few values, so that they meet."""

LISTS = ("singlevaluelist", "multivaluelist")


@st.composite
def conditions(draw: st.DrawFn, about: CityAttribute) -> Condition:
    op = draw(st.sampled_from(soundness.OPS[about.datatype]))
    values = st.sampled_from(VALUES[about.datatype])
    match op:
        case "answered":
            value = None
        case "one_of":
            value = draw(st.lists(values, min_size=1, max_size=2))
        case _:
            value = draw(values)
    return Condition(attribute=about.code, op=op, value=value)


@st.composite
def forms(draw: st.DrawFn, datatypes: tuple[str, ...], most: int) -> list[CityAttribute]:
    """Questions of which the later look at the earlier ones."""
    made: list[CityAttribute] = []
    for code in "ABCDEF"[: draw(st.integers(2, most))]:
        when = None
        if made and draw(st.integers(0, 3)):
            some = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
            looked = [draw(conditions(about)) for about in some]
            when = Dependencies(clause=draw(st.sampled_from(["AND", "OR"])), conditions=looked)
        datatype = draw(st.sampled_from(datatypes))
        one = question(code, datatype, when=when, required=draw(st.booleans()))  # type: ignore[arg-type]
        made.append(draw(bounded(one)))
    return made


@st.composite
def bounded(draw: st.DrawFn, one: CityAttribute) -> CityAttribute:
    """The same question, perhaps with bounds of its datatype, perhaps answered by the server."""
    few: dict[str, Any] = {}
    match one.datatype:
        case "number":
            few = {"minimum": draw(st.sampled_from([None, 0, 1])), "maximum": None}
            few["maximum"] = draw(st.sampled_from([None, 1, 2]))
        case "string" | "text":
            few = {"min_length": draw(st.sampled_from([None, 2]))}
        case "singlevaluelist" | "multivaluelist":
            keys = draw(st.sampled_from(["x y", "x y z"]))
            few = {"values": question("Q", one.datatype, keys).values}
            if one.datatype == "multivaluelist":
                few["max_items"] = draw(st.sampled_from([None, 1, 2]))
            few["preset"] = draw(st.sampled_from([None, None, "x"]))
            if few["preset"]:
                few["automated"] = draw(st.sampled_from([None, "server_set", "hidden_field"]))
    return replace(one, **few)


def codes_never_asked(form: list[CityAttribute]) -> set[str]:
    """The questions that soundness says are never asked; it judges each as if others were."""
    told = list(soundness.faults(service(*form)))
    assert {text for _, text in told} <= {"can never hold, so the question is never asked"}
    return {form[int(place[1])].code for place, _ in told}


# --- exactly ------------------------------------------------------------------------------------


def answers(one: CityAttribute) -> list[tuple[str, ...]]:
    """Every answer that can be sent to a list."""
    keys = [each.key for each in one.values]
    most = 1 if one.datatype == "singlevaluelist" else len(keys)
    return [some for size in range(most + 1) for some in itertools.combinations(keys, size)]


def reports(form: list[CityAttribute]) -> Iterator[Mapping[str, tuple[str, ...]]]:
    """Every report there can be."""
    for sent in itertools.product(*map(answers, form)):
        yield dict(zip([each.code for each in form], sent, strict=True))


@settings(max_examples=1500)
@given(forms(LISTS, 4))
def test_of_lists_it_is_said_exactly_where_every_report_was_tried(
    form: list[CityAttribute],
) -> None:
    """Asked is a question that has an answer, in a report that is accepted but for that."""
    never = codes_never_asked(form)
    event(f"never asked: {len(never)}")
    for place, one in enumerate(form):
        before = mended(form[:place], never)
        plain = replace(one, required=False, preset=None, automated=None)
        compiled = attributes.compiled([*before, plain])
        asked = False
        for sent in reports(before):
            good, problems = attributes.check(compiled, {**sent, one.code: ("x",)}, UTC, NOW)
            asked = asked or (not problems and one.code in good)
        assert asked is (one.code not in never)


def mended(form: list[CityAttribute], never: set[str]) -> list[CityAttribute]:
    """The same questions; those that are never asked, always."""
    return [replace(each, dependencies=None) if each.code in never else each for each in form]


# --- whatever the datatype ----------------------------------------------------------------------


def sent(answer: Any) -> tuple[str, ...]:
    """An answer as a client sends it."""
    match answer:
        case list():
            return tuple(answer)
        case datetime():
            return (w3c_datetime.show(answer),)
    return (str(answer),)


def some_answer(one: CityAttribute) -> Any:
    """Any answer that a question takes."""
    if one.preset is not None:
        return one.preset
    return next(reachability.apart(one, []))


@settings(max_examples=150)
@given(forms(tuple(VALUES), 6))
def test_a_question_that_can_be_asked_is_asked_by_a_report_that_is_accepted(
    form: list[CityAttribute],
) -> None:
    """The law behind `unreachable`: what is found is tried by the very check of the server."""
    never = codes_never_asked(form)
    for place, one in enumerate(form):
        if one.code in never or one.automated == "server_set":
            continue
        before = mended(form[:place], never)
        way = next(reachability.ways(one, {each.code: each for each in before}))
        report = {code: sent(answer) for code, answer in way.items()}
        report[one.code] = sent(some_answer(one))

        good, problems = _completed([*before, one], report)

        assert problems == ()
        assert one.code in good


def _completed(
    form: list[CityAttribute], report: dict[str, tuple[str, ...]]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The report with an answer to all that it must answer besides: that asks for no less."""
    compiled = attributes.compiled(form)
    for one in form:
        good, problems = attributes.check(compiled, report, UTC, NOW)
        missing = f"attribute[{one.code}]: an answer is required."
        if missing in problems:
            report = report | {one.code: sent(some_answer(one))}
    good, problems = attributes.check(compiled, report, UTC, NOW)
    return good, problems


def test_an_answer_of_every_kind_is_tried() -> None:
    about = question("A", "multivaluelist", "a b c d", max_items=3)
    looked = all_of(("A", "in", "a"), ("A", "in", "b"), ("A", "ne", "a")).conditions

    assert list(reachability.apart(about, looked)) == [
        *(["a"], ["b"], ["c"]),
        *(["a", "b"], ["a", "c"], ["b", "c"]),
        ["a", "b", "c"],
    ]


@pytest.mark.parametrize(
    ("bounds", "tried"),
    [
        ({"minimum": 0, "maximum": 4}, {0, 1, 2, 3, 4}),
        ({"minimum": 2, "maximum": 2}, {2}),
    ],
)
def test_numbers_are_tried_at_between_and_beyond_within_their_bounds(
    bounds: dict[str, float], tried: set[float]
) -> None:
    about = question("A", "number", **bounds)
    looked = all_of(("A", "gt", 2)).conditions

    assert set(reachability.apart(about, looked)) == tried
