"""Everything that a search finds, as PostgreSQL copies it out: of one moment, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from open311.spec.search import FIRST, LAST, Search
from open311.store import queries
from open311.store.copies import Copies
from open311.store.requests import STATUS

__all__ = ["rows"]

_ROWS = queries.load("exports")["rows"]
_WHERE = {
    "service_request_id": "r.service_request_id = any ({}::text[])",
    "service_code": "r.service_code = any ({}::text[])",
    "start_date": "r.requested_datetime >= {}::timestamptz",
    "end_date": "r.requested_datetime <= {}::timestamptz",
}


def rows(
    copies: Copies, jurisdiction_id: str, search: Search, media: str, unknown: str
) -> AsyncGenerator[bytes, None]:
    """The rows that a search finds, however many: whole lines of COPY, some at a time.

    They are of one moment, since they are found by one statement.

    Args:
        copies: connections that see public columns only.
        jurisdiction_id: the city.
        search: filters and order; its page does not count.
        media: base URL of our own pictures.
        unknown: what stands for a value that is not there.
    """
    values: list[object] = [jurisdiction_id, media]
    conditions = f"\n  and {STATUS[search.status[0]]}" if len(search.status) == 1 else ""
    for name, condition in _WHERE.items():
        value = getattr(search, name)
        if value not in ((), FIRST, LAST):
            values.append(value)
            conditions += f"\n  and {condition.format(f'${len(values)}')}"
    order = "desc" if search.newest_first else "asc"
    sql = _ROWS.format(conditions=conditions, by=search.by, order=order)
    return copies.copy(sql, *values, null=unknown)
