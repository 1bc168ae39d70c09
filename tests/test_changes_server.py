"""Waiting for changes at a server of two workers: woken by whoever writes, let go when it stops."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from open311.store import db
from tests.cities import small_city
from tests.databases import using
from tests.events import following
from tests.faults.calls import V2, Line, number
from tests.servers import Server, serving, wait_until_ready
from tests.test_cli_server import within_a_second

OWN = "own.example"
FEED = f"{V2}/changes"
WAITING = 12
"""So many connections that both workers have some."""


class Ground(msgspec.Struct, frozen=True):
    server: Server
    key: str

    def file(self) -> str:
        with Line(self.server.port) as line:
            return number(line.post(api_key=self.key, service_code="tree", lat=44.6, long=-66.2))

    def end(self) -> str:
        """The URL that goes on from now."""
        _, headers, _ = self.server.get(f"{FEED}.json?after=now")
        return following_url(headers)

    def waits(self, url: str) -> tuple[float, list[Any], dict[str, str]]:
        """How long an answer was held back, what it told, and its headers."""
        began = time.monotonic()
        status, headers, body = self.server.get(url)
        assert status == 200, body
        return time.monotonic() - began, msgspec.json.decode(body), headers


def following_url(headers: dict[str, str]) -> str:
    url = urlsplit(headers["link"].partition(">")[0][1:])
    return f"{url.path}?{url.query}"


@pytest.fixture(scope="module")
def ground(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    path: Path = tmp_path_factory.mktemp("server")
    with serving(path / "var", ready=False, workers=2, database_url=bare_dsn) as running:
        running.command("load", str(small_city(path / "city", OWN)))
        wait_until_ready(running)
        words = ("--jurisdiction", OWN, "--name", "Ed", "--rate-limit", "0")
        own = Ground(running, running.command("keys", "create", *words).strip())
        within_a_second(lambda: known(own), True)
        yield own


def known(own: Ground) -> bool:
    """Whether a worker knows the key, ten times in a row."""
    told = []
    for _ in range(10):
        with Line(own.server.port) as line:
            told.append(line.post(api_key=own.key).status)
    return told == [400] * 10


def test_everybody_who_waits_is_told_within_a_second_of_a_commit(ground: Ground) -> None:
    url = f"{ground.end()}&wait=30"
    with ThreadPoolExecutor(WAITING) as pool:
        waiting = [pool.submit(ground.waits, url) for _ in range(WAITING)]
        time.sleep(0.7)
        own_id = ground.file()
        filed = time.monotonic()
        told = [each.result() for each in waiting]

    assert time.monotonic() - filed < 1
    for held, changes, headers in told:
        assert held > 0.5
        assert [(each["event"], each["service_request_id"]) for each in changes] == [
            ("created", own_id)
        ]
        assert "wait=30" in headers["link"]
        assert ground.waits(following_url(headers).replace("wait=30", "wait=0"))[1] == []


def test_who_waits_in_vain_is_answered_when_time_is_over(ground: Ground) -> None:
    url = ground.end()
    held, changes, headers = ground.waits(f"{url}&wait=1")

    assert changes == []
    assert 0.9 < held < 2
    assert following_url(headers).partition("after=")[2] == url.partition("after=")[2]


def test_what_is_there_already_is_told_at_once(ground: Ground) -> None:
    url = ground.end()
    ground.file()
    held, changes, _ = ground.waits(f"{url}&wait=30")

    assert len(changes) == 1
    assert held < 1


def test_lines_can_be_waited_for_too(ground: Ground) -> None:
    url = ground.end().replace(".json", ".ndjson")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ground.server.get, f"{url}&wait=30")
        time.sleep(0.3)
        own_id = ground.file()
        _, _, body = waiting.result()

    assert msgspec.json.decode(body)["service_request_id"] == own_id


@pytest.mark.parametrize(
    ("path", "accept"),
    [(f"{FEED}.sse", "*/*"), (FEED, "text/event-stream"), (FEED, "text/html, Text/Event-Stream")],
)
def test_events_come_as_they_happen_and_go_on_where_they_broke_off(
    ground: Ground, path: str, accept: str
) -> None:
    headers = {"Accept": accept}
    with following(ground.server.port, f"{path}?after=now", headers) as stream:
        first = stream.block()
        assert stream.answer.getheader("content-type") == "text/event-stream"
        assert stream.answer.getheader("cache-control") == "no-store"
        assert first is not None
        assert first.retry == "3000"
        assert first.id
        one = ground.file()
        filed = time.monotonic()
        (event,) = stream.events(1)
        assert time.monotonic() - filed < 1
    assert event.event == "created"
    assert msgspec.json.decode(event.data)["service_request_id"] == one
    assert msgspec.json.decode(event.data)["cursor"] == event.id

    missed = [ground.file(), ground.file()]
    for last, told in ((event.id, missed), (first.id, [one, *missed])):
        with following(
            ground.server.port, f"{path}?after=now", headers | {"Last-Event-ID": last}
        ) as again:
            found = again.events(len(told))
        assert [msgspec.json.decode(each.data)["service_request_id"] for each in found] == told


@pytest.mark.parametrize("path", [f"{FEED}.json?after=now&wait=60", f"{FEED}.sse?after=now"])
def test_nobody_looks_once_everybody_who_waited_has_gone(
    ground: Ground, bare_dsn: str, path: str
) -> None:
    lines = []
    for _ in range(WAITING):
        lines.append(http.client.HTTPConnection("127.0.0.1", ground.server.port, timeout=30))
        lines[-1].request("GET", path)
    time.sleep(0.7)
    assert looks(bare_dsn)
    for each in lines:
        each.sock.close()  # type: ignore[union-attr]
    time.sleep(0.5)

    assert not looks(bare_dsn)


def looks(dsn: str) -> bool:
    """Whether anybody asks for the last change in the course of a second."""

    async def when(connection: db.Connection) -> Any:
        return await connection.fetchval(
            "select max(query_start) from pg_stat_activity where datname = current_database()"
            " and query like '%order by f.changed desc%' and pid <> pg_backend_pid()"
        )

    before = using(dsn, when)
    time.sleep(1)
    return bool(using(dsn, when) != before)


def test_a_stream_that_cannot_begin_says_why(ground: Ground) -> None:
    status, headers, body = ground.server.get(f"{FEED}.sse", Last_Event_ID="x")

    assert status == 400
    assert headers["content-type"].startswith("application/json")
    assert b"Last-Event-ID: 'x'" in body


def test_a_server_that_stops_lets_everybody_go_who_waits(ground: Ground) -> None:
    """The last test of this file: they would have waited for a minute, or for ever."""
    url = f"{ground.end()}&wait=60"
    port = ground.server.port

    def follow() -> object:
        with following(port, f"{FEED}.sse?after=now", timeout=60) as stream:
            stream.block()
            return stream.block()

    with ThreadPoolExecutor(2 * WAITING) as pool:
        waiting = [pool.submit(ground.waits, url) for _ in range(WAITING)]
        streams = [pool.submit(follow) for _ in range(WAITING)]
        time.sleep(1)
        began = time.monotonic()
        assert ground.server.stop() == 0
        ended = time.monotonic() - began
        told = [each.result() for each in waiting]

    assert ended < 6
    assert [changes for _, changes, _ in told] == [[]] * WAITING
    assert all("after=" in headers["link"] for _, _, headers in told)
    assert [each.result() for each in streams] == [None] * WAITING
