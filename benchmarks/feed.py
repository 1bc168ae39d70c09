"""What it costs to wait for changes, and how long after a commit they are known.

A server of two workers and a small city; clients wait at `changes.json?wait=60` over connections of
their own. Then requests are filed one at a time, each as soon as everybody has come back, and the
clients go on where they were.

    python -m benchmarks.feed
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import urllib.parse
from pathlib import Path

from benchmarks import measure
from tests.cities import small_city
from tests.servers import Server, serving, wait_until_alive, wait_until_ready

OWN, WAITING, CHANGES, QUIET = "feed.example", 200, 20, 10.0  # clients; requests; seconds
PATH = "/open311/v2/changes.json"


class Client:
    """One who waits for changes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.after = "now"

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, wait: int) -> float:
        """The time at which an answer came."""
        head = f"GET {PATH}?after={self.after}&wait={wait} HTTP/1.1\r\nHost: x\r\n\r\n"
        self.writer.write(head.encode())
        told = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        at = time.perf_counter()
        await self.reader.readexactly(int(told.partition("content-length: ")[2].split()[0]))
        self.after = told.partition("after=")[2].partition(">")[0].partition("&")[0]
        return at


async def follow(server: Server, key: str) -> tuple[float, float, list[float]]:
    """CPU of 200 who wait in vain, CPU of waking them, and seconds from a commit to each."""
    clients = [Client(server.port) for _ in range(WAITING)]
    for each in clients:
        await each.open()
    await asyncio.gather(*(each.ask(0) for each in clients))
    workers = measure.children(server.process.pid)
    waiting = [asyncio.create_task(each.ask(60)) for each in clients]
    await asyncio.sleep(1)
    before, began = measure.cpu(workers), time.perf_counter()
    await asyncio.sleep(QUIET)
    idle = (measure.cpu(workers) - before) / (time.perf_counter() - began)
    seconds: list[float] = []
    before = measure.cpu(workers)
    for _ in range(CHANGES):
        filed = await asyncio.to_thread(file, server, key)
        seconds += [await each - filed for each in waiting]
        waiting = [asyncio.create_task(each.ask(60)) for each in clients]
        await asyncio.sleep(0.37)  # in no step with those who look
    waking = (measure.cpu(workers) - before) / CHANGES / WAITING
    for each in waiting:
        each.cancel()
    for client in clients:
        client.writer.close()
    return idle, waking, seconds


def file(server: Server, key: str) -> float:
    """File a request; the time at which its commit was known."""
    form = {"api_key": key, "service_code": "tree", "lat": 44.6, "long": -66.2}
    kind = "application/x-www-form-urlencoded"
    body = urllib.parse.urlencode(form).encode()
    status, _, said = server.ask("POST", "/open311/v2/requests.json", body, Content_Type=kind)
    assert status == 200, said
    return time.perf_counter()


def main() -> None:
    """Measure, and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "var", ready=False, workers=2) as server,
    ):
        wait_until_alive(server)
        server.command("load", str(small_city(Path(folder) / OWN, OWN)))
        words = ("--jurisdiction", OWN, "--name", "bench", "--rate-limit", "0")
        key = server.command("keys", "create", *words).strip()
        wait_until_ready(server)
        time.sleep(2)
        idle, waking, seconds = asyncio.run(follow(server, key))
    cuts = [1000 * each for each in statistics.quantiles(seconds, n=100)]
    print(f"{WAITING} wait: {1000 * idle:.1f} ms of CPU a second, both workers together")
    print(f"to wake and answer one: {1_000_000 * waking:.0f} µs of CPU, its next question included")
    print(f"from commit to client: median {cuts[49]:.0f} ms, 99 of 100 {cuts[98]:.0f} ms")


if __name__ == "__main__":
    main()
