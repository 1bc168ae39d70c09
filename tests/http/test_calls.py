"""Which answers are kept, how methods are counted, and what an empty end of a path is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from open311.http.answers import Page
from open311.http.kept import Pages
from open311.http.metrics import Key
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW, SEVERAL
from tests.databases import copy_of, load
from tests.inprocess import ENDPOINT, Door
from tests.validation import sound

OWN = "lanternport.example"

KEPT = [
    *("services.xml", "services.json", f"services.json?jurisdiction_id={OWN}"),
    *("services/pothole.xml", f"services/food-poisoning.json?jurisdiction_id={OWN}"),
    *("/discovery.json", "/open311/discovery.xml", "/open311/v2/discovery.json"),
    *("services.json?locale=fr", f"services/pothole.xml?jurisdiction_id={OWN}&locale=en"),
]
INVENTED = [
    *(
        "services.xml?x=1",
        "services.json?jurisdiction_id",
        "services.json?jurisdiction_id=nowhere.example",
    ),
    *(f"services.json?jurisdiction_id={OWN}&x=1", f"services.json?x=1&jurisdiction_id={OWN}"),
    *("services.JSON", "services.Xml", "//open311//v2//services.json", "/open311/v2//services.xml"),
    *("services", "services/pothole", "services/no-such.json", "services/.json", "/discovery"),
    *("services.json?jurisdiction_id=%6canternport.example", "requests.json", "/healthz", "/"),
    *(f"services.json?jurisdiction_id={OWN}&jurisdiction_id={OWN}", "/discovery.json?x=1"),
    *(f"services.json?locale=fr&jurisdiction_id={OWN}", "services.json?locale=fr&locale=fr"),
    *("services.json?locale=FR", "services.json?locale=de", "services.json?locale="),
]
"""URLs without end, of which each would fill the memory a little more."""


@pytest.fixture
def fresh(door: Door) -> Door:
    """The demo city, with no page kept yet."""
    door.desk.pages.clear()
    return door


@pytest.fixture(scope="module")
def several(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Two small cities in one server."""
    path = tmp_path_factory.mktemp("several")
    with copy_of(cluster, bare) as dsn:
        for own in SEVERAL:
            load(dsn, small_city(path / own, own), NOW)
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield door


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", KEPT)
def test_a_page_that_many_ask_for_is_kept_once_for_each_coding(fresh: Door, url: str) -> None:
    codings = ("", "gzip", "br, gzip")
    first = [fresh.ask("GET", url, (("accept-encoding", each),)) for each in codings]
    again = [fresh.ask("GET", url, (("accept-encoding", each),)) for each in codings]

    assert {each.status for each in first} == {200}
    assert len(fresh.desk.pages) == 3
    assert [each.body for each in again] == [each.body for each in first]


@pytest.mark.parametrize("url", INVENTED)
def test_a_page_of_a_url_that_anybody_can_invent_is_not_kept(fresh: Door, url: str) -> None:
    fresh.ask("GET", url)

    assert fresh.desk.pages == {}


def test_300_invented_urls_keep_no_page(fresh: Door) -> None:
    ways = itertools.product(
        ("services.json", "services/pothole.xml", "/discovery.xml"), range(100)
    )
    statuses = {fresh.ask("GET", f"{path}?{number}={number}").status for path, number in ways}

    assert statuses == {200}
    assert fresh.desk.pages == {}


def test_what_is_kept_has_room_and_begins_anew_where_it_has_none() -> None:
    kept = Pages(room=10_000)

    def page(size: int) -> Page:
        return Page({}, {"body": bytes(size)}, ("", "GET", 200))

    for name, size in (("large", 9_000), ("a", 1_000), ("b", 2_000), ("a", 1_000)):
        kept.keep((name, b"", "", ""), page(size))
    assert [key[0] for key in kept] == ["a", "b"]

    kept.keep(("c", b"", "", ""), page(1_001))
    assert [key[0] for key in kept] == ["c"]


def test_a_page_that_only_head_or_options_asked_for_is_not_kept(fresh: Door) -> None:
    for method in ("HEAD", "OPTIONS"):
        assert fresh.ask(method, "services.json").status in (200, 204)

    assert fresh.desk.pages == {}


def test_of_several_cities_the_pages_of_each_are_kept_and_of_no_other(several: Door) -> None:
    several.desk.pages.clear()
    for own in (*SEVERAL, "nowhere.example", *SEVERAL):
        answer = several.ask("GET", f"services.json?jurisdiction_id={own}")
        assert (answer.status, own.encode() in answer.body) == (
            (200, True) if own in SEVERAL else (404, True)
        )

    assert len(several.desk.pages) == 2


def test_without_an_extension_accept_is_heard_each_time(fresh: Door) -> None:
    asked = ["application/json", "text/xml", "application/json", "*/*", "application/json"]
    answers = [fresh.ask("GET", "services", (("accept", each),)) for each in asked]

    assert [each.format for each in answers] == ["json", "xml", "json", "xml", "json"]
    for answer in answers:
        sound(answer, "services")


# --- methods --------------------------------------------------------------------------------------


def counted(door: Door) -> dict[Key, int]:
    """How many answers of each kind there were."""
    return {key: int(sum(line[:-1])) for key, line in door.desk.tally._answers.items()}


def test_invented_methods_are_counted_as_one(door: Door) -> None:
    before = counted(door)
    for number in range(50):
        assert door.ask(f"INVENTED{number}", "services.json").status == 405
    door.ask("get", "nothing.json")
    after = counted(door)

    assert after.keys() - before.keys() == {
        (f"{ENDPOINT}/services", "other", 405),
        ("unmatched", "other", 404),
    }
    assert after[f"{ENDPOINT}/services", "other", 405] == 50


def test_every_method_of_http_is_counted_by_its_name(door: Door) -> None:
    named = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    before = counted(door)
    statuses = {each: door.ask(each, "services.json").status for each in named}
    after = counted(door)

    for method, status in statuses.items():
        key = (f"{ENDPOINT}/services", method, status)
        assert after[key] == before.get(key, 0) + 1
    assert statuses["OPTIONS"] == 204


# --- the end of a path ----------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["xml", "json"])
@pytest.mark.parametrize(
    ("path", "argument"),
    [
        pytest.param("services/", "service_code", marks=pytest.mark.clause("GR-A-10")),
        pytest.param("tokens/", "token", marks=pytest.mark.clause("GR-T-03")),
        ("requests/", "service_request_id"),
    ],
)
def test_a_path_that_names_nothing_is_told_what_is_missing(
    door: Door, path: str, argument: str, fmt: str
) -> None:
    answer = door.ask("GET", f"{path}.{fmt}")
    bare = door.ask("GET", path)

    assert (answer.status, answer.format) == (400, fmt)
    assert (bare.status, bare.format) == (400, "xml")
    for each in (answer, bare):
        (error,) = sound(each, "errors")
        assert error["description"].startswith(f"{argument}: ")


@pytest.mark.parametrize("path", ["", "/", "//"])
def test_the_endpoint_itself_is_a_page_for_people(door: Door, path: str) -> None:
    answer = door.ask("GET", f"{ENDPOINT}{path}")

    assert answer.status == 200
    assert (answer.header("content-type") or "").startswith("text/html")


@pytest.mark.parametrize("path", ["/.json", "/open311.xml", "/open311/v2.xml", "/open311/v2/.json"])
def test_a_page_has_no_other_formats(door: Door, path: str) -> None:
    answer = door.ask("GET", path)

    assert answer.status == 404
    sound(answer, "errors")
