"""What GET requests asks for: the arguments, read and checked.

Source: GR-Q-01 to GR-Q-20, GR-X 10.1 to 10.4; interop 10, 11, 19.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

import msgspec

from open311.errors import Invalid
from open311.spec import cursors, filters, w3c_datetime
from open311.spec.cursors import Cursor
from open311.spec.documents import Status
from open311.spec.filters import FILTERS, MOST, Area, Box, Circle, Names, Reading
from open311.spec.submission import Pairs

__all__ = [
    "EARLY",
    "FIRST",
    "LAST",
    "MOST",
    "PAGING",
    "SORTS",
    "Search",
    "Sort",
    "paging",
    "place",
    "read",
]

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

EARLY = timedelta(days=1)
"""So much before it is there no request is changed; clocks of other systems err by seconds."""

_DAYS = 90  # without dates: GR-Q-03
_FAR = 10**15  # past every row, and within a bigint

PAGING = {"page": 0, "page_size": 1, "per_page": 1, "limit": 1, "offset": 0}
"""The arguments of pages by number, and the least that each may be. Source: GR-X 10.1."""

Sort = Literal["-requested_datetime", "requested_datetime", "-updated_datetime", "updated_datetime"]
SORTS: dict[str, Sort] = {
    "-requested_datetime": "-requested_datetime",
    "requested_datetime": "requested_datetime",
    "-updated_datetime": "-updated_datetime",
    "updated_datetime": "updated_datetime",
}
"""The orders of a list; the first is its own. A minus says newest first."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A question for requests; an empty tuple and None do not filter.

    Lists are sorted and without doubles. An "" in one stands for what cannot exist; it matches
    nothing. All dates are included; with `service_request_id` they reach over all time.
    """

    service_request_id: tuple[str, ...] = ()
    service_code: tuple[str, ...] = ()
    status: tuple[Status, ...] = ()
    start_date: datetime = FIRST  # aware, UTC; <= end_date
    end_date: datetime = LAST
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    department: tuple[str, ...] = ()
    has_media: bool | None = None
    area: tuple[Area, ...] = ()
    bbox: Box | None = None
    circle: Circle | None = None
    q: str | None = None
    sort: Sort = "-requested_datetime"
    limit: int = MOST  # 1 to MOST
    offset: int = 0  # rows before the page, 0 to 10**15
    cursor: Cursor | None = None
    paged: bool = False  # whether pages were asked for
    asked: datetime = LAST  # when; hardly any request is later

    @property
    def newest_first(self) -> bool:
        """Whether the latest one leads."""
        return self.sort[0] == "-"

    @property
    def by(self) -> str:
        """The field that the list is sorted by."""
        return self.sort.removeprefix("-")


_NAMELESS = Names(lambda _: (), lambda _: ())


def read(
    pairs: Pairs,
    *,
    zone: tzinfo,
    now: datetime,
    max_span_days: int | None = _DAYS,
    names: Names = _NAMELESS,
) -> Search:
    """Read a question for requests.

    Args:
        pairs: the arguments; empty ones are absent, unknown ones are ignored.
        zone: the jurisdiction's, for dates without an offset.
        now: aware; the default `end_date`.
        max_span_days: longest range of dates, in days of 24 hours; 0 is no limit, and None is not
            even a usual one.
        names: of the jurisdiction.

    Returns:
        The question. `service_request_id` overrides every other argument.

    Raises:
        Invalid: with every fault, each naming its argument.

    Source: GR-Q-01 to GR-Q-20.
    """
    reading = Reading(pairs, zone, names, [])
    if ids := reading.items("service_request_id"):
        search = Search(service_request_id=ids)
    else:
        search = _searched(reading, now, max_span_days)
    if reading.problems:
        raise Invalid(*reading.problems)
    return search


def _searched(reading: Reading, now: datetime, max_span_days: int | None) -> Search:
    sent = {key for key, value in reading.pairs if value.strip()}
    asked: dict[str, Any] = {}
    for name, filter_ in FILTERS.items() if sent else ():
        if name in sent and filter_.field not in asked:
            asked[filter_.field] = filter_.read(reading, name)
    asked["service_code"] = _kinds(asked.get("service_code", ()), asked.pop("group", ()))
    updated = asked.get("updated_after"), asked.get("updated_before")
    if None not in updated and updated[0] > updated[1]:  # type: ignore[operator]
        reading.problems.append("updated_before: it is before updated_after.")
    cursor = place(reading)
    if cursor:
        start_date, end_date = cursors.moment(cursor.start), cursors.moment(cursor.end)
    else:
        # Who asks what changed wants old requests, too: GR-X 10.2.
        days = max_span_days if updated == (None, None) else None
        start_date, end_date = _window(reading, now, days)
        # Nothing is changed a day before it is there: who asks does not walk through what is newer.
        end_date = min(end_date, _later(updated[1], EARLY) if updated[1] else end_date)
    limit, offset = paging(reading)
    return Search(
        **asked,
        start_date=start_date,
        end_date=end_date,
        area=filters.areas(reading),
        sort=_sort(reading),
        limit=limit,
        offset=0 if cursor else offset,
        cursor=cursor,
        paged=not sent.isdisjoint({*PAGING, "cursor"}),
        asked=now,
    )


def _kinds(codes: tuple[str, ...], of_groups: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that are of both; one that cannot exist where there are none."""
    if not (codes and of_groups):
        return codes or of_groups
    return tuple(sorted({*codes} & {*of_groups})) or ("",)


def _sort(reading: Reading) -> Sort:
    text = reading.text("sort")
    if text is not None and text not in SORTS:
        reading.problems.append(f"sort: {text[:40]!r} is none of {', '.join(SORTS)}.")
    return SORTS.get(text or "", "-requested_datetime")


def place(reading: Reading) -> Cursor | None:
    """Where a list goes on; None at its beginning."""
    text = reading.text("cursor")
    try:
        return cursors.read(text) if text else None
    except ValueError as fault:
        reading.problems.append(f"cursor: {fault}.")
        return None


def _window(
    reading: Reading, now: datetime, max_span_days: int | None
) -> tuple[datetime, datetime]:
    """The dates asked for, or their defaults. Source: GR-Q-03, GR-Q-04, GR-Q-10, GR-Q-11."""
    problems = reading.problems
    start, end = reading.date("start_date"), reading.date("end_date")
    longest = timedelta(days=max_span_days) if max_span_days else LAST - FIRST
    usual = timedelta(days=_DAYS) if max_span_days is not None else LAST - FIRST
    if start is None:
        end = end or (now if max_span_days is not None else LAST)
        return _later(end, -min(longest, usual)), end
    if end is None:
        end = _later(start, longest)
        return start, end if start > now or max_span_days is None else min(end, now)
    shown = f"start_date {w3c_datetime.show(start)}, end_date {w3c_datetime.show(end)}"
    if end < start:
        problems.append(f"{shown}: the end is before the start.")
    elif end - start > longest:
        problems.append(f"{shown}: the range is longer than {max_span_days} days.")
    return start, end


def _later(moment: datetime, span: timedelta) -> datetime:
    """`moment + span`, within the years that there are."""
    return moment + min(max(span, FIRST - moment), LAST - moment)


def paging(reading: Reading) -> tuple[int, int]:
    """Rows of a page, and rows before it. Source: GR-X 10.1."""
    sent = {name: _whole(reading, name, least) for name, least in PAGING.items()}
    size = min(sent["page_size"] or sent["per_page"] or sent["limit"] or MOST, MOST)
    if sent["offset"] is not None:
        return size, sent["offset"]
    before = (sent["page"] or 1) - 1  # page 0 is page 1
    return size, min(before * size, _FAR)


def _whole(reading: Reading, name: str, least: int) -> int | None:
    text = reading.text(name)
    if text is None:
        return None
    value = int(text[:16]) if re.fullmatch(r"\d+", text, re.ASCII) else -1
    if value < least:
        reading.problems.append(f"{name}: {text[:40]!r} is not a whole number from {least}.")
        return None
    return min(value, _FAR)
