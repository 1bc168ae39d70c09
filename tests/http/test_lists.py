"""Lists over HTTP: filters in the words of clients, pages that go on, totals; both formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from open311.actions import duties
from open311.domain.spots import spot
from open311.spec import filters, search
from open311.store import db, spots
from tests import inprocess
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import using
from tests.inprocess import Door

OWN = "lanternport.example"
BOTH = pytest.mark.parametrize("fmt", ["json", "xml"])
COUNT = 130
AREAS = [{"wards": "W1", "police": "P1"}, {"wards": "W2", "police": "P1"}, {"wards": "W3"}]
KINDS = ["pothole", "graffiti", "food-poisoning"]


def row(number: int) -> dict[str, Any]:
    at = NOW - timedelta(hours=number)
    return {
        "service_request_id": str(number),
        "service_code": KINDS[number % 3],
        "status": "open" if number % 4 else "closed",
        "department": "streets" if number % 2 else "parks",
        "description": "Deep hole" if number % 5 else "Étang gelé",
        "address": f"{number} Quay Street",
        "media_url": None if number % 6 else "https://own/x.jpg",
        "requested_datetime": at,
        "updated_datetime": at + timedelta(minutes=number),
        "lat": 44.6 + number / 10_000,
        "long": -66.2,
        "definition_version": 1,
    }


async def fill(connection: db.Connection) -> None:
    async with db.owning(connection, OWN):
        for number in range(COUNT):
            each = row(number)
            where = spot(each["long"], each["lat"], AREAS[number % 3])
            known = await spots.numbers(connection, OWN, [where])
            each |= {"jurisdiction_id": OWN, "place": known[where]}
            values = ", ".join(f"${place}" for place in range(1, len(each) + 1))
            await connection.execute(
                f"insert into requests ({', '.join(each)}) values ({values})", *each.values()
            )


@pytest.fixture(scope="module")
def door(city_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    using(city_dsn, fill)
    with inprocess.opened(city_dsn, tmp_path_factory.mktemp("lists"), lambda: NOW) as opened:
        yield opened


def get(door: Door, fmt: str = "json", **arguments: object) -> Answer:
    return door.ask("GET", f"requests.{fmt}?{urlencode(arguments, doseq=True)}")


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["service_request_id"] for each in answer.plain]


def links(answer: Answer) -> dict[str, str]:
    return {
        name: url
        for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.header("link") or "")
    }


def follow(door: Door, url: str) -> Answer:
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:8311")
    return door.ask("GET", f"{parts.path}?{parts.query}")


FILTERS: dict[str, tuple[dict[str, object], Any]] = {
    "kind": ({"service_code": "graffiti"}, lambda n: n % 3 == 1),
    "state": ({"status": "closed"}, lambda n: n % 4 == 0),
    "changed since": (
        {"updated_after": (NOW - timedelta(hours=20)).isoformat()},
        lambda n: 60 * n - n <= 20 * 60,
    ),
    "changed until": (
        {"updated_before": (NOW - timedelta(hours=20)).isoformat()},
        lambda n: 60 * n - n >= 20 * 60,
    ),
    "department by code": ({"department": "PARKS"}, lambda n: n % 2 == 0),
    "department by name": (
        {"agency_responsible": "Streets and Footways|Nobody"},
        lambda n: n % 2 == 1,
    ),
    "nobody's": ({"department": "nobody"}, lambda n: False),
    "pictures": ({"has_media": "yes"}, lambda n: n % 6 == 0),
    "no pictures": ({"has_media": "0"}, lambda n: n % 6 != 0),
    "layer": ({"wards": "W1,W3"}, lambda n: n % 3 != 1),
    "layer without its plural": ({"ward": "W2"}, lambda n: n % 3 == 1),
    "two layers": ({"area": ["wards:W1,wards:W3", "police:P1"]}, lambda n: n % 3 == 0),
    "box": ({"bbox": "-66.3,44.6005,-66.1,44.6010"}, lambda n: 5 <= n <= 10),
    "circle": ({"lat": 44.6, "long": -66.2, "radius": 60}, lambda n: n <= 5),
    "words": ({"q": "etang GELÉ"}, lambda n: n % 5 == 0),
    "beginnings": ({"q": "ho dee"}, lambda n: n % 5 != 0),
    "a house": ({"q": "9 quay str"}, lambda n: str(n).startswith("9")),
    "part of an address": ({"q": "uay"}, lambda n: True),
    "several": (
        {"q": "hole", "status": "open", "ward": "W1", "has_media": "false"},
        lambda n: n % 5 and n % 4 and n % 3 == 0 and n % 6,
    ),
}


@BOTH
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_finds_what_it_says(door: Door, fmt: str, name: str) -> None:
    arguments, meets = FILTERS[name]

    assert ids(get(door, fmt, **arguments)) == [str(n) for n in range(COUNT) if meets(n)]


def test_a_group_is_its_kinds_and_both_are_what_they_share(door: Door) -> None:
    groups = {each["service_code"]: each["group"] for each in door.ask("GET", "services.json").json}
    group = groups["graffiti"]
    of_it = [n for n in range(COUNT) if groups[KINDS[n % 3]] == group]

    assert ids(get(door, group=group.upper())) == [str(n) for n in of_it]
    assert ids(get(door, group=group, service_code="graffiti,pothole")) == [
        str(n) for n in of_it if KINDS[n % 3] in ("graffiti", "pothole")
    ]
    assert ids(get(door, group="No such group")) == []


BAD = {
    "bbox=1,2,3": "bbox",
    "bbox=1,2,x,4": "bbox",
    "bbox=1,50,2,40": "bbox",
    "bbox=1,2,3,nan": "bbox",
    "radius=50": "lat, long: missing",
    "lat=1&long=2": "radius: missing",
    "lat=1&long=2&radius=0": "radius",
    "lat=1&long=2&radius=1e9": "radius",
    "lat=91&long=2&radius=10": "lat",
    "has_media=perhaps": "has_media",
    "sort=name": "sort",
    "cursor=x": "cursor",
    "cursor=" + "A" * 300: "cursor",
    "updated_after=soon": "updated_after",
    "updated_after=2026-02-01&updated_before=2026-01-01": "updated_before",
    "area=wards": "area",
    "q=" + "x" * 300: "q",
    "q=" + "+x" * 11: "q",
    "q=hole&page=100000&page_size=1000&has_media=maybe": "has_media",
}


@BOTH
@pytest.mark.parametrize("query", BAD)
def test_what_cannot_be_read_is_told_by_its_argument(door: Door, fmt: str, query: str) -> None:
    answer = door.ask("GET", f"requests.{fmt}?{query}")

    assert answer.status == 400
    assert BAD[query] in answer.body.decode()


@BOTH
@pytest.mark.parametrize("sort", search.SORTS)
def test_links_lead_through_everything_once_and_back(door: Door, fmt: str, sort: str) -> None:
    everything = ids(get(door, "json", sort=sort))
    assert everything[0] == ("0" if sort[0] == "-" else str(COUNT - 1))
    page = get(door, fmt, sort=sort, page_size=40, api_key="secret")
    walked, pages = ids(page), [page]
    assert set(links(page)) == {"first", "next"}
    while "next" in links(page):
        assert "secret" not in page.header("link")
        page = follow(door, links(page)["next"])
        pages.append(page)
        walked += ids(page)

    assert walked == everything
    assert [len(ids(each)) for each in pages] == [40, 40, 40, 10]
    assert set(links(page)) == {"first", "prev"}
    back = [page]
    while "prev" in links(back[-1]):
        back.append(follow(door, links(back[-1])["prev"]))
    assert [ids(each) for each in back] == [ids(each) for each in reversed(pages)]
    assert ids(follow(door, links(page)["first"])) == everything[:40]


def test_a_page_by_number_is_the_same_and_leads_on(door: Door) -> None:
    everything = ids(get(door))
    third = get(door, page=3, page_size=20, status="open,closed")

    assert ids(third) == everything[40:60]
    assert ids(follow(door, links(third)["next"])) == everything[60:80]
    assert ids(follow(door, links(third)["prev"])) == everything[20:40]


def test_a_cursor_stays_right_while_requests_are_added(dsn: str, tmp_path: Any) -> None:
    using(dsn, fill)
    with inprocess.opened(dsn, tmp_path, lambda: NOW) as door:
        first = get(door, page_size=50, start_date="2026-10-01", end_date="2026-11-23")
        new = "insert into requests (jurisdiction_id, service_request_id, status, service_code,"
        new += " definition_version, requested_datetime, updated_datetime)"
        values = f"values ('{OWN}', 'n' || $1, 'open', 'pothole', 1, $2::timestamptz, $2)"
        for number in range(3):
            using(dsn, lambda each, n=number: each.execute(f"{new} {values}", str(n), NOW))
        second = follow(door, links(first)["next"])

        assert ids(second) == [str(n) for n in range(50, 100)]
        assert ids(get(door, page=2, page_size=50))[:3] == ["47", "48", "49"]  # as pages do
        assert ids(follow(door, links(second)["prev"])) == ids(first)


@BOTH
def test_totals_stand_in_a_header_where_pages_are_asked_for(
    door: Door, city_dsn: str, fmt: str
) -> None:
    async def fold(_: db.Connection) -> None:
        writes = db.Connections(city_dsn, db.WRITER, size=1, seconds=10)
        await duties.add_up(writes)
        await writes.close()

    for _ in range(2):
        assert get(door, fmt, page=1, page_size=5).header("x-total-count") == str(COUNT)
        closed = get(door, fmt, status="closed", per_page=5, service_code="pothole,graffiti")
        assert closed.header("x-total-count") == str(
            sum(n % 4 == 0 and n % 3 < 2 for n in range(COUNT))
        )
        since = NOW - timedelta(hours=30)
        recent = get(door, fmt, start_date=since.isoformat(), limit=3)
        assert recent.header("x-total-count") == "31"
        using(city_dsn, fold)
    assert get(door, fmt).header("x-total-count") is None
    assert get(door, fmt, page=1, q="hole").header("x-total-count") is None


@BOTH
def test_a_page_past_the_end_is_an_empty_list(door: Door, fmt: str) -> None:
    for more in ({}, {"has_media": "true"}, {"q": "hole"}):
        answer = get(door, fmt, page=1_000_000, page_size=1000, **more)
        assert (answer.status, ids(answer)) == (200, [])


def test_who_asks_what_changed_hears_of_old_requests_too(dsn: str, tmp_path: Any) -> None:
    """GR-X 10.2: the 90 days are of requested_datetime, and do not apply."""
    old = NOW - timedelta(days=900)
    new = "insert into requests (jurisdiction_id, service_request_id, status, service_code,"
    new += " definition_version, requested_datetime, updated_datetime)"
    values = f"values ('{OWN}', 'old', 'open', 'pothole', 1, $1, $2)"
    using(dsn, lambda each: each.execute(f"{new} {values}", old, NOW))
    with inprocess.opened(dsn, tmp_path, lambda: NOW) as door:
        assert ids(get(door)) == []
        assert ids(get(door, updated_after="2026-11-01")) == ["old"]
        assert ids(get(door, updated_after="2026-11-01", start_date="2026-01-01")) == []


def test_every_filter_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    names = {*filters.FILTERS, "area", "cursor", "sort"}

    assert {each for each in names if f"`{each}`" not in readme} == (set())


def test_words_are_found_at_once_however_far_from_all_others_a_request_is(
    door: Door, city_dsn: str
) -> None:
    """The months between them, a hundred thousand, are not looked at one by one."""
    moments = [NOW.replace(year=year) for year in (1000, 8998)]
    far = [row(0) | {"requested_datetime": at, "updated_datetime": at} for at in moments]
    names = ("jurisdiction_id", *far[0])

    async def insert(connection: db.Connection) -> None:
        async with db.owning(connection, OWN):
            for each in far:
                values = (
                    OWN,
                    *(each | {"service_request_id": str(each["requested_datetime"])}).values(),
                )
                places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
                await connection.execute(
                    f"insert into requests ({', '.join(names)}) values ({places})", *values
                )

    async def delete(connection: db.Connection) -> None:
        async with db.owning(connection, OWN):
            await connection.execute("delete from requests where service_request_id like '% %'")

    using(city_dsn, insert)
    try:
        found = get(door, updated_after="0001-01-01T00:00:00Z", q="quay", page_size=1000)
        assert len(ids(found)) == COUNT + 2
        assert not ids(get(door, updated_after="0001-01-01T00:00:00Z", q="nowhere"))
    finally:
        using(city_dsn, delete)
