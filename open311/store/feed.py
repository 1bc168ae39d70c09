"""The feed of changes: rows in the order in which transactions can be told of without missing any.

What is told of is settled: every transaction that is numbered lower than the oldest one that still
runs has ended, and whoever comes later is numbered higher. So a place of the feed, once passed, is
passed for good, which no timestamp can promise.
"""

from __future__ import annotations

import msgspec

from open311.domain.city import City
from open311.spec.changes import BEGINNING, Change, Event, Place, cursor
from open311.store import cities, queries, requests
from open311.store.db import Connection, Connections

__all__ = ["GAP", "given", "last", "page", "renew"]

_SQL = queries.load("feed")
_SETTLED = queries.part(_SQL["settled"])
_COLUMNS = requests.COLUMNS
PAGE = _SQL["page"].format(settled=_SETTLED, columns=_COLUMNS, nothing=_COLUMNS.replace("r.", "n."))
LAST = _SQL["last"].format(settled=_SETTLED)
_NEWEST = _SQL["last"].format(settled=2**63 - 1)

GAP = 2**40
"""Numbers that are left out after a restore: more than a database gives in three years of 10,000
transactions a second, so that a cursor among them is known to be of the one that is lost."""


async def page(
    reads: Connections, city: City, after: Place, limit: int, media: str
) -> tuple[list[Change], Place]:
    """What changed after a place, in order, and where to go on.

    Args:
        reads: connections that see public columns only; a standby will do.
        city: whose requests; names services and departments.
        after: as `last` or this gave it.
        limit: the most changes.
        media: base URL of our own pictures.

    Returns:
        The changes, and the place of the last one. With nothing to tell that stays what it was: the
        end of what is settled would not do, since a crash may give its number out again.
    """
    told: list[Change] = []
    end = after
    for row in await reads.fetch(PAGE, city.jurisdiction_id, *after, limit):
        end = row[0], row[1]
        if row[3] is not None:
            told.append(Change(cursor(end), "withdrawn", row[3], None))
        else:
            request = requests.document(row[4:], city, media)
            event: Event = "created" if (row[2], row[1]) > after else "changed"
            told.append(Change(cursor(end), event, request.service_request_id, request))
    return told, end


async def last(reads: Connections, jurisdiction_id: str) -> Place:
    """The place of the last change of a city."""
    rows = await reads.fetch(LAST, jurisdiction_id)
    return (rows[0][0], rows[0][1]) if rows else BEGINNING


async def given(reads: Connections, place: Place) -> bool:
    """Whether this database can have given a cursor, and none that it took the place of."""
    return bool((await reads.fetch(_SQL["given"], place[0]))[0][0])


class _Origin(msgspec.Struct, frozen=True):
    known: str | None  # None: nobody has looked yet
    origin: str
    base: int
    next: int
    gaps: str


async def renew(connection: Connection) -> bool:
    """Go on with higher numbers where another cluster numbers the transactions now.

    That is so after a restore: numbers of the new cluster begin anew, or where the copy was made.
    Changes that only the lost one knew are not there any more, which their cursors must not hide.

    Args:
        connection: as the owner of the schema.

    Returns:
        Whether it was so.
    """
    if await _due(connection) is None:
        return False
    await connection.execute("begin")
    try:
        await connection.execute(_SQL["lock"])  # nobody writes with a number of before
        due = await _due(connection)
        if due:
            await connection.execute(_renewed(*due))
    except BaseException:
        await connection.execute("rollback")
        raise
    await connection.execute("commit")
    return bool(due and (due[0].known or due[1] >= due[0].next))


async def _due(connection: Connection) -> tuple[_Origin, int] | None:
    """How numbers are given, and the highest that is kept; None where all is as it was."""
    (row,) = await connection.fetch(_SQL["origin"])
    now, kept = _Origin(*row), row["base"]
    for city in await cities.directory(connection):
        await connection.execute(_SQL["look_at"], city["jurisdiction_id"])
        rows = await connection.fetch(_NEWEST, city["jurisdiction_id"])
        kept = max(kept, *(each[0] for each in rows), 0)
    return None if now.known == now.origin and kept < now.next else (now, kept)


def _renewed(now: _Origin, kept: int) -> str:
    """The functions that say how numbers are given, as they are from now on."""
    base, gaps = now.base, now.gaps
    if now.known is not None or kept >= now.next:
        base = max(kept, now.next) + GAP
        gaps = f"{gaps[:-1]}{',' * (gaps != '{}')}[{kept + 1},{base + 1})}}"
    return _SQL["renewed"].format(base=base, gaps=gaps, origin=now.origin)
