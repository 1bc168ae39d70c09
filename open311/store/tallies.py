"""How many requests there are, without counting them: as they were counted when they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias

import msgspec

from open311.spec.search import Search
from open311.store import queries
from open311.store.db import Connection, Connections, Row

__all__ = ["Place", "add_up", "are_kept", "place_of", "total"]

_SQL = queries.load("tallies")

_COUNTED = frozenset({"service_code", "status", "start_date", "end_date"})
_NOT_FILTERS = frozenset({"sort", "limit", "offset", "cursor", "paged"})

Unit: TypeAlias = Literal["year", "month", "day"]


def are_kept(search: Search) -> bool:
    """Whether the answers to a question are counted: those of kinds, states and times are."""
    empty = Search()
    return not any(
        getattr(search, name) != getattr(empty, name)
        for name in Search.__struct_fields__
        if name not in _COUNTED and name not in _NOT_FILTERS
    )


def _what(search: Search) -> tuple[list[str], list[str]]:
    return [*search.service_code] or [""], [*search.status] or ["open", "closed"]


async def total(reads: Connections, jurisdiction_id: str, search: Search) -> int:
    """How many requests a question has on all of its pages.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        search: one whose answers are counted.
    """
    start, end = _dates(search)
    first, last = start.date(), end.date()
    units, begins, ends = zip(*_spans(first, last), strict=True)
    rows = await reads.fetch(
        _SQL["total"],
        jurisdiction_id,
        units,
        begins,
        ends,
        *_what(search),
        first,
        last,
        _midnight(first),
        start,
        end,
        _midnight(last + timedelta(days=1)),
    )
    return max(rows[0][0], 0) if rows else 0


_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""No request is outside of these, and from them there are days on either side."""


def _dates(search: Search) -> tuple[datetime, datetime]:
    start, end = (
        min(max(each, _EARLIEST), _LATEST) for each in (search.start_date, search.end_date)
    )
    return start, end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _spans(first: date, last: date) -> Iterator[tuple[Unit, date, date]]:
    """Whole years, months and days that make up the days from `first` to `last`, both included.

    Days stand for themselves at either end, then months, and years between: some five spans.
    """
    months = _month_after(first - timedelta(days=1)) if first.day > 1 else first, _month_of(last)
    if months[0] >= months[1]:
        yield "day", first, last
        return
    if first < months[0]:
        yield "day", first, months[0] - timedelta(days=1)
    yield "day", months[1], last
    years = _year_from(months[0]), date(months[1].year, 1, 1)
    if years[0] >= years[1]:
        yield "month", months[0], months[1] - timedelta(days=1)
        return
    if months[0] < years[0]:
        yield "month", months[0], years[0] - timedelta(days=1)
    if years[1] < months[1]:
        yield "month", years[1], months[1] - timedelta(days=1)
    yield "year", years[0], years[1] - timedelta(days=1)


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _month_after(day: date) -> date:
    return _month_of(_month_of(day) + timedelta(days=32))


def _year_from(day: date) -> date:
    return day if (day.month, day.day) == (1, 1) else date(day.year + 1, 1, 1)


class Place(msgspec.Struct, frozen=True):
    """Where the n-th request of a list is: on a day, after so many of the list on that day."""

    day: date
    offset: int

    def narrowed(self, search: Search) -> Search:
        """The same page of a list that begins on that day."""
        begins = _midnight(self.day)
        ends = begins + timedelta(days=1) - _TICK
        if search.newest_first:
            ends = min(ends, search.end_date)
            return msgspec.structs.replace(search, end_date=ends, offset=self.offset)
        begins = max(begins, search.start_date)
        return msgspec.structs.replace(search, start_date=begins, offset=self.offset)


async def place_of(reads: Connections, jurisdiction_id: str, search: Search) -> Place | None:
    """Where the first request of a page is, so that nobody walks through the pages before.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        search: one whose answers are counted, by the time of requests; with an offset.

    Returns:
        None where there are not so many.
    """
    start, end = _dates(search)
    search = msgspec.structs.replace(search, start_date=start, end_date=end)
    edge = (search.end_date if search.newest_first else search.start_date).date()
    before = await _left_out(reads, jurisdiction_id, search, edge)
    left = search.offset + before
    spans = [*_spans(start.date(), end.date())]
    while True:
        columns = zip(*spans, strict=True)
        rows = await reads.fetch(_SQL["periods"], jurisdiction_id, *columns, *_what(search))
        found = _passed(reversed(rows) if search.newest_first else rows, left)
        if found is None:
            return None
        unit, period, left = found
        if unit == "day":
            return Place(period, left - before * (period == edge))
        spans = [_within(unit, period)]


def _passed(rows: Iterable[Row], left: int) -> tuple[Unit, date, int] | None:
    """The period in which the n-th request is, and how many of it come before."""
    for unit, period, requests in rows:
        if left < requests:
            return unit, period, left
        left -= requests
    return None


def _within(unit: Unit, period: date) -> tuple[Unit, date, date]:
    """The months of a year, or the days of a month."""
    if unit == "year":
        return "month", period, date(period.year, 12, 31)
    return "day", period, _month_after(period) - timedelta(days=1)


async def _left_out(reads: Connections, jurisdiction_id: str, search: Search, day: date) -> int:
    """How many of the day on which a list begins are before it begins."""
    whole = msgspec.structs.replace(
        search,
        start_date=_midnight(day),
        end_date=_midnight(day + timedelta(days=1)) - _TICK,
    )
    part = (
        msgspec.structs.replace(whole, end_date=search.end_date)
        if search.newest_first
        else msgspec.structs.replace(whole, start_date=search.start_date)
    )
    return await total(reads, jurisdiction_id, whole) - await total(reads, jurisdiction_id, part)


_TICK = timedelta(microseconds=1)


async def add_up(transaction: Connection, jurisdiction_id: str) -> int:
    """Add up what was written of late; how many lines."""
    rows = await transaction.fetch(_SQL["take"], jurisdiction_id)
    if rows:
        lines = [
            {"service_code": code, "day": day, "status": status, "requests": requests}
            for code, day, status, requests in rows
        ]
        await transaction.execute(
            _SQL["add_up"], jurisdiction_id, msgspec.json.encode(lines).decode()
        )
    return len(rows)
