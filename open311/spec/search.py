"""What GET requests asks for: the arguments, read and checked.

Source: GR-Q-01 to GR-Q-20, GR-X 10.1; interop 10, 11, 19.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from open311.errors import Invalid
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Status
from open311.spec.submission import Pairs

__all__ = ["FIRST", "LAST", "MOST", "Search", "read"]

MOST = 1000
"""The most requests of one answer, and the most ids or codes of one question. Source: GR-Q-05."""

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_DAYS = 90  # without dates: GR-Q-03
_FAR = 10**15  # past every row, and within a bigint
_STATUS: dict[str, Status] = {"open": "open", "closed": "closed"}
_PAGING = {"page": 0, "page_size": 1, "per_page": 1, "limit": 1, "offset": 0}  # the least of each


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A question for requests; an empty tuple does not filter.

    Lists are sorted and without doubles. An "" in one stands for what cannot exist; it matches
    nothing. Both dates are included; with `service_request_id` they reach over all time.
    """

    service_request_id: tuple[str, ...] = ()
    service_code: tuple[str, ...] = ()
    status: tuple[Status, ...] = ()
    start_date: datetime = FIRST  # aware, UTC; <= end_date
    end_date: datetime = LAST
    limit: int = MOST  # 1 to MOST
    offset: int = 0  # rows before the page, 0 to 10**15


def read(pairs: Pairs, *, zone: tzinfo, now: datetime, max_span_days: int = _DAYS) -> Search:
    """Read a question for requests.

    Args:
        pairs: the arguments; empty ones are absent, unknown ones are ignored.
        zone: the jurisdiction's, for dates without an offset.
        now: aware; the default `end_date`.
        max_span_days: longest range of dates, in days of 24 hours; 0 is no limit.

    Returns:
        The question. `service_request_id` overrides every other argument.

    Raises:
        Invalid: with every fault, each naming its argument.

    Source: GR-Q-01 to GR-Q-20.
    """
    problems: list[str] = []
    if ids := _items(pairs, "service_request_id", problems):
        search = Search(service_request_id=ids)
    else:
        start_date, end_date = _window(pairs, zone, now, max_span_days, problems)
        limit, offset = _paging(pairs, problems)
        search = Search(
            service_code=_items(pairs, "service_code", problems),
            status=_status(pairs, problems),
            start_date=start_date,
            end_date=end_date,
            limit=limit,
            offset=offset,
        )
    if problems:
        raise Invalid(*problems)
    return search


def _items(pairs: Pairs, name: str, problems: list[str]) -> tuple[str, ...]:
    """The items of a comma list, which may be repeated. Source: GR-Q-14."""
    items = {
        item if submission.clean(item) == item else ""  # no id or code holds such characters
        for key, value in pairs
        if key == name
        for each in value.split(",")
        if (item := each.strip())
    }
    if len(items) > MOST:
        problems.append(f"{name}: it lists {len(items)}; at most {MOST} are taken.")
    return tuple(sorted(items))


def _status(pairs: Pairs, problems: list[str]) -> tuple[Status, ...]:
    asked = {item.lower() for item in _items(pairs, "status", problems)}
    if unknown := sorted(asked - _STATUS.keys()):
        problems.append(f"status: {unknown[0][:40]!r} is neither open nor closed.")
    if asked >= _STATUS.keys():
        return ()
    return tuple(_STATUS[item] for item in asked & _STATUS.keys())


def _window(
    pairs: Pairs, zone: tzinfo, now: datetime, max_span_days: int, problems: list[str]
) -> tuple[datetime, datetime]:
    """The dates asked for, or their defaults. Source: GR-Q-03, GR-Q-04, GR-Q-10, GR-Q-11."""
    start = _date(pairs, "start_date", zone, problems)
    end = _date(pairs, "end_date", zone, problems)
    longest = timedelta(days=max_span_days) if max_span_days else LAST - FIRST
    if start is None:
        end = now if end is None else end
        return _later(end, -min(longest, timedelta(days=_DAYS))), end
    if end is None:
        end = _later(start, longest)
        return start, end if start > now else min(end, now)
    shown = f"start_date {w3c_datetime.show(start)}, end_date {w3c_datetime.show(end)}"
    if end < start:
        problems.append(f"{shown}: the end is before the start.")
    elif end - start > longest:
        problems.append(f"{shown}: the range is longer than {max_span_days} days.")
    return start, end


def _date(pairs: Pairs, name: str, zone: tzinfo, problems: list[str]) -> datetime | None:
    text = submission.argument(pairs, name)
    try:
        return None if text is None else w3c_datetime.parse(text, zone)
    except ValueError as fault:
        problems.append(f"{name}: {fault}.")
        return None


def _later(moment: datetime, span: timedelta) -> datetime:
    """`moment + span`, within the years that there are."""
    return moment + min(max(span, FIRST - moment), LAST - moment)


def _paging(pairs: Pairs, problems: list[str]) -> tuple[int, int]:
    """Rows of a page, and rows before it. Source: GR-X 10.1."""
    sent = {name: _whole(pairs, name, least, problems) for name, least in _PAGING.items()}
    size = min(sent["page_size"] or sent["per_page"] or sent["limit"] or MOST, MOST)
    if sent["offset"] is not None:
        return size, sent["offset"]
    before = (sent["page"] or 1) - 1  # page 0 is page 1
    return size, min(before * size, _FAR)


def _whole(pairs: Pairs, name: str, least: int, problems: list[str]) -> int | None:
    text = submission.argument(pairs, name)
    if text is None:
        return None
    value = int(text[:16]) if re.fullmatch(r"\d+", text, re.ASCII) else -1
    if value < least:
        problems.append(f"{name}: {text[:40]!r} is not a whole number from {least}.")
        return None
    return min(value, _FAR)
