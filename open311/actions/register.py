"""The cities and keys that a worker keeps in memory, and how they stay fresh.

Read whole when the worker starts, and again whenever PostgreSQL announces a change. When the
listening connection is lost, announcements may be lost with it: so everything is read again as
soon as there is a new one. Until the first reading, and while the settings of the database would
lose acknowledged requests, every question is Unavailable.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from time import monotonic
from types import MappingProxyType

import structlog

from open311.domain.city import City, Client
from open311.errors import Invalid, NotFound, Open311Error, Unavailable
from open311.log import Seldom
from open311.spec import languages
from open311.store import cities, clients, db

__all__ = ["Register"]

_LATE = 0.05  # seconds after a version begins, so that PostgreSQL surely says that it has
_HEADERS, _LONGEST = 1000, 500  # that are remembered, and bytes of each that are read
_CHECK_SECONDS = 5.0  # how long a setting may be unsafe before every question is Unavailable

_LOG = structlog.get_logger()


class Register:
    """What a worker knows of its cities. `changed` is called after every reading."""

    def __init__(self, dsn: str, writes: db.Connections, *, allow_unsafe: bool) -> None:
        """Know nothing yet."""
        self._dsn, self._writes, self._allow_unsafe = dsn, writes, allow_unsafe
        self._stale = asyncio.Event()
        self._due = math.inf  # when a version begins or ends by itself, on the monotonic clock
        self._trouble = Seldom("database_unavailable")
        self.tried = asyncio.Event()  # the cities have been read, or cannot be
        self._cities: Mapping[str, City] = MappingProxyType({})
        self._clients: Mapping[bytes, Client] = MappingProxyType({})
        self.languages: tuple[str, ...] = ()  # that any of its cities speaks
        self._wanted: dict[bytes, tuple[str, ...]] = {}  # of these, by Accept-Language
        self.why_not: str | None = "The cities have not been read yet."
        self.changed: Callable[[], None] = lambda: None

    @property
    def cities(self) -> tuple[City, ...]:
        """Every city, by its id.

        Raises:
            Unavailable: there is none to speak of.
        """
        if not self._cities:
            raise Unavailable(self.why_not or "This server has no jurisdiction yet.")
        return tuple(self._cities.values())

    def city(self, jurisdiction_id: str | None) -> City:
        """The city asked for; where there is but one, nobody has to ask.

        Raises:
            Invalid: several cities and none named (GR-S-05).
            NotFound: no such city.
        """
        cities = self.cities
        if jurisdiction_id is None:
            if len(cities) > 1:
                several = ", ".join(self._cities)
                raise Invalid(f"jurisdiction_id is required; there are: {several[:500]}.")
            return cities[0]
        found = self._cities.get(jurisdiction_id)
        if found is None:
            raise NotFound(f"jurisdiction_id: there is no jurisdiction {jurisdiction_id!r}.")
        return found

    def client(self, key_hash: bytes) -> Client | None:
        """The holder of a key, by its SHA-256."""
        if self.why_not:
            raise Unavailable(self.why_not)
        return self._clients.get(key_hash)

    def wanted(self, header: bytes) -> tuple[str, ...]:
        """The languages of its cities that an Accept-Language asks for, the best first."""
        header = header[:_LONGEST]
        found = self._wanted.get(header)
        if found is None:
            if len(self._wanted) >= _HEADERS:
                self._wanted.clear()
            asked = languages.accepted(header.decode("latin-1"))
            found = self._wanted[header] = languages.ranked(asked, self.languages)
        return found

    async def keep(self) -> None:
        """Stay fresh for ever; outlives any state of the database."""
        while True:
            listening = asyncio.create_task(db.listen(self._dsn, cities.CHANNEL, self._stale.set))
            try:
                await self._reread(listening)
            except Open311Error as error:
                cause = type(error.__cause__).__qualname__
                self._trouble.tell(problem=error.problems[0], cause=cause)
            except Exception as error:  # noqa: BLE001 - as a schema that is not there yet
                _LOG.error("cities_unread", exc_info=error)
            finally:
                self.tried.set()
                listening.cancel()
                await asyncio.wait([listening])
            await asyncio.sleep(0.5)

    async def _reread(self, listening: asyncio.Task[None]) -> None:
        """Read whenever something changed, until the listener ends."""
        while True:
            stale = asyncio.create_task(self._stale.wait())
            patience = max(0.0, min(_CHECK_SECONDS, self._due - monotonic()))
            await asyncio.wait(
                [stale, listening], timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            stale.cancel()
            if listening.done():
                listening.result()
            await self._check()
            if self._stale.is_set() or monotonic() >= self._due:
                self._stale.clear()
                await self._read()

    async def _check(self) -> None:
        """Know no city while the database would lose acknowledged requests.

        Asked on a new connection: a setting of the role or of the database counts from there on.
        Connections that were made meanwhile have it too, so none is kept.
        """
        fresh = db.Connections(self._dsn, db.WRITER, size=1, seconds=db.CONNECT_SECONDS)
        unsafe = await db.unsafe_settings(fresh)
        await fresh.close()
        if unsafe and not self._allow_unsafe:
            self.why_not = f"The database would lose acknowledged requests: {', '.join(unsafe)}."
            self._cities = MappingProxyType({})
            self.changed()
            await self._writes.close()
            raise Unavailable(self.why_not)

    async def _read(self) -> None:
        """Read everything, then swap it in as one."""
        began = monotonic()
        found: dict[str, City] = {}
        keys: dict[bytes, Client] = {}
        for row in await cities.directory(self._writes):
            try:
                async with self._writes.transaction(row[0], still=True) as transaction:
                    keys |= await clients.read(transaction, row[0])
                    found[row[0]] = await cities.read(transaction, row, self._cities.get(row[0]))
            except Open311Error:
                raise
            except Exception as error:  # noqa: BLE001 - one city must not hold up the others
                _LOG.error("city_unread", jurisdiction_id=row[0], exc_info=error)
        self._cities, self._clients = MappingProxyType(found), MappingProxyType(keys)
        self.languages = tuple({each: None for city in found.values() for each in city.languages})
        self._wanted.clear()
        coming = [city.changes_in for city in found.values() if city.changes_in is not None]
        self._due = began + min(coming, default=math.inf) + _LATE
        self._trouble.over()
        self.why_not = None if found else "This server has no jurisdiction yet."
        self.tried.set()
        self.changed()
        _LOG.info("cities_read", cities=len(found), keys=len(keys))
