"""The datatypes of questions: how one value of each is read, and which bounds it can have.

Source: GR-A-04, GR-P-11, GR-P-12.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import msgspec
import re2

from open311.domain.folder import CityAttribute
from open311.spec import submission, w3c_datetime

__all__ = [
    "DATATYPES",
    "LAST",
    "LONGEST",
    "NEVER",
    "WHOLE",
    "Answer",
    "Kind",
    "Read",
    "pattern",
    "span",
    "widths",
]

_Scalar = str | int | float | datetime
Answer = _Scalar | list[str]
"""What is stored. JSON carries each exactly: numbers are within what a double holds."""

LONGEST = {"string": 1000, "text": 4000}
"""The most characters of an answer, by its datatype."""

WHOLE = 10**15
"""Numbers are smaller than that: beyond it a double skips whole ones."""

NEVER, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The ends of time, for where there is no now."""

_SHOWN = 10  # keys named in a problem

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
    holds = pattern(attribute.pattern) if attribute.pattern is not None else None

    def fits(value: str) -> str:
        length = len(value)
        if length > most:
            raise ValueError(f"it has {length} characters; at most {most} are taken")
        if length < least:
            raise ValueError(f"it has {length} characters; at least {least} are needed")
        if holds is not None and not holds(value):
            raise ValueError(
                attribute.datatype_description or f"it does not look like {attribute.pattern}"
            )
        return value

    return fits


_PATTERN_MEMORY = 1 << 20  # bytes
_PATTERN_STEPS = 2_500  # of its program: 4,000 characters cost a tenth of a second at the very most


def pattern(text: str) -> Callable[[str], bool]:
    """Whether a text holds a pattern somewhere, in a time that is linear in its length. Trust 43.

    Raises:
        ValueError: it is no such pattern, or would cost too much.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        compiled = re2.compile(text.encode(), options)  # bytes: four times as fast as text
    except re2.error as error:
        raise ValueError(f"is not a pattern of RE2: {error.args[0].decode()}") from None
    if compiled.programsize > _PATTERN_STEPS:
        raise ValueError("would cost too much; repeat less, or bound the length by max_length")
    return lambda value: compiled.search(value.encode()) is not None


_RE2_ALONE = re.compile(r"\[\[|\[:|--|&&|~~|\|\||\\[QEpPCz]")
"""What Python reads in another way, or warns of."""

_BEGINS = _constants.AT, _constants.AT_BEGINNING
_ENDS = _constants.AT, _constants.AT_END


def widths(text: str) -> tuple[int, int | None] | None:
    """How many characters an answer has that holds a pattern: at least, and at most where bounded.

    Returns:
        None where that is not known: Python's own reading of patterns tells it, and what only RE2
        knows is not judged.
    """
    if _RE2_ALONE.search(text):
        return None
    try:
        parsed = _parser.parse(text)
    except (re.error, OverflowError, RecursionError):
        return None
    fewest, most = parsed.getwidth()
    first, last = (parsed[0], parsed[-1]) if len(parsed) else (None, None)
    bounded = first == _BEGINS and last == _ENDS and not parsed.state.flags & re.MULTILINE
    return int(fewest), int(most) if bounded else None


# --- numbers and times --------------------------------------------------------------------------


def _number(attribute: CityAttribute) -> Read:
    least, most = attribute.minimum, attribute.maximum

    def read(value: str, *_: object) -> int | float:
        number = submission.number(value)
        if abs(number) >= WHOLE:
            raise ValueError("it takes at most 15 digits before the point")
        if least is not None and number < least:
            raise ValueError(f"it is less than {_plain(least)}")
        if most is not None and number > most:
            raise ValueError(f"it is more than {_plain(most)}")
        return _plain(number)

    return read


def _plain(number: float) -> int | float:
    """A whole number without its point."""
    return number if number % 1 else int(number)


def _datetime(attribute: CityAttribute) -> Read:
    if attribute.earliest is None and attribute.latest is None:
        return lambda value, zone, _: w3c_datetime.parse(value, zone)
    earliest = span(attribute.earliest) if attribute.earliest is not None else None
    latest = span(attribute.latest) if attribute.latest is not None else None

    def read(value: str, zone: tzinfo, now: datetime) -> datetime:
        moment = w3c_datetime.parse(value, zone)  # of whole seconds: so is the now of its bounds
        now = now.replace(microsecond=0)
        if earliest is not None and moment < now + earliest:
            raise ValueError(f"it is before {w3c_datetime.show(now + earliest)}")
        if latest is not None and moment > now + latest:
            raise ValueError(f"it is after {w3c_datetime.show(now + latest)}")
        return moment

    return read


_SPAN = re.compile(r"(-?)P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?)?", re.ASCII)


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


DATATYPES: dict[str, Kind] = {
    "string": Kind(_string, bounds=("min_length", "max_length", "pattern")),
    "number": Kind(_number, bounds=("minimum", "maximum")),
    "datetime": Kind(_datetime, bounds=("earliest", "latest")),
    "text": Kind(_text, bounds=("min_length", "max_length", "pattern")),
    "singlevaluelist": Kind(_key),
    "multivaluelist": Kind(_key, many=True, bounds=("max_items",)),
}
"""How each datatype of the standard is read."""
