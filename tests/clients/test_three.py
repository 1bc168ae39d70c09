"""The client `three` from PyPI, of 2013, which wants a name of Python 2."""

from __future__ import annotations

import importlib
import itertools
import time
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from PIL import Image

from tests.conftest import RunningServer


@pytest.fixture(scope="module")
def three() -> Iterator[Any]:
    """The module, with the one name that Python 3 has taken away."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it and what it stands on were written for Python 2
        patch.setattr(itertools, "ifilter", filter, raising=False)
        yield importlib.import_module("three")


@pytest.fixture
def client(three: Any, running_server: RunningServer) -> Iterator[Any]:
    city = three.Three(
        running_server.base_url,
        api_key=running_server.api_key,
        discovery=f"{running_server.discovery_url}.json",
    )
    with city.session:
        yield city


def test_everything_is_read(client: Any, running_server: RunningServer) -> None:
    assert len(client.services()) >= 280
    assert client.services(running_server.attribute_code)["attributes"]
    assert client.discovery()["endpoints"][0]["url"] == running_server.base_url
    assert len(client.requests(count=12)) == 12
    assert client.requests(running_server.realtime_code)


def test_requests_are_found_by_days(client: Any) -> None:
    newest = client.requests(count=1)[0]
    year, month, day = newest["requested_datetime"][:10].split("-")
    found = client.requests(between=[f"{month}-{day}-{year}", f"{month}/{day}/{int(year) + 1}"])
    short = client.requests(start=f"{month}-{day}-{year[2:]}")

    assert "errors" not in str(short)[:20]
    assert found[0]["code"] == 400  # more than 90 days: the standard's own limit, in words
    assert "start_date" in found[0]["description"]


def test_a_report_is_posted_and_read(client: Any, running_server: RunningServer) -> None:
    (answer,) = client.post(
        running_server.realtime_code,
        address="1 Quay Street",
        name="Ada Byron",
        phone="555-5555",
        description="A hole, dès café.",
    )
    (request,) = client.request(answer["service_request_id"])

    assert request["address"] == "1 Quay Street"
    assert request["description"] == "A hole, dès café."
    assert "Byron" not in str(request)


def test_a_picture_is_posted_and_served(client: Any, running_server: RunningServer) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    picture.seek(0)
    picture.name = "photo.png"
    (answer,) = client.post(
        running_server.realtime_code, lat="44.6", long="-66.2", description="See", media=picture
    )
    (request,) = client.request(answer["service_request_id"])
    served = client.session.get(request["media_url"])

    assert served.headers["Content-Type"] == "image/jpeg"
    assert Image.open(BytesIO(served.content)).size == (40, 30)
    assert request["description"] == "See"


def test_a_token_becomes_an_id(client: Any, running_server: RunningServer) -> None:
    (answer,) = client.post(running_server.batch_code, address="1 Quay Street")
    deadline = time.monotonic() + 10
    (found,) = client.token(answer["token"])
    while found["service_request_id"] is None and time.monotonic() < deadline:
        time.sleep(0.1)
        (found,) = client.token(answer["token"])

    assert found["token"] == answer["token"]
    assert client.request(found["service_request_id"])[0]["status"] == "open"


def test_xml_is_read(client: Any, running_server: RunningServer) -> None:
    """Its own conversion fails on Python 3 for any server, so the XML is taken as it comes."""
    client.configure(format="xml")
    services = etree.fromstring(client.services(convert=False))
    requests = etree.fromstring(client.requests(count=5, convert=False))
    errors = etree.fromstring(client.request("no-such-id", convert=False))

    assert len(services.findall("service")) >= 280
    assert len(requests.findall("request/service_request_id")) == 5
    assert errors.findtext("error/code") == "404"


def test_a_wrong_key_is_refused_in_words(three: Any, running_server: RunningServer) -> None:
    with three.Three(running_server.base_url, api_key="wrong").session as _:
        city = three.Three(running_server.base_url, api_key="wrong")
        (error,) = city.post(running_server.realtime_code, address="1 Quay Street")
        city.session.close()

    assert error["code"] == 403
