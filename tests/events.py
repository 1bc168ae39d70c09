"""Following a feed over a real connection: Server-Sent Events as a browser reads them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One block of lines: an event where it has data; else an id to remember, or a heartbeat."""

    id: str
    event: str
    data: str
    comment: bool
    retry: str


class Stream:
    """An open connection, and what comes over it."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer
        self.last_id = ""

    def block(self) -> Event | None:
        """The next block; None at the end of the stream."""
        lines: list[str] = []
        while line := self.answer.readline():
            text = line.decode().rstrip("\n")
            if not text:
                return self._read(lines)
            lines.append(text)
        return None

    def _read(self, lines: list[str]) -> Event:
        fields = {name: value for name, _, value in (each.partition(": ") for each in lines)}
        self.last_id = fields.get("id", self.last_id)
        return Event(
            fields.get("id", ""),
            fields.get("event", ""),
            fields.get("data", ""),
            any(each.startswith(":") for each in lines),
            fields.get("retry", ""),
        )

    def events(self, count: int) -> list[Event]:
        """So many events that have data."""
        found: list[Event] = []
        while len(found) < count and (each := self.block()) is not None:
            found += [each] if each.data else []
        return found


@contextmanager
def following(
    port: int, path: str, headers: Mapping[str, str] = {}, timeout: float = 30
) -> Iterator[Stream]:
    """A stream of events; the connection is ended with the block."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=dict(headers))
        yield Stream(connection.getresponse())
    finally:
        connection.close()


def within(seconds: float, holds: object) -> bool:
    """Whether something comes true in time; `holds` is asked again and again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False
