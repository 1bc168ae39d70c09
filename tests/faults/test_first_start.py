"""The demo as it begins, interrupted or late; and its PostgreSQL killed under it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import time
from collections.abc import Callable
from pathlib import Path

from open311.actions.demo import REQUESTS
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load, using
from tests.faults.calls import FORM, V2, Line, number
from tests.faults.postgres import fresh_postgres
from tests.servers import Server, serving

KEY = re.compile(r"^Trial key  (o311_[\w-]{43})$", re.MULTILINE)
CURL = re.compile(r"^  curl .*$", re.MULTILINE)
POINT = {"service_code": "pothole", "lat": 44.6, "long": -66.2}


def eventually(happened: Callable[[], bool], server: Server, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, server.log.read_text()[-3000:]
        assert server.process.poll() is None, server.log.read_text()[-3000:]
        time.sleep(0.1)


def ready(server: Server) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except OSError:
        return False


def trial_key(server: Server) -> str:
    """The key that the banner shows."""
    eventually(lambda: KEY.search(server.log.read_text()) is not None, server)
    (key,) = KEY.findall(server.log.read_text())
    return str(key)


def filed(server: Server, key: str) -> str:
    with Line(server.port) as line:
        return number(line.post(api_key=key, **POINT))


def requests(dsn: str) -> int:
    return int(using(dsn, lambda c: c.fetchval("select count(*) from requests")))


def test_a_demo_whose_database_comes_later_is_complete_in_the_end(tmp_path: Path) -> None:
    with (
        fresh_postgres() as postgres,
        serving(tmp_path, "--demo", ready=False, database_url=postgres.dsn) as server,
    ):
        eventually(lambda: "database_unavailable" in server.log.read_text(), server)
        assert not ready(server)
        postgres.start()
        filed(server, trial_key(server))

        assert requests(postgres.dsn) == REQUESTS + 1
        assert server.stop() == 0


def test_the_line_of_the_banner_works_as_it_stands_also_beside_another_city(
    dsn: str, tmp_path: Path
) -> None:
    load(dsn, small_city(tmp_path / "city", "other.example"), NOW)
    with serving(tmp_path / "var", "--demo", database_url=dsn) as server:
        trial_key(server)
        curl, url, *fields = shlex.split(CURL.search(server.log.read_text())[0])  # type: ignore[index]
        with Line(server.port) as line:
            path = url.removeprefix(server.url)
            reply = line.ask("POST", path, "&".join(fields[1::2]).encode(), FORM)

    assert "Not ready" not in server.log.read_text()
    assert (curl, set(fields[::2])) == ("curl", {"-d"})
    assert reply.status == 200, reply.text


def test_a_first_start_cut_short_before_its_history_is_made_good(dsn: str, tmp_path: Path) -> None:
    """There is the city, and nothing else."""
    with serving(tmp_path, "--demo", database_url=dsn) as server:
        filed(server, trial_key(server))

    assert requests(dsn) == REQUESTS + 1


def answers(server: Server, numbers: list[str]) -> bool:
    """Whether it has all of these requests, and answers at all."""
    with Line(server.port) as line:
        return {line.get(f"{V2}/requests/{each}.json").status for each in numbers} == {200}


def test_an_embedded_postgresql_that_is_killed_comes_back_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    """Neither the supervisor nor a worker is started anew."""
    report = tmp_path / "postgres" / "postmaster.pid"
    with serving(tmp_path, "--demo", workers=2) as server:
        key, before = trial_key(server), workers(server)
        numbers = [filed(server, key)]
        for _ in range(2):
            postmaster = int(report.read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            eventually(lambda old=postmaster: died(report, old), server, 20)
            eventually(lambda: answers(server, numbers), server, 20)
            # of two workers each answers about every second question
            eventually(lambda: all(ready(server) for _ in range(20)), server, 20)
            numbers.append(filed(server, key))

        assert answers(server, numbers)
        assert len(set(numbers)) == 3
        assert workers(server) == before
        assert server.log.read_text().count("postgresql_died") == 2
        assert server.stop() == 0
    assert not report.exists()  # the new one was shut down in peace, too


def died(report: Path, postmaster: int) -> bool:
    """Whether another one runs."""
    lines = report.read_text().splitlines() if report.exists() else []
    return len(lines) > 7 and int(lines[0]) != postmaster


def workers(server: Server) -> set[str]:
    pid = server.process.pid
    return {
        child
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    }


def test_a_server_without_a_city_says_where_it_is_and_what_is_missing(tmp_path: Path) -> None:
    with serving(tmp_path, ready=False) as server:
        eventually(lambda: "Ctrl-C" in server.log.read_text(), server)
        said = server.log.read_text()

    assert f"Endpoint   {server.endpoint}\n" in said
    assert "Not ready  This server has no jurisdiction yet. (open311 load DIR)" in said
