"""Updates of requests: told by keys that may, followed by everybody. GR-X 10.7 to 10.9."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.actions import updates
from open311.domain.definitions import Deed
from open311.domain.statuses import STATES
from open311.domain.updates import NewUpdate
from open311.errors import Invalid
from open311.spec import w3c_datetime
from open311.store import db, withdrawals
from tests import inprocess, pictures
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.editors import Editor, editor
from tests.faults.calls import multipart
from tests.inprocess import FORM, Door
from tests.validation import sound

OWN, OTHER = "own.example", "other.example"
CITY = f"jurisdiction_id={OWN}"
BOTH = pytest.mark.parametrize("fmt", ["json", "xml"])
URL = "servicerequestupdates"
AT = "2026-11-22T08:00:00-04:00"  # now
NUMBERS = itertools.count(1)


class World(msgspec.Struct):
    """A city, and who talks to it."""

    door: Door
    dsn: str
    teller: Editor
    second: Editor
    writer: Editor
    reader: Editor
    foreign: Editor

    def filed(self) -> str:
        """A new request."""
        fields = {"service_code": "tree", "jurisdiction_id": OWN, "address_string": "1 Road"}
        answer = self.post("requests.json", fields, self.writer)
        return str(answer.json[0]["service_request_id"])

    def post(self, url: str, fields: dict[str, Any], who: Editor | None) -> Answer:
        headers = (("content-type", "application/json"),)
        headers += (("x-api-key", who.key),) if who else ()
        return self.door.ask("POST", url, headers, json.dumps(fields).encode())

    def tell(
        self, request: str, fmt: str = "json", who: Editor | None = None, **more: Any
    ) -> Answer:
        """Send an update, sound unless told."""
        fields = {
            "jurisdiction_id": OWN,
            "service_request_id": request,
            "update_id": f"u{next(NUMBERS)}",
            "status": "FIXED",
            "updated_datetime": AT,
            "description": "The tree was cut.",
        }
        return self.post(f"{URL}.{fmt}", fields | more, who or self.teller)

    def told(self, request: str, **more: Any) -> str:
        """The id of an update that was taken."""
        answer = self.tell(request, **more)
        assert answer.status == 200, answer
        return str(answer.json[0]["update_id"])

    def get(self, url: str) -> Answer:
        answer = self.door.ask("GET", f"{url}{'&' if '?' in url else '?'}{CITY}")
        assert answer.status == 200, answer
        return answer

    def request(self, request: str) -> dict[str, Any]:
        """A request as everybody sees it."""
        found: dict[str, Any] = self.get(f"requests/{request}.json?extensions=true").json[0]
        return found

    def listed(self, query: str = "start_date=2000-01-01") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{URL}.json?{query}").json
        return found

    def sql(self, text: str, *values: object) -> list[Any]:
        return using(self.dsn, lambda connection: connection.fetch(text, *values))


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("updates")
    with copy_of(cluster, bare) as dsn:
        for own in (OWN, OTHER):
            load(dsn, small_city(path / own, own), NOW)
        with inprocess.opened(
            dsn, path / "var", lambda: NOW, public_url="https://311.own.example/city"
        ) as door:
            yield World(
                door,
                dsn,
                editor(door, dsn, OWN, "requests:update"),
                editor(door, dsn, OWN, "requests:update"),
                editor(door, dsn, OWN, "requests:write", "requests:route", "catalog:write"),
                editor(door, dsn, OWN, "requests:private"),
                editor(door, dsn, OTHER),
            )


def utc(minutes: int) -> str:
    return w3c_datetime.show(NOW + timedelta(minutes=minutes))


# --- telling ------------------------------------------------------------------------------------


@BOTH
def test_an_update_is_taken_and_shown_wherever_the_request_is(world: World, fmt: str) -> None:
    request = world.filed()
    answer = world.tell(request, fmt, status="in_PROGRESS", updated_datetime=utc(1))
    (recorded,) = sound(answer, "recorded_updates")
    plain = sound(world.get(f"requests/{request}.{fmt}"), "service_requests")[0]
    whole = sound(world.get(f"requests/{request}.{fmt}?extensions=true"), "answered_requests")[0]
    followed = sound(world.get(f"{URL}.{fmt}?service_request_id={request}"), "request_updates")

    assert (plain["status"], plain["status_notes"]) == ("open", "The tree was cut.")
    assert plain["updated_datetime"] == utc(1)
    assert "detailed_status" not in plain
    assert whole["detailed_status"] == "in_progress"
    assert [each["type"] for each in whole["notes"]] == ["submitted", "activity"]
    assert whole["notes"][1] == {
        "datetime": utc(1),
        "type": "activity",
        "summary": "in_progress",
        "description": "The tree was cut.",
    }
    assert followed == [
        {
            "update_id": recorded["update_id"],
            "service_request_id": request,
            "status": "in_progress",
            "updated_datetime": utc(1),
            "description": "The tree was cut.",
            "media_url": followed[0]["media_url"],
        }
    ]


@pytest.mark.parametrize("state", STATES)
def test_every_state_inside_is_open_or_closed_outside(world: World, state: str) -> None:
    """GR-X 10.8, 10.9."""
    request = world.filed()
    world.told(request, status="CLOSED", updated_datetime=utc(-9))
    world.told(request, status=state.upper(), updated_datetime=utc(-8))
    found, means = world.request(request), STATES[state]

    assert found["status"] == (means.status or "closed")
    shown = None if state == "unchanged" else means.detail
    assert found.get("detailed_status") == shown
    told = world.listed(f"service_request_id={request}")[-1]["status"]
    assert told == (means.detail or means.status)


def test_a_form_and_the_query_are_read_as_those_of_a_report(world: World) -> None:
    """Interop 14: in the body, in the query, over both; empty is absent; unknown is ignored."""
    request = world.filed()
    query = f"?{CITY}&status=CLOSED&update_id=f1&api_key={world.teller.key}&description="
    body = f"service_request_id={request}&updated_datetime=2026-11-22+11:00:00Z&status="
    body += "&description=Done%0D%0Anow+&public_anonymity_required=TRUE&attribute[x]=y&fax=1"
    answer = world.door.ask("POST", f"{URL}.json{query}", FORM, body.encode())

    assert answer.status == 200, answer
    assert world.request(request)["status_notes"] == "Done\nnow"


PERSON = {
    "email": "canary@person.example",
    "phone": "canary-phone",
    "first_name": "Canary",
    "last_name": "Canary",
    "title": "Canary",
    "account_id": "canary-account",
}


def test_who_wrote_it_is_kept_nowhere(world: World) -> None:
    world.told(world.filed(), **PERSON, email_alerts_requested="TRUE", service_code="none")
    rows = world.sql("select row_to_json(u)::text from request_updates u")

    assert rows
    assert not [row for row in rows if "canary" in row[0].lower()]
    assert not world.sql("select from reporters where email is not null")


def test_every_fault_is_named_at_once(world: World) -> None:
    answer = world.post(f"{URL}.json", {"jurisdiction_id": OWN, "media_url": "x"}, world.teller)
    named = [each["description"].partition(":")[0] for each in sound(answer, "errors")]

    assert answer.status == 400
    assert named == [
        *("service_request_id", "update_id", "status", "updated_datetime", "description"),
        "media_url",
    ]


@BOTH
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("status", "DONE"), ("status", "open,closed"), ("status", "x" * 300), ("status", "")),
        *(("updated_datetime", "yesterday"), ("updated_datetime", utc(6))),
        *(("updated_datetime", "9999-12-31T23:59:59Z"), ("updated_datetime", "2026-02-30")),
        *(("description", "x" * 4001), ("description", " \x00 "), ("description", None)),
        *(("update_id", "x" * 251), ("update_id", ""), ("service_request_id", "x" * 251)),
        *(("media_url", "ftp://x/y.jpg"), ("media_url", "https://x/" + "y" * 2048)),
    ],
)
def test_a_fault_is_400_names_its_argument_and_changes_nothing(
    world: World, argument: str, value: Any, fmt: str
) -> None:
    request = world.filed()
    before = world.request(request)
    answer = world.tell(request, fmt, **{argument: value})
    (error,) = sound(answer, "errors")

    assert answer.status == 400
    assert error["description"].startswith(f"{argument}: ")
    assert world.request(request) == before
    assert world.listed(f"service_request_id={request}") == []


def test_a_clock_that_is_a_little_fast_is_no_fault(world: World) -> None:
    request = world.filed()
    world.told(request, updated_datetime=utc(5))

    assert world.request(request)["updated_datetime"] == utc(5)


@BOTH
def test_a_request_of_nobody_of_another_city_or_without_a_number_is_404(
    world: World, fmt: str
) -> None:
    fields = {"service_code": "record", "jurisdiction_id": OWN, "address_string": "1"}
    token = world.post("requests.json", fields, world.writer).json[0]["token"]
    foreign = {"service_code": "tree", "jurisdiction_id": OTHER, "address_string": "1"}
    theirs = world.post("requests.json", foreign, world.foreign).json[0]["service_request_id"]
    told = []
    for request in (theirs, token, "0", "no such\u2028thing", "a/b"):
        answer = world.tell(request, fmt)
        assert answer.status == 404
        (error,) = sound(answer, "errors")
        told.append(error["description"])

    assert told[0] == told[2].replace("0", theirs)
    assert world.sql("select from request_updates u where jurisdiction_id = $1", OTHER) == []


@BOTH
def test_only_a_key_of_the_city_with_the_scope_may_tell(world: World, fmt: str) -> None:
    request = world.filed()
    before = world.request(request)
    for who in (world.writer, world.reader, world.foreign):
        answer = world.tell(request, fmt, who)
        assert answer.status == 403
        sound(answer, "errors")
    nobody = world.post(f"{URL}.{fmt}", {"jurisdiction_id": OWN}, None)
    wrong = world.post(f"{URL}.{fmt}?api_key=o311_wrong", {"jurisdiction_id": OWN}, None)

    assert (nobody.status, wrong.status) == (403, 403)
    assert b"requests:update" in world.tell(request, "json", world.writer).body
    assert world.request(request) == before


@BOTH
def test_an_id_that_was_sent_before_is_refused_and_changes_nothing(world: World, fmt: str) -> None:
    """GR-X 10.8; also for another request. Another key has ids of its own."""
    request, other = world.filed(), world.filed()
    own = f"twice-{fmt}"
    first = world.told(request, update_id=own, status="PLANNED")
    before = [world.request(each) for each in (request, other)]
    for each in (request, other):
        answer = world.tell(each, fmt, update_id=own, status="CLOSED", description="Again.")
        assert answer.status == 400
        (error,) = sound(answer, "errors")
        assert error["description"].startswith(
            f"update_id: '{own}' was sent before, and is {first} "
        )

    assert [world.request(each) for each in (request, other)] == before
    assert len(world.listed(f"service_request_id={request},{other}")) == 1
    world.told(request, who=world.second, update_id=own, status="CLOSED")
    assert world.request(request)["status"] == "closed"


@pytest.mark.parametrize("same", [True, False])
def test_of_two_that_come_at_once_under_one_id_one_is_kept(world: World, same: bool) -> None:
    for _ in range(10):
        request = world.filed()
        requests = (request, request if same else world.filed())
        own = f"at once {next(NUMBERS)}"
        (client,) = world.sql("select max(client_id) from clients where jurisdiction_id = $1", OWN)
        new = [
            NewUpdate(
                service_request_id=each,
                meaning=STATES[state],
                updated_datetime=NOW,
                description=state,
                client_id=client[0],
                source_update_id=own,
            )
            for each, state in zip(requests, ("fixed", "planned"), strict=True)
        ]
        done = world.door.run(at_once(world.dsn, new))
        kept = world.listed(f"service_request_id={','.join(requests)}")

        assert len([each for each in done if isinstance(each, Invalid)]) == 1
        assert len(kept) == 1
        refused = [each for each in requests if each != kept[0]["service_request_id"]]
        assert world.request(kept[0]["service_request_id"])["status_notes"] == kept[0]["status"]
        assert [world.request(each)["status_notes"] for each in refused] == [None] * len(refused)


def test_of_many_that_come_at_once_none_is_lost(world: World) -> None:
    request = world.filed()
    states = ["planned", "fixed", "unchanged", "reopen", "duplicate", "in_progress", "closed"]
    new = [
        NewUpdate(
            service_request_id=request,
            meaning=STATES[state],
            updated_datetime=NOW + timedelta(seconds=number % 3),
            description=f"{number}",
        )
        for number, state in enumerate(states * 3)
    ]
    done = world.door.run(at_once(world.dsn, new))
    kept = world.listed(f"service_request_id={request}&page_size=100")
    telling = [each["status"] for each in kept if each["status"] != "unchanged"]
    found = world.request(request)

    assert not [each for each in done if isinstance(each, Exception)]
    assert len(kept) == len(new)
    assert found["status_notes"] == kept[-1]["description"]
    assert found.get("detailed_status", found["status"]) == telling[-1]


async def at_once(dsn: str, new: list[NewUpdate]) -> list[Any]:
    writes = db.Connections(dsn, db.WRITER, size=len(new), seconds=9)
    work = [updates.record(writes.transaction, OWN, each) for each in new]
    done = await asyncio.gather(*work, return_exceptions=True)
    await writes.close()
    return done


# --- laws ---------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from([*STATES, "UNCHANGED", "unchanged"]), st.integers(-4, 4)), max_size=7
)


@given(STEPS)
def test_a_request_has_the_status_of_its_latest_update(world: World, steps: list[Any]) -> None:
    """By time, then by arrival; what is unchanged says nothing of it."""
    request = world.filed()
    before = world.request(request)
    status, detail, said = "open", None, None
    latest = told_at = -99
    moved = before["updated_datetime"]
    for number, (state, minute) in enumerate(steps):
        world.told(
            request, status=state, updated_datetime=utc(minute), description=f"Step {number}"
        )
        means, closed = STATES[state.lower()], status == "closed"
        if minute >= latest and means.status:
            status, detail, latest = means.status, means.detail, minute
        if minute >= told_at:
            said, told_at = f"Step {number}", minute
        found = world.request(request)
        assert (found["status"], found.get("detailed_status")) == (status, detail)
        assert found["status_notes"] == said
        if not (closed and status == "closed"):  # GR-Q-34: else the time is that of the closing
            moved = max(moved, utc(told_at))
        assert found["updated_datetime"] == moved
    kept = world.listed(f"service_request_id={request}")
    order = sorted(range(len(steps)), key=lambda each: (steps[each][1], each))

    assert [each["description"] for each in kept] == [f"Step {each}" for each in order]
    notes = world.request(request)["notes"]
    assert [each.get("description") for each in notes] == [
        None,
        *(f"Step {each}" for each in order),
    ]
    changes = [each["type"] for each in notes if each["type"] in ("opened", "closed")]
    assert changes == [*itertools.islice(itertools.cycle(["closed", "opened"]), len(changes))]
    assert (changes[-1:] == ["closed"]) is (status == "closed")


IMPORT = """update requests set status = 'closed', status_notes = 'Swept.', updated_datetime = $1,
  requested_datetime = least(requested_datetime, $1::timestamptz - interval '2 hours')
where service_request_id = $2"""


def test_what_was_said_before_by_other_means_is_kept_first(world: World) -> None:
    """As of a request that was imported, or changed by SQL."""
    request = world.filed()
    world.sql(IMPORT, NOW - timedelta(hours=2), request)
    assert [each["type"] for each in world.request(request)["notes"]] == ["submitted", "closed"]
    world.told(request, status="REOPEN", updated_datetime=utc(-180), description="Too late.")
    late = world.request(request)
    world.told(request, status="REOPEN", updated_datetime=utc(-60), description="Not so.")
    world.sql(IMPORT, NOW - timedelta(minutes=30), request)
    shown = world.request(request)
    world.told(request, status="UNCHANGED", description="Thanks.")
    after = world.request(request)

    assert (late["status"], late["status_notes"]) == ("closed", "Swept.")
    assert [(each["type"], each.get("description")) for each in after["notes"]] == [
        ("submitted", None),
        ("activity", "Too late."),
        ("closed", "Swept."),
        ("opened", "Not so."),
        ("closed", "Swept."),
        ("activity", "Thanks."),
    ]
    assert shown["notes"] == after["notes"][:-1]
    assert (after["status"], after["status_notes"]) == ("closed", "Thanks.")
    assert [each["status"] for each in world.listed(f"service_request_id={request}")] == [
        *("open", "closed", "open", "closed", "unchanged")
    ]


def test_the_feed_of_changes_tells_of_it_and_a_list_shows_it_at_once(world: World) -> None:
    request = world.filed()
    sql = "select changed, version from requests where service_request_id = $1"
    before = world.sql(sql, request)[0]
    world.get(f"requests.json?service_request_id={request}")
    world.told(request, status="CLOSED")
    late = world.sql(sql, request)[0]
    world.told(request, status="OPEN", updated_datetime=utc(-999))
    after = world.sql(sql, request)[0]
    listed = world.get(f"requests.json?service_request_id={request}").json

    assert before[0] < late[0] < after[0]
    assert before[1] < late[1]
    assert [each["status"] for each in listed] == ["closed"]


# --- pictures -----------------------------------------------------------------------------------


def test_a_picture_is_kept_and_wins_over_a_link(world: World) -> None:
    request = world.filed()
    linked = world.told(request, media_url="https://fixmystreet.example/photo/1.jpeg")
    fields = {
        "service_request_id": request,
        "update_id": "picture",
        "status": "OPEN",
        "updated_datetime": AT,
        "description": "See.",
        "jurisdiction_id": OWN,
        "media_url": "https://fixmystreet.example/photo/2.jpeg",
    }
    picture = pictures.saved(pictures.quarters(), "PNG")
    body, headers = multipart(fields, media=picture)
    named = (*headers.items(), ("x-api-key", world.teller.key))
    assert world.door.ask("POST", f"{URL}.json", named, body).status == 200
    first, second = world.listed(f"service_request_id={request}")

    assert (first["update_id"], first["media_url"][:27]) == (linked, "https://fixmystreet.example")
    base = "https://311.own.example/city"
    assert second["media_url"].startswith(f"{base}/media/{OWN}/")
    assert world.door.ask("GET", second["media_url"].removeprefix(base)).status == 200
    count = pictures_of(world)
    for more, content in (
        ({"update_id": "nothing"}, b"no picture"),
        ({"update_id": "picture"}, picture),
        ({"update_id": "other", "service_request_id": "0"}, picture),
    ):
        body, headers = multipart(fields | more, media=content)
        named = (*headers.items(), ("x-api-key", world.teller.key))
        assert world.door.ask("POST", f"{URL}.json", named, body).status in (400, 404)
    assert pictures_of(world) == count > 0


def test_the_picture_of_an_update_goes_with_a_request_that_is_withdrawn(world: World) -> None:
    request = world.filed()
    fields = {
        "service_request_id": request,
        "update_id": "of a withdrawn one",
        "status": "OPEN",
        "updated_datetime": AT,
        "description": "See.",
        "jurisdiction_id": OWN,
    }
    body, headers = multipart(fields, media=pictures.saved(pictures.quarters(), "PNG"))
    named = (*headers.items(), ("x-api-key", world.teller.key))
    assert world.door.ask("POST", f"{URL}.json", named, body).status == 200
    (told,) = world.listed(f"service_request_id={request}")
    picture = told["media_url"].removeprefix("https://311.own.example/city")
    before = world.door.ask("GET", picture).status
    deed = Deed("Ed", NOW, None)

    async def withdrawn(connection: db.Connection) -> None:
        await withdrawals.withdraw(connection, OWN, request, deed)

    async def back(connection: db.Connection) -> None:
        await withdrawals.publish(connection, OWN, request)

    using(world.dsn, withdrawn)
    hidden = world.door.ask("GET", picture).status
    using(world.dsn, back)

    assert (before, hidden, world.door.ask("GET", picture).status) == (200, 404, 200)


def pictures_of(world: World) -> int:
    folder = world.door.desk.settings.data_dir / "media"
    return len([each for each in folder.rglob("*") if each.is_file()])


# --- following ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def followed(world: World) -> list[dict[str, Any]]:
    """Updates of a year of their own, many at the same moment, oldest first."""
    requests = [world.filed() for _ in range(4)]
    for number in range(40):
        at = datetime(2020, 1, 1 + number * 7 % 5, tzinfo=UTC)
        world.told(requests[number % 4], updated_datetime=at.isoformat(), description=str(number))
    return world.listed("start_date=2020-01-01T00:00:00Z&end_date=2020-12-31")


def pages(world: World, query: str, fmt: str = "json") -> Iterator[Answer]:
    url = f"{URL}.{fmt}?{query}&{CITY}"
    while True:
        answer = world.door.ask("GET", url)
        assert answer.status == 200, (url, answer.body)
        yield answer
        link = answer.header("link")
        if link is None:
            return
        form = re.fullmatch(r'<https://311\.own\.example/city/open311/v2/(.+)>; rel="next"', link)
        assert form
        url = form[1]


@BOTH
@pytest.mark.parametrize("size", [1, 3, 7, 20, 39, 40, 41, 5000])
def test_pages_are_the_whole_in_order_without_doubles(
    world: World, followed: list[dict[str, Any]], size: int, fmt: str
) -> None:
    query = f"start_date=2020-01-01T00:00:00Z&end_date=2020-12-31&page_size={size}"
    query += f"&api_key={world.reader.key}"
    found = [sound(each, "request_updates") for each in pages(world, query, fmt)]

    assert [each["update_id"] for page in found for each in page] == [
        each["update_id"] for each in followed
    ]
    assert {len(page) for page in found[:-1]} <= {size}
    assert len(followed) == 40
    assert followed == sorted(
        followed, key=lambda each: (each["updated_datetime"], int(each["update_id"]))
    )
    first = world.door.ask("GET", f"{URL}.json?{query}&{CITY}").header("link") or ""
    assert world.reader.key not in first


def test_pages_stay_right_while_updates_are_added(world: World) -> None:
    requests = [world.filed() for _ in range(2)]
    for number in range(6):
        at = f"2019-05-0{1 + number}T00:00:00Z"
        world.told(requests[0], updated_datetime=at, description=f"{number}")
    walk = pages(world, "start_date=2019-05-01T00:00:00Z&end_date=2019-06-01&page_size=2")
    found = [each["description"] for each in next(walk).json]
    for at in ("2019-05-01T00:00:00Z", "2019-05-05T12:00:00Z"):
        world.told(requests[1], updated_datetime=at, description="added")
    found += [each["description"] for page in walk for each in page.json]

    assert found == ["0", "1", "2", "3", "4", "added", "5"]


@given(st.integers(-2, 12), st.integers(-2, 12))
@settings(max_examples=40)
def test_both_dates_are_included(
    world: World, followed: list[dict[str, Any]], start: int, end: int
) -> None:
    moments = [
        w3c_datetime.show(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=12 * each))
        for each in sorted((start, end))
    ]
    found = world.listed(f"start_date={moments[0]}&end_date={moments[1]}")

    assert found == [
        each for each in followed if moments[0] <= each["updated_datetime"] <= moments[1]
    ]


def test_without_dates_it_is_the_last_day_and_of_a_request_everything(
    world: World, followed: list[dict[str, Any]]
) -> None:
    request = world.filed()
    minutes = (-3 * 1440, -1441, -1439, 0)
    for minute in minutes:
        world.told(request, updated_datetime=utc(minute), description=str(minute))

    def found(query: str) -> list[str]:
        told = world.listed(query)
        return [each["description"] for each in told if each["service_request_id"] == request]

    assert found("page_size=1000") == ["-1439", "0"]
    assert found(f"end_date={utc(-1440)}") == ["-1441"]
    assert found(f"start_date={utc(-2000)}") == ["-1441", "-1439", "0"]
    assert found(f"service_request_id={request}") == [str(each) for each in minutes]
    assert found(f"service_request_id={request},0,x&start_date={utc(-1440)}") == ["-1439", "0"]
    assert found("service_request_id=0") == []


@BOTH
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("start_date=x&end_date=y&page_size=0&cursor=z", "cursor page_size start_date end_date"),
        ("start_date=2026-01-02&end_date=2026-01-01", "start_date, end_date"),
        ("cursor=AAAA", "cursor"),
        ("page_size=-1", "page_size"),
        ("service_request_id=" + ",".join(map(str, range(1001))), "service_request_id"),
    ],
)
def test_a_question_that_cannot_be_read_is_told_why(
    world: World, query: str, named: str, fmt: str
) -> None:
    answer = world.door.ask("GET", f"{URL}.{fmt}?{query}&{CITY}")
    told = [each["description"].partition(":")[0] for each in sound(answer, "errors")]

    assert answer.status == 400
    assert told == (named.split() if "," not in named else [named])


def test_of_what_is_public_no_more_nothing_is_shown(world: World) -> None:
    request = world.filed()
    world.told(request)
    query = f"service_request_id={request}"
    assert len(world.listed(query)) == 1
    world.sql(
        "update requests set service_request_id = null where service_request_id = $1", request
    )

    assert world.listed(query) == []
    assert request not in {each["service_request_id"] for each in world.listed()}


def test_a_list_is_extended_by_one_statement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [world.filed() for _ in range(5)]
    for request in requests[:3]:
        world.told(request)
    asked: list[str] = []
    fetch = db.Connections.fetch

    async def counting(self: db.Connections, sql: str, *values: object) -> list[db.Row]:
        asked.append(sql)
        return await fetch(self, sql, *values)

    monkeypatch.setattr(db.Connections, "fetch", counting)
    url = f"requests.json?service_request_id={','.join(requests)}"
    world.get(url)
    plainly = len(asked)
    found = world.get(f"{url}&extensions=true").json

    assert len(asked) <= 2 * plainly + 1
    assert {each["service_request_id"]: len(each["notes"]) for each in found} == {
        each: 1 + (each in requests[:3]) for each in requests
    }


def test_head_and_methods(world: World) -> None:
    head = world.door.ask("HEAD", f"{URL}.json?{CITY}")
    wrong = world.door.ask("DELETE", f"{URL}.json?{CITY}")

    assert (head.status, head.body) == (200, b"")
    assert (wrong.status, wrong.header("allow")) == (405, "GET, POST, HEAD, OPTIONS")
