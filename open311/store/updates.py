"""Rows of the updates: what became of requests, step by step. None is ever changed.

A request says what its updates do: whoever changes the status of one adds an update (`find`, then
`add`, in one transaction), so that those who follow updates miss none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from open311.domain.updates import NewUpdate, Told
from open311.spec.updates import Question, RequestUpdate
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = ["add", "find", "histories", "listed", "named"]

_SQL = queries.load("updates")


async def find(
    transaction: Connection, jurisdiction_id: str, service_request_id: str
) -> int | None:
    """The row of a request, which nobody else can update until the transaction ends."""
    rows = await transaction.fetch(_SQL["find"], jurisdiction_id, service_request_id)
    return rows[0][0] if rows else None


async def add(
    transaction: Connection, jurisdiction_id: str, request_id: int, new: NewUpdate
) -> int | None:
    """Keep an update, and let its request say what its updates do.

    The request gets the status of the latest one by its time, of several of one time that which
    came last; so one that comes late is kept, and changes nothing. What the request says and no
    update tells of, as one that was imported, is kept as an update of its own before.

    Args:
        transaction: of the jurisdiction; it holds the row by `find`.
        jurisdiction_id: the city.
        request_id: the row.
        new: the update.

    Returns:
        Its number; None where the client has sent one of that name before: then nothing is changed,
        if the transaction is undone.
    """
    (stands,) = await transaction.fetch(_SQL["stands"], jurisdiction_id, request_id)
    status, detail, said, at, told_at, told, told_status = stands
    if (status, said) != (told_status or "open", told):
        at = max(at, told_at or at)
        row = status, detail, at, said, None, None, None, None
        await transaction.execute(_SQL["add"], jurisdiction_id, request_id, *row)
    rows = await transaction.fetch(
        _SQL["add"],
        jurisdiction_id,
        request_id,
        new.meaning.status or status,
        new.meaning.detail,
        new.updated_datetime,
        new.description,
        new.media_url,
        new.client_id,
        new.source_update_id,
        new.actor,
    )
    if not rows:
        return None
    await transaction.execute(_SQL["settle"], jurisdiction_id, request_id)
    number: int = rows[0][0]
    return number


async def named(transaction: Connection, jurisdiction_id: str, new: NewUpdate) -> int | None:
    """The number of the update that a client has sent under the name of a new one."""
    values = new.client_id, new.source_update_id
    rows = await transaction.fetch(_SQL["named"], jurisdiction_id, *values)
    return rows[0][0] if rows else None


async def listed(
    reads: Connections, jurisdiction_id: str, asked: Question, media: str
) -> tuple[list[RequestUpdate], tuple[datetime, int] | None]:
    """A page of updates, oldest first, and time and id of its last one where more follow.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        asked: which.
        media: base URL of our own pictures.
    """
    start, after = asked.start_date, 0
    if asked.after and asked.after >= (start, 0):
        start, after = asked.after
    values = [start, asked.end_date, after, asked.limit + 1]
    if asked.service_request_id:
        rows = await reads.fetch(
            _SQL["listed_of"], jurisdiction_id, *values, asked.service_request_id
        )
    else:
        rows = await reads.fetch(_SQL["listed"], jurisdiction_id, *values)
    page = rows[: asked.limit]
    found = [
        RequestUpdate(
            str(number),
            request,
            status,
            at,
            description,
            media + url if url and url[0] == "/" else url,
        )
        for number, request, status, at, description, url in page
    ]
    more = (page[-1][3], page[-1][0]) if len(rows) > len(page) else None
    return found, more


async def histories(
    reads: Connections, jurisdiction_id: str, ids: Sequence[str]
) -> dict[str, tuple[Told, list[Told]]]:
    """What some requests say themselves, and their updates by time, each by its id."""
    found: dict[str, tuple[Told, list[Told]]] = {}
    for own, at, status, detail, said, number, *told in await reads.fetch(
        _SQL["histories"], jurisdiction_id, ids
    ):
        _, kept = found.setdefault(own, (Told(at, status, detail, said), []))
        if number is not None:
            kept.append(Told(*told))
    return found
