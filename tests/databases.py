"""Databases of the tests' cluster: made from a template, dropped at the end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from open311.actions import cities
from open311.formats import folder
from open311.store import db

T = TypeVar("T")

_COUNT = itertools.count()


@contextmanager
def copy_of(cluster: str, template: str) -> Iterator[str]:
    """A database of one's own, made from a template; its address."""
    name = f"test_{next(_COUNT)}"
    statement(cluster, f"create database {name} template {template}")
    yield named(cluster, name)
    statement(cluster, f"drop database {name} with (force)")


def named(dsn: str, database: str) -> str:
    """The address of another database of the same cluster."""
    return dsn.replace("@/open311?", f"@/{database}?")


def using(dsn: str, use: Callable[[db.Connection], Awaitable[T]], role: str | None = None) -> T:
    """What a function makes of a connection of its own, as the owner or as a role."""

    async def run() -> T:
        connection = await db.connect(dsn, role)
        try:
            return await use(connection)
        finally:
            await connection.close(timeout=5)

    return asyncio.run(run())


def statement(dsn: str, sql: str) -> None:
    """Run SQL as the owner."""
    using(dsn, lambda connection: connection.execute(sql))


def file(dsn: str, rows: str) -> None:
    """Insert requests: JSON, a list of objects by column; what is left out is null."""

    async def insert(connection: db.Connection) -> None:
        columns = await connection.fetchval(WRITTEN.format(table="requests"))
        await connection.execute(
            f"insert into requests ({columns})"
            f" select {columns} from jsonb_populate_recordset(null::requests, $1)",
            rows,
        )

    using(dsn, insert)


WRITTEN = """
select string_agg(quote_ident(attname), ', ') from pg_attribute
where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
"""The columns of a table that can be written."""


def load(dsn: str, path: Path, now: datetime) -> None:
    """Load a city folder."""
    using(dsn, lambda connection: cities.load(connection, folder.read(path), now))
