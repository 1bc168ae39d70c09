"""The register in PostgreSQL finds what a list in memory would."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from open311.actions import addresses, finding
from open311.domain import finding as pure
from open311.domain.addresses import Point, Written, entry, shown
from open311.domain.city import City
from open311.formats.address_files import Row
from open311.store import addresses as rows
from open311.store import db
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.domain.test_addresses import REGISTER, find

OWN = "own.example"
CITY = City(
    jurisdiction_id=OWN,
    name="City of Lanternport",
    zone=ZoneInfo("America/Halifax"),
    contact="c",
    key_service="k",
    max_span_days=90,
    changeset=datetime(2026, 1, 1, tzinfo=UTC),
    changes_in=None,
    services={},
    departments={},
    addresses=50.0,
)


@pytest.fixture(scope="module")
def own_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(tmp_path_factory.mktemp("own"), OWN), NOW)
        yield dsn


def put(dsn: str, points: list[Point]) -> None:
    """Wherever on earth they lie."""

    async def written(connection: db.Connection) -> None:
        async with db.owning(connection, OWN):
            await addresses.write(connection, OWN, [Row("", each) for each in points])

    using(dsn, written)


def asking(dsn: str, work: Any) -> Any:
    """What a function makes of the server's reading connections."""

    async def run() -> Any:
        reads = db.Connections(dsn, db.READER, size=2, seconds=5)
        try:
            return await work(reads)
        finally:
            await reads.close()

    return asyncio.run(run())


def slipped(text: str, rng: random.Random) -> str:
    """A text with a letter left out, doubled or put for another."""
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(("", text[at] * 2, "e")) + text[at + 1 :]


def test_what_a_text_means_is_found_as_in_memory(own_dsn: str) -> None:
    rng = random.Random(311)
    own = [*map(shown, REGISTER), "104 Warren", "9 Main St", "7 Oak Row, Westport", "5 5th St"]
    texts = own + [slipped(rng.choice(own), rng) for _ in range(150)]
    put(own_dsn, REGISTER)

    async def all_of_them(reads: db.Connections) -> list[Any]:
        return [await finding.find(reads, CITY, text) for text in texts]

    found = asking(own_dsn, all_of_them)

    there = dict(zip(texts, found, strict=True))
    assert there == {text: find(REGISTER, text) for text in texts}
    assert sum(isinstance(each, pure.Found) for each in found) > 45
    assert {"unknown", "ambiguous"} == {each for each in found if isinstance(each, str)}


@pytest.mark.parametrize(
    ("long", "lat"),
    [(-66.2, 44.6), (0.0, 0.0), (25.0, 70.0), (180.0, -17.0), (-179.9999, 65.0), (10.0, 85.0)],
)
def test_the_nearest_is_that_of_a_list(own_dsn: str, long: float, lat: float) -> None:
    """Also where degrees of longitude are short, or begin anew."""
    rng = random.Random(311)

    def drawn(metres: float) -> tuple[float, float]:
        narrow = max(0.001, abs(90 - abs(lat)) / 90)
        there = long + rng.uniform(-metres, metres) / 111_000 / narrow
        high = min(90.0, lat + rng.uniform(-metres, metres) / 111_000)
        return (there + 180) % 360 - 180, high

    points = [
        entry(Written(address_id=str(n), number=str(n), street="Elm", long=each[0], lat=each[1]))
        for n, each in enumerate(drawn(200) for _ in range(300))
    ]
    spots = [drawn(200) for _ in range(40)]
    put(own_dsn, points)

    async def all_of_them(reads: db.Connections) -> list[Any]:
        return [await finding.nearest(reads, CITY, *spot) for spot in spots]

    found = asking(own_dsn, all_of_them)

    assert found == [pure.nearest(points, *spot, 50.0) for spot in spots]
    assert any(found)


def test_a_house_of_a_thousand_parts_is_found_by_each(own_dsn: str) -> None:
    points = [
        entry(
            Written(
                address_id=f"{n:04}", number="1", street="Elm St", unit=f"Apt {n}", long=0, lat=0
            )
        )
        for n in range(1, 1001)
    ]
    put(own_dsn, points)

    async def one_and_all(reads: db.Connections) -> tuple[Any, Any]:
        return await finding.find(reads, CITY, "1 Elm St #999"), await finding.find(
            reads, CITY, "1 Elm St"
        )

    part, whole = asking(own_dsn, one_and_all)

    assert (part.address_id, part.address) == ("0999", "1 Elm St, Apt 999")
    assert (whole.address_id, whole.address) == (None, "1 Elm St")


def test_readers_see_the_old_register_until_there_is_a_new_one(own_dsn: str) -> None:
    put(own_dsn, REGISTER)
    seen: list[int] = []

    async def during(reads: db.Connections) -> None:
        connection = await db.connect(own_dsn)

        def found() -> Iterator[Row]:
            yield Row("", REGISTER[0])

        async def spy(count: int) -> None:
            seen.append(len(await rows.of_ids(reads, OWN, [e.address_id for e in REGISTER])))

        async with db.owning(connection, OWN):
            await addresses.write(connection, OWN, found())
            await spy(0)
        await spy(1)
        await connection.close()

    asking(own_dsn, during)

    assert seen == [len(REGISTER), 1]
