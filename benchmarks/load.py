"""Clients of a server that cost as little as clients can: raw HTTP/1.1 on kept connections."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

from benchmarks.measure import Turn


def get(path: str, *headers: str) -> bytes:
    more = "".join(f"{each}\r\n" for each in headers)
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{more}\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n"
        "content-type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode() + body


class _Client(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next one."""

    answers = 0
    _missing = 0

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self.broken = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        if not self.broken.done():
            self.broken.set_exception(ConnectionError("the server hung up"))

    def ask(self) -> None:
        self.transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            if data.startswith(b"HTTP/1.1 304") and data.endswith(b"\r\n\r\n"):
                self.answers += 1
                self.ask()
                return
            if not data.startswith(b"HTTP/1.1 200"):
                self.broken.set_exception(AssertionError(data[:2000]))
                return
            start = data.index(b"content-length: ") + 16
            length = int(data[start : data.index(b"\r", start)])
            self._missing = data.index(b"\r\n\r\n", start) + 4 + length
        self._missing -= len(data)
        if not self._missing:
            self.answers += 1
            self.ask()


async def answers(
    turn: Turn, port: int, connections: int, requests: list[bytes], most: int | None = None
) -> None:
    """Ask for `turn.seconds`, or until there are `most` answers; each must be a 200, or a 304."""
    loop = asyncio.get_running_loop()
    endless = itertools.cycle(requests)
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(endless), "127.0.0.1", port)
        clients.append(client)
    turn.begin()
    for client in clients:
        client.ask()
    if most is None:
        await _unbroken(clients, turn.seconds)
    else:
        while sum(each.answers for each in clients) < most:
            await _unbroken(clients, 0.1)
    turn.end(sum(each.answers for each in clients))
    for client in clients:
        client.broken.cancel()
        client.transport.abort()


async def _unbroken(clients: list[_Client], seconds: float) -> None:
    """Wait; complain when a connection broke or an answer was no 200."""
    futures = [each.broken for each in clients]
    done, _ = await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for each in done:
        each.result()
