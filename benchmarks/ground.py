"""What everything stands on: a served demo city with a year of history, in a folder of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks import floors, measure
from open311.store import db, embedded
from tests.servers import Server, free_port, serving, wait_until_ready

CITY = "lanternport.example"
HISTORY = int(os.environ.get("BENCH_HISTORY", "100000"))


class Ground(msgspec.Struct, frozen=True):
    """The database and the city in it."""

    data_dir: Path
    dsn: str
    postgres: int  # its first process
    key: str
    ids: tuple[str, ...]  # of some requests, all over the year
    history: float  # rows a second

    def watched(self, workers: list[int]) -> dict[str, float]:
        """CPU seconds so far."""
        return {"own": measure.cpu(workers), "database": measure.cpu_of_tree(self.postgres)}


def starts(data_dir: Path) -> list[float]:
    """Seconds from the command to the first answer, after a first start that makes everything."""
    taken = []
    for _ in range(4):
        began = time.monotonic()
        with serving(data_dir, "--demo", workers=2, ready=False) as server:
            wait_for_answer(server)
            taken.append(time.monotonic() - began)
    return taken[1:]


def wait_for_answer(server: Server) -> None:
    """Come back with the first 200 of the service list."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if server.get("/open311/v2/services.json")[0] == 200:
                return
        except OSError:
            pass
        if server.process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(server.log.read_text()[-3000:])


@contextmanager
def prepared(data_dir: Path) -> Iterator[Ground]:
    """The database, running on the cores of the others, with its history and a key."""
    with embedded.running(data_dir) as dsn:
        (postgres,) = (
            pid
            for pid in measure.children(os.getpid())
            if Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
        )
        with serving(data_dir / "server", workers=1, database_url=dsn) as server:
            words = ("--jurisdiction", CITY, "--name", "benchmark", "--rate-limit", "0")
            key = server.command("keys", "create", *words).strip()
            began = time.monotonic()
            server.command("demo", "history", "--requests", str(HISTORY))
            rate = HISTORY / (time.monotonic() - began)
        ids = asyncio.run(_settle(dsn))
        yield Ground(data_dir, dsn, postgres, key, ids, rate)


async def _settle(dsn: str) -> tuple[str, ...]:
    """Let no vacuum and no checkpoint of the load be left over for what is measured."""
    connection = await db.connect(dsn)
    try:
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
        rows = await connection.fetch(
            "select service_request_id from requests where service_request_id is not null"
            " order by md5(id::text) limit 5000"
        )
    finally:
        await connection.close()
    return tuple(row[0] for row in rows)


@contextmanager
def served(ground: Ground, workers: int, cores: set[int]) -> Iterator[tuple[Server, list[int]]]:
    """The server on some cores, and the processes of its workers."""
    with ExitStack() as stack:
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)  # what is started from here stays there
        try:
            folder = ground.data_dir / "server"
            serve = serving(folder, workers=workers, database_url=ground.dsn, ready=False)
            server = stack.enter_context(serve)
        finally:
            os.sched_setaffinity(0, own)
        wait_until_ready(server)
        found = [pid for pid in measure.children(server.process.pid) if _is_worker(pid)]
        assert len(found) == workers, found
        yield server, found


def _is_worker(pid: int) -> bool:
    return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()


@contextmanager
def bare(pages: floors.Pages, folder: Path, cores: set[int]) -> Iterator[tuple[int, list[int]]]:
    """The floor that answers pages from memory: its port and its worker."""
    file, port = folder / "pages.msgpack", free_port()
    file.write_bytes(msgspec.msgpack.encode(pages))
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_bare, args=(port, file, cores))
    process.start()
    try:
        while not _listens(port):
            assert process.is_alive()
            time.sleep(0.05)
        yield port, [pid for pid in measure.children(process.pid or 0) if _is_worker(pid)]
    finally:
        process.terminate()
        process.join()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _bare(port: int, file: Path, cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)
    floors.serve_bare(port, file)
