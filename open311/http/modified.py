"""Since when an answer has been the same: Last-Modified, and whether a 304 by it is right.

A date can promise less than a tag: a list may change and change back, and two workers know of a
change at different moments. So the date is that of the city, not of the answer. A worker looks
whether anything of the city has changed since its last look: a transaction that was not seen then
has a number not below the oldest one that ran then, so if no row has such a number now, nothing
has changed between the two looks, however long ago the first one was. And as lists also change by
the clock alone, when requests grow too old for them, a worker notes since when, after the last
change, it has seen the very same answer at a URL: call that moment `m`. By the clock alone no list
ever becomes again what it was, so whatever was answered after m is what is answered now.

A copy that was answered after m + 1 was at most a second old, on any worker, so of a moment after
m: it is what is answered now. And it was answered not before the date that it carries. So `m + 2`
is sent, once it is over, and from `m + 1` on a date is good for a 304: a second of grace, since
workers look at different moments. Clocks of several hosts are taken to be right within a second.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from math import ceil

from open311.errors import Open311Error

__all__ = ["GRACE", "Modified"]

GRACE = 1
"""Seconds that a client's date may be before ours, at most."""

_LATER = 2  # seconds after the last change
_AGAIN = 0.5  # seconds after a look, the next
_MOST = 5_000  # URLs whose answers are remembered


class Modified:
    """What one worker knows of the last changes."""

    def __init__(
        self, now: Callable[[], datetime], newest: Callable[[str], Awaitable[tuple[int, int]]]
    ) -> None:
        """Know nothing.

        Args:
            now: the clock.
            newest: the newest change of a city that can be seen, and what is yet to come.
        """
        self._now, self._newest = now, newest
        self._read = self._second()
        self._looked: dict[str, float] = {}
        self._moved: dict[str, int] = {}
        self._coming: dict[str, int] = {}
        self._seen: OrderedDict[int, tuple[bytes, int]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def _second(self) -> int:
        return ceil(self._now().timestamp())

    def cities_read(self) -> None:
        """Hear that the cities were read anew."""
        self._read = self._second()

    def of_cities(self) -> int:
        """The date of what holds until a city changes, seconds since 1970; 0: it is too early."""
        return self._over(self._read)

    def of(self, jurisdiction_id: str, name: int, tag: bytes) -> int:
        """The date of what else is told of a city, likewise.

        It is good for a 304 only just after a look.

        Args:
            jurisdiction_id: the city.
            name: hash of the URL and of all that chooses the answer.
            tag: of the answer.
        """
        if jurisdiction_id not in self._moved:
            return 0
        moved = max(self._moved[jurisdiction_id], self._read)
        known, since = self._seen.pop(name, (b"", 0))
        if known != tag or since < moved:
            since = self._second()
        self._seen[name] = tag, since
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return self._over(since)

    def _over(self, second: int) -> int:
        return second + _LATER if second + _LATER <= self._now().timestamp() else 0

    async def look(self, jurisdiction_id: str) -> None:
        """See whether anything of a city has changed.

        Raises:
            Unavailable: nobody can tell.
        """
        began = self._now().timestamp()
        newest, coming = await self._newest(jurisdiction_id)
        if newest >= self._coming.get(jurisdiction_id, 0):  # so also at the first look
            self._moved[jurisdiction_id] = self._second()
        self._coming[jurisdiction_id], self._looked[jurisdiction_id] = coming, began

    def look_soon(self, jurisdiction_id: str) -> None:
        """See to it after this answer, unless it has been looked at a moment ago."""
        if abs(self._now().timestamp() - self._looked.get(jurisdiction_id, 0.0)) > _AGAIN:
            self._looked[jurisdiction_id] = self._now().timestamp()
            task = asyncio.create_task(self._look(jurisdiction_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what still looks, and with it its connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self, jurisdiction_id: str) -> None:
        with suppress(Open311Error):  # then there is no date
            await self.look(jurisdiction_id)
