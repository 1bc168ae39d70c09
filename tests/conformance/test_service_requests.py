"""GET Service Requests: filters and order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conformance.endpoint import Endpoint, Fields
from tests.conformance.wire import Answer

Rows = list[dict[str, Any]]

LONG_AGO = {"start_date": "1999-01-01T00:00:00Z", "end_date": "1999-01-02T00:00:00Z"}


def search(endpoint: Endpoint, fmt: str, query: Fields | str) -> Answer:
    """List requests."""
    return endpoint.get("requests", fmt, query)


def ids(answer: Answer) -> list[str]:
    """The ids of a list, in its order."""
    assert answer.ok, answer
    return [each["service_request_id"] for each in answer.plain]


def requested(row: dict[str, Any]) -> datetime:
    """When it was requested, as an instant."""
    return datetime.fromisoformat(row["requested_datetime"])


def around(rows: Rows) -> dict[str, str | list[str] | None]:
    """A narrow window that holds the requests."""
    times = [requested(row) for row in rows]
    start, end = min(times) - timedelta(seconds=1), max(times) + timedelta(seconds=2)
    return {"start_date": start.isoformat(), "end_date": end.isoformat()}


@pytest.mark.clause("GR-Q-01", "GR-Q-17", "GR-F-20", "GR-F-25")
def test_an_empty_result_is_200_and_an_empty_list(endpoint: Endpoint, fmt: str) -> None:
    """<service_requests/> or []; never a 404."""
    answer = search(endpoint, fmt, LONG_AGO)

    assert answer.status == 200
    assert answer.plain == []
    if fmt == "xml":
        assert (answer.xml.tag, len(answer.xml)) == ("service_requests", 0)
    else:
        assert answer.json == []


@pytest.mark.clause("GR-Q-13")
def test_the_newest_comes_first(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """The first thousand need an order: newest requested_datetime first."""
    times = [requested(row) for row in search(endpoint, fmt, {}).plain]

    assert times
    assert sorted(times, reverse=True) == times


@pytest.mark.clause("GR-Q-01")
def test_service_code_selects(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """Only requests of that service, and those of the others not."""
    code = posted[-1]["service_code"]
    answer = search(endpoint, fmt, around(posted) | {"service_code": code})

    assert {code} == {row["service_code"] for row in answer.plain}
    assert posted[-1]["service_request_id"] in ids(answer)


@pytest.mark.clause("GR-Q-01")
def test_service_code_takes_a_comma_list(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """Requests of any of the services."""
    codes = f"{posted[0]['service_code']},{posted[-1]['service_code']}"
    answer = search(endpoint, fmt, around(posted) | {"service_code": codes})

    assert {row["service_request_id"] for row in posted} <= set(ids(answer))


@pytest.mark.clause("GR-Q-14")
def test_a_comma_list_is_trimmed(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """Blanks are trimmed, empty items and repetitions dropped."""
    codes = "{0}, {1} ,,{0}".format(posted[0]["service_code"], posted[-1]["service_code"])
    answer = search(endpoint, fmt, around(posted) | {"service_code": codes})

    assert {row["service_request_id"] for row in posted} <= set(ids(answer))


@pytest.mark.clause("GR-Q-14", "GR-Q-01")
@pytest.mark.parametrize("name", ["service_code", "status"])
def test_arguments_may_be_repeated(endpoint: Endpoint, fmt: str, posted: Rows, name: str) -> None:
    """name=a&name=b is name=a,b."""
    values = {"service_code": [row["service_code"] for row in posted], "status": ["open", "closed"]}
    answer = search(endpoint, fmt, around(posted) | {name: values[name]})

    assert {row["service_request_id"] for row in posted} <= set(ids(answer))


@pytest.mark.clause("GR-Q-01")
@pytest.mark.parametrize("status", ["open", "closed"])
def test_status_selects(endpoint: Endpoint, fmt: str, posted: Rows, status: str) -> None:
    """Only requests of that status; what was posted just now is open."""
    answer = search(endpoint, fmt, around(posted) | {"status": status})

    assert {row["status"] for row in answer.plain} <= {status}
    assert (status == "open") == (posted[0]["service_request_id"] in ids(answer))


@pytest.mark.clause("GR-Q-15", "GR-Q-14")
@pytest.mark.parametrize("status", ["OPEN", "Open", "open,closed", " open ,CLOSED,", "closed,open"])
def test_status_is_read_in_any_case(
    endpoint: Endpoint, fmt: str, posted: Rows, status: str
) -> None:
    """Compared without case; both together are no filter."""
    answer = search(endpoint, fmt, around(posted) | {"status": status})

    assert posted[0]["service_request_id"] in ids(answer)


@pytest.mark.clause("GR-Q-15")
@pytest.mark.parametrize("status", ["resolved", "open,resolved", "1"])
def test_an_unknown_status_is_400(endpoint: Endpoint, fmt: str, status: str) -> None:
    """There are two; the error names status."""
    answer = search(endpoint, fmt, {"status": status})

    assert answer.status == 400
    assert answer.blames("status")


@pytest.mark.clause("GR-Q-16")
def test_an_unknown_service_code_is_an_empty_list(endpoint: Endpoint, fmt: str) -> None:
    """As a filter it selects nothing: the page lists no error for it."""
    answer = search(endpoint, fmt, {"service_code": "no-such-service"})

    assert answer.status == 200
    assert answer.plain == []
