"""A small server of somebody else's on loopback, which answers as a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
Route = Reply | Callable[["Handler"], Reply | None]
"""An answer, or what makes one; None: it has answered by itself."""


class Handler(BaseHTTPRequestHandler):
    """Answers by path, without the query, and notes every call."""

    protocol_version = "HTTP/1.1"
    server: Foreign

    def do_GET(self) -> None:
        self.server.calls.append((time.monotonic(), self.path, dict(self.headers)))
        route = self.server.routes.get(self.path.partition("?")[0], NOT_FOUND)
        reply = route(self) if callable(route) else route
        if reply is not None:
            self.send(*reply)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        begin = self.send_response_only if "Date" in headers else self.send_response
        begin(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Foreign(ThreadingHTTPServer):
    """The routes may change while it answers; `calls` are (moment, path, headers)."""

    daemon_threads = True

    def __init__(self, routes: dict[str, Route]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes = routes
        self.calls: list[tuple[float, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v2"

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.calls]

    def handle_error(self, *_: object) -> None:
        """A client may go at any time."""


@contextmanager
def foreign(routes: dict[str, Route]) -> Iterator[Foreign]:
    """Serve routes until the block ends."""
    with Foreign(routes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def said(value: Any, status: int = 200, **headers: str) -> Reply:
    """An answer of JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, named, json.dumps(value).encode()


NOT_FOUND = said([{"code": 404, "description": "There is nothing here."}], 404)


def service(code: str, **members: Any) -> dict[str, Any]:
    """An object of a service list."""
    return {
        "service_code": code,
        "service_name": f"Name of {code}",
        "description": f"What {code} is.",
        "metadata": True,
        "type": "realtime",
        "keywords": "",
        "group": "Street",
        **members,
    }


def definition(code: str) -> dict[str, Any]:
    """A definition with one question."""
    question = {
        "variable": True,
        "code": "Q",
        "datatype": "string",
        "required": True,
        "datatype_description": None,
        "order": 1,
        "description": f"What of {code}?",
    }
    return {"service_code": code, "attributes": [question]}


def catalogue(*codes: str) -> dict[str, Route]:
    """The routes of a server with some services."""
    routes: dict[str, Route] = {f"/v2/services/{c}.json": said(definition(c)) for c in codes}
    return {"/v2/services.json": said([service(code) for code in codes])} | routes
