"""How many requests there are, without counting them: as they were counted when they came."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from open311.spec import w3c_datetime
from open311.spec.search import Search
from open311.store import queries
from open311.store.db import Connection, Connections, Row

__all__ = ["Counted", "add_up", "are_kept", "counted", "hours", "narrowed", "total"]

_SQL = queries.load("tallies")
_WHOLE = queries.part(_SQL["whole"])
_TOTAL = {
    name: _SQL["total"].format(
        whole=_WHOLE,
        edge="\n    " + queries.part(_SQL[name]).format(states="$6"),
    )
    for name in ("edge", "edge_by_code")
}
_MOMENTS = _SQL["moments"].format(whole=_WHOLE)

_COUNTED = frozenset({"service_code", "status", "start_date", "end_date"})
_NOT_FILTERS = frozenset({"sort", "limit", "offset", "cursor", "paged", "asked"})
_EARLIEST, _LATEST = w3c_datetime.EARLIEST, w3c_datetime.LATEST
"""No request is outside of these, and from them there are days on either side."""
_TICK, _HOUR = timedelta(microseconds=1), timedelta(hours=1)

Unit: TypeAlias = Literal["year", "month", "day", "hour"]
Span: TypeAlias = tuple[Unit, datetime, datetime]
"""Whole units from a beginning up to an end, which is not included."""

_UNITS: tuple[Unit, ...] = ("hour", "day", "month", "year")


def are_kept(search: Search) -> bool:
    """Whether the answers to a question are counted: those of kinds, states and times are."""
    empty = Search()
    return not any(
        getattr(search, name) != getattr(empty, name)
        for name in Search.__struct_fields__
        if name not in _COUNTED and name not in _NOT_FILTERS
    )


class Counted(msgspec.Struct, frozen=True):
    """How many requests there are at one moment, for all questions that have the same `hours`."""

    whole: int  # between the hours
    moments: list[datetime]  # of the hours, in order
    sums: list[int]  # how many there are before each of these, and in all of them

    def total(self, search: Search) -> int:
        """How many a question has on all of its pages."""
        begin, end = _bounds(search)
        first, last = bisect_left(self.moments, begin), bisect_left(self.moments, end)
        return max(self.whole + self.sums[last] - self.sums[first], 0)


def hours(search: Search) -> tuple[datetime, datetime]:
    """The hours in which a question begins and ends; of some kinds, its very seconds."""
    begin, end = _bounds(search)
    if search.service_code:  # they are counted by days, which have too many moments
        return begin.replace(microsecond=0), end.replace(microsecond=0)
    return _down("hour", begin), _down("hour", end)


async def counted(reads: Connections, jurisdiction_id: str, search: Search) -> Counted:
    """What tells the totals of all questions of the same kinds, states and `hours`.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        search: one whose answers are counted.
    """
    if search.service_code:
        return Counted(await total(reads, jurisdiction_id, search), [], [0])
    first, last = hours(search)
    between = first + _HOUR
    spans = [*_spans(between, last, "hour")] if between < last else []
    edges = [(each, each + _HOUR) for each in sorted({first, last})]
    rows = await reads.fetch(_MOMENTS, jurisdiction_id, *_values(search, spans, edges))
    whole = rows.pop(0)[1] if rows and rows[0][0] is None else 0
    sums = accumulate((number for _, number in rows), initial=0)
    return Counted(whole, [moment for moment, _ in rows], [*sums])


async def total(reads: Connections, jurisdiction_id: str, search: Search) -> int:
    """How many requests a question has on all of its pages, for that question alone.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        search: one whose answers are counted.
    """
    spans, edges = _parts(search)
    return await _total(reads, jurisdiction_id, search, spans, edges)


async def narrowed(reads: Connections, jurisdiction_id: str, search: Search) -> Search:
    """The same page of the list of one hour or day, so that nobody walks through those before.

    Args:
        reads: connections that see public columns only.
        jurisdiction_id: the city.
        search: one whose answers are counted, by the time of requests; with an offset.
    """
    spans, edges = _parts(search)
    first, rest = reversed(edges) if search.newest_first else edges
    there, left = await _total(reads, jurisdiction_id, search, [], [first]), search.offset
    if left < there:
        return _within(search, first, left)
    left -= there
    while spans:
        columns = zip(*spans, strict=True)
        rows = await reads.fetch(_SQL["periods"], jurisdiction_id, *columns, *_what(search))
        unit, period, left = _passed(reversed(rows) if search.newest_first else rows, left)
        if unit is None:
            break
        whole = period, _after(unit, period)
        if unit == _finest(search):
            return _within(search, whole, left)
        spans = [(_UNITS[_UNITS.index(unit) - 1], *whole)]
    return _within(search, rest, left)


def _within(search: Search, span: tuple[datetime, datetime], offset: int) -> Search:
    return replace(search, start_date=span[0], end_date=span[1] - _TICK, offset=offset)


def _passed(rows: Iterable[Row], left: int) -> tuple[Unit | None, datetime, int]:
    """The period in which the n-th request is, and how many of it come before it."""
    for unit, period, requests in rows:
        if left < requests:
            return unit, period, left
        left -= requests
    return None, _EARLIEST, left


def _what(search: Search) -> tuple[list[str], list[str]]:
    return [*search.service_code] or [""], [*search.status] or ["open", "closed"]


def _finest(search: Search) -> Unit:
    return "day" if search.service_code else "hour"


async def _total(
    reads: Connections,
    jurisdiction_id: str,
    search: Search,
    spans: list[Span],
    edges: list[tuple[datetime, datetime]],
) -> int:
    sql = _TOTAL["edge_by_code" if search.service_code else "edge"]
    rows = await reads.fetch(sql, jurisdiction_id, *_values(search, spans, edges))
    return max(rows[0][0], 0) if rows else 0


def _values(
    search: Search, spans: list[Span], edges: list[tuple[datetime, datetime]]
) -> Iterator[Sequence[object]]:
    yield from ([each[place] for each in spans] for place in range(3))
    yield from _what(search)
    yield from ([each[place] for each in edges] for place in range(2))


def _bounds(search: Search) -> tuple[datetime, datetime]:
    """A question's begin, and its end, which is not included."""
    begin = min(max(search.start_date, _EARLIEST), _LATEST)
    return begin, min(max(search.end_date, _EARLIEST), _LATEST) + _TICK


def _parts(search: Search) -> tuple[list[Span], list[tuple[datetime, datetime]]]:
    """A question's time in whole units, and what is left of it at its begin and its end."""
    begin, end = _bounds(search)
    unit = _finest(search)
    first, last = _up(unit, begin), _down(unit, end)
    if first >= last:
        return [], [(begin, end), (end, end)]
    return [*_spans(first, last, unit)], [(begin, first), (last, end)]


def _spans(first: datetime, last: datetime, unit: Unit) -> Iterator[Span]:
    """Whole units from `first` to `last`, coarse ones between finer ones, in no order."""
    index = _UNITS.index(unit)
    coarser = _UNITS[index + 1] if index + 1 < len(_UNITS) else None
    begin, end = (_up(coarser, first), _down(coarser, last)) if coarser else (last, first)
    if coarser is None or begin >= end:
        yield unit, first, last
        return
    if first < begin:
        yield unit, first, begin
    yield from _spans(begin, end, coarser)
    if end < last:
        yield unit, end, last


def _down(unit: Unit, moment: datetime) -> datetime:
    """The beginning of the hour, day, month or year of a moment."""
    return moment.replace(**_BEGINNINGS[unit])


_HOURS = {"microsecond": 0, "second": 0, "minute": 0}
_BEGINNINGS: dict[Unit, dict[str, Any]] = {
    "hour": _HOURS,
    "day": _HOURS | {"hour": 0},
    "month": _HOURS | {"hour": 0, "day": 1},
    "year": _HOURS | {"hour": 0, "day": 1, "month": 1},
}


def _after(unit: Unit, period: datetime) -> datetime:
    """The end of a period."""
    most = {"hour": 1, "day": 24, "month": 24 * 31, "year": 24 * 366}[unit]
    return _down(unit, period + timedelta(hours=most))


def _up(unit: Unit, moment: datetime) -> datetime:
    """The first beginning of a unit that is not before a moment."""
    begin = _down(unit, moment)
    return begin if begin == moment else _after(unit, begin)


async def add_up(transaction: Connection, jurisdiction_id: str) -> int:
    """Add up what was written of late; how many lines."""
    rows = await transaction.fetch(_SQL["take"], jurisdiction_id)
    if rows:
        lines = [
            {"service_code": code, "hour": hour, "status": status, "number": number}
            for code, hour, status, number in rows
        ]
        await transaction.execute(
            _SQL["add_up"], jurisdiction_id, msgspec.json.encode(lines).decode()
        )
    return len(rows)
