"""Requests of another system come in: read by a mapping, and written by the thousand.

What a source says of a request is told by its hash: while that is the same nothing is changed. So a
second import of a file changes nothing, and one that was cut short goes on where it ended: rows are
committed by batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import islice

import msgspec

from open311.actions import importing_rows
from open311.actions.cities import known as known_city
from open311.actions.importing_rows import Batch, City, Row
from open311.domain.mappings import Mapping
from open311.domain.spots import Spot
from open311.errors import Invalid
from open311.formats.record_files import Record
from open311.store import cities, db, history, imported, spots

__all__ = ["BATCH", "Fault", "Outcome", "Way", "prepared", "run"]

BATCH = 2_500
"""Rows that are committed together."""

_MANY = 1_000  # rows, after which the planner is told of them


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
    connections: Sequence[db.Connection],
    city: City,
    mapping: Mapping,
    records: Iterator[Record],
    way: Way,
    observe: Observe,
) -> None:
    """Let rows in.

    Args:
        connections: that may write cities; each writes a batch while one more is made.
        city: from `prepared`.
        mapping: of the rows.
        records: the rows, each source_id once; a second one is a fault.
        way: how.
        observe: told of every batch when it is committed.
    """
    work = _Work(city, mapping, records, way, observe)
    free: asyncio.Queue[db.Connection] = asyncio.Queue()
    for each in connections:
        free.put_nowait(each)
    # one more than can write, so that a batch is ready as soon as there is a connection for it
    tasks = [asyncio.create_task(work.some(free)) for _ in range(len(connections) + 1)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if work.written >= _MANY:
        await history.analyze(connections[0])


class _Work:
    """Batches, made one at a time and written several at a time."""

    def __init__(
        self,
        city: City,
        mapping: Mapping,
        records: Iterator[Record],
        way: Way,
        observe: Observe,
    ) -> None:
        self._city, self._mapping, self._way = city, mapping, way
        self._records, self._observe = records, observe
        self._making = asyncio.Lock()
        self._seen: set[str] = set()
        self._places: dict[Spot | None, int | None] = {None: None}
        self.written = 0

    async def some(self, free: asyncio.Queue[db.Connection]) -> None:
        """Write batches until there are no more, each on a connection that is free."""
        while True:
            async with self._making:
                batch = await asyncio.to_thread(self._make)
            if batch is None:
                return
            connection = await free.get()
            self._observe(await self._in(connection, batch))
            free.put_nowait(connection)

    def _make(self) -> Batch | None:
        some = [*islice(self._records, BATCH)]
        return importing_rows.batch(self._city, some, self._seen) if some else None

    async def _in(self, connection: db.Connection, batch: Batch) -> Outcome:
        own, source = self._city.jurisdiction_id, self._mapping.source
        ids = [each.said.source_id for each in batch.rows]
        async with db.owning(connection, own):
            known = await imported.known(connection, own, source, ids)
            new = [each for each in batch.rows if each.said.source_id not in known]
            kept = await self._kept(connection, new)
            changed = [
                each
                for each in batch.rows
                if known.get(each.said.source_id, each.hash) != each.hash
            ]
            if not self._way.dry:
                await self._number(connection, [*new, *changed])
        counts = len(new), len(changed)
        if not self._way.dry and any(counts):
            async with db.owning(connection, own):
                counts = await self._write(connection, new, kept, changed)
            self.written += sum(counts)
        return Outcome(
            new=counts[0],
            changed=counts[1],
            same=len(batch.rows) - sum(counts),
            faulty=len({place for place, *_ in batch.faults}),
            outside=batch.outside,
            unlinked=batch.unlinked,
            renumbered=tuple(
                each.said.source_id
                for each in new
                if self._mapping.keep_ids and each.said.source_id not in kept
            ),
            faults=tuple(Fault(*each) for each in batch.faults),
        )

    async def _kept(self, transaction: db.Connection, new: Sequence[Row]) -> frozenset[str]:
        """The ids that new requests keep."""
        if not self._mapping.keep_ids or not new:
            return frozenset()
        wanted = {each.said.source_id for each in new}
        return frozenset(
            wanted - await imported.taken(transaction, self._city.jurisdiction_id, wanted)
        )

    async def _number(self, transaction: db.Connection, rows: Sequence[Row]) -> None:
        """See that spots have numbers, in a transaction of their own that nobody waits for."""
        found = {each.spot for each in rows if each.spot and each.spot not in self._places}
        if found:
            numbers = await spots.numbers(transaction, self._city.jurisdiction_id, found)
            self._places.update(numbers.items())

    async def _write(
        self,
        transaction: db.Connection,
        new: Sequence[Row],
        kept: Container[str],
        changed: Sequence[Row],
    ) -> tuple[int, int]:
        city, own, source = self._city, self._city.jurisdiction_id, self._mapping.source
        ids = [each.said.source_id for each in new if each.said.source_id in kept]
        numbers = await imported.numbers(transaction, len(new), ids)
        rows = [
            importing_rows.written(
                city,
                each,
                self._places[each.spot],
                number,
                each.said.source_id if each.said.source_id in kept else None,
                route=self._way.route,
            )
            for number, each in zip(numbers, new, strict=True)
        ]
        others = [importing_rows.written(city, each, self._places[each.spot]) for each in changed]
        return (
            await imported.insert(transaction, own, source, rows) if rows else 0,
            await imported.change(transaction, own, source, others) if others else 0,
        )
