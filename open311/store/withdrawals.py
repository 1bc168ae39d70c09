"""Rows of the requests that are public no more. They keep all but what they were found by."""

from __future__ import annotations

from open311.domain.definitions import Deed
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = ["hides", "publish", "withdraw"]

_SQL = queries.load("withdrawals")


async def withdraw(
    transaction: Connection, jurisdiction_id: str, service_request_id: str, deed: Deed
) -> bool:
    """Take a request out of public sight; whether there was such a one."""
    found = await transaction.fetch(_SQL["withdraw"], jurisdiction_id, service_request_id)
    told = deed.actor, deed.reason
    await transaction.fetch(_SQL["explain"], jurisdiction_id, service_request_id, *told)
    return bool(found)


async def publish(transaction: Connection, jurisdiction_id: str, service_request_id: str) -> bool:
    """Bring a withdrawn request back; whether there was such a one."""
    return bool(await transaction.fetch(_SQL["publish"], jurisdiction_id, service_request_id))


async def hides(reads: Connections, jurisdiction_id: str, media_url: str) -> bool:
    """Whether a picture of ours is of a withdrawn request."""
    return bool(await reads.fetch(_SQL["hidden"], jurisdiction_id, media_url))
