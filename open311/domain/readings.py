"""Every way to read the text of an address: which word is its number, and where its street ends."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from open311.domain.addresses import MOST_WORDS, NONE, Number, house, words

__all__ = ["Reading", "readings"]

_NUMBERS = 3  # words of a text that may be its house number
_WORDS = 60  # of a text that are looked at


class Reading(msgspec.Struct, frozen=True):
    """One way to read a text: a house number, the words of a street, and what is left over."""

    number: Number
    street: str
    rest: tuple[str, ...]


def readings(text: str) -> list[Reading]:
    """Every way to read a text; the number stands before the street, after it, or nowhere."""
    told = words(text)[:_WORDS]
    found = dict.fromkeys((*_after(told), *_before(told), *_streets(NONE, (), told)))
    return list(found)


def _after(told: tuple[str, ...]) -> Iterator[Reading]:
    """The street after its number."""
    at = [index for index in range(len(told)) if house(told[index:])]
    for index in at[:_NUMBERS]:
        for number, taken in house(told[index:]):
            yield from _streets(number, told[:index], told[index + taken :])


def _before(told: tuple[str, ...]) -> Iterator[Reading]:
    """The street before its number, as most of Europe writes."""
    at = [index for index in range(1, len(told)) if house(told[index:])]
    for index in at[:_NUMBERS]:
        if index <= MOST_WORDS:
            for number, taken in house(told[index:]):
                yield Reading(number, " ".join(told[:index]), told[index + taken :])


def _streets(number: Number, before: tuple[str, ...], told: tuple[str, ...]) -> Iterator[Reading]:
    for end in range(1, min(len(told), MOST_WORDS) + 1):
        yield Reading(number, " ".join(told[:end]), (*before, *told[end:]))
