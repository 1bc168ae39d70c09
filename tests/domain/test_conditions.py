"""What an earlier answer must be, for each operator and each datatype that it makes sense for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import conditions, soundness
from open311.domain.attributes import DATATYPES, reader
from open311.domain.folder import Condition
from tests.questions import When, all_of, any_of, question

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)

QUESTIONS = {
    "string": question("Q", "string"),
    "text": question("Q", "text"),
    "number": question("Q", "number"),
    "datetime": question("Q", "datetime"),
    "singlevaluelist": question("Q", "singlevaluelist", "a b c"),
    "multivaluelist": question("Q", "multivaluelist", "a b c"),
}


def holds(datatype: str, op: str, value: object, *answers: object) -> bool:
    """Whether a condition on Q holds, for its answer or for none."""
    earlier = {"Q": (datatype, reader(QUESTIONS[datatype]))}
    asked = conditions.compiled(all_of(("Q", op, value)), earlier)
    found = asked(dict.fromkeys(["Q"], *answers) if answers else {})
    assert found is True or found is False
    return found


NO = object()
"""No answer."""

TABLE: list[tuple[str, str, object, list[object], list[object]]] = [
    # datatype, operator, value, answers for which it holds, answers for which it does not
    ("string", "eq", "a", ["a"], ["A", "ab", "b", NO]),
    ("string", "eq", 5, ["5"], ["5.0", NO]),
    ("string", "ne", "a", ["A", "ab", NO], ["a"]),
    ("string", "one_of", ["a", "b"], ["a", "b"], ["ab", "c", NO]),
    ("string", "contains", "a", ["a", "bab"], ["A", "b", NO]),
    ("string", "in", "a", ["a", "bab"], ["A", "b", NO]),
    ("string", "answered", None, ["a"], [NO]),
    ("text", "eq", "a\nb", ["a\nb"], ["a b", NO]),
    ("text", "ne", "a\nb", ["a b", NO], ["a\nb"]),
    ("text", "one_of", ["a"], ["a"], ["a\n", NO]),
    ("text", "contains", "\n", ["a\nb"], ["a b", NO]),
    ("text", "in", "b", ["a\nb"], ["a", NO]),
    ("text", "answered", None, ["a"], [NO]),
    ("number", "eq", 5, [5, 5.0], [5.1, -5, NO]),
    ("number", "eq", "5.50", [5.5], [5, NO]),
    ("number", "ne", 5, [4, NO], [5, 5.0]),
    ("number", "one_of", [1, "2.0"], [1, 2], [1.5, NO]),
    ("number", "lt", 5, [4.9, -9], [5, 6, NO]),
    ("number", "le", 5, [5, 4], [5.1, NO]),
    ("number", "gt", 5, [5.1], [5, 4, NO]),
    ("number", "ge", 5, [5, 6], [4.9, NO]),
    ("number", "answered", None, [0], [NO]),
    ("datetime", "eq", "2026-07-01T14:00:00+02:00", [NOON], [NOON.replace(hour=11), NO]),
    ("datetime", "ne", "2026-07-01T12:00:00Z", [NOON.replace(hour=11), NO], [NOON]),
    ("datetime", "one_of", ["2026-07-01T12:00:00Z"], [NOON], [NOON.replace(hour=11), NO]),
    ("datetime", "lt", "2026-07-01T12:00:00Z", [NOON.replace(hour=11)], [NOON, NO]),
    ("datetime", "le", "2026-07-01T12:00:00Z", [NOON], [NOON.replace(hour=13), NO]),
    ("datetime", "gt", "2026-07-01", [NOON], [NOON.replace(hour=0), NO]),
    ("datetime", "ge", "2026-07-01T12:00:00Z", [NOON], [NOON.replace(hour=11), NO]),
    ("datetime", "answered", None, [NOON], [NO]),
    ("singlevaluelist", "eq", "a", ["a"], ["b", NO]),
    ("singlevaluelist", "ne", "a", ["b", NO], ["a"]),
    ("singlevaluelist", "one_of", ["a", "b"], ["a", "b"], ["c", NO]),
    ("singlevaluelist", "contains", "a", ["a"], ["b", NO]),
    ("singlevaluelist", "in", "a", ["a"], ["b", NO]),
    ("singlevaluelist", "answered", None, ["c"], [NO]),
    ("multivaluelist", "eq", "a", [["a"]], [["a", "b"], ["b"], NO]),
    ("multivaluelist", "ne", "a", [["a", "b"], ["b"], NO], [["a"]]),
    ("multivaluelist", "one_of", ["a", "b"], [["c", "b"], ["a"]], [["c"], NO]),
    ("multivaluelist", "contains", "a", [["a"], ["b", "a"]], [["b"], NO]),
    ("multivaluelist", "in", "a", [["a"], ["b", "a"]], [["b"], NO]),
    ("multivaluelist", "answered", None, [["c"]], [NO]),
]


@pytest.mark.parametrize(
    ("datatype", "op", "value", "good", "bad"), TABLE, ids=[f"{row[0]} {row[1]}" for row in TABLE]
)
def test_a_condition_holds_for_these_answers_and_not_for_those(
    datatype: str, op: str, value: object, good: list[object], bad: list[object]
) -> None:
    told = [[] if each is NO else [each] for each in (*good, *bad)]

    assert [holds(datatype, op, value, *each) for each in told] == [
        *[True] * len(good),
        *[False] * len(bad),
    ]


def test_every_operator_that_makes_sense_is_in_the_table() -> None:
    fits = {(datatype, op) for datatype, ops in soundness.OPS.items() for op in ops}

    assert {(row[0], row[1]) for row in TABLE} == fits
    assert set(soundness.OPS) == set(DATATYPES)


@pytest.mark.parametrize(
    ("op", "value", "words"),
    [
        ("answered", "yes", "answered takes no value"),
        ("one_of", "a", "one_of takes a list of values"),
        ("one_of", [], "one_of takes a list of values"),
        ("one_of", [None], "it takes a text or a number"),
        ("one_of", [["a"]], "it takes a text or a number"),
        ("eq", None, "it takes a text or a number"),
        ("eq", True, "it takes a text or a number"),
        ("eq", ["a"], "it takes a text or a number"),
        ("lt", {"a": 1}, "it takes a text or a number"),
    ],
)
def test_a_value_that_an_operator_cannot_take_is_refused(op: Any, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        conditions.values(Condition(attribute="Q", op=op, value=value))


# --- several ------------------------------------------------------------------------------------

EARLIER = dict.fromkeys("ABCD", ("string", str))
TERMS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from(["eq", "ne", "contains"]), st.just("x")),
    min_size=1,
    max_size=4,
)
ANSWERS = st.dictionaries(st.sampled_from("ABCD"), st.sampled_from(["x", "xy", "z"]))


@given(TERMS, ANSWERS)
def test_and_needs_all_conditions_and_or_needs_one(
    terms: list[When], answers: dict[str, str]
) -> None:
    each = [conditions.compiled(all_of(term), EARLIER)(answers) for term in terms]

    assert conditions.compiled(all_of(*terms), EARLIER)(answers) is all(each)
    assert conditions.compiled(any_of(*terms), EARLIER)(answers) is any(each)


@given(TERMS, ANSWERS, st.sets(st.sampled_from("ABCD")), st.booleans())
def test_what_is_told_of_some_answers_holds_whatever_the_others_are(
    terms: list[When], answers: dict[str, str], unsure: set[str], every: bool
) -> None:
    """And where nothing is told, it could be either way, for conditions on different questions."""
    terms = list({term[0]: term for term in terms}.values())
    asked = conditions.compiled((all_of if every else any_of)(*terms), EARLIER)
    known = {code: answer for code, answer in answers.items() if code not in unsure}
    worlds: list[dict[str, str]] = [known]
    for code in unsure:
        worlds = [
            world | more
            for world in worlds
            for more in ({}, {code: "x"}, {code: "xy"}, {code: "z"})
        ]

    verdicts = {asked(world) for world in worlds}

    told = asked(known, unsure)
    assert verdicts == ({True, False} if told is None else {told})
