"""Databases and cities that the fault tests may spoil."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

import asyncpg
import pytest

from open311 import resources
from open311.store import migrations
from tests.faults import rows

_COUNT = itertools.count()


@pytest.fixture(scope="module")
def empty_database(cluster: str) -> Iterator[str]:
    """An empty database of the module's own: its address."""
    name = f"faults_{next(_COUNT)}"
    asyncio.run(statement(cluster, f"create database {name}"))
    yield cluster.replace("@/open311?", f"@/{name}?")
    asyncio.run(statement(cluster, f"drop database {name} with (force)"))


async def statement(dsn: str, sql: str, *values: object) -> list[asyncpg.Record]:
    """The rows of one statement, as superuser, on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql, *values)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def two_cities(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database of two cities with rows in every table; whatever is done there is undone."""
    asyncio.run(statement(cluster, "create database faults_rows"))
    dsn = cluster.replace("@/open311?", "@/faults_rows?")
    migrations.migrate(dsn, resources.MIGRATIONS)
    asyncio.run(rows.fill(dsn, tmp_path_factory.mktemp("cities")))
    return dsn


@pytest.fixture(scope="session")
def run() -> Callable[..., list[asyncpg.Record]]:
    """Run one statement as superuser: `run(dsn, sql, *values)`."""
    return lambda dsn, sql, *values: asyncio.run(statement(dsn, sql, *values))
