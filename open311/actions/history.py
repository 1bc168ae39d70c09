"""A synthetic past for a city that is loaded already, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from open311.demo import history as demo
from open311.errors import NotFound
from open311.store import areas as shapes
from open311.store import cities, db
from open311.store import history as rows

__all__ = ["write"]


async def write(
    connection: db.Connection,
    jurisdiction_id: str,
    *,
    requests: int,
    seed: int,
    until: datetime,
    progress: Callable[[int], None],
) -> int:
    """Write a year of requests into a city, in one transaction.

    Args:
        connection: one that may write cities.
        jurisdiction_id: the city, with its services and areas as they are in the database.
        requests: how many, >= 0.
        seed: the same seed gives the same requests.
        until: the end of the year; aware.
        progress: told how many are written so far.

    Returns:
        How many were written.

    Raises:
        NotFound: no such city.
        Invalid: the city has no areas, or no services that can be shown.
    """
    async with db.owning(connection, jurisdiction_id):
        known = {row["jurisdiction_id"]: row for row in await cities.directory(connection)}
        if jurisdiction_id not in known:
            raise NotFound(f"There is no jurisdiction {jurisdiction_id!r}.")
        city = await cities.read(connection, known[jurisdiction_id])
        areas = await shapes.every(connection, jurisdiction_id)
        editions = await rows.editions(connection, jurisdiction_id)
        past = demo.past(city, areas, editions, requests=requests, seed=seed, until=until)
        return await rows.insert(connection, jurisdiction_id, past, progress)
