"""Requests of another system come in: read by a mapping, and written by the thousand.

What a source says of a request is told by its hash: while that is the same nothing is changed. So a
second import of a file changes nothing, and one that was cut short goes on where it ended: rows are
committed by batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice

import msgspec

from open311.actions import importing_rows
from open311.actions.cities import known as known_city
from open311.actions.importing_rows import Batch, City, Row
from open311.domain.mappings import Mapping
from open311.domain.spots import Spot
from open311.errors import Invalid
from open311.formats.record_files import Record
from open311.store import cities, db, history, imported
from open311.store.imported import Put

__all__ = ["BATCH", "Fault", "Outcome", "Way", "prepared", "run"]

BATCH = 5_000
"""Rows that are committed together."""


class Way(msgspec.Struct, frozen=True):
    """How requests come in."""

    route: bool = False  # the city's rules say who acts; else the mapping, or the service
    dry: bool = False  # write nothing


class Fault(msgspec.Struct, frozen=True):
    """A row that did not come in, and why."""

    place: str
    source_id: str
    problem: str


class Outcome(msgspec.Struct, frozen=True):
    """What came of rows."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faulty: int = 0
    outside: tuple[str, ...] = ()  # places of rows that lie beyond the boundary; they came in
    unlinked: tuple[str, ...] = ()  # of those whose media_url is none, and was left out
    renumbered: tuple[str, ...] = ()  # source_ids of those whose id is somebody else's here
    faults: tuple[Fault, ...] = ()

    @property
    def rows(self) -> int:
        """How many were looked at."""
        return self.new + self.changed + self.same + self.faulty


Observe = Callable[[Outcome], None]
"""Told of every batch."""


async def prepared(
    connection: db.Connection, jurisdiction_id: str, mapping: Mapping, way: Way
) -> City:
    """What must be known of a city before rows come in.

    Raises:
        NotFound: no such city.
        Invalid: it has no services, or no rules to decide by.
    """
    row = await known_city(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        city = await cities.read(connection, row)
        editions = await history.editions(connection, jurisdiction_id)
    if not editions:
        raise Invalid(f"{jurisdiction_id} has no services.")
    if way.route and city.routing is None:
        raise Invalid(f"{jurisdiction_id} has no rules that could say who acts; say --no-route.")
    return importing_rows.city(city, editions, mapping)


async def run(
    connection: db.Connection,
    city: City,
    mapping: Mapping,
    records: Iterator[Record],
    way: Way,
    observe: Observe,
) -> None:
    """Let rows in.

    Args:
        connection: one that may write cities.
        city: from `prepared`.
        mapping: of the rows.
        records: the rows, each source_id once; a second one is a fault.
        way: how.
        observe: told of every batch when it is committed.
    """
    spotted, done = set[Spot](), 0
    async for batch in _batches(city, records):
        async with db.owning(connection, city.jurisdiction_id):
            put, renumbered = await _sorted(connection, city, mapping, batch, way)
            if not way.dry:
                await imported.put(connection, city.jurisdiction_id, mapping.source, put, spotted)
        new, changed = len(put.new), len(put.changed)
        done += new + changed
        observe(
            Outcome(
                new=new,
                changed=changed,
                same=len(batch.rows) - new - changed,
                faulty=len({place for place, *_ in batch.faults}),
                outside=batch.outside,
                unlinked=batch.unlinked,
                renumbered=renumbered,
                faults=tuple(Fault(*each) for each in batch.faults),
            )
        )
    if done >= BATCH and not way.dry:
        await history.analyze(connection)


async def _batches(city: City, records: Iterator[Record]) -> AsyncIterator[Batch]:
    """Rows as they are to be written; each batch is made while the one before is written."""
    seen: set[str] = set()

    def make() -> Batch | None:
        some = [*islice(records, BATCH)]
        return importing_rows.batch(city, some, seen) if some else None

    coming = asyncio.create_task(asyncio.to_thread(make))
    try:
        while batch := await coming:
            coming = asyncio.create_task(asyncio.to_thread(make))
            yield batch
    finally:
        coming.cancel()


async def _sorted(
    transaction: db.Connection, city: City, mapping: Mapping, batch: Batch, way: Way
) -> tuple[Put, tuple[str, ...]]:
    """What of a batch is new, and what is said otherwise now; and whose id is somebody else's."""
    own, ids = city.jurisdiction_id, [each.said.source_id for each in batch.rows]
    known = await imported.known(transaction, own, mapping.source, ids)
    new = [each for each in batch.rows if each.said.source_id not in known]
    changed = [
        each for each in batch.rows if known.get(each.said.source_id, each.hash) != each.hash
    ]
    kept: dict[str, str] = {}
    renumbered: Sequence[str] = ()
    if mapping.keep_ids and new:
        wanted = {each.said.source_id for each in new}
        taken = await imported.taken(transaction, own, wanted)
        kept = {each: each for each in wanted - taken}
        renumbered = sorted(wanted & taken)

    def written(rows: Sequence[Row], *, route: bool) -> list[imported.ImportedRow]:
        return [
            importing_rows.written(city, each, kept.get(each.said.source_id), route=route)
            for each in rows
        ]

    return Put(written(new, route=way.route), written(changed, route=False)), (*renumbered,)
