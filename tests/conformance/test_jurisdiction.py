"""jurisdiction_id, on every method."""

from __future__ import annotations

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import FORM, Endpoint, encode

UNKNOWN = "nowhere.example"
PATHS = ["services", "services/{code}", "requests", "requests/{id}", "tokens/no-such-token"]
Cities = tuple[Endpoint, Endpoint]


def path_in(city: Endpoint, path: str) -> str:
    """A path with a service and an id that may exist."""
    return path.format(code=reports.services(city)[0]["service_code"], id="no-such-request")


def report_in(city: Endpoint) -> dict[str, str | None]:
    """A report to the first realtime service of a city."""
    codes = (s["service_code"] for s in reports.services(city) if s["type"] == "realtime")
    code = next(codes, None) or pytest.skip("the city has no realtime service")
    return reports.fields(city, {"service_code": code, "lat": None, "long": None}) | {
        "address_string": "12 Main Street"
    }


@pytest.mark.clause("GR-F-40", "GR-F-41", "GR-F-31", "GR-Q-19")
@pytest.mark.parametrize("given", ["absent", "empty", "right"])
def test_with_one_jurisdiction_the_id_is_optional(single: Endpoint, fmt: str, given: str) -> None:
    """Absent, empty or right: a server with one city answers all the same."""
    said = {"absent": None, "empty": "", "right": single.jurisdiction_id}

    assert single.get("services", fmt, {"jurisdiction_id": said[given]}).status == 200


@pytest.mark.clause("GR-F-41", "GR-F-31")
@pytest.mark.parametrize("said", [None, ""])
def test_with_one_jurisdiction_a_report_needs_no_id(
    single: Endpoint, fmt: str, said: str | None
) -> None:
    """On POST it is as optional."""
    assert single.post(reports.fields(single, {"jurisdiction_id": said}), fmt).ok


@pytest.mark.clause("GR-F-40", "GR-E-03")
@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_jurisdiction_is_404_even_where_one_is_served(
    single: Endpoint, fmt: str, path: str
) -> None:
    """If it is included it must be right, although the standard lets a server ignore it."""
    answer = single.get(path_in(single, path), fmt, {"jurisdiction_id": UNKNOWN})

    assert answer.status == 404
    assert answer.blames("jurisdiction_id")


@pytest.mark.clause("GR-S-05", "GR-A-10", "GR-Q-18", "GR-R-05", "GR-T-03", "GR-E-05")
@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_jurisdiction_is_404(cities: Cities, fmt: str, path: str) -> None:
    """404 where the jurisdiction does not exist, and the error names jurisdiction_id."""
    answer = cities[0].get(path_in(cities[0], path), fmt, {"jurisdiction_id": UNKNOWN})

    assert answer.status == 404
    assert answer.blames("jurisdiction_id")


@pytest.mark.clause("GR-S-05", "GR-A-10", "GR-Q-18", "GR-R-05", "GR-T-03", "GR-F-31")
@pytest.mark.parametrize("said", [None, ""])
@pytest.mark.parametrize("path", PATHS)
def test_a_missing_jurisdiction_is_400(
    cities: Cities, fmt: str, path: str, said: str | None
) -> None:
    """400 where several are served and none is named; empty is absent."""
    answer = cities[0].get(path_in(cities[0], path), fmt, {"jurisdiction_id": said})

    assert answer.status == 400
    assert answer.blames("jurisdiction_id")


@pytest.mark.clause("GR-P-36", "GR-E-03")
@pytest.mark.parametrize(("said", "status"), [(None, 400), ("", 400), (UNKNOWN, 404)])
def test_a_report_must_name_its_jurisdiction(
    cities: Cities, fmt: str, said: str | None, status: int
) -> None:
    """400 where it is missing, 404 where it is unknown."""
    answer = cities[0].post(report_in(cities[0]) | {"jurisdiction_id": said}, fmt)

    assert answer.status == status
    assert answer.blames("jurisdiction_id")


@pytest.mark.clause("GR-F-40")
def test_each_city_has_its_own_services(cities: Cities, fmt: str) -> None:
    """jurisdiction_id says whose services are meant."""
    first, second = (city.get("services", fmt).plain for city in cities)

    assert first != second


@pytest.mark.clause("GR-Q-07", "GR-R-04")
def test_an_id_of_another_city_is_unknown(cities: Cities, fmt: str) -> None:
    """service_request_id overrides much, but does not leave the jurisdiction."""
    here, there = cities
    found = here.post(report_in(here), fmt).one["service_request_id"]
    query = {"service_request_id": found}

    assert [found] == [r["service_request_id"] for r in here.get("requests", fmt, query).plain]
    assert there.get("requests", fmt, query).plain == []
    assert there.get(f"requests/{found}", fmt).status == 404


@pytest.mark.clause("GR-F-42")
@pytest.mark.parametrize("place", ["body", "query", "both"])
def test_a_post_names_its_city_in_body_or_query(cities: Cities, fmt: str, place: str) -> None:
    """Read from the body, then from the query; the body wins."""
    here, there = cities
    report = {"api_key": here.need("api_key"), **report_in(here)}
    if place != "query":
        report["jurisdiction_id"] = here.jurisdiction_id
    query = {"body": "", "query": here.jurisdiction_id, "both": there.jurisdiction_id}[place]
    answer = here.post_body(encode(report).encode(), FORM, fmt, {"jurisdiction_id": query})

    assert answer.status == 200
    path = f"requests/{answer.one['service_request_id']}"
    assert here.get(path, fmt).ok
