"""The pollers of `benchmarks.pollers`, and what they cost two workers and PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from benchmarks import ground, measure
from benchmarks.pollers import EVERY, POLLERS, POSTS, Seen
from benchmarks.scale.cities import ROOT, City

SECONDS = float(os.environ.get("BENCH_POLLING", "300"))
WORST, WORKERS = 100.0, 2


def table(city: City) -> str:
    """The table: answers, how long they took, errors and processor time."""
    both = measure.SERVERS | measure.OTHERS
    key = city.ground.key
    postgres = [city.ground.postgres, *measure.children(city.ground.postgres)]
    measure.pin(postgres, both)
    with ground.served(city.ground, WORKERS, both) as (server, workers):
        before = city.ground.watched(workers)
        client = subprocess.run(
            [sys.executable, "-m", "benchmarks.pollers", str(server.port), key, str(SECONDS)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
        )
        after = city.ground.watched(workers)
    seen = msgspec.json.decode(client.stdout, type=Seen)
    own, database = (100 * (after[name] - before[name]) / SECONDS for name in ("own", "database"))
    p99 = _rank(seen.polls, 0.99)
    holds = p99 < WORST and not seen.errors
    for each in seen.errors[:10]:
        print(each)
    print(
        f"polls: p50 {_rank(seen.polls, 0.5):.1f}, p99 {p99:.1f}, max {max(seen.polls):.1f} ms;"
        f" {len(seen.errors)} errors; CPU {own:.1f} % + {database:.1f} %"
    )
    head = (
        f"{POLLERS} pollers, each every {EVERY:.0f} seconds with `updated_after`, beside {POSTS}"
        f" POSTs a second, for {SECONDS:.0f} seconds, {city.built.requests:,} requests, {WORKERS}"
        " workers. Milliseconds from the question to the last byte of the answer.\n\n"
        "| | answers | rows of each | p50 | p99 | longest | errors | goal | |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    verdict = "yes" if holds else "**no**"
    mean = seen.rows / max(len(seen.polls), 1)
    return (
        f"{head}| polls | {len(seen.polls):,} | {mean:.0f} | {_times(seen.polls)}"
        f" | {len(seen.errors)} | p99 < {WORST:.0f} ms, no error | {verdict} |\n"
        f"| POSTs | {len(seen.posts):,} | | {_times(seen.posts)} | | | |\n\n"
        f"CPU used: {own:.1f} % of a core by the workers, {database:.1f} % by PostgreSQL; the"
        f" client sent nothing later than {seen.late:.0f} ms after it was due.\n"
    )


def _times(found: list[float]) -> str:
    return f"{_rank(found, 0.5):.1f} | **{_rank(found, 0.99):.1f}** | {max(found):.1f}"


def _rank(found: list[float], part: float) -> float:
    return sorted(found)[min(int(len(found) * part), len(found) - 1)]
