"""Pictures that would fill the memory, and links that would have the server call somebody.

Trust 13, 24.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests import pictures
from tests.faults.calls import V2, Line, multipart, number
from tests.faults.ground import settle
from tests.servers import Server, serving

CITY = "media.example"
GROWTH = 150
"""Megabytes that a worker may take for all bombs together."""


class Served(msgspec.Struct, frozen=True):
    server: Server
    fields: dict[str, str]

    def workers(self) -> list[Path]:
        pid = self.server.process.pid
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [Path("/proc", each, "status") for each in pids]


@pytest.fixture(scope="module")
def served(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("media")
    key = settle(empty_database, path, CITY)[CITY]
    fields = {"api_key": key, "service_code": "tree", "lat": "44.6", "long": "-66.2"}
    with serving(path / "var", database_url=empty_database) as server:
        yield Served(server, fields)


def megabytes(status: Path, name: str) -> int:
    """A figure of a process: VmRSS is now, VmHWM the most so far."""
    (line,) = (each for each in status.read_text().splitlines() if each.startswith(name))
    return int(line.split()[1]) // 1000


@pytest.fixture(scope="module")
def rooms(served: Served) -> dict[Path, int]:
    """What each worker took before the first picture, MB."""
    picture = multipart(served.fields, media=pictures.saved(pictures.quarters(), "PNG"))
    with Line(served.server.port) as line:
        assert line.ask("POST", f"{V2}/requests.json", *picture).status == 200
    return {each: megabytes(each, "VmRSS") for each in served.workers()}


@pytest.mark.parametrize("name", pictures.hostile())
def test_a_picture_that_cannot_be_made_harmless_is_refused_and_named(
    served: Served, rooms: dict[Path, int], name: str
) -> None:
    """All of them, bombs of 169 million pixels among them; none is kept."""
    body, headers = multipart(served.fields, media=pictures.hostile()[name])
    media = Path(served.server.environment["OPEN311_DATA_DIR"], "media", CITY)
    before = len(list(media.iterdir()))
    with Line(served.server.port) as line:
        reply = line.ask("POST", f"{V2}/requests.json", body, headers)

    assert reply.status == 400
    assert reply.json()[0]["description"].startswith("media: ")
    assert len(list(media.iterdir())) == before


def test_bombs_at_the_same_time_do_not_fill_the_memory(
    served: Served, rooms: dict[Path, int]
) -> None:
    """Five in one body, from four clients; then the most that each worker ever took."""
    bombs = {f"media{number}": pictures.png_bomb() for number in range(5)}
    body, headers = multipart(served.fields, **bombs)

    def upload() -> None:
        with Line(served.server.port) as line:
            told.append(line.ask("POST", f"{V2}/requests.json", body, headers).status)

    told: list[int] = []
    threads = [threading.Thread(target=upload) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert told == [400] * 4
    assert [
        each for each, before in rooms.items() if megabytes(each, "VmHWM") - before > GROWTH
    ] == []


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, and who came to it."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        end = threading.Event()

        def accept() -> None:
            while not end.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                connection.close()
                came.append(str(address))

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            end.set()
            thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_link_is_shown_as_it_came_and_never_followed(served: Served, host: str) -> None:
    with listening() as (port, came), Line(served.server.port) as line:
        link = f"http://{host}:{port}/picture.jpg"
        filed = number(line.post(**served.fields, media_url=link))
        shown = line.get(f"{V2}/requests/{filed}.json").json()[0]
        line.get(f"{V2}/requests.xml")
        time.sleep(0.5)

    assert shown["media_url"] == link
    assert came == []


def test_the_listener_above_does_hear_who_comes() -> None:
    with listening() as (port, came):
        socket.create_connection(("127.0.0.1", port)).close()
        deadline = time.monotonic() + 5
        while not came:
            assert time.monotonic() < deadline
            time.sleep(0.01)
