"""The feed of changes over HTTP: its documents in both formats, its lines, and where to go on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.actions import decisions, withdrawals
from open311.actions.decisions import Rerouting
from open311.actions.feed import Feed
from open311.domain.definitions import Deed
from open311.errors import Unavailable
from open311.http import changes
from open311.store import db, feed, requests
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import load, statement
from tests.inprocess import Door
from tests.validation import sound

OWN, OTHER = "own.example", "other.example"
CITY = f"jurisdiction_id={OWN}"
BOTH = pytest.mark.parametrize("extension", ["json", "xml"])
DEED = Deed("tests", NOW, "It names somebody.")

FILE = """
insert into requests (jurisdiction_id, service_request_id, token, status, service_code,
  definition_version, requested_datetime, updated_datetime, lat, long, media_url, department)
select '{own}', case when {numbered} then 'r-{name}' end, {token}, 'open', 'tree', 1,
  '2026-11-22T11:00:00Z', '2026-11-22T11:00:00Z', {lat}, -66.2,
  '/media/{own}/{name}.jpg', 'works'
"""


class World(msgspec.Struct):
    """Two cities in one process, and the ways to change them."""

    dsn: str
    door: Door

    def file(self, name: str, own: str = OWN, **more: Any) -> str:
        told = {"own": own, "name": name, "numbered": "true", "token": "null", "lat": 44.6} | more
        statement(self.dsn, FILE.format(**told))
        return f"r-{name}"

    def sql(self, text: str) -> None:
        statement(self.dsn, text)

    def act(self, work: Callable[[db.Opening], Any]) -> None:
        self.door.run(work(self.door.desk.writes.transaction))

    def ask(self, query: str = "", extension: str = "json") -> tuple[list[dict[str, Any]], str]:
        """What is told, and the cursor to go on with."""
        answer = self.door.ask("GET", f"changes.{extension}?{CITY}&{query}")
        assert answer.status == 200, answer.body
        told: list[dict[str, Any]] = sound(answer, "changes")
        return told, after(answer)

    def now(self) -> str:
        told, cursor = self.ask("after=now")
        assert told == []
        return cursor

    def told(self, cursor: str) -> list[tuple[str, str]]:
        return [
            (each["event"], each["service_request_id"]) for each in self.ask(f"after={cursor}")[0]
        ]


def after(answer: Answer) -> str:
    """The cursor in the link of an answer."""
    found = re.fullmatch(r'<(.*)>; rel="next"', answer.header("link"))
    assert found, answer.header("link")
    (cursor,) = parse_qs(urlsplit(found[1]).query)["after"]
    return cursor


@pytest.fixture(scope="module")
def world(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for own in (OWN, OTHER):
        load(bare_dsn, small_city(tmp_path_factory.mktemp("city"), own), NOW)
    path = tmp_path_factory.mktemp("door")
    with inprocess.opened(bare_dsn, path, lambda: NOW, public_url="https://own.test") as door:
        yield World(bare_dsn, door)


@BOTH
def test_everything_is_told_page_by_page_and_then_what_is_new(world: World, extension: str) -> None:
    names = [world.file(f"{extension}{each}") for each in range(5)]
    found: list[str] = []
    told, cursor = world.ask("limit=2", extension)
    while told:
        found += [each["service_request_id"] for each in told]
        told, cursor = world.ask(f"limit=2&after={cursor}", extension)
    late = world.file(f"{extension}-late")
    more, end = world.ask(f"after={cursor}", extension)

    assert found[-5:] == names
    assert len(found) == len(set(found))
    assert [each["service_request_id"] for each in more] == [late]
    assert more[0]["event"] == "created"
    assert more[0]["request"]["service_name"] == f"tree of {OWN}"
    assert more[0]["cursor"] == end
    assert world.ask(f"after={end}", extension) == ([], end)


@BOTH
def test_a_change_is_the_request_as_any_list_shows_it(world: World, extension: str) -> None:
    cursor = world.now()
    name = world.file(f"same-{extension}", lat=0.00001)
    ((change,), _) = world.ask(f"after={cursor}", extension)
    one = sound(world.door.ask("GET", f"requests/{name}.{extension}?{CITY}"), "service_requests")

    assert [change["request"]] == one


@BOTH
def test_what_is_withdrawn_is_told_without_what_it_was_or_why(world: World, extension: str) -> None:
    cursor = world.now()
    name = world.file(f"gone-{extension}")
    world.act(lambda open_: withdrawals.withdraw(open_, OWN, name, DEED))
    answer = world.door.ask("GET", f"changes.{extension}?{CITY}&after={cursor}")
    (change,) = sound(answer, "changes")

    assert (change["event"], change["service_request_id"]) == ("withdrawn", name)
    assert not change["request"]
    assert b"names somebody" not in answer.body
    world.act(lambda open_: withdrawals.republish(open_, OWN, name))
    assert world.told(cursor) == [("created", name)]


def test_what_becomes_of_a_request_is_told(world: World) -> None:
    """A number for a batch request, another department, another status: by whatever way it came."""
    cursor = world.now()
    batch = world.file("batch", numbered="false", token="'batch-token'")
    plain, other = world.file("plain"), world.file("other")
    assert world.told(cursor) == [("created", plain), ("created", other)]
    place = world.now()

    async def number(open_: db.Opening) -> None:
        async with open_(OWN) as transaction:
            await requests.number(transaction, OWN)

    world.act(number)
    ((change,), _) = world.ask(f"after={place}")
    assert change["event"] == "created"
    assert change["service_request_id"] != batch  # the server gave it one of its own

    place = world.now()
    city = world.door.desk.register.city(OWN)
    wish = Rerouting(department="works", reason="It is theirs.")
    world.act(
        lambda open_: decisions.reroute(open_, city, plain, wish, DEED, expect=lambda _: None)
    )
    assert world.told(place) == [("changed", plain)]
    place = world.now()
    world.sql("update requests set status = 'closed' where service_request_id = 'r-other'")
    ((change,), _) = world.ask(f"after={place}")
    assert (change["event"], change["request"]["status"]) == ("changed", "closed")
    assert world.told(cursor)[-2:] == [("created", plain), ("created", other)]


def test_each_city_has_its_own_and_one_must_be_named(world: World) -> None:
    cursor = world.now()
    world.file("theirs", OTHER)

    assert world.told(cursor) == []
    assert world.door.ask("GET", "changes.json").status == 400
    assert world.door.ask("GET", "changes.json?jurisdiction_id=x").status == 404


def test_the_link_goes_on_with_the_same_question_and_without_a_key(world: World) -> None:
    query = f"{CITY}&limit=7&wait=0&locale=en&after=now&api_key=secret&x=y"
    for form, path in (("changes.json", "changes.json"), ("changes", "changes")):
        answer = world.door.ask("GET", f"{form}?{query}")
        url = urlsplit(re.findall("<(.*)>", answer.header("link"))[0])

        assert (url.scheme, url.netloc) == ("https", "own.test")
        assert url.path == f"/open311/v2/{path}"
        assert {**parse_qs(url.query), "after": [""]} == {
            "jurisdiction_id": [OWN],
            "limit": ["7"],
            "wait": ["0"],
            "locale": ["en"],
            "after": [""],
            "x": ["y"],
        }
        assert answer.header("cache-control") == "no-store"
        assert "link" in answer.header("access-control-expose-headers")


@BOTH
@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("after=x", ["after: 'x' is no cursor of this feed."]),
        ("limit=0", ["limit: '0' is not a whole number from 1 to 1000."]),
        ("limit=1001&wait=61&after=1", ["after:", "limit:", "wait:"]),
        ("after=999999999999999-1", ["after: this server never gave"]),
        ("after=9223372036854775807-9223372036854775807", ["after: this server never gave"]),
    ],
)
def test_what_cannot_be_answered_names_its_argument(
    world: World, extension: str, query: str, problems: list[str]
) -> None:
    answer = world.door.ask("GET", f"changes.{extension}?{CITY}&{query}")
    told = sound(answer, "changes")

    assert answer.status == 400
    assert len(told) == len(problems)
    for each, problem in zip(told, problems, strict=True):
        assert each["description"].startswith(problem)


@settings(max_examples=100)
@given(
    place=st.text(alphabet="0123456789-now", max_size=45),
    limit=st.text(alphabet="0123456789-", max_size=9),
    kind=st.sampled_from(["changes.json", "changes.xml", "changes.ndjson", "changes"]),
)
def test_no_text_makes_it_fail(world: World, place: str, limit: str, kind: str) -> None:
    answer = world.door.ask("GET", f"{kind}?{CITY}&after={place}&limit={limit}")

    assert answer.status in (200, 400)


def test_lines_are_the_same_changes(world: World) -> None:
    for each in range(3):
        world.file(f"line{each}", lat=-0.00002)
    document, cursor = world.ask("limit=1000")
    answer = world.door.ask("GET", f"changes.ndjson?{CITY}")

    assert answer.header("content-type") == "application/x-ndjson"
    lines = b"[" + b",".join(answer.body.splitlines()) + b"]"
    kind = (("content-type", "application/json"),)
    assert Answer("", "", 200, kind, lines).plain == document
    assert b"e-0" not in answer.body
    assert after(answer) == cursor
    empty = world.door.ask("GET", f"changes.ndjson?{CITY}&after={cursor}")
    assert (empty.status, empty.body, after(empty)) == (200, b"", cursor)
    assert after(world.door.ask("GET", f"changes.ndjson?{CITY}&after=now")) == cursor


def test_lines_go_on_over_many_pages_up_to_the_limit(world: World) -> None:
    cursor = world.now()
    world.sql(
        "insert into requests (jurisdiction_id, service_request_id, status, service_code,"
        f" definition_version, requested_datetime, updated_datetime) select '{OWN}', 'n-' || n,"
        " 'open', 'tree', 1, now(), now() from generate_series(1, 2500) as n"
    )
    for limit, count in (("", 2500), ("&limit=2200", 2200), ("&limit=1000", 1000), ("&limit=3", 3)):
        answer = world.door.ask("GET", f"changes.ndjson?{CITY}&after={cursor}{limit}")
        lines = [msgspec.json.decode(each) for each in answer.body.splitlines()]
        assert len(lines) == len({each["service_request_id"] for each in lines}) == count
        rest = world.door.ask("GET", f"changes.ndjson?{CITY}&after={lines[-1]['cursor']}")
        assert len(rest.body.splitlines()) == 2500 - count


@pytest.mark.parametrize("path", ["changes.json", "changes.ndjson", "changes.sse"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_can_only_be_asked(world: World, path: str, method: str) -> None:
    answer = world.door.ask(method, f"{path}?{CITY}")

    assert answer.status == 405
    assert answer.header("allow") == "GET, HEAD, OPTIONS"


def test_there_is_room_for_so_many_who_wait(world: World) -> None:
    watch = world.door.desk.watch
    most, watch._most = watch._most, 0
    cursor = world.now()
    try:
        told = [
            world.door.ask("GET", f"{path}?{CITY}&after={cursor}&wait=1")
            for path in ("changes.json", "changes.ndjson", "changes.sse")
        ]
    finally:
        watch._most = most

    assert [each.status for each in told] == [503] * 3
    assert all(int(each.header("retry-after")) >= 1 for each in told)
    with pytest.raises(Unavailable):
        type(watch)(lambda _: None, most=0).admit()  # type: ignore[arg-type]


WITHDRAWN = (
    "requests/{id}.{x}?{city}",
    "requests.{x}?{city}&service_request_id={id}",
    "requests.{x}?{city}&start_date=2026-11-01T00:00:00Z&status=open",
    "requests.{x}?{city}&service_code=tree",
    "tokens/hidden-token.{x}?{city}",
    "changes.{x}?{city}&limit=1000",
    "changes.ndjson?{city}&limit=100000",
    "/media/own.example/hidden.jpg",
)


@BOTH
def test_a_withdrawn_request_appears_nowhere(world: World, extension: str) -> None:
    """But in the feed by its id, which says that it is gone."""
    name = world.file("hidden", token="'hidden-token'", lat=44.678)
    paths = [each.format(x=extension, city=CITY, id=name) for each in WITHDRAWN]
    seen = [world.door.ask("GET", each).body for each in paths[:-1]]
    world.act(lambda open_: withdrawals.withdraw(open_, OWN, name, DEED))
    hidden = [world.door.ask("GET", each) for each in paths]
    world.sql(f"delete from requests where media_url = '/media/{OWN}/hidden.jpg'")
    world.sql(f"delete from withdrawals where service_request_id = '{name}'")

    shown = [b"44.678" in each or b"hidden-token" in each for each in seen]
    assert shown.count(True) >= 6  # or the test shows nothing
    for each in hidden:
        assert b"44.678" not in each.body, each
        told = each.body.replace(f"no request '{name}'".encode(), b"")
        told = told.replace(b"no token 'hidden-token'", b"")
        told = told.replace(b"no picture 'hidden.jpg'", b"")
        if "changes" not in each.url:
            assert b"hidden" not in told, each
    assert [each.status for each in hidden] == [404, 200, 200, 200, 404, 200, 200, 404]


def test_a_silent_stream_beats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_BEAT_SECONDS", 0.3)
    desk = world.door.desk

    async def begin() -> list[bytes]:
        own = Feed(desk.reads, desk.register.city(OWN), "", desk.watch)
        events = changes._events(own, await feed.last(desk.reads, OWN))
        began, found = time.monotonic(), [await anext(events) for _ in range(3)]
        assert 0.5 < time.monotonic() - began < 2
        await events.aclose()
        return found

    first, *beats = world.door.run(begin())
    assert re.fullmatch(rb"retry: \d+\nid: \d+-\d+\n\n", first)
    assert beats == [b":\n\n"] * 2
