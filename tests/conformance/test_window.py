"""GET Service Requests: start_date and end_date, and the 90 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conformance.endpoint import Endpoint, Fields
from tests.conformance.wire import Answer

Rows = list[dict[str, Any]]

DAY = timedelta(days=1)


def search(endpoint: Endpoint, fmt: str, query: Fields) -> Answer:
    """List requests."""
    return endpoint.get("requests", fmt, query)


def ids(answer: Answer) -> list[str]:
    """The ids of a list, in its order."""
    assert answer.ok, answer
    return [each["service_request_id"] for each in answer.plain]


def requested(row: dict[str, Any]) -> datetime:
    """When it was requested, as an instant."""
    return datetime.fromisoformat(row["requested_datetime"])


def around(rows: Rows) -> tuple[datetime, datetime]:
    """A narrow window that holds the requests."""
    times = [requested(row) for row in rows]
    return min(times) - timedelta(seconds=1), max(times) + timedelta(seconds=2)


@pytest.mark.clause("GR-Q-02")
def test_a_window_holds_what_was_requested_in_it(
    endpoint: Endpoint, fmt: str, posted: Rows
) -> None:
    """start_date and end_date select by requested_datetime."""
    start, end = around(posted)
    answer = search(endpoint, fmt, {"start_date": start.isoformat(), "end_date": end.isoformat()})

    assert {row["service_request_id"] for row in posted} <= set(ids(answer))
    assert all(start <= requested(row) <= end for row in answer.plain)


@pytest.mark.clause("GR-Q-02")
@pytest.mark.parametrize("days", [-3, 3])
def test_a_window_leaves_out_what_was_not(
    endpoint: Endpoint, fmt: str, posted: Rows, days: int
) -> None:
    """A request before or after the window is not in the list."""
    centre = requested(posted[0]) + days * DAY
    window = {"start_date": (centre - DAY).isoformat(), "end_date": (centre + DAY).isoformat()}

    assert posted[0]["service_request_id"] not in ids(search(endpoint, fmt, window))


@pytest.mark.clause("GR-Q-09")
@pytest.mark.parametrize("bound", ["start_date", "end_date"])
def test_both_bounds_are_inclusive(endpoint: Endpoint, fmt: str, posted: Rows, bound: str) -> None:
    """The time that a request shows, given as a bound, selects that request."""
    start, end = around(posted[:1])
    window = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    answer = search(endpoint, fmt, window | {bound: posted[0]["requested_datetime"]})

    assert posted[0]["service_request_id"] in ids(answer)


@pytest.mark.clause("GR-Q-03", "GR-Q-05")
def test_without_dates_the_last_90_days_are_listed(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """The default window ends now and spans 90 days; 1,000 requests at most."""
    answer = search(endpoint, fmt, {})

    assert len(answer.plain) <= 1000
    oldest = min((requested(row) for row in answer.plain), default=requested(known))
    assert oldest >= requested(known) - 91 * DAY


@pytest.mark.clause("GR-Q-03")
def test_without_dates_a_new_request_is_listed(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """What was posted just now is among the most recent."""
    query = {"service_code": posted[0]["service_code"]}

    assert posted[0]["service_request_id"] in ids(search(endpoint, fmt, query))


@pytest.mark.clause("GR-Q-04")
def test_a_range_never_covers_more_than_90_days(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """A wider range is refused, or what is answered spans 90 days at most."""
    end = requested(known) + DAY
    query = {"start_date": (end - 400 * DAY).isoformat(), "end_date": end.isoformat()}
    answer = search(endpoint, fmt, query)

    assert answer.status in (200, 400)
    if answer.ok and answer.plain:
        times = [requested(row) for row in answer.plain]
        assert max(times) - min(times) <= 90 * DAY


@pytest.mark.clause("GR-Q-11")
def test_a_span_of_more_than_90_days_is_400(endpoint: Endpoint, fmt: str) -> None:
    """One second too much is too much, and the error names both dates."""
    start = datetime.fromisoformat("2020-01-01T00:00:00Z")
    end = start + 90 * DAY + timedelta(seconds=1)
    window = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    answer = search(endpoint, fmt, window)

    assert answer.status == 400
    assert answer.blames("start_date")
    assert answer.blames("end_date")


@pytest.mark.clause("GR-Q-11")
def test_a_span_of_exactly_90_days_is_fine(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """90 times 24 hours, compared as instants and not as local days."""
    end = requested(posted[0]) + timedelta(seconds=5)
    query = {"start_date": (end - 90 * DAY).isoformat(), "end_date": end.isoformat()}
    query["service_code"] = posted[0]["service_code"]

    assert posted[0]["service_request_id"] in ids(search(endpoint, fmt, query))


@pytest.mark.clause("GR-Q-10")
@pytest.mark.parametrize(
    ("bound", "days", "inside"),
    [
        ("start_date", -100, False), ("start_date", -89, True), ("start_date", 1, False),
        ("end_date", -1, False), ("end_date", 89, True), ("end_date", 100, False),
    ],
)  # fmt: skip
def test_one_date_alone_spans_90_days(
    endpoint: Endpoint, fmt: str, posted: Rows, bound: str, days: int, inside: bool
) -> None:
    """A start reaches 90 days forward, an end 90 days back, also from the future."""
    query = {bound: (requested(posted[0]) + days * DAY).isoformat()}
    query["service_code"] = posted[0]["service_code"]
    answer = search(endpoint, fmt, query)

    assert inside == (posted[0]["service_request_id"] in ids(answer))


@pytest.mark.clause("GR-Q-10")
def test_an_end_before_its_start_is_400(endpoint: Endpoint, fmt: str) -> None:
    """A window that ends before it starts is the client's fault."""
    window = {"start_date": "1999-01-02T00:00:00Z", "end_date": "1999-01-01T00:00:00Z"}

    assert search(endpoint, fmt, window).status == 400
