"""Reading a body: so many bytes, in so much time, and not from too many at once.

An asynchronous server is not safe from slow clients: every open connection counts against the
limit of the process. So a body must keep moving: it may stand still for `seconds`, must on the
whole come at 16 kB a second, and must be there within two minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from open311.errors import TooLarge, TooSlow, Unavailable

__all__ = ["Gone", "Seats", "drain", "read"]

Receive = Callable[[], Awaitable[Any]]

_BYTES_PER_SECOND = 16_000
_LONGEST_SECONDS = 120.0  # else a large body, at that speed, would keep its seat for an hour
_DRAINED_BYTES = 100_000_000  # a client that still sends would see a reset, not the 413
_DRAINED_SECONDS = 5.0


class Gone(Exception):
    """The client went away before its body was whole."""


class Seats:
    """At most so many large bodies, and what is made of them, in memory at a time."""

    def __init__(self, number: int) -> None:
        """Begin with all seats free."""
        self._free = number

    @contextmanager
    def seat(self) -> Iterator[Callable[[], None]]:
        """A seat that is taken when it is asked for, and given back at the end of the block.

        Raises:
            Unavailable: in the block, when it is asked for and there is none.
        """
        taken = False

        def take() -> None:
            nonlocal taken
            if taken:
                return
            if not self._free:
                raise Unavailable("Too many uploads right now; please try again.", retry_after=5)
            self._free -= 1
            taken = True

        try:
            yield take
        finally:
            self._free += taken


async def read(
    receive: Receive,
    declared: bytes,
    limit: int,
    seconds: float,
    *,
    small: int,
    take: Callable[[], None],
) -> bytes:
    """The whole body. When it is refused, some of it is unread.

    Args:
        receive: ASGI's.
        declared: the Content-Length header, or empty.
        limit: bytes.
        seconds: how long the body may stand still.
        small: bytes that need no seat.
        take: takes one; called when more than `small` bytes are there.

    Raises:
        TooLarge: more than `limit`, declared or sent.
        TooSlow: it stood still, lagged behind 16 kB a second, or took two minutes.
        Unavailable: there is no seat.
        Gone: the client went away.
    """
    if declared.isdigit() and int(declared[:19]) > limit:
        raise _too_large(limit)
    began, size, chunks = monotonic(), 0, []
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
        if size > small:
            take()
        chunks.append(chunk)
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
