"""The demo city: loaded where there is no city yet, with a history and a key to try."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from open311.actions import cities, history, keys
from open311.formats import folder
from open311.store import cities as rows
from open311.store import clients, db, requests

__all__ = ["REQUESTS", "SEED", "fill", "trial_key"]

REQUESTS = 2_000
SEED = 311

TRIAL = "Trial key of the demo"


async def fill(
    connection: db.Connection, path: Path, now: datetime, progress: Callable[[int], None]
) -> str | None:
    """Load the demo city and its history into an empty database.

    Args:
        connection: one that may write cities.
        path: the city folder.
        now: the history ends here; aware.
        progress: told how many requests are written so far.

    Returns:
        The jurisdiction_id of the demo city; None where the database has other cities only.
    """
    city = folder.read(path)
    own = city.jurisdiction.jurisdiction_id
    known = [row["jurisdiction_id"] for row in await rows.directory(connection)]
    if known and own not in known:
        return None
    if not known:
        await cities.load(connection, city, now)
    async with db.owning(connection, own):
        if await requests.exist(connection, own):  # else an earlier start was cut short
            return own
    await history.write(connection, own, requests=REQUESTS, seed=SEED, until=now, progress=progress)
    return own


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
