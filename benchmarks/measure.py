"""What is measured, and how: processor time from /proc, two sides by turns, medians."""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1.5"))
"""How long one side runs in one round."""

_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
SERVERS = set(_CORES[: len(_CORES) // 2]) or set(_CORES)
"""The cores of what is measured."""
OTHERS = set(_CORES[len(_CORES) // 2 :])
"""The cores of the database and of the load."""


class Sample(msgspec.Struct, frozen=True):
    """One side in one round: answers a second, and what one answer costs, in CPU microseconds."""

    rate: float
    own: float  # the side's own processes: workers of the server, or a floor
    database: float

    @property
    def cpu(self) -> float:
        return self.own + self.database


class Duel(msgspec.Struct, frozen=True):
    """A floor and ours, by turns."""

    floor: tuple[Sample, ...]
    ours: tuple[Sample, ...]

    def ratio(self, figure: Callable[[Sample, Sample], float]) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(map(figure, self.floor, self.ours))

    @property
    def cpu(self) -> float:
        """CPU of the floor by that of ours: 1 is as good as the floor."""
        return self.ratio(lambda floor, ours: floor.cpu / ours.cpu)

    @property
    def rate(self) -> float:
        return self.ratio(lambda floor, ours: ours.rate / floor.rate)


def duel(floor: Callable[[], Sample], ours: Callable[[], Sample]) -> Duel:
    """Let both run by turns, after one turn that does not count."""
    floor(), ours()
    rounds = [(floor(), ours()) for _ in range(ROUNDS)]
    return Duel(tuple(each for each, _ in rounds), tuple(each for _, each in rounds))


# --- processes ----------------------------------------------------------------------------------


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: [1] parent, [11:15] times."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for task in tasks for each in task.read_text().split()]


def cpu(pids: Iterable[int], *, ended_children: bool = False) -> float:
    """CPU seconds of processes so far, all their threads."""
    upto = 15 if ended_children else 13
    return sum(sum(map(int, _stat(pid)[11:upto])) for pid in pids) / _TICKS


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a PostgreSQL: its first process, its backends, those that have ended."""
    while True:
        try:
            return cpu([pid], ended_children=True) + cpu(children(pid))
        except (FileNotFoundError, ProcessLookupError):  # one ended between the two: look again
            continue


def resident(pid: int) -> float:
    """Memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pin(pids: Iterable[int], cores: set[int]) -> None:
    """Keep processes, all their threads and whatever they start, on some cores."""
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):  # it may have ended by itself
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), cores)


# --- load ---------------------------------------------------------------------------------------

Load = Callable[..., Any]
"""A coroutine function `load(report, *args)`; see `Turn`."""


class Turn:
    """How a load tells the processes apart from their preparation.

    A load connects, awaits `begin()`, counts answers for `seconds`, calls `end(count)`.
    """

    def __init__(self, pipe: Connection, seconds: float) -> None:
        self._pipe, self.seconds = pipe, seconds

    def begin(self) -> None:
        self._pipe.send(None)
        self._pipe.recv()
        self._times = os.times()

    def end(self, count: int) -> None:
        now = os.times()
        spent = now.user + now.system - self._times.user - self._times.system
        self._pipe.send((count, now.elapsed - self._times.elapsed, spent))
        self._pipe.recv()  # whoever measures has looked: connections may be closed


def _run(load: Load, pipe: Connection, seconds: float, cores: set[int], args: Any) -> None:
    os.sched_setaffinity(0, cores)
    import uvloop

    uvloop.run(load(Turn(pipe, seconds), *args))


def run(
    load: Load,
    *args: Any,
    cores: set[int],
    processes: int = 1,
    seconds: float = SECONDS,
    watched: Callable[[], dict[str, float]] = dict,
) -> tuple[int, float, float, dict[str, float]]:
    """Run a load in processes of its own, all of them begin together.

    Returns:
        Answers, seconds, CPU seconds of the load, and by how much the watched figures grew.
    """
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    workers = [
        context.Process(target=_run, args=(load, theirs, seconds, cores, args), daemon=True)
        for _, theirs in pipes
    ]
    for each in workers:
        each.start()
    for _, theirs in pipes:
        theirs.close()  # so that the end of a process is seen
    for own, _ in pipes:
        own.recv()
    before = watched()
    for own, _ in pipes:
        own.send(None)
    results = [own.recv() for own, _ in pipes]
    grown = {name: value - before[name] for name, value in watched().items()}
    for own, _ in pipes:
        own.send(None)
    for each in workers:
        each.join()
    counts, times, spent = zip(*results, strict=True)
    return sum(counts), max(times), sum(spent), grown
