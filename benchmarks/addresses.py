"""What it costs to look an address up, in an invented register of 300,000.

Some 6,000 streets with invented names in eight towns; one name in four is common to several towns,
and one street has 5,000 numbers. Times are those of the whole action on one connection of the
server's reading role: what was typed, to the values of the answer.

    python -m benchmarks.addresses
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks.table import Line
from open311 import resources
from open311.actions import addresses, cities, completing, finding
from open311.domain import completing as typing
from open311.domain.addresses import Point, Written, entry
from open311.domain.city import City
from open311.formats import folder
from open311.formats.address_files import Row
from open311.store import cities as stored
from open311.store import db, embedded, migrations
from tests.cities import small_city

OWN, MANY, COMMON = "register.example", 300_000, "Washington"
TOWNS = tuple(
    f"{name}port" for name in ("Ash", "Birch", "Cedar", "Dove", "Elder", "Fern", "Gull", "Hazel")
)
SOUNDS = [first + vowel for first in ("br", "st", *"bcdfghlmnprtvw") for vowel in "aeiou"]
KINDS = ("Street", "Avenue", "Road", "Lane", "Court", "Drive", "Place", "Terrace")
GOAL, ROUNDS = 20.0, 400  # milliseconds; calls of each kind


def register(rng: random.Random) -> Iterator[Point]:
    """The addresses, the same for the same seed."""
    names = [rng.choices(SOUNDS, k=rng.randint(2, 4)) for _ in range(4500)]
    names = sorted({"".join(each).title() for each in names})
    streets = [(f"{COMMON} Street", TOWNS[0], 5000)]
    while len(streets) < 6000:
        name = rng.choice(names[:400] if rng.random() < 0.25 else names)
        way = rng.choice(("", "", "", "North ", "South ")) + f"{name} {rng.choice(KINDS)}"
        streets.append((way, rng.choice(TOWNS), min(400, int(rng.expovariate(1 / 50)) + 4)))
    made, at = 0, 0
    while made < MANY:
        street, town, length = streets[at % len(streets)]
        turn, at = at // len(streets), at + 1
        for number in range(1, length + 1):
            units = 20 if length < 400 and rng.random() < 1 / 60 else 1
            for unit in range(units):
                written = Written(
                    address_id=str(made),
                    number=str(number + turn * length),
                    street=street,
                    unit=f"Unit {unit + 1}" if units > 1 else "",
                    city=town,
                    region="NS",
                    postcode=f"{rng.randint(2100, 2199):05}",
                    long=-66.5 + (at * 7919 % 6000) / 15_000 + number * 1e-5,
                    lat=44.4 + (at * 104_729 % 6000) / 15_000,
                )
                yield entry(written)
                made += 1
                if made == MANY:
                    return


def questions(points: list[Point], rng: random.Random) -> dict[str, Callable[[], str]]:
    """What is typed, by what makes it hard."""

    def line() -> str:
        return rng.choice(points).line.lower()

    def slip() -> str:
        text = line()
        at = rng.randrange(len(text) // 2, len(text) - 2)
        return text[:at] + text[at + 1 :]

    def part() -> str:
        text = line()
        return text[: rng.randint(3, len(text))]

    def long() -> str:
        return "".join(rng.choices(SOUNDS, k=20))

    return {
        "1 letter and a digit": lambda: f"{rng.choice('bcdfghlmnprstvw')}{rng.choice('123')}",
        "2 letters": lambda: rng.choice("bcdfghlmnprstvw") + rng.choice("aeiou"),
        "a number": lambda: str(rng.randint(10, 400)),
        "a number and a letter": lambda: f"{rng.randint(1, 60)} {rng.choice('bcdfghlmnprstvw')}",
        "a part of an address": part,
        "a whole address": line,
        "a misspelt address": slip,
        "the commonest street": lambda: f"{rng.randint(1, 5000)} washington st",
        "the commonest word": lambda: rng.choice(
            ("street", "north", "avenue", "st", "te", "court")
        ),
        "what is nowhere": lambda: "zzyzx quux qwfpgj",
        "200 characters": lambda: " ".join(line() for _ in range(12))[:200],
        "1,000 characters": lambda: f"1 w{long() * 24} " + " ".join(long()[:3] for _ in range(7)),
        "long words": lambda: "1 " + " ".join(long()[:29] for _ in range(8)),
        "beginnings of names": lambda: "1 " + " ".join(rng.sample(SOUNDS, 20)),
        "common words": lambda: "1 wa " + " ".join(rng.choices(("st", "street", "north"), k=20)),
        "several numbers": lambda: " ".join(f"{n} {long()[:50]}" for n in (1, 2, 3)),
    }


REPORTED = (
    "a whole address",
    "a misspelt address",
    "what is nowhere",
    "200 characters",
    "1,000 characters",
    "long words",
    "beginnings of names",
    "common words",
    "several numbers",
)
"""Those of a report; the last five are meant to be dear."""


async def timed(calls: list[Callable[[], Awaitable[Any]]]) -> tuple[float, float, float]:
    """Milliseconds: the median, the hundredth, the worst."""
    taken = []
    for call in calls:
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    marks = statistics.quantiles(taken, n=100)
    return marks[49], marks[98], max(taken)


async def _city(connection: db.Connection) -> City:
    (row,) = await stored.directory(connection)
    async with db.owning(connection, OWN):
        return await stored.read(connection, row)


async def _figures(dsn: str, path: Path) -> list[tuple[str, tuple[float, float, float]]]:
    rng, connection = random.Random(311), await db.connect(dsn)
    city = replace(folder.read(small_city(path, OWN)), areas=())  # it has houses anywhere
    await cities.load(connection, city, datetime.now(UTC))
    points = list(register(rng))
    began = time.perf_counter()
    rows = (Row("", each) for each in points)
    await addresses.put(connection, OWN, rows, datetime.now(UTC))
    seconds = time.perf_counter() - began
    city = await _city(connection)
    await connection.close()
    reads = db.Connections(dsn, db.READER, size=1, seconds=30)
    found = [(f"import of {MANY:,}, in seconds", (seconds, seconds, seconds))]
    for name, ask in questions(points, rng).items():
        texts = [ask()[: typing.MOST] for _ in range(ROUNDS)]
        calls = [lambda text=text: completing.look_up(reads, city, [("q", text)]) for text in texts]
        await timed(calls[:20])  # planned and read once
        found.append((f"typed: {name}", await timed(calls)))
    for name in REPORTED:
        texts = [questions(points, rng)[name]() for _ in range(ROUNDS)]
        meant = [lambda text=text: finding.find(reads, city, text) for text in texts]
        found.append((f"reported: {name}", await timed(meant)))
    spots = [rng.choice(points) for _ in range(ROUNDS)]
    near = [
        lambda at=at: finding.nearest(reads, city, at.long + 1e-4, at.lat + 1e-4) for at in spots
    ]
    found.append(("reported: a point", await timed(near)))
    await reads.close()
    return found


def figures() -> list[tuple[str, tuple[float, float, float]]]:
    """Milliseconds of each kind of question, on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory() as folder_name:
        path = Path(folder_name)
        with embedded.running(path / "var") as dsn:
            migrations.migrate(dsn, resources.MIGRATIONS)
            return asyncio.run(_figures(dsn, path / "city"))


def measured() -> Iterator[Line]:
    """One line of the table: the worst kind."""
    typed = {name: each for name, each in figures() if name.startswith("typed")}
    name, (median, slow, _) = max(typed.items(), key=lambda item: item[1][1])
    yield Line(
        f"an address looked up among 300,000, the 99th of a hundred; {name}",
        f"< {GOAL:.0f} ms",
        f"{slow:.1f} ms (median {median:.1f})",
        slow < GOAL,
    )


if __name__ == "__main__":
    for name, (median, slow, worst) in figures():
        print(f"{name:42}  median {median:7.2f}   99th {slow:7.2f}   worst {worst:7.2f}")
