"""Rows of the requests: numbered once, filed whole, shown as they are."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311.domain.city import City
from open311.domain.requests import NewRequest, Reporter
from open311.spec.documents import Redeemed, ServiceRequest
from open311.spec.search import Search
from open311.store import cities, db, requests
from open311.store.shown import Shown
from tests.cities import KINDS, small_city
from tests.conftest import NOW
from tests.databases import file, load, statement, using

OWN, OTHER = "own.example", "other.example"
BASE = datetime(2026, 9, 1, tzinfo=UTC)
CODES = [*KINDS, "stool"]
IDS = range(1_001, 1_061)


def rows() -> list[dict[str, Any]]:
    """Sixty requests: many at the same moment, some without a number yet, one in five another's."""
    found = []
    for number, (code, status) in zip(
        IDS, itertools.cycle(itertools.product(KINDS, ["open", "closed", "open"])), strict=False
    ):
        when = (BASE + timedelta(days=number * 7 % 12, hours=number % 2)).isoformat()
        found.append(
            {
                "id": number,
                "jurisdiction_id": OTHER if number % 5 == 0 else OWN,
                "service_request_id": None if number % 7 == 0 else str(number),
                "token": f"t{number}" if number % 7 == 0 else None,
                "status": status,
                "service_code": code,
                "requested_datetime": when,
                "updated_datetime": when,
                "version": number,
                "definition_version": 1,
                "changed": number,
                "born": number,
            }
        )
    return found


ROWS = rows()


def model(search: Search) -> list[str]:
    """What a list in memory would give, by ids and dates."""
    found = [row for row in ROWS if row["jurisdiction_id"] == OWN and row["service_request_id"]]
    if search.service_request_id:
        found = [row for row in found if row["service_request_id"] in search.service_request_id]
    found.sort(key=lambda row: (row["requested_datetime"], row["id"]), reverse=True)
    return [row["service_request_id"] for row in found]


class Ground(msgspec.Struct):
    """A database with two small cities, and a loop to ask it on."""

    dsn: str
    runner: asyncio.Runner
    reads: db.Connections
    writes: db.Connections
    city: City
    shown: Shown

    def search(self, search: Search) -> list[ServiceRequest]:
        page = requests.search(self.reads, self.city, search, "https://own", self.shown)
        return self.runner.run(page).requests

    def insert(self, new: NewRequest) -> str | None:
        async def insert() -> str | None:
            async with self.writes.transaction(OWN) as transaction:
                return await requests.insert(transaction, new, None)

        return self.runner.run(insert())


async def _city(connection: db.Connection) -> City:
    (row,) = [row for row in await cities.directory(connection) if row[0] == OWN]
    return await cities.read(connection, row)


@pytest.fixture(scope="module")
def ground(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    for name in (OWN, OTHER):
        path: Path = tmp_path_factory.mktemp("city")
        load(bare_dsn, small_city(path, name), NOW)
    file(bare_dsn, json.dumps(ROWS))
    # The order must be what the statement says, not what an index happens to give.
    statement(bare_dsn, "drop index requests_by_time, requests_by_service, requests_open_by_time")
    reads = db.Connections(bare_dsn, db.READER, size=2, seconds=5)
    writes = db.Connections(bare_dsn, db.WRITER, size=2, seconds=5)
    with asyncio.Runner() as runner:
        shown = Shown()
        yield Ground(bare_dsn, runner, reads, writes, using(bare_dsn, _city), shown)
        runner.run(reads.close())
        runner.run(writes.close())


EVERYTHING = Search()


def test_a_list_shows_every_change_at_once_and_reads_no_row_twice(ground: Ground) -> None:
    ground.shown = Shown()
    before = ground.search(EVERYTHING)
    again = ground.search(EVERYTHING)
    one = before[3].service_request_id
    change = "update requests set status_notes = 'Seen.' where service_request_id = '{}'"
    statement(ground.dsn, change.format(one))
    after = ground.search(EVERYTHING)

    assert all(new is old for new, old in zip(again, before, strict=True))
    assert [new.status_notes for new in after if new not in before] == ["Seen."]


def test_a_city_that_was_read_anew_names_its_requests_anew(ground: Ground) -> None:
    before = ground.search(EVERYTHING)
    renamed = msgspec.structs.replace(ground.city, departments={"works": "Works"}, services={})
    search = requests.search(ground.reads, renamed, EVERYTHING, "https://own", ground.shown)
    after = ground.runner.run(search).requests

    assert {each.service_name for each in after} == {each.service_code for each in before}
    assert {each.service_name for each in before} == {
        each.service_name for each in ground.search(EVERYTHING)
    }


def test_whoever_walks_through_the_past_is_read_at_once_and_whoever_polls_is_not(
    ground: Ground,
) -> None:
    ground.shown = Shown(room=0)  # nothing is known a second time
    walked = [ground.shown.is_likely for _ in range(100) if ground.search(EVERYTHING)]
    ground.shown._room = ground.shown._free = 24_000_000
    polled = [ground.shown.is_likely for _ in range(100) if ground.search(EVERYTHING)]

    assert (walked[0], walked[-1]) == (True, False)
    assert (polled[0], polled[-1]) == (False, True)


@pytest.mark.parametrize("number", [*map(str, IDS)])
def test_a_request_is_found_by_its_id_in_its_own_city_only(ground: Ground, number: str) -> None:
    found = ground.runner.run(requests.find(ground.reads, ground.city, number, ""))
    expected = model(Search(service_request_id=(number,)))

    assert expected == ([found.service_request_id] if found else [])


NEW = NewRequest(
    jurisdiction_id=OWN,
    numbered=True,
    token=None,
    service_code="tree",
    definition_version=1,
    description="It fell.",
    department="works",
    service_notice="Soon.",
    requested_datetime=NOW,
    expected_datetime=NOW + timedelta(hours=24),
    address="1 Quay Street",
    address_id="0012",
    lat=44.6,
    long=-66.2,
    media=("https://tiny.example/1.jpg", "/media/own.example/2.jpg", "/media/own.example/3.jpg"),
    client_id=1,
    attributes={"note": "é", "count": 1.5},
    reporter=Reporter("ada@example.org", "Ada", None, None, None, None),
)


def test_a_request_is_filed_whole_and_its_reporter_apart(ground: Ground) -> None:
    number = ground.insert(NEW)
    found = ground.runner.run(requests.find(ground.reads, ground.city, str(number), "https://own"))
    beside = using(
        ground.dsn,
        lambda each: each.fetch(
            "select r.attributes, p.email, p.first_name, p.phone,"
            " array(select m.url from media m where m.request_id = r.id order by m.position)"
            " from requests r join reporters p on p.request_id = r.id"
            " where r.service_request_id = $1",
            number,
        ),
    )

    assert found == ServiceRequest(
        service_request_id=str(number),
        status="open",
        status_notes=None,
        service_name="tree of own.example",
        service_code="tree",
        description="It fell.",
        agency_responsible="Works of own.example",
        service_notice="Soon.",
        requested_datetime=NOW,
        updated_datetime=NOW,
        expected_datetime=NOW + timedelta(hours=24),
        address="1 Quay Street",
        address_id="0012",
        zipcode=None,
        lat=44.6,
        long=-66.2,
        media_url="https://tiny.example/1.jpg",
    )
    ((attributes, *reporter, pictures),) = beside
    assert json.loads(attributes) == NEW.attributes
    assert reporter == ["ada@example.org", "Ada", None]
    assert pictures == list(NEW.media[1:])


def test_an_own_picture_is_shown_below_the_public_url(ground: Ground) -> None:
    number = ground.insert(msgspec.structs.replace(NEW, media=NEW.media[1:]))
    found = ground.runner.run(requests.find(ground.reads, ground.city, str(number), "https://own"))

    assert found is not None
    assert found.media_url == "https://own/media/own.example/2.jpg"


def test_a_request_without_a_reporter_leaves_no_row_of_one(ground: Ground) -> None:
    nobody = Reporter(None, None, None, None, None, None)
    number = ground.insert(msgspec.structs.replace(NEW, reporter=nobody))
    sql = "select count(*) from reporters where request_id = $1"

    assert using(ground.dsn, lambda each: each.fetchval(sql, int(str(number)))) == 0


def test_a_batch_request_has_a_token_first_and_a_blackbox_request_nothing(ground: Ground) -> None:
    blackbox = msgspec.structs.replace(NEW, numbered=False)
    waiting = msgspec.structs.replace(blackbox, token="wait")

    assert ground.insert(blackbox) is None
    assert ground.insert(waiting) is None
    redeemed = ground.runner.run(requests.redeem(ground.reads, OWN, "wait"))
    assert redeemed == Redeemed(None, "wait")
    assert ground.runner.run(requests.redeem(ground.reads, OTHER, "wait")) is None
