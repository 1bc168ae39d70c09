"""A real city on this server: Boston's services, its boundary, and 2,000 of its real requests."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from open311.spec.w3c_datetime import show
from tests.city import boston
from tests.commands import open311, said
from tests.conformance.wire import Answer
from tests.inprocess import ENDPOINT, FORM
from tests.servers import Server, serving
from tests.validation import sound

COUNT = 2_000
THREADS = 8

pytestmark = pytest.mark.skipif(
    not boston.DATA.exists() and os.environ.get("CI") != "true",
    reason="Boston's open data is not beside the project, in ../shared/data/boston",
)


class City:
    """The loaded city, and how to talk to it on connections that stay open."""

    def __init__(self, server: Server, services: dict[str, dict[str, Any]], key: str) -> None:
        self.server, self.services, self.key = server, services, key

    def ask(self, work: list[Any], one: Callable[[Callable[..., Answer], Any], Any]) -> list[Any]:
        """Do all the work in threads, each with a connection of its own; the results in order."""

        def some(part: list[Any]) -> list[Any]:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            try:
                return [one(lambda *call: _exchange(connection, *call), each) for each in part]
            finally:
                connection.close()

        with ThreadPoolExecutor(THREADS) as pool:
            parts = list(pool.map(some, [work[start::THREADS] for start in range(THREADS)]))
        results: list[Any] = [None] * len(work)
        for start, part in enumerate(parts):
            results[start::THREADS] = part
        return results


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None
) -> Answer:
    connection.request(method, f"{ENDPOINT}/{path}", body, dict(FORM) if body else {})
    answer = connection.getresponse()
    return Answer(method, path, answer.status, tuple(answer.getheaders()), answer.read())


@pytest.fixture(scope="module")
def city(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Boston: checked, loaded and served by two workers."""
    assert boston.DATA.exists(), f"{boston.DATA} is missing, and must not be in CI"
    path: Path = tmp_path_factory.mktemp("boston")
    services = boston.folder(path / "city")
    settings = {"database_url": bare_dsn, "data_dir": path / "data"}
    checked = said("check", path / "city", **settings)
    assert "boston.gov: services: 118, departments: 31, areas: 1; no faults." in checked
    assert "services: 118 added" in said("load", path / "city", **settings)
    words = ("keys", "create", "--jurisdiction", "boston.gov", "--name", "x", "--rate-limit", "0")
    key = said(*words, **settings).strip()
    with serving(path / "data", workers=2, database_url=bare_dsn) as server:
        yield City(server, services, key)


def test_the_boundary_as_published_is_refused_by_file_and_place(tmp_path: Path) -> None:
    boston.folder(tmp_path / "city")
    boston.write(tmp_path / "city/areas/boundary.geojson", boston.boundary(mended=False))
    done = open311("check", tmp_path / "city")

    assert done.returncode == 1
    assert "areas/boundary.geojson: features[0].geometry" in done.stderr
    assert "Self-intersection" in done.stderr


def test_every_service_of_boston_is_listed_as_the_city_has_it(city: City) -> None:
    def listed(ask: Callable[..., Answer], fmt: str) -> Any:
        return sound(ask("GET", f"services.{fmt}"), "services")

    of_xml, of_json = city.ask(["xml", "json"], listed)

    assert of_xml == of_json
    assert {each["service_code"]: each["service_name"] for each in of_json} == {
        code: service["service_name"] for code, service in city.services.items()
    }
    for each in of_json:
        assert each["metadata"] is bool(city.services[each["service_code"]].get("attributes"))


def test_two_thousand_real_requests_come_back_whole_in_both_formats(city: City) -> None:
    reports = list(boston.reports(COUNT, city.services))
    began = show(datetime.now(UTC))

    def post(ask: Callable[..., Answer], numbered: tuple[int, dict[str, str]]) -> str:
        number, fields = numbered
        form = urlencode({"api_key": city.key} | fields)
        answer = ask("POST", f"requests.{('xml', 'json')[number % 2]}", form)
        assert answer.status == 200, answer
        return str(sound(answer, "submitted_requests")[0]["service_request_id"])

    ids = city.ask(list(enumerate(reports)), post)
    ended = show(datetime.now(UTC))
    assert len(set(ids)) == COUNT == len(reports)

    expected = {
        number: _expected(number, fields, city.services[fields["service_code"]])
        for number, fields in zip(ids, reports, strict=True)
    }
    assert len({each["service_code"] for each in expected.values()}) > 40

    def single(ask: Callable[..., Answer], call: tuple[str, str]) -> None:
        number, fmt = call
        (found,) = sound(ask("GET", f"requests/{number}.{fmt}"), "service_requests")
        assert expected[number] == _without_times(found, began, ended)

    city.ask([(number, fmt) for number in ids for fmt in ("xml", "json")], single)

    def page(ask: Callable[..., Answer], call: tuple[int, str]) -> list[dict[str, Any]]:
        number, fmt = call
        path = f"requests.{fmt}?page={number}&page_size=300"
        return sound(ask("GET", path), "service_requests")

    for fmt in ("xml", "json"):
        pages = city.ask([(number, fmt) for number in range(1, 9)], page)
        listed = [each for some in pages for each in some]
        assert len(listed) == COUNT
        for each in listed:
            assert expected[each["service_request_id"]] == _without_times(each, began, ended)


def _expected(number: str, fields: dict[str, str], service: dict[str, Any]) -> dict[str, Any]:
    """All that must come back of a report, but its times."""
    return {
        "service_request_id": number,
        "status": "open",
        "status_notes": None,
        "service_name": service["service_name"],
        "service_code": fields["service_code"],
        "description": fields["description"].strip() or None,
        "agency_responsible": service["agency"],
        "service_notice": None,
        "address": fields["address_string"].strip() or None,
        "address_id": fields["address_id"].strip() or None,
        "zipcode": None,
        "lat": float(fields["lat"]),
        "long": float(fields["long"]),
        "media_url": None,
    }


def _without_times(found: dict[str, Any], began: str, ended: str) -> dict[str, Any]:
    """A request without its times, which are checked here."""
    rest = dict(found)
    requested, updated = rest.pop("requested_datetime"), rest.pop("updated_datetime")
    assert began <= requested <= ended
    assert updated == requested
    assert rest.pop("expected_datetime", None) is None
    return rest
