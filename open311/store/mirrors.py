"""Up to where the servers of others have been read."""

from __future__ import annotations

from datetime import datetime

import msgspec

from open311.store import queries
from open311.store.db import Connection

__all__ = ["Mirror", "find", "keep"]

_SQL = queries.load("mirrors")


class Mirror(msgspec.Struct, frozen=True):
    """A server that is followed. Times are aware, by its own clock."""

    url: str
    tells_changes: bool | None  # whether it knows `updated_after`; None: not known yet
    loaded: datetime | None  # requests made before are here; None: all of them are
    seen: datetime  # changes before are here, once all requests are
    reread: str = ""  # of those that are open here, the last that was asked for again
    etag: str | None = None  # of the answer that told what changed since `seen`


async def find(transaction: Connection, jurisdiction_id: str, source: str) -> Mirror | None:
    """The mirror of a source; None where it was never read."""
    row = await transaction.fetchrow(_SQL["find"], jurisdiction_id, source)
    return Mirror(*row) if row else None


async def keep(transaction: Connection, jurisdiction_id: str, source: str, mirror: Mirror) -> None:
    """Remember it."""
    values = msgspec.structs.astuple(mirror)
    await transaction.execute(_SQL["keep"], jurisdiction_id, source, *values)
