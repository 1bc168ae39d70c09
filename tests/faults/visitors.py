"""Clients that read at the same time and note what they got, when, and how long it took."""

from __future__ import annotations

import http.client
import threading
import time

import msgspec

from tests.faults.calls import V2, Line

PATHS = (f"{V2}/requests.json", f"{V2}/requests.xml?status=open", f"{V2}/services.json")
PAUSE = 0.05


class Visit(msgspec.Struct, frozen=True):
    """One question."""

    path: str
    at: float  # time.monotonic() when it was asked
    seconds: float
    status: int | None  # None: no answer
    retry_after: str | None
    problem: str | None


class Visitors:
    """One thread for each path, while the block runs."""

    def __init__(self, port: int, paths: tuple[str, ...] = PATHS) -> None:
        self.visits: list[Visit] = []
        self._port = port
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(path,)) for path in paths]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, path: str) -> None:
        while not self._end.is_set():
            with Line(self._port) as line:
                while not self._end.wait(PAUSE):
                    self.visits.append(ask(line, path))
                    if self.visits[-1].problem:
                        break

    def on(self, path: str) -> list[Visit]:
        return [each for each in self.visits if each.path == path]


def ask(line: Line, path: str) -> Visit:
    at = time.monotonic()
    try:
        reply = line.get(path)
    except (OSError, http.client.HTTPException) as error:
        return Visit(path, at, time.monotonic() - at, None, None, repr(error))
    return Visit(path, at, reply.seconds, reply.status, reply.headers.get("retry-after"), None)
