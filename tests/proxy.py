"""What stands between a server and PostgreSQL, and can fall silent, cut off or be slow."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Proxy:
    """A TCP port before a unix socket. Set `silent`, `delay` or `cut` from any thread."""

    def __init__(self, upstream: Path) -> None:
        self.silent = False  # nothing comes through, and nobody is told; later all of it does
        self.cut = False  # every connection ends, and so does every new one
        self.delay = 0.0  # seconds, for each piece of either direction
        self.port = 0
        self._upstream = upstream
        self._listening, self._end = threading.Event(), threading.Event()

    async def serve(self) -> None:
        """Until the end is set."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await asyncio.to_thread(self._end.wait)
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._gate()
            upstream, back = await asyncio.open_unix_connection(self._upstream)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, back), self._pump(upstream, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self._gate()
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort() if self.cut else writer.close()

    async def _gate(self) -> None:
        await asyncio.sleep(self.delay)
        while self.silent:
            await asyncio.sleep(0.01)
        if self.cut:
            raise ConnectionResetError


@contextmanager
def proxied(upstream: Path) -> Iterator[Proxy]:
    """A proxy in a thread of its own, for as long as the block runs."""
    proxy = Proxy(upstream)
    thread = threading.Thread(target=lambda: asyncio.run(proxy.serve()))
    thread.start()
    proxy._listening.wait(10)
    try:
        yield proxy
    finally:
        proxy._end.set()
        thread.join()
