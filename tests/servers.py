"""A whole server as a process of its own, as a city would run it, on ports of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent


class Server(msgspec.Struct, frozen=True):
    """Where a running server answers."""

    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    log: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/open311/v2"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """GET a path of the public port: (status, headers, body)."""
        return self.ask("GET", path, None, **headers)

    def ask(
        self, method: str, path: str, body: bytes | None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Any call: underscores in header names stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            connection.close()

    def command(self, *words: str) -> str:
        """The standard output of a command beside the server, as `keys create`."""
        return subprocess.run(
            [sys.executable, "-m", "open311", *words],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        ).stdout

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End it and wait; its exit status."""
        self.process.send_signal(sign)
        return self.process.wait(60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(
    data_dir: Path, *words: str, ready: bool = True, **settings: object
) -> Iterator[Server]:
    """Run `open311 serve` until the block ends.

    Args:
        data_dir: of this server.
        words: further arguments, as `--demo`.
        ready: wait until it says so; False: come back at once.
        settings: as `workers=2`, in small letters without OPEN311_.
    """
    port, admin_port = free_port(), free_port()
    own = {"data_dir": data_dir, "port": port, "admin_port": admin_port, "workers": 1, **settings}
    clean = {name: text for name, text in os.environ.items() if not name.startswith("OPEN311_")}
    environment = clean | {f"OPEN311_{name.upper()}": str(value) for name, value in own.items()}
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "open311", "serve", *words],
            env=environment,
            stdout=output,
            stderr=output,
            cwd=ROOT,
        )
    server = Server(process, port, admin_port, log, environment)
    try:
        if ready:
            wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            try:
                server.stop()
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_alive(server: Server) -> None:
    """Come back when it answers at all: from then on it owns its PostgreSQL, and commands join."""
    _wait_for(server, "/healthz", 90)


def wait_until_ready(server: Server, seconds: float = 90) -> None:
    """Come back when /readyz says 200."""
    _wait_for(server, "/readyz", seconds)


def _wait_for(server: Server, path: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if server.get(path)[0] == 200:
                return
        except OSError:
            pass
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the server is not ready:\n{server.log.read_text()[-3000:]}")
        time.sleep(0.05)
