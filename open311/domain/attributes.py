"""The answers to a service's questions: each checked as its datatype asks.

Source: GR-A-04, GR-A-12, GR-P-03, GR-P-10 to GR-P-13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from open311.spec import submission, w3c_datetime
from open311.spec.documents import Attribute, Datatype

__all__ = ["DATATYPES", "Answer", "Kind", "check"]

_Scalar = str | int | float | datetime
Answer = _Scalar | list[str]
"""What is stored. JSON carries each exactly: numbers are within what a double holds."""

_LINE = 1000  # characters of a string
_TEXT = 4000  # characters of a text
_WHOLE = 10**15  # beyond it a double skips whole numbers
_SHOWN = 10  # keys named in a problem


class Kind(msgspec.Struct, frozen=True):
    """How the answers of one datatype are read.

    `read` takes one value, the question and the jurisdiction's zone; a ValueError says in words
    what is wrong. `many`: several values are one answer.
    """

    read: Callable[[str, Attribute, tzinfo], _Scalar]
    many: bool = False


def check(
    attributes: Sequence[Attribute], answers: Mapping[str, tuple[str, ...]], zone: tzinfo
) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """Check what was answered to a service's questions.

    Args:
        attributes: the questions; one with `variable` false is a note and takes no answer.
        answers: the values sent for each code; codes that no question has are ignored.
        zone: the jurisdiction's, for times without an offset.

    Returns:
        The good answers by code, in the questions' order, and every problem in words, each
        beginning with `attribute[CODE]`.

    Source: GR-P-10 to GR-P-14, GR-A-12.
    """
    good: dict[str, Answer] = {}
    problems: list[str] = []
    for attribute in sorted(attributes, key=lambda each: each.order):
        values = _values(attribute, answers.get(attribute.code, ()))
        if not attribute.variable or not (values or attribute.required):
            continue
        try:
            good[attribute.code] = _answer(attribute, values, zone)
        except ValueError as fault:
            problems.append(f"attribute[{attribute.code}]: {fault}.")
    return good, tuple(problems)


def _values(attribute: Attribute, sent: Sequence[str]) -> list[str]:
    """Each value once; for many values, one that is not a key may be a comma list. GR-P-10."""
    keys = {value.key for value in attribute.values}
    if DATATYPES[attribute.datatype].many:
        sent = [
            part.strip()
            for value in sent
            for part in ([value] if value in keys else value.split(","))
        ]
    return [value for value in dict.fromkeys(sent) if value]


def _answer(attribute: Attribute, values: Sequence[str], zone: tzinfo) -> Answer:
    if not values:
        raise ValueError("an answer is required")
    kind = DATATYPES[attribute.datatype]
    if kind.many:
        return [str(kind.read(value, attribute, zone)) for value in values]
    if len(values) > 1:
        raise ValueError("it takes one value")
    return kind.read(values[0], attribute, zone)


def _string(value: str, *_: object) -> str:
    if len(value.splitlines()) > 1:
        raise ValueError("it takes one line")
    return _short(value, _LINE)


def _text(value: str, *_: object) -> str:
    return _short(value, _TEXT)


def _short(value: str, longest: int) -> str:
    if len(value) > longest:
        raise ValueError(f"it has {len(value)} characters; at most {longest} are taken")
    return value


def _number(value: str, *_: object) -> int | float:
    number = submission.number(value)
    if abs(number) >= _WHOLE:
        raise ValueError("it takes at most 15 digits before the point")
    return int(number) if number.is_integer() else number


def _datetime(value: str, _: Attribute, zone: tzinfo) -> datetime:
    return w3c_datetime.parse(value, zone)


def _key(value: str, attribute: Attribute, _: tzinfo) -> str:
    keys = [each.key for each in attribute.values]
    if value in keys:
        return value
    shown = ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")
    raise ValueError(f"{value[:40]!r} is not one of its keys: {shown}")


DATATYPES: dict[Datatype, Kind] = {
    "string": Kind(_string),
    "number": Kind(_number),
    "datetime": Kind(_datetime),
    "text": Kind(_text),
    "singlevaluelist": Kind(_key),
    "multivaluelist": Kind(_key, many=True),
}
"""How each datatype of the standard is read."""
