"""A mirror of another server: equal to it in the end, whatever that server knows or does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from open311.actions import importing
from open311.actions.importing import Outcome, Way
from open311.errors import Invalid, Unavailable
from open311.imports import calls, pages
from open311.imports.calls import Manners
from open311.imports.following import Follower
from open311.store import db
from tests.imports.foreign import Handler, Reply, said
from tests.imports.history import CITY, MAPPING, Put, rows_of
from tests.imports.other_side import OtherSide, other_side

QUICK = Manners(
    purpose="mirror of requests", pause=0, wait=0.01, patience=0.3, longest=0.6, tries=2
)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MIRROR = replace(MAPPING, keep_ids=True)
HABITS: list[dict[str, Any]] = [
    {},
    {"links": True, "most": 7},
    {"most": 10},
    {"etags": False},
    {"changes": False},
    {"changes": False, "most": 10},
    {"changes": False, "pages": False, "most": 10},
]


def follow(dsn: str, side: OtherSide, *, rounds: int = 1, url: str = "") -> Put:
    """Follow for some rounds, as a command of its own would."""
    told: Put = Put()

    def observe(outcome: Outcome) -> None:
        told.append(outcome)

    async def run() -> None:
        connections = [await db.connect(dsn) for _ in range(2)]
        try:
            city = await importing.prepared(connections[0], CITY, MIRROR, Way())
            with calls.calling(QUICK) as calling:
                follower = Follower(
                    calls=calling,
                    connections=connections,
                    city=city,
                    mapping=MIRROR,
                    place=pages.place(url or side.server.url),
                    way=Way(),
                    observe=observe,
                    clock=lambda: side.now,
                    since=BEGIN,
                )
                for _ in range(rounds):
                    await follower.round()
        finally:
            for each in connections:
                await each.close(timeout=5)

    asyncio.run(run())
    return told


def mirrored(dsn: str) -> dict[str, tuple[str, str]]:
    return {
        own: (status, notes)
        for own, status, notes in rows_of(dsn, "r.service_request_id, r.status, r.status_notes")
    }


def there(side: OtherSide) -> dict[str, tuple[str, Any]]:
    return {own: (e["status"], e.get("status_notes")) for own, e in side.requests.items()}


@pytest.mark.parametrize("habits", HABITS, ids=str)
def test_a_mirror_is_equal_in_the_end_and_stays_so(dsn: str, habits: dict[str, Any]) -> None:
    with other_side(**habits) as side:
        for number in range(45):
            at = BEGIN + timedelta(days=3 * number, minutes=number)
            side.file(number, at, updated_datetime=None)
        side.file(50, side.now - timedelta(minutes=1))
        for number in (20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30):  # ten and more in one window
            side.requests[str(number)]["requested_datetime"] = "2026-02-03T04:05:06Z"
            side.requests[str(number)]["requested_datetime"] = f"2026-02-03T04:05:{number}Z"
        follow(dsn, side)
        assert mirrored(dsn) == there(side)

        side.now += timedelta(hours=2)
        side.file(3, status="closed", status_notes="Done.")
        side.file(60)
        told = follow(dsn, side)
        assert mirrored(dsn) == there(side)
        assert told.counts[:2] == (1, 1)

        side.now += timedelta(hours=2)
        before = rows_of(dsn)
        told = follow(dsn, side, rounds=2)
        assert told.counts[:2] == (0, 0)
        assert rows_of(dsn) == before


def test_where_nothing_changed_the_server_need_not_say_it_again(dsn: str) -> None:
    with other_side() as side:
        for number in range(5):
            side.file(number)
        follow(dsn, side, rounds=2)
        side.server.calls.clear()
        follow(dsn, side)

        ((_, path, headers),) = side.server.calls
        assert "updated_after=2026-05-31T23%3A50%3A00Z" in path
        assert headers["If-None-Match"].startswith('"')
        assert "mirror of requests" in headers["User-Agent"]


def test_a_mirror_that_rested_for_long_asks_step_by_step(dsn: str) -> None:
    with other_side() as side:
        side.file(1)
        follow(dsn, side)
        for days in range(100):
            side.now += timedelta(days=1)
            side.file(1000 + days)
        side.server.calls.clear()
        follow(dsn, side)

        assert mirrored(dsn) == there(side)
        paths = side.server.paths()
        asked = [each for each in paths if "updated_after" in each and "page=" not in each]
        assert ["updated_before" in path for path in asked] == [True, True, True, False]


@pytest.mark.parametrize("changes", [True, False])
def test_a_server_that_errs_is_taken_up_where_it_was_left(dsn: str, changes: bool) -> None:
    with other_side(changes=changes, most=10) as side:
        for number in range(40):
            side.file(number, BEGIN + timedelta(days=number))
        failures = 0
        for attempt in range(40):
            side.broken = [] if attempt > 20 else [*_fine(side, attempt), *[said([], 503)] * 2]
            try:
                follow(dsn, side)
                break
            except Unavailable:
                failures += 1

        assert failures > 2
        assert mirrored(dsn) == there(side)


def _fine(side: OtherSide, count: int) -> list[Reply]:
    """Nothing goes wrong at first: as many calls are answered as rightly as may be."""
    side.server.routes["/v2/requests.json"] = _After(side, count)
    return []


class _After:
    """Some right answers, and then what is broken."""

    def __init__(self, side: OtherSide, count: int) -> None:
        self.side, self.left = side, count

    def __call__(self, handler: Handler) -> Reply | None:
        self.left -= 1
        if self.left < 0:
            return self.side(handler)
        broken, self.side.broken = self.side.broken, []
        try:
            return self.side(handler)
        finally:
            self.side.broken = broken


def test_a_server_that_is_slow_or_wants_to_be_left_alone_is_let_be(dsn: str) -> None:
    with other_side() as side:
        side.broken = [said([], 429, Retry_After="4000")]
        with pytest.raises(Unavailable) as caught:
            follow(dsn, side)
        assert caught.value.retry_after == 4000
        assert len(side.server.calls) == 1

        def slow(handler: Handler) -> None:
            handler.send_response(200)
            handler.end_headers()
            handler.rfile.readline(1)

        side.server.routes["/v2/requests.json"] = slow
        with pytest.raises(Unavailable, match="does not answer"):
            follow(dsn, side)


def test_what_the_city_does_not_have_is_a_fault_and_the_rest_comes_in(dsn: str) -> None:
    with other_side() as side:
        side.file(1, service_code="moon", service_name="Moon")
        side.file(2, service_code="9", service_name="Pothole")
        told = follow(dsn, side)
        problems = [each.problem for batch in told for each in batch.faults]

        assert problems
        assert set(problems) == {"service_code: the city has no service 'moon' 'Moon'"}
        assert [*mirrored(dsn)] == ["2"]


def test_a_source_is_one_server(dsn: str) -> None:
    with other_side() as side:
        follow(dsn, side)
        with pytest.raises(Invalid, match="is a mirror of"):
            follow(dsn, side, url=side.server.url + "x")


@pytest.mark.parametrize("reply", [said({"a": 1}), said([], 404), (200, {}, b"<html>")])
def test_what_is_no_such_server_is_told(dsn: str, reply: Reply) -> None:
    with other_side() as side:
        side.server.routes["/v2/requests.json"] = reply
        with pytest.raises(Invalid):
            follow(dsn, side)


@pytest.mark.parametrize("url", ["ftp://x/y", "x", "http://", "http://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="no http or https URL"):
        pages.place(url)


def test_the_address_of_an_endpoint_or_of_its_requests() -> None:
    for url in ("https://x/v2", "https://x/v2/", "https://x/v2/requests.json"):
        assert pages.place(f"{url}?jurisdiction_id=a").url({"page": "1"}) == (
            "https://x/v2/requests.json?jurisdiction_id=a&page=1"
        )
    assert pages.place("https://x/v2/requests.xml").extension == "xml"
