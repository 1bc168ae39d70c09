"""Addresses: how they are spelt, made comparable; and the points of a city's register.

A spelling is brought to words in small letters without accents, each in its short form, so that
`100 N. Warren Street` and `100 North Warren St` are the same words. Short, because `St` may be
Street or Saint, and nobody needs to know which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from open311.domain.spellings import LEADS, LONG, TYPES

__all__ = [
    "LARGEST",
    "MOST_WORDS",
    "NONE",
    "WIDEST",
    "WITHIN",
    "Number",
    "Point",
    "Written",
    "entry",
    "house",
    "named",
    "parts",
    "shown",
    "words",
]

WITHIN = 50.0
"""Metres from a point to its address, unless a city says otherwise."""

MOST_WORDS = 20
"""The most words of a street with what its number leaves over."""

LARGEST = 99_999_999
"""The highest house number."""

WIDEST = 200
"""The most that the two ends of a range of houses may differ: what is wider is one number."""

# --- words --------------------------------------------------------------------------------------

_QUOTES = re.compile("['`\u2018\u2019\u00b4\u02bc\u2032]")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_MIXED = re.compile("(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215e])")  # as 12½
_FLOATS = re.compile(r"(?<![0-9.])([0-9]+)\.0+(?![0-9.]|[^\W_])")  # as a sheet has 104.0
_COMMAS = re.compile("[,;\n]")
_PAIR = 2  # words
_WORD = re.compile(r"[0-9]+[a-z]?-[0-9]+[a-z]?(?![^\W_])|[0-9]+/[0-9]+(?![^\W_])|[^\W_]+")


def words(text: str) -> tuple[str, ...]:
    """The words of an address, comparable; those of their own blanks-joined text are the same.

    >>> words("100-102 N. Warren Street, Apt. #5")
    ('100-102', 'n', 'warren', 'st', 'unit', 'unit', '5')
    """
    return tuple(LONG.get(each, each) for part in parts(text) for each in part)


def parts(text: str) -> list[tuple[str, ...]]:
    """The words between commas, each direction as it is written: only in a street it is the same.

    >>> parts("9 North Main St, Boston")
    [('9', 'north', 'main', 'st'), ('boston',)]
    """
    return [
        tuple(
            each if each in LEADS else LONG.get(each, each)
            for each in map(_short, _WORD.findall(part))
        )
        for part in _COMMAS.split(_plain(text))
    ]


def named(told: Sequence[str]) -> str:
    """The street of some words of `parts`: `north main st` is `n main st`.

    A direction that is all of the name stays as it is written: North Street is not N Street.
    """
    kinds = [each in LEADS for each in told]
    if len(told) == 1 or (len(told) == _PAIR and any(kinds) and any(map(TYPES.__contains__, told))):
        return " ".join(told)
    return " ".join(LEADS.get(each, each) for each in told)


def _plain(text: str) -> str:
    """Small letters without accents, quotes, and the dots of initials."""
    text = _FLOATS.sub(r"\1", _MIXED.sub(" ", text)).replace("#", " unit ").replace("&", " and ")
    for _ in range(2):  # small letters may have accents of their own
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(each for each in text if not unicodedata.combining(each))
    text = unicodedata.normalize("NFKC", _QUOTES.sub("", text))
    text = text.replace("\u2044", "/").translate(_DASHES)
    return _INITIALS.sub("", re.sub("(?<=[0-9a-z]) *- *(?=[0-9])", "-", text))


_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def _short(word: str) -> str:
    """German streets are written in one word."""
    return word[:-4] if word.endswith("strasse") else word


# --- house numbers ------------------------------------------------------------------------------

_HOUSE = re.compile(r"([0-9]{1,8})([a-z]?)(?:-([0-9]{1,8})([a-z]?))?")
_BOTH = re.compile(r"([0-9]{1,8})(?:/| and )([0-9]{2,8})")  # as 12/14; 1/2 is a half
_FRACTION = re.compile(r"[0-9]+/[0-9]+")


class Number(msgspec.Struct, frozen=True):
    """A house number, or the two ends of several; what stands behind it in `suffix`.

    It holds the numbers from `low` to `high`, of one side of the street.
    """

    low: int
    high: int
    suffix: str = ""  # as `a`, `1/2`

    def holds(self, number: int) -> bool:
        """Whether a number is one of these."""
        return self.low <= number <= self.high and (number - self.low) % 2 == 0

    def has(self, asked: Number) -> bool:
        """Whether an address of this number is meant by another.

        >>> Number(100, 110).has(Number(104, 106)), Number(100, 100, "a").has(Number(100, 100))
        (True, True)
        """
        if self == asked:
            return True
        if asked.suffix not in ("", self.suffix) or "-" in self.suffix:
            return False
        return self.holds(asked.low) and self.holds(asked.high)


NONE = Number(-1, -1)
"""The number of an address without one."""


def house(told: Sequence[str]) -> list[tuple[Number, int]]:
    """The house numbers that some words may begin with, each with how many words it takes.

    The most words come first: `100 a st` may be 100A of a street, or 100 of A Street. Two numbers
    are the ends of several on one side, and not far apart; else they are one, as in Queens (37-10),
    or a part with its house, as in Canada (5-104): what nobody can tell apart is not guessed at.

    >>> house(("100", "a", "st"))[0]
    (Number(low=100, high=100, suffix='a'), 2)
    """
    for taken in (1, 3):  # words, as 12/14, or 12 & 14
        both = _BOTH.fullmatch(" ".join(told[:taken]))
        if both and _one_side(low := int(both[1]), high := int(both[2])):
            return [(Number(low, high), taken)]
    found = _HOUSE.fullmatch(told[0]) if told else None
    if found is None:
        return []
    low, letter, end, last = int(found[1]), found[2], found[3], found[4] or ""
    high = int(end) if end else low
    if not _one_side(low, high):
        high, letter = low, f"{letter}-{end}"
    number = Number(low, high, letter + last)
    more = told[1] if len(told) > 1 and not number.suffix and end is None else ""
    if _FRACTION.fullmatch(more) or (len(more) == 1 and more.isalpha()):
        return [(Number(low, high, more), 2), (number, 1)]
    return [(number, 1)]


def _one_side(low: int, high: int) -> bool:
    return low <= high <= low + WIDEST and (high - low) % 2 == 0


# --- the register -------------------------------------------------------------------------------

_Text = Annotated[str, Meta(max_length=250)]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An address as a file has it. Degrees, WGS84; a text that is not there is empty."""

    address_id: _Text
    number: _Text = ""
    street: _Text
    unit: _Text = ""
    city: _Text = ""
    region: _Text = ""
    postcode: _Text = ""
    long: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]


class Point(msgspec.Struct, frozen=True):
    """One address of a register: as it is shown, and as it is looked for."""

    address_id: str
    line: str  # number and street, as they are shown
    unit: str
    city: str
    region: str
    postcode: str
    low: int
    high: int
    suffix: str
    street: str  # its words
    long: float  # degrees, WGS84
    lat: float

    @property
    def number(self) -> Number:
        """Its house number."""
        return Number(self.low, self.high, self.suffix)


def entry(written: Written) -> Point:
    """A row of a file as an address of the register; a number may begin its street, too.

    Raises:
        ValueError: it has no street, or one of too many words; says so.
    """
    line = f"{written.number} {written.street}".strip()
    told, street = words(line), [each for part in parts(line) for each in part]
    number, own = NONE, words(written.number)
    for found, taken in house(own) if own else house(told)[-1:]:
        if taken < len(told) and own in (told[:taken], ()):
            number, street = found, street[taken:]
            break
    if not words(written.street):
        raise ValueError("it has no street")
    if len(street) > MOST_WORDS:
        raise ValueError(f"its street has {len(street)} words; {MOST_WORDS} are the most")
    return Point(
        address_id=written.address_id,
        line=line,
        unit=written.unit,
        city=written.city,
        region=written.region,
        postcode=written.postcode,
        low=number.low,
        high=number.high,
        suffix=number.suffix,
        street=named(street),
        long=written.long,
        lat=written.lat,
    )


def shown(point: Point, *, unit: bool = True) -> str:
    """An address in one line, as `100 Warren St, Apt 5, Lanternport, Z1A 2B3`.

    Args:
        point: of a register.
        unit: whether the part of the house is told, too.
    """
    place = f"{point.region} {point.postcode}".strip()
    parts = (point.line, point.unit if unit else "", point.city, place)
    return ", ".join(each for each in parts if each)
