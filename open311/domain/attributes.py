"""The answers to a service's questions: each checked as its datatype and its rules ask.

A service is compiled once, when it is read (`compiled`), and then asked for every submission
(`check`): what a question looks at is decided once.

Source: GR-A-04, GR-A-12, GR-P-03, GR-P-10 to GR-P-13.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec
import re2

from open311.domain import conditions
from open311.domain.folder import CityAttribute
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Datatype

__all__ = [
    "DATATYPES",
    "LAST",
    "LONGEST",
    "NEVER",
    "WHOLE",
    "Answer",
    "Form",
    "Kind",
    "Question",
    "check",
    "compiled",
    "pattern",
    "reader",
    "span",
]

_Scalar = str | int | float | datetime
Answer = _Scalar | list[str]
"""What is stored. JSON carries each exactly: numbers are within what a double holds."""

LONGEST = {"string": 1000, "text": 4000}
"""Characters of an answer, where its question asks for no fewer."""

WHOLE = 10**15
"""Where numbers end: beyond it a double skips whole ones."""

_SHOWN = 10  # keys named in a problem
NEVER, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
"""The ends of time, for where there is no now."""

_PATTERN_MEMORY = 1 << 20  # bytes; a pattern that needs more is refused

Read = Callable[[str, tzinfo, datetime], Any]
"""One value as it was sent, the jurisdiction's zone, and now; a ValueError says what is wrong."""


class Kind(msgspec.Struct, frozen=True):
    """How the answers of one datatype are read.

    `reader` makes of a question what reads one value of it. `many`: several values are one answer.
    `bounds`: the members of a question that say more of it.
    """

    reader: Callable[[CityAttribute], Read]
    many: bool = False
    bounds: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """A question that takes an answer, ready to be asked."""

    code: str
    required: bool
    private: bool
    many: bool
    keys: frozenset[str]
    most: int  # values of one answer, where there may be many
    read: Read
    asked: Callable[[Mapping[str, Any]], bool] | None  # None: always
    preset: tuple[str, ...]  # the answer when none is sent
    ours: bool  # nobody but the server may answer


class Form(msgspec.Struct, frozen=True):
    """The questions of a service that take an answer, in their order."""

    questions: tuple[Question, ...] = ()


def compiled(attributes: Sequence[CityAttribute]) -> Form:
    """Make the questions of a service ready.

    Args:
        attributes: sound: see `soundness`; in their order.

    Raises:
        ValueError: they are not sound; says in words what is wrong.
    """
    questions: list[Question] = []
    earlier: dict[str, tuple[str, conditions.Read]] = {}
    for each in attributes:
        if not each.variable or each.datatype == "informational":
            continue
        kind = DATATYPES[each.datatype]
        read = kind.reader(each)
        asked = conditions.compiled(each.dependencies, earlier) if each.dependencies else None
        questions.append(
            Question(
                code=each.code,
                required=each.required,
                private=each.private,
                many=kind.many,
                keys=frozenset(value.key for value in each.values),
                most=each.max_items or len(each.values),
                read=read,
                asked=asked,
                preset=(each.preset,) if each.preset is not None else (),
                ours=each.automated == "server_set",
            )
        )
        earlier[each.code] = each.datatype, reader(each)
    return Form(tuple(questions))


def reader(attribute: CityAttribute) -> conditions.Read:
    """How what a condition compares with is read: a value of the question, bounds apart."""
    free = CityAttribute(
        code=attribute.code,
        datatype=attribute.datatype,
        description="",
        values=attribute.values,
    )
    read = DATATYPES[free.datatype].reader(free)  # type: ignore[index]
    return lambda value: read(value, UTC, NEVER)


def check(
    form: Form, sent: Mapping[str, tuple[str, ...]], zone: tzinfo, now: datetime
) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """Check what was answered to a service's questions.

    Args:
        form: the questions.
        sent: the values for each code; codes that no question has are ignored, and so are answers
            to a question that is not asked because of the answers before it.
        zone: the jurisdiction's, for times without an offset.
        now: aware, for bounds that move with the time.

    Returns:
        The good answers by code, in the questions' order, and every problem in words, each
        beginning with `attribute[CODE]`.

    Source: GR-P-10 to GR-P-14, GR-A-12.
    """
    good: dict[str, Answer] = {}
    problems: list[str] = []
    for question in form.questions:
        if question.asked is not None and not question.asked(good):
            continue
        values = () if question.ours else _values(question, sent.get(question.code, ()))
        values = values or question.preset
        if not values and not question.required:
            continue
        try:
            good[question.code] = _answer(question, values, zone, now)
        except ValueError as fault:
            problems.append(f"attribute[{question.code}]: {fault}.")
    return good, tuple(problems)


def _values(question: Question, sent: Sequence[str]) -> Sequence[str]:
    """Each value once; for many values, one that is not a key may be a comma list. GR-P-10."""
    if question.many:
        sent = [
            part.strip()
            for value in sent
            for part in ([value] if value in question.keys else value.split(","))
        ]
    elif len(sent) <= 1:
        return sent if sent and sent[0] else ()
    return [value for value in dict.fromkeys(sent) if value]


def _answer(question: Question, values: Sequence[str], zone: tzinfo, now: datetime) -> Answer:
    if not values:
        raise ValueError("an answer is required")
    if question.many:
        answer = [question.read(value, zone, now) for value in values]
        if len(answer) > question.most:
            raise ValueError(f"it takes at most {question.most} values, not {len(answer)}")
        return answer
    if len(values) > 1:
        raise ValueError("it takes one value")
    return question.read(values[0], zone, now)  # type: ignore[no-any-return]


# --- texts --------------------------------------------------------------------------------------


def _string(attribute: CityAttribute) -> Read:
    fits = _fits(attribute)

    def read(value: str, *_: object) -> str:
        if len(value.splitlines()) > 1:
            raise ValueError("it takes one line")
        return fits(value)

    return read


def _text(attribute: CityAttribute) -> Read:
    fits = _fits(attribute)
    return lambda value, *_: fits(value)


def _fits(attribute: CityAttribute) -> Callable[[str], str]:
    longest = LONGEST[attribute.datatype]
    most = min(attribute.max_length or longest, longest)
    least = attribute.min_length or 0
    matcher = pattern(attribute.pattern) if attribute.pattern else None

    def fits(value: str) -> str:
        length = len(value)
        if length > most:
            raise ValueError(f"it has {length} characters; at most {most} are taken")
        if length < least:
            raise ValueError(f"it has {length} characters; at least {least} are needed")
        if matcher is not None and not matcher.search(value):
            raise ValueError(
                attribute.datatype_description or f"it does not look like {attribute.pattern}"
            )
        return value

    return fits


def pattern(text: str) -> Any:
    """A pattern, by an engine whose time is linear in the text. Source: trust 43.

    Raises:
        ValueError: it is no such pattern.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ValueError(f"is not a pattern of RE2: {error.args[0]}") from None


# --- numbers and times --------------------------------------------------------------------------


def _number(attribute: CityAttribute) -> Read:
    least, most = attribute.minimum, attribute.maximum

    def read(value: str, *_: object) -> int | float:
        number = submission.number(value)
        if abs(number) >= WHOLE:
            raise ValueError("it takes at most 15 digits before the point")
        if least is not None and number < least:
            raise ValueError(f"it is less than {least:g}")
        if most is not None and number > most:
            raise ValueError(f"it is more than {most:g}")
        return int(number) if number.is_integer() else number

    return read


def _datetime(attribute: CityAttribute) -> Read:
    if attribute.earliest is None and attribute.latest is None:
        return lambda value, zone, _: w3c_datetime.parse(value, zone)
    earliest = span(attribute.earliest) if attribute.earliest is not None else None
    latest = span(attribute.latest) if attribute.latest is not None else None

    def read(value: str, zone: tzinfo, now: datetime) -> datetime:
        moment = w3c_datetime.parse(value, zone)
        if earliest is not None and moment < now + earliest:
            raise ValueError(f"it is before {w3c_datetime.show(now + earliest)}")
        if latest is not None and moment > now + latest:
            raise ValueError(f"it is after {w3c_datetime.show(now + latest)}")
        return moment

    return read


_SPAN = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def span(text: str) -> timedelta:
    """A span of days, hours and minutes, as `-P30D`.

    Raises:
        ValueError: any other text.

    >>> span("-P1DT12H")
    datetime.timedelta(days=-2, seconds=43200)
    """
    form = _SPAN.fullmatch(text)
    if form is None:
        raise ValueError(f"{text[:40]!r} is not a span such as P30D or -PT12H")
    days, hours, minutes = (int(each or 0) for each in form.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes)
    return -length if form[1] else length


# --- lists --------------------------------------------------------------------------------------


def _key(attribute: CityAttribute) -> Read:
    keys = [each.key for each in attribute.values]
    known = frozenset(keys)
    shown = ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")

    def read(value: str, *_: object) -> str:
        if value not in known:
            raise ValueError(f"{value[:40]!r} is not one of its keys: {shown}")
        return value

    return read


DATATYPES: dict[Datatype, Kind] = {
    "string": Kind(_string, bounds=("min_length", "max_length", "pattern")),
    "number": Kind(_number, bounds=("minimum", "maximum")),
    "datetime": Kind(_datetime, bounds=("earliest", "latest")),
    "text": Kind(_text, bounds=("min_length", "max_length", "pattern")),
    "singlevaluelist": Kind(_key),
    "multivaluelist": Kind(_key, many=True, bounds=("max_items",)),
}
"""How each datatype of the standard is read."""
