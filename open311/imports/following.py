"""A mirror of another GeoReport server: read once, and then kept fresh by what has changed there.

A server that knows `updated_after` is asked for that, with some overlap, since a change may be seen
later than it is dated. Of one that does not, new requests are read by the time when they were made,
and those that are open here are asked for again, some of them each time.

Up to where it was read is kept, so that it may be stopped at any moment.

Source: GR-Q-03, GR-Q-14, GR-X 10.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from open311.actions import importing
from open311.actions.importing import Outcome, Way
from open311.actions.importing_rows import City
from open311.domain.mappings import Mapping as FileMapping
from open311.errors import Invalid
from open311.formats.record_files import Record
from open311.imports import pages
from open311.imports.calls import Calls, shown
from open311.imports.pages import Page, Place
from open311.spec import w3c_datetime
from open311.store import db, imported, mirrors
from open311.store.mirrors import Mirror

__all__ = ["Follower"]

T = TypeVar("T")

_STEP = timedelta(days=30)  # of a question; servers know limits of 90 days
_SHORTEST = timedelta(seconds=2)  # of one that is halved, where a server knows no pages
_MAY_BE_CUT = 10  # a list whose length is a multiple of it may be
_IDS, _TURNS = 50, 20  # that are asked for again at once, and how often in a round
_SECOND = timedelta(seconds=1)


class Follower(msgspec.Struct, frozen=True):
    """Who follows a server."""

    calls: Calls
    connections: Sequence[db.Connection]
    city: City
    mapping: FileMapping
    place: Place
    way: Way
    observe: Callable[[Outcome], None]
    clock: Callable[[], datetime]
    since: datetime  # aware; requests that were made before are let be, unless they change
    overlap: timedelta = timedelta(minutes=10)

    async def round(self) -> None:
        """Read what is new there since the last time.

        Raises:
            Invalid: the server refuses, or its answers are none; or the source is another server.
            Unavailable: it does not answer, or asks to be left alone.
        """
        mirror = await self._mirror()
        if mirror.tells_changes is None:
            mirror = await self._keep(replace(mirror, tells_changes=await self._tells_changes()))
        if mirror.loaded is not None:
            mirror = await self._made(mirror, mirror.loaded)
        if mirror.tells_changes:
            await self._changes(mirror)
        else:
            await self._again(mirror)

    # --- up to where ---

    async def _mirror(self) -> Mirror:
        url, source = shown(self.place.base), self.mapping.source
        found = await self._stored(lambda t, own: mirrors.find(t, own, source))
        if found is None:
            first = await self._first({"page": "1"})
            now = first.now or self.clock()
            return await self._keep(Mirror(url, None, min(self.since, now), now))
        if found.url != url:
            raise Invalid(f"{source}: is a mirror of {found.url}; name another with --source.")
        return found

    async def _keep(self, mirror: Mirror) -> Mirror:
        await self._stored(lambda t, own: mirrors.keep(t, own, self.mapping.source, mirror))
        return mirror

    async def _stored(self, use: Callable[[db.Connection, str], Awaitable[T]]) -> T:
        own = self.city.jurisdiction_id
        async with db.owning(self.connections[0], own) as transaction:
            return await use(transaction, own)

    # --- what is asked ---

    async def _pages(
        self, arguments: dict[str, str], etag: str | None = None
    ) -> AsyncIterator[Page]:
        """The pages of an answer, each asked for when the one before has been dealt with."""
        found = pages.pages(self.calls, self.place, arguments, etag)
        while page := await asyncio.to_thread(next, found, None):
            yield page

    async def _first(self, arguments: dict[str, str]) -> Page:
        """The first page alone."""
        found = pages.pages(self.calls, self.place, arguments)
        return await asyncio.to_thread(next, found)

    async def _tells_changes(self) -> bool | None:
        """Whether the server knows `updated_after`; None where it has nothing to show it by."""
        newest = _newest((await self._first({})).records)
        if newest is None:
            return None
        after = newest + _SECOND
        try:
            page = await self._first({"updated_after": w3c_datetime.show(after)})
        except Invalid:  # it knows that it does not
            return False
        times = [_updated(each) for each in page.records]
        return all(each is not None and each > newest for each in times)

    async def _in(self, records: Sequence[Record]) -> None:
        """Let requests in; one that stands there twice is taken once."""
        once = {str(each.values.get(pages.ID)): each for each in records if not each.problem}
        faulty = [each for each in records if each.problem]
        await importing.run(
            self.connections,
            self.city,
            self.mapping,
            iter([*faulty, *once.values()]),
            self.way,
            self.observe,
        )

    # --- by the time when they were made ---

    async def _made(self, mirror: Mirror, begins: datetime) -> Mirror:
        """Read requests up to now, or to where reading changes begins."""
        ends = mirror.seen if mirror.tells_changes else await self._now()
        while begins < ends:
            upto = min(begins + _STEP, ends)
            await self._window(begins - self.overlap, upto)
            begins = upto
            mirror = await self._keep(replace(mirror, loaded=upto))
        return await self._keep(replace(mirror, loaded=None)) if mirror.tells_changes else mirror

    async def _now(self) -> datetime:
        return (await self._first({"page": "1"})).now or self.clock()

    async def _window(self, begins: datetime, ends: datetime) -> None:
        """Read all requests of some time, in halves where the server knows no pages."""
        span = {"start_date": w3c_datetime.show(begins), "end_date": w3c_datetime.show(ends)}
        several, count = True, 0
        async for page in self._pages(span):
            if page.again:
                several = False
            else:
                count += len(page.records)
                await self._in(page.records)
        if not several and count % _MAY_BE_CUT == 0 and ends - begins > _SHORTEST:
            middle = begins + (ends - begins) / 2
            await self._window(begins, middle)
            await self._window(middle, ends)

    # --- by the time when they changed ---

    async def _changes(self, mirror: Mirror) -> None:
        """Read what has changed since the last time."""
        now = self.clock()
        while True:
            after = mirror.seen - self.overlap
            arguments = {"updated_after": w3c_datetime.show(after)}
            upto = after + _STEP
            if upto < now:  # stopped for long: servers refuse to look back so far at once
                arguments["updated_before"] = w3c_datetime.show(upto)
            newest, first = mirror.seen, None
            async for page in self._pages(arguments, mirror.etag):
                first = first or page
                await self._in(page.records)
                dated = _newest(page.records) or newest
                newest = max(newest, min(dated, first.now or now))
            if upto < now:
                newest = max(newest, upto)
            etag = first.etag if first and newest == mirror.seen else None
            if (newest, etag) != (mirror.seen, mirror.etag):
                mirror = await self._keep(replace(mirror, seen=newest, etag=etag))
            if upto >= now:
                return

    # --- without being told ---

    async def _again(self, mirror: Mirror) -> None:
        """Ask again for some that are open here, beginning where the last round ended."""
        own, source = self.city.jurisdiction_id, self.mapping.source
        for _ in range(_TURNS):
            after = mirror.reread
            async with db.owning(self.connections[0], own) as transaction:
                ids = await imported.still_open(transaction, own, source, after, _IDS)
            await self._those([each for each in ids if "," not in each])
            ends = len(ids) < _IDS
            mirror = await self._keep(replace(mirror, reread="" if ends else ids[-1]))
            if ends:
                return

    async def _those(self, wanted: Sequence[str]) -> None:
        """Ask for some by their ids, and once more for those that were left out of a cut list."""
        while wanted:
            told: set[str] = set()
            async for page in self._pages({pages.ID: ",".join(wanted)}):
                await self._in(page.records)
                told |= {str(each.values.get(pages.ID)) for each in page.records}
            rest = [each for each in wanted if each not in told]
            if len(told) % _MAY_BE_CUT or len(rest) == len(wanted):
                return
            wanted = rest


def _updated(record: Record) -> datetime | None:
    try:
        return w3c_datetime.parse(str(record.values.get("updated_datetime")), UTC)
    except ValueError:
        return None


def _newest(records: Sequence[Record]) -> datetime | None:
    return max(filter(None, map(_updated, records)), default=None)
