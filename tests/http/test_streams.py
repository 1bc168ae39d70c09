"""Streams over a real socket: whole or visibly not, squeezed as they come, and nothing held for
who reads slowly or goes away."""

from __future__ import annotations

import ast
import gzip
import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import brotli
import pytest

from tests.http.streaming import CHUNK, SECONDS, streaming

SLACK = 4
"""Seconds that a busy machine may add."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    log = tmp_path_factory.mktemp("streaming") / "log"
    with streaming(log) as port:
        until(lambda: bool(answers(port)), 20)
        yield port


def answers(port: int) -> bool:
    try:
        return ask(port, "/state")[0] == 200
    except OSError:
        return False


def ask(
    port: int, path: str, method: str = "GET", coding: str = ""
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers={"accept-encoding": coding} if coding else {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def state(port: int) -> dict[str, object]:
    lines = ask(port, "/state")[2].decode().splitlines()
    return {name: ast.literal_eval(told) for name, _, told in (x.partition(" ") for x in lines)}


def events(port: int) -> dict[str, int]:
    return dict(state(port)["events"])  # type: ignore[call-overload, no-any-return]


def nothing_open(port: int) -> bool:
    return not any(state(port)["open"].values())  # type: ignore[attr-defined]


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def opened(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def rest(connection: socket.socket) -> bytes:
    """What a client still gets, until the connection ends, in whichever way."""
    received = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(1_000_000):
            received += more
    return received


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_a_stream_arrives_whole_in_the_coding_that_is_taken(port: int, coding: str) -> None:
    status, headers, body = ask(port, "/small.csv", coding=coding)

    opener = {"gzip": gzip.decompress, "br": brotli.decompress}.get(coding, bytes)
    assert (status, headers.get("content-encoding", "")) == (200, coding)
    assert opener(body) == CHUNK * 3
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="requests.csv"'
    assert headers["access-control-allow-origin"] == "*"
    assert "accept-encoding" in headers["vary"]
    assert "content-length" not in headers


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_an_empty_stream_is_whole_too(port: int, coding: str) -> None:
    opener = {"gzip": gzip.decompress, "br": brotli.decompress}.get(coding, bytes)

    assert opener(ask(port, "/empty.csv", coding=coding)[2]) == b""


def test_head_begins_a_stream_and_sends_nothing_of_it(port: int) -> None:
    status, headers, body = ask(port, "/endless.csv", "HEAD")

    assert (status, body) == (200, b"")
    assert headers["content-type"] == "text/csv; charset=utf-8"
    until(lambda: nothing_open(port), SLACK)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_fault_before_the_first_chunk_is_an_answer(port: int, method: str) -> None:
    status, headers, body = ask(port, "/never.csv", method)

    assert (status, headers["retry-after"]) == (503, "7")
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert (b"Too many exports." in body) is (method == "GET")
    assert ask(port, "/bug.csv", method)[0] == 500
    until(lambda: nothing_open(port), SLACK)


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_a_fault_in_the_middle_is_seen_by_the_client_and_counted(port: int, coding: str) -> None:
    before = events(port).get("streams_broken", 0)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(port, "/breaks.csv", coding=coding)

    assert events(port)["streams_broken"] == before + 1
    assert nothing_open(port)


def test_a_stream_has_no_other_formats(port: int) -> None:
    assert [ask(port, f"/small.csv.{each}")[0] for each in ("json", "xml")] == [404, 404]
    until(lambda: nothing_open(port), SLACK)


def test_who_goes_away_is_noticed_at_once(port: int) -> None:
    before = events(port).get("streams_left", 0)
    for path in ("/endless.csv", "/events"):
        connection = opened(port, path)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.close()

    until(lambda: nothing_open(port), SECONDS)
    until(lambda: events(port)["streams_left"] == before + 2, SLACK)


def test_an_event_goes_out_at_once_and_unsqueezed(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=SLACK) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\n\r\n")
        received = b""
        while b": hello\n\n" not in received:
            received += connection.recv(1000)

    assert b"content-encoding" not in received


def test_who_reads_nothing_is_cut_off_and_costs_no_memory(port: int) -> None:
    before = state(port)
    connections = [opened(port, "/endless.csv") for _ in range(20)]
    until(lambda: state(port)["open"]["/endless.csv"] == 20, SLACK)  # type: ignore[index]
    time.sleep(SECONDS / 2)
    held = state(port)
    until(lambda: nothing_open(port), SECONDS + SLACK)

    pages = held["pages"] - before["pages"]  # type: ignore[operator]
    assert pages * 4096 < 20 * 1_000_000
    until(lambda: events(port)["streams_cut"] >= 20, SLACK)
    until(lambda: state(port)["files"] <= before["files"], SLACK)  # type: ignore[operator]
    for connection in connections:
        with connection:
            assert not rest(connection).endswith(b"\r\n0\r\n\r\n")
    assert answers(port)


def test_who_reads_slowly_but_reads_is_served_on(port: int) -> None:
    call = b"GET /endless.csv HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=SLACK) as connection:
        connection.sendall(call)
        until_then = time.monotonic() + 3 * SECONDS
        while time.monotonic() < until_then:
            assert connection.recv(65_536)
            time.sleep(0.02)

        assert state(port)["open"]["/endless.csv"] == 1  # type: ignore[index]
    until(lambda: nothing_open(port), SLACK)


def test_the_end_of_a_stream_leaves_the_connection_open_for_more(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/small.csv")
        answer = connection.getresponse()
        assert re.match("text/csv", answer.headers["content-type"])
        assert answer.read() == CHUNK * 3
    connection.close()
