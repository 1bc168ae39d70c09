"""Everything that a search finds, as PostgreSQL copies it out: of one moment, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from open311.spec.search import Search
from open311.store import queries, searching
from open311.store.copies import Copies

__all__ = ["rows"]

_COLUMNS = queries.part(queries.load("exports")["columns"])


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
    found = searching.whole(jurisdiction_id, search, _COLUMNS)
    values = [*found.values, media]
    sql = found.sql.replace("{media}", f"${len(values)}")
    return copies.copy(sql, *values, null=unknown)
