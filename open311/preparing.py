"""Before anything else: a database that runs, that is safe, and whose schema is up to date."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import structlog

from open311 import resources, settings
from open311.errors import Invalid, Unavailable
from open311.settings import PREFIX, Settings
from open311.store import db, embedded, feed, migrations

__all__ = [
    "connected",
    "database",
    "demo_key",
    "in_database",
    "in_database_twice",
    "prepare",
    "ready",
]

T = TypeVar("T")

_LOG = structlog.get_logger()

_OTHERS = 50  # connections of listeners, jobs, commands, and of whoever looks


@contextmanager
def database(chosen: Settings, *, alone: bool = False) -> Iterator[str]:
    """The address of the database: the one that is set, else the embedded one, running.

    Args:
        chosen: its `database_url` always wins.
        alone: whoever serves must own the embedded one, since it ends with its owner; a command
            may join it for as long as it is there.
    """
    if chosen.database_url:
        yield chosen.database_url
    else:
        if not alone and not (chosen.data_dir / "postgres").exists():
            where = f"{PREFIX}DATA_DIR: {chosen.data_dir.resolve()}"
            sys.stderr.write(f"{where} holds no database yet; a new one is made there.\n")
        needed = chosen.workers * chosen.database_connections + _OTHERS
        with embedded.running(chosen.data_dir, alone=alone, connections=needed) as dsn:
            yield dsn


def prepare(dsn: str, *, allow_unsafe: bool) -> None:
    """Bring the schema up to date, and make sure that what is acknowledged is kept.

    A schema newer than this program is left as it is: an older release must be able to start.
    After a restore the feed of changes goes on with higher numbers than it ever gave.

    Raises:
        Unavailable: the database does not answer.
        Invalid: its settings would lose acknowledged requests (trust 2), or it cannot be migrated.
    """
    unsafe, revision = connected(dsn, _look)
    if unsafe and not allow_unsafe:
        raise Invalid(f"The database would lose acknowledged requests: {', '.join(unsafe)}.")
    if (revision or "") < migrations.head(resources.MIGRATIONS):
        migrations.migrate(dsn, resources.MIGRATIONS)
    if connected(dsn, feed.renew):
        _LOG.warning("feed_renewed", why="the database was restored, or another has its place")


async def _look(connection: db.Connection) -> tuple[list[str], str | None]:
    return await db.unsafe_settings(connection), await migrations.state(connection)


def demo_key(dsn: str, chosen: Settings, now: datetime) -> tuple[str, str] | None:
    """See to the demo city: its id and a key to try it; None where there are other cities only."""
    from open311.actions import demo

    async def fill(connection: db.Connection) -> tuple[str, str] | None:
        folders = resources.DEMO, resources.BEFORE
        own = await demo.fill(connection, *folders, now, lambda _: None)
        path = chosen.data_dir / "trial-key"
        return (own, await demo.trial_key(connection, own, path, now)) if own else None

    return connected(dsn, fill)


@contextmanager
def ready() -> Iterator[str]:
    """The address of an up-to-date database.

    Raises:
        Unavailable, Invalid: as `prepare`.
    """
    chosen = settings.from_environment()
    with database(chosen) as dsn:
        prepare(dsn, allow_unsafe=chosen.unsafe_durability)
        yield dsn


def in_database(use: Callable[[db.Connection], Awaitable[T]]) -> T:
    """Run something on a connection that may write cities, to an up-to-date database.

    Raises:
        Unavailable, Invalid: as `prepare` and `connected`.
    """
    with ready() as dsn:
        return connected(dsn, use)


def in_database_twice(use: Callable[[Sequence[db.Connection]], Awaitable[T]]) -> T:
    """The same with two connections, for what is much to write."""
    with ready() as dsn:

        async def run(first: db.Connection) -> T:
            second = await db.connect(dsn)
            try:
                return await use((first, second))
            finally:
                await second.close(timeout=3)

        return connected(dsn, run)


def connected(dsn: str, use: Callable[[db.Connection], Awaitable[T]]) -> T:
    """Run something on a connection of its own, as whoever the address says.

    Raises:
        Unavailable: the database does not answer; says why.
    """
    return asyncio.run(_connected(dsn, use))


async def _connected(dsn: str, use: Callable[[db.Connection], Awaitable[T]]) -> T:
    try:
        connection = await db.connect(dsn)
    except Unavailable as error:
        reason = str(error.__cause__) or type(error.__cause__).__name__
        raise Unavailable(
            f"{PREFIX}DATABASE_URL: the database cannot be used: {reason}."
        ) from error
    try:
        with db.translated():
            return await use(connection)
    finally:
        await connection.close(timeout=3)
