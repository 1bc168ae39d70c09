"""The PostgreSQL that comes with us: it lives and dies with the process that asks for it.

In the data directory:

    postgres/          the cluster, 0700, of the account that runs the server
    postgres.socket/   where the server listens, 0700; in /tmp where this path will not do
    postgres.log       what the server says
    postgres.owner     locked by the process that starts and stops the server: its pid, the socket
    postgres.lock      locked, by inheritance, as long as any process of the server lives
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import asyncpg
import structlog

from open311.errors import Unavailable
from open311.store import account
from open311.store.account import Account
from open311.store.keeper import Keeper, die_with_parent

__all__ = ["running"]

_LOG = structlog.get_logger()

INITDB = (
    "--username=postgres --auth-local=trust --auth-host=reject --data-checksums "
    "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
)

SETTINGS = (
    "--listen_addresses= --port=5432 --jit=off --random_page_cost=1.1 "
    "--wal_compression=on --shared_preload_libraries=pg_stat_statements "
    "--fsync=on --full_page_writes=on --synchronous_commit=on"  # nothing acknowledged is lost
)
"""On the command line, so that neither postgresql.conf nor ALTER SYSTEM overrides them."""

ALONE_SECONDS = 10.0  # a command that runs beside us ends sooner

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that the server inherits: no PGDATA, no PGHOST, no locale that a slim machine lacks."""


@contextmanager
def running(
    data_dir: Path,
    *,
    shared_buffers: str | None = None,
    patience: float = 300,
    alone: bool = False,
    connections: int = 300,
) -> Iterator[str]:
    """Have PostgreSQL serve the cluster below `data_dir` for as long as the block runs.

    The first process starts the server, starts it again when it dies, and stops it at the end;
    others only connect meanwhile.
    Call it in the main thread, outside of an event loop: Linux ends the server with that thread.

    Args:
        data_dir: made if missing; the account that root gives the server need not reach it.
        shared_buffers: as 128MB; default: 512MB, but not above a quarter of the memory.
        patience: seconds to wait for the server, > 0; recovery after a crash takes its time.
        alone: do not join another process; wait some seconds for its end, then give up.
        connections: at most so many at a time.

    Returns:
        The DSN of the database `open311`, for asyncpg and for SQLAlchemy.

    Raises:
        Unavailable: the directory cannot be used or the server does not start; says what to do.
    """
    deadline, data_dir = time.monotonic() + patience, data_dir.resolve()
    quarter = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**22
    with ExitStack() as stack:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            owner = stack.enter_context(_file(data_dir / "postgres.owner"))
            socket = _join(data_dir, owner, deadline, alone=alone)
            if not socket:
                stack.callback(fcntl.flock, owner, fcntl.LOCK_UN)  # children may hold it too
                memory = shared_buffers or f"{min(512, quarter)}MB"
                sizes = f"--shared_buffers={memory} --max_connections={connections}"
                socket = _start(stack, data_dir, sizes, deadline, patience)
                owner.write(socket.encode())
                stack.callback(owner.truncate, 0)
        except (OSError, asyncpg.PostgresError) as fault:
            raise Unavailable(
                f"The embedded PostgreSQL cannot use {data_dir}: {fault}. "
                "Let this account write there, or set OPEN311_DATA_DIR to another directory."
            ) from fault
        yield f"postgresql://postgres@/open311?host={socket}&port=5432"


def _join(data_dir: Path, owner: BinaryIO, deadline: float, *, alone: bool) -> str:
    """The socket of the process that owns the directory; empty: now it is this one."""
    gone, told = min(deadline, time.monotonic() + ALONE_SECONDS), False
    while True:
        mine = _locks(owner)
        owner.seek(0)
        pid, _, socket = owner.read().decode().partition(" ")
        if mine:
            _discard(data_dir.joinpath("postgres.socket", socket))  # of an owner that was killed
            owner.truncate(0)
            owner.write(b"%d " % os.getpid())
            return ""
        if alone:
            if not told:
                _LOG.info("waiting_for_owner", directory=data_dir, pid=pid)
                told = True
            _wait(gone, f"OPEN311_DATA_DIR: process {pid} uses {data_dir}: end it, or set another.")
        elif socket:
            return socket
        _wait(deadline, f"{data_dir} belongs to process {pid}, which starts no server: end it.")


def _start(stack: ExitStack, data_dir: Path, sizes: str, deadline: float, patience: float) -> str:
    """Start the server, to be stopped with `stack`; returns the directory of its socket."""
    who, cluster = account.current(), data_dir / "postgres"
    programs = account.programs(who, data_dir)
    with _file(data_dir / "postgres.lock") as lock:
        if cluster.exists():
            _check(who, cluster)
        _outlast(cluster, lock, deadline)
        if not cluster.exists():
            _create(who, data_dir, programs / "initdb", lock)
    socket = account.socket_directory(who, data_dir)
    stack.callback(_discard, socket)
    settings = f"{SETTINGS} {sizes} --unix_socket_directories={socket}"

    def launch() -> subprocess.Popen[bytes]:
        with _file(data_dir / "postgres.lock") as lock:
            _outlast(cluster, lock, time.monotonic() + patience)  # its children, and its locks
            who.own(socket)
            return _spawn(who, cluster, lock, [programs / "postgres", *settings.split()])

    server = Keeper(launch)
    stack.callback(server.stop)
    while (report := _report(cluster))[7] != "ready" or report[0] != str(server.process.pid):
        if server.process.poll() is not None:
            raise _failed(data_dir)
        _wait(deadline, f"The server in {cluster} takes too long; see postgres.log beside it.")
    asyncio.run(_ensure_database(str(socket)))
    server.watch()
    return str(socket)


def _spawn(
    who: Account, directory: Path, lock: BinaryIO, command: list[Path | str]
) -> subprocess.Popen[bytes]:
    root = os.geteuid() == 0
    # a link of /proc leads the account to where it stands, though it may not pass the parents
    named = who.reaches(directory.parent) or sys.platform != "linux"
    with _file(directory.with_name("postgres.log")) as log:
        return subprocess.Popen(  # noqa: S603 - our own words and paths
            [*command, "-D", directory if named else "/proc/self/cwd"],
            cwd=directory,  # entered before the account changes
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,  # Ctrl-C in the terminal is for us
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - a single system call
            user=who.uid if root else None,
            group=who.gid if root else None,
            extra_groups=[] if root else None,
        )


async def _ensure_database(socket: str) -> None:
    connection = await asyncpg.connect(host=socket, port=5432, user="postgres", database="postgres")
    if not await connection.fetch("select from pg_database where datname = 'open311'"):
        await connection.execute("create database open311")
    await connection.close()


def _failed(data_dir: Path) -> Unavailable:
    log = data_dir / "postgres.log"
    said = log.read_text(errors="replace").splitlines()[-8:]
    return Unavailable(f"PostgreSQL does not start; set right what it says in {log}:", *said)


def _check(who: Account, cluster: Path) -> None:
    major = importlib.metadata.version(account.WHEEL).partition(".")[0]
    found, owner = (cluster / "PG_VERSION").read_text().strip(), cluster.stat().st_uid
    if (found, owner) != (major, who.uid):
        raise Unavailable(
            f"{cluster} is of PostgreSQL {found} and account {owner}, not {major} and {who.uid}: "
            "dump and load it, or chown it, or set OPEN311_DATA_DIR to another directory."
        )


def _create(who: Account, data_dir: Path, initdb: Path, lock: BinaryIO) -> None:
    new = data_dir / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)  # of an initdb that was killed
    who.own(new)
    if _spawn(who, new, lock, [initdb, *INITDB.split()]).wait() != 0:
        raise _failed(data_dir)
    new.rename(data_dir / "postgres")
    directory = os.open(data_dir, os.O_RDONLY)
    os.fsync(directory)  # the name is to last as long as the rows
    os.close(directory)


def _outlast(cluster: Path, lock: BinaryIO, deadline: float) -> None:
    """Shut down an orphan, wait for its last process, remove what says that it lives."""
    while not _locks(lock):
        with suppress(ValueError, ProcessLookupError, PermissionError):
            pid = int(_report(cluster)[0])
            if os.getsid(pid) == pid:  # as we start it: not a stranger with the same number
                os.kill(pid, signal.SIGINT)
        _wait(deadline, f"An earlier server still works in {cluster}: end it.")
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    _discard(cluster.with_name("postgres.socket"))


def _report(cluster: Path) -> list[str]:
    """The lines of postmaster.pid, at least eight: [0] the pid, [7] whether it is ready."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        lines = []
    return [line.strip() for line in lines] + [""] * (8 - len(lines))


def _discard(socket: Path) -> None:
    with suppress(OSError):
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (socket / name).unlink(missing_ok=True)
        socket.rmdir()


def _file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0)


def _locks(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise Unavailable(complaint)
    time.sleep(0.02)
