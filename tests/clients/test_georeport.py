"""The client `georeport` from PyPI, as its users call it, over a real socket."""

from __future__ import annotations

import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from georeport import GeoReport

from tests.conftest import RunningServer


@pytest.fixture(params=["json", "xml"])
def client(running_server: RunningServer, request: pytest.FixtureRequest) -> GeoReport:
    return GeoReport(running_server.base_url, output_format=request.param)


@pytest.fixture
def named(running_server: RunningServer) -> GeoReport:
    return GeoReport(running_server.base_url, jurisdiction=running_server.jurisdiction_id)


def test_the_services_are_listed(client: GeoReport, running_server: RunningServer) -> None:
    services = {each["service_code"]: each for each in client.get_service_list()}

    assert len(services) >= 280
    assert services[running_server.realtime_code]["service_name"] == "Pothole"


def test_a_definition_is_read(client: GeoReport, running_server: RunningServer) -> None:
    definition = client.get_service_definition(running_server.attribute_code)
    attributes = definition["attributes"]
    listed = attributes["attribute"] if isinstance(attributes, dict) else attributes

    assert definition["service_code"] == running_server.attribute_code
    assert [int(each["order"]) for each in listed] == sorted(int(each["order"]) for each in listed)


def test_the_requests_are_listed_and_filtered(client: GeoReport) -> None:
    everything = client.get_service_requests()
    closed = client.get_service_requests(status="closed")

    assert 100 < len(closed) < len(everything)
    assert {each["status"] for each in closed} == {"closed"}


def test_requests_are_found_by_service_dates_and_ids(client: GeoReport) -> None:
    first, second, *_ = client.get_service_requests()
    when = first["requested_datetime"]
    found = client.get_service_requests(
        service_code=first["service_code"], start_date=when, end_date=when, status=first["status"]
    )
    both = f"{first['service_request_id']},{second['service_request_id']}"

    assert first in (found if isinstance(found, list) else [found])  # XML: one is not a list
    assert client.get_service_requests(service_request_id=both) == [first, second]


def test_one_request_is_read(client: GeoReport) -> None:
    first, *_ = client.get_service_requests()

    assert first == client.get_service_request(first["service_request_id"])


def test_a_city_may_be_named(named: GeoReport) -> None:
    assert len(named.get_service_list()) >= 280
    assert named.get_service_requests()
