"""Rows of the rules of a city, by versions; the last one counts."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from open311.domain.definitions import Deed
from open311.domain.rules import RoutingFile
from open311.store import queries
from open311.store.changes import Change
from open311.store.db import Connection, Row

__all__ = ["Rules", "RulesVersion", "latest", "next_begins", "put", "version", "versions"]

_SQL = queries.load("routings")
_ENCODER = msgspec.json.Encoder(order="sorted")
_FILE = msgspec.json.Decoder(RoutingFile | None)


class RulesVersion(msgspec.Struct, frozen=True):
    """One version of the rules of a city; `removed`: from then on it had none."""

    version: int
    hash: str
    author: str
    reason: str | None
    created_at: datetime
    published_from: datetime
    removed: bool


class Rules(msgspec.Struct, frozen=True):
    """What a version says; number 0 where there never were any."""

    version: int
    file: RoutingFile | None
    hash: str  # "" where there are none


async def latest(transaction: Connection, jurisdiction_id: str, at: datetime) -> Rules:
    """The rules that count at an instant."""
    rows = await transaction.fetch(_SQL["latest"], jurisdiction_id, at)
    return _rules(rows[0]) if rows else Rules(0, None, "")


async def next_begins(
    transaction: Connection, jurisdiction_id: str, at: datetime
) -> datetime | None:
    """When the next ones begin to count; None: never."""
    rows = await transaction.fetch(_SQL["next"], jurisdiction_id, at)
    return rows[0]["begins"] if rows else None


async def version(transaction: Connection, jurisdiction_id: str, number: int) -> Rules | None:
    """The rules of a number; None where there are none of it."""
    rows = await transaction.fetch(_SQL["version"], jurisdiction_id, number)
    return _rules(rows[0]) if rows else None


async def versions(transaction: Connection, jurisdiction_id: str) -> list[RulesVersion]:
    """Every version there ever was, newest first."""
    return [
        RulesVersion(*row) for row in await transaction.fetch(_SQL["versions"], jurisdiction_id)
    ]


def _rules(row: Row) -> Rules:
    file = _FILE.decode(row["content"])
    return Rules(row["version"], file, row["hash"] if file else "")


async def put(
    transaction: Connection,
    jurisdiction_id: str,
    file: RoutingFile | None,
    deed: Deed,
    published_from: datetime | None = None,
) -> Change:
    """Make rules those of a city; the same ones again change nothing.

    Args:
        transaction: of the city, which holds the lock of its catalogue.
        jurisdiction_id: the city.
        file: sound; None: it has none any more.
        deed: who, when and why.
        published_from: when they begin to count; None: now. Others that are to begin later are
            let be.
    """
    begins = published_from or deed.at
    text = _ENCODER.encode(file and msgspec.structs.replace(file, schema=None)).decode()
    rows = await transaction.fetch(_SQL["latest"], jurisdiction_id, begins)
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
        begins,
    )
    added, gone = before == "null", text == "null"
    return Change("routing", int(added), int(not added and not gone), int(gone))
