"""A list that is shown again is never older than a second, nor than a write of this worker."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from open311.http.answers import Page
from open311.http.kept import Brief, Key, Moment
from tests.inprocess import FORM, Door

KEYS: list[Key] = [(path, b"", "", "") for path in ("/a", "/b", "/c")]


def page(version: int, size: int = 10, began: float = 0.0) -> Page:
    start: dict[str, Any] = {"status": 200, "headers": [], "version": version, "began": began}
    return Page(start, {"body": b"x" * size}, ("a", "GET", 200))


class Interleavings(RuleBasedStateMachine):
    """Reads that take their time, writes between them, and a clock that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.brief = Brief(lambda: self.time, room=9_000)
        self.committed = 0  # in the database
        self.answered = 0  # of these, what this worker has told its client
        self.reads: list[tuple[Key, Moment, int, float]] = []
        self.commits: list[int] = []

    @rule(key=st.sampled_from(KEYS))
    def a_read_begins(self, key: Key) -> None:
        self.reads.append((key, self.brief.now(), self.committed, self.time))

    @rule(at=st.integers(0, 9))
    def a_read_ends(self, at: int) -> None:
        if self.reads:
            key, since, version, began = self.reads.pop(at % len(self.reads))
            self.brief.keep(key, page(version, 10 + at * 500, began), since)

    @rule()
    def a_write_commits(self) -> None:
        self.committed += 1
        self.commits.append(self.committed)

    @rule()
    def a_write_is_answered(self) -> None:
        if self.commits:
            version = self.commits.pop(0)
            self.brief.written()
            self.answered = version

    @rule(seconds=st.sampled_from([0.1, 0.4, 0.9, 1.1, 5]))
    def time_goes_on(self, seconds: float) -> None:
        self.time += seconds

    @invariant()
    def nothing_shown_is_too_old(self) -> None:
        for key in KEYS:
            found = self.brief.get(key)
            if found is not None:
                assert found.start["version"] >= self.answered
                assert self.time - found.start["began"] <= 1
        held = sum(len(each[1].body["body"]) + 2_000 for each in self.brief._kept.values())
        assert self.brief._room - self.brief._free == held <= 9_000


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = how(max_examples=150, stateful_step_count=40)


def test_only_what_comes_again_is_kept() -> None:
    brief = Brief(lambda: 0.0)
    for number in range(20_000):
        brief.keep((f"/{number}", b"", "", ""), page(1), brief.now())

    assert not brief._kept
    assert len(brief._asked) + len(brief._asked_before) <= 10_000

    for _ in range(2):
        brief.keep(KEYS[0], page(1), brief.now())

    assert brief.get(KEYS[0])


def test_what_is_asked_for_every_two_seconds_is_not_kept() -> None:
    time = [0.0]
    brief = Brief(lambda: time[0])
    for _ in range(20):
        brief.keep(KEYS[0], page(1), brief.now())
        time[0] += 2.1

    assert not brief._kept


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5_000)), max_size=60))
def test_it_takes_no_more_room_than_it_has(asked: list[tuple[int, int]]) -> None:
    brief = Brief(lambda: 0.0, room=12_000)
    for number, size in asked * 2:
        brief.keep((str(number), b"", "", ""), page(1, size), brief.now())

        held = sum(len(each[1].body["body"]) + 2_000 for each in brief._kept.values())
        assert held <= 12_000


# --- the application ------------------------------------------------------------------------------


def pothole(door: Door, key: str) -> str:
    told = {"api_key": key, "service_code": "pothole", "lat": 44.6, "long": -66.2}
    answer = door.ask("POST", "requests.json", FORM, urlencode(told).encode())
    return str(answer.json[0]["service_request_id"])


@pytest.mark.parametrize("fmt", ["xml", "json"])
def test_who_has_just_written_finds_it_at_once(door: Door, api_key: str, fmt: str) -> None:
    url = f"requests.{fmt}?page_size=3"
    for _ in range(20):
        for _ in range(3):
            door.ask("GET", url)
        assert [each for each in door.desk.brief._kept if each[1] == b"page_size=3"]
        filed = pothole(door, api_key)

        assert filed.encode() in door.ask("GET", url).body


@pytest.mark.parametrize("fmt", ["xml", "json"])
def test_reads_and_writes_at_the_same_time(door: Door, api_key: str, fmt: str) -> None:
    url = f"requests.{fmt}?page_size=50"
    told = {"api_key": api_key, "service_code": "pothole", "lat": 44.6, "long": -66.2}
    body = urlencode(told).encode()
    for _ in range(10):
        calls = [("GET", url, (), b"")] * 6 + [("POST", f"requests.{fmt}", FORM, body)] * 3
        answers = door.together(*calls, *calls)
        filed = [each.plain[0]["service_request_id"] for each in answers if each.method == "POST"]
        shown = {each["service_request_id"] for each in door.ask("GET", url).plain}

        assert {*filed} <= shown


def test_a_second_later_what_others_wrote_is_there(door: Door) -> None:
    time = [door.desk.brief.clock()]
    brief, clock = door.desk.brief, door.desk.brief.clock
    brief.clock = lambda: time[0]
    try:
        asked = [door.ask("GET", "requests.json?page_size=7") for _ in range(4)]
        key = next(each for each in brief._kept if each[1] == b"page_size=7")
        assert brief.get(key)
        assert {each.body for each in asked} == {asked[0].body}
        time[0] += 1.001

        assert brief.get(key) is None
    finally:
        brief.clock = clock


@pytest.mark.parametrize("query", ["extensions=true", "extensions=true&api_key=x"])
def test_what_a_key_may_change_is_not_shown_again(door: Door, query: str) -> None:
    for _ in range(4):
        answer = door.ask("GET", f"requests.json?{query}")

        assert answer.header("cache-control") == "no-cache"
    assert not [each for each in door.desk.brief._kept if b"extensions" in each[1]]
