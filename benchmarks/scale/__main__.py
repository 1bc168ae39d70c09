"""`make bench-scale`: what is asked of cities of several sizes, and what it costs.

    python -m benchmarks.scale [growth] [rates] [exports] [pollers]

BENCH_SIZES are the cities, BENCH_FOLDER is where they stand (`var/bench`), BENCH_ONLY is a
pattern of the names of questions; BENCH_CITY is the city of everything but growth.
"""

from __future__ import annotations

import os
import re
import sys
import time
from asyncio import Runner
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException

from benchmarks import ground, measure, table
from benchmarks.scale import asking, chart, cities, everything, exports, polling, rates, report
from benchmarks.scale.asking import Asker
from benchmarks.scale.cities import City
from benchmarks.scale.questions import Question
from benchmarks.scale.report import Line

PLANS = cities.FOLDER / "plans"
CITY = int(os.environ.get("BENCH_CITY", "1000000"))
ONLY = os.environ.get("BENCH_ONLY", "")


def growth(runner: Runner) -> None:
    """Every question in every city; the table, the chart, and plans of what misses its goal."""
    PLANS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        every = [stack.enter_context(cities.standing(size, runner)) for size in cities.possible()]
        os.sched_setaffinity(0, measure.OTHERS)
        askers = [stack.enter_context(_asker(each, runner)) for each in every]
        asked = [[*everything.asked(each.city.scene, each.server)] for each in askers]
        chosen = (each for each in asking.by_name(asked) if re.search(ONLY, each[0]))
        lines = [line for each in chosen if (line := _line(askers, *each))]
        os.sched_setaffinity(0, measure.SERVERS | measure.OTHERS)
    missed = [each for each in lines if not each.holds]
    print(f"{len(missed)} of {len(lines)} questions miss their goal; plans in {PLANS}")
    if not ONLY:
        report.write(lines, [(each.scene, each.built) for each in every])
        chart.write(lines)


def _line(askers: list[Asker], name: str, goal: float, ways: list[Question | None]) -> Line | None:
    (path, *_) = next(way for way in ways if way).paths
    try:
        line = Line(name, goal, path, asking.compared(askers, ways))
    except (OSError, HTTPException) as fault:  # the others are worth their time all the same
        print(f"{name}: {fault!r}", flush=True)
        return None
    print(line.short, flush=True)
    if ways[-1] and (ONLY or not line.holds):
        file = PLANS / f"{name.replace(' ', '-').replace(',', '')}.txt"
        file.write_text(f"{line.short}\n{askers[-1].explained(ways[-1])}")
    return line


@contextmanager
def _asker(city: City, runner: Runner) -> Iterator[Asker]:
    with ground.served(city.ground, 1, measure.SERVERS) as (server, workers):
        asker = Asker(city, server, workers, runner)
        try:
            yield asker
        finally:
            asker.close()


def rated(runner: Runner) -> None:
    """Lists against bare asyncpg, and in a second."""
    with cities.standing(CITY, runner) as city:
        _put("rates", report.HEAD, rates.measured(city))


def exported(runner: Runner) -> None:
    """Exports against COPY."""
    with cities.standing(CITY, runner) as city:
        _put("exports", report.SHORT, exports.measured(city, runner))


def polled(runner: Runner) -> None:
    """Pollers beside reports."""
    with cities.standing(CITY, runner) as city:
        report.put("pollers", table.machine() + polling.table(city))


def _put(name: str, head: str, lines: Iterator[table.Line]) -> None:
    rows = []
    for each in lines:
        print(f"{each.name}: {each.reached} ({each.goal})  {each.rest}", flush=True)
        rest = each.rest or "| | |" if head is report.HEAD else each.rest
        rows.append(
            f"| {each.name} | {each.goal} | **{each.reached}** | {each.verdict} | {rest} |\n"
        )
    about = f"{table.machine()}{CITY:,} requests.\n\n"
    report.put(name, f"{about}{head}{''.join(rows)}")


PARTS = {"growth": growth, "rates": rated, "exports": exported, "pollers": polled}


def main() -> None:
    with Runner() as runner:
        for part in sys.argv[1:] or PARTS:
            began = time.monotonic()
            PARTS[part](runner)
            print(f"{part}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
