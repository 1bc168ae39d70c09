"""Lists of requests: found by filters, in pages to go through. Source: GR-Q, GR-X 10.1."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

import msgspec
from msgspec.structs import replace

from open311.domain import naming
from open311.domain.city import City
from open311.errors import Invalid
from open311.spec import cursors, submission
from open311.spec import search as searches
from open311.spec.cursors import Cursor
from open311.spec.documents import ServiceRequest, ServiceRequests, ShownRequests
from open311.spec.search import Search
from open311.store import db, tallies
from open311.store import requests as rows
from open311.store.requests import Page
from open311.store.shown import Shown

__all__ = ["Listed", "search"]

_TOTALS, _MOMENTS = 200, 5_000  # that are remembered, and of each of them
_SHALLOW, _DEEP = 1_000, 10_000
"""Rows before a page that are walked over where their number is not kept; and at all."""


class Listed(msgspec.Struct, frozen=True):
    """A page of a list, and where it goes on."""

    requests: ServiceRequests
    total: int | None = None  # on all pages; None: nobody asked, or nobody knows without counting
    next: str | None = None  # cursor
    prev: str | None = None
    further: bool = False  # whether this is not the first page


async def search(
    reads: db.Connections,
    city: City,
    pairs: submission.Pairs,
    now: datetime,
    media: str,
    shown: Shown,
) -> Listed:
    """The city's requests that the arguments ask for. Source: GR-Q.

    Args:
        reads: connections that see public columns only.
        city: whose requests; in the language of the answer.
        pairs: the arguments.
        now: aware.
        media: base URL of our own pictures.
        shown: of this worker.

    Raises:
        Invalid: an argument cannot be read, every such one is named; or a page is too far away.
    """
    asked = searches.read(
        pairs, zone=city.zone, now=now, max_span_days=city.max_span_days, names=naming.names(city)
    )
    page = await _page(reads, city, asked, media, shown)
    found = ShownRequests(page.requests, page.written)
    if asked.service_request_id:
        return Listed(found)
    total = None
    if asked.paged and tallies.are_kept(asked):
        total = await _total(reads, city.jurisdiction_id, asked, shown)
    goes_back = asked.cursor is not None and asked.cursor.back
    onwards = page.more or goes_back
    backwards = page.more if goes_back else asked.cursor is not None or asked.offset > 0
    return Listed(
        found,
        total,
        next=_cursor(asked, page, -1, back=False) if onwards else None,
        prev=_cursor(asked, page, 0, back=True) if backwards else None,
        further=asked.cursor is not None or asked.offset > 0,
    )


async def _total(reads: db.Connections, jurisdiction_id: str, asked: Search, shown: Shown) -> int:
    """How many there are on all pages; counted once in a second for all that ask of these hours.

    What is asked of them first is counted by itself: who walks through the past comes once only.
    """
    second, totals = int(monotonic()), shown.totals
    key = (second, jurisdiction_id, asked.service_code, asked.status, tallies.hours(asked))
    if known := totals.get(key):
        return known.total(asked)
    if len(totals) >= _TOTALS or next(iter(totals), key)[0] != second:
        totals.clear()
    if key not in totals:
        totals[key] = None
        return await tallies.total(reads, jurisdiction_id, asked)
    found = await tallies.counted(reads, jurisdiction_id, asked)
    if totals.get(key, found) is None and len(found.moments) <= _MOMENTS:  # nothing was written
        totals[key] = found
    return found.total(asked)


async def _page(reads: db.Connections, city: City, asked: Search, media: str, shown: Shown) -> Page:
    if asked.offset > _SHALLOW:
        kept = tallies.are_kept(asked) and asked.by == "requested_datetime"
        if kept:
            return await _far_page(reads, city, asked, media, shown)
        if asked.offset > _DEEP:
            farthest = replace(asked, offset=_DEEP, limit=1)
            if (await rows.search(reads, city, farthest, media, shown)).requests:
                raise Invalid(
                    f"page: with these filters, pages begin among the first {_DEEP:,} requests;"
                    " go on by the Link header (rel=next)."
                )
            return Page([], [], [], more=False)
    return await rows.search(reads, city, asked, media, shown)


async def _far_page(
    reads: db.Connections, city: City, asked: Search, media: str, shown: Shown
) -> Page:
    """The first request is found by what is counted; from there it goes on as from a cursor."""
    near = replace(await tallies.narrowed(reads, city.jurisdiction_id, asked), limit=1)
    first = await rows.search(reads, city, near, media, shown)
    if not first.requests:
        return first
    at = cursors.microseconds(getattr(first.requests[0], asked.by))
    from_there = Cursor(at, first.ids[0] + (1 if asked.newest_first else -1), False, 0, 0)
    return await rows.search(reads, city, replace(asked, offset=0, cursor=from_there), media, shown)


def _cursor(asked: Search, page: Page, index: int, *, back: bool) -> str | None:
    """The cursor of one of the ends of a page; None where it is empty."""
    if not page.ids:
        return None
    edge: ServiceRequest = page.requests[index]
    at: datetime = getattr(edge, asked.by)
    bounds = asked.start_date, asked.end_date
    start, end = map(cursors.microseconds, bounds)
    return cursors.show(Cursor(cursors.microseconds(at), page.ids[index], back, start, end))
