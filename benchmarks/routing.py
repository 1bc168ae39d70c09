"""What rules cost: one decision by itself, and a POST in a city with rules beside one without.

python -m benchmarks.routing
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from msgspec.structs import replace

from benchmarks import ground, load, locating, measure, replay, table
from benchmarks.checking import by_turns
from benchmarks.ground import CITY, Ground
from benchmarks.measure import OTHERS, SERVERS
from benchmarks.sides import V2, http
from benchmarks.table import Line
from open311 import resources
from open311.actions import cities, keys
from open311.domain import routing
from open311.domain.map import Map
from open311.domain.routing import Report
from open311.formats import folder
from open311.store import db

PLAIN = "plain.example"
ALLOWED = 40  # microseconds of a decision
SLOWER = 0.9  # of the rate of a POST without rules
SAID = "A deep hole in the right lane, just before the crossing; two cars had to stop."


def decided() -> Iterator[Line]:
    """Where a point lies and who acts there, of 300 rules and six layers."""
    areas = replay.shapes(0.0)
    whole, floor = Map(areas, 25.0), locating.bare(areas)
    ready = routing.compiled(
        replay.rules(random.Random(311)),
        [*replay.services()],
        [each.code for each in replay.DEPARTMENTS],
        ZoneInfo("America/Halifax"),
    )
    generator, chance = np.random.default_rng(311), random.Random(311)
    spots = generator.uniform(0.05, 0.15, (locating.POINTS, 2)) + locating.SOUTH_WEST
    reports = {
        (float(long), float(lat)): (
            f"s{chance.randrange(replay.SERVICES)}",
            {"kind": f"k{chance.randrange(4)}", "many": chance.randrange(10)},
        )
        for long, lat in spots
    }
    now = datetime.now(UTC)

    def decide(long: float, lat: float) -> object:
        code, answers = reports[long, lat]
        group = f"Group {int(code[1:]) % 10}"
        located = whole.locate(long, lat)
        return routing.decide(ready, Report(code, group, answers, now, "app", located))

    places = [*reports]
    theirs, ours = by_turns(locating.in_turn(floor, places), locating.in_turn(decide, places))
    yield Line(
        "a decision: 300 rules, six layers, 40,000 vertices; floor: STRtree and prepared covers",
        f"< {ALLOWED} µs",
        f"{ours:.0f} µs",
        ours < ALLOWED,
        f"{ours:.0f} | {theirs:.0f} | {theirs / ours:.2f} | {1e6 / ours:,.0f} / {1e6 / theirs:,.0f}"
        f" = {theirs / ours:.2f}",
    )


async def _plain(own: Ground) -> str:
    """A city that is the demo without rules and areas, and a key of it."""
    whole = folder.read(resources.DEMO)
    jurisdiction = replace(whole.jurisdiction, jurisdiction_id=PLAIN)
    city = replace(
        whole,
        jurisdiction=jurisdiction,
        routing=None,
        areas=(),
        services=tuple(replace(each, offered_in=None) for each in whole.services),
    )
    connection = await db.connect(own.dsn)
    try:
        await cities.load(connection, city, datetime.now(UTC))
        return await keys.create(connection, PLAIN, "benchmark", None, None, datetime.now(UTC))
    finally:
        await connection.close()


def posts(own: Ground) -> Iterator[Line]:
    """A POST in the demo city, with its 92 rules over seven layers, beside one in the plain one."""
    key = asyncio.run(_plain(own))
    how = {"processes": 2, "connections": 16}
    measure.pin([own.postgres, *measure.children(own.postgres)], SERVERS | OTHERS)
    with ground.served(own, 2, SERVERS | OTHERS) as (server, workers):
        ask = partial(http, own, server.port, workers)
        found = measure.duel(
            partial(ask, [pothole(PLAIN, key)], **how),
            partial(ask, [pothole(CITY, own.key)], **how),
        )
    name = "POST in a city with rules; floor: the same city without rules and areas"
    yield table.line(name, SLOWER, found.cpu, found, table.with_database)


def pothole(city: str, key: str) -> bytes:
    form = {"jurisdiction_id": city, "api_key": key, "service_code": "pothole", "lat": 44.6012345}
    form |= {"long": -66.2012345, "address_string": "12 Harbour Street", "description": SAID}
    return load.post(f"{V2}/requests.json", urlencode(form).encode())


def main() -> None:
    for line in decided():
        print(f"{line.name}: {line.reached} ({line.goal})  {line.rest}", flush=True)
    with tempfile.TemporaryDirectory(prefix="open311-bench-") as name:
        ground.starts(Path(name))  # which makes the city
        with ground.prepared(Path(name)) as own:
            for line in posts(own):
                print(f"{line.name}: {line.reached} ({line.goal})  {line.rest}", flush=True)


if __name__ == "__main__":
    main()
