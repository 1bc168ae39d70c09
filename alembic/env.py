"""Runs the migrations over asyncpg, one at a time, behind an advisory lock."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from open311.store import db

LOCK = 311


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    # We connect ourselves: SQLAlchemy knows neither sslmode nor several hosts.
    dsn = context.config.attributes["dsn"]
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: db.connect(dsn),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
        await connection.exec_driver_sql("set lock_timeout = '2s'")
        await connection.commit()
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
