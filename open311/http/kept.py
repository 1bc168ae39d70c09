"""Rendered answers: kept until a city changes, or for a second, as many as have room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter
from typing import TypeAlias

import msgspec

from open311.http.answers import Page

__all__ = ["Brief", "Key", "Moment", "Pages"]

Key: TypeAlias = tuple[str, bytes, str, str]
"""Path, query, content coding, and the language that is wanted most."""

_BESIDE = 2_000  # bytes of headers and key


class Pages(dict[Key, Page]):
    """Pages by what asks for them. They are few by nature (`Call.is_usual`), but some are large."""

    def __init__(self, room: int = 20_000_000) -> None:
        """Keep what fits into so many bytes; where the next one does not, begin anew."""
        super().__init__()
        self._room = self._free = room

    def keep(self, key: Key, page: Page) -> None:
        """Keep a page, unless it alone is too large."""
        size = len(page.body["body"]) + _BESIDE
        if size > self._room or key in self:
            return
        if size > self._free:
            self.clear()
        self[key] = page
        self._free -= size

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._free = self._room


class Moment(msgspec.Struct, frozen=True):
    """When an answer was begun, and after how many writes of this worker."""

    time: float
    writes: int


class Brief:
    """Pages that are shown again for a second, and not beyond a write of this worker.

    A page is as old as the moment before its first question to the database. It is kept where
    nothing was written here since then: so none is ever shown that a write of this worker, once
    answered, has made wrong, and none that is older than a second.

    Only what has been asked for in this second or the last one is kept, since a poller that asks
    for what is new to itself never comes again with the same URL.
    """

    def __init__(
        self,
        clock: Callable[[], float] = perf_counter,
        seconds: float = 1.0,
        room: int = 4_000_000,
        names: int = 5_000,
    ) -> None:
        """Keep what fits into so many bytes; the oldest goes first.

        Args:
            clock: seconds, never back.
            seconds: the second; less, where what is read may be old itself.
            room: bytes.
            names: of pages that were asked for and are not kept; so many are remembered, twice.
        """
        self.clock, self.seconds = clock, seconds
        self._room = self._free = room
        self._kept: OrderedDict[Key, tuple[float, Page]] = OrderedDict()  # the oldest first
        self._writes = 0
        self._most = names
        self._asked: set[int] = set()
        self._asked_before: set[int] = set()
        self._turned = clock()

    def now(self) -> Moment:
        """The moment before something is read."""
        return Moment(self.clock(), self._writes)

    def get(self, key: Key) -> Page | None:
        """A page that is not older than a second."""
        found = self._kept.get(key)
        if found is None or self.clock() - found[0] > self.seconds:
            return None
        return found[1]

    def keep(self, key: Key, page: Page, since: Moment) -> None:
        """Keep a page that was begun at a moment, if it may be and is worth it."""
        if since.writes != self._writes or not self._is_worth_it(key):
            return
        size = len(page.body["body"]) + _BESIDE
        if size > self._room:
            return
        self._drop(key)
        while self._free < size:
            self._drop(next(iter(self._kept)))
        self._kept[key] = since.time, page
        self._free -= size

    def _is_worth_it(self, key: Key) -> bool:
        now, name = self.clock(), hash(key)
        if now - self._turned > self.seconds or len(self._asked) >= self._most:
            lasted = now - self._turned < 2 * self.seconds
            self._asked_before = self._asked if lasted else set()
            self._asked, self._turned = set(), now
        known = name in self._asked or name in self._asked_before
        self._asked.add(name)
        return known

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone:
            self._free += len(gone[1].body["body"]) + _BESIDE

    def written(self) -> None:
        """Forget all: this worker has changed something, or may have."""
        self._writes += 1
        self._kept.clear()
        self._free = self._room
