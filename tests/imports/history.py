"""What tests of the import share: rows, a mapping of them, and what is in the database then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from open311.actions import importing
from open311.actions.importing import Outcome, Way
from open311.domain.mappings import GEOREPORT, Mapping
from open311.formats.record_files import Record
from open311.store import db

__all__ = ["CITY", "MAPPING", "Put", "put", "row", "rows_of", "tallies_of"]

CITY = "lanternport.example"
MAPPING = Mapping(source="old", fields=GEOREPORT)
PLAIN = Way()


def row(number: object, **values: Any) -> dict[str, Any]:
    """A request of the other system."""
    return {
        "service_request_id": str(number),
        "status": "open",
        "service_code": "pothole",
        "requested_datetime": "2026-01-02T03:04:05Z",
        "lat": 44.6,
        "long": -66.2,
        **values,
    }


class Put(list[Outcome]):
    """What came of an import, all batches together."""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        names = ("new", "changed", "same", "faulty")
        new, changed, same, faulty = (sum(getattr(each, name) for each in self) for name in names)
        return new, changed, same, faulty


def put(
    dsn: str, rows: Iterable[dict[str, Any]], mapping: Mapping = MAPPING, way: Way = PLAIN
) -> Put:
    """Let rows in, on two connections."""
    records = (Record(f"line {n}", each) for n, each in enumerate(rows, 1))
    told = Put()

    async def run() -> None:
        connections = [await db.connect(dsn) for _ in range(2)]
        try:
            city = await importing.prepared(connections[0], CITY, mapping, way)
            await importing.run(connections, city, mapping, records, way, told.append)
        finally:
            for each in connections:
                await each.close(timeout=5)

    asyncio.run(run())
    return told


def rows_of(dsn: str, columns: str = "r.*, p.inside", condition: str = "true") -> list[Any]:
    """The requests that came in, in the order of their ids in the other system."""

    async def run() -> list[Any]:
        connection = await db.connect(dsn)
        try:
            async with db.owning(connection, CITY):
                return await connection.fetch(
                    f"select {columns} from requests r left join places p using (place)"
                    f" where r.source is not null and {condition} order by r.source_id"
                )
        finally:
            await connection.close(timeout=5)

    return [tuple(each) for each in asyncio.run(run())]


def tallies_of(dsn: str) -> list[Any]:
    """How many requests are counted, by hour, service and status."""

    async def run() -> list[Any]:
        connection = await db.connect(dsn)
        try:
            async with db.owning(connection, CITY):
                return await connection.fetch(
                    "select service_code, hour, status, sum(number) from tally_changes"
                    " group by 1, 2, 3 having sum(number) <> 0 order by 1, 2, 3"
                )
        finally:
            await connection.close(timeout=5)

    return [tuple(each) for each in asyncio.run(run())]
