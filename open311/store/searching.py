"""The SQL of a search: which rows, found by which index.

Every plan gives the same rows; they differ in what they cost, and PostgreSQL, which plans a
statement once for all values, cannot choose. What has an order by its own index (time, kinds,
departments, pictures, what is open) is walked through. Any other filter is tried on the first few
thousand rows in the order of the list; only where these do not fill the page it is rare, and an
index of its own finds it. So what a page costs hardly grows with the number of requests; the
table in benchmarks/README.md tells where it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import floor

import msgspec

from open311.domain.spots import CELLS
from open311.spec import cursors
from open311.spec.search import FIRST, LAST, Search
from open311.store import queries
from open311.store.conditions import WHERE, after, around
from open311.store.conditions import words as words_in

__all__ = [
    "BUDGET",
    "FEW",
    "KEYS",
    "RARE",
    "Plan",
    "Statement",
    "by_words",
    "many_changed",
    "many_places",
    "may_be_few",
    "may_be_near",
    "months",
    "plans",
    "whole",
]

_SQL = queries.load("search")
_ALL = _SQL["columns"].partition("\n")[2].partition("\n")[2]
KEYS = _SQL["keys"].partition("\n")[2]
"""Enough of a row where all of them have been read before."""

BUDGET = 2_000
"""Rows that are looked at before an index of a rare filter is."""

_SHARE, _MOST = 20, 40_000
"""So many rows for each that is wanted, where a page is large or far; but no more than these."""

FEW, RARE = 256, 10_000
"""Places that cost less to look through than the requests of a kind do, unless it has few."""


class Statement(msgspec.Struct, frozen=True):
    """SQL and its parameters."""

    sql: str
    values: list[object]


class Plan(msgspec.Struct, frozen=True):
    """A statement, and whether a page that it does not fill is the last one all the same."""

    statement: Statement
    final: bool


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


class _Parts:
    """A search taken apart into conditions, each with its parameters in one list."""

    def __init__(self, jurisdiction_id: str, search: Search) -> None:
        # one row more than asked for tells whether there is a next page
        self.values: list[object] = [jurisdiction_id, search.limit + 1, search.offset]
        self.search = search
        backwards = search.cursor is not None and search.cursor.back
        downwards = search.newest_first is not backwards
        way = "desc" if downwards else "asc"
        self.order = f"r.{search.by} {way}, r.id {way}"
        self.passed: str | None = None  # the date that the cursor has passed
        if search.cursor and search.by == "requested_datetime":
            self.passed = "end_date" if downwards else "start_date"

    def add(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def conditions(self, *without: str, only: frozenset[str] | None = None) -> str:
        """The conditions of all fields but some, and that of the cursor."""
        if self.search.service_request_id:
            only = frozenset({"service_request_id"})
        found = []
        # A cursor says where an index begins; what is before it anyway would have it begin there.
        passed = self.passed if "cursor" not in without else None
        for name, condition in WHERE.items():
            value = getattr(self.search, name)
            if name in {*without, passed} or (only is not None and name not in only):
                continue
            if value in ((), None):
                continue
            found.append(condition(value, self.add))
        if "cursor" not in without:
            found.append(after(self.search, self.add))
        return "".join(f"\n    and {each}" for each in found if each)

    def statement(self, name: str, columns: str, **parts: str) -> Statement:
        sql = _SQL[name].format(columns=columns, all=_ALL, order=self.order, **parts)
        return Statement(sql, self.values)


def plans(
    jurisdiction_id: str, search: Search, columns: str, *, many: bool = True, few: bool = False
) -> Iterator[Plan]:
    """How to find a page of a list: each plan in turn, until one fills the page or is final.

    Args:
        jurisdiction_id: the city.
        search: without words, or within the months that `by_words` is told.
        columns: of a request `r`, as SQL.
        many: whether more than `BUDGET` requests were changed between the dates of the search.
        few: whether no more than `FEW` places may be within.
    """
    rare = _rare(search)
    if not rare or search.service_request_id:
        yield Plan(_walked(jurisdiction_id, search, columns), final=True)
        return
    if len(rare) == 1 and rare <= _CODES and search.by == "requested_datetime":
        yield Plan(_by_code(jurisdiction_id, search, columns, *rare), final=True)
        return
    if rare & _UPDATED and not many:
        yield Plan(_by_update(jurisdiction_id, search, columns), final=True)
        return
    yield Plan(_first_of_all(jurisdiction_id, search, columns), final=False)
    if rare & _PLACED and (few or not rare & _CODES):
        yield Plan(_by_place(jurisdiction_id, search, columns), final=True)
    elif "service_code" in rare:
        yield Plan(_by_code(jurisdiction_id, search, columns, "service_code"), final=True)
    elif "department" in rare:
        yield Plan(_by_code(jurisdiction_id, search, columns, "department"), final=True)
    else:
        yield Plan(_walked(jurisdiction_id, search, columns), final=True)


def _rare(search: Search) -> set[str]:
    """The filters that the order of the list does not serve by itself."""
    served = {*_SERVED[search.by], "service_request_id", "q"}
    nothing = ((), None, FIRST, LAST)
    return {name for name in WHERE.keys() - served if getattr(search, name) not in nothing}


def _walked(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = _Parts(jurisdiction_id, search)
    return parts.statement("walk", columns, conditions=parts.conditions())


def _first_of_all(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = _Parts(jurisdiction_id, search)
    served = _SERVED[search.by]
    within = parts.conditions(only=served)
    budget = max(BUDGET, min(_SHARE * (search.limit + search.offset), _MOST))
    conditions = parts.conditions("cursor", *served)
    return parts.statement(
        "first_of_all", columns, within=within, conditions=conditions, budget=str(budget)
    )


def _by_code(jurisdiction_id: str, search: Search, columns: str, column: str) -> Statement:
    parts = _Parts(jurisdiction_id, search)
    codes = parts.add(getattr(search, column))
    conditions = parts.conditions(column)
    return parts.statement("by_code", columns, codes=codes, column=column, conditions=conditions)


def _by_place(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    parts = _Parts(jurisdiction_id, search)
    places = _places(search, parts)
    conditions = parts.conditions("area")
    return parts.statement("by_place", columns, places=places, conditions=conditions)


def may_be_near(search: Search) -> bool:
    """Whether it matters how many places may be within."""
    return bool(_rare(search) & _PLACED and _rare(search) & _CODES)


def many_places(jurisdiction_id: str, search: Search) -> Statement:
    """Finds a row where more than `FEW` places may be within."""
    parts = _Parts(jurisdiction_id, search)
    del parts.values[1:]
    sql = _SQL["many_places"].format(places=_places(search, parts), few=FEW)
    return Statement(sql, parts.values)


def _places(search: Search, parts: _Parts) -> str:
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
    parts = _Parts(jurisdiction_id, search)
    updated = parts.conditions("cursor", only=_UPDATED)
    conditions = parts.conditions("updated_after", "updated_before")
    return parts.statement(
        "by_update", columns, updated=updated, conditions=conditions, budget=str(BUDGET)
    )


def may_be_few(search: Search) -> bool:
    """Whether it matters how many were changed between the dates of a search."""
    return not _rare(search).isdisjoint(_UPDATED) and not search.service_request_id


def many_changed(jurisdiction_id: str, search: Search) -> Statement:
    """Finds a row where more than `BUDGET` requests were changed between the dates of a search."""
    parts = _Parts(jurisdiction_id, search)
    del parts.values[1:]
    updated = parts.conditions("cursor", only=_UPDATED)
    sql = _SQL["many_changed"].format(updated=updated, budget=BUDGET)
    return Statement(sql, parts.values)


def by_words(jurisdiction_id: str, search: Search, within: list[int], columns: str) -> Statement:
    """A page of what has the words, of some months.

    Args:
        jurisdiction_id: the city.
        search: with words.
        within: the months, as `months` counts them.
        columns: of a request `r`, as SQL.
    """
    parts = _Parts(jurisdiction_id, search)
    months = parts.add([f"{each} " for each in within])
    words = words_in(search.q or "", "m.month", "s", parts.add)
    conditions = parts.conditions("q")
    return parts.statement("by_words", columns, months=months, words=words, conditions=conditions)


def months(search: Search, there: list[int]) -> Iterator[list[int]]:
    """The months that a search looks at, in the order of its list: one, two, four and so on.

    Args:
        search: by the time of requests; by that of changes all months come at once.
        there: the months in which there are requests, in order.

    Returns:
        Twelve times the year and the month, of UTC, as the SQL function `month` counts.
    """
    begin, end = search.start_date, search.end_date
    downwards = search.newest_first is not (search.cursor is not None and search.cursor.back)
    if search.cursor and search.by == "requested_datetime":
        at = cursors.moment(search.cursor.at)
        begin, end = (begin, min(end, at)) if downwards else (max(begin, at), end)
    first, last = _month(begin), _month(end)
    left = [each for each in there if first <= each <= last]
    if downwards:
        left.reverse()
    size = 1 if search.by == "requested_datetime" else len(left)
    while left:
        yield left[:size]
        left, size = left[size:], 2 * size


def _month(moment: datetime) -> int:
    moment = moment.astimezone(UTC)
    return 12 * moment.year + moment.month


def whole(jurisdiction_id: str, search: Search, columns: str) -> Statement:
    """Every request of a search, in its order, whatever its limit and cursor."""
    parts = _Parts(jurisdiction_id, msgspec.structs.replace(search, cursor=None))
    del parts.values[1:]
    return parts.statement("whole", columns, conditions=parts.conditions())
