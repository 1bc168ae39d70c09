"""Who takes an export slowly, or goes away from it, holds nothing for longer than a set time."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import statement
from tests.faults.calls import V2
from tests.faults.ground import settle
from tests.servers import Server, serving

CITY = "slow.example"
ROWS, SIZE = 20_000, 2_000
PLACES, SECONDS, SLACK = 2, 2, 4


@pytest.fixture(scope="module")
def server(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("exports")
    settle(empty_database, path, CITY)
    statement(
        empty_database,
        f"""
        insert into requests (jurisdiction_id, service_request_id, status, service_code,
          description, definition_version, requested_datetime, updated_datetime)
        select '{CITY}', n, 'open', 'tree', repeat('x', {SIZE}), 1, now(), now()
        from generate_series(1, {ROWS}) n
        """,
    )
    settings = {"exports": PLACES, "stream_seconds": SECONDS}
    with serving(path / "var", database_url=empty_database, **settings) as server:
        yield server


def export(server: Server) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(f"GET {V2}/requests.ndjson HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert connection.recv(15) == b"HTTP/1.1 200 OK"
    return connection


def is_free(server: Server) -> bool:
    return server.get(f"{V2}/requests.ndjson?service_request_id=1")[0] == 200


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def resident(server: Server) -> int:
    """Memory of the largest process of the server, bytes."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(server.process.pid)],
        check=True,
        capture_output=True,
        text=True,
    )
    return max(map(int, told.stdout.split())) * 1024


def test_who_reads_nothing_is_cut_off_and_its_place_is_free(server: Server) -> None:
    slow = [export(server) for _ in range(PLACES)]
    status, headers, _ = server.get(f"{V2}/requests.csv")

    assert (status, headers["retry-after"]) == (503, "30")
    assert server.get(f"{V2}/requests.json?page_size=1")[0] == 200
    until(lambda: is_free(server), SECONDS + SLACK)
    for each in slow:
        each.close()


def test_who_goes_away_leaves_its_place_at_once(server: Server) -> None:
    for each in [export(server) for _ in range(PLACES)]:
        each.close()

    until(lambda: is_free(server), SECONDS)


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is looked up in /proc")
def test_an_export_takes_no_more_memory_than_a_few_pieces(server: Server) -> None:
    server.get(f"{V2}/requests.ndjson?service_request_id=1")
    before = resident(server)
    with export(server) as connection:
        size, most = 0, 0
        while (size := size + len(connection.recv(1_000_000))) < ROWS * SIZE:
            most = max(most, resident(server))

    assert most - before < 30_000_000 < ROWS * SIZE
