"""A city enters by its folder: checked whole, loaded in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from open311.domain import compatibility, definitions
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder, CityService
from open311.errors import NotFound
from open311.store import cities, db, routings
from open311.store import definitions as rows
from open311.store.changes import Change

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
        longer has are retired, not removed: old requests name them. Versions that are to begin
        later are let be.

    Raises:
        Conflict: clients would fail, and nobody consented; every such change is named.
    """
    own, second = folder.jurisdiction.jurisdiction_id, now.replace(microsecond=0)
    async with db.owning(connection, own):
        city, departments, areas = await cities.load(
            connection, folder.jurisdiction, folder.departments, folder.areas, second
        )
        deed = Deed(actor, await rows.lock(connection, own, now), reason)
        services = await _load_services(connection, own, folder.services, deed, consent=consent)
        routing = await routings.put(connection, own, folder.routing, deed)
        told = (routing,) if routing or folder.routing else ()
        changes = (city, departments, services, areas, *told)
        if any(changes):
            # The changeset of a new city is now; a second later would not be past (GR-D-10).
            await cities.announce(connection, own, moved=None if city.added else second)
    return changes


async def known(connection: db.Connection, jurisdiction_id: str) -> db.Row:
    """The row of a city in the directory.

    Raises:
        NotFound: there is no such city; names those that there are.
    """
    found = {row["jurisdiction_id"]: row for row in await cities.directory(connection)}
    if jurisdiction_id not in found:
        there = ", ".join(found) or "none; load a city folder first"
        raise NotFound(f"There is no jurisdiction {jurisdiction_id!r}; there is: {there}.")
    return found[jurisdiction_id]


async def _load_services(
    transaction: db.Connection,
    own: str,
    services: Sequence[CityService],
    deed: Deed,
    *,
    consent: bool,
) -> Change:
    """Make the catalogue equal: what differs gets a version, what is gone retires."""
    known = await rows.in_force(transaction, own, deed.at)
    offered = {code: each.version for code, each in known.items() if not each.retired}
    before = await rows.contents(transaction, own, offered)
    wanted = {each.service_code: definitions.canonical(each) for each in services}
    new = [each for code, each in wanted.items() if before.get(code) != each]
    gone = [code for code in before if code not in wanted]
    steps = {
        each.service_code: compatibility.compare(before[each.service_code], each)
        for each in new
        if each.service_code in before
    }
    compatibility.consented(steps | dict.fromkeys(gone, compatibility.RETIRED), consent=consent)
    await rows.publish(transaction, own, new, deed, deed.at)
    await rows.retire(transaction, own, gone, deed, deed.at)
    changed = sum(each.service_code in known for each in new)
    return Change("services", len(new) - changed, changed, len(gone))
