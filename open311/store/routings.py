"""Rows of the rules of a city, by versions; the last one counts."""

from __future__ import annotations

import hashlib

import msgspec

from open311.domain.definitions import Deed
from open311.domain.rules import RoutingFile
from open311.store import queries
from open311.store.changes import Change
from open311.store.db import Connection

__all__ = ["latest", "put"]

_SQL = queries.load("routings")
_ENCODER = msgspec.json.Encoder(order="sorted")
_FILE = msgspec.json.Decoder(RoutingFile | None)


async def latest(transaction: Connection, jurisdiction_id: str) -> tuple[int, RoutingFile | None]:
    """The number of the rules that count, and what they say; 0 where there never were any."""
    rows = await transaction.fetch(_SQL["latest"], jurisdiction_id)
    return (rows[0]["version"], _FILE.decode(rows[0]["content"])) if rows else (0, None)


async def put(
    transaction: Connection, jurisdiction_id: str, file: RoutingFile | None, deed: Deed
) -> Change:
    """Make rules those of a city; the same ones again change nothing.

    Args:
        transaction: of the city, which holds the lock of its catalogue.
        jurisdiction_id: the city.
        file: sound; None: it has none any more.
        deed: who, when and why.
    """
    text = _ENCODER.encode(file and msgspec.structs.replace(file, schema=None)).decode()
    rows = await transaction.fetch(_SQL["latest"], jurisdiction_id)
    before = rows[0]["content"] if rows else "null"
    if text == before:
        return Change("routing", 0, 0, 0)
    await transaction.execute(
        _SQL["insert"],
        jurisdiction_id,
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        deed.actor,
        deed.reason,
        deed.at,
    )
    added, gone = before == "null", text == "null"
    return Change("routing", int(added), int(not added and not gone), int(gone))
