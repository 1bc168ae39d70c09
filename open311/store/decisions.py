"""Rows of what was decided about requests: when they were filed, and by staff since."""

from __future__ import annotations

from datetime import datetime

import msgspec

from open311.domain.decisions import Decision
from open311.domain.rules import Channel, Priority
from open311.store import queries
from open311.store.db import Connection

__all__ = ["Decided", "Filed", "filed", "later", "lock", "reroute"]

_SQL = queries.load("decisions")
_DECISION = msgspec.json.Decoder(Decision)


class Filed(msgspec.Struct, frozen=True):
    """A request as it was filed, and what was looked at to find who acts; `department` does now."""

    id: int
    service_code: str
    definition_version: int
    attributes: str | None  # the answers, as they are stored
    at: datetime
    channel: Channel | None  # of its key
    unplaced: bool
    decision: Decision | None  # None: the city had no rules
    department: str | None


class Decided(msgspec.Struct, frozen=True):
    """One decision about a request; the last one counts.

    The first is that of the rules, which `explained` tells whole; the others are of `actor`.
    """

    number: int  # from 1
    at: datetime
    actor: str | None
    department: str
    queue: str | None
    priority: Priority | None
    reason: str
    explained: Decision | None = None


async def filed(
    transaction: Connection, jurisdiction_id: str, service_request_id: str
) -> Filed | None:
    """A request of the city by its id."""
    rows = await transaction.fetch(_SQL["first"], jurisdiction_id, service_request_id)
    if not rows:
        return None
    (row,) = rows
    return Filed(
        id=row["id"],
        service_code=row["service_code"],
        definition_version=row["definition_version"],
        attributes=row["attributes"],
        at=row["requested_datetime"],
        channel=row["channel"],
        unplaced=row["lat"] is None and bool(row["address"] or row["address_id"]),
        decision=_DECISION.decode(row["decision"]) if row["decision"] else None,
        department=row["department"],
    )


async def later(
    transaction: Connection, jurisdiction_id: str, service_request_id: str
) -> list[Decided]:
    """What staff decided about a request since it was filed, in order."""
    rows = await transaction.fetch(_SQL["later"], jurisdiction_id, service_request_id)
    return [Decided(*row) for row in rows]


async def lock(transaction: Connection, jurisdiction_id: str, service_request_id: str) -> None:
    """Wait until nobody else decides about a request."""
    await transaction.fetch(_SQL["lock"], jurisdiction_id, service_request_id)


async def reroute(
    transaction: Connection,
    jurisdiction_id: str,
    service_request_id: str,
    decided: Decided,
    filed: Filed,
    first: Decision,
    client_id: int | None,
) -> None:
    """Give a request to another department.

    Args:
        transaction: of the city; it holds the lock of the request.
        jurisdiction_id: the city.
        service_request_id: of the request.
        decided: who acts from now on, by whom, and why.
        filed: the request.
        first: what was decided when it was filed, to be kept if it is not yet.
        client_id: of the key that it was done with.
    """
    acts = decided.department, decided.queue, decided.priority
    await transaction.execute(
        _SQL["reroute"],
        jurisdiction_id,
        service_request_id,
        *acts,
        msgspec.json.encode(first).decode(),
        decided.at,
    )
    await transaction.execute(
        _SQL["keep"],
        jurisdiction_id,
        filed.id,
        decided.number,
        *acts,
        decided.reason,
        decided.actor,
        client_id,
        decided.at,
    )
