"""The two sides of a duel: our server over HTTP, and what stands for the floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks import floors, ground, load, measure, table
from benchmarks.ground import Ground
from benchmarks.measure import OTHERS, SERVERS, Sample
from benchmarks.table import Line
from tests.servers import Server

V2 = "/open311/v2"
CONNECTIONS = 32


def http(own: Ground, port: int, workers: list[int], asked: list[bytes], **how: int) -> Sample:
    """Our side, or the bare application: answers over HTTP."""
    count, seconds, _, grown = measure.run(
        load.answers,
        port,
        how.get("connections", CONNECTIONS),
        asked,
        cores=OTHERS,
        processes=how.get("processes", 1),
        watched=partial(own.watched, workers),
    )
    return _sample(count, seconds, grown["own"], grown["database"])


def bare_asyncpg(own: Ground, sql: str, values: list[tuple[object, ...]], **how: object) -> Sample:
    """The floor of everything that asks the database."""
    count, seconds, spent, grown = measure.run(
        floors.statements,
        own.dsn,
        how.get("session", {}),
        how.get("connections", CONNECTIONS),
        sql,
        values,
        cores=how.get("cores", SERVERS),
        processes=how.get("processes", 1),
        watched=partial(own.watched, []),
    )
    return _sample(count, seconds, spent, grown["database"])


def _sample(count: int, seconds: float, spent: float, database: float) -> Sample:
    assert count, "not a single answer in a whole round"
    return Sample(count / seconds, spent / count * 1e6, database / count * 1e6)


def cached(
    own: Ground,
    server: Server,
    workers: list[int],
    paths: Sequence[str],
    query: str = "",
    prefix: str = "",
) -> Iterator[Line]:
    """What a worker answers from memory, against an application that does nothing else.

    Args:
        own: the ground.
        server: ours.
        workers: its processes.
        paths: asked for, each a line.
        query: that every one of them is asked with.
        prefix: of the lines' names.
    """
    pages = {path: _as_sent(server, path + query) for path in paths}
    with ground.bare(pages, own.data_dir, SERVERS) as (port, floor):
        for path, (_, body) in pages.items():
            asked = [load.get(path + query)]
            found = measure.duel(
                partial(http, own, port, floor, asked),
                partial(http, own, server.port, workers, asked),
            )
            # Only the workers count: neither side asks the database.
            ratio = found.ratio(lambda floor, ours: floor.own / ours.own)
            name = f"{prefix}{path.removeprefix(V2)}, {len(body):,} bytes"
            yield table.line(name, 0.8, ratio, found, lambda each: f"{each.own:.0f}")


def _as_sent(
    server: Server, path: str, wanted: int = 200, **sent: str
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    status, headers, body = server.get(path, **sent)
    assert status == wanted, (path, status)
    del headers["server"], headers["date"]  # granian's own
    return [(name.encode(), value.encode()) for name, value in headers.items()], body


def unchanged(
    own: Ground, server: Server, workers: list[int], paths: Sequence[str], goal: float = 0.7
) -> Iterator[Line]:
    """What a worker says to who has the page already, against an application that says only that.

    A list is of the one second that it is shown for; everything else is kept.
    """
    known = {path: server.get(path)[1]["etag"] for path in paths}
    said = {
        path.partition("?")[0]: _as_sent(server, path, 304, If_None_Match=tag)
        for path, tag in known.items()
    }
    with ground.bare(said, own.data_dir, SERVERS) as (port, floor):
        for path in paths:
            asked = [load.get(path, f"if-none-match: {known[path]}")]
            found = measure.duel(
                partial(http, own, port, floor, asked),
                partial(http, own, server.port, workers, asked),
            )
            ratio = found.ratio(lambda floor, ours: floor.own / ours.own)
            name = f"304: {path.removeprefix(V2)}"
            yield table.line(name, goal, ratio, found, lambda each: f"{each.own:.0f}")
