"""Rows of the register of addresses: written as a whole, looked for in every way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from open311.domain.addresses import LARGEST, NONE, Number, Point
from open311.domain.completing import LAST
from open311.domain.slips import beginnings
from open311.store import queries
from open311.store.db import Connection, Reading

__all__ = [
    "add",
    "alike",
    "along",
    "begun",
    "clear",
    "exist",
    "fit",
    "holding",
    "near",
    "numbered",
    "of_ids",
    "settle",
    "there",
]

_SQL = queries.load("addresses")
_METRES = 110_500.0  # of a degree of latitude, where it is shortest
_POLE = 89.99  # degrees, where those of longitude mean nothing


async def exist(transaction: Connection, jurisdiction_id: str) -> bool:
    """Whether a city has a register."""
    return bool(await transaction.fetch(_SQL["exist"], jurisdiction_id))


# --- a new register -----------------------------------------------------------------------------


async def clear(transaction: Connection, jurisdiction_id: str) -> None:
    """Take out the register of a city."""
    await transaction.execute(_SQL["clear"], jurisdiction_id)
    await transaction.execute(_SQL["clear_streets"], jurisdiction_id)


async def add(transaction: Connection, jurisdiction_id: str, points: Sequence[Point]) -> list[int]:
    """Add some addresses; which of them (by their place) have an id that another has already."""
    columns = zip(*map(msgspec.structs.astuple, points), strict=True)
    rows = await transaction.fetch(_SQL["insert"], jurisdiction_id, *columns)
    streets = sorted({each.street for each in points})
    await transaction.execute(_SQL["insert_streets"], jurisdiction_id, streets)
    left = {row["address_id"] for row in rows}
    twice: list[int] = []
    for index, each in enumerate(points):
        if each.address_id in left:
            left.remove(each.address_id)
        else:
            twice.append(index)
    return twice


async def settle(transaction: Connection) -> None:
    """Make a register that is whole ready to be asked."""
    await transaction.execute(_SQL["count"])
    await transaction.execute(_SQL["count_streets"])


# --- looking for what is meant ------------------------------------------------------------------


async def of_ids(reads: Reading, jurisdiction_id: str, ids: Sequence[str]) -> list[Point]:
    """Addresses by their ids, matched exactly."""
    rows = await reads.fetch(_SQL["of_ids"], jurisdiction_id, ids)
    return [Point(*row) for row in rows]


async def fit(
    reads: Reading, jurisdiction_id: str, asked: Sequence[tuple[int, str]]
) -> list[tuple[int, Point]]:
    """Addresses of the very streets whose numbers hold those asked for, by the place of each."""
    numbers, streets = zip(*asked, strict=True) if asked else ((), ())
    rows = await reads.fetch(_SQL["fit"], jurisdiction_id, numbers, streets)
    return [(place - 1, Point(*row)) for place, *row in rows]


async def alike(
    reads: Reading, jurisdiction_id: str, asked: Sequence[str]
) -> list[tuple[str, str, float]]:
    """Streets that are alike: each as asked for, as it is, and how much, from 0.3 to 1.

    Only those that begin as `slips.beginnings` has it are looked at.
    """
    spans = [(each, low) for each in asked for low in beginnings(each)]
    rows = await reads.fetch(
        _SQL["alike"],
        jurisdiction_id,
        [each for each, _ in spans],
        [low for _, low in spans],
        [low + LAST for _, low in spans],
    )
    return [(spans[place - 1][0], street, likeness) for place, street, likeness in rows]


async def there(reads: Reading, jurisdiction_id: str, streets: Sequence[str]) -> set[str]:
    """Those of some streets that a register has."""
    rows = await reads.fetch(_SQL["there"], jurisdiction_id, streets)
    return {row["street"] for row in rows}


# --- looking while it is typed ------------------------------------------------------------------


async def begun(
    reads: Reading, jurisdiction_id: str, spans: Sequence[tuple[str, str]], limit: int
) -> list[str]:
    """The first streets in some spans of the alphabet."""
    first, last = zip(*spans, strict=True) if spans else ((), ())
    rows = await reads.fetch(_SQL["begun"], jurisdiction_id, first, last, limit)
    return [row["street"] for row in rows]


async def holding(reads: Reading, jurisdiction_id: str, street: str, limit: int) -> list[str]:
    """The streets that hold a text somewhere, as well as they can."""
    rows = await reads.fetch(_SQL["holding"], jurisdiction_id, street, limit)
    return [row["street"] for row in rows]


async def along(
    reads: Reading,
    jurisdiction_id: str,
    streets: Sequence[str],
    number: Number | None,
    limit: int,
) -> list[Point]:
    """The first addresses of some streets, in their order; with a number where one is told."""
    lowest, highest = (NONE.low, LARGEST) if number is None else (number.low, number.low)
    rows = await reads.fetch(_SQL["along"], jurisdiction_id, streets, highest, lowest, limit)
    return [Point(*row) for row in rows]


async def numbered(reads: Reading, jurisdiction_id: str, number: Number, limit: int) -> list[Point]:
    """The first addresses of a number, by street."""
    rows = await reads.fetch(_SQL["numbered"], jurisdiction_id, number.low, limit)
    return [Point(*row) for row in rows]


# --- looking around a point ---------------------------------------------------------------------


async def near(
    reads: Reading, jurisdiction_id: str, long: float, lat: float, metres: float
) -> list[Point]:
    """Addresses around a point, the nearest among them.

    Args:
        reads: connections.
        jurisdiction_id: the city.
        long: degrees.
        lat: degrees.
        metres: how far at most; what is farther may come, too.
    """
    high = metres / _METRES
    narrow = math.cos(math.radians(min(abs(lat) + high, 90.0)))
    wide = 360.0 if abs(lat) + high > _POLE else min(high / narrow, 360.0)
    middles = [long, long - 360, long + 360]  # of the boxes; two lie beyond the earth, mostly
    rows = await reads.fetch(
        _SQL["near"],
        jurisdiction_id,
        [each - wide for each in middles],
        [lat - high] * 3,
        [each + wide for each in middles],
        [lat + high] * 3,
        long,
        lat,
        narrow,
    )
    return [Point(*row) for row in {row["address_id"]: row for row in rows}.values()]
