"""Rows of the audit trail: who changed the catalogue, when and why; nobody can change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from open311.domain.definitions import Deed
from open311.domain.folder import CityService
from open311.store import queries
from open311.store.db import Connection

__all__ = ["Entry", "note", "trail"]

_SQL = queries.load("definitions")
_SERVICE = msgspec.json.Decoder(CityService)

Action = Literal["drafted", "discarded", "published", "retired"]


class Entry(msgspec.Struct, frozen=True):
    """A line of the audit trail; `effective` is when a version begins or ends."""

    entry: int
    at: datetime
    actor: str
    client_id: int | None
    action: Action
    service_code: str
    version: int | None
    effective: datetime | None
    reason: str | None
    content: CityService | None


async def note(
    transaction: Connection,
    jurisdiction_id: str,
    action: Action,
    told: Sequence[Mapping[str, object]],
    deed: Deed,
    effective: datetime | None = None,
) -> None:
    """Write lines of the audit trail, one for each service that is told of."""
    await transaction.execute(
        _SQL["note"],
        jurisdiction_id,
        msgspec.json.encode(told).decode(),
        deed.at,
        deed.actor,
        deed.client_id,
        action,
        effective,
        deed.reason,
    )


async def trail(
    transaction: Connection, jurisdiction_id: str, after: int, limit: int
) -> list[Entry]:
    """Lines of the audit trail after one, oldest first."""
    rows = await transaction.fetch(_SQL["trail"], jurisdiction_id, after, limit)
    return [
        Entry(**{**row, "content": row["content"] and _SERVICE.decode(row["content"])})
        for row in rows
    ]
