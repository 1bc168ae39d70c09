"""An address as it is being typed: which streets it may become, and what is left over of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from open311.domain.addresses import Number, Point, house, parts, words
from open311.domain.spellings import LONG

__all__ = ["LAST", "LEAST", "MOST", "Typed", "goes_on", "typed"]

LEAST, MOST = 2, 200
"""The fewest and the most characters that are looked up."""

LAST = "\U0010ffff"
"""After whatever a street may hold."""

_WHOLE = 3  # letters of a word that may be the beginning of a long form


class Typed(msgspec.Struct, frozen=True):
    """What was typed: a house number, and a street that may go on."""

    number: Number | None
    street: str
    spans: tuple[tuple[str, str], ...]
    """The first and the last street that it may be, in the order of code points."""


def typed(text: str) -> Typed:
    """What an address may become.

    >>> typed("12 warren ave").spans[0] == ("warren ave", "warren ave\U0010ffff")
    True
    """
    told = words(text)
    found = house(told)
    number, taken = found[-1] if found else (None, 0)  # the letter of `12 a` begins a street
    rest, written = told[taken:], [each for part in parts(text) for each in part][taken:]
    if not rest:
        return Typed(number, "", ())
    *whole, last = rest
    spans = [_span(rest, ""), _span(written, "")]  # East Street keeps its word
    if len(last) >= _WHOLE:
        spans += [
            _span([*whole, short], " ")
            for long, short in sorted(LONG.items())
            if long.startswith(last) and not short.startswith(last)
        ]
    return Typed(number, " ".join(rest), tuple(dict.fromkeys(spans)))


def _span(told: Sequence[str], end: str) -> tuple[str, str]:
    """From the words themselves to whatever follows them; `end`: of the last one."""
    text = " ".join(told)
    return text, text + end + LAST


def goes_on(point: Point, rest: Sequence[str]) -> bool:
    """Whether each word that is left over begins one of an address behind its street."""
    own = words(f"{point.unit}, {point.city}, {point.region}, {point.postcode}")
    return all(any(each.startswith(word) for each in own) for word in rest)
