"""What changed in a city since it was last asked, so that nothing is missed."""

from __future__ import annotations

from time import monotonic

import msgspec

from open311.actions.watch import Watch
from open311.domain.city import City
from open311.errors import Invalid
from open311.spec.changes import Asked, Change, Place, cursor
from open311.store import db
from open311.store import feed as rows

__all__ = ["Feed", "begin"]


class Feed(msgspec.Struct, frozen=True):
    """The feed of a city, as one client is told it."""

    reads: db.Connections
    city: City
    media: str  # base URL of our own pictures
    watch: Watch

    async def page(self, after: Place, limit: int) -> tuple[list[Change], Place]:
        """What is told after a place, and where to go on."""
        return await rows.page(self.reads, self.city, after, limit, self.media)

    async def awaited(self, after: Place, asked: Asked) -> tuple[list[Change], Place]:
        """The same; where there is nothing yet, as soon as there is, or when time is over."""
        end = monotonic() + asked.wait
        while True:
            told, place = await self.page(after, asked.limit)
            left = end - monotonic()
            if told or left <= 0 or self.watch.closed:
                return told, place
            await self.watch.wait(self.city.jurisdiction_id, place, left)


async def begin(reads: db.Connections, city: City, asked: Asked) -> Place:
    """Where a client goes on.

    Raises:
        Invalid: it comes with a cursor that this database never gave.
    """
    if asked.after is None:
        return await rows.last(reads, city.jurisdiction_id)
    if not await rows.given(reads, asked.after):
        raise Invalid(
            f"after: this server never gave the cursor '{cursor(asked.after)}', or gave it before"
            " its database was restored; begin anew, without after."
        )
    return asked.after
