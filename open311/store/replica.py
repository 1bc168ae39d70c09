"""Reads by copies of the database, as long as these are as fresh as promised.

A copy (a hot standby) is used for what it is known to have: positions in the write-ahead log are
asked for four times a second, and at once after a write of this worker. What a copy has replayed is
held against what the primary had a moment before: the latest such moment that it has reached says
how old its answers are. Beyond 0.6 seconds it is not asked, nor before it has what this worker has
written; then the primary answers, as it does where a copy does not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic

import structlog

from open311.errors import Open311Error, Unavailable
from open311.log import Seldom
from open311.store.db import Connections, Row
from open311.store.dialing import hosts

__all__ = ["FRESH_SECONDS", "Replicated"]

FRESH_SECONDS = 0.6
"""How old the answer of a copy may be."""

_POLL, _SOON = 0.25, 0.02  # seconds between two looks; the latter while a write is waited for
_ANSWER = 0.5  # seconds that a position may take

_OF_PRIMARY = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
_OF_COPY = """
select case when pg_is_in_recovery()
  then pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint end
"""
"""Nothing, where it is a copy no more: whatever it has then is no part of the primary's log."""

_LOG = structlog.get_logger()


class _Copy:
    """One host, and what is known of it."""

    def __init__(self, dsn: str, role: str, size: int, seconds: float) -> None:
        self.asked = Connections(dsn, role, size=size, seconds=seconds, session="any")
        self._watched = Connections(dsn, role, size=1, seconds=_ANSWER, session="any")
        self.until = 0.0  # on the clock
        self.writes = -1  # that it has
        self.fault = ""

    async def position(self) -> int | None:
        try:
            found: int | None = (await self._watched.fetch(_OF_COPY))[0][0]
        except Open311Error as error:
            self.fault = error.problems[0]
            return None
        self.fault = "It has not replayed what the primary had 0.6 s ago."
        return found

    async def close(self) -> None:
        await self.asked.close()
        await self._watched.close()


class Replicated(Connections):
    """Connections that read from copies where these are fresh, and else from the primary."""

    def __init__(
        self,
        dsn: str,
        copies: str,
        role: str,
        *,
        size: int,
        seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Know nothing of any copy yet, and so use none.

        Args:
            dsn: of the primary.
            copies: of one copy, or of several hosts, which then take turns.
            role: as whom.
            size: connections, to the primary and to each copy.
            seconds: for everything; a copy has half of them, so that the primary has the rest.
            clock: seconds, never back.
        """
        super().__init__(dsn, role, size=size, seconds=seconds)
        self._copies = [_Copy(each, role, size, seconds / 2) for each in hosts(copies)]
        self._primary = Connections(dsn, role, size=1, seconds=_ANSWER)
        self._clock, self._writes, self._turn = clock, 0, 0
        self._seen: deque[tuple[float, int, int]] = deque(maxlen=100)  # when, where, our writes
        self._wrote = asyncio.Event()
        self._trouble = Seldom("replica_behind")
        self.changed: Callable[[bool], None] = lambda _: None
        """Called when copies begin or cease to be used."""
        self._is_used = False

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """The rows of one statement, of a copy or of the primary.

        Raises:
            Unavailable: the primary does not answer in time either.
        """
        async with self.deadline():
            found = await self._of_copy(sql, values)
            return await super().fetch(sql, *values) if found is None else found

    async def find(self, sql: str, *values: object) -> list[Row]:
        """The same; where a copy has no row, the primary is asked before that is believed."""
        async with self.deadline():
            return await self._of_copy(sql, values) or await super().fetch(sql, *values)

    async def _of_copy(self, sql: str, values: tuple[object, ...]) -> list[Row] | None:
        copy = self._best()
        if copy is not None:
            with suppress(Unavailable):
                return await copy.asked.fetch(sql, *values)
            copy.until = 0.0  # until it is seen to be well
        return None

    @property
    def surely(self) -> Connections:
        """A look-up of one thing: what another worker has written a moment ago is found, too."""
        return _Surely(self)

    def written(self) -> None:
        """Read from the primary until a copy has what was written."""
        self._writes += 1
        self._wrote.set()

    def _best(self) -> _Copy | None:
        now = self._clock()
        fit = [each for each in self._copies if now < each.until and each.writes == self._writes]
        if not fit:
            return None
        self._turn += 1
        return fit[self._turn % len(fit)]

    async def keep(self) -> None:
        """Watch the primary and its copies for ever."""
        while True:
            self._wrote.clear()
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look may be a better one
                _LOG.error("replica_unknown", exc_info=error)
            if any(self._clock() < each.until for each in self._copies):
                behind = any(each.writes != self._writes for each in self._copies)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SOON if behind else _POLL):
                        await self._wrote.wait()
                await asyncio.sleep(0.002)  # writes that come together are looked after together
            else:
                await asyncio.sleep(_POLL)

    async def look(self) -> None:
        """See where the primary is, then where its copies are."""
        moment, writes = self._clock(), self._writes
        with suppress(Open311Error):
            position: int = (await self._primary.fetch(_OF_PRIMARY))[0][0]
            self._seen.append((moment, position, writes))
        places = await asyncio.gather(*(each.position() for each in self._copies))
        for copy, place in zip(self._copies, places, strict=True):
            reached = [each for each in self._seen if place is not None and each[1] <= place]
            since, _, copy.writes = max(reached, default=(-FRESH_SECONDS, 0, -1))
            copy.until = since + FRESH_SECONDS
        self._tell(any(self._clock() < each.until for each in self._copies))

    def _tell(self, is_used: bool) -> None:
        if is_used is not self._is_used:
            self._is_used = is_used
            self.changed(is_used)
        if is_used:
            self._trouble.over()
        else:
            self._trouble.tell(problems=[each.fault for each in self._copies])

    async def close(self) -> None:
        """End every idle connection."""
        await super().close()
        await self._primary.close()
        for each in self._copies:
            await each.close()


class _Surely(Connections):
    def __init__(self, whole: Replicated) -> None:
        self._whole = whole

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        return await self._whole.find(sql, *values)

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        async with self._whole.deadline():
            yield
