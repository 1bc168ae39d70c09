"""The register of addresses of a city: put in the place of the one that there was."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from open311.actions.cities import known
from open311.domain.addresses import Point
from open311.domain.areas import BOUNDARY, shape
from open311.errors import Invalid
from open311.store import addresses as rows
from open311.store import areas, cities, db, definitions

__all__ = ["Put", "put", "write"]

_BATCH = 5_000  # addresses at once
_TOLD = 20  # faults, before the rest is not even read


class _Row(Protocol):
    """A row of a file, as `formats.address_files` reads it."""

    @property
    def place(self) -> str: ...
    @property
    def point(self) -> Point | None: ...
    @property
    def problem(self) -> str: ...


class Put(msgspec.Struct, frozen=True):
    """What became of a register: how many addresses, and where a row was there before.

    `outside`: how many rows lie beyond the box of the city's boundary.
    """

    addresses: int
    twice: tuple[str, ...]
    outside: int = 0


Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east and north, in degrees."""


async def put(
    connection: db.Connection,
    jurisdiction_id: str,
    found: Iterable[_Row],
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> Put:
    """Put addresses in the place of a city's register, whole or not at all.

    Args:
        connection: one that may write cities.
        jurisdiction_id: the city.
        found: rows of a file, read as they are needed.
        now: aware; the new changeset.
        progress: told how many are written so far.

    Raises:
        NotFound: no such city.
        Invalid: rows are faulty, two of one id say different things, there is none, or more than
            half lie beyond the city's boundary.
    """
    await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        await definitions.lock(connection, jurisdiction_id, now)  # one change of a city at a time
        box = await _box(connection, jurisdiction_id)
        made = await write(connection, jurisdiction_id, found, progress, box)
        await cities.announce(connection, jurisdiction_id, moved=now.replace(microsecond=0))
    return made


async def write(
    transaction: db.Connection,
    own: str,
    found: Iterable[_Row],
    progress: Callable[[int], None] = lambda _: None,
    box: Box | None = None,
) -> Put:
    """The same in a transaction of the city, and nobody is told.

    `box` is that of the city's boundary; None: there is none, or it does not matter.

    Raises:
        Invalid: as `put`.
    """
    await rows.clear(transaction, own)
    count, outside, problems, twice = 0, 0, list[str](), list[str]()
    left = iter(found)
    while batch := list(itertools.islice(left, _BATCH)):
        problems += [f"{each.place}: {each.problem}." for each in batch if each.point is None]
        good = [(each.place, each.point) for each in batch if each.point is not None]
        same, other = await _added(transaction, own, good)
        twice += same
        problems += other
        count += len(good) - len(same)
        outside += sum(_beyond(point, box) for _, point in good)
        if len(problems) >= _TOLD:
            raise Invalid(*problems[:_TOLD], "The rest was not read.")
        progress(count)
    if problems:
        raise Invalid(*problems)
    if not count:
        raise Invalid("The file holds no address.")
    if outside * 2 > (read := count + len(twice)):
        raise Invalid(
            f"{outside} of {read} rows lie beyond the city's boundary; are long and lat degrees,"
            " and each in its column?"
        )
    await rows.settle(transaction)
    return Put(count, tuple(twice), outside)


async def _box(transaction: db.Connection, own: str) -> Box | None:
    """The box of the boundary of a city, whatever its day; None where there is none."""
    every = await areas.every(transaction, own)
    shapes = [shape(each) for each in every if each.layer == BOUNDARY]
    if not shapes:
        return None
    west, south, east, north = zip(*(each.bounds for each in shapes), strict=True)
    return min(west), min(south), max(east), max(north)


def _beyond(point: Point, box: Box | None) -> bool:
    if box is None:
        return False
    west, south, east, north = box
    return not (west <= point.long <= east and south <= point.lat <= north)


async def _added(
    transaction: db.Connection, own: str, found: Sequence[tuple[str, Point]]
) -> tuple[list[str], list[str]]:
    """Add addresses; where one is there already as it is, and what is wrong with others."""
    if not found:
        return [], []
    points = [point for _, point in found]
    late = [found[index] for index in await rows.add(transaction, own, points)]
    ids = [point.address_id for _, point in late]
    there = {each.address_id: each for each in await rows.of_ids(transaction, own, ids)}
    same = [place for place, point in late if there[point.address_id] == point]
    other = [
        f"{place}: its id {point.address_id!r} is that of {there[point.address_id].line!r}, too."
        for place, point in late
        if there[point.address_id] != point
    ]
    return same, other
