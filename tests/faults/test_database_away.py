"""PostgreSQL restarts, falls silent or is not there yet: 503 and nothing else. Trust 7, 8.

Nothing is restarted by hand: the workers that answered before answer again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cities import small_city
from tests.faults.calls import V2, Line, Reply, number
from tests.faults.ground import settle
from tests.faults.journal import Journal
from tests.faults.postgres import Postgres, fresh_postgres
from tests.faults.visitors import Visitors
from tests.proxy import proxied
from tests.servers import Server, serving, wait_until_ready

CITY = "away.example"
SILENT_SECONDS = float(os.environ.get("OPEN311_SILENT_SECONDS", "8"))
READ_SECONDS, WRITE_SECONDS = 2, 3
SLACK = 1.5
"""Seconds that a busy machine may add."""

RESTARTS = (signal.SIGINT, signal.SIGKILL)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with fresh_postgres() as postgres:
        postgres.start()
        yield postgres


@pytest.fixture(scope="module")
def api_key(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    return settle(postgres.dsn, tmp_path_factory.mktemp("away"), CITY)[CITY]


def workers(server: Server) -> set[str]:
    pid = server.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def restart(postgres: Postgres, sign: signal.Signals) -> float:
    """Stop or kill PostgreSQL and start it again; when it answered."""
    if sign == signal.SIGKILL:
        postgres.kill()
    else:
        postgres.stop(sign)
    time.sleep(0.3)
    postgres.start()
    return time.monotonic()


def test_a_restart_under_load_costs_503s_and_nothing_else(
    postgres: Postgres, api_key: str, tmp_path: Path
) -> None:
    back: list[float] = []
    with serving(tmp_path, workers=2, database_url=postgres.dsn) as server:
        before = workers(server)
        with Visitors(server.port) as visitors, Journal(server.port, api_key) as journal:
            for sign in RESTARTS:
                time.sleep(0.7)
                back.append(restart(postgres, sign))
                time.sleep(2.3)
        after = workers(server)
    answers = [(each.status, each.retry_after) for each in visitors.visits]
    answers += [(each.status, each.headers.get("retry-after")) for each in journal.sent]
    late = [
        each
        for each in visitors.visits
        for began in back
        if each.status != 200 and 2 < each.at - began < 2.9
    ]

    assert [each.problem for each in (*visitors.visits, *journal.sent) if each.problem] == []
    assert set(answers) == {(200, None), (503, "1")}
    assert late == []
    assert after == before


def test_a_silent_database_costs_503s_in_time_and_the_server_is_whole_afterwards(
    postgres: Postgres, api_key: str, tmp_path: Path
) -> None:
    with (
        proxied(postgres.socket) as proxy,
        serving(
            tmp_path,
            database_url=f"postgresql://postgres@127.0.0.1:{proxy.port}/open311?sslmode=disable",
            read_seconds=READ_SECONDS,
            write_seconds=WRITE_SECONDS,
        ) as server,
    ):
        before = workers(server)
        services, reads = f"{V2}/services.json", f"{V2}/requests.json"
        assert server.get(services)[0] == 200  # and is kept
        paths = (*[reads] * 12, f"{V2}/requests/1.xml", services, "/healthz")
        with Visitors(server.port, paths) as visitors, Journal(server.port, api_key) as journal:
            time.sleep(0.5)
            proxy.silent = True
            began = time.monotonic()
            time.sleep(SILENT_SECONDS)
            ended = time.monotonic()
            proxy.silent = False
            time.sleep(0.5)
        meanwhile = [
            each for each in visitors.visits if began < each.at < ended - READ_SECONDS - SLACK
        ]
        told = {each.path: [v for v in meanwhile if v.path == each.path] for each in meanwhile}

        assert [each.problem for each in (*visitors.visits, *journal.sent) if each.problem] == []
        assert {each.status for each in (*visitors.visits, *journal.sent)} == {200, 404, 503}
        assert {(each.status, each.retry_after) for each in told[reads]} == {(503, "1")}
        assert max(each.seconds for each in told[reads]) < READ_SECONDS + SLACK
        assert max(each.seconds or 0 for each in journal.sent) < WRITE_SECONDS + SLACK
        assert {each.status for each in told[services]} == {200}
        assert {each.status for each in told["/healthz"]} == {200}
        assert sorted(each.seconds for each in told["/healthz"])[-2] < 0.1
        assert after_all_is_well(server, api_key) == [200] * 64
        assert workers(server) == before


def after_all_is_well(server: Server, api_key: str) -> list[int]:
    """The statuses of 32 reads and 32 writes at the same time."""

    def once(index: int) -> int:
        with Line(server.port) as line:
            if index % 2:
                return line.get(f"{V2}/requests.json").status
            return line.post(api_key=api_key, service_code="tree", lat=44.6, long=-66.2).status

    wait_until_ready(server)
    with ThreadPoolExecutor(64) as pool:
        return list(pool.map(once, range(64)))


def test_a_server_may_start_before_its_database(tmp_path: Path) -> None:
    """And the database may be empty: it is migrated as soon as it is there."""
    with (
        fresh_postgres() as postgres,
        serving(tmp_path / "var", ready=False, workers=2, database_url=postgres.dsn) as server,
    ):
        alive(server)
        before = workers(server)
        unavailable(server)
        postgres.start()
        city = small_city(tmp_path / "city", CITY)
        migrated(server)
        server.command("load", str(city))
        words = ("--jurisdiction", CITY, "--name", "tests", "--rate-limit", "0")
        key = server.command("keys", "create", *words).strip()
        wait_until_ready(server)
        assert numbered_within(server, key, seconds=10)
        assert workers(server) == before
        assert server.get(f"{V2}/requests.json")[0] == 200


def alive(server: Server, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if server.get("/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(server.log.read_text())


def unavailable(server: Server) -> None:
    with Line(server.port) as line, Line(server.admin_port) as admin:
        told = [
            line.ask(method, f"{V2}/{name}.{suffix}", body)
            for name in ("services", "services/light", "requests", "requests/1", "tokens/1")
            for suffix in ("json", "xml")
            for method, body in (("GET", None), ("POST", b"api_key=x&lat=44.6&long=-66.2"))
            if method == "GET" or name == "requests"
        ]
        assert {(each.status, each.headers.get("retry-after")) for each in told} == {(503, "1")}
        assert {each.body[:1] for each in told} == {b"[", b"<"}
        assert (admin.get("/healthz").status, admin.get("/readyz").status) == (200, 503)


def migrated(server: Server, seconds: float = 20) -> None:
    """The waiting supervisor has seen to the empty database: there is only no city yet."""
    deadline = time.monotonic() + seconds
    while b"no jurisdiction" not in server.get("/readyz")[2]:
        assert time.monotonic() < deadline, server.get("/readyz")
        time.sleep(0.1)


def numbered_within(server: Server, key: str, seconds: float) -> bool:
    """Whether a batch request gets its id: the background step outlived the wait."""
    deadline = time.monotonic() + seconds
    with Line(server.port) as line:
        reply: Reply = line.post(api_key=key, service_code="record", lat=44.6, long=-66.2)
        token = number(reply)
        while time.monotonic() < deadline:
            if "service_request_id" in line.get(f"{V2}/tokens/{token}.json").json()[0]:
                return True
            time.sleep(0.1)
    return False
