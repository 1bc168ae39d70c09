"""Speed and memory as ratios to floors that run by turns with the server, in the same minutes."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import (  # noqa: E402
    addresses,
    checking,
    floors,
    ground,
    load,
    locating,
    measure,
    registry,
    replay,
    routing,
    table,
)
from benchmarks.ground import CITY, Ground  # noqa: E402
from benchmarks.measure import OTHERS, SERVERS  # noqa: E402
from benchmarks.sides import CONNECTIONS, V2, bare_asyncpg, cached, http, unchanged  # noqa: E402
from benchmarks.table import Line  # noqa: E402
from open311.spec.search import Search  # noqa: E402
from open311.store import db, requests, searching  # noqa: E402
from tests.servers import Server  # noqa: E402

CACHED = [
    f"{path}.{extension}"
    for path in (f"{V2}/services", f"{V2}/services/pothole", "/discovery")
    for extension in ("json", "xml")
]
SHOWN, FIFTY = [f"{V2}/requests.{kind}" for kind in ("json", "xml")], "?page_size=50"
UNCHANGED = [f"{V2}/services.json", f"{V2}/services/pothole.xml", *(f"{e}{FIFTY}" for e in SHOWN)]
SAID = "A deep hole in the right lane, just before the crossing; two cars had to stop."
PLACE = "12 Harbour Street, at the corner of Lantern Lane"
LAT, LONG = 44.6012345, -66.2012345


# --- what is measured ---------------------------------------------------------------------------


def reads(own: Ground, server: Server, workers: list[int]) -> Iterator[Line]:
    now = datetime.now(UTC).replace(microsecond=0)
    ends = [now - timedelta(hours=5.5) * step for step in range(1_500)]
    pages = [_page(end) for end in ends]
    sql, newest = pages[0]
    session = {"role": db.READER}
    planned = session | {"plan_cache_mode": "force_generic_plan"}
    find = partial(bare_asyncpg, own, requests._FIND, [(CITY, each) for each in own.ids])
    page = partial(bare_asyncpg, own, sql, [newest])
    crawl = partial(bare_asyncpg, own, sql, [values for _, values in pages])
    one = {kind: [f"/requests/{each}.{kind}" for each in own.ids] for kind in ("json", "xml")}
    shown = {kind: f"/requests.{kind}?page_size=50" for kind in ("json", "xml")}
    # Each URL comes again only after more than a second: none is answered by what was shown.
    list_ = {kind: [f"{path}&n={n}" for n in range(30_000)] for kind, path in shown.items()}
    walk = {
        kind: [
            f"{path}&end_date={ends[n % len(ends)]:%Y-%m-%dT%H:%M:%SZ}&n={n}" for n in range(30_000)
        ]
        for kind, path in shown.items()
    }
    once = "; the floor plans once, too"
    for name, goal, floor, paths in (
        ("one request by id, JSON", 0.35, partial(find, session=session), one["json"]),
        ("one request by id, XML", 0.35, partial(find, session=session), one["xml"]),
        ("50 requests, JSON", 0.6, partial(page, session=session), list_["json"]),
        ("50 requests, XML", 0.35, partial(page, session=session), list_["xml"]),
        (f"50 requests, JSON{once}", 0, partial(page, session=planned), list_["json"]),
        (f"50 requests, XML{once}", 0, partial(page, session=planned), list_["xml"]),
        ("50 requests not shown before, JSON", 0, partial(crawl, session=session), walk["json"]),
        ("50 requests not shown before, XML", 0, partial(crawl, session=session), walk["xml"]),
    ):
        ours = partial(http, own, server.port, workers, [load.get(V2 + path) for path in paths])
        found = measure.duel(floor, ours)
        yield table.line(name, goal, found.cpu, found, table.with_database)


def _page(end: datetime) -> tuple[str, tuple[object, ...]]:
    window = Search(start_date=end - timedelta(days=90), end_date=end, limit=50)
    (plan,) = searching.plans(CITY, window, requests.COLUMNS, many=True)
    return plan.statement.sql, tuple(plan.statement.values)


def posts(own: Ground) -> Iterator[Line]:
    """32 connections in two processes on either side; commits reach the disk."""
    now = datetime.now(UTC).replace(microsecond=0)
    row = (CITY, "pothole", SAID, "streets", None, now, now, PLACE, LAT, LONG, 1)
    both = SERVERS | OTHERS
    how = {"processes": 2, "connections": 16}
    with ground.served(own, 2, both) as (server, workers):
        found = measure.duel(
            partial(bare_asyncpg, own, floors.INSERT, [row], cores=both, **how),
            partial(http, own, server.port, workers, [pothole(own)], **how),
        )
    yield table.line("POST, commits a second", 0.5, found.rate, found, table.with_database)


def pothole(own: Ground) -> bytes:
    """A report; it has no reporter, so that it is one row, as that of the floor."""
    form = {
        "api_key": own.key,
        "service_code": "pothole",
        "lat": LAT,
        "long": LONG,
        "address_string": PLACE,
        "description": SAID,
    }
    return load.post(f"{V2}/requests.json", urlencode(form).encode())


def memory(server: Server, worker: int, own: Ground) -> Iterator[Line]:
    """A worker after 100,000 answers: cached ones, one request, 50 of them, and POSTs."""
    mixed = [load.get(path) for path in CACHED]
    for kind in ("json", "xml"):
        mixed += [load.get(f"{V2}/requests/{each}.{kind}") for each in own.ids[:200]]
        mixed += [load.get(f"{V2}/requests.{kind}?page_size=50&n={n}") for n in range(20)]
    mixed += [pothole(own)] * 20
    count, *_ = measure.run(load.answers, server.port, CONNECTIONS, mixed, 100_000, cores=OTHERS)
    size = measure.resident(worker)
    name = f"memory of a worker after {count:,} answers of every kind"
    yield Line(name, "< 150 MB", f"{size:.0f} MB", size < 150)


# --- everything ---------------------------------------------------------------------------------


def measured(folder: Path) -> Iterator[Line]:
    """Every line of the table, one after the other."""
    taken = statistics.median(ground.starts(folder))
    yield Line("start to first answer", "< 3 s", f"{taken:.1f} s", taken < 3)
    with ground.prepared(folder) as own:
        rate = own.history
        yield Line("history, rows a second", "≥ 10,000", f"{rate:,.0f}", rate >= 10_000)
        measure.pin([own.postgres, *measure.children(own.postgres)], OTHERS)
        with ground.served(own, 1, SERVERS) as (server, workers):
            yield from cached(own, server, workers, CACHED)
            yield from unchanged(own, server, workers, UNCHANGED)
            yield from cached(own, server, workers, SHOWN, FIFTY, "shown for a second: ")
            yield from reads(own, server, workers)
            yield from memory(server, workers[0], own)
        measure.pin([own.postgres, *measure.children(own.postgres)], SERVERS | OTHERS)
        yield from posts(own)
        yield from registry.measured(own)
        yield from routing.posts(own)
        yield from replay.measured(own.dsn, own.postgres)
    yield from checking.measured()
    yield from locating.measured()
    yield from routing.decided()
    yield from addresses.measured()


def main() -> None:
    began, lines = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="open311-bench-") as folder:
        for line in measured(Path(folder)):
            print(f"{line.name}: {line.reached} ({line.goal})  {line.rest}", flush=True)
            lines.append(line)
    table.write(lines)
    print(f"{time.monotonic() - began:.0f} s; the table stands in {table.README.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
