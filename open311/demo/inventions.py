"""Answers that are made up, by what is asked and within the bounds of the question.

What they are made of stands in `stock`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar

from open311.demo import patterns, stock
from open311.demo.patterns import Maker
from open311.domain import datatypes
from open311.domain.datatypes import NEVER, Answer, Read
from open311.domain.folder import CityAttribute

__all__ = ["Reply", "reply"]

T = TypeVar("T", float, timedelta)
Reply: TypeAlias = Callable[[datetime, random.Random], Answer]

_MOST = 3  # choices of one list
_TRIES = 10  # whether a way to answer a question fits it

_DIGITS, _LETTERS = "0123456789", "ABCDEFGHJKLMNPRSTVWXYZ"


def reply(asked: CityAttribute, read: Read) -> Reply | None:
    """How a question is answered; None: nothing that is made up would be taken.

    Args:
        asked: a sound question that takes an answer.
        read: what reads its answers.
    """
    return _REPLIES[asked.datatype](asked, read)


# --- texts --------------------------------------------------------------------------------------


def _line(asked: CityAttribute, read: Read) -> Reply | None:
    words = _question(asked)
    lines = next(lines for known, lines in stock.LINES if re.search(known, words))
    return _said(lines, asked, read)


def _text(asked: CityAttribute, read: Read) -> Reply | None:
    return _said(stock.TEXTS, asked, read)


def _said(lines: Sequence[str], asked: CityAttribute, read: Read) -> Reply | None:
    """One of the ways to put it that the question takes, or something that fits its pattern."""
    rng = random.Random(asked.code)  # noqa: S311 - a made-up past keeps no secrets
    for ways in ([_filled(line) for line in lines], [*_made(lines, asked)]):
        drawn = [[way(rng) for _ in range(_TRIES)] for way in ways]
        fitting = [[line for line in each if _fits(line, read)] for each in drawn]
        if known := [line for each in fitting for line in each]:
            good = [way for way, each in zip(ways, fitting, strict=True) if len(each) == _TRIES]
            return _tried(good or ways, known, read)
    return None


def _tried(ways: Sequence[Maker], known: Sequence[str], read: Read) -> Reply:
    def reply(_: datetime, rng: random.Random) -> Answer:
        line = rng.choice(ways)(rng)
        return line if _fits(line, read) else rng.choice(known)

    return reply


def _filled(line: str) -> Maker:
    """A line with its digits and letters."""
    if not re.search("[#@]", line):
        return lambda _: line
    choices = [{"#": _DIGITS, "@": _LETTERS}.get(each, each) for each in line]
    return lambda rng: "".join([rng.choice(each) if each[1:] else each for each in choices])


def _made(lines: Sequence[str], asked: CityAttribute) -> Iterator[Maker]:
    """As the pattern has it, or as long as it should be."""
    if asked.pattern and (made := patterns.maker(asked.pattern)):
        yield made
    least, most = asked.min_length or 1, asked.max_length or len(lines[0]) + (asked.min_length or 0)
    for line in lines:
        long = (line + " ") * (least // len(line) + 1)
        yield _filled(long[:most].rstrip().ljust(min(least, most), "."))


def _fits(line: str, read: Read) -> bool:
    try:
        read(line, UTC, NEVER)
    except ValueError:
        return False
    return bool(line)


# --- numbers and times --------------------------------------------------------------------------


def _number(asked: CityAttribute, _: Read) -> Reply:
    words = _question(asked)
    usual = next(row for row in stock.NUMBERS if re.search(row[0], words))
    low, high = _within(usual[1], usual[2], asked.minimum, asked.maximum)
    decimals = usual[3]

    def reply(_: datetime, rng: random.Random) -> Answer:
        number = min(max(round(rng.uniform(low, high), decimals), low), high)
        return int(number) if float(number).is_integer() else number

    return reply


def _moment(asked: CityAttribute, _: Read) -> Reply:
    words = _question(asked)
    usual = next((row for row in stock.MOMENTS if re.search(row[0], words)), None)
    first, last = (timedelta(days=each) for each in (usual[1:] if usual else (-30, 0)))
    low, high = _within(first, last, _span(asked.earliest), _span(asked.latest))

    def reply(requested: datetime, rng: random.Random) -> Answer:
        offset = -timedelta(hours=rng.expovariate(1 / 20))
        if usual or not low <= offset <= high:
            offset = low + rng.random() * (high - low)
        moment = requested + offset
        minute = moment.minute // 5 * 5  # as people tell the time
        return max(moment.replace(minute=minute, second=0, microsecond=0), requested + low)

    return reply


def _span(text: str | None) -> timedelta | None:
    return None if text is None else datatypes.span(text)


def _within(low: T, high: T, least: T | None, most: T | None) -> tuple[T, T]:
    """What is usual, as far as it is allowed."""
    width = high - low
    bottom = low if least is None else max(low, least)
    top = high if most is None else min(high, most)
    if bottom <= top:
        return bottom, top
    if most is None:
        return bottom, bottom + width
    return most - width if least is None else least, most


# --- lists --------------------------------------------------------------------------------------


def _one(asked: CityAttribute, _: Read) -> Reply:
    keys = [each.key for each in asked.values]
    return lambda _, rng: rng.choice(keys)


def _some(asked: CityAttribute, _: Read) -> Reply:
    keys = [each.key for each in asked.values]
    most = min(_MOST, len(keys), asked.max_items or _MOST)
    return lambda _, rng: rng.sample(keys, rng.randint(1, most))


def _question(asked: CityAttribute) -> str:
    return f"{asked.code}: {asked.description} {asked.datatype_description or ''}".lower()


_REPLIES: dict[str, Callable[[CityAttribute, Read], Reply | None]] = {
    "string": _line,
    "number": _number,
    "datetime": _moment,
    "text": _text,
    "singlevaluelist": _one,
    "multivaluelist": _some,
}
