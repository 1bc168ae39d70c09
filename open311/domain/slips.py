"""Which street may be meant by one that no register has: misspelt, or told in part.

What is told of a street is never taken back: its type, its direction, a number in it. What is not
told may be added, where it leaves one street; and a street that exists is never another, misspelt.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import takewhile

from open311.domain.spellings import DIRECTIONS, TYPES

__all__ = ["agree", "beginnings", "plain", "slips"]

Alike = tuple[str, str, float]
"""A street as it was asked for, one of the register, and how much they are alike, from 0 to 1."""

_LIKE = 0.4
"""The least likeness (of trigrams) of a street to one that is misspelt, by one letter."""

_SHORTEST, _LONG = 5, 7  # letters of a name of which one may be missing, and may be another
_PAIR = 2  # letters that changed places

_SAME = 0.99
"""The likeness of a street that is told in part, whatever it is that is not told."""


def slips(alike: Sequence[Alike], there: Container[str]) -> list[Alike]:
    """Those of some streets that may be meant.

    Args:
        alike: in any order; every street of the same name among them.
        there: which of those asked for, and of their `plain` ones, the register has.
    """
    same = {(asked, street) for asked, street, _ in alike if _cores(street)[-1] in _cores(asked)}
    told = {asked for asked, _ in same}
    found = []
    for asked, street, likeness in alike:
        known = (asked, street) in same
        if asked in there or (asked in told and not known) or not agree(asked, street):
            continue
        if (bare := plain(asked, street)) != street and bare in there:
            continue
        if known or likeness >= _LIKE:
            found.append((asked, street, _SAME if known else min(likeness, _SAME)))
    return found


def plain(asked: str, street: str) -> str:
    """A street without the directions at its ends that nobody asked for.

    >>> plain("main st", "n main st"), plain("n main st", "n main st")
    ('main st', 'n main st')
    """
    told, more = street.split(), DIRECTIONS.difference(asked.split())
    while len(told) > 1 and told[0] in more:
        told = told[1:]
    while len(told) > 1 and told[-1] in more:
        told = told[:-1]
    return " ".join(told)


def agree(asked: str, street: str) -> bool:
    """Whether a street may be another, misspelt or with more of it.

    A number in it, another type or direction, a word more, another first letter or a second letter
    is no slip, nor is any in a name as short as Elm, nor another letter in one like Walter.

    >>> agree("waren st", "warren st"), agree("waren", "warren st"), agree("15th st", "5th st")
    (True, True, False)
    >>> agree("warren st", "warren ave"), agree("n main st", "main st")
    (False, False)
    >>> agree("prince st", "princeton st"), agree("elk st", "elm st")
    (False, False)
    """
    one, other = asked.split(), street.split()
    if _numeric(one) != _numeric(other) or not street.startswith((*beginnings(asked),)):
        return False
    if not {each for each in one if each in DIRECTIONS or each in TYPES} <= set(other):
        return False
    name, (whole, *bare) = _cores(street)[-1], _cores(asked)
    if not bare or (len(whole) == len(name) and whole[-1] == name[-1]):
        return _one_slip(" ".join(whole), " ".join(name))
    return _one_slip(" ".join(bare[0]), " ".join(name))


def _one_slip(asked: str, name: str) -> bool:
    """Whether a letter is missing, too many, another, or in the place of the next one."""
    if min(len(asked), len(name)) < _SHORTEST:
        return asked == name
    begin = _alike(asked, name)
    end = _alike(asked[begin:][::-1], name[begin:][::-1])
    one, other = asked[begin : len(asked) - end], name[begin : len(name) - end]
    if len(one) == len(other) == 1:
        return len(name) >= _LONG  # Walter is no Walker
    return max(len(one), len(other)) <= 1 or (len(one) == _PAIR and one == other[::-1])


def _alike(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def beginnings(asked: str) -> list[str]:
    """How a street may begin that is misspelt: with its first letter, and maybe a direction.

    >>> beginnings("n main st")
    ['m', 'n m']
    """
    first, *rest = asked.split()
    if first in DIRECTIONS and rest:
        return [rest[0][0], f"{first} {rest[0][0]}"]
    return [first[0], *(f"{each} {first[0]}" for each in sorted(DIRECTIONS))]


def _cores(street: str) -> list[tuple[str, ...]]:
    """The name in a street: without directions at its ends, and then without its type, too."""
    told = street.split()
    while told[0] in DIRECTIONS and _has_name(told[1:]):
        told = told[1:]
    while told[-1] in DIRECTIONS and _has_name(told[:-1]):
        told = told[:-1]
    cores = [tuple(told)]
    return [*cores, tuple(told[:-1])] if len(told) > 1 and told[-1] in TYPES else cores


def _has_name(told: Sequence[str]) -> bool:
    """Whether there is more than a type of street, which would be no name: as in E Street."""
    return len(told) > 1 or (len(told) == 1 and told[0] not in TYPES)


def _numeric(told: Iterable[str]) -> set[str]:
    return {each for each in told if any(map(str.isdigit, each))}
