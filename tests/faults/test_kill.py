"""Nothing acknowledged is lost when everything dies at once. Trust 1.

SIGKILL ends processes and leaves the kernel's memory: what was written without fsync survives it
as well. So these tests show that no request is acknowledged before its transaction is committed,
and that none is half-written; that a commit reaches the disk is shown by the settings, without
which the server refuses to start (test_durability.py).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ground import settle
from tests.faults.journal import Journal, Rows, Sent, check
from tests.faults.postgres import Postgres, fresh_postgres
from tests.servers import Server, serving, wait_until_ready

ROUNDS = int(os.environ.get("OPEN311_KILL_ROUNDS", "5"))
CITY = "kill.example"

pytestmark = pytest.mark.timeout(60 + 30 * ROUNDS)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with fresh_postgres() as postgres:
        yield postgres


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_server(server: Server, dice: random.Random) -> None:
    """SIGKILL the supervisor and every worker, in any order."""
    pids = [server.process.pid, *children(server.process.pid)]
    dice.shuffle(pids)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


def picture(server: Server) -> Callable[[str], bytes]:
    def find(path: str) -> bytes:
        status, _, content = server.get(path)
        assert status == 200
        return content

    return find


def test_the_server_is_killed_in_the_middle_of_submissions(
    postgres: Postgres, tmp_path: Path, run: Callable[..., Any]
) -> None:
    dice, sent = random.Random(), list[Sent]()
    rows: Rows = lambda sql: run(postgres.dsn, sql)  # noqa: E731
    postgres.start()
    key = settle(postgres.dsn, tmp_path, CITY)[CITY]
    for turn in range(ROUNDS + 1):
        with serving(tmp_path / "var", workers=2, database_url=postgres.dsn) as server:
            check(sent, rows, picture(server))
            if turn < ROUNDS:
                with Journal(server.port, key, begin=turn) as journal:
                    time.sleep(dice.uniform(0.3, 1.5))
                    kill_server(server, dice)
                sent += journal.sent
    told(sent)


def test_postgresql_is_killed_in_the_middle_of_submissions(
    postgres: Postgres, tmp_path: Path, run: Callable[..., Any]
) -> None:
    dice, sent = random.Random(), list[Sent]()
    rows: Rows = lambda sql: run(postgres.dsn, sql)  # noqa: E731
    postgres.start()
    key = settle(postgres.dsn, tmp_path, CITY)[CITY]
    with serving(tmp_path / "var", workers=2, database_url=postgres.dsn) as server:
        for turn in range(ROUNDS):
            with Journal(server.port, key, begin=turn) as journal:
                time.sleep(dice.uniform(0.3, 1.5))
                postgres.kill()
                postgres.start()
                wait_until_ready(server)
                time.sleep(0.3)
            sent += journal.sent
            check(sent, rows, picture(server))
        assert [each.problem for each in sent if each.problem] == []
        assert {each.status for each in sent} <= {200, 503}
        assert all(each.headers["retry-after"] for each in sent if each.status == 503)
    told(sent)


def told(sent: list[Sent]) -> None:
    """The rounds hit something: requests were acknowledged, and some were cut off."""
    acknowledged = sum(each.status == 200 for each in sent)
    assert acknowledged > 5 * ROUNDS
    assert acknowledged < len(sent)
