"""The end of a server: what is in flight is answered, and no process is left, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import pictures
from tests.faults.calls import FORM, V2, Line, form, multipart
from tests.faults.ground import settle
from tests.faults.postgres import processes_of
from tests.servers import Server, serving, wait_until_ready

CITY = "stop.example"
IN_FLIGHT = 20
SENDING_SECONDS = 2.0


class Own(msgspec.Struct, frozen=True):
    """A server with an embedded PostgreSQL, a city in it, and a key."""

    server: Server
    data_dir: Path
    dsn: str
    api_key: str

    @property
    def postmaster(self) -> int:
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])

    @property
    def workers(self) -> list[int]:
        return [
            pid
            for pid in children(self.server.process.pid)
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

    @property
    def pids(self) -> list[int]:
        """Of everything that must be gone when the server is."""
        return [*children(self.server.process.pid), *processes_of(self.postmaster)]


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stopping") / "var"


@pytest.fixture
def own(data_dir: Path) -> Iterator[Own]:
    with serving(data_dir, ready=False, workers=2) as server:
        deadline = time.monotonic() + 60
        while not answers(server, "/healthz"):
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.05)
        socket_directory = (data_dir / "postgres.owner").read_text().partition(" ")[2]
        dsn = f"postgresql://postgres@/open311?host={socket_directory}&port=5432"
        key = settle(dsn, data_dir.parent, CITY)[CITY]
        wait_until_known(server, key)
        yield Own(server, data_dir, dsn, key)


def answers(server: Server, path: str) -> bool:
    try:
        return server.get(path)[0] == 200
    except OSError:
        return False


def wait_until_known(server: Server, key: str) -> None:
    """Both workers have heard of the key: ten calls in a row are refused for something else."""
    wait_until_ready(server)
    good = 0
    while good < 10:
        with Line(server.port) as line:
            good = good + 1 if line.post(api_key=key).status == 400 else 0


def gone_within(pids: list[int], seconds: float) -> list[int]:
    """Those that are still there after so long."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def slowly(own: Own, number: int, begun: Callable[[], object]) -> bytes:
    """File a request, its body sent over two seconds; the answer until the connection ends."""
    fields = {
        "api_key": own.api_key,
        "service_code": "tree",
        "lat": 44.6,
        "long": -66.2,
        "description": f"in flight {number}",
        "padding": "x" * 80_000,
    }
    body, headers = form(fields), FORM
    if number < 2:
        body, headers = multipart(fields, media=pictures.saved(pictures.quarters(), "PNG"))
    head = (
        f"POST {V2}/requests.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: {headers['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", own.server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        for piece in range(20):
            connection.sendall(body[piece * len(body) // 20 : (piece + 1) * len(body) // 20])
            if piece == 5:
                begun()
            time.sleep(SENDING_SECONDS / 20)
        answer = b""
        while more := connection.recv(65_536):
            answer += more
        return answer


def terminate(own: Own) -> None:
    own.server.process.send_signal(signal.SIGTERM)


def press_ctrl_c(own: Own) -> None:
    """The terminal sends it to every process of the group."""
    supervisor = own.server.process.pid
    for pid in (*own.pids, supervisor):
        if os.getpgid(pid) == os.getpgid(supervisor):
            os.kill(pid, signal.SIGINT)


def terminate_each(own: Own) -> None:
    """As a service manager does; the workers hear it from the supervisor, too."""
    for pid in (*own.workers, own.server.process.pid):
        os.kill(pid, signal.SIGTERM)


ENDS = (terminate, press_ctrl_c, terminate_each)


@pytest.mark.parametrize("end", ENDS)
def test_what_is_in_flight_is_answered_and_nothing_is_left(
    own: Own, run: Callable[..., Any], end: Callable[[Own], None]
) -> None:
    begun: list[int] = []
    pids = own.pids
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        calls = [
            pool.submit(slowly, own, number, lambda: begun.append(1)) for number in range(IN_FLIGHT)
        ]
        while len(begun) < IN_FLIGHT:
            time.sleep(0.01)
        end(own)
        told = [each.result() for each in calls]

    assert [answer for answer in told if not answer.startswith(b"HTTP/1.1 200 ")] == []
    assert own.server.process.wait(30) == 0
    assert gone_within(pids, 2) == []
    said = (own.data_dir / "postgres.log").read_text().rpartition("starting PostgreSQL")[2]
    assert "database system is shut down" in said
    assert "was not properly shut down" not in said


def test_after_the_end_everything_is_there_again(own: Own, run: Callable[..., Any]) -> None:
    """What the tests above filed while the server stopped."""
    rows = run(own.dsn, "select description, count(*) from requests group by 1")

    assert dict(rows) == {f"in flight {number}": len(ENDS) for number in range(IN_FLIGHT)}


def test_connections_that_are_only_kept_do_not_delay_the_end(own: Own) -> None:
    lines = [Line(own.server.port) for _ in range(20)]
    try:
        assert {line.get("/healthz").status for line in lines} == {200}
        began = time.monotonic()
        terminate(own)
        assert own.server.process.wait(30) == 0
        assert time.monotonic() - began < 6
    finally:
        for line in lines:
            line.__exit__()


def test_a_killed_worker_is_replaced_and_the_others_answer_meanwhile(own: Own) -> None:
    before = own.workers
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 15
    while len(set(own.workers) - {before[0]}) < len(before):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = []
    for _ in range(50):
        with Line(own.server.port) as line:
            told.append(line.get(f"{V2}/services.json").status)

    assert told == [200] * 50
    terminate(own)
    assert own.server.process.wait(30) == 0


def test_when_the_supervisor_is_killed_everything_goes_and_the_port_is_free(own: Own) -> None:
    pids = own.pids
    own.server.process.kill()
    own.server.process.wait()

    assert gone_within(pids, 10) == []
    with socket.create_server(("127.0.0.1", own.server.port)):
        pass


def test_a_server_that_is_told_to_stop_while_it_starts_leaves_nothing(data_dir: Path) -> None:
    for seconds in (0.4, 0.8, 1.6):
        with serving(data_dir, ready=False) as server:
            time.sleep(seconds)
            pids = [*children(server.process.pid)]
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(30)
            assert gone_within(pids, 15) == []


def test_a_supervisor_that_is_killed_while_its_workers_start_leaves_nobody(
    data_dir: Path,
) -> None:
    """Some answer, some are about to, and some have not heard yet that their parent is gone."""
    for _ in range(3):
        with serving(data_dir, ready=False, workers=3, stop_seconds=3) as server:
            deadline = time.monotonic() + 60
            while not answers(server, "/healthz"):
                assert time.monotonic() < deadline, server.log.read_text()
                assert server.process.poll() is None, server.log.read_text()
                time.sleep(0.02)
            pid = server.process.pid
            family = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(pid, signal.SIGKILL)
            server.process.wait()

            assert len(family) >= 4
            assert gone_within([*map(int, family)], 20) == []
