"""`open311 requests archive`: the files of whole months, brought up to date now."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from open311 import preparing, settings
from open311.errors import NotFound
from open311.store import db

__all__ = ["archive"]


@click.command()
@click.option("--jurisdiction", metavar="ID", help="Only this city; without it, every one.")
def archive(jurisdiction: str | None) -> None:
    """Write the months of the archive in which anything changed, and the manifest.

    The files go where the pictures are; the server shows them below /open311/v2/archive/.
    """
    from open311.actions import archive as actions
    from open311.app import archives
    from open311.store import cities

    chosen, now = settings.from_environment(), datetime.now(UTC)

    async def write(connection: db.Connection) -> dict[str, int]:
        found = {}
        place = archives(dsn, chosen)
        for row in await cities.directory(connection):
            own = row["jurisdiction_id"]
            if jurisdiction in (None, own):
                async with db.owning(connection, own):
                    city = await cities.read(connection, row)
                found[own] = await actions.write(place, city, now)
        await place.copies.close()
        return found

    with preparing.database(chosen) as dsn:
        preparing.prepare(dsn, allow_unsafe=chosen.unsafe_durability)
        written = preparing.connected(dsn, write)
    if jurisdiction and not written:
        raise NotFound(f"There is no city {jurisdiction!r}.")
    for own, files in written.items():
        click.echo(f"{own}: {files} files written")
