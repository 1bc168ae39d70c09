"""Copying very many rows out of PostgreSQL: by COPY, as fast as whoever takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from open311.errors import Unavailable
from open311.store.db import Connections, translated

__all__ = ["Copies"]

_AHEAD = 2  # chunks: one on its way to the client while the next one is made of what came


class Copies(Connections):
    """Connections of which each copies one thing at a time, within `seconds` as a whole."""

    async def copy(self, sql: str, *values: object, null: str) -> AsyncGenerator[bytes, None]:
        r"""The rows of one statement as COPY writes them, whole lines, while they are read.

        Whoever does not read on keeps the connection, so nobody waits for one.

        Args:
            sql: what is copied.
            values: its parameters.
            null: how a null is written, as `\N`.

        Raises:
            Unavailable: all are in use, or the database does not answer, or not in time.
        """
        if self._seats.locked():
            raise Unavailable("Too many exports right now; please try again.", retry_after=30)
        end = asyncio.get_running_loop().time() + self._seconds
        async with self._seats:
            connection = await self._take()
            chunks: asyncio.Queue[bytes] = asyncio.Queue()
            room, whole = asyncio.Semaphore(_AHEAD), False

            async def take(data: bytes) -> None:
                await room.acquire()
                chunks.put_nowait(bytes(data))

            copying = asyncio.create_task(
                connection.copy_from_query(sql, *values, output=take, null=null)
            )
            copying.add_done_callback(lambda _: chunks.put_nowait(b""))
            try:
                with translated():
                    while chunk := await _by(end, chunks):
                        room.release()
                        yield chunk
                    await copying
                whole = True
            finally:
                if whole:
                    self._idle.append(connection)
                else:
                    connection.terminate()
                    copying.cancel()
                    await asyncio.gather(copying, return_exceptions=True)


async def _by(end: float, chunks: asyncio.Queue[bytes]) -> bytes:
    async with asyncio.timeout_at(end):
        return await chunks.get()
