"""Which address of a register somebody means: what fits a reading of a text best.

A text is unknown rather than guessed at: a word that neither the address nor the city has, as the
name of another town, a direction, a type of street or a digit that is another, and nothing is
found. Two places that fit alike are ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from open311.domain import metres
from open311.domain.addresses import Point, shown
from open311.domain.leftovers import asked_unit, known_rest, unit_of, without
from open311.domain.readings import Reading

__all__ = [
    "Candidate",
    "Found",
    "Missed",
    "best",
    "named",
    "nearest",
]

_APART = 0.1
"""How much more alike a street must be than the next, or both may be meant."""


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


def best(candidates: Iterable[Candidate], known: Sequence[str], within: float) -> Found | Missed:
    """The one address that is meant.

    Args:
        candidates: in any order.
        known: words of the city's name.
        within: metres; what fits alike and is no farther apart is one place.

    Returns:
        It, or why there is none.
    """
    fit = [each for each in candidates if _fits(each, known)]
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


def _fits(each: Candidate, known: Sequence[str]) -> bool:
    return each.point.number.has(each.reading.number) and known_rest(
        each.point, each.reading, known
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
    unit, wanted = unit_of(each.point), asked_unit(each.reading.rest)
    part = 0 if unit == wanted or (unit and not without(unit, each.reading.rest)) else 1
    street = each.reading.street.split() if each.likeness == 1 else ()
    long = len(street) + bool(each.reading.behind)  # which may be of the street
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
