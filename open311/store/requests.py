"""Rows of the requests: reads go from row to document, writes from values to row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
from msgspec.structs import replace

from open311.domain.city import City
from open311.domain.requests import NewRequest
from open311.spec.documents import Redeemed, ServiceRequest, Written
from open311.spec.search import Search
from open311.store import queries, searching, words
from open311.store.db import Connection, Connections, Row
from open311.store.parts import KEYS
from open311.store.shown import Known, Shown

__all__ = [
    "COLUMNS",
    "Page",
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
COLUMNS = queries.part(_SQL["columns"])
"""What the public may see of a request `r`, as SQL."""

_SEARCH = queries.load("search")
_FIND = _SQL["find"].format(columns=COLUMNS)


async def find(
    reads: Connections, city: City, service_request_id: str, media: str
) -> ServiceRequest | None:
    """One request of the city by its id, matched exactly. Source: GR-R-01, GR-R-07."""
    rows = await reads.fetch(_FIND, city.jurisdiction_id, service_request_id)
    return _document(rows[0], city, media) if rows else None


class Page(msgspec.Struct, frozen=True):
    """A page of a list, in its order."""

    requests: list[ServiceRequest]
    written: list[Written]  # of each of them
    ids: list[int]  # of their rows
    more: bool  # whether the list goes on behind it, or before it where the cursor goes back


async def search(reads: Connections, city: City, search: Search, media: str, shown: Shown) -> Page:
    """A page of the city's requests, in the order asked for, ties by id. Source: GR-Q-13.

    Args:
        reads: connections that see public columns only.
        city: whose requests; names services and departments.
        search: filters and page.
        media: base URL of our own pictures.
        shown: of this worker.
    """
    # A bound of their own costs a tenth of what a plain list does; each statement has one anyway.
    several = search.q is not None or searching.rare(search)
    async with reads.deadline() if several else nullcontext():
        if shown.is_likely and search.q is None:  # words cost too much to be looked for twice
            keys, more = await _page(reads, city.jurisdiction_id, search, KEYS)
            found = shown.all(city, keys)
            if found is not None:
                return _shown(found, keys, more)
        # Whole, by one statement, so that the list is of one moment.
        rows, more = await _page(reads, city.jurisdiction_id, search, COLUMNS)
    found = shown.all(city, rows)
    if found is None:
        found = shown.keep(city, rows, [_document(row, city, media) for row in rows])
    return _shown(found, rows, more)


def _shown(found: list[Known], rows: list[Row], more: bool) -> Page:
    requests, written = [each.request for each in found], [each.written for each in found]
    return Page(requests, written, [each[0] for each in rows], more)


async def _page(
    reads: Connections, jurisdiction_id: str, search: Search, columns: str
) -> tuple[list[Row], bool]:
    """The rows of a page, and whether there are more."""
    if search.q is None:
        rows = await _planned(reads, jurisdiction_id, search, columns)
    else:
        rows = await _with_words(reads, jurisdiction_id, search, columns)
    more = len(rows) > search.limit
    rows = rows[: search.limit]
    if search.cursor and search.cursor.back:
        rows.reverse()
    return rows, more


async def _planned(
    reads: Connections, jurisdiction_id: str, search: Search, columns: str
) -> list[Row]:
    many, few = True, False
    filters = searching.rare(search)
    if searching.may_be_few(search, filters):
        statement = searching.many_changed(jurisdiction_id, search)
        many = bool(await reads.fetch(statement.sql, *statement.values))
    if searching.may_be_near(filters):
        statement = searching.many_places(jurisdiction_id, search)
        few = not await reads.fetch(statement.sql, *statement.values)
        if few and search.service_code:  # of a rare kind all are looked at, wherever they are
            kinds = await reads.fetch(
                _SEARCH["of_kinds"], jurisdiction_id, search.service_code, "year"
            )
            few = bool(kinds) and kinds[0][0] > searching.RARE
    rows: list[Row] = []
    for plan in searching.plans(jurisdiction_id, search, columns, many=many, few=few):
        rows = await reads.fetch(plan.statement.sql, *plan.statement.values)
        if len(rows) > search.limit or plan.beyond is None:
            break
        if not await reads.fetch(plan.beyond.sql, *plan.beyond.values):
            break
    return rows


async def _with_words(
    reads: Connections, jurisdiction_id: str, search: Search, columns: str
) -> list[Row]:
    # Other filters may leave so few that each can be read, or many of them may have the words.
    for candidates in words.CANDIDATES if searching.rare(search) else ():
        others = replace(search, q=None, limit=candidates, offset=0)
        keys = await _planned(reads, jurisdiction_id, others, KEYS)
        ids = [each[0] for each in keys[:candidates]]
        statement = words.among(jurisdiction_id, search, ids, columns)
        rows = await reads.fetch(statement.sql, *statement.values)
        if len(keys) <= candidates or len(rows) > search.limit:
            return rows
        if len(rows) * words.RARE < candidates:
            break
    there = [each[0] for each in await reads.fetch(_SEARCH["months"], jurisdiction_id)]
    rows = []
    for within, far in words.months(search, there):
        statement = words.by_words(jurisdiction_id, search, within, columns, far=far)
        rows = await reads.fetch(statement.sql, *statement.values)
        if len(rows) > search.limit:
            break
    return rows


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
