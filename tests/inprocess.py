"""The whole application in this process, called as a server would call it, on a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from open311.app import create_app
from open311.http.desk import Desk
from open311.http.door import App
from open311.settings import Settings
from tests.conformance.wire import Answer

ENDPOINT = "/open311/v2"
FORM = (("content-type", "application/x-www-form-urlencoded"),)

Headers = tuple[tuple[str, str], ...]


class Door:
    """An application, and the loop that it lives on."""

    def __init__(self, app: App, runner: asyncio.Runner) -> None:
        self._app, self._runner = app, runner

    @property
    def desk(self) -> Desk:
        """What its handlers have: the kept pages, the seats for uploads, the count."""
        found: Desk = inspect.getclosurevars(self._app).nonlocals["desk"]
        return found

    def ask(self, method: str, url: str, headers: Headers = (), body: bytes = b"") -> Answer:
        """Any call; `url` is below the endpoint unless it begins with a slash."""
        return self.together((method, url, headers, body))[0]

    def together(self, *calls: tuple[str, str, Headers, bytes]) -> list[Answer]:
        """Several calls at the same time, each as `ask` takes it."""

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self._call(_at(*each), each[3]) for each in calls))

        return self._runner.run(all_of_them())

    def call(
        self, method: str, path: bytes, query: bytes, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        """Any call at all; the path is percent-decoded, the query is not."""
        raw = quote_from_bytes(path).encode()
        return self._runner.run(self._call(_scope(method, path, raw, query, headers), body))

    def wait(self, seconds: float) -> None:
        """Let the application do what it does by itself."""
        self._runner.run(asyncio.sleep(seconds))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on its loop."""
        return self._runner.run(work)

    async def _call(self, scope: dict[str, Any], body: bytes) -> Answer:
        if all(name != b"content-length" for name, _ in scope["headers"]):
            scope["headers"].append((b"content-length", str(len(body)).encode()))
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.Event().wait()  # the client stays until it has its answer
            return waiting.pop()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(dict(scope), receive, send)
        start, *rest = sent
        return Answer(
            scope["method"],
            repr((scope["path"], scope["query_string"])),
            start["status"],
            tuple((name.decode(), value.decode("latin-1")) for name, value in start["headers"]),
            b"".join(message.get("body", b"") for message in rest),
        )


def _at(method: str, url: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """The scope of a call; `url` is below the endpoint unless it begins with a slash."""
    path, _, query = url.partition("?")
    raw = (path if path.startswith("/") else f"{ENDPOINT}/{path}").encode()
    return _scope(method, unquote_to_bytes(raw), raw, query.encode("latin-1"), headers)


def _scope(method: str, path: bytes, raw: bytes, query: bytes, headers: Headers) -> dict[str, Any]:
    named = any(name.lower() == "host" for name, _ in headers)
    host = () if named else (("host", "tiny.example"),)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (*host, *headers)
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


@contextmanager
def opened(
    dsn: str, data_dir: Path, now: Callable[[], datetime] | None = None, **settings: Any
) -> Iterator[Door]:
    """An application that knows its cities; its lifespan ends with the block."""
    app = create_app(Settings(database_url=dsn, data_dir=data_dir, **settings), now)
    with asyncio.Runner() as runner:
        stop = runner.run(_started(app))
        door = Door(app, runner)
        try:
            deadline = time.monotonic() + 20
            while door.ask("GET", "/readyz").status != 200:
                assert time.monotonic() < deadline, "the application is not ready"
                runner.run(asyncio.sleep(0.01))
            yield door
        finally:
            runner.run(stop())


async def _started(app: App) -> Callable[[], Any]:
    """Begin the lifespan; what ends it."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.create_task(app(scope, inbox.get, outbox.put))  # type: ignore[arg-type]
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"

    async def stop() -> None:
        await inbox.put({"type": "lifespan.shutdown"})
        assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
        await life

    return stop
