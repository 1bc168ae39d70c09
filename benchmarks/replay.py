"""What it costs to run other rules and another border over 200,000 past requests.

300 rules, which look at services, six layers, answers, times and channels; the boundary of
`locating`, 40,000 vertices, and five more layers of 150 areas. A tenth of the rules is another one,
and the wards are moved, so that every request is located in two maps. One request of a hundred lies
outside. Figures are processor time: of this process, and of the whole PostgreSQL.

    python -m benchmarks.replay
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks import locating, measure
from benchmarks.table import Line
from open311 import resources
from open311.actions import cities
from open311.actions import replay as actions
from open311.domain import replay
from open311.domain.folder import Area, CityFolder, CityService, Department, Jurisdiction
from open311.domain.map import Map
from open311.domain.moves import Found
from open311.domain.rules import RoutingFile
from open311.store import db, embedded, migrations

OWN = "replay.example"
REQUESTS, SERVICES, RULES, BATCH = 200_000, 60, 300, 20_000
NOW = datetime.now(UTC).replace(microsecond=0)
DEPARTMENTS = tuple(Department(code=f"d{n}", name=f"Department {n}") for n in range(20))
LAYERS = {"boundary": 1, **{layer: side * side for layer, side in locating.SIDES.items()}}
CHANNELS = ("app", "phone", "web")

INSERT = """
insert into requests (jurisdiction_id, id, service_request_id, status, service_code,
  definition_version, department, requested_datetime, updated_datetime, long, lat, client_id,
  attributes)
select $1, p.id, p.id::text, 'open', p.service_code, 1, p.department, p.at, p.at, p.long, p.lat,
  p.client_id, p.answers::jsonb
from (
  select nextval('request_numbers') as id, p.*
  from unnest($2::text[], $3::text[], $4::timestamptz[], $5::float8[], $6::float8[], $7::bigint[],
    $8::text[]) as p (service_code, department, at, long, lat, client_id, answers)
) p
"""


def measured(dsn: str, postgres: int) -> Iterator[Line]:
    """Three lines of the table.

    Args:
        dsn: of a migrated database.
        postgres: its first process.
    """
    rng = random.Random(311)
    before, after = shapes(0.0), [each for each in shapes(0.004) if each.layer == "wards"]
    today, then = rules(random.Random(1)), rules(random.Random(1), random.Random(2))
    asyncio.run(_fill(dsn, before, today, rng))
    proposal = actions.Proposal(then, layer="wards", areas=after)
    rounds = [asyncio.run(_run(dsn, postgres, proposal)) for _ in range(measure.ROUNDS)]
    geometry = statistics.median(_geometry(before) for _ in range(measure.ROUNDS))
    ours, database = (statistics.median(each[side] for each in rounds) for side in (1, 2))
    found = rounds[0][0]
    assert found.requests == REQUESTS
    assert 0 < found.moved < REQUESTS / 2
    name = f"replay of {REQUESTS:,} requests, {RULES} rules, six layers"
    yield Line(f"{name}: geometry, a second", "≥ 200,000", f"{geometry:,.0f}", geometry >= 200_000)
    whole = REQUESTS / (ours + database)
    micro = f"{ours * 1e6 / REQUESTS:.1f} + {database * 1e6 / REQUESTS:.1f} | | | "
    yield Line("… all in all", "≥ 50,000", f"{whole:,.0f}", whole >= 50_000, micro)


# --- a city -------------------------------------------------------------------------------------


def shapes(east: float) -> list[Area]:
    """The city of `locating`, its wards moved by some degrees."""
    city = [locating.wheel("boundary", "0", (0.1, 0.1), 40_000)]
    for layer, side in locating.SIDES.items():
        city += locating.squares(layer, side)
    return [_moved(each, east) if east and each.layer == "wards" else each for each in city]


def _moved(each: Area, east: float) -> Area:
    ring = np.array(msgspec.json.decode(each.geometry)["coordinates"][0])
    corner = np.array(locating.SOUTH_WEST) - np.array((east, 0))
    return locating.area(each.layer, each.code, ring - corner)


def services() -> Iterator[CityService]:
    keys = [{"key": f"k{n}", "name": f"Choice {n}"} for n in range(4)]
    questions = [
        {"code": "kind", "datatype": "singlevaluelist", "description": "Which?", "values": keys},
        {"code": "many", "datatype": "number", "description": "How many?"},
        {"code": "note", "datatype": "text", "description": "What else?"},
    ]
    for number in range(SERVICES):
        yield msgspec.convert(
            {
                "service_code": f"s{number}",
                "service_name": f"Service {number}",
                "description": "What residents report.",
                "group": f"Group {number % 10}",
                "department": f"d{number % 20}",
                "attributes": questions,
            },
            CityService,
        )


def rules(rng: random.Random, other: random.Random | None = None) -> RoutingFile:
    """300 rules; with another hazard, a tenth of them sends elsewhere."""
    made = []
    for number in range(RULES):
        when: dict[str, Any] = {"services": [f"s{each}" for each in rng.sample(range(SERVICES), 3)]}
        layer = [*LAYERS][number % 6]
        some = rng.sample(range(LAYERS[layer]), max(LAYERS[layer] // 5, 1))
        when["areas"] = {layer: [str(each) for each in some]}
        if number % 3 == 0:
            key, most = f"k{rng.randrange(4)}", rng.randrange(10)
            when["answers"] = [
                {"attribute": "kind", "op": "eq", "value": key},
                {"attribute": "many", "op": "gt", "value": most},
            ]
        if number % 4 == 0:
            when["times"] = [{"days": ["sat", "sun"]}, {"from": f"{16 + number % 5}:00"}]
        if number % 5 == 0:
            when["channels"] = [rng.choice(CHANNELS)]
        department = f"d{rng.randrange(20)}"
        if other and other.random() < 0.1:
            department = f"d{other.randrange(20)}"
        rule = {"code": f"r{number}", "reason": "So.", "when": when, "department": department}
        made.append(rule)
    return msgspec.convert(
        {"triage": {"department": "d0"}, "tolerance": 25, "rules": made}, RoutingFile
    )


async def _fill(dsn: str, areas: list[Area], file: RoutingFile, rng: random.Random) -> None:
    jurisdiction = Jurisdiction(
        jurisdiction_id=OWN,
        name="A city with a past",
        timezone="America/Halifax",
        contact="Nobody.",
        key_service="There is none.",
    )
    city = CityFolder(jurisdiction, DEPARTMENTS, (*services(),), (*areas,), file)
    connection = await db.connect(dsn)
    try:
        await cities.load(connection, city, NOW - timedelta(days=1))
        async with db.owning(connection, OWN):
            keys = [await _key(connection, each) for each in CHANNELS]
            for _ in range(REQUESTS // BATCH):
                await connection.execute(INSERT, OWN, *zip(*_past(rng, keys), strict=True))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def _key(connection: db.Connection, channel: str) -> int:
    number: int = await connection.fetchval(
        "insert into clients (jurisdiction_id, name, prefix, key_hash, created_at, channel)"
        " values ($1, $2, $2, $3, now(), $2) returning client_id",
        OWN,
        channel,
        channel.encode(),
    )
    return number


def _past(rng: random.Random, keys: list[int]) -> Iterator[tuple[Any, ...]]:
    """Rows of requests, all over a year; one of a hundred lies a kilometre and more outside."""
    west, south = locating.SOUTH_WEST
    for _ in range(BATCH):
        low, high = (0.05, 0.15) if rng.random() >= 0.01 else (0.21, 0.22)
        answers = {"kind": f"k{rng.randrange(4)}", "many": rng.randrange(12), "note": "x" * 80}
        number = rng.randrange(SERVICES)
        yield (
            f"s{number}",
            f"d{number % 20}",
            NOW - timedelta(seconds=rng.randrange(365 * 86_400)),
            west + rng.uniform(low, high),
            south + rng.uniform(low, high),
            rng.choice(keys),
            msgspec.json.encode(answers).decode(),
        )


# --- runs ---------------------------------------------------------------------------------------


async def _run(dsn: str, postgres: int, proposal: actions.Proposal) -> tuple[Found, float, float]:
    """What was found, and the seconds of processor time: ours, and of PostgreSQL."""
    connection = await db.connect(dsn)
    try:
        began = time.process_time(), measure.cpu_of_tree(postgres)
        days = date(2000, 1, 1), None
        found = await actions.run(connection, OWN, proposal, days, NOW, lambda _: lambda _: None)
        ours, database = time.process_time() - began[0], measure.cpu_of_tree(postgres) - began[1]
    finally:
        await connection.close()
    return found, ours, database


def _geometry(areas: list[Area]) -> float:
    """Requests a second of one core that are located."""
    whole, rng = Map(areas, 25.0), random.Random(311)
    rows = [row for _ in range(REQUESTS // BATCH) for row in _past(rng, [0])]
    longs, lats = (np.array([row[place] for row in rows]) for place in (3, 4))
    nothing = np.zeros(BATCH, np.intp)
    spent = 0.0
    for first in range(0, REQUESTS, BATCH):
        some = slice(first, first + BATCH)
        reports = replay.Reports(
            nothing, longs[some], lats[some], nothing == 0, nothing, nothing, ()
        )
        began = time.process_time()
        replay.locate(whole, reports)
        spent += time.process_time() - began
    return REQUESTS / spent


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="open311-bench-") as folder, alone(folder) as own:
        for line in measured(*own):
            print(f"{line.name}: {line.reached} ({line.goal})  {line.rest}", flush=True)


@contextmanager
def alone(folder: str) -> Iterator[tuple[str, int]]:
    """A migrated database with nothing in it, and its first process."""
    with embedded.running(Path(folder)) as dsn:
        migrations.migrate(dsn, resources.MIGRATIONS)
        names = {
            pid: Path(f"/proc/{pid}/comm").read_text() for pid in measure.children(os.getpid())
        }
        yield dsn, next(pid for pid, name in names.items() if name.startswith("postgres"))


if __name__ == "__main__":
    main()
