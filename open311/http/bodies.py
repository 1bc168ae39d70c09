"""Reading a body: so many bytes, in so much time, and not from too many at once.

An asynchronous server is not safe from slow clients: every open connection counts against the
limit of the process. So a body must keep moving: it may stand still for `seconds`, must on the
whole come at 16 kB a second, and must be there within two minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from open311.errors import TooLarge, TooSlow, Unavailable

__all__ = ["Gone", "Room", "drain", "read"]

Receive = Callable[[], Awaitable[Any]]

_BYTES_PER_SECOND = 16_000
_LONGEST_SECONDS = 120.0  # else a large body, at that speed, would keep its room for an hour
_NEEDS_NO_ROOM = 16_000  # bytes
_DRAINED_BYTES = 100_000_000  # a client that still sends would see a reset, not the 413
_DRAINED_SECONDS = 5.0


class Gone(Exception):
    """The client went away before its body was whole."""


class Room:
    """So many bytes for bodies, and for what is made of them, at a time.

    Half of it is for those whose key is known, so that a stranger cannot keep them out. A body
    of a few kilobytes needs no room: the number of connections bounds those.
    """

    def __init__(self, size: int) -> None:
        """Begin with all of it free; `size` is in bytes."""
        self._size = self.free = size

    @contextmanager
    def share(self, knows: Callable[[bytes], bool]) -> Iterator[Callable[[Sequence[bytes]], None]]:
        """What takes room for a body as it grows; all is given back at the end of the block.

        Args:
            knows: whether a client has a key, by the beginning of its body.

        Raises:
            Unavailable: in the block, when it asks for room and there is none.
        """
        taken, known = 0, False

        def take(chunks: Sequence[bytes]) -> None:
            nonlocal taken, known
            size = sum(map(len, chunks)) if taken == 0 else taken + len(chunks[-1])
            if taken == 0:
                if size <= _NEEDS_NO_ROOM:
                    return
                known = knows(b"".join(chunks))
            if self.free - (size - taken) < (0 if known else self._size // 2):
                raise Unavailable("Too many uploads right now; please try again.", retry_after=5)
            self.free -= size - taken
            taken = size

        try:
            yield take
        finally:
            self.free += taken


async def read(
    receive: Receive,
    declared: bytes,
    limit: int,
    seconds: float,
    *,
    take: Callable[[Sequence[bytes]], None],
) -> bytes:
    """The whole body. When it is refused, some of it is unread.

    Args:
        receive: ASGI's.
        declared: the Content-Length header, or empty.
        limit: bytes.
        seconds: how long the body may stand still.
        take: takes room for the pieces so far; called with each.

    Raises:
        TooLarge: more than `limit`, declared or sent.
        TooSlow: it stood still, lagged behind 16 kB a second, or took two minutes.
        Unavailable: there is no room.
        Gone: the client went away.
    """
    if declared.isdigit() and int(declared[:19]) > limit:
        raise _too_large(limit)
    began, size = monotonic(), 0
    chunks: list[bytes] = []
    while True:
        end = began + min(seconds + size / _BYTES_PER_SECOND, _LONGEST_SECONDS)
        try:
            async with asyncio.timeout(min(seconds, end - monotonic())):
                message = await receive()
        except TimeoutError:
            raise TooSlow(f"The body did not arrive: it stopped after {size} bytes.") from None
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        take(chunks)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")


async def drain(receive: Receive) -> None:
    """Take what the client still sends, within bounds, so that it gets to read the answer."""
    size = 0
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            while size < _DRAINED_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
