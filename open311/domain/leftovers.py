"""What a text says beside a number and a street: whether an address says it, too."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise

from open311.domain.addresses import Point, shown, words
from open311.domain.readings import Reading
from open311.domain.spellings import DIRECTIONS, REGIONS, TYPES, UNITS

__all__ = ["asked_unit", "known_rest", "unit_of", "without"]

_POSTAL = re.compile(r"[0-9]{4,6}(-[0-9]{4})?|[a-z]{1,2}[0-9][a-z0-9]?|[0-9][a-z][a-z0-9]")
_COUNTRIES = frozenset(("usa", "us", "united", "states", "canada", "of", "america", "the", "city"))
_REGION = 2  # letters of a state or province
_OTHER = {words(one): words(other) for pair in REGIONS.items() for one, other in (pair, pair[::-1])}
_LITTLE = frozenset(("in", "on", "or", "de", "la"))  # words, and codes of states
_KINDS = (TYPES | DIRECTIONS) - UNITS


def known_rest(point: Point, reading: Reading, known: Sequence[str]) -> bool:
    """Whether an address, or its city, has every word that is left over.

    Args:
        point: of the register.
        reading: of a text.
        known: words of the city's name.
    """
    rest, region = reading.rest, words(point.region)
    names = [words(point.city), region, _OTHER.get(region, ()), tuple(known)]
    pairs = {pair for name in names for pair in pairwise(name)}
    if reading.behind and reading.behind not in pairs:
        return False
    if rest == words(shown(point)[len(point.line) :]):
        return True  # however odd
    unit, asked = unit_of(point), asked_unit(rest)
    if asked and unit and asked != unit:
        return False
    own = {each for name in names for each in name if each not in _KINDS or len(name) == 1}
    left = list(_strange(rest, own | _COUNTRIES, pairs))
    code = "".join(words(point.postcode))
    left = _without_code(without(without(left, asked), unit), code)
    others = REGIONS.keys() - _LITTLE if region in _OTHER else ()
    return not any(each in others for each in left) and all(_neutral(each, code) for each in left)


def _strange(
    rest: Sequence[str], own: Container[str], pairs: Container[tuple[str, ...]]
) -> Iterator[str]:
    """The words that no name has; a type or a direction must stand beside the same word, too."""
    beside = ["", *rest, ""]
    for before, each, behind in zip(beside, rest, beside[2:], strict=False):
        if not (each in own or (before, each) in pairs or (each, behind) in pairs):
            yield each


def _neutral(word: str, code: str) -> bool:
    """Whether a word says nothing against an address: its designator, a state, or a postcode."""
    if word in _KINDS:
        return False
    if word in UNITS or (len(word) == _REGION and word.isalpha()):
        return True
    return not code and _POSTAL.fullmatch(word) is not None


def unit_of(point: Point) -> tuple[str, ...]:
    """The part of a house without the word for parts."""
    return tuple(each for each in words(point.unit) if each not in UNITS)


def asked_unit(rest: Sequence[str]) -> tuple[str, ...]:
    """The part of a house that a text asks for, if it does."""
    for index, each in enumerate(rest):
        value = rest[index + 1 : index + 2]
        if each in UNITS and value and (len(value[0]) == 1 or any(map(str.isdigit, value[0]))):
            return tuple(value)
    return ()


def without(told: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Words without others, each taken once."""
    left = list(told)
    for each in taken:
        if each in left:
            left.remove(each)
    return left


def _without_code(told: list[str], code: str) -> list[str]:
    """Words without a postcode, which may stand in two, and with more than the register has."""
    for index in range(len(told) if code else 0):
        for end in (index + 1, index + 2):
            if _same_code("".join(told[index:end]), code):
                return told[:index] + told[end:]
    return told


def _same_code(told: str, code: str) -> bool:
    """Whether a postcode is another, or goes on; a sheet takes the nought from 02119."""
    if told.isdigit() and code.isdigit() and "0" in (told[0], code[0]):
        told, code = told.lstrip("0"), code.lstrip("0")
        return told == code
    return told.startswith(code)
