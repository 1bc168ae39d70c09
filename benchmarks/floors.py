"""What nobody can do better in Python: a bare ASGI application, and bare asyncpg."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks.measure import Turn
from open311.settings import Settings

PAGES = "BENCH_PAGES"
"""Environment variable: the file with what the bare application answers."""

Pages = dict[str, tuple[list[tuple[bytes, bytes]], bytes]]
"""Path to headers and body; what has none is a 304."""

INSERT = """
insert into requests (jurisdiction_id, id, service_request_id, status, service_code,
  definition_version, description, department, service_notice, requested_datetime,
  updated_datetime, expected_datetime, address, lat, long, client_id)
select $1, n.id, n.id::text, 'open', $2, 1, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11
from nextval('request_numbers') as n (id)
returning service_request_id
"""
"""The row that a POST writes."""


def serve_bare(port: int, pages: Path) -> None:
    """Serve pages from memory with one worker, under the very settings of the server."""
    from open311 import serving

    os.environ[PAGES] = str(pages)
    server = serving._workers(Settings(port=port, workers=1), "127.0.0.1")
    server.target = "benchmarks.floors:bare"
    server.serve()


def bare() -> Any:
    """The application: look up the path, send two messages."""
    stored = msgspec.msgpack.decode(Path(os.environ[PAGES]).read_bytes(), type=Pages)
    ready = {
        path: (
            {"type": "http.response.start", "status": 200 if body else 304, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        for path, (headers, body) in stored.items()
    }

    async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI
        if scope["type"] == "http":
            start, body = ready[scope["path"]]
            await send(start)
            await send(body)

    return answer


async def statements(
    turn: Turn,
    dsn: str,
    session: dict[str, str],
    connections: int,
    sql: str,
    values: list[Any],
) -> None:
    """Run a prepared statement on every connection, over and over, with one value set each.

    Args:
        turn: when to begin and for how long.
        dsn: of the database.
        session: settings besides PostgreSQL's own, as the role.
        connections: asyncpg's, without a pool.
        sql: the statement.
        values: of its parameters, one after the other.
    """
    open_ = [await asyncpg.connect(dsn, server_settings=session) for _ in range(connections)]
    prepared = [await each.prepare(sql) for each in open_]
    endless = itertools.cycle(values)
    turn.begin()
    until = time.monotonic() + turn.seconds

    async def ask(statement: Any) -> int:
        count = 0
        while time.monotonic() < until:
            await statement.fetch(*next(endless))
            count += 1
        return count

    turn.end(sum(await asyncio.gather(*map(ask, prepared))))
    for each in open_:
        await each.close()
