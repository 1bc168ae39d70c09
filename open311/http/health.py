"""Whether this worker lives, and whether it can answer."""

from __future__ import annotations

import asyncio

from open311.errors import Open311Error, Unavailable
from open311.http.answers import NO_STORE, Answer, Blob
from open311.http.calls import Call
from open311.http.door import Resource

__all__ = ["RESOURCES"]

_OK = Answer(Blob(b"ok\n", "text/plain"), headers=(NO_STORE,))
_READY_SECONDS = 0.5


async def alive(call: Call) -> Answer:  # noqa: ARG001 - asks nothing, not even the database
    """The process answers."""
    return _OK


async def ready(call: Call) -> Answer:
    """The cities are known, and both kinds of connection answer within half a second."""
    desk = call.desk
    if desk.register.why_not:
        raise Unavailable(desk.register.why_not)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await asyncio.gather(desk.reads.fetch("select 1"), desk.writes.fetch("select 1"))
    except (TimeoutError, Open311Error):
        raise Unavailable("The database does not answer.") from None
    return _OK


RESOURCES = [Resource("/healthz", {"GET": alive}), Resource("/readyz", {"GET": ready})]
