"""How many answers, how fast: counted by each worker, added up for Prometheus.

Counting must cost less than a microsecond, since a cached answer costs some twenty. So a worker
counts in plain numbers and writes them out once a second, to a file of its own; whoever asks the
admin port gets the sum over the files. A worker that died keeps its file, so no counter falls.
"""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["BOUNDS", "Sum", "Tally"]

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram's buckets, seconds."""

Key = tuple[str, str, int]  # route, method, status


class Tally:
    """What one worker counts: answers by route, method and status, and named events."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._answers: dict[Key, list[float]] = {}
        self._events: dict[str, int] = {}

    def answer(self, key: Key, seconds: float) -> None:
        """Count one answer."""
        line = self._answers.get(key)
        if line is None:
            line = self._answers[key] = [0.0] * (len(BOUNDS) + 2)
        line[bisect_left(BOUNDS, seconds)] += 1
        line[-1] += seconds

    def event(self, name: str) -> None:
        """Count one event, as `requests_filed`."""
        self._events[name] = self._events.get(name, 0) + 1

    def write(self, path: Path) -> None:
        """Write everything to a file, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.msgpack.encode((self._answers, self._events)))
        fresh.replace(path)

    async def keep(self, folder: Path) -> None:
        """Write once a second, and once more at the end."""
        path = folder / f"{os.getpid()}.msgpack"
        try:
            while True:
                await asyncio.sleep(1)
                with suppress(OSError):  # a full disk must not end the count
                    self.write(path)
        finally:
            with suppress(OSError):
                self.write(path)


class Sum(Collector):
    """The sum over the files of all workers, as Prometheus wants it."""

    def __init__(self, folder: Path) -> None:
        """Remember where the workers write."""
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Answers by route, method and status with their seconds; events by name."""
        answers: dict[Key, list[float]] = {}
        events: dict[str, int] = {}
        for worker_answers, worker_events in self._files():
            for key, line in worker_answers.items():
                so_far = answers.get(key, [0.0] * len(line))
                answers[key] = [a + b for a, b in zip(so_far, line, strict=True)]
            for name, count in worker_events.items():
                events[name] = events.get(name, 0) + count
        yield _histogram(answers)
        yield _counter(events)

    def _files(self) -> Iterator[tuple[dict[Key, list[float]], dict[str, int]]]:
        decoder = msgspec.msgpack.Decoder(tuple[dict[Key, list[float]], dict[str, int]])
        for path in sorted(self._folder.glob("*.msgpack")):
            yield decoder.decode(path.read_bytes())


def _histogram(answers: dict[Key, list[float]]) -> Metric:
    family = HistogramMetricFamily(
        "open311_http_seconds",
        "Seconds until an answer was sent",
        labels=["route", "method", "status"],
    )
    for (route, method, status), line in sorted(answers.items()):
        total, buckets = 0.0, []
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], line[:-1], strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric([route, method, str(status)], buckets, sum_value=line[-1])
    return family


def _counter(events: dict[str, int]) -> Metric:
    family = CounterMetricFamily("open311_events", "What happened", labels=["event"])
    for name, count in sorted(events.items()):
        family.add_metric([name], count)
    return family
