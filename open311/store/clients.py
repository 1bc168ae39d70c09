"""Rows of the api keys: hashes, never keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from open311.domain import scopes
from open311.domain.city import Client
from open311.domain.rules import Channel
from open311.domain.scopes import Scope
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = ["Listed", "New", "count_hit", "insert", "listed", "read", "revoke"]

_SQL = queries.load("clients")


class New(msgspec.Struct, frozen=True):
    """A key to be stored, without the key."""

    name: str
    contact: str | None
    prefix: str  # what may be shown of the key
    key_hash: bytes
    rate_limit: int | None
    created_at: datetime
    scopes: Sequence[Scope]
    channel: Channel | None


class Listed(msgspec.Struct, frozen=True):
    """What may be shown of a key."""

    client_id: int
    prefix: str
    name: str
    contact: str | None
    rate_limit: int | None
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


async def read(transaction: Connection, jurisdiction_id: str) -> dict[bytes, Client]:
    """The clients of a city by the SHA-256 of their keys."""
    rows = await transaction.fetch(_SQL["clients"], jurisdiction_id)
    return {
        key_hash: Client(client_id, own, name, rate_limit, scopes.whole(may), channel)
        for key_hash, client_id, own, name, rate_limit, may, channel in rows
    }


async def insert(transaction: Connection, jurisdiction_id: str, new: New) -> int:
    """Write a new client; its number."""
    values = msgspec.structs.astuple(new)
    client_id: int = await transaction.fetchval(_SQL["insert_client"], jurisdiction_id, *values)
    return client_id


async def listed(transaction: Connection, jurisdiction_id: str) -> list[Listed]:
    """Every key of a city, revoked ones too."""
    rows = await transaction.fetch(_SQL["list_clients"], jurisdiction_id)
    return [Listed(*row) for row in rows]


async def revoke(
    transaction: Connection, jurisdiction_id: str, client_id: int, now: datetime
) -> bool:
    """Whether there was such a key, and it counted until now."""
    row = await transaction.fetchrow(_SQL["revoke_client"], jurisdiction_id, client_id, now)
    return row is not None


async def count_hit(writes: Connections, jurisdiction_id: str, client_id: int) -> tuple[int, int]:
    """Count one call: (calls in the running minute, seconds until the next one)."""
    rows = await writes.fetch(_SQL["count_hit"], jurisdiction_id, client_id)
    return rows[0]["hits"], max(1, rows[0]["wait"])
