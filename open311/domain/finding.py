"""Which address of a register somebody means: what fits a reading of a text best.

A text is unknown rather than guessed at: a word that neither the address nor the city has, as the
name of another town, a direction, a type of street or a digit that is another, and nothing is
found. Two places that fit alike are ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from open311.domain import metres
from open311.domain.addresses import (
    DIRECTIONS,
    TYPES,
    UNITS,
    Point,
    shown,
    words,
)
from open311.domain.readings import Reading

__all__ = [
    "Candidate",
    "Found",
    "Missed",
    "agree",
    "best",
    "named",
    "nearest",
    "rest_known",
]

_LIKE = 0.5
"""The least likeness (of trigrams, 0 to 1) of a street to one that is misspelt."""

_APART = 0.1
"""How much more alike a street must be than the next, or both may be meant."""

_POSTAL = re.compile(r"[0-9]{4,6}(-[0-9]{4})?|[a-z]{1,2}[0-9][a-z0-9]?|[0-9][a-z][a-z0-9]")
_COUNTRIES = frozenset(("usa", "us", "united", "states", "canada", "of", "america", "the", "city"))
_REGION = 2  # letters of a state or province


class Candidate(msgspec.Struct, frozen=True):
    """An address that fits a reading, but for what is left over; 1.0 where the street is equal."""

    reading: Reading
    point: Point
    likeness: float = 1.0


class Found(msgspec.Struct, frozen=True):
    """Where an address is; the id is None where it is in several parts of one house."""

    address_id: str | None
    address: str
    postcode: str
    long: float  # degrees, WGS84
    lat: float


Missed = Literal["unknown", "ambiguous"]
"""Why a text is nobody's address: nothing fits it, or several places do."""


# --- what fits ----------------------------------------------------------------------------------


def agree(asked: str, street: str) -> bool:
    """Whether a street may be another, misspelt.

    A number in it, a direction, a type or a word more is no slip.

    >>> agree("waren st", "warren st"), agree("waren", "warren st"), agree("15th st", "5th st")
    (True, True, False)
    """
    one, other = asked.split(), street.split()
    if _numeric(one) != _numeric(other) or _names(one) != _names(other):
        return False
    return all(
        not (mine := kind.intersection(one))
        or not (theirs := kind.intersection(other))
        or mine == theirs
        for kind in (DIRECTIONS, TYPES)
    )


def _names(told: Iterable[str]) -> int:
    """How many words say neither where a street leads nor what it is."""
    return sum(each not in DIRECTIONS and each not in TYPES for each in told)


def _numeric(told: Iterable[str]) -> set[str]:
    return {each for each in told if any(map(str.isdigit, each))}


def rest_known(point: Point, rest: Sequence[str], known: Iterable[str]) -> bool:
    """Whether an address, or its city, has every word that is left over.

    Args:
        point: of the register.
        rest: words.
        known: words of the city, such as its name.
    """
    if tuple(rest) == words(shown(point)[len(point.line) :]):
        return True  # however odd
    own = {*words(f"{point.city}, {point.region}"), *known, *_COUNTRIES}
    unit, asked = _unit(words(point.unit)), _asked_unit(rest)
    if asked and unit and asked != unit:
        return False
    code = "".join(words(point.postcode))
    left = [each for each in rest if each not in own]
    left = _without_code(_without(_without(left, asked), unit), code)
    return all(_neutral(each, code) for each in left)


def _neutral(word: str, code: str) -> bool:
    """Whether a word says nothing against an address: its designator, a state, or a postcode."""
    if word in UNITS or (len(word) == _REGION and word.isalpha()):
        return True
    return not code and _POSTAL.fullmatch(word) is not None


def _unit(told: Sequence[str]) -> tuple[str, ...]:
    """The part of a house without the word for parts."""
    return tuple(each for each in told if each not in UNITS)


def _asked_unit(rest: Sequence[str]) -> tuple[str, ...]:
    """The part of a house that a text asks for, if it does."""
    for index, each in enumerate(rest):
        value = rest[index + 1 : index + 2]
        if each in UNITS and value and (_numeric(value) or len(value[0]) == 1):
            return tuple(value)
    return ()


def _without(told: Sequence[str], taken: Sequence[str]) -> list[str]:
    left = list(told)
    for each in taken:
        if each in left:
            left.remove(each)
    return left


def _without_code(told: list[str], code: str) -> list[str]:
    """Words without a postcode, which may stand in two, and with more than the register has."""
    for index in range(len(told) if code else 0):
        for end in (index + 1, index + 2):
            if "".join(told[index:end]).startswith(code):
                return told[:index] + told[end:]
    return told


def best(candidates: Iterable[Candidate], known: Iterable[str], within: float) -> Found | Missed:
    """The one address that is meant.

    Args:
        candidates: in any order.
        known: words of the city, such as its name.
        within: metres; what fits alike and is no farther apart is one place.

    Returns:
        It, or why there is none.
    """
    told = frozenset(known)
    fit = [each for each in candidates if _fits(each, told)]
    if not fit:
        return "unknown"
    top = min(map(_key, fit))
    likeness = max(each.likeness for each in fit if _key(each) == top)
    alike = sorted(
        {
            each.point.address_id: each.point
            for each in fit
            if _key(each) == top and each.likeness > likeness - _APART
        }.values(),
        key=_order,
    )
    first = alike[0]
    for each in alike[1:]:
        if metres.distance(first.long, first.lat, each.long, each.lat) > within:
            return "ambiguous"
    return _found(first, alone=len(alike) == 1)


def _fits(each: Candidate, known: frozenset[str]) -> bool:
    number = each.reading.number
    if not (each.point.number == number or each.point.number.holds(number.low)):
        return False
    if each.likeness < 1 and not _slip(each):
        return False
    return rest_known(each.point, each.reading.rest, known)


def _slip(each: Candidate) -> bool:
    """Whether a street may be misspelt; two things that differ are no slip."""
    suffix = each.reading.number.suffix
    return (
        each.likeness >= _LIKE
        and agree(each.reading.street, each.point.street)
        and suffix in ("", each.point.suffix)
    )


def _key(each: Candidate) -> tuple[bool, int, int, int]:
    """Equal streets before alike ones, the longer reading, the very number, the very part."""
    asked, number = each.reading.number, each.point.number
    if number == asked:
        exact = 0
    elif (number.low, number.high) == (asked.low, asked.high):
        exact = 1 if not number.suffix else 2
    else:
        exact = 3
    unit, wanted = _unit(words(each.point.unit)), _asked_unit(each.reading.rest)
    part = 0 if unit == wanted or (unit and not _without(unit, each.reading.rest)) else 1
    long = len(each.reading.street.split()) if each.likeness == 1 else 0
    return each.likeness < 1, -long, exact, part


def _order(point: Point) -> tuple[str, str]:
    return point.unit, point.address_id


def _found(point: Point, *, alone: bool) -> Found:
    return Found(
        point.address_id if alone else None,
        shown(point, unit=alone),
        point.postcode,
        point.long,
        point.lat,
    )


def named(point: Point) -> Found:
    """An address of the register as one that was found."""
    return _found(point, alone=True)


def nearest(points: Iterable[Point], long: float, lat: float, within: float) -> Found | None:
    """The address nearest to a point, in metres; without the part of the house.

    Args:
        points: in any order.
        long: degrees.
        lat: degrees.
        within: metres at most.
    """
    near = [(metres.distance(long, lat, each.long, each.lat), each) for each in points]
    near = [each for each in near if each[0] <= within]
    if not near:
        return None
    _, first = min(near, key=lambda each: (each[0], *_order(each[1])))
    return _found(first, alone=not first.unit)
