"""The background step of batch services: requests that wait get their ids. Source: GR-T-04."""

from __future__ import annotations

import structlog

from open311.errors import Open311Error
from open311.store import cities, db, requests

__all__ = ["number"]

_LOG = structlog.get_logger()


async def number(writes: db.Connections) -> int:
    """Number the waiting requests of every city; how many there were."""
    count = 0
    for row in await cities.directory(writes):
        try:
            async with writes.transaction(row["jurisdiction_id"]) as transaction:
                count += await requests.number(transaction, row["jurisdiction_id"])
        except Open311Error:
            raise
        except Exception as error:  # noqa: BLE001 - one city's trouble must not hold up the others
            _LOG.error("numbering_failed", jurisdiction_id=row["jurisdiction_id"], exc_info=error)
    return count
