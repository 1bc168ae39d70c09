"""Rows of a synthetic past: written by the thousand, all of them or none."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

import msgspec

from open311.demo.history import PastRequest
from open311.demo.versions import Edition
from open311.domain.folder import CityService
from open311.store import queries
from open311.store.db import Connection

__all__ = ["editions", "insert"]

_SQL = queries.load("history")
_SERVICE = msgspec.json.Decoder(CityService)

_CHUNK = 1_000
"""Rows a statement; more are not faster."""


async def editions(transaction: Connection, jurisdiction_id: str) -> dict[str, list[Edition]]:
    """Every version that has begun, by its service, in the order of time."""
    found: dict[str, list[Edition]] = {}
    for content, version, begins in await transaction.fetch(_SQL["editions"], jurisdiction_id):
        service = _SERVICE.decode(content)
        found.setdefault(service.service_code, []).append(Edition(service, version, begins))
    return found


async def insert(
    transaction: Connection,
    jurisdiction_id: str,
    past: Iterator[PastRequest],
    progress: Callable[[int], None],
) -> int:
    """Number and write requests, in their order.

    COPY costs PostgreSQL as much, and is refused where row level security binds the owner.

    Args:
        transaction: of the jurisdiction; one for all, so that a load that is cut short leaves
            nothing.
        jurisdiction_id: the city.
        past: the requests.
        progress: told how many are written so far.

    Returns:
        How many were written.
    """
    done, (count, rows) = 0, _chunk(past)
    while count:
        written = count
        _, (count, rows) = await asyncio.gather(
            transaction.execute(_SQL["insert_requests"], jurisdiction_id, rows),
            asyncio.to_thread(_chunk, past),  # made while PostgreSQL writes the one before
        )
        done += written
        progress(done)
    await transaction.execute(_SQL["analyze"])
    return done


def _chunk(past: Iterator[PastRequest]) -> tuple[int, str]:
    """The next requests: how many, and as JSON."""
    chunk = list(itertools.islice(past, _CHUNK))
    return len(chunk), msgspec.json.encode(chunk).decode()
