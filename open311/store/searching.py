"""The SQL of a search: which rows, found by which index.

Every plan gives the same rows; they differ in what they cost, and PostgreSQL, which plans a
statement once for all values, cannot choose. What has an order by its own index (time, pictures,
what is open) is walked through. Any other filter is tried on the first few thousand rows in the
order of the list; only where these do not fill the page it is rare, and an index of its own finds
it. Either way the keys of the page are found in indexes alone, which have all that lists filter
by, and only then its rows are fetched. So what a page costs hardly grows with the number of
requests; the table in benchmarks/README.md tells where it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import floor

import msgspec

from open311.domain.spots import CELLS
from open311.spec.search import EARLY, FIRST, LAST, Search
from open311.store.conditions import WHERE, around
from open311.store.parts import SQL, Parts, Statement, slices

__all__ = [
    "BUDGET",
    "FEW",
    "RARE",
    "Plan",
    "many_changed",
    "many_places",
    "may_be_few",
    "may_be_near",
    "plans",
    "rare",
    "whole",
]

BUDGET = 2_000
"""Rows that are looked at before an index of a rare filter is."""

_BY_UPDATE = 10
"""Times as many by update, since what is rare has no index of its own in that order."""

_LATE = timedelta(days=100)
"""What is changed later than that has an index of its own: `requests_late`."""

_WHOLE = timedelta(days=100)
"""So much time is read whole where another order is wanted of it."""

_SHARE, _MOST = 20, 40_000
"""So many rows for each that is wanted, where a page is large or far; but no more than these."""

FEW, RARE = 256, 10_000
"""Places that cost less to look through than the requests of a kind do, unless it has few."""


class Plan(msgspec.Struct, frozen=True):
    """A statement, and what finds a row where a page that it does not fill may be filled yet."""

    statement: Statement
    beyond: Statement | None = None


_PLACED = frozenset({"area", "bbox", "circle"})

_CODES = frozenset({"service_code", "department"})
"""Filters with an order of their own for each code."""

_UPDATED = frozenset({"updated_after", "updated_before"})

_SERVED = {
    "requested_datetime": frozenset({"start_date", "end_date", "status", "has_media"}),
    "updated_datetime": _UPDATED,
}
"""By the order of a list, the filters that cost nothing beside it: it has an index with them, or
they leave many."""

_NOT_SERVED = {
    by: tuple(WHERE.keys() - served - {"service_request_id", "q"}) for by, served in _SERVED.items()
}
_NOTHING = ((), None, FIRST, LAST)


def plans(
    jurisdiction_id: str, search: Search, columns: str, *, many: bool = True, few: bool = False
) -> Iterator[Plan]:
    """How to find a page of a list: each plan in turn, until one fills it or nothing is beyond.

    Args:
        jurisdiction_id: the city.
        search: without words.
        columns: of a request `r`, as SQL.
        many: whether more than `BUDGET` requests were changed between the dates of the search.
        few: whether no more than `FEW` places may be within.
    """
    if search.by == "updated_datetime" and search.start_date != FIRST:
        # Nothing is changed a day before it is there.
        after = max(search.updated_after or FIRST, max(search.start_date, FIRST + EARLY) - EARLY)
        search = msgspec.structs.replace(search, updated_after=after)
    filters = rare(search)
    if not filters or search.service_request_id:
        parts = Parts(jurisdiction_id, search)
        yield Plan(parts.statement("walk", columns=columns, conditions=parts.conditions()))
        return
    if len(filters) == 1 and filters <= _CODES and search.by == "requested_datetime":
        yield Plan(_by_code(jurisdiction_id, search, columns, *filters))
        return
    if filters & _UPDATED and not many:
        yield Plan(_by_update(jurisdiction_id, search, columns))
        return
    budget = BUDGET if search.by == "requested_datetime" else BUDGET * _BY_UPDATE
    budget = max(budget, min(_SHARE * (search.limit + search.offset), _MOST))
    yield Plan(
        _first(jurisdiction_id, search, columns, str(budget)),
        _beyond(jurisdiction_id, search, _SERVED[search.by], budget),
    )
    yield Plan(_rest(jurisdiction_id, search, columns, few))


def _rest(jurisdiction_id: str, search: Search, columns: str, few: bool) -> Statement:
    """Where what is sought is rare: by the index that is likely to leave least."""
    filters = rare(search)
    if filters & _PLACED and (few or not filters & _CODES):
        return _by_place(jurisdiction_id, search, columns)
    for column in ("service_code", "department"):
        if column in filters:
            return _by_code(jurisdiction_id, search, columns, column)
    if search.by == "requested_datetime":
        return _first(jurisdiction_id, search, columns, "all")
    if search.end_date - search.start_date < _WHOLE:
        return _within(jurisdiction_id, search, columns)
    return _settled(jurisdiction_id, search, columns)


def rare(search: Search) -> set[str]:
    """The filters that the order of the list does not serve by itself."""
    return {name for name in _NOT_SERVED[search.by] if getattr(search, name) not in _NOTHING}


def _first(jurisdiction_id: str, search: Search, columns: str, budget: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    served = _SERVED[search.by]
    within = parts.conditions(only=served)
    conditions = parts.conditions("cursor", *served)
    return parts.page(
        columns,
        "first",
        within=within,
        within_order=parts.order,
        conditions=conditions,
        budget=budget,
    )


def _within(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    dates = "start_date", "end_date"
    return parts.page(
        columns,
        "first",
        within=parts.conditions("cursor", only=frozenset(dates)),
        within_order="r.requested_datetime, r.id",
        conditions=parts.conditions(*dates),
        budget="all",
    )


def _settled(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    until = parts.add(min(search.end_date, LAST - _LATE) + _LATE)
    conditions = parts.conditions()
    return parts.page(columns, "settled", until=until, conditions=conditions)


def _by_code(jurisdiction_id: str, search: Search, columns: str, column: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    keys = parts.fill("codes", codes=parts.add(getattr(search, column)))
    return _by_key(parts, columns, column, keys, column)


def _by_place(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    keys = parts.fill("places", places=_places(search, parts))
    return _by_key(parts, columns, "place", keys, "area")


def _by_key(parts: Parts, columns: str, column: str, keys: str, met: str) -> Statement:
    begins, ends = zip(*slices(parts.search), strict=True)
    return parts.page(
        columns,
        "by_key",
        begins=parts.add(begins),
        ends=parts.add(ends),
        keys=keys,
        column=column,
        conditions=parts.conditions(met, "start_date", "end_date"),
    )


def may_be_near(filters: set[str]) -> bool:
    """Whether it matters how many places may be within.

    Args:
        filters: those that are `rare`.
    """
    return bool(filters & _PLACED and filters & _CODES)


def many_places(jurisdiction_id: str, search: Search) -> Statement:
    """Finds a row where more than `FEW` places may be within."""
    parts = Parts(jurisdiction_id, search)
    del parts.values[1:]
    sql = SQL["many_places"].format(places=_places(search, parts), few=FEW)
    return Statement(sql, parts.values)


def _places(search: Search, parts: Parts) -> str:
    """What holds for the places that may be within."""
    places = "".join(f" and p.inside && {parts.add(each)}::text[]" for each in search.area)
    boxes = [each for each in (search.bbox,) if each]
    for box in [*boxes, around(search.circle)] if search.circle else boxes:
        west, east = floor(box.west * CELLS), floor(box.east * CELLS)
        south, north = floor(box.south * CELLS), floor(box.north * CELLS)
        places += f" and p.y between {parts.add(south)} and {parts.add(north)}"
        if box.west > box.east:
            places += f" and not (p.x > {parts.add(east)} and p.x < {parts.add(west)})"
        else:
            places += f" and p.x between {parts.add(west)} and {parts.add(east)}"
    return places


def _by_update(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = Parts(jurisdiction_id, search)
    within = parts.conditions("cursor", only=_UPDATED)
    conditions = parts.conditions("updated_after", "updated_before")
    order = "r.updated_datetime, r.id"
    return parts.page(
        columns,
        "first",
        within=within,
        within_order=order,
        conditions=conditions,
        budget=str(BUDGET),
    )


def may_be_few(search: Search, filters: set[str]) -> bool:
    """Whether it matters how many were changed between the dates of a search.

    Args:
        search: the search.
        filters: of it those that are `rare`.
    """
    return not filters.isdisjoint(_UPDATED) and not search.service_request_id


def many_changed(jurisdiction_id: str, search: Search) -> Statement:
    """Finds a row where more than `BUDGET` requests were changed between the dates of a search."""
    search = msgspec.structs.replace(search, cursor=None, sort="updated_datetime")
    return _beyond(jurisdiction_id, search, _UPDATED, BUDGET)


def _beyond(jurisdiction_id: str, search: Search, within: frozenset[str], budget: int) -> Statement:
    """Finds a row where more than so many are within some conditions and behind the cursor."""
    parts = Parts(jurisdiction_id, search)
    del parts.values[1:]
    return parts.statement("beyond", within=parts.conditions(only=within), budget=str(budget))


def whole(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    """Every request of a search, in its order, whatever its limit and cursor."""
    parts = Parts(jurisdiction_id, msgspec.structs.replace(search, cursor=None))
    del parts.values[1:]
    return parts.statement("whole", columns=columns, conditions=parts.conditions())
