"""The port that is not for the public: metrics and health, answered by the supervising process.

It shares nothing with the port that residents use, so that it answers when that one is flooded.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from open311.http.metrics import Sum

__all__ = ["listen", "state"]

_PROBE_SECONDS = 1.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever http_proxy says

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def listen(host: str, port: int, metrics: Path, public: str) -> WSGIServer:
    """Serve in a thread until the process ends.

    Args:
        host: address.
        port: 0 for any free one.
        metrics: folder of the workers' counts.
        public: where the workers answer, for /readyz, as http://127.0.0.1:8311.

    Returns:
        The server, for its `server_port` and `shutdown`.

    Raises:
        OSError: the port is taken.
    """
    registry = CollectorRegistry()
    registry.register(Sum(metrics))
    expose: App = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return expose(environ, start)
            case "/healthz":
                return _say(start, "200 OK", b"ok\n")
            case "/readyz":
                return _say(start, *_probe(public + "/readyz"))
            case _:
                return _say(start, "404 Not Found", b"/metrics, /healthz, /readyz\n")

    kind = _Server if ":" not in host else _Server6
    server = make_server(host, port, app, kind, _Quiet)
    threading.Thread(target=server.serve_forever, name="admin", daemon=True).start()
    return server


def _say(start: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [body]


def state(url: str) -> str | None:
    """What keeps the workers at a URL from answering: "" nothing; None: they do not even say."""
    status, body = _probe(f"{url}/readyz")
    if status.startswith("200"):
        return ""
    with suppress(ValueError, LookupError, TypeError):
        return str(json.loads(body)[0]["description"])
    return None


def _probe(url: str) -> tuple[str, bytes]:
    """What a worker says of itself, within a second."""
    try:
        asked = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310
        with _DIRECT.open(asked, timeout=_PROBE_SECONDS) as answer:
            return "200 OK", answer.read()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.reason}", error.read()
    except (OSError, http.client.HTTPException):
        return "503 Service Unavailable", b"no worker answers\n"
