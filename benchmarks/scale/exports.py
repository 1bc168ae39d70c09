"""Whole exports against PostgreSQL's own `COPY … TO`: rows a second, memory, first byte; and
clients that read slowly or go away.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import statistics
import threading
import time
from asyncio import Runner
from collections.abc import Iterator

import asyncpg

from benchmarks import ground, load, measure
from benchmarks.measure import OTHERS, SERVERS
from benchmarks.scale.cities import City, reader
from benchmarks.table import Line
from open311.store import requests
from tests.servers import Server

V2 = "/open311/v2"
ROUNDS = int(os.environ.get("BENCH_EXPORTS", "3"))
PATIENCE = 120.0
"""Seconds that a slow client is waited for at most."""

_BUSY = """
select count(*) from pg_stat_activity a
where a.pid <> pg_backend_pid() and a.application_name = 'open311' and a.state <> 'idle'
  and a.query not ilike 'listen%'
"""
_COPIED = """
select {columns} from requests r
where r.jurisdiction_id = '{city}' and r.service_request_id is not null
order by r.requested_datetime desc, r.id desc
"""


def measured(city: City, runner: Runner) -> Iterator[Line]:
    """Every line of the table of exports."""
    measure.pin([city.ground.postgres, *measure.children(city.ground.postgres)], OTHERS)
    since = f"{city.scene.since:%Y-%m-%dT%H:%M:%SZ}"
    with ground.served(city.ground, 1, SERVERS) as (server, workers):
        for kind, form in (("ndjson", "text"), ("csv", "csv")):
            path = f"{V2}/requests.{kind}?start_date={since}"
            if server_lacks(server, f"{V2}/requests.{kind}?page_size=1"):
                continue
            yield from _raced(city, runner, server, workers[0], path, kind, form)
        path = f"{V2}/requests.ndjson?start_date={since}"
        if not server_lacks(server, f"{V2}/requests.ndjson?page_size=1"):
            for name, stays in (("reads slowly", True), ("goes away", False)):
                taken = _left(city, runner, server, path, stays=stays)
                yield Line(
                    f"a client that {name}: PostgreSQL is free again after",
                    "a set time",
                    f"{taken:.1f} s",
                    taken < PATIENCE,
                )


def server_lacks(server: Server, path: str) -> bool:
    return server.get(path)[0] != 200


def _raced(
    city: City, runner: Runner, server: Server, worker: int, path: str, kind: str, form: str
) -> Iterator[Line]:
    floors, ours, peaks, firsts = [], [], [], []
    idle = measure.resident(worker)
    rows = 0
    for _ in range(ROUNDS):
        os.sched_setaffinity(0, SERVERS)
        floors.append(runner.run(_copied(city, form)))
        os.sched_setaffinity(0, OTHERS)
        rows, first, seconds, peak = _taken(server.port, path, worker)
        ours.append(rows / seconds)
        peaks.append(peak - idle)
        firsts.append(first)
    os.sched_setaffinity(0, SERVERS | OTHERS)
    ratio = statistics.median(own / floor for own, floor in zip(ours, floors, strict=True))
    rates = f"{statistics.median(ours):,.0f} / {statistics.median(floors):,.0f}"
    name = f"{rows:,} requests as {kind.upper()}; floor: COPY … TO"
    yield Line(f"{name}, rows a second", "≥ 0.5", f"{ratio:.2f}", ratio >= 0.5, rates)
    yield Line("… memory over idle", "< 60 MB", f"{max(peaks):.0f} MB", max(peaks) < 60)
    first = statistics.median(firsts) * 1000
    yield Line("… first byte", "< 200 ms", f"{first:.0f} ms", first < 200)


async def _copied(city: City, form: str) -> float:
    """Rows a second of COPY to nowhere, of what the public sees."""
    columns = re.sub(r"r\.(id|version), ", "", requests.COLUMNS)
    sql = _COPIED.format(columns=columns, city=ground.CITY)
    own = await asyncpg.connect(city.ground.dsn, server_settings=reader())

    async def sink(_: bytes) -> None:
        pass

    try:
        began = time.monotonic()
        told = await own.copy_from_query(sql, output=sink, format=form, header=form == "csv")
        return int(told.split()[-1]) / (time.monotonic() - began)
    finally:
        await own.close()


def _taken(port: int, path: str, worker: int) -> tuple[int, float, float, float]:
    """Lines, seconds until the first byte of the body and the last, and the peak of memory."""
    ended, peak = threading.Event(), [0.0]

    def look() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], measure.resident(worker))

    watcher = threading.Thread(target=look)
    watcher.start()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.monotonic()
    link.request("GET", path)
    answer = link.getresponse()
    assert answer.status == 200, answer.status
    part = answer.read1(65536)
    first, rows = time.monotonic() - began, 0
    while part:
        rows += part.count(b"\n")
        part = answer.read1(262144)
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    link.close()
    return rows, first, seconds, peak[0]


def _left(city: City, runner: Runner, server: Server, path: str, *, stays: bool) -> float:
    """Seconds until nothing of PostgreSQL is held by a client that does not read on."""
    own = runner.run(asyncpg.connect(city.ground.dsn))
    client = socket.create_connection(("127.0.0.1", server.port), 10)
    try:
        client.sendall(load.get(path))
        client.recv(65536)
        if not stays:
            client.close()
        began = time.monotonic()
        runner.run(asyncio.sleep(0.5))
        while runner.run(own.fetchval(_BUSY)) and time.monotonic() - began < PATIENCE:
            runner.run(asyncio.sleep(0.1))
        return time.monotonic() - began
    finally:
        client.close()
        runner.run(own.close())
