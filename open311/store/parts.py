"""A search taken apart: its conditions, its order, and its time in slices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from open311.spec import cursors
from open311.spec.search import Search
from open311.store import queries
from open311.store.conditions import WHERE, after

__all__ = ["KEYS", "PARTS", "SQL", "Parts", "Statement", "slices", "window"]

SQL = queries.load("search")


PARTS = {name: queries.part(text) for name, text in SQL.items()}
"""The same, without why each is there."""

KEYS = PARTS["keys"]
"""Enough of a row where all of them have been read before."""

_FIRST_SLICE, _LONGER, _SLICES = timedelta(days=120), 4, 6
"""The first slice of time, how much longer each is than the one before, and how many. The first has
room for the ninety days that a list is of where nobody says otherwise."""

_NEXT = timedelta(microseconds=1)


class Statement(msgspec.Struct, frozen=True):
    """SQL and its parameters."""

    sql: str
    values: list[object]


class Parts:
    """A search taken apart into conditions, each with its parameters in one list."""

    def __init__(self, jurisdiction_id: str, search: Search) -> None:
        """With the city, the number of rows and those left out as the first three parameters."""
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
        """A parameter with this value."""
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
            if name in without or name == passed or (only is not None and name not in only):
                continue
            value = getattr(self.search, name)
            if value is not None and value != ():
                found.append(condition(value, self.add))
        if "cursor" not in without:
            found.append(after(self.search, self.add))
        return "".join(f"\n    and {each}" for each in found if each)

    def fill(self, name: str, **parts: str) -> str:
        """A part of SQL, without why it is there."""
        return PARTS[name].format(
            all=PARTS["columns"], filtered=PARTS["filtered"], order=self.order, **parts
        )

    def statement(self, name: str, **parts: str) -> Statement:
        """A whole statement."""
        return Statement(self.fill(name, **parts), self.values)

    def page(self, columns: str, name: str, **parts: str) -> Statement:
        """The rows of the keys that a part of SQL finds."""
        return self.statement("page", columns=columns, found=self.fill(name, **parts))


def slices(search: Search) -> Iterator[tuple[datetime, datetime]]:
    """The time of a search in the order of its list, in slices whose ends belong to them."""
    begin, end, downwards = window(search)
    if downwards and begin < search.asked < end and search.by == "requested_datetime":
        yield search.asked + _NEXT, end
        end = search.asked
    size = _FIRST_SLICE
    for _ in range(_SLICES if search.by == "requested_datetime" else 0):
        if end - begin <= 2 * size:
            break
        if downwards:
            cut = end - size
            yield cut + _NEXT, end
            end = cut
        else:
            cut = begin + size
            yield begin, cut
            begin = cut + _NEXT
        size *= _LONGER
    yield begin, end


def window(search: Search) -> tuple[datetime, datetime, bool]:
    """The time in which what is sought was requested, and whether it is gone through backwards."""
    begin, end = search.start_date, search.end_date
    downwards = search.newest_first is not (search.cursor is not None and search.cursor.back)
    if search.cursor and search.by == "requested_datetime":
        at = cursors.moment(search.cursor.at)
        begin, end = (begin, min(end, at)) if downwards else (max(begin, at), end)
    return begin, end, downwards
