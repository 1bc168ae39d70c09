"""A PostgreSQL that may lose what was acknowledged is refused, and its setting named. Trust 2."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.faults.calls import V2, Line
from tests.faults.ground import settle
from tests.faults.postgres import Postgres, fresh_postgres
from tests.servers import ROOT, Server, free_port, serving

CITY = "durable.example"
SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")
SECONDS = 15
"""A running server looks every five seconds."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with fresh_postgres() as postgres:
        postgres.start()
        yield postgres


@pytest.fixture
def unsettled(postgres: Postgres, run: Callable[..., Any]) -> Iterator[Callable[[str], None]]:
    """Change a setting of the cluster, of the database or of the role; undone at the end."""
    yield lambda sql: [run(postgres.dsn, each) for each in (sql, "select pg_reload_conf()")]
    for sql in (
        *("alter system reset all", "select pg_reload_conf()"),
        *("alter role postgres reset all", "alter database open311 reset all"),
    ):
        run(postgres.dsn, sql)


def commanded(postgres: Postgres, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is to refuse, against the cluster."""
    settings = {
        "OPEN311_DATABASE_URL": postgres.dsn,
        "OPEN311_DATA_DIR": str(path),
        "OPEN311_PORT": str(free_port()),
        "OPEN311_ADMIN_PORT": str(free_port()),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "open311", *words],
        env=settings,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        *((f"alter system set {name} = off", f"{name} = off") for name in SETTINGS),
        ("alter role postgres set synchronous_commit = off", "synchronous_commit = off"),
        ("alter database open311 set synchronous_commit = off", "synchronous_commit = off"),
    ],
)
def test_a_server_does_not_start_and_names_the_setting(
    postgres: Postgres, unsettled: Callable[[str], None], tmp_path: Path, sql: str, named: str
) -> None:
    unsettled(sql)
    done = commanded(postgres, tmp_path, "serve")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"The database would lose acknowledged requests: {named}.\n"


def test_every_unsafe_setting_is_named_and_commands_refuse_too(
    postgres: Postgres, unsettled: Callable[[str], None], tmp_path: Path
) -> None:
    for name in SETTINGS:
        unsettled(f"alter system set {name} = off")
    done = commanded(postgres, tmp_path, "migrate")

    assert done.returncode == 1
    assert [name for name in SETTINGS if f"{name} = off" not in done.stderr] == []


class Served(msgspec.Struct, frozen=True):
    server: Server
    api_key: str


@pytest.fixture(scope="module")
def served(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("durability")
    keys = settle(postgres.dsn, path, CITY)
    with serving(path / "var", database_url=postgres.dsn) as server:
        yield Served(server, keys[CITY])


def ready_within(line: Line, seconds: float, status: int) -> str:
    """What /readyz says when it says this."""
    deadline = time.monotonic() + seconds
    while (reply := line.get("/readyz")).status != status:
        assert time.monotonic() < deadline, reply
        time.sleep(0.1)
    return reply.text


@pytest.mark.parametrize(
    "sql",
    [
        "alter system set fsync = off",
        "alter role postgres set synchronous_commit = off",
    ],
)
def test_a_running_server_is_not_ready_while_a_setting_is_unsafe(
    served: Served,
    postgres: Postgres,
    unsettled: Callable[[str], None],
    run: Callable[..., Any],
    sql: str,
) -> None:
    whole = {"api_key": served.api_key, "service_code": "tree", "lat": 44.6, "long": -66.2}
    with Line(served.server.port) as line:
        assert line.post(**whole).status == 200
        unsettled(sql)
        reason = ready_within(line, SECONDS, 503)
        asked = [
            line.get(f"{V2}/{name}.{suffix}")
            for name in ("services", "requests", "requests/1", "tokens/1", "services/light")
            for suffix in ("json", "xml")
        ]
        asked += [line.post(suffix, **whole) for suffix in ("json", "xml")]
        before = run(postgres.dsn, "select count(*) from requests")
        assert sql.split()[-3] in reason
        assert [each.status for each in asked] == [503] * len(asked)
        assert [each for each in asked if each.headers.get("retry-after") != "1"] == []
        assert [each for each in asked if sql.split()[-3] not in each.text] == []
        assert line.get("/healthz").status == 200
        unsettled(sql.replace("off", "on"))
        ready_within(line, SECONDS, 200)
        assert line.post(**whole).status == 200
        assert run(postgres.dsn, "select count(*) from requests")[0][0] == before[0][0] + 1


def test_who_says_unsafe_in_so_many_words_may_start(
    postgres: Postgres, unsettled: Callable[[str], None], tmp_path: Path
) -> None:
    unsettled("alter system set fsync = off")
    with serving(tmp_path, database_url=postgres.dsn, unsafe_durability="true") as server:
        assert server.get(f"{V2}/services.json")[0] == 200
