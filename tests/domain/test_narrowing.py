"""In which reports a question is asked: what a quick look at the conditions would get wrong."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from open311.domain.folder import CityAttribute
from open311.domain.narrowing import Shift, Sides

SAME, MORE, LESS = Shift(more=False, less=False), Shift(more=True, less=False), Shift(False, True)
BOTH = Shift(more=True, less=True)


def question(code: str, datatype: str = "string", **members: Any) -> CityAttribute:
    told = {"code": code, "datatype": datatype, "description": "?"}
    if "values" in members:
        members["values"] = [{"key": each, "name": each} for each in members["values"]]
    if "asked" in members:
        clause, *conditions = members.pop("asked")
        members["dependencies"] = {
            "clause": clause,
            "conditions": [
                {"attribute": code, "op": op, "value": value} for code, op, value in conditions
            ],
        }
    return msgspec.convert(told | members, CityAttribute)


def number(**members: Any) -> CityAttribute:
    return question("A", "number", **members)


def colours(**members: Any) -> CityAttribute:
    return question("A", "singlevaluelist", **{"values": ["r", "g", "b"]} | members)


def several(**members: Any) -> CityAttribute:
    return question("A", "multivaluelist", **{"values": ["r", "g", "b"]} | members)


def last(*conditions: tuple[str, str, Any], clause: str = "AND") -> CityAttribute:
    return question("Z", asked=(clause, *conditions)) if conditions else question("Z")


def shift(old: list[CityAttribute], new: list[CityAttribute]) -> Shift:
    return Sides(old, new).shift("Z")


@pytest.mark.parametrize(
    ("about", "old", "new", "told"),
    [
        # one condition and another
        (number(), ("lt", 3), ("le", 3), MORE),
        (number(), ("lt", 3), ("lt", 2.5), LESS),
        (number(), ("lt", 3), ("gt", 3), BOTH),
        (number(), ("ge", 3), ("ne", 3), BOTH),
        (number(), ("eq", 3), ("eq", "3.0"), SAME),
        (number(minimum=3), ("ge", 3), ("answered", None), SAME),
        (colours(), ("eq", "r"), ("contains", "r"), SAME),
        (colours(), ("one_of", ["r", "g"]), ("one_of", ["g", "r"]), SAME),
        (colours(), ("one_of", ["r", "g"]), ("ne", "b"), MORE),
        (colours(required=True), ("one_of", ["r", "g"]), ("ne", "b"), SAME),
        (colours(required=True), ("ne", "b"), ("answered", None), MORE),
        (colours(values=["r"]), ("eq", "r"), ("answered", None), SAME),
        (several(), ("eq", "r"), ("contains", "r"), MORE),
        (several(), ("one_of", ["r", "g"]), ("contains", "r"), LESS),
        (several(max_items=1), ("eq", "r"), ("contains", "r"), SAME),
        (question("A"), ("contains", "ab"), ("contains", "a"), MORE),
        (question("A"), ("contains", "ab"), ("eq", "ab"), LESS),
        (question("A"), ("ne", "a"), ("answered", None), BOTH),
        (
            question("A", "datetime"),
            ("lt", "2026-11-22T12:00:00Z"),
            ("lt", "2026-11-22T13:00:00+01:00"),
            SAME,
        ),
        (question("A", "datetime"), ("lt", "2026-11-22"), ("le", "2026-11-22"), MORE),
    ],
)
def test_one_condition_becomes_another(
    about: CityAttribute, old: tuple[str, Any], new: tuple[str, Any], told: Shift
) -> None:
    assert shift([about, last(("A", *old))], [about, last(("A", *new))]) == told
    reverse = Shift(more=told.less, less=told.more)
    assert shift([about, last(("A", *new))], [about, last(("A", *old))]) == reverse


def test_conditions_are_weighed_together() -> None:
    sure = number(required=True)
    apart = last(("A", "lt", 3), ("A", "gt", 3), clause="OR")
    between = last(("A", "ge", 3), ("A", "le", 3))

    assert shift([number(), apart], [number(), last(("A", "ne", 3))]) == MORE  # none at all
    assert shift([sure, apart], [sure, last(("A", "ne", 3))]) == SAME
    assert shift([number(), between], [number(), last(("A", "eq", 3))]) == SAME
    assert shift([number(), last(("A", "eq", 3))], [number(), last()]) == MORE
    assert shift([number(), last()], [number(), last(("A", "eq", 3))]) == LESS


def test_what_every_report_answers_is_no_condition() -> None:
    always, now_and_then = last(), last(("A", "answered", None))
    hidden = question("A", required=True, asked=("AND", ("Y", "eq", "x")))

    assert shift([question("A", required=True), now_and_then], [question("A"), always]) == SAME
    assert shift([question("A", preset="x"), now_and_then], [question("A"), always]) == SAME
    assert shift([question("Y"), hidden, now_and_then], [question("Y"), hidden, always]) == MORE


def test_a_question_that_is_asked_less_often_changes_those_that_look_at_it() -> None:
    """Z is asked unless A is r, and A is from now on asked in fewer reports."""
    before = colours(asked=("AND", ("Y", "answered", None)))
    after = colours(asked=("AND", ("Y", "eq", "x")))
    unless, if_ = last(("A", "ne", "r")), last(("A", "eq", "r"))

    assert shift([question("Y"), before, unless], [question("Y"), after, unless]) == MORE
    assert shift([question("Y"), before, if_], [question("Y"), after, if_]) == LESS


def test_a_preset_that_is_dropped_is_an_answer_that_is_gone() -> None:
    """A was r unless told; from now on it must be answered, where it is asked."""
    before = colours(preset="r", required=True, asked=("AND", ("Y", "answered", None)))
    after = colours(required=True, asked=("AND", ("Y", "eq", "x")))
    unless = last(("A", "ne", "r"))

    assert shift([question("Y"), before, unless], [question("Y"), after, unless]) == MORE


def test_a_new_preset_is_an_answer_that_nobody_gave() -> None:
    if_red, if_green = last(("A", "eq", "r")), last(("A", "eq", "g"))

    assert shift([colours(), if_red], [colours(preset="r"), if_red]) == MORE
    assert shift([colours(), if_green], [colours(preset="r"), if_green]) == SAME
    assert shift([colours(preset="r"), if_red], [colours(), if_red]) == LESS


def test_another_datatype_is_another_answer() -> None:
    positive, any_ = last(("A", "gt", 0)), last(("A", "answered", None))

    assert shift([number(), positive], [question("A"), any_]) == BOTH
    assert shift([question("A"), any_], [question("A", "text"), any_]) == SAME


def test_a_key_with_a_comma_takes_a_list_apart_in_another_way() -> None:
    """`r,r` was two times r, and becomes a key of its own."""
    unless = last(("A", "ne", "r"))

    assert shift([several(), unless], [several(values=["r", "g", "b", "r,r"]), unless]).more


def test_nobody_answers_a_question_that_is_new() -> None:
    """So that what depends on its answer is asked of nobody who does not know it."""
    assert shift([], [question("A"), last(("A", "answered", None))]) == SAME
    assert shift([], [question("A"), last(("A", "ne", "x"))]) == MORE
    assert shift([], [question("A", preset="x"), last(("A", "eq", "x"))]) == MORE
    assert shift([], [last()]) == MORE


def test_what_the_server_sets_is_known() -> None:
    ours = question("A", automated="server_set", preset="x")
    theirs = question("A", automated="server_set", preset="y")
    if_x = last(("A", "eq", "x"))

    assert shift([ours, if_x], [ours, last()]) == SAME
    assert shift([ours, if_x], [theirs, last(("A", "eq", "y"))]) == SAME
    assert shift([theirs, if_x], [ours, if_x]) == MORE


def test_the_same_answer_may_hold_the_same_condition_no_more() -> None:
    """A key contains no other one; a text that is spelt like it does."""
    ours = colours(values=["r", "rg"], preset="rg", automated="server_set")
    if_r = last(("A", "contains", "r"))

    assert shift([ours, if_r], [question("A", preset="rg"), if_r]) == MORE


def test_two_questions_that_wait_for_each_other_may_be_anything() -> None:
    before = [question("A"), last(("A", "eq", "x"))]
    after = [question("Z"), question("A", asked=("AND", ("Z", "answered", None)))]

    assert Sides(before, after).shift("A").less
    assert shift(before, after).more


def test_what_is_too_much_is_taken_to_be_anything() -> None:
    codes = [chr(ord("A") + n) for n in range(20)]
    asked = [question(code) for code in codes]
    every = last(*((code, "eq", "x") for code in codes))
    most = last(*((code, "eq", "x") for code in codes[1:]))

    assert shift([*asked, every], [*asked, most]) == BOTH
    assert shift([*asked, every], [*asked, every]) == SAME
