"""Cities in a database before a server meets it, so that nothing has to be waited for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from open311 import resources
from open311.actions import cities, keys
from open311.domain.scopes import SCOPES
from open311.formats import folder
from open311.store import db, migrations
from tests.cities import small_city

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def settle(dsn: str, path: Path, *jurisdictions: str) -> dict[str, str]:
    """Migrate a database and load small cities.

    Args:
        dsn: of an empty database.
        path: where the city folders are written.
        jurisdictions: their ids; each has a service `only-ID` that the others do not have.

    Returns:
        A key without a limit for each.
    """
    migrations.migrate(dsn, resources.MIGRATIONS)
    for own in jurisdictions:
        small_city(path / own, own, own=[f"only-{own}"])
    return asyncio.run(_settle(dsn, path, jurisdictions))


async def _settle(dsn: str, path: Path, jurisdictions: tuple[str, ...]) -> dict[str, str]:
    connection = await db.connect(dsn)
    try:
        for own in jurisdictions:
            await cities.load(connection, folder.read(path / own), NOW)
        return {own: await key(connection, own) for own in jurisdictions}
    finally:
        await connection.close()


async def key(connection: db.Connection, own: str, name: str = "tests", contact: str = "") -> str:
    """A new key without a limit, for everything."""
    return await keys.create(connection, own, name, contact or None, None, NOW, tuple(SCOPES))
