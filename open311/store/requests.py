"""Rows of the requests: reads go from row to document, writes from values to row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from open311.domain.city import City
from open311.domain.requests import NewRequest
from open311.spec.documents import Redeemed, ServiceRequest
from open311.spec.search import Search
from open311.store import queries
from open311.store.db import Connection, Connections
from open311.store.shown import Shown

__all__ = [
    "STATUS",
    "WHERE",
    "answers",
    "document",
    "exist",
    "find",
    "insert",
    "number",
    "redeem",
    "search",
]

_SQL = queries.load("requests")
_COLUMNS = _SQL["columns"].partition("\n")[2]
_KEYS = _SQL["keys"].partition("\n")[2]
_FIND = _SQL["find"].format(columns=_COLUMNS)

WHERE = {
    "service_request_id": "r.service_request_id = any ({})",
    "start_date": "r.requested_datetime >= {}",
    "end_date": "r.requested_datetime <= {}",
}
"""A filter of `Search` as an SQL condition; `{}` is its parameter."""

STATUS = {"open": "r.status = 'open'", "closed": "r.status = 'closed'"}
"""Written out, because a partial index serves only what the planner can see."""


async def find(
    reads: Connections, city: City, service_request_id: str, media: str
) -> ServiceRequest | None:
    """One request of the city by its id, matched exactly. Source: GR-R-01, GR-R-07."""
    rows = await reads.fetch(_FIND, city.jurisdiction_id, service_request_id)
    return _document(rows[0], city, media) if rows else None


async def search(
    reads: Connections, city: City, search: Search, media: str, shown: Shown
) -> list[ServiceRequest]:
    """A page of the city's requests, newest first, ties by id. Source: GR-Q-13.

    Args:
        reads: connections that see public columns only.
        city: whose requests; names services and departments.
        search: filters and page.
        media: base URL of our own pictures.
        shown: of this worker.
    """
    async with reads.deadline():
        if shown.is_likely:
            sql, values = statement(city.jurisdiction_id, search, _KEYS)
            found = shown.all(city, await reads.fetch(sql, *values))
            if found is not None:
                return found
        # Whole, by one statement, so that the list is of one moment.
        sql, values = statement(city.jurisdiction_id, search)
        rows = await reads.fetch(sql, *values)
    found = shown.all(city, rows)
    if found is None:
        found = [_document(row, city, media) for row in rows]
        shown.keep(city, rows, found)
    return found


def statement(
    jurisdiction_id: str, search: Search, columns: str = _COLUMNS
) -> tuple[str, list[object]]:
    """The SQL of a search and its parameters; user text is only ever a parameter."""
    values: list[object] = [jurisdiction_id, search.limit, search.offset]
    name, conditions = "search", ""
    if search.service_request_id:
        filters: tuple[str, ...] = ("service_request_id",)
    else:
        filters = ("start_date", "end_date")
        if search.service_code:
            name = "search_by_service"
            values.append(search.service_code)
        if len(search.status) == 1:
            conditions = f"\n    and {STATUS[search.status[0]]}"
    for each in filters:
        values.append(getattr(search, each))
        conditions += f"\n    and {WHERE[each].format(f'${len(values)}')}"
    ordered = columns if columns is _COLUMNS else f"{columns}, r.requested_datetime"
    return _SQL[name].format(columns=columns, ordered=ordered, conditions=conditions), values


def document(row: Sequence[Any], city: City, media: str) -> ServiceRequest:
    """A request as the public sees it.

    Args:
        row: the values of the columns of `requests.sql`.
        city: names services and departments.
        media: base URL of our own pictures.
    """
    return _document(row, city, media)


def _document(row: Sequence[Any], city: City, media: str) -> ServiceRequest:
    (
        _,
        _,
        service_request_id,
        status,
        status_notes,
        service_code,
        description,
        department,
        service_notice,
        requested_datetime,
        updated_datetime,
        expected_datetime,
        address,
        address_id,
        zipcode,
        lat,
        long,
        media_url,
    ) = row
    offer = city.services.get(service_code)
    return ServiceRequest(
        service_request_id,
        status,
        status_notes,
        offer.service_name if offer else service_code,  # loaded a moment ago by another process
        service_code,
        description,
        city.departments.get(department),
        city.notice(service_code, service_notice),
        requested_datetime,
        updated_datetime,
        expected_datetime,
        address,
        address_id,
        zipcode,
        lat,
        long,
        media + media_url if media_url and media_url[0] == "/" else media_url,
    )


async def answers(
    transaction: Connection, jurisdiction_id: str, ids: Sequence[str]
) -> dict[str, tuple[int, dict[str, Any]]]:
    """The version that some requests are pinned to, and their answers by code, each by its id."""
    rows = await transaction.fetch(_SQL["answers"], jurisdiction_id, ids)
    return {own: (version, msgspec.json.decode(text or "{}")) for own, version, text in rows}


async def redeem(reads: Connections, jurisdiction_id: str, token: str) -> Redeemed | None:
    """What became of a token. Source: GR-T-02."""
    rows = await reads.fetch(_SQL["redeem"], jurisdiction_id, token)
    return Redeemed(*rows[0]) if rows else None


async def insert(
    writes: Connection | Connections, new: NewRequest, place: int | None
) -> str | None:
    """File a request, whole or not at all; its service_request_id, if it has one at once.

    Args:
        writes: a transaction of the request's jurisdiction, or connections: then it is its own.
        new: what to file.
        place: the number of its spot.
    """
    rows = await writes.fetch(
        _SQL["insert"],
        new.jurisdiction_id,
        new.numbered,
        new.token,
        new.service_code,
        new.description,
        new.department,
        new.service_notice,
        new.requested_datetime,
        new.expected_datetime,
        new.address,
        new.address_id,
        new.lat,
        new.long,
        new.media[0] if new.media else None,
        new.client_id,
        msgspec.json.encode(new.attributes).decode() if new.attributes else None,
        *msgspec.structs.astuple(new.reporter),
        new.media[1:],
        new.definition_version,
        new.queue,
        new.priority,
        msgspec.json.encode(new.decision).decode() if new.decision else None,
        new.zipcode,
        place,
    )
    number: str | None = rows[0][0]
    return number


async def number(transaction: Connection, jurisdiction_id: str) -> int:
    """Give waiting batch requests their ids; how many got one."""
    return len(await transaction.fetch(_SQL["number"], jurisdiction_id))


async def exist(transaction: Connection, jurisdiction_id: str) -> bool:
    """Whether the city has any request."""
    return bool(await transaction.fetch(_SQL["exist"], jurisdiction_id))
