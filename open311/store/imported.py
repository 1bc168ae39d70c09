"""Rows of requests that come from another system: told by what it knows them by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from open311.domain.datatypes import Answer
from open311.domain.decisions import Decision
from open311.domain.rules import Priority
from open311.domain.spots import Spot
from open311.spec.documents import Status
from open311.store import queries, spots
from open311.store.db import Connection

__all__ = ["ImportedRow", "Put", "known", "put", "still_open", "taken"]

_SQL = queries.load("imported")
_REACHED = 10**15  # no city gives so many numbers


class ImportedRow(msgspec.Struct, frozen=True, gc=False):
    """A request as it is written."""

    hash: int  # of what the other system says
    kept_id: str | None  # its service_request_id; None: a new number
    source_id: str
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    status: Status
    detailed_status: str | None
    status_notes: str | None
    service_code: str
    description: str | None
    department: str  # code
    queue: str | None
    service_notice: str | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None
    attributes: dict[str, Answer] | None
    definition_version: int
    priority: Priority | None
    decision: Decision | None
    spot: Spot | None


class Put(msgspec.Struct, frozen=True):
    """What is to be written of one source, each source_id once."""

    new: Sequence[ImportedRow] = ()
    changed: Sequence[ImportedRow] = ()


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


async def put(
    transaction: Connection, jurisdiction_id: str, source: str, rows: Put, spotted: set[Spot]
) -> None:
    """Write new requests, and change those of which the source says something else.

    Args:
        transaction: of the city.
        jurisdiction_id: the city.
        source: the other system.
        rows: of it.
        spotted: spots that have a number already; those of the rows come to them.
    """
    found = {each.spot for some in (rows.new, rows.changed) for each in some if each.spot}
    if fresh := found - spotted:
        await spots.numbers(transaction, jurisdiction_id, fresh)
        spotted |= fresh
    kept = [each.kept_id for each in rows.new if each.kept_id]
    numbers = [int(each) for each in kept if each.isascii() and each.isdecimal()]
    if reached := [each for each in numbers if each < _REACHED]:
        await transaction.fetch(_SQL["skip"], max(reached))
    for name, some in (("insert", rows.new), ("change", rows.changed)):
        if some:
            text = msgspec.json.encode(some).decode()
            await transaction.execute(_SQL[name], jurisdiction_id, text, source)


async def still_open(
    transaction: Connection, jurisdiction_id: str, source: str, after: str, most: int
) -> list[str]:
    """The ids of a source's requests that are open here, in order: the next after one."""
    rows = await transaction.fetch(_SQL["open"], jurisdiction_id, source, after, most)
    return [row[0] for row in rows]
