"""Copying very many rows out of PostgreSQL: by COPY, as fast as whoever takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from open311.errors import Unavailable
from open311.store.db import Connection, Connections, translated

__all__ = ["Copies"]


class Copies(Connections):
    """Connections of which each copies one thing at a time, within `seconds` as a whole."""

    async def copy(self, sql: str, *values: object, null: str) -> AsyncGenerator[bytes, None]:
        """The rows of one statement as COPY writes them, whole lines, while they are read.

        Whoever does not read on keeps the connection, so there is no waiting for one; and the
        whole must end within the seconds of these connections.

        Args:
            sql: what is copied.
            values: its parameters.
            null: how a null is written.

        Raises:
            Unavailable: all are in use, or the database does not answer, or not in time.
        """
        if self._seats.locked():
            raise Unavailable("Too many exports right now; please try again.", retry_after=30)
        end = asyncio.get_running_loop().time() + self._seconds
        async with self._seats:
            connection = await self._take()
            # Two: one on its way to the client while the next one is made of what came.
            chunks: asyncio.Queue[bytes | Exception] = asyncio.Queue(2)
            copying = asyncio.create_task(_copy_into(chunks, connection, sql, values, null))
            try:
                while chunk := await _next(chunks, end):
                    yield chunk
                await copying
                self._idle.append(connection)
            finally:
                if connection not in self._idle:
                    connection.terminate()
                    copying.cancel()
                    await asyncio.gather(copying, return_exceptions=True)


async def _copy_into(
    chunks: asyncio.Queue[bytes | Exception],
    connection: Connection,
    sql: str,
    values: tuple[object, ...],
    null: str,
) -> None:
    """Put what is copied into a queue as long as there is room, and at the end how it ended."""
    try:
        await connection.copy_from_query(
            sql, *values, output=lambda data: chunks.put(bytes(data)), null=null
        )
    except Exception as error:  # noqa: BLE001 - whoever waits for the next chunk is told
        await chunks.put(error)
    else:
        await chunks.put(b"")


async def _next(chunks: asyncio.Queue[bytes | Exception], end: float) -> bytes:
    with translated():
        async with asyncio.timeout_at(end):
            chunk = await chunks.get()
        if isinstance(chunk, Exception):
            raise chunk
        return chunk
