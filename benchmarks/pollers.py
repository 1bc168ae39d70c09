"""500 portals that poll, each every 30 seconds for what changed since, beside 20 reports a second.

A process of its own, with a kept connection for each; started and read by `benchmarks.scale`:

    python -m benchmarks.pollers PORT KEY SECONDS

prints what it saw as JSON. A poller asks for what changed since its last question and five seconds
before that, without a page size: at 20 reports a second some 700 requests.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec

from benchmarks import load

POLLERS, EVERY, POSTS = 500, 30.0, 20
OVERLAP = timedelta(seconds=5)
V2 = "/open311/v2"


class Seen(msgspec.Struct):
    """What the clients saw: milliseconds of every answer, from the question to its last byte."""

    polls: list[float]
    posts: list[float]
    late: float  # milliseconds by which a question was sent too late, at most: ours, not theirs
    rows: int
    errors: list[str]


class _Link:
    """A kept connection; one that the server closed meanwhile is opened again before it is used."""

    def __init__(self, port: int) -> None:
        self._port, self._streams = port, None

    async def ask(self, question: bytes) -> tuple[int, bytes]:
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        reader, writer = self._streams
        try:
            writer.write(question)
            head = await reader.readuntil(b"\r\n\r\n")
            start = head.index(b"content-length: ") + 16
            length = int(head[start : head.index(b"\r", start)])
            return int(head[9:12]), await reader.readexactly(length)
        except BaseException:
            self._streams = None
            writer.close()
            raise


class _Crowd:
    """All of them, and what they see."""

    def __init__(self, port: int, key: str, seconds: float) -> None:
        self._port, self._key = port, key
        self.seen, self.rng = Seen([], [], 0.0, 0, []), random.Random(311)
        self._begin = time.monotonic() + 0.5
        self._end = self._begin + seconds

    async def poller(self, place: float) -> None:
        """Ask for what changed since the last answer that was good."""
        link, last = _Link(self._port), datetime.now(UTC) - timedelta(seconds=EVERY)

        async def poll() -> None:
            nonlocal last
            since, now = last - OVERLAP, datetime.now(UTC)
            path = f"{V2}/requests.json?updated_after={since:%Y-%m-%dT%H:%M:%SZ}"
            body = await self._timed(link, load.get(path), self.seen.polls)
            self.seen.rows, last = self.seen.rows + body.count(b'"service_request_id"'), now

        await self._every(self._begin + place * EVERY, EVERY, poll)

    async def poster(self, place: float) -> None:
        """Report something every second."""
        link = _Link(self._port)

        async def post() -> None:
            await self._timed(link, _report(self._key, self.rng), self.seen.posts)

        await self._every(self._begin + place, 1.0, post)

    async def _every(self, due: float, gap: float, ask: Callable[[], Awaitable[None]]) -> None:
        while due < self._end:
            await asyncio.sleep(due - time.monotonic())
            self.seen.late = max(self.seen.late, (time.monotonic() - due) * 1000)
            try:
                async with asyncio.timeout(30):
                    await ask()
            except (OSError, EOFError, ValueError, TimeoutError) as fault:
                self.seen.errors.append(f"{type(fault).__name__}: {fault}"[:300])
            due = max(due + gap, time.monotonic())

    async def _timed(self, link: _Link, question: bytes, times: list[float]) -> bytes:
        began = time.perf_counter()
        status, body = await link.ask(question)
        times.append((time.perf_counter() - began) * 1000)
        if status not in {200, 201}:
            raise ValueError(f"{status} {body[:200]!r}")
        return body


async def watched(port: int, key: str, seconds: float) -> Seen:
    """Poll and post for so long."""
    crowd = _Crowd(port, key, seconds)
    async with asyncio.TaskGroup() as group:
        for number in range(POLLERS):
            group.create_task(crowd.poller((number + crowd.rng.random()) / POLLERS))
        for number in range(POSTS):
            group.create_task(crowd.poster(number / POSTS))
    return crowd.seen


def _report(key: str, rng: random.Random) -> bytes:
    form = {
        "api_key": key,
        "service_code": "pothole",
        "lat": f"{44.60 + rng.random() * 0.02:.6f}",
        "long": f"{-66.24 + rng.random() * 0.02:.6f}",
        "address_string": f"{rng.randrange(1, 190)} Harbour Street",
        "description": "A deep hole in the right lane, just before the crossing.",
    }
    return load.post(f"{V2}/requests.json", urlencode(form).encode())


def main() -> None:
    import uvloop

    port, key, seconds = sys.argv[1:]
    seen = uvloop.run(watched(int(port), key, float(seconds)))
    sys.stdout.buffer.write(msgspec.json.encode(seen))


if __name__ == "__main__":
    main()
