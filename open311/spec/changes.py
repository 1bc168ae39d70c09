"""The feed of changes: its answer, and what it is asked with.

A change has a place in the feed: the number of the transaction that made it, then a number that no
other change of that transaction has. A cursor is a place, and asks for what comes after it.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from open311.errors import Invalid
from open311.spec import submission
from open311.spec.documents import Document, Part, ServiceRequest
from open311.spec.submission import Pairs

__all__ = [
    "BEGINNING",
    "LONGEST_WAIT",
    "Asked",
    "Change",
    "Changes",
    "Event",
    "Place",
    "cursor",
    "read",
]

Place: TypeAlias = tuple[int, int]
"""The number of a transaction, and one of a change in it; both from 0 to 2**63 - 1."""

BEGINNING: Place = (0, 0)
"""Before every change."""

LONGEST_WAIT = 60
"""Seconds that an answer may be held back for."""

Event: TypeAlias = Literal["created", "changed", "withdrawn"]

_CURSOR = re.compile(r"([0-9]{1,19})-([0-9]{1,19})", re.ASCII)
_MOST_PLACE = 2**63 - 1
_NOW = frozenset(("now", "latest"))
_DIGITS = 6  # of the numbers that may be asked with


class Change(Part, frozen=True, gc=False):
    """The last thing that happened to a request, and the request as it is since.

    It is `created` for who has not been told of it before; a withdrawn one has no `request`.
    """

    cursor: str
    event: Event
    service_request_id: str
    request: ServiceRequest | None


class Changes(Document, frozen=True):
    """GET changes: what was created, changed and withdrawn, in the order in which it counts."""

    changes: tuple[Change, ...]


class Asked(msgspec.Struct, frozen=True):
    """What is asked of the feed."""

    after: Place | None  # None: only where it ends now
    limit: int  # changes
    wait: int  # seconds, for the first change


def cursor(place: Place) -> str:
    """A place as clients are told it.

    >>> cursor((7, 100001))
    '7-100001'
    """
    return f"{place[0]}-{place[1]}"


def read(pairs: Pairs, *, usual: int, most: int, last: str = "") -> Asked:
    """Read a question for changes.

    Args:
        pairs: the arguments; without `after` all is told, from the beginning.
        usual: the default `limit`.
        most: the largest `limit`.
        last: what a client says that it has seen; beats `after`.

    Raises:
        Invalid: with every fault, each naming its argument.
    """
    problems: list[str] = []
    text = last or submission.argument(pairs, "after") or ""
    after = _place(text, "Last-Event-ID" if last else "after", problems)
    limit = _number(pairs, "limit", (1, usual, most), problems)
    wait = _number(pairs, "wait", (0, 0, LONGEST_WAIT), problems)
    if problems:
        raise Invalid(*problems)
    return Asked(after, limit, wait)


def _place(text: str, name: str, problems: list[str]) -> Place | None:
    if not text:
        return BEGINNING
    if text.lower() in _NOW:
        return None
    found = _CURSOR.fullmatch(text)
    if found and max(place := (int(found[1]), int(found[2]))) <= _MOST_PLACE:
        return place
    problems.append(f"{name}: {text[:60]!r} is no cursor of this feed.")
    return BEGINNING


def _number(pairs: Pairs, name: str, bounds: tuple[int, int, int], problems: list[str]) -> int:
    """A whole number; `bounds` are the least, the usual and the most that it may be."""
    least, usual, most = bounds
    text = submission.argument(pairs, name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else -1
    if not least <= number <= most:
        problems.append(f"{name}: {text[:40]!r} is not a whole number from {least} to {most}.")
        return usual
    return number
