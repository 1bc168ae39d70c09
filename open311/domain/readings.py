"""Every way to read the text of an address: which word is its number, and where its street ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import msgspec

from open311.domain.addresses import MOST_WORDS, NONE, Number, house, named, parts
from open311.domain.spellings import DIRECTIONS, LEADS, TYPES, UNITS

__all__ = ["Reading", "readings"]

_NUMBERS = 3  # words of a text that may be its house number
_WORDS = 60  # of a text that are looked at
_OF_STREETS = DIRECTIONS | TYPES - UNITS


class Reading(msgspec.Struct, frozen=True):
    """One way to read a text: a house number, the words of a street, and what is left over."""

    number: Number
    street: str
    rest: tuple[str, ...]
    behind: tuple[str, ...] = ()
    """Left over behind the street, a type or a direction that may be of it: only where it is of a
    city's name, too, with the next word, it is none."""


class _Text(msgspec.Struct, frozen=True):
    """The words of a text: as `words` has them, as `parts` has them, and where commas stand."""

    told: tuple[str, ...]
    parted: tuple[str, ...]
    commas: frozenset[int]


def readings(text: str) -> list[Reading]:
    """Every way to read a text; the number stands before the street, after it, or nowhere."""
    there = parts(text)
    parted = tuple(each for part in there for each in part)[:_WORDS]
    told = tuple(LEADS.get(each, each) for each in parted)
    whole = _Text(told, parted, frozenset(accumulate(map(len, there))))
    return list(dict.fromkeys((*_after(whole), *_before(whole), *_streets(NONE, whole, 0, 0))))


def _after(text: _Text) -> Iterator[Reading]:
    """The street after its number."""
    at = [index for index in range(len(text.told)) if house(text.told[index:])]
    for index in at[:_NUMBERS]:
        for number, taken in house(text.told[index:]):
            yield from _streets(number, text, index, index + taken)


def _before(text: _Text) -> Iterator[Reading]:
    """The street before its number, as most of Europe writes."""
    at = [index for index in range(1, len(text.told)) if house(text.told[index:])]
    for index in at[:_NUMBERS]:
        if index <= MOST_WORDS:
            for number, taken in house(text.told[index:]):
                yield Reading(number, named(text.parted[:index]), text.told[index + taken :])


def _streets(number: Number, text: _Text, before: int, begin: int) -> Iterator[Reading]:
    """The streets that begin at a word; those before another are left over.

    One with a comma in it ends at the next: `Main St, South Boston` is never Main St South.
    """
    inner = min((each for each in text.commas if each > begin), default=len(text.told))
    for end in range(begin + 1, min(len(text.told), begin + MOST_WORDS) + 1):
        if end > inner and end not in text.commas:
            continue
        yield Reading(
            number,
            named(text.parted[begin:end]),
            (*text.told[:before], *text.told[end:]),
            _behind(text, end),
        )


def _behind(text: _Text, end: int) -> tuple[str, ...]:
    """What stands behind a street that may be of its name; a comma ends it.

    Behind a type a town may begin, as in Main St South Boston: then with the next word.
    """
    if end in text.commas or end == len(text.told):
        return ()
    if text.told[end] not in _OF_STREETS:
        return ()
    town = text.told[end - 1] in TYPES and end + 1 not in text.commas
    return text.told[end : end + 1 + town]
