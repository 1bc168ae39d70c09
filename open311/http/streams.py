"""Sending what is made while it is sent: in bounded memory, to whoever keeps reading.

The server below pushes back: a chunk is taken only when there is room for it on the way to the
client. So a stream is never further ahead of its client than the socket's buffer, and a client
that takes no chunk for a set time is cut off. That a client has gone away, the server says only to
who asks it; a chunk for nobody is taken as if it had been sent.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import brotli

from open311.http.answers import Send, Stream

__all__ = ["GONE", "SLOW", "Receive", "cut", "pour"]

Receive = Callable[[], Awaitable[Any]]

GONE, SLOW = "streams_left", "streams_cut"
"""What a client did that did not get the whole of a stream: went away, or stopped reading."""

_HANDLES = "/dev/fd"


class _Press:
    """What makes bytes smaller as they come; the first of them are not kept back."""

    def __init__(self, coding: str) -> None:
        self._begun = False
        self._take: Callable[[bytes], bytes] = bytes
        self._flush: Callable[[], bytes] = bytes
        self.rest: Callable[[], bytes] = bytes
        if coding == "br":
            squeezer = brotli.Compressor(quality=1)
            self._take, self._flush, self.rest = squeezer.process, squeezer.flush, squeezer.finish
        elif coding == "gzip":
            zipper = zlib.compressobj(level=1, wbits=31)
            self._take, self.rest = zipper.compress, zipper.flush
            self._flush = partial(zipper.flush, zlib.Z_SYNC_FLUSH)

    def squeeze(self, data: bytes) -> bytes:
        small = self._take(data)
        if self._begun:
            return small
        self._begun = True
        return small + self._flush()


async def pour(
    receive: Receive, send: Send, stream: Stream, chunk: bytes, coding: str, seconds: float
) -> str | None:
    """Send the chunks of a stream whose head has been sent.

    Args:
        receive: ASGI's; it tells when the client goes away.
        send: ASGI's; it waits for the client.
        stream: what is left of it.
        chunk: the first of it.
        coding: br, gzip or empty.
        seconds: how long one chunk may wait for the client.

    Returns:
        None when it was sent whole, else `GONE` or `SLOW`.

    Raises:
        Exception: whatever broke the stream. Its end has not been sent then, nor must it be: so
            the client sees that it has not got the whole.
    """
    stay = asyncio.timeout(None)
    try:
        async with stay:
            watching = asyncio.create_task(_watch(receive, stay))
            try:
                await _send_all(send, stream, chunk, _Press(coding), seconds)
            finally:
                watching.cancel()
    except _Slow:
        return SLOW
    except TimeoutError:
        if stay.expired():
            return GONE
        raise
    return None


class _Slow(Exception):
    """The client takes nothing."""


async def _send_all(
    send: Send, stream: Stream, chunk: bytes, press: _Press, seconds: float
) -> None:
    await _offer(send, press.squeeze(chunk), seconds)
    async for each in stream.chunks:
        await _offer(send, press.squeeze(each), seconds)
    await _offer(send, press.rest(), seconds, more=False)


async def _offer(send: Send, data: bytes, seconds: float, *, more: bool = True) -> None:
    if not data and more:  # it is still in the press
        return
    try:
        async with asyncio.timeout(seconds):
            await send({"type": "http.response.body", "body": data, "more_body": more})
            await asyncio.sleep(0)  # the send did not wait if the client has gone: let that be told
    except TimeoutError:
        raise _Slow from None


async def _watch(receive: Receive, stay: asyncio.Timeout) -> None:
    """End the block of `stay` as soon as the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)
    stay.reschedule(asyncio.get_running_loop().time())


def cut(scope: Any) -> bool:
    """Shut the connection of a client that reads nothing; whether it was found.

    The server below has no deadline for writing: it would keep the connection, and what waits in
    it, for as long as the client likes. It does not hand out its sockets either, so this one is
    looked for among the open files of this process, by its two ends.
    """
    (host, far), (_, near) = scope["client"], scope["server"]
    ends = (host, int(far)), int(near)
    for name in os.listdir(_HANDLES):  # noqa: PTH208 - no more than their numbers is wanted
        try:
            own = socket.socket(fileno=int(name))
        except OSError:  # it is a file, or was this folder
            continue
        try:
            if _ends(own) == ends:  # and what waits in it is not sent any more
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                own.shutdown(socket.SHUT_RDWR)
                return True
        finally:
            own.detach()  # it is still the server's to close
    return False


def _ends(own: socket.socket) -> object:
    if own.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    with suppress(OSError):  # it listens, or has been closed
        return own.getpeername()[:2], own.getsockname()[1]
    return None
