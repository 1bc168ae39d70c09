"""How far the changes of a city have come."""

from __future__ import annotations

from open311.store import queries
from open311.store.db import Connections

__all__ = ["newest"]

_SQL = queries.load("newest")


async def newest(reads: Connections, jurisdiction_id: str) -> tuple[int, int]:
    """The newest change of a city that can be seen; and the oldest transaction that may still come.

    A change that becomes visible later has a number that is not below the second one. Of a city
    without a request both are 0.
    """
    rows = await reads.fetch(_SQL["newest"], jurisdiction_id)
    return (rows[0][0], rows[0][1]) if rows else (0, 0)
