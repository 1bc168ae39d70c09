"""A large catalogue: 500 services, 5,000 questions, 20 versions of each, beside the demo city.

Its lists and definitions are held against the same floor as those of the demo city; then it is
told what a publication costs, how soon every worker shows it, and what the catalogue weighs.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import ground, load, measure
from benchmarks.ground import CITY, Ground
from benchmarks.measure import OTHERS, SERVERS
from benchmarks.sides import CONNECTIONS, V2, cached
from benchmarks.table import Line
from open311.actions import catalogue, cities
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder, CityService, Department, Jurisdiction
from open311.store import db
from tests.servers import Server

OWN = "registry.example"
QUERY = f"?jurisdiction_id={OWN}"
SERVICES, QUESTIONS, VERSIONS = 500, 10, 20
ONE = "service-250"
PUBLICATIONS = 15
PATHS = [
    f"{V2}/{path}.{kind}" for path in ("services", f"services/{ONE}") for kind in ("json", "xml")
]
DEPARTMENTS = tuple(Department(code=f"d{n}", name=f"Department number {n}") for n in range(10))
CHOICES = [{"key": f"k{n}", "name": f"Choice number {n}"} for n in range(5)]


# --- the catalogue ------------------------------------------------------------------------------


def service(number: int, version: int) -> CityService:
    """A service as one version has it: nothing but a notice and a text change."""
    return msgspec.convert(
        {
            "service_code": f"service-{number}",
            "service_name": f"Service number {number} of the large catalogue",
            "description": "What residents of a city with a very large catalogue may report.",
            "keywords": "large, catalogue, benchmark",
            "group": f"Group {number % 15}",
            "department": f"d{number % 10}",
            "service_notice": f"Notice of version {version}.",
            "attributes": [question(place, version) for place in range(QUESTIONS)],
        },
        CityService,
    )


def question(place: int, version: int) -> dict[str, Any]:
    """One of ten: of every datatype, some under conditions, with bounds."""
    kinds: list[dict[str, Any]] = [
        {"datatype": "singlevaluelist", "values": CHOICES, "required": True},
        {"datatype": "multivaluelist", "values": CHOICES, "max_items": 3},
        {"datatype": "number", "minimum": 1, "maximum": 500},
        {"datatype": "string", "pattern": "^[A-Z]{2}[0-9]{4}$", "max_length": 60},
        {"datatype": "datetime", "latest": "PT0M"},
    ]
    made = kinds[place % 5] | {"code": f"q{place}", "description": f"Question number {place}?"}
    if place == 9:
        made["description"] = f"When, as version {version} asks?"
    if place >= 7:
        wanted = {"attribute": "q0", "op": "one_of", "value": ["k1", "k2"]}
        made["dependencies"] = {"conditions": [wanted]}
    return made


def folder(version: int) -> CityFolder:
    jurisdiction = Jurisdiction(
        jurisdiction_id=OWN,
        name="A city with a large catalogue",
        timezone="America/Halifax",
        contact="Nobody.",
        key_service="There is none.",
    )
    services = tuple(service(number, version) for number in range(SERVICES))
    return CityFolder(jurisdiction, DEPARTMENTS, services, ())


async def loaded(dsn: str) -> None:
    """Load the catalogue, each version whole."""
    connection = await db.connect(dsn)
    try:
        for version in range(1, VERSIONS + 1):
            await cities.load(connection, folder(version), datetime.now(UTC), consent=True)
        await connection.execute("vacuum analyze definitions")
    finally:
        await connection.close()


# --- what is measured ---------------------------------------------------------------------------


def measured(own: Ground) -> Iterator[Line]:
    """Its lines of the table."""
    measure.pin([own.postgres, *measure.children(own.postgres)], OTHERS)
    with ground.served(own, 1, SERVERS) as (server, workers):
        before = weight(server, workers[0])
    asyncio.run(loaded(own.dsn))
    with ground.served(own, 1, SERVERS) as (server, workers):
        grown = weight(server, workers[0]) - before
        name = f"{SERVICES} services, {VERSIONS} versions each: "
        yield from cached(own, server, workers, PATHS, QUERY, name)
    name = "memory of a worker that they take beside the demo city"
    yield Line(name, "< 40 MB", f"{grown:.0f} MB", grown < 40)
    with ground.served(own, 2, SERVERS | OTHERS) as (server, workers):
        costs, delays = asyncio.run(published(own.dsn, server, workers))
    middle, slowest = statistics.median(costs), max(delays)
    yield Line("a publication among them", "< 100 ms", f"{middle * 1e3:.0f} ms", middle < 0.1)
    name = f"… until both workers show it, the slowest of {PUBLICATIONS}"
    yield Line(name, "< 1 s", f"{slowest:.2f} s", slowest < 1)


def weight(server: Server, worker: int) -> float:
    """A worker's memory after lists and definitions of the demo city."""
    codes = ("pothole", "graffiti", "licence-dog")
    paths = [f"{V2}/services", *(f"{V2}/services/{code}" for code in codes)]
    asked = [
        load.get(f"{path}.{kind}?jurisdiction_id={CITY}")
        for path in paths
        for kind in ("json", "xml")
    ]
    measure.run(load.answers, server.port, CONNECTIONS, asked, 5_000, cores=OTHERS)
    return measure.resident(worker)


# --- how soon every worker shows a publication --------------------------------------------------


async def published(
    dsn: str, server: Server, workers: list[int]
) -> tuple[list[float], list[float]]:
    """Seconds of each publication, and from its end until every connection showed it."""
    connection = await db.connect(dsn)
    lines = connected(server, workers)
    try:
        found = []
        for version in range(VERSIONS + 1, VERSIONS + 1 + PUBLICATIONS):
            new = service(SERVICES // 2, version)
            deed = Deed("benchmark", datetime.now(UTC), "to see what it costs")
            opening = lambda own: db.owning(connection, own)  # noqa: E731
            await catalogue.save(opening, OWN, new, deed, replaces=None)
            began = time.monotonic()
            await catalogue.publish(opening, OWN, ONE, deed, consent=True)
            done = time.monotonic()
            until_all_show(lines, f"as version {version} asks")
            found.append((done - began, time.monotonic() - done))
    finally:
        await connection.close()
        for line in lines:
            line.close()
    costs, delays = zip(*found, strict=True)
    return list(costs), list(delays)


def connected(server: Server, workers: list[int]) -> list[HTTPConnection]:
    """Kept connections, to every worker at least one."""
    before = [sockets(worker) for worker in workers]
    lines: list[HTTPConnection] = []
    while not all(sockets(pid) > count for pid, count in zip(workers, before, strict=True)):
        assert len(lines) < 512, "a worker takes no connection"
        for _ in range(32):
            line = HTTPConnection("127.0.0.1", server.port, timeout=30)
            lines.append(line)
            line.connect()
        for line in lines[-32:]:
            shown(line)
    return lines


def sockets(worker: int) -> int:
    links = (_link(each) for each in Path(f"/proc/{worker}/fd").iterdir())
    return sum(each.startswith("socket:") for each in links)


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


def shown(line: HTTPConnection) -> str:
    line.request("GET", f"{V2}/services/{ONE}.json{QUERY}")
    return line.getresponse().read().decode()


def until_all_show(lines: list[HTTPConnection], text: str) -> None:
    """Ask on every connection until each answers with a text."""
    waiting, deadline = lines, time.monotonic() + 30
    while waiting := [line for line in waiting if text not in shown(line)]:
        assert time.monotonic() < deadline, "a worker never showed it"
        time.sleep(0.002)
