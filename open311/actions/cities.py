"""A city enters by its folder: checked whole, loaded in one transaction."""

from __future__ import annotations

from datetime import datetime

from open311.domain.folder import CityFolder
from open311.store import cities, db
from open311.store.cities import Change

__all__ = ["load"]


async def load(connection: db.Connection, folder: CityFolder, now: datetime) -> tuple[Change, ...]:
    """Make the database equal to a checked folder; loading it again changes nothing.

    Args:
        connection: one that may write cities.
        folder: read and checked.
        now: aware; the new changeset, when anything changed.

    Returns:
        What was added, changed and retired, by kind. Services and departments that the folder no
        longer has are retired, not removed: old requests name them.
    """
    own = folder.jurisdiction.jurisdiction_id
    async with db.owning(connection, own):
        changes = await cities.load(
            connection,
            folder.jurisdiction,
            folder.departments,
            folder.services,
            folder.areas,
            now.replace(microsecond=0),
        )
        if any(each.added or each.changed or each.retired for each in changes):
            new = changes[
                0
            ].added  # its changeset is now; a second later would not be past (GR-D-10)
            moved = None if new else now.replace(microsecond=0)
            await cities.announce(connection, own, moved=moved)
    return changes
