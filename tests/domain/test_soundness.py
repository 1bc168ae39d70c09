"""Faults of a service that no single member shows: each is told with its place, all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import datatypes, soundness
from open311.domain.folder import CityAttribute, Dependencies, MediaRule
from tests.questions import When, all_of, any_of, question, service

COLOUR = question("COLOUR", "singlevaluelist", "red blue")
SIZES = question("SIZES", "multivaluelist", "s m l", max_items=2)
COUNT = question("COUNT", "number", minimum=1, maximum=9)
SINCE = question("SINCE", "datetime")
NAME = question("NAME", "string")
NOTE = question("NOTE", "informational", variable=False)
EARLIER = [COLOUR, SIZES, COUNT, SINCE, NAME, NOTE]


def told(*questions: CityAttribute) -> list[str]:
    """The faults, each as `attributes[2].maximum: it is ...`."""
    return [
        f"{'.'.join(map(str, place))}: {text}"
        for place, text in soundness.faults(service(*questions))
    ]


def of_last(dependencies: Dependencies) -> list[str]:
    """The faults of a last question with these dependencies, without what all places share."""
    found = told(*EARLIER, question("LAST", "text", when=dependencies))
    return [each.removeprefix("attributes.6.dependencies") for each in found]


def test_a_sound_service_has_no_faults() -> None:
    when = all_of(("COLOUR", "eq", "red"), ("SIZES", "in", "s"), ("COUNT", "gt", 3))

    assert told(*EARLIER, question("LAST", "text", when=when)) == []


# --- one question -------------------------------------------------------------------------------

ALONE = [
    (question("A", "number", minimum=2, maximum=1), "minimum: is more than its maximum, 1"),
    (
        question("A", "text", min_length=3, max_length=2),
        "min_length: is more than its max_length, 2",
    ),
    (
        question("A", "datetime", earliest="P2D", latest="PT47H"),
        "earliest: is more than its latest, PT47H",
    ),
    (
        question("A", "string", min_length=1001),
        "min_length: is more than the 1000 characters of a string",
    ),
    (
        question("A", "string", pattern="^[0-9]{5}$", max_length=3),
        "pattern: needs 5 characters, and an answer has 3 at most",
    ),
    (
        question("A", "string", pattern="^[0-9]{5}$", min_length=6),
        "pattern: takes 5 characters at most, and an answer has 6",
    ),
    (
        question("A", "string", pattern="a{1000}b|b{1000}a"),
        "pattern: needs 1001 characters, and an answer has 1000 at most",
    ),
    (question("A", "string", pattern="[0-9]{5}", min_length=6, max_length=9), None),
    (question("A", "string", pattern="^a|b$", min_length=3), None),
    (question("A", "string", pattern="(?m)^a$", min_length=3), None),
    (question("A", "string", pattern="[[:alpha:]]", max_length=1), None),
    (question("A", "string", pattern=r"\pL", max_length=1), None),
    (question("A", "text", min_length=1001), None),
    (question("A", "number", minimum=1, maximum=1), None),
    (question("A", "datetime", earliest="-P1D", latest="-PT24H"), None),
    (
        question("A", "multivaluelist", "x y", max_items=3),
        "max_items: is more than the 2 values that there are",
    ),
    (question("A", "multivaluelist", "x y", max_items=2), None),
    (question("A", "text", minimum=1), "minimum: is not for a question of datatype text"),
    (question("A", "number", pattern="1"), "pattern: is not for a question of datatype number"),
    (question("A", "string", latest="P1D"), "latest: is not for a question of datatype string"),
    (
        question("A", "singlevaluelist", "x", max_items=1),
        "max_items: is not for a question of datatype singlevaluelist",
    ),
    (question("A", "string", pattern="("), "pattern: is not a pattern of RE2: missing ): ("),
    (
        question("A", "string", pattern="(a?){999}"),
        "pattern: would cost too much; repeat less, or bound the length by max_length",
    ),
    (
        question("A", "informational"),
        "datatype: is informational, so variable and required are false",
    ),
    (
        question("A", "informational", variable=False, required=True),
        "datatype: is informational, so variable and required are false",
    ),
    (
        question("A", "string", automated="server_set"),
        "preset: is missing; it is what the server sets",
    ),
    (question("A", "string", automated="hidden_field"), None),
    (question("A", "number", preset="many"), "preset: 'many' is not a decimal number"),
    (question("A", "number", preset="5", maximum=4), "preset: it is more than 4"),
    (question("A", "singlevaluelist", "x", preset="y"), "preset: 'y' is not one of its keys: x"),
    (question("A", "multivaluelist", "x y", preset="x"), None),
    (
        question("A", "datetime", preset="2026-01-01"),
        "preset: is not for a datetime, which would grow old",
    ),
]


@pytest.mark.parametrize(("one", "fault"), ALONE, ids=[str(fault) for _, fault in ALONE])
def test_a_fault_of_a_question_by_itself_is_told(one: CityAttribute, fault: str | None) -> None:
    assert told(NAME, one) == ([f"attributes.1.{fault}"] if fault else [])


# --- what it depends on -------------------------------------------------------------------------

PLACE = ".conditions.0"
CONDITIONS: list[tuple[When, str]] = [
    (("NOBODY", "answered"), f"{PLACE}.attribute: no earlier question has code 'NOBODY'"),
    (("colour", "answered"), f"{PLACE}.attribute: no earlier question has code 'colour'"),
    (("LAST", "answered"), f"{PLACE}.attribute: 'LAST' is the question itself"),
    (("NOTE", "answered"), f"{PLACE}.attribute: 'NOTE' takes no answer"),
    (
        ("COLOUR", "gt", "red"),
        f"{PLACE}.op: 'gt' does not fit 'COLOUR', of datatype singlevaluelist",
    ),
    (("SIZES", "le", "s"), f"{PLACE}.op: 'le' does not fit 'SIZES', of datatype multivaluelist"),
    (("COUNT", "contains", 1), f"{PLACE}.op: 'contains' does not fit 'COUNT', of datatype number"),
    (("SINCE", "in", "2026"), f"{PLACE}.op: 'in' does not fit 'SINCE', of datatype datetime"),
    (("NAME", "lt", "a"), f"{PLACE}.op: 'lt' does not fit 'NAME', of datatype string"),
    (("COLOUR", "eq", "green"), f"{PLACE}.value: 'green' is not one of its keys: red, blue"),
    (("COLOUR", "one_of", ["red", "x"]), f"{PLACE}.value: 'x' is not one of its keys: red, blue"),
    (("SIZES", "contains", "xl"), f"{PLACE}.value: 'xl' is not one of its keys: s, m, l"),
    (("COUNT", "eq", "many"), f"{PLACE}.value: 'many' is not a decimal number"),
    (("COUNT", "lt", 10**15), f"{PLACE}.value: it takes at most 15 digits before the point"),
    (
        ("SINCE", "gt", "soon"),
        f"{PLACE}.value: 'soon' is not a date and time, such as 2010-01-01T00:00:00Z",
    ),
    (("NAME", "eq", "a\nb"), f"{PLACE}.value: it takes one line"),
    (("NAME", "eq"), f"{PLACE}.value: it takes a text or a number"),
    (("NAME", "answered", "a"), f"{PLACE}.value: answered takes no value"),
    (("NAME", "one_of", "a"), f"{PLACE}.value: one_of takes a list of values"),
]


@pytest.mark.parametrize(("condition", "fault"), CONDITIONS, ids=[each[1] for each in CONDITIONS])
def test_a_condition_that_makes_no_sense_is_told(condition: When, fault: str) -> None:
    assert of_last(all_of(condition)) == [fault]


def test_a_condition_looks_back_by_the_order_and_not_by_the_place_in_the_file() -> None:
    first = question("FIRST", "text", order=2, when=all_of(("SECOND", "answered")))
    second = question("SECOND", "text", order=1)
    later = question("SECOND", "text", order=3)

    assert told(first, second) == []
    assert told(first, later) == [
        "attributes.0.dependencies.conditions.0.attribute: no earlier question has code 'SECOND'"
    ]


def test_two_questions_cannot_wait_for_each_other() -> None:
    one = question("ONE", "text", when=all_of(("TWO", "answered")))
    two = question("TWO", "text", when=all_of(("ONE", "answered")))

    assert told(one, two) == [
        "attributes.0.dependencies.conditions.0.attribute: no earlier question has code 'TWO'"
    ]


def test_every_fault_is_told_at_once() -> None:
    bad = question("BAD", "number", "x", minimum=2, maximum=1, max_length=3, pattern="(")
    when = any_of(("NOBODY", "answered"), ("BAD", "lt", "x"), ("COLOUR", "eq", "green"))
    whole = service(
        COLOUR, bad, question("LAST", "text", when=when), media=MediaRule(least=3, most=2)
    )

    assert [place for place, _ in soundness.faults(whole)] == [
        ("media", "least"),
        ("attributes", 1, "max_length"),
        ("attributes", 1, "pattern"),
        ("attributes", 1, "minimum"),
        ("attributes", 1, "pattern"),
        ("attributes", 2, "dependencies", "conditions", 0, "attribute"),
        ("attributes", 2, "dependencies", "conditions", 1, "value"),
        ("attributes", 2, "dependencies", "conditions", 2, "value"),
    ]


# --- what is never asked ------------------------------------------------------------------------

NEVER = ": can never hold, so the question is never asked"


@pytest.mark.parametrize(
    "conditions",
    [
        [("COLOUR", "eq", "red"), ("COLOUR", "eq", "blue")],
        [("COLOUR", "in", "red"), ("COLOUR", "ne", "red")],
        [("COLOUR", "answered"), ("COLOUR", "ne", "red"), ("COLOUR", "ne", "blue")],
        [("SIZES", "eq", "s"), ("SIZES", "contains", "m")],
        [("SIZES", "in", "s"), ("SIZES", "in", "m"), ("SIZES", "in", "l")],  # two at most
        [("SIZES", "eq", "s"), ("SIZES", "one_of", ["m", "l"])],
        [("COUNT", "gt", 5), ("COUNT", "lt", 5)],
        [("COUNT", "ge", 5), ("COUNT", "le", 5), ("COUNT", "ne", 5)],
        [("COUNT", "gt", 9)],  # its maximum
        [("COUNT", "lt", 1)],
        [("COUNT", "eq", 0)],
        [("SINCE", "gt", "2026-01-01T00:00:00Z"), ("SINCE", "lt", "2026-01-01T00:00:01Z")],
        [("SINCE", "lt", "2026-01-01"), ("SINCE", "ge", "2026-01-02")],
        [("SINCE", "lt", "0001-01-01T00:00:00Z")],
        [("NAME", "eq", "a"), ("NAME", "eq", "b")],
        [("NAME", "eq", "a"), ("NAME", "contains", "b")],
        [("NAME", "one_of", ["a", "b"]), ("NAME", "ne", "a"), ("NAME", "ne", "b")],
        [("NAME", "eq", " a")],  # no answer begins with a blank
        [("NAME", "eq", "")],
    ],
)
def test_conditions_that_cannot_hold_together_are_told(conditions: list[When]) -> None:
    assert of_last(all_of(*conditions)) == [NEVER]


@pytest.mark.parametrize(
    "conditions",
    [
        [("COLOUR", "ne", "red"), ("COLOUR", "ne", "blue")],  # where nobody answers it
        [("SIZES", "in", "s"), ("SIZES", "in", "m"), ("SIZES", "ne", "s")],
        [("SIZES", "one_of", ["s"]), ("SIZES", "one_of", ["m"])],
        [("COUNT", "ge", 5), ("COUNT", "le", 5)],
        [("COUNT", "gt", 5), ("COUNT", "lt", "5.1")],
        [("COUNT", "gt", "8.999")],
        [("SINCE", "gt", "2026-01-01T00:00:00Z"), ("SINCE", "lt", "2026-01-01T00:00:02Z")],
        [("SINCE", "ge", "9999-12-31T23:59:59Z")],
        [("NAME", "contains", "a"), ("NAME", "contains", "b"), ("NAME", "ne", "ab")],
        [("NAME", "one_of", ["a", "b"]), ("NAME", "ne", "a")],
    ],
)
def test_conditions_that_can_are_let_be(conditions: list[When]) -> None:
    assert of_last(all_of(*conditions)) == []


def test_where_one_of_several_conditions_is_enough_one_must_be_possible() -> None:
    assert of_last(any_of(("COUNT", "gt", 9), ("COUNT", "lt", 1))) == [NEVER]
    assert of_last(any_of(("COUNT", "gt", 9), ("COUNT", "gt", 8))) == []


def test_a_chain_that_contradicts_itself_is_told_where_it_breaks_and_only_there() -> None:
    chain = [
        COLOUR,
        question("RED", "string", when=all_of(("COLOUR", "eq", "red"))),
        question("DEAD", "string", when=all_of(("RED", "answered"), ("COLOUR", "eq", "blue"))),
        question("AFTER", "string", when=all_of(("DEAD", "eq", "x"))),
    ]

    assert told(*chain) == [f"attributes.2.dependencies{NEVER}"]


def test_what_must_be_answered_is_never_unanswered() -> None:
    must = question("MUST", "singlevaluelist", "red blue", required=True)
    last = question("LAST", "text", when=all_of(("MUST", "ne", "red"), ("MUST", "ne", "blue")))
    hidden = question(
        "MUST", "singlevaluelist", "red blue", required=True, when=all_of(("NAME", "eq", "x"))
    )

    assert told(must, last) == [f"attributes.1.dependencies{NEVER}"]
    assert told(NAME, hidden, last) == []  # where it is not asked


def test_the_server_always_says_the_same() -> None:
    ours = question("OURS", "string", automated="server_set", preset="a")
    last = question("LAST", "text", when=all_of(("OURS", "ne", "a")))

    assert told(ours, last) == [f"attributes.1.dependencies{NEVER}"]


@pytest.mark.parametrize(
    ("name", "never"),
    [
        (question("A", "string", max_length=2), True),
        (question("A", "string", min_length=4), True),
        (question("A", "string", pattern="^x"), True),
        (question("A", "string", max_length=3, min_length=3, pattern="^a"), False),
    ],
)
def test_a_text_that_its_own_bounds_refuse_is_never_the_answer(
    name: CityAttribute, never: bool
) -> None:
    last = question("LAST", "text", when=all_of(("A", "eq", "abc")))

    assert told(name, last) == ([f"attributes.1.dependencies{NEVER}"] if never else [])


def test_what_takes_too_long_to_find_out_is_let_be() -> None:
    """Forty lists of which one of two must be chosen, and a contradiction at the end."""
    lists = [question(f"L{n}", "singlevaluelist", "a b") for n in range(40)]
    end = question("END", "singlevaluelist", "x y", required=True)
    knots = [
        question(f"K{n}", "string", when=any_of((f"L{n}", "eq", "a"), (f"L{n + 1}", "eq", "b")))
        for n in range(39)
    ]
    when = all_of(
        *((f"K{n}", "answered") for n in range(39)), ("END", "ne", "x"), ("END", "ne", "y")
    )

    assert told(*lists, *knots, end, question("LAST", "text", when=when)) == []


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "^", "$", "(?:)", "[[:alpha:]]", r"\d"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=2).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    ),
    max_leaves=6,
)


@given(PATTERNS, st.lists(st.text("ab1c", max_size=8), min_size=1, max_size=10))
def test_an_answer_that_holds_a_pattern_is_as_long_as_is_said(
    pattern: str, answers: list[str]
) -> None:
    known = datatypes.widths(pattern)
    holds = datatypes.pattern(pattern)
    for answer in answers:
        if known and holds(answer):
            fewest, most = known
            assert len(answer) >= fewest
            assert most is None or len(answer) <= most
