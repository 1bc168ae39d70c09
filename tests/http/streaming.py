"""Streams of every kind behind the door, served over a real socket by the server that we use."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.server.mp import MPServer
from litestar import Litestar

from open311.errors import Unavailable
from open311.formats import FORMATS
from open311.http.answers import Answer, Blob, Stream
from open311.http.calls import Call
from open311.http.desk import Desk
from open311.http.door import App, Resource, door, failed, front
from open311.http.kept import Pages
from open311.http.metrics import Tally
from open311.settings import Settings
from tests.servers import ROOT, free_port

LINE = b"0123456789abcde\n"
CHUNK = LINE * 4096  # 64 kB
SECONDS = 2.0
"""How long a client of these may take nothing."""

OPEN: dict[str, int] = {}
"""How many of each are being made right now."""

RESIDENT = Path("/proc/self/statm")


async def _made(name: str, many: int, *, fault: Exception | None = None) -> AsyncGenerator[bytes]:
    OPEN[name] = OPEN.get(name, 0) + 1
    try:
        for _ in range(many):
            yield CHUNK
        if fault:
            raise fault
    finally:
        await asyncio.sleep(0)  # as the end of a transaction would
        OPEN[name] -= 1


async def _events() -> AsyncGenerator[bytes]:
    OPEN["events"] = OPEN.get("events", 0) + 1
    try:
        yield b": hello\n\n"
        while True:
            await asyncio.sleep(3600)
            yield b""
    finally:
        OPEN["events"] -= 1


async def _stream(call: Call) -> Answer:
    many, fault = 3, None
    match call.path:
        case "/endless.csv":
            many = 10**9
        case "/breaks.csv":
            fault = RuntimeError("a bug")
        case "/never.csv":
            many, fault = 0, Unavailable("Too many exports.", retry_after=7)
        case "/bug.csv":
            many, fault = 0, RuntimeError("a bug")
        case "/empty.csv":
            many = 0
    made = _made(call.path, many, fault=fault)
    return Answer(Stream(made, "text/csv; charset=utf-8", "requests.csv"))


async def _follow(call: Call) -> Answer:
    return Answer(Stream(_events(), "text/event-stream", squeezed=False))


async def _state(call: Call) -> Answer:
    events = call.desk.tally._events
    pages = RESIDENT.read_text().split()[1] if RESIDENT.exists() else "0"
    told = [f"open {OPEN}", f"events {sorted(events.items())}", f"pages {pages}"]
    told.append(f"files {len([*Path('/dev/fd').iterdir()])}")
    return Answer(Blob("\n".join(told).encode(), "text/plain"))


NAMES = ("endless", "breaks", "never", "bug", "empty", "small")
RESOURCES = [
    *(Resource(f"/{name}.csv", {"GET": _stream}, FORMATS["json"]) for name in NAMES),
    Resource("/events", {"GET": _follow}, FORMATS["json"]),
    Resource("/state", {"GET": _state}, FORMATS["json"]),
]


def application() -> App:
    """An application of nothing but these."""
    nothing: Any = SimpleNamespace(languages=(), cities=())
    settings = Settings(stream_seconds=SECONDS)
    given = dict.fromkeys(
        ("writes", "media", "shown", "versions", "spots", "room", "watch"), nothing
    )
    desk = Desk(
        settings=settings,
        reads=nothing,
        register=nothing,
        now=nothing,
        tally=Tally(),
        pages=Pages(),
        **given,
    )
    inner = Litestar([door(RESOURCES)], exception_handlers={Exception: failed}, openapi_config=None)
    return front(inner, desk)


@contextmanager
def streaming(log: Path) -> Iterator[int]:
    """The application served by a process of its own; its port."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.http.streaming", str(port)],
            stdout=output,
            stderr=output,
            cwd=ROOT,
        )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    MPServer(
        "tests.http.streaming:application",
        factory=True,
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        runtime_mode=RuntimeModes.st,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
    ).serve()
