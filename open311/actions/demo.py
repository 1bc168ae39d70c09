"""The demo city: loaded where there is no city yet, with a past and a key to try."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from open311.actions import addresses, history, keys
from open311.demo import places, versions
from open311.demo.versions import Record
from open311.domain.addresses import entry
from open311.domain.folder import CityFolder, CityService, Jurisdiction
from open311.formats import folder
from open311.formats.address_files import Row
from open311.store import cities, clients, db, definitions, requests, routings

__all__ = ["REQUESTS", "SEED", "fill", "trial_key"]

CENTRE, REACH = (-66.2, 44.6), 600.0
"""Where the houses stand that are in the register, and how far from there, in metres."""

REQUESTS = 2_000
SEED = 311

TRIAL = "Trial key of the demo"


async def fill(
    connection: db.Connection,
    path: Path,
    before: Path,
    now: datetime,
    progress: Callable[[int], None],
) -> str | None:
    """Load the demo city, its earlier versions and its history into an empty database.

    Args:
        connection: one that may write cities.
        path: the city folder.
        before: what some of its services were; see `demo.versions`.
        now: the history ends here; aware.
        progress: told how many requests are written so far.

    Returns:
        The jurisdiction_id of the demo city; None where the database has other cities only.
    """
    its_own = (path / "jurisdiction.json").read_bytes()
    own = msgspec.json.decode(its_own, type=Jurisdiction).jurisdiction_id
    known = [row["jurisdiction_id"] for row in await cities.directory(connection)]
    if known and own not in known:
        return None
    if not known:
        await _publish(connection, folder.read(path), before, now.replace(microsecond=0))
    async with db.owning(connection, own):
        if await requests.exist(connection, own):  # else an earlier start was cut short
            return own
    await history.write(connection, own, requests=REQUESTS, seed=SEED, until=now, progress=progress)
    return own


async def _publish(
    connection: db.Connection, city: CityFolder, before: Path, now: datetime
) -> None:
    """Write the city as if it had grown: nothing but a demo can publish in the past."""
    own = city.jurisdiction.jurisdiction_id
    record = msgspec.json.decode((before / "record.json").read_bytes(), type=Record)
    was = {
        each.name: msgspec.json.decode(each.read_bytes(), type=CityService)
        for each in (before / "services").iterdir()
    }
    async with db.owning(connection, own):
        await cities.load(connection, city.jurisdiction, city.departments, city.areas, now)
        houses = places.houses(places.ground(city.areas, own), CENTRE, REACH)
        await addresses.write(connection, own, [Row("", entry(each)) for each in houses])
        await definitions.lock(connection, own, now)
        first, *others = versions.publications(city.services, record, was, now)
        await routings.put(connection, own, city.routing, first.deed)
        for each in (first, *others):
            await definitions.publish(connection, own, each.services, each.deed, each.deed.at)
        await cities.announce(connection, own, moved=None)


async def trial_key(
    connection: db.Connection, jurisdiction_id: str, path: Path, now: datetime
) -> str:
    """A key for whoever tries the demo: the one in the file, if it still counts, else a new one.

    Args:
        connection: one that may write keys.
        jurisdiction_id: the demo city.
        path: where the key is kept in the clear, readable to its owner only.
        now: aware.
    """
    if path.exists():
        key = path.read_text("utf-8").strip()
        async with db.owning(connection, jurisdiction_id):
            if keys.hashed(key) in await clients.read(connection, jurisdiction_id):
                return key
    key = await keys.create(connection, jurisdiction_id, TRIAL, None, 60, now)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    return key
