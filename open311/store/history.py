"""Rows of a synthetic past: written by the thousand, all of them or none."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

import msgspec

from open311.demo.history import PastRequest
from open311.demo.versions import Edition
from open311.domain.folder import CityService
from open311.domain.spots import Spot, spot
from open311.store import queries, spots
from open311.store.db import Connection

__all__ = ["analyze", "editions", "insert"]

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
    done, chunk, known = 0, _chunk(past), set[Spot]()
    while chunk.count:
        if new := chunk.spots - known:
            await spots.numbers(transaction, jurisdiction_id, new)
            known |= new
        written = chunk.count
        _, chunk = await asyncio.gather(
            transaction.execute(_SQL["insert_requests"], jurisdiction_id, chunk.rows),
            asyncio.to_thread(_chunk, past),  # made while PostgreSQL writes the one before
        )
        done += written
        progress(done)
    await analyze(transaction)
    return done


async def analyze(connection: Connection) -> None:
    """Have the planner know of many new rows at once."""
    await connection.execute(_SQL["analyze"])


class _Row(PastRequest, frozen=True, gc=False, kw_only=True):
    spot: Spot | None


class _Chunk(msgspec.Struct, frozen=True):
    count: int
    rows: str  # as JSON
    spots: set[Spot]


def _chunk(past: Iterator[PastRequest]) -> _Chunk:
    """The next requests."""
    chunk = [_row(each) for each in itertools.islice(past, _CHUNK)]
    found = {each.spot for each in chunk if each.spot}
    return _Chunk(len(chunk), msgspec.json.encode(chunk).decode(), found)


def _row(each: PastRequest) -> _Row:
    areas = each.decision.areas if each.decision else {}
    placed = None if each.long is None or each.lat is None else spot(each.long, each.lat, areas)
    return _Row(*msgspec.structs.astuple(each), spot=placed)
