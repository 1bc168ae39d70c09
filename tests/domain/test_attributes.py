"""The answers to a service's questions."""

import time
from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import attributes
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Attribute, Datatype, Value

BERLIN = ZoneInfo("Europe/Berlin")
KEYS = ("1", "2", "a b", "x,y")


def question(datatype, code="Q", *, required=False, variable=True, order=1, keys=KEYS):
    values = tuple(Value(key, f"name of {key}") for key in keys) if "list" in datatype else ()
    return Attribute(variable, code, datatype, required, None, order, "?", values)


def check(datatype, *values, **options):
    """The answer and the problems of one question."""
    good, problems = attributes.check([question(datatype, **options)], {"Q": values}, BERLIN)
    return good.get("Q"), problems


def test_every_datatype_of_the_standard_is_in_the_table():
    """GR-A-04."""
    assert tuple(attributes.DATATYPES) == get_args(Datatype)


# --- datatypes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("datatype", "values", "answer"),
    [
        ("string", ["one line"], "one line"),
        ("string", ["ä😀"], "ä😀"),
        ("string", ["x" * 1000], "x" * 1000),
        ("string", ["a", "a"], "a"),
        ("string", ["a,b"], "a,b"),
        ("text", ["two\nlines"], "two\nlines"),
        ("text", ["x" * 4000], "x" * 4000),
        ("number", ["12"], 12),
        ("number", ["-0"], 0),
        ("number", ["+5"], 5),
        ("number", ["007"], 7),
        ("number", ["2.50"], 2.5),
        ("number", ["1e3"], 1000),
        ("number", ["999999999999999"], 999999999999999),
        ("number", ["0.1"], 0.1),
        ("datetime", ["2026-07-01T12:00:00Z"], datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("datetime", ["2026-07-01T12:00:00"], datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("singlevaluelist", ["1"], "1"),
        ("singlevaluelist", ["1", "1"], "1"),
        ("singlevaluelist", ["x,y"], "x,y"),
        ("multivaluelist", ["1"], ["1"]),
        ("multivaluelist", ["2", "1", "2"], ["2", "1"]),
        ("multivaluelist", ["2, 1,,a b"], ["2", "1", "a b"]),
        ("multivaluelist", ["x,y"], ["x,y"]),
        ("multivaluelist", ["x,y", "1,2"], ["x,y", "1", "2"]),
    ],
)
def test_a_good_answer_has_the_type_of_its_question(datatype, values, answer):
    """GR-P-10, GR-P-11, GR-P-12."""
    found, problems = check(datatype, *values)

    assert problems == ()
    assert found == answer
    assert type(found) is type(answer)


@pytest.mark.parametrize(
    ("datatype", "values", "words"),
    [
        ("string", ["two\nlines"], "one line"),
        ("string", ["two\u2028lines"], "one line"),
        ("string", ["x" * 1001], "1001 characters; at most 1000"),
        ("string", ["a", "b"], "one value"),
        ("text", ["x" * 4001], "4001 characters; at most 4000"),
        ("text", ["a", "b"], "one value"),
        ("number", ["twelve"], "'twelve' is not a decimal number"),
        ("number", ["1,5"], "not a decimal number"),
        ("number", ["nan"], "not a decimal number"),
        ("number", ["-inf"], "not a decimal number"),
        ("number", ["0x1F"], "not a decimal number"),
        ("number", ["1_000"], "not a decimal number"),
        ("number", ["\u0661"], "not a decimal number"),
        ("number", ["9" * 4300], "not a decimal number"),
        ("number", ["1" + "0" * 15], "15 digits"),
        ("number", ["-1e15"], "15 digits"),
        ("number", ["1e999"], "too large"),
        ("number", ["1", "2"], "one value"),
        ("datetime", ["tomorrow"], "not a date and time"),
        ("datetime", ["0001-01-01T00:00:00+14:00"], "not a date and time"),
        ("singlevaluelist", ["3"], "'3' is not one of its keys: 1, 2, a b, x,y"),
        ("singlevaluelist", ["name of 1"], "not one of its keys"),
        ("singlevaluelist", ["1", "2"], "one value"),
        ("singlevaluelist", ["1,2"], "not one of its keys"),
        ("multivaluelist", ["1", "3"], "'3' is not one of its keys"),
        ("multivaluelist", ["1,3"], "'3' is not one of its keys"),
    ],
)
def test_a_bad_answer_is_a_fault_that_names_the_question(datatype, values, words):
    found, problems = check(datatype, *values)

    assert found is None
    assert len(problems) == 1
    assert problems[0].startswith("attribute[Q]: ")
    assert words in problems[0]
    assert len(problems[0]) < 200


def test_a_long_list_names_its_first_ten_keys():
    _, (problem,) = check("singlevaluelist", "x", keys=[str(n) for n in range(200)])

    assert problem.endswith("0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ....")


def test_a_list_without_values_takes_nothing():
    assert check("singlevaluelist", "x", keys=())[1] != ()


# --- questions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("datatype", get_args(Datatype))
@pytest.mark.parametrize("values", [[], [""], [",", ", ,"]])
def test_a_missing_answer_is_a_fault_only_when_it_is_required(datatype, values):
    """GR-P-03, GR-P-11."""
    if "," in values and datatype != "multivaluelist":
        values = []

    assert check(datatype, *values, required=True)[1] == ("attribute[Q]: an answer is required.",)
    assert check(datatype, *values) == (None, ())


@pytest.mark.parametrize("datatype", get_args(Datatype))
def test_a_note_is_never_demanded_and_never_stored(datatype):
    """GR-A-12."""
    assert check(datatype, variable=False, required=True) == (None, ())
    assert check(datatype, "\n", variable=False) == (None, ())


def test_codes_that_no_question_has_are_ignored():
    """GR-P-13; codes are case-sensitive."""
    good, problems = attributes.check(
        [question("string")], {"q": ("a",), "Q ": ("b",), "Z": ("c",)}, BERLIN
    )

    assert (good, problems) == ({}, ())


def test_answers_and_faults_come_in_the_order_of_the_questions():
    """GR-P-14."""
    questions = [
        question("number", "B", order=3),
        question("number", "A", order=2),
        question("text", "D", order=4, required=True),
        question("number", "Z"),
    ]

    good, problems = attributes.check(questions, {"B": ("x",), "Z": ("2",), "A": ("1",)}, BERLIN)

    assert list(good.items()) == [("Z", 2), ("A", 1)]
    assert [problem[:12] for problem in problems] == ["attribute[B]", "attribute[D]"]


def test_20000_values_are_checked_in_less_than_a_second():
    many = tuple(f"{n}," for n in range(20_000))
    before = time.perf_counter()

    found, problems = check("multivaluelist", *many, keys=[str(n) for n in range(1000)])

    assert time.perf_counter() - before < 1
    assert found is None
    assert len(problems) == 1


# --- laws ---------------------------------------------------------------------------------------


def sent(answer):
    """An answer as a client would send it."""
    match answer:
        case list():
            return tuple(answer)
        case datetime():
            return (w3c_datetime.show(answer),)
        case _:
            return (str(answer),)


VALUES = (
    st.sampled_from([*KEYS, "1,2", "2026-07-01", "x"])
    | st.floats().map(repr)
    | st.integers().map(str)
    | st.datetimes().map(datetime.isoformat)
    | st.text().map(submission.clean)
)


@given(st.sampled_from(get_args(Datatype)), st.lists(VALUES, max_size=3), st.booleans())
def test_an_accepted_answer_checks_equal_again_and_json_carries_it(datatype, values, required):
    asked = [question(datatype, required=required)]

    good, problems = attributes.check(asked, {"Q": tuple(values)}, BERLIN)

    assert len(good) + len(problems) <= 1
    assert good or problems or not required
    if good:
        again = {"Q": sent(good["Q"])}
        assert attributes.check(asked, again, UTC) == (good, ())
        read_back = msgspec.json.decode(msgspec.json.encode(good["Q"]), type=type(good["Q"]))
        assert read_back == good["Q"]


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from(get_args(Datatype)), min_size=1),
    st.dictionaries(st.sampled_from("ABCDEF"), st.lists(VALUES, max_size=2).map(tuple)),
)
def test_each_required_question_is_answered_or_reported(datatypes, answers):
    questions = [
        question(datatype, code, required=True, order=order)
        for order, (code, datatype) in enumerate(datatypes.items(), 1)
    ]

    good, problems = attributes.check(questions, answers, BERLIN)

    reported = [problem[len("attribute[") :][0] for problem in problems]
    assert sorted([*good, *reported]) == sorted(datatypes)
