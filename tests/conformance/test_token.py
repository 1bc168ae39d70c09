"""GET service_request_id from a token."""

from __future__ import annotations

import time

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment
from tests.conformance.wire import Answer

PATIENCE = 10  # seconds that a batch may take


@pytest.fixture(scope="module")
def token(endpoint: Endpoint) -> str:
    """The token of a report to a batch service, posted just now."""
    report = reports.fields(endpoint, {"service_code": endpoint.need("batch_code")})
    return endpoint.post(report, endpoint.formats[0]).one["token"]


def redeem(endpoint: Endpoint, token: str, fmt: str) -> Answer:
    """What became of a token."""
    return endpoint.get(f"tokens/{segment(token)}", fmt)


def resolved(endpoint: Endpoint, token: str, fmt: str) -> str:
    """The id of a token, asked for until it is there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := redeem(endpoint, token, fmt).one["service_request_id"]:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{token} has no service_request_id after {PATIENCE} s")


@pytest.mark.clause("GR-T-01", "GR-T-02", "GR-F-13", "GR-F-21")
def test_a_token_answers_a_list_of_one(endpoint: Endpoint, token: str, fmt: str) -> None:
    """service_requests/request with service_request_id and token; no key."""
    answer = redeem(endpoint, token, fmt)

    assert answer.status == 200
    assert {"service_request_id", "token"} <= set(answer.one)
    assert answer.one["token"] == token
    if fmt == "xml":
        assert (answer.xml.tag, [c.tag for c in answer.xml]) == ("service_requests", ["request"])


@pytest.mark.clause("GR-T-04", "IO-05")
def test_a_token_without_an_id_yet_is_200(endpoint: Endpoint, fmt: str) -> None:
    """Just posted, the id is there or empty: clients poll until it is there."""
    report = reports.fields(endpoint, {"service_code": endpoint.need("batch_code")})
    token = endpoint.post(report, fmt).one["token"]
    answer = redeem(endpoint, token, fmt)

    assert answer.status == 200
    assert list(answer.one)[:2] == ["service_request_id", "token"]
    assert answer.one["service_request_id"] != ""


@pytest.mark.clause("GR-T-04")
def test_a_token_becomes_a_request(endpoint: Endpoint, token: str, fmt: str) -> None:
    """In time the token has an id, and the id is a request of that service."""
    found = resolved(endpoint, token, fmt)

    assert reports.read(endpoint, found, fmt)["service_code"] == endpoint.batch_code


@pytest.mark.clause("GR-T-05")
def test_a_token_stays_good_and_its_id_never_changes(
    endpoint: Endpoint, token: str, fmt: str
) -> None:
    """Redeeming it again and again gives the same id."""
    found = resolved(endpoint, token, fmt)

    assert [found] * 3 == [redeem(endpoint, token, fmt).one["service_request_id"] for _ in range(3)]


@pytest.mark.clause("GR-F-24", "IO-04")
def test_ids_and_tokens_are_strings(endpoint: Endpoint, token: str, as_json: str) -> None:
    """Both are JSON strings, though the published example shows numbers."""
    resolved(endpoint, token, as_json)
    redeemed = redeem(endpoint, token, as_json).json[0]

    assert {type(each) for each in redeemed.values()} == {str}


@pytest.mark.clause("GR-T-03", "GR-E-03", "GR-E-05")
@pytest.mark.parametrize("unknown", ["no-such-token", "123456789"])
def test_an_unknown_token_is_404(endpoint: Endpoint, fmt: str, unknown: str) -> None:
    """404 where the token does not exist, said in the errors document."""
    answer = redeem(endpoint, unknown, fmt)

    assert answer.status == 404
    assert answer.blames("token")


@pytest.mark.clause("GR-E-10")
@pytest.mark.parametrize("odd", ["no such/token", "é", "a.b", "%", "x" * 300])
def test_an_odd_token_is_only_unknown(endpoint: Endpoint, fmt: str, odd: str) -> None:
    """Whatever stands in the path, it is a token that does not exist."""
    answer = redeem(endpoint, odd, fmt)

    assert answer.status == 404
    assert answer.blames("token")


@pytest.mark.clause("GR-T-06")
def test_the_id_of_a_request_is_no_token(endpoint: Endpoint, fmt: str) -> None:
    """A realtime request has no token, and its id is none."""
    assert redeem(endpoint, reports.submit(endpoint), fmt).status == 404


@pytest.mark.clause("GR-T-03")
@pytest.mark.parametrize("path", ["tokens", "tokens/"])
def test_a_token_that_is_not_provided_is_400_or_404(
    endpoint: Endpoint, fmt: str, path: str
) -> None:
    """Without a token there is no such resource: 400 by the page, 404 by its address."""
    assert endpoint.get(path, fmt).status in (400, 404)
