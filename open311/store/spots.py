"""The numbers that stand for spots in the rows of requests."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from open311.domain.spots import Spot
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = ["Spots", "numbers"]

_SQL = queries.load("spots")
_MOST = 50_000  # that are remembered


async def numbers(
    transaction: Connection, jurisdiction_id: str, spots: Iterable[Spot]
) -> dict[Spot, int]:
    """The number of each spot; new ones get theirs now."""
    named = [{"x": x, "y": y, "inside": areas} for x, y, areas in set(spots)]
    text = msgspec.json.encode(named).decode()
    rows = await transaction.fetch(_SQL["numbers"], jurisdiction_id, text)
    return {(x, y, tuple(areas)): number for x, y, areas, number in rows}


class Spots:
    """The numbers that a worker has used, so that a report costs no question for its own."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[tuple[str, Spot], int] = {}

    async def number(
        self, writes: Connections, jurisdiction_id: str, spot: Spot | None
    ) -> int | None:
        """The number of a spot; None for none."""
        if spot is None:
            return None
        found = self._known.get((jurisdiction_id, spot))
        if found is None:
            async with writes.transaction(jurisdiction_id) as transaction:
                found = (await numbers(transaction, jurisdiction_id, [spot]))[spot]
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[jurisdiction_id, spot] = found
        return found

    def clear(self) -> None:
        """Forget all: a database that was restored may give the numbers to others."""
        self._known.clear()
