"""GET Service Requests: by id, empty and unknown arguments, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Answer

Rows = list[dict[str, Any]]

UNKNOWN = "no-such-request"
ARGUMENTS = ["service_request_id", "service_code", "start_date", "end_date", "status"]


def search(endpoint: Endpoint, fmt: str, **query: str) -> Answer:
    """List requests."""
    return endpoint.get("requests", fmt, query)


def ids(rows: Rows) -> set[str]:
    """The ids of a list, which names none twice."""
    found = [each["service_request_id"] for each in rows]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.clause("GR-Q-01", "GR-Q-06")
def test_ids_select(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """A comma list of ids answers those requests and no other."""
    answer = search(endpoint, fmt, service_request_id=",".join(ids(posted)))

    assert answer.status == 200
    assert ids(answer.plain) == ids(posted)


@pytest.mark.clause("GR-Q-06")
def test_an_id_overrides_every_other_argument(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """Dates, status and codes that would exclude the request are ignored beside its id."""
    answer = search(
        endpoint,
        fmt,
        service_request_id=known["service_request_id"],
        status="closed" if known["status"] == "open" else "open",
        service_code="no-such-service",
        start_date="1999-01-01T00:00:00Z",
        end_date="1999-01-02T00:00:00Z",
    )

    assert ids(answer.plain) == {known["service_request_id"]}


@pytest.mark.clause("GR-Q-08", "IO-10")
def test_unknown_ids_are_left_out(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """What exists is answered, with 200."""
    query = f"{UNKNOWN},{known['service_request_id']}"
    answer = search(endpoint, fmt, service_request_id=query)

    assert answer.status == 200
    assert ids(answer.plain) == {known["service_request_id"]}


@pytest.mark.clause("GR-Q-08d", "IO-10")
@pytest.mark.parametrize("unknown", [UNKNOWN, "a,b,c", "é", "1e999", "99999999999999999999999"])
def test_where_no_id_is_known_the_list_is_empty(endpoint: Endpoint, fmt: str, unknown: str) -> None:
    """200 and an empty list: 404 is for the path."""
    answer = search(endpoint, fmt, service_request_id=unknown)

    assert answer.status == 200
    assert answer.plain == []


@pytest.mark.clause("GR-Q-14")
def test_a_list_of_ids_is_trimmed(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """Blanks, empty items and repetitions change nothing."""
    first, second = (row["service_request_id"] for row in posted[:2])
    answer = search(endpoint, fmt, service_request_id=f" {first}, ,{second},{first} ,")

    assert ids(answer.plain) == ids(posted[:2])


@pytest.mark.clause("GR-Q-19", "GR-F-31")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_empty_argument_is_absent(
    endpoint: Endpoint, fmt: str, known: dict[str, Any], name: str
) -> None:
    """name= is the default, alone and beside the others."""
    query = {"service_code": known["service_code"]}
    one = search(endpoint, fmt, **query | {name: ""})
    every = search(endpoint, fmt, **dict.fromkeys(ARGUMENTS, "") | query)

    assert one.status == 200
    assert one.plain
    assert name == "service_code" or ids(one.plain) == ids(every.plain)


@pytest.mark.clause("GR-Q-20")
def test_unknown_arguments_are_ignored(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """What the standard does not name changes nothing."""
    query = {"service_request_id": known["service_request_id"], "colour": "blue", "": "x"}
    answer = search(endpoint, fmt, **query)

    assert answer.status == 200
    assert ids(answer.plain) == {known["service_request_id"]}


@pytest.mark.clause("IO-11")
def test_a_page_past_the_end_is_empty(endpoint: Endpoint, fmt: str) -> None:
    """One client pages until a page is short, and would otherwise never stop."""
    answer = search(endpoint, fmt, page="100000", page_size="100")

    assert answer.status == 200
    assert answer.plain == []
