"""Who waits for a change, and what wakes them: one task looks at the feed for all of a worker.

It looks at the feeds of those cities that somebody waits for, four times a second, by one cheap
question each. Nothing is told by who writes: a NOTIFY in each transaction takes a lock that all
commits of a database share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from open311.errors import Open311Error, Unavailable
from open311.log import Seldom
from open311.spec.changes import Place

__all__ = ["Watch"]

_LOG = structlog.get_logger()

_SECONDS = 0.25
_MOST = 1000  # who wait at a time; each holds a connection, and is woken with all of its city
_AGAIN = 5  # seconds after which one more may try


class Watch:
    """Those who wait, by city."""

    def __init__(self, last: Callable[[str], Awaitable[Place]], most: int = _MOST) -> None:
        """Nobody waits yet.

        Args:
            last: what tells the place of the last change of a city.
            most: who may wait at a time.
        """
        self._last, self._most = last, most
        self._waiting: dict[str, dict[asyncio.Future[None], Place]] = {}
        self._count = 0
        self._somebody = asyncio.Event()
        self._trouble = Seldom("feed_unwatched")
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._count

    def admit(self) -> None:
        """Let one more wait.

        Raises:
            Unavailable: so many wait already.
        """
        if self._count >= self._most:
            raise Unavailable("Too many wait for changes; ask without wait.", retry_after=_AGAIN)

    async def wait(self, jurisdiction_id: str, after: Place, seconds: float) -> None:
        """Come back when something is told after a place, when the time is over, or at the end.

        Raises:
            Unavailable: so many wait already.
        """
        if self.closed or seconds <= 0:
            return
        self.admit()
        woken = asyncio.get_running_loop().create_future()
        city = self._waiting.setdefault(jurisdiction_id, {})
        city[woken] = after
        self._count += 1
        self._somebody.set()
        try:
            await asyncio.wait([woken], timeout=seconds)
        finally:
            self._count -= 1
            del city[woken]
            if not city and self._waiting.get(jurisdiction_id) is city:
                del self._waiting[jurisdiction_id]

    async def keep(self) -> None:
        """Look for ever, while somebody waits."""
        while True:
            if not self._waiting:
                self._somebody.clear()
                await self._somebody.wait()
            try:
                for jurisdiction_id in [*self._waiting]:
                    self._wake(jurisdiction_id, await self._last(jurisdiction_id))
                self._trouble.over()
            except Open311Error as error:
                self._trouble.tell(problem=error.problems[0])
            except Exception as error:  # noqa: BLE001 - they wait on, and are told at the end
                _LOG.error("feed_unwatched", exc_info=error)
            await asyncio.sleep(_SECONDS)

    def _wake(self, jurisdiction_id: str, last: Place) -> None:
        for woken, after in self._waiting.get(jurisdiction_id, {}).items():
            if after < last and not woken.done():
                woken.set_result(None)

    def close(self) -> None:
        """Wake everybody, and let nobody wait any more: the server stops."""
        self.closed = True
        for city in self._waiting.values():
            for woken in city:
                if not woken.done():
                    woken.set_result(None)
