"""The schema of the database, brought to the newest state."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from open311.errors import Invalid
from open311.store import db

__all__ = ["downgrade", "head", "migrate", "state"]


def head(scripts: Path) -> str:
    """The newest revision in a folder of migrations; does not load alembic, which is slow."""
    return max(path.name[:4] for path in (scripts / "versions").glob("[0-9]*_*.py"))


async def state(connection: db.Connection) -> str | None:
    """The revision of a database; None when it is empty."""
    try:
        revision: str = await connection.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return revision


def migrate(dsn: str, scripts: Path, revision: str = "head") -> None:
    """Bring a database up to a revision; nothing happens where it is there already.

    Raises:
        Unavailable: the database does not answer, or cannot do so now.
        Invalid: it does not let this account do what a migration does; says what.
    """
    from sqlalchemy.exc import DBAPIError

    from alembic import command

    try:
        with db.translated():
            command.upgrade(_config(dsn, scripts), revision)
    except (asyncpg.PostgresError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0].rpartition("Error'>: ")[2]
        raise Invalid(
            f"The database cannot be migrated: {reason}."
            ' The README says what its user must be allowed, under "Your own PostgreSQL".'
        ) from error


def downgrade(dsn: str, scripts: Path, revision: str) -> None:
    """Take a database back to a revision; data of what is taken back is lost."""
    from alembic import command

    command.downgrade(_config(dsn, scripts), revision)


def _config(dsn: str, scripts: Path):  # type: ignore[no-untyped-def]
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    return config
