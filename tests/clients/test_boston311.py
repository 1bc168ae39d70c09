"""The client `boston311` from PyPI: its typed models demand an address and a point."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta, timezone
from urllib.parse import urlencode

import pytest
import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import boston311
    from boston311 import api
    from boston311.datamodels import Status

from tests.conftest import RunningServer
from tests.inprocess import FORM


@pytest.fixture(autouse=True)
def endpoint(running_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its one constant, replaced: it knows no other city."""
    monkeypatch.setattr(api, "BOSTON_API_ENDPOINT", f"{running_server.base_url}/")


@pytest.fixture(scope="module")
def filed(running_server: RunningServer) -> str:
    """The id of a request that has all that the client demands."""
    body = urlencode(
        {
            "api_key": running_server.api_key,
            "service_code": running_server.realtime_code,
            "lat": "44.6",
            "long": "-66.2",
            "address_string": "1 Quay Street",
            "media_url": "https://pictures.example/1.jpg",
        }
    )
    _, _, answer = running_server.server.ask(
        "POST", "/open311/v2/requests.json", body.encode(), **{"Content-Type": FORM[0][1]}
    )
    return str(json.loads(answer)[0]["service_request_id"])


def test_the_services_are_listed(running_server: RunningServer) -> None:
    services = boston311.get_services()

    assert len(services) >= 280
    assert services.get_service_name(running_server.realtime_code) == "Pothole"


def test_one_request_is_read(filed: str, running_server: RunningServer) -> None:
    request = boston311.get_service_request(filed)

    assert request is not None
    assert (request.service_request_id, request.status) == (filed, Status.OPEN)
    assert (request.lat, request.long, request.address) == (44.6, -66.2, "1 Quay Street")
    assert request.requested_datetime.utcoffset() == timedelta(0)


def test_an_unknown_request_is_an_error() -> None:
    with pytest.raises(requests.HTTPError):
        boston311.get_service_request("no-such-id")


def test_requests_are_found_by_service_dates_and_status(
    filed: str, running_server: RunningServer
) -> None:
    when = boston311.get_service_request(filed).requested_datetime
    eastern = when.astimezone(timezone(timedelta(hours=-5)))
    asked = {"service_code": running_server.realtime_code, "start_date": eastern}

    found = boston311.get_service_requests(**asked, end_date=eastern, status=Status.OPEN)
    until_now = boston311.get_service_requests(**asked)
    closed = boston311.get_service_requests(**asked, end_date=eastern, status=Status.CLOSED)

    assert filed in [each.service_request_id for each in found.service_requests]
    assert filed in [each.service_request_id for each in until_now.service_requests]
    assert len(closed) == 0
