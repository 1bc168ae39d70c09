"""When a question is asked at all: conditions on the answers to earlier ones.

An answer that was not given, or whose own question was not asked, holds no condition but `ne`.

    eq        is the value; of a multivaluelist: is that one value alone
    ne        is not the value, or there is no answer
    one_of    is one of the values; of a multivaluelist: holds one of them
    contains  a multivaluelist holds the value; a text has it in it (`in` is Boston's word for it)
    lt le gt ge   a number or date-time is less than, at most, greater than, at least the value
    answered  there is an answer
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Protocol

from open311.domain.folder import Condition, Dependencies

__all__ = ["Asked", "Read", "compiled", "values"]

Answers = Mapping[str, Any]
Read = Callable[[str], Any]
"""A value, as it is sent, as an answer; a ValueError says what is wrong with it."""

_ORDERED = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}


def values(condition: Condition) -> tuple[str, ...]:
    """The values that a condition compares with, as they are sent.

    Raises:
        ValueError: they are not what its operator needs; says in words what is.
    """
    given = condition.value
    match condition.op:
        case "answered":
            if given is not None:
                raise ValueError("answered takes no value")
            return ()
        case "one_of":
            if not isinstance(given, list) or not given:
                raise ValueError("one_of takes a list of values")
            return tuple(map(_sent, given))
    return (_sent(given),)


def _sent(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("it takes a text or a number")
    return str(value)


class Asked(Protocol):
    """Whether a question is asked, given the answers to those before it."""

    def __call__(self, answers: Answers, unsure: Container[str] = ..., /) -> bool | None:
        """Tell it; None: that hangs on questions in `unsure`, whose answers nobody knows."""


def compiled(dependencies: Dependencies, earlier: Mapping[str, tuple[str, Read]]) -> Asked:
    """The dependencies of a question as a function of the answers so far.

    Args:
        dependencies: sound.
        earlier: the datatype of each earlier question and how a value of it is read, by its code.

    Raises:
        ValueError: a value is none of the question that it is compared with.
    """
    tests = [
        (each.attribute, _test(each, *earlier[each.attribute])) for each in dependencies.conditions
    ]
    every = dependencies.clause == "AND"

    def asked(answers: Answers, unsure: Container[str] = (), /) -> bool | None:
        hangs = False
        for code, test in tests:
            if code in unsure:
                hangs = True
            elif test(answers) is not every:
                return not every
        return None if hangs else every

    return asked


def _test(condition: Condition, datatype: str, read: Read) -> Callable[[Answers], bool]:
    code, op = condition.attribute, condition.op
    wanted: Sequence[Any] = [read(each) for each in values(condition)]
    if op == "answered":
        return lambda answers: code in answers
    if op == "one_of":
        some = frozenset(wanted)
        return lambda answers: _one_of(answers.get(code), some)
    value = wanted[0]
    if op in _ORDERED:
        compare = _ORDERED[op]
        return lambda answers: code in answers and compare(answers[code], value)
    if op == "eq" or (op in ("contains", "in") and datatype == "singlevaluelist"):
        return lambda answers: _equal(answers.get(code), value)
    if op == "ne":
        return lambda answers: not _equal(answers.get(code), value)
    return lambda answers: value in answers.get(code, ())


def _equal(answer: Any, value: Any) -> bool:
    return bool(answer == [value] if isinstance(answer, list) else answer == value)


def _one_of(answer: Any, some: frozenset[Any]) -> bool:
    return not some.isdisjoint(answer) if isinstance(answer, list) else answer in some
