"""POST Service Request: the api_key, and what is checked before what."""

from __future__ import annotations

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Answer

WRONG = "not-a-key-of-this-server"
PLACES = ("form", "query", "bearer", "header")


def post(endpoint: Endpoint, fmt: str, keys: dict[str, str], **changes: str | None) -> Answer:
    """POST a good report, with keys in the places named."""
    headers = {}
    if "bearer" in keys:
        headers["Authorization"] = f"Bearer {keys['bearer']}"
    if "header" in keys:
        headers["X-API-Key"] = keys["header"]
    report = reports.fields(endpoint, {"api_key": keys.get("form"), **changes})
    return endpoint.post(report, fmt, {"api_key": keys.get("query")}, headers)


@pytest.mark.clause("GR-P-02", "GR-P-21", "GR-P-36", "GR-E-01", "GR-E-03", "GR-E-06")
@pytest.mark.parametrize("keys", [{}, {"form": ""}, {"form": WRONG}], ids=str)
def test_a_missing_or_wrong_key_is_403(endpoint: Endpoint, fmt: str, keys: dict[str, str]) -> None:
    """403 with an errors document in the format asked for, and not 401."""
    answer = post(endpoint, fmt, keys)

    assert answer.status == 403
    assert answer.format == fmt
    assert answer.blames("api_key")


@pytest.mark.clause("GR-P-20")
def test_the_key_is_read_from_the_form(endpoint: Endpoint, fmt: str) -> None:
    """The published example puts api_key into the body."""
    assert post(endpoint, fmt, {"form": endpoint.need("api_key")}).ok


@pytest.mark.clause("GR-P-22", "IO-20")
@pytest.mark.parametrize("place", PLACES)
def test_the_key_is_read_in_four_places(endpoint: Endpoint, fmt: str, place: str) -> None:
    """Form field, query, Authorization: Bearer, X-API-Key: all seen in clients."""
    assert post(endpoint, fmt, {place: endpoint.need("api_key")}).status == 200


@pytest.mark.clause("GR-P-22", "GR-P-21")
@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_key_is_403_in_every_place(endpoint: Endpoint, fmt: str, place: str) -> None:
    """Wherever it stands, a key that is not known opens nothing."""
    assert post(endpoint, fmt, {place: WRONG}).status == 403


@pytest.mark.clause("GR-P-22", "IO-14")
@pytest.mark.parametrize(("right", "wrong"), [(a, b) for a in PLACES for b in PLACES if a != b])
def test_two_different_keys_are_403(endpoint: Endpoint, fmt: str, right: str, wrong: str) -> None:
    """Where two places disagree the caller is not known, even if one of the keys is good."""
    answer = post(endpoint, fmt, {right: endpoint.need("api_key"), wrong: WRONG})

    assert answer.status == 403
    assert answer.blames("api_key")


@pytest.mark.clause("GR-P-22")
def test_the_same_key_twice_is_no_conflict(endpoint: Endpoint, fmt: str) -> None:
    """In all four places at once, the same key is one key."""
    assert post(endpoint, fmt, dict.fromkeys(PLACES, endpoint.need("api_key"))).status == 200


@pytest.mark.clause("GR-P-22")
@pytest.mark.parametrize("place", PLACES)
def test_a_key_is_never_echoed(endpoint: Endpoint, fmt: str, place: str) -> None:
    """Neither a good nor a wrong key stands in any answer."""
    good = endpoint.need("api_key")
    answers = [
        post(endpoint, fmt, {place: good}),
        post(endpoint, fmt, {place: good}, service_code=""),
        post(endpoint, fmt, {place: WRONG}),
    ]

    for answer in answers:
        told = answer.body + repr(answer.headers).encode()
        assert WRONG.encode() not in told
        assert good.encode() not in told


@pytest.mark.clause("GR-P-23")
@pytest.mark.parametrize("key", ["good", WRONG])
@pytest.mark.parametrize("path", ["services", "requests"])
def test_a_key_on_a_get_is_ignored(endpoint: Endpoint, fmt: str, path: str, key: str) -> None:
    """GETs need no key; clients send one all the same, and a wrong one changes nothing."""
    key = endpoint.need("api_key") if key == "good" else key
    query = {
        "api_key": key,
        "start_date": "2020-01-01T00:00:00Z",
        "end_date": "2020-01-02T00:00:00Z",
    }
    headers = {"Authorization": f"Bearer {key}", "X-API-Key": key}

    assert endpoint.get(path, fmt, query, headers).status == 200


@pytest.mark.clause("GR-P-24")
def test_an_unknown_format_comes_before_the_key(endpoint: Endpoint) -> None:
    """A format that does not exist is a 404 even without a key."""
    report = reports.fields(endpoint, {"api_key": None})

    assert endpoint.post(report, "yaml").status == 404


@pytest.mark.clause("GR-P-24")
@pytest.mark.parametrize(
    "fault",
    [{"service_code": "no-such-service"}, {"service_code": ""}, {"lat": "north"},
     {"jurisdiction_id": "nowhere.example"}, {"description": "x" * 4001}],
    ids=str,
)  # fmt: skip
def test_the_key_comes_before_every_field(
    endpoint: Endpoint, fmt: str, fault: dict[str, str]
) -> None:
    """Key first, and nothing but the key, so that nobody without one can probe."""
    answer = post(endpoint, fmt, {}, **fault)

    assert answer.status == 403
    assert len(answer.plain) == 1


@pytest.mark.clause("GR-P-24")
def test_the_jurisdiction_comes_before_the_service(endpoint: Endpoint, fmt: str) -> None:
    """Whether a service is unknown depends on the city."""
    faults = {"jurisdiction_id": "nowhere.example", "service_code": "no-such-service"}
    answer = endpoint.post(reports.fields(endpoint) | faults, fmt)

    assert answer.status == 404
    assert answer.blames("jurisdiction_id")
    assert not answer.blames("service_code")


@pytest.mark.clause("GR-P-24")
def test_the_service_comes_before_the_fields(endpoint: Endpoint, fmt: str) -> None:
    """Which fields are required depends on the service."""
    faults = {"service_code": "no-such-service", "description": "x" * 4001}
    answer = endpoint.post(reports.fields(endpoint) | faults, fmt)

    assert answer.status == 404
    assert not answer.blames("description")
