"""What must happen without being asked: the duties, how often, and the loop that sees to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from open311.actions import duties
from open311.errors import Open311Error
from open311.log import Seldom
from open311.store import db

__all__ = ["DUTIES", "run", "work"]

_LOG = structlog.get_logger()

Duty = Callable[[db.Connections], Awaitable[int]]

DUTIES: dict[str, tuple[float, Duty]] = {
    "number_batch_requests": (1.0, duties.number),
    "add_up_tallies": (1.0, duties.add_up),
}
"""Each duty with the seconds between its turns. What is due stands in the database, so a restart
forgets nothing, and several workers share a duty without doing it twice."""


def run(dsn: str) -> None:
    """See to the duties for ever; for a thread or process of its own."""
    asyncio.run(work(dsn))


async def work(dsn: str) -> None:
    """See to every duty, each in its own time; a database that is away is waited for."""
    writes = db.Connections(dsn, db.WRITER, size=2, seconds=30)
    try:
        await asyncio.gather(*(_see_to(name, *duty, writes) for name, duty in DUTIES.items()))
    finally:
        await writes.close()


async def _see_to(name: str, seconds: float, duty: Duty, writes: db.Connections) -> None:
    waits = Seldom("duty_waits")
    while True:
        try:
            done = await duty(writes)
            waits.over()
            if done:
                _LOG.debug("duty_done", duty=name, count=done)
        except Open311Error as error:
            waits.tell(duty=name, problem=error.problems[0])
        except Exception as error:  # noqa: BLE001 - one turn fails, the duty remains
            _LOG.error("duty_failed", duty=name, exc_info=error)
        await asyncio.sleep(seconds)
