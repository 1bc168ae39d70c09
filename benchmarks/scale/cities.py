"""The cities that are asked, each in a PostgreSQL of its own, built once and kept.

They stand below `var/bench`, or where BENCH_FOLDER says, in a folder each; what is half built is
built anew, and so is what another version of this or of a migration built, or what is older than
ten days, since a list without dates is of the last ninety.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from asyncio import Runner
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec

from benchmarks import ground, measure
from benchmarks.ground import CITY, Ground
from benchmarks.scale import filling, scene
from benchmarks.scale.scene import Scene
from open311 import resources
from open311.store import db, embedded, migrations

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("BENCH_FOLDER", ROOT / "var" / "bench"))
SIZES = [*map(int, os.environ.get("BENCH_SIZES", "100000 1000000 10000000").split())]
VERSION = 1
"""Of what is built; another one is built anew."""

_BYTES = 2_500  # of a request on disk while a city is built, at most
_OLD = timedelta(days=10)
_TOKENS = """
select r.token from requests r where r.token is not null and r.service_request_id is not null
order by r.token limit 500
"""
_EXTENSIONS = "create extension if not exists pg_stat_statements"


class Built(msgspec.Struct, frozen=True):
    """What is known of a city that stands."""

    version: int
    requests: int
    migrations: dict[str, str]
    """Files that made it, by their hashes: what has changed since cannot be caught up with."""

    key: str
    until: datetime
    seconds: float
    megabytes: int


class City(msgspec.Struct, frozen=True):
    """One that can be asked."""

    ground: Ground
    scene: Scene
    built: Built


def possible() -> list[int]:
    """The sizes that stand or have room; whoever waits is told of the others."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = []
    for size in SIZES:
        needed = size * _BYTES
        if not (FOLDER / str(size) / "built.json").exists():
            free = shutil.disk_usage(FOLDER).free
            if free < needed:
                print(f"{size:,} requests need {needed / 1e9:.0f} GB in {FOLDER}: left out.")
                continue
        found.append(size)
    return found


@contextmanager
def standing(requests: int, runner: Runner) -> Iterator[City]:
    """The city of so many requests, its PostgreSQL running on the cores of the others.

    Args:
        requests: how many.
        runner: whose loop is used for what has to be asked meanwhile.
    """
    folder = FOLDER / str(requests)
    mark = folder / "built.json"
    built = _read(mark)
    if built is None:
        shutil.rmtree(folder, ignore_errors=True)
    before = {*measure.children(os.getpid())}
    with embedded.running(folder) as dsn:
        (postgres,) = (
            pid
            for pid in measure.children(os.getpid())
            if pid not in before and Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
        )
        if built is None:
            built = _build(folder, dsn, requests, runner)
            mark.write_bytes(msgspec.json.encode(built))
        else:
            migrations.migrate(dsn, resources.MIGRATIONS)
            now = msgspec.structs.replace(built, migrations=_migrations())
            mark.write_bytes(msgspec.json.encode(now))
        seen = runner.run(_looked_at(dsn, built))
        measure.pin([postgres, *measure.children(postgres)], measure.OTHERS)
        yield City(Ground(folder, dsn, postgres, built.key, seen.ids, 0.0), seen, built)


def _read(mark: Path) -> Built | None:
    try:
        built = msgspec.json.decode(mark.read_bytes(), type=Built)
    except (OSError, msgspec.DecodeError):
        return None
    young = datetime.now(UTC) - built.until < _OLD
    same = built.migrations.items() <= _migrations().items()
    return built if young and same and built.version == VERSION else None


def _migrations() -> dict[str, str]:
    files = Path(resources.MIGRATIONS).glob("versions/*.py")
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def _build(folder: Path, dsn: str, requests: int, runner: Runner) -> Built:
    def say(text: str) -> None:
        print(f"  city of {requests:,}: {text}", flush=True)

    began, made_by = datetime.now(UTC), _migrations()
    until = began.replace(microsecond=0)
    say(f"built in {folder}")
    migrations.migrate(dsn, resources.MIGRATIONS)
    _command(folder, dsn, "load", str(resources.DEMO))
    words = ("--jurisdiction", CITY, "--name", "benchmark", "--rate-limit", "0")
    key = _command(folder, dsn, "keys", "create", *words).strip()
    runner.run(_filled(dsn, requests, until, say))
    spent = (datetime.now(UTC) - began).total_seconds()
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    say(f"{spent:.0f} s, {size / 1e6:,.0f} MB")
    return Built(VERSION, requests, made_by, key, until, spent, round(size / 1e6))


def _command(folder: Path, dsn: str, *words: str) -> str:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("OPEN311_")}
    own = clean | {"OPEN311_DATABASE_URL": dsn, "OPEN311_DATA_DIR": str(folder / "server")}
    return subprocess.run(
        [sys.executable, "-m", "open311", *words],
        env=own,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


async def _filled(dsn: str, requests: int, until: datetime, say: filling.Said) -> None:
    own = await asyncpg.connect(dsn)
    try:
        await own.execute("update jurisdictions set max_span_days = 0")  # long ranges may be asked
        await own.execute(_EXTENSIONS)
        # Loaded into every session, and silent until somebody wants to see plans.
        await own.execute("alter system set session_preload_libraries = 'auto_explain'")
        await own.execute("alter system set pg_stat_statements.track_utility = off")
        await own.execute("select pg_reload_conf()")
        await filling.filled(dsn, requests, until, say)
    finally:
        await own.close()


async def _looked_at(dsn: str, built: Built) -> Scene:
    """The scene; what an earlier measurement filed is removed, so that each begins alike."""
    own = await asyncpg.connect(dsn)
    last = filling.FIRST + built.requests
    try:
        if await own.fetchval("select exists (select from requests where id >= $1)", last):
            await own.execute("set session_replication_role = replica")
            await own.execute("delete from request_updates where request_id >= $1", last)
            await own.execute("delete from requests where id >= $1", last)
            await own.execute("truncate tallies, tally_changes")
            await own.execute(filling.TALLIED)
            await own.execute("vacuum (freeze, analyze)")
            await own.execute("checkpoint")
        found = await filling.services(own), await filling.everywhere(own)
        tokens = [row[0] for row in await own.fetch(_TOKENS)]
        return scene.drawn(*found, tokens, built.requests, built.until)
    finally:
        await own.close()


def reader() -> dict[str, str]:
    """How a session of the server reads."""
    return {"role": db.READER, "plan_cache_mode": "force_generic_plan"}


served = ground.served
