"""Text that fits a pattern which a city wrote for the answers to a question.

Knows what patterns on forms are made of: characters, classes, groups, choices, and how often. Who
asks for more (flags, names of Unicode) gets nothing; and who gets something tries it against the
engine itself, because what stands around an anchor is not looked at.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["Maker", "maker"]

Maker: TypeAlias = Callable[[random.Random], str]

_DIGITS, _WORDS = string.digits, string.ascii_letters + string.digits
_PRINTED = _WORDS + string.punctuation + " "
_CLASSES = {
    "d": _DIGITS,
    "w": _WORDS,
    "s": " ",
    "D": string.ascii_letters,
    "W": " -",
    "S": _WORDS,
    "t": "\t",
    "n": "\n",
}
_EDGES = "bAz"
_DEEPEST = 20  # groups in groups
_MORE = 4  # beyond the fewest, where there is no end
_OFTEN = re.compile(r"([*+?]|\{(\d+)(?:(,)(\d*))?\})\??")
_OPENING = re.compile(r"\((?:\?:|\?P?<\w+>|(?!\?))")


def maker(pattern: str) -> Maker | None:
    """What makes texts that should fit a pattern; None: it cannot be told how.

    >>> maker("^LP[0-9]{4}$")(random.Random(1))
    'LP6669'
    """
    reader = _Reader(pattern)
    try:
        made = reader.choice()
    except (ValueError, IndexError):
        return None
    return made if reader.at == len(pattern) else None


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.text, self.at, self.depth = pattern, 0, 0

    def choice(self) -> Maker:
        """Alternatives, up to the end of the group."""
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return lambda rng: rng.choice(options)(rng)

    def _sequence(self) -> Maker:
        parts: list[Maker] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._often(self._one()))
        return lambda rng: "".join([part(rng) for part in parts])

    def _often(self, one: Maker) -> Maker:
        found = _OFTEN.match(self.text, self.at)
        if not found:
            return one
        self.at = found.end()
        fewest, most = _times(found)
        return lambda rng: "".join([one(rng) for _ in range(rng.randint(fewest, most))])

    def _one(self) -> Maker:
        if opening := _OPENING.match(self.text, self.at):
            self.at = opening.end()
            return self._group()
        letter = self._next()
        if letter in "^$":
            return lambda _: ""
        if letter in "(*+?{":
            raise ValueError("not known")
        if letter == "[":
            return _any(self._class())
        return _any(_WORDS if letter == "." else self._meant(letter))

    def _group(self) -> Maker:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError("not known")
        group = self.choice()
        if not self._skip(")"):
            raise ValueError("the group has no end")
        self.depth -= 1
        return group

    def _meant(self, letter: str) -> str:
        """What a character stands for."""
        if letter != "\\":
            return letter
        letter = self._next()
        if letter in _EDGES:
            return ""
        if letter.isalnum() and letter not in _CLASSES:
            raise ValueError("not known")
        return _CLASSES.get(letter, letter)

    def _class(self) -> str:
        """The characters of a class, as [A-Z0-9] or [^,]."""
        without, found = self._skip("^"), ""
        while not (found and self._skip("]")):
            letter = self._next()
            if letter == "[" and self.text[self.at] == ":":
                raise ValueError("not known")
            found += (first := self._meant(letter))
            if len(first) == 1 and self.text[self.at] == "-" and self.text[self.at + 1] != "]":
                self.at += 1
                last = self._meant(self._next())
                found += "".join(map(chr, range(ord(first), ord(last[:1] or first) + 1)))
        return "".join(each for each in _PRINTED if each not in found) if without else found

    def _next(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def _skip(self, letter: str) -> bool:
        there = self.text.startswith(letter, self.at)
        self.at += there
        return there


def _times(found: re.Match[str]) -> tuple[int, int]:
    if not found[2]:
        return {"*": (0, _MORE), "+": (1, 1 + _MORE), "?": (0, 1)}[found[1]]
    fewest = int(found[2])
    most = int(found[4]) if found[4] else fewest + _MORE
    return fewest, most if found[3] else fewest


def _any(letters: Sequence[str]) -> Maker:
    return (lambda rng: rng.choice(letters)) if letters else lambda _: ""
