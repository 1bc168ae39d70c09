"""What happens in every city without being asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from open311.errors import Open311Error
from open311.store import cities, db, requests, tallies

__all__ = ["add_up", "number"]

_LOG = structlog.get_logger()


async def number(writes: db.Connections) -> int:
    """Give the requests of batch services that wait their ids; how many. Source: GR-T-04."""
    return await _everywhere(writes, requests.number, "numbering_failed")


async def add_up(writes: db.Connections) -> int:
    """Add up what was counted of late, so that totals stay quick; how many lines that were."""
    return await _everywhere(writes, tallies.add_up, "adding_up_failed")


async def _everywhere(
    writes: db.Connections, work: Callable[[db.Connection, str], Awaitable[int]], failed: str
) -> int:
    """Do something in a transaction of each city; the sum of what it says."""
    count = 0
    for row in await cities.directory(writes):
        own = row["jurisdiction_id"]
        try:
            async with writes.transaction(own) as transaction:
                count += await work(transaction, own)
        except Open311Error:
            raise
        except Exception as error:  # noqa: BLE001 - one city's trouble must not hold up the others
            _LOG.error(failed, jurisdiction_id=own, exc_info=error)
    return count
