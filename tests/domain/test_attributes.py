"""The answers to a service's questions."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import attributes, datatypes
from open311.domain.folder import CityAttribute, CityValue, Condition, Dependencies
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Datatype
from tests.conftest import NOW

BERLIN = ZoneInfo("Europe/Berlin")
KEYS = ("1", "2", "a b", "x,y")


def question(datatype, code="Q", *, keys=KEYS, when=None, **members):
    """A question; `when`: the condition (attribute, op, value) under which it is asked."""
    values = [CityValue(key=key, name=f"name of {key}") for key in keys if "list" in datatype]
    if when:
        names = ("attribute", "op", "value")
        condition = Condition(**dict(zip(names, when, strict=False)))
        members["dependencies"] = Dependencies(conditions=[condition])
    return CityAttribute(code=code, datatype=datatype, description="?", values=values, **members)


def asked(questions, sent, zone=BERLIN, now=NOW):
    """Good answers and problems of several questions."""
    return attributes.check(attributes.compiled(questions), sent, zone, now)


def check(datatype, *values, now=NOW, **options):
    """The answer and the problems of one question."""
    good, problems = asked([question(datatype, **options)], {"Q": values}, now=now)
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
    good, problems = asked([question("string")], {"q": ("a",), "Q ": ("b",), "Z": ("c",)})

    assert (good, problems) == ({}, ())


def test_answers_and_faults_come_in_the_order_of_the_questions():
    """GR-P-14."""
    questions = [
        question("number", "Z"),
        question("number", "A"),
        question("number", "B"),
        question("text", "D", required=True),
    ]

    good, problems = asked(questions, {"B": ("x",), "Z": ("2",), "A": ("1",)})

    assert list(good.items()) == [("Z", 2), ("A", 1)]
    assert [problem[:12] for problem in problems] == ["attribute[B]", "attribute[D]"]


def test_20000_values_are_checked_in_less_than_a_second():
    many = tuple(f"{n}," for n in range(20_000))
    before = time.perf_counter()

    found, problems = check("multivaluelist", *many, keys=[str(n) for n in range(1000)])

    assert time.perf_counter() - before < 1
    assert found is None
    assert len(problems) == 1


# --- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("datatype", "bound", "good", "bad", "words"),
    [
        ("number", {"minimum": 5}, ["5", "5.0", "6"], ["4.9999", "-5"], "it is less than 5."),
        ("number", {"maximum": -1.5}, ["-1.5", "-2"], ["-1.4999", "0"], "it is more than -1.5."),
        ("number", {"maximum": 1234567}, ["1234567"], ["1234567.1"], "it is more than 1234567."),
        ("number", {"minimum": 0, "maximum": 0}, ["0", "-0"], ["0.1"], "it is more than 0."),
        ("string", {"min_length": 3}, ["äöü", "1234"], ["😀😀"], "has 2 characters; at least 3"),
        ("string", {"max_length": 3}, ["😀😀😀", "1"], ["1234"], "has 4 characters; at most 3"),
        ("text", {"min_length": 3}, ["a\nb"], ["ab"], "has 2 characters; at least 3"),
        ("text", {"max_length": 3}, ["a\nb"], ["ab\nc"], "has 4 characters; at most 3"),
        ("string", {"max_length": 4000}, ["x" * 1000], ["x" * 1001], "at most 1000"),
        ("string", {"pattern": "^[A-Z]{2}$"}, ["AB"], ["A", "ABC", "ab"], "look like ^[A-Z]{2}$."),
        ("text", {"pattern": "b"}, ["abc", "a\nb"], ["a\nc"], "it does not look like b."),
        (
            "string",
            {"pattern": "^é$", "datatype_description": "One é"},
            ["é"],
            ["e"],
            "attribute[Q]: One é.",
        ),
    ],
)
def test_an_answer_is_taken_up_to_its_bound_and_not_beyond(datatype, bound, good, bad, words):
    for value in good:
        assert check(datatype, value, **bound)[1] == ()
    for value in bad:
        found, (problem,) = check(datatype, value, **bound)
        assert found is None
        assert words in problem


@pytest.mark.parametrize(
    ("bound", "good", "bad", "words"),
    [
        ({"earliest": "P0D"}, [0, 1], [-1], "it is before 2026-11-22T12:00:00Z."),
        ({"latest": "P0D"}, [0, -1], [1], "it is after 2026-11-22T12:00:00Z."),
        ({"earliest": "-P30D"}, [-30 * 86400], [-30 * 86400 - 1], "before 2026-10-23T12:00:00Z."),
        ({"latest": "PT1H30M"}, [5400], [5401], "after 2026-11-22T13:30:00Z."),
        ({"earliest": "-PT1M", "latest": "PT1M"}, [-60, 60], [61], "after 2026-11-22T12:01:00Z."),
    ],
)
@pytest.mark.parametrize("fraction", [0, 999_999])
def test_a_bound_of_a_time_moves_with_now(bound, good, bad, words, fraction):
    """A time has whole seconds, and so has the now that it is compared with."""
    now = NOW.replace(microsecond=fraction)
    for seconds in good:
        moment = NOW + timedelta(seconds=seconds)
        assert check("datetime", moment.isoformat(), now=now, **bound) == (moment, ())
    for seconds in bad:
        found, (problem,) = check(
            "datetime", (NOW + timedelta(seconds=seconds)).isoformat(), now=now, **bound
        )
        assert found is None
        assert words in problem


def test_a_list_takes_as_many_keys_as_its_bound_says():
    assert check("multivaluelist", "1", "2", max_items=2) == (["1", "2"], ())
    assert check("multivaluelist", "1", "1", "2", max_items=2) == (["1", "2"], ())
    assert check("multivaluelist", "1,2,a b", max_items=2) == (
        None,
        ("attribute[Q]: it takes at most 2 values, not 3.",),
    )


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_a_pattern_that_others_choke_on_takes_linear_time(pattern):
    """Source: trust 43."""
    form = attributes.compiled([question("text", pattern=pattern)])
    before = time.perf_counter()

    for text in ("a" * 4000, "a" * 3999 + "!", "ab" * 2000):
        attributes.check(form, {"Q": (text,)}, UTC, NOW)

    assert time.perf_counter() - before < 0.2


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "is not a pattern of RE2: missing ): ("),
        ("(?=a)", "is not a pattern of RE2"),
        (r"(a)\1", "is not a pattern of RE2"),
        ("a{1001}", "is not a pattern of RE2"),
        ("(x?){1000}y", "would cost too much"),
        (r"(\pL?\pN?){99}z", "is not a pattern of RE2: pattern too large"),
    ],
)
def test_a_pattern_is_refused_that_is_none_or_costs_too_much(pattern, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        datatypes.pattern(pattern)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P1D", timedelta(days=1)),
        ("PT1H", timedelta(hours=1)),
        ("PT90M", timedelta(minutes=90)),
        ("-P1DT2H3M", -timedelta(days=1, hours=2, minutes=3)),
        ("P0D", timedelta(0)),
    ],
)
def test_a_span_is_days_hours_and_minutes(text, length):
    assert datatypes.span(text) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "-P", "P1DT", "1D", "P1Y", "PT1S", "+P1D", "P٣D"])
def test_another_span_is_none(text):
    with pytest.raises(ValueError, match="is not a span"):
        datatypes.span(text)


# --- who answers --------------------------------------------------------------------------------


def test_what_nobody_answered_has_the_preset_answer():
    questions = [
        question("number", "N", preset="5", required=True),
        question("multivaluelist", "M", preset="x,y"),
        question("string", "S", automated="hidden_field", preset="web"),
    ]

    assert asked(questions, {}) == ({"N": 5, "M": ["x,y"], "S": "web"}, ())
    assert asked(questions, {"N": ("7",), "M": ("1",), "S": ("app",)}) == (
        {"N": 7, "M": ["1"], "S": "app"},
        (),
    )


def test_what_the_server_sets_nobody_else_can():
    form = [question("string", automated="server_set", preset="ours", required=True)]

    assert asked(form, {}) == asked(form, {"Q": ("theirs",)}) == ({"Q": "ours"}, ())


def test_a_hidden_field_without_a_preset_is_sent_by_the_form():
    form = [question("string", automated="hidden_field", required=True)]

    assert asked(form, {"Q": ("kiosk 7",)}) == ({"Q": "kiosk 7"}, ())
    assert asked(form, {}) == ({}, ("attribute[Q]: an answer is required.",))


def test_who_may_see_an_answer_is_known_of_its_question():
    form = attributes.compiled([question("string", "A", private=True), question("string", "B")])

    assert [(each.code, each.private) for each in form.questions] == [("A", True), ("B", False)]


# --- conditions ---------------------------------------------------------------------------------

CHAIN = [
    question("singlevaluelist", "KIND", keys=("dog", "cat")),
    question("string", "BREED", when=("KIND", "eq", "dog"), required=True, max_length=5),
    question("number", "AGE", when=("BREED", "eq", "pug"), required=True),
]


@pytest.mark.parametrize(
    ("sent", "good", "faulty"),
    [
        ({}, {}, []),
        ({"KIND": "cat"}, {"KIND": "cat"}, []),
        ({"KIND": "dog"}, {"KIND": "dog"}, ["BREED"]),
        ({"KIND": "dog", "BREED": "lab"}, {"KIND": "dog", "BREED": "lab"}, []),
        ({"KIND": "dog", "BREED": "pug"}, {"KIND": "dog", "BREED": "pug"}, ["AGE"]),
        (
            {"KIND": "dog", "BREED": "pug", "AGE": "3"},
            {"KIND": "dog", "BREED": "pug", "AGE": 3},
            [],
        ),
        # answers to hidden questions, good or bad, are ignored
        ({"KIND": "cat", "BREED": "pug", "AGE": "x"}, {"KIND": "cat"}, []),
        ({"BREED": "far too long", "AGE": "3"}, {}, []),
    ],
)
def test_a_hidden_question_is_never_demanded_and_its_answer_ignored(sent, good, faulty):
    found, problems = asked(CHAIN, {code: (value,) for code, value in sent.items()})

    assert found == good
    assert [each.partition("]")[0] for each in problems] == [f"attribute[{c}" for c in faulty]


@pytest.mark.parametrize(
    ("sent", "faulty"),
    [
        ({"KIND": "cow"}, ["KIND"]),
        ({"KIND": "cow", "BREED": "far too long", "AGE": "x"}, ["KIND"]),
        ({"KIND": "dog", "BREED": "far too long", "AGE": "x"}, ["BREED"]),
        ({"KIND": "dog", "AGE": "x"}, ["BREED"]),
    ],
)
def test_what_depends_on_a_faulty_answer_is_not_judged_until_that_is_mended(sent, faulty):
    """Nobody can say whether it is asked; what depends on it in turn, neither."""
    _, problems = asked(CHAIN, {code: (value,) for code, value in sent.items()})

    assert [each[len("attribute[") :].partition("]")[0] for each in problems] == faulty


@pytest.mark.parametrize(
    ("clause", "known", "told"),
    [("OR", "yes", True), ("OR", "no", False), ("AND", "yes", False), ("AND", "no", False)],
)
def test_a_faulty_answer_hides_nothing_that_is_asked_whatever_it_should_have_been(
    clause, known, told
):
    either = Dependencies(
        clause=clause,
        conditions=[
            Condition(attribute="A", op="ne", value=1),
            Condition(attribute="B", op="eq", value="yes"),
        ],
    )
    questions = [
        question("number", "A"),
        question("string", "B"),
        question("string", "C", required=True, dependencies=either),
    ]

    _, problems = asked(questions, {"A": ("one",), "B": (known,)})

    assert [each[:12] for each in problems] == ["attribute[A]", *["attribute[C]"] * told]


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
    questions = [question(datatype, required=required)]

    good, problems = asked(questions, {"Q": tuple(values)})

    assert len(good) + len(problems) <= 1
    assert good or problems or not required
    if good:
        again = {"Q": sent(good["Q"])}
        assert asked(questions, again, UTC) == (good, ())
        read_back = msgspec.json.decode(msgspec.json.encode(good["Q"]), type=type(good["Q"]))
        assert read_back == good["Q"]


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from(get_args(Datatype)), min_size=1),
    st.dictionaries(st.sampled_from("ABCDEF"), st.lists(VALUES, max_size=2).map(tuple)),
)
def test_each_required_question_is_answered_or_reported(datatypes, answers):
    questions = [question(datatype, code, required=True) for code, datatype in datatypes.items()]

    good, problems = asked(questions, answers)

    reported = [problem[len("attribute[") :][0] for problem in problems]
    assert sorted([*good, *reported]) == sorted(datatypes)
