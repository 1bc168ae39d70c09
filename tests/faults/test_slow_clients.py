"""Clients that send slowly, or nothing, are let go, and nobody else waits for them. Trust 14, 15.

How many connections a worker holds is bounded; what counts is that slow ones do not keep their
place. The admin port shares nothing with them.
"""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tests.faults.calls import V2, Line
from tests.faults.ground import settle
from tests.faults.visitors import Visit, Visitors, ask
from tests.servers import Server, serving

CITY = "slow.example"
MANY = 1_500
BODY_SECONDS, HEADER_SECONDS = 5, 5
SLACK = 6
"""Seconds that a busy machine may add."""

HEAD = (
    f"POST {V2}/requests.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n"
).encode()


class Served(msgspec.Struct, frozen=True):
    server: Server
    api_key: str


@pytest.fixture(scope="module", autouse=True)
def files() -> Iterator[None]:
    """Room for two ends of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * MANY + 500:
        pytest.skip(f"this account may have {hard} open files; {2 * MANY + 500} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * MANY + 500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def served(
    files: None, empty_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("slow")
    key = settle(empty_database, path, CITY)[CITY]
    with serving(path / "var", database_url=empty_database, workers=2) as server:
        yield Served(server, key)


@contextmanager
def connections(server: Server, number: int, begin: bytes) -> Iterator[list[socket.socket]]:
    """So many connections, each with the beginning of a call."""
    opened: list[socket.socket] = []
    try:
        for _ in range(number):
            opened.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            opened[-1].sendall(begin)
        yield opened
    finally:
        for each in opened:
            each.close()


def outcomes(
    opened: list[socket.socket], seconds: float, drip: bytes = b""
) -> list[tuple[bytes, float]]:
    """What each connection was told until it was closed, and when; those that were not are left
    out.

    Args:
        opened: connections.
        seconds: to wait for all of them.
        drip: sent on each once a second.
    """
    began, told, ended = time.monotonic(), dict.fromkeys(opened, b""), []
    with selectors.DefaultSelector() as selector:
        for each in opened:
            each.setblocking(False)
            selector.register(each, selectors.EVENT_READ)
        dripped = began
        while selector.get_map() and time.monotonic() - began < seconds:
            for key, _ in selector.select(0.2):
                if more := received(key.fileobj):
                    told[key.fileobj] += more
                else:
                    selector.unregister(key.fileobj)
                    ended.append((told[key.fileobj], time.monotonic() - began))
            if drip and time.monotonic() - dripped > 1:
                dripped = time.monotonic()
                for key in list(selector.get_map().values()):
                    send(key.fileobj, drip)
    return ended


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except OSError:
        return b""


def send(connection: socket.socket, piece: bytes) -> None:
    try:
        connection.sendall(piece)
    except OSError:
        return


@contextmanager
def others(served: Served) -> Iterator[Callable[[], list[Visit]]]:
    """People who only want to read, on both ports; what they got, when the block has ended."""
    paths = (f"{V2}/services.json", f"{V2}/requests.json", "/healthz")
    server = served.server
    with Visitors(server.port, paths) as public, Visitors(server.admin_port, ("/healthz",)) as own:
        yield lambda: [*public.visits, *own.visits]


def unharmed(visits: list[Visit]) -> None:
    """Everybody was answered, and 99 in 100 within a second."""
    assert len(visits) > 100
    assert {(each.status, each.problem) for each in visits} == {(200, None)}
    assert sorted(each.seconds for each in visits)[len(visits) * 99 // 100] < 1


def filed(served: Served) -> int:
    with Line(served.server.port) as line:
        return line.post(api_key=served.api_key, service_code="tree", lat=44.6, long=-66.2).status


@pytest.mark.parametrize("drip", [b"", b"x"], ids=["silent", "dripping"])
def test_300_bodies_that_do_not_come_are_let_go_and_harm_nobody(
    served: Served, drip: bytes
) -> None:
    with others(served) as visits, connections(served.server, 300, HEAD + b"\r\nx") as opened:
        assert filed(served) == 200
        told = outcomes(opened, BODY_SECONDS + SLACK, drip)
        assert filed(served) == 200

    assert len(told) == 300
    assert {answer[:13] for answer, _ in told} == {b"HTTP/1.1 408 "}
    assert [answer for answer, _ in told if b'"code":408' not in answer] == []
    unharmed(visits())


def test_1500_connections_that_say_nothing_or_half_are_let_go_and_harm_nobody(
    served: Served,
) -> None:
    with (
        others(served) as visits,
        connections(served.server, MANY // 2, HEAD) as halves,
        connections(served.server, MANY // 2, b"") as idle,
    ):
        assert filed(served) == 200
        told = outcomes([*halves, *idle], HEADER_SECONDS + SLACK)
        assert filed(served) == 200

    assert len(told) == MANY // 2 * 2
    assert {answer[:12] for answer, _ in told} <= {b"", b"HTTP/1.1 408"}
    unharmed(visits())


def test_a_connection_that_was_used_is_let_go_when_it_says_no_more(served: Served) -> None:
    call = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connections(served.server, 50, call) as opened:
        told = outcomes(opened, HEADER_SECONDS + SLACK)

    assert [answer[:13] for answer, _ in told] == [b"HTTP/1.1 200 "] * 50


def test_an_answer_that_nobody_takes_blocks_nobody(served: Served) -> None:
    """Fifty clients ask for the list over and over, and read nothing."""
    call = f"GET {V2}/services.json HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with others(served) as visits, connections(served.server, 50, call * 2_000):
        time.sleep(2)
        with Line(served.server.port) as line:
            assert ask(line, f"{V2}/requests.json").status == 200

    unharmed(visits())
