"""A primary and its hot standby, each to be killed, paused and promoted."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from open311.store import account
from tests.faults.conftest import statement
from tests.faults.ground import settle
from tests.faults.postgres import Postgres, fresh_postgres

CITY = "failover.example"
SYNCHRONOUS = (
    "alter system set synchronous_standby_names = 'ANY 1 (standby)'",
    "select pg_reload_conf()",
)


class Pair(msgspec.Struct, frozen=True):
    """Both hosts, and a key of the city that they hold."""

    primary: Postgres
    standby: Postgres
    api_key: str

    @property
    def dsn(self) -> str:
        """Both hosts in one address: what a server is told."""
        sockets = f"{self.primary.socket.parent},{self.standby.socket.parent}"
        return f"postgresql://postgres@/open311?host={sockets}&port=5432,5432"

    def ask(self, host: Postgres, sql: str) -> list[object]:
        """The first column of a statement at one host."""
        return [row[0] for row in asyncio.run(statement(host.dsn, sql))]


@contextmanager
def pair(path: Path, *, synchronous: bool = True) -> Iterator[Pair]:
    """A primary with a small city, and a standby that streams from it; commits wait for both."""
    with fresh_postgres() as primary:
        primary.start()
        key = settle(primary.dsn, path, CITY)[CITY]
        with _standby_of(primary) as standby:
            standby.start()
            for each in SYNCHRONOUS if synchronous else ():
                asyncio.run(statement(primary.dsn, each))
            yield Pair(primary, standby, key)


@contextmanager
def _standby_of(primary: Postgres) -> Iterator[Postgres]:
    directory = Path(tempfile.mkdtemp(prefix="standby-", dir=primary.directory.parent))
    directory.chmod(0o755)
    made, who = Postgres(directory), account.current()
    root = {"user": who.uid, "group": who.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        for each in (directory / "postgres", made.socket.parent):
            who.own(each)
        source = f"host={primary.socket.parent} port=5432 user=postgres application_name=standby"
        program = account.programs(who, directory) / "pg_basebackup"
        options = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]
        subprocess.run(
            [program, f"--dbname={source}", "-D", directory / "postgres", *options],
            cwd="/",
            check=True,
            capture_output=True,
            timeout=60,
            **root,
        )
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(directory)
