"""Rows of requests that come from another system: told by what it knows them by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from open311.domain.datatypes import Answer
from open311.domain.decisions import Decision
from open311.domain.rules import Priority
from open311.spec.documents import Status
from open311.store import queries
from open311.store.db import Connection

__all__ = ["ImportedRow", "change", "insert", "known", "numbers", "still_open", "taken"]

_SQL = queries.load("imported")
_REACHED = 10**15  # no city gives so many numbers


class ImportedRow(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A request as it is written; what is not known is not sent either."""

    number: int = 0  # 0: it has one
    kept_id: str | None = None  # its service_request_id; None: its number
    source_id: str
    source_hash: int  # of what the other system says
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None = None
    status: Status
    detailed_status: str | None = None
    status_notes: str | None = None
    service_code: str
    definition_version: int
    description: str | None = None
    department: str  # code
    queue: str | None = None
    priority: Priority | None = None
    decision: Decision | None = None
    service_notice: str | None = None
    address: str | None = None
    address_id: str | None = None
    zipcode: str | None = None
    lat: float | None = None
    long: float | None = None
    place: int | None = None  # the number of its spot
    media_url: str | None = None
    attributes: dict[str, Answer] | None = None


async def known(
    transaction: Connection, jurisdiction_id: str, source: str, ids: Collection[str]
) -> dict[str, int | None]:
    """The hash of what a source said last, by its ids, of those that are here."""
    rows = await transaction.fetch(_SQL["known"], jurisdiction_id, source, ids)
    return {row["source_id"]: row["source_hash"] for row in rows}


async def taken(transaction: Connection, jurisdiction_id: str, ids: Collection[str]) -> set[str]:
    """Which of some service_request_ids are a request's, or were."""
    rows = await transaction.fetch(_SQL["taken"], jurisdiction_id, ids)
    return {row[0] for row in rows}


async def numbers(transaction: Connection, count: int, kept: Collection[str]) -> list[int]:
    """Numbers for new requests, in order.

    Args:
        transaction: any.
        count: how many, >= 0.
        kept: ids that are brought along; no number that is given from now on is one of them.
    """
    decimals = [int(each) for each in kept if each.isascii() and each.isdecimal()]
    if reached := [each for each in decimals if each < _REACHED]:
        await transaction.fetch(_SQL["skip"], max(reached))
    return [row[0] for row in await transaction.fetch(_SQL["numbers"], count)]


async def insert(
    transaction: Connection, jurisdiction_id: str, source: str, rows: Sequence[ImportedRow]
) -> int:
    """Write new requests; how many were not there."""
    return await _write("insert", transaction, jurisdiction_id, source, rows)


async def change(
    transaction: Connection, jurisdiction_id: str, source: str, rows: Sequence[ImportedRow]
) -> int:
    """Change those of which the source says something else; how many."""
    return await _write("change", transaction, jurisdiction_id, source, rows)


async def _write(
    name: str, transaction: Connection, own: str, source: str, rows: Sequence[ImportedRow]
) -> int:
    text = msgspec.json.encode(rows).decode()
    done: str = await transaction.execute(_SQL[name], own, text, source)
    return int(done.rpartition(" ")[2])


async def still_open(
    transaction: Connection, jurisdiction_id: str, source: str, after: str, most: int
) -> list[str]:
    """The ids of a source's requests that are open here, in order: the next after one."""
    rows = await transaction.fetch(_SQL["open"], jurisdiction_id, source, after, most)
    return [row[0] for row in rows]
