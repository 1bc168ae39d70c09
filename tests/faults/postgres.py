"""A PostgreSQL of a test's own, which may be stopped, killed and given bad settings."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec

from open311.store import account, embedded

MEMORY = Path("/dev/shm")
"""The death of processes is the same here as on a disk, and sooner over."""


class Postgres(msgspec.Struct):
    """Its cluster, where it listens, and its process while it runs."""

    directory: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.directory / "socket" / ".s.PGSQL.5432"

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/open311?host={self.socket.parent}&port=5432"

    def start(self, *settings: str) -> None:
        """Begin to serve, and come back when it answers."""
        who = account.current()
        root = {"user": who.uid, "group": who.gid, "extra_groups": []} if os.geteuid() == 0 else {}
        given = [f"--{each}" for each in settings]
        command = [
            *(
                account.programs(who, self.directory) / "postgres",
                "-D",
                self.directory / "postgres",
            ),
            *("--listen_addresses=", f"--unix_socket_directories={self.socket.parent}"),
            *("--shared_buffers=32MB", "--max_connections=100", *given),
        ]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdout=log, stderr=log, start_new_session=True, **root
            )
        deadline = time.monotonic() + 30
        while not asyncio.run(_answers(self.dsn)):
            assert self.process.poll() is None, (self.directory / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.02)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """A fast shutdown, or what else the signal means."""
        if self.process:
            self.process.send_signal(sign)
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """SIGKILL every process of it at once, and wait until none holds its memory."""
        assert self.process
        session = self.process.pid
        while members := processes_of(session):
            for pid in members:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self.process.poll()
        self.process.wait()
        self.process = None
        (self.directory / "postgres" / "postmaster.pid").unlink()


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


def processes_of(session: int) -> list[int]:
    """The pids of a session, zombies left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, owner = path.read_text().rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(owner) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


@contextmanager
def fresh_postgres() -> Iterator[Postgres]:
    """One with an empty database open311, not yet started."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30
    directory = Path(tempfile.mkdtemp(prefix="faults-", dir=MEMORY if roomy else "/tmp"))
    directory.chmod(0o755)
    try:
        with embedded.running(directory, shared_buffers="16MB"):
            pass
        made = Postgres(directory)
        account.current().own(made.socket.parent)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(directory)
