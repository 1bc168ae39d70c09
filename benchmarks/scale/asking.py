"""What an answer costs: processor time of worker and PostgreSQL, and blocks that it touched.

Processor time comes from /proc/PID/task/*/schedstat, in nanoseconds: ticks are too coarse for what
is asked for a quarter of a second. Blocks are those of pg_stat_statements, of the reading role.
"""

from __future__ import annotations

import http.client
import itertools
import os
import statistics
import time
from asyncio import Runner
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg
import msgspec

from benchmarks import measure
from benchmarks.scale.cities import City
from benchmarks.scale.questions import Question
from open311.store import db
from tests.servers import Server

ROUNDS = measure.ROUNDS
TURN = float(os.environ.get("BENCH_TURN", "0.2"))
"""Seconds that a question is asked, again and again, in a round."""

_BLOCKS = f"""
select coalesce(sum(s.shared_blks_hit + s.shared_blks_read), 0)::bigint
from pg_stat_statements s where s.userid = '{db.READER}'::regrole
"""
_STATEMENTS = f"""
select s.query, s.calls, (s.shared_blks_hit + s.shared_blks_read) / s.calls as blocks
from pg_stat_statements s where s.userid = '{db.READER}'::regrole order by s.total_exec_time desc
"""
_MARK = "Query Text:"


class Sample(msgspec.Struct, frozen=True):
    """One turn: of an answer, microseconds and blocks."""

    worker: float
    database: float
    blocks: float

    @property
    def cpu(self) -> float:
        return self.worker + self.database


class Found(msgspec.Struct, frozen=True):
    """A question in one city."""

    requests: int  # of the city
    rows: float  # of an answer, on average
    status: int  # 200, or the first one that is not
    samples: tuple[Sample, ...]

    @property
    def sample(self) -> Sample:
        """The median of each figure."""
        names = Sample.__struct_fields__
        return Sample(
            *(statistics.median(getattr(s, name) for s in self.samples) for name in names)
        )


class Asker:
    """Whoever asks one city, over one connection, one question after the other."""

    def __init__(self, city: City, server: Server, workers: list[int], runner: Runner) -> None:
        self.city, self.server = city, server
        self._workers, self._runner = workers, runner
        self._link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._own = runner.run(asyncpg.connect(city.ground.dsn))
        self._count = itertools.count()

    def close(self) -> None:
        self._link.close()
        self._runner.run(self._own.close())

    def get(self, path: str) -> tuple[int, bytes]:
        """An answer that no cache of whole answers knows: the path is a new one every time."""
        mark = "&" if "?" in path else "?"
        asked = f"{path}{mark}_={next(self._count)}"
        try:
            return self._asked(asked)
        except (http.client.HTTPException, ConnectionError):  # closed, as nobody asked for a while
            self._link.close()
            return self._asked(asked)

    def _asked(self, path: str) -> tuple[int, bytes]:
        self._link.request("GET", path)
        answer = self._link.getresponse()
        return answer.status, answer.read()

    def first(self, question: Question) -> tuple[float, int]:
        """Ask everything once: rows of an answer, and the status."""
        rows, worst = [], 200
        for path in question.paths:
            status, body = self.get(path)
            worst = status if worst == 200 else worst
            rows.append(_rows(body) if status == 200 else 0)
            if worst >= 500:
                break
        return statistics.fmean(rows), worst

    def turn(self, question: Question) -> Sample:
        """Ask for a while."""
        paths, count = itertools.cycle(question.paths), 0
        blocks = self._blocks()
        own, database = _spent(self._workers), _spent(self._postgres())
        until = time.monotonic() + TURN
        while not count or time.monotonic() < until:
            self.get(next(paths))
            count += 1
        worker = _grown(own, _spent(self._workers))
        postgres = _grown(database, _spent(self._postgres()))
        return Sample(worker / count, postgres / count, (self._blocks() - blocks) / count)

    def _postgres(self) -> list[int]:
        first = self.city.ground.postgres
        return [first, *measure.children(first)]

    def _blocks(self) -> int:
        found: int = self._runner.run(self._own.fetchval(_BLOCKS))
        return found

    def explained(self, question: Question) -> str:
        """The statements that a question takes, with their plans, each as it was run."""
        log = self.city.ground.data_dir / "postgres.log"
        self._runner.run(self._own.execute("select pg_stat_statements_reset()"))
        self._explain("0")
        begin = log.stat().st_size
        statuses = [self.get(path)[0] for path in question.paths[:2]]
        time.sleep(0.2)
        text = log.read_bytes()[begin:].decode(errors="replace")
        self._explain("-1")
        rows = self._runner.run(self._own.fetch(_STATEMENTS))
        counted = "".join(
            f"{calls} x {blocks} blocks: {sql[:200]!r}\n" for sql, calls, blocks in rows
        )
        return f"{question.paths[:2]}\n{statuses}\n{counted}\n{text}\n"

    def _explain(self, least: str) -> None:
        for name, value in {
            "log_min_duration": least,
            "log_analyze": "on",
            "log_buffers": "on",
            "log_parameter_max_length": "300",
        }.items():
            self._runner.run(self._own.execute(f"alter system set auto_explain.{name} = '{value}'"))
        self._runner.run(self._own.execute("select pg_reload_conf()"))
        time.sleep(0.3)


def _rows(body: bytes) -> int:
    return (
        body.count(b'"cursor"')
        or body.count(b'"service_request_id"')
        or body.count(b"<service_request_id>")
    )


def _spent(pids: Sequence[int]) -> dict[int, int]:
    """Nanoseconds of processor time so far, by process."""
    spent = {}
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            tasks = Path(f"/proc/{pid}/task").iterdir()
            spent[pid] = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    return spent


def _grown(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """Microseconds; of a process that has ended meanwhile, none."""
    return sum(spent - before.get(pid, 0) for pid, spent in after.items()) / 1000


def compared(askers: Sequence[Asker], ways: Sequence[Question | None]) -> list[Found]:
    """A question in every city by turns, in the same seconds, after a round that does not count."""
    sides = [(asker, way) for asker, way in zip(askers, ways, strict=True) if way]
    firsts = [asker.first(way) for asker, way in sides]
    slow = any(status >= 500 for _, status in firsts)
    for asker, way in sides:
        if not slow:
            asker.turn(way)
    rounds = [[asker.turn(way) for asker, way in sides] for _ in range(1 if slow else ROUNDS)]
    return [
        Found(asker.city.built.requests, rows, status, tuple(each[place] for each in rounds))
        for place, ((asker, _), (rows, status)) in enumerate(zip(sides, firsts, strict=True))
    ]


def growth(found: Sequence[Found]) -> float:
    """What an answer costs in the largest city, by what it costs in the smallest."""
    pairs = zip(found[0].samples, found[-1].samples, strict=True)
    return statistics.median(last.cpu / first.cpu for first, last in pairs)


def by_name(
    questions: Sequence[Sequence[Question]],
) -> Iterator[tuple[str, float, list[Question | None]]]:
    """Questions of all cities, side by side."""
    tables = [{each.name: each for each in every} for every in questions]
    for name, question in tables[0].items():
        yield name, question.goal, [table.get(name) for table in tables]
