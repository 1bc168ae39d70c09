"""A city enters by its folder: checked whole, loaded in one transaction."""

from __future__ import annotations

from datetime import datetime

from open311.actions import catalogue
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder
from open311.errors import NotFound
from open311.store import cities, db
from open311.store.cities import Change

__all__ = ["COMMAND", "known", "load"]

COMMAND = "open311 load"
"""Who changes a catalogue from the command line, unless told."""


async def load(
    connection: db.Connection,
    folder: CityFolder,
    now: datetime,
    *,
    actor: str = COMMAND,
    reason: str | None = None,
    consent: bool = False,
) -> tuple[Change, ...]:
    """Make the database equal to a checked folder; loading it again changes nothing.

    Args:
        connection: one that may write cities.
        folder: read and checked.
        now: aware; the new changeset, when anything changed.
        actor: who, for the audit trail.
        reason: why, for the audit trail.
        consent: also where clients of a service as it is now will fail.

    Returns:
        What was added, changed and retired, by kind. Services and departments that the folder no
        longer has are retired, not removed: old requests name them.

    Raises:
        Conflict: clients would fail, and nobody consented; every such change is named.
    """
    own, second = folder.jurisdiction.jurisdiction_id, now.replace(microsecond=0)
    async with db.owning(connection, own):
        city, departments, areas = await cities.load(
            connection, folder.jurisdiction, folder.departments, folder.areas, second
        )
        done = await catalogue.make_equal(
            connection, own, folder.services, Deed(actor, second, reason), consent=consent
        )
        services = Change("services", len(done.added), len(done.changed), len(done.retired))
        changes = (city, departments, services, areas)
        if any(each.added or each.changed or each.retired for each in changes):
            # The changeset of a new city is now; a second later would not be past (GR-D-10).
            await cities.announce(connection, own, moved=None if city.added else second)
    return changes


async def known(connection: db.Connection, jurisdiction_id: str) -> db.Row:
    """The row of a city in the directory.

    Raises:
        NotFound: there is no such city; names those that there are.
    """
    rows = {row["jurisdiction_id"]: row for row in await cities.directory(connection)}
    if jurisdiction_id not in rows:
        there = ", ".join(rows) or "none; load a city folder first"
        raise NotFound(f"There is no jurisdiction {jurisdiction_id!r}; there is: {there}.")
    return rows[jurisdiction_id]
