"""How the services of a city stand, all at a glance."""

from __future__ import annotations

from datetime import datetime

import msgspec

from open311.store import queries
from open311.store.db import Connection

__all__ = ["Standing", "overview"]

_SQL = queries.load("definitions")


class Standing(msgspec.Struct, frozen=True):
    """How a service stands: which version answers now, or did last, and what is being written."""

    service_code: str
    service_name: str
    group: str
    version: int | None  # None: none has begun yet
    published_from: datetime | None
    retired_from: datetime | None
    offered: bool
    newest: int | None  # the last version there is; greater, where one is to begin
    draft_hash: str | None
    draft_author: str | None
    draft_updated_at: datetime | None


async def overview(transaction: Connection, jurisdiction_id: str) -> list[Standing]:
    """Every service, by its code, and those that are only being written."""
    return [Standing(*row) for row in await transaction.fetch(_SQL["overview"], jurisdiction_id)]
