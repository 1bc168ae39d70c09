"""Dates: W3C out, lenient in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment

Rows = list[dict[str, Any]]
Writer = Callable[[datetime], str]

NAMES = ("requested_datetime", "updated_datetime", "expected_datetime")
W3C = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def shifted(hours: float) -> Writer:
    """With the offset of a zone."""
    return lambda t: t.astimezone(timezone(timedelta(hours=hours))).isoformat()


def utc(pattern: str) -> Writer:
    """In UTC, by a pattern."""
    return lambda t: t.astimezone(UTC).strftime(pattern)


EXACT: dict[str, Writer] = {
    "Z": utc("%Y-%m-%dT%H:%M:%SZ"),
    "zero offset": utc("%Y-%m-%dT%H:%M:%S+00:00"),
    "east": shifted(2),
    "west": shifted(-5),
    "half an hour": shifted(5.5),
}
LENIENT: dict[str, Writer] = {
    "fraction": utc("%Y-%m-%dT%H:%M:%S.000Z"),
    "long fraction": utc("%Y-%m-%dT%H:%M:%S.000000+00:00"),
    "blank for T": utc("%Y-%m-%d %H:%M:%SZ"),
}
COARSE: dict[str, tuple[Writer, timedelta]] = {
    "no seconds": (utc("%Y-%m-%dT%H:%MZ"), timedelta(minutes=2)),
    "no offset": (utc("%Y-%m-%dT%H:%M:%S"), timedelta(hours=27)),
    "no offset, blank for T": (utc("%Y-%m-%d %H:%M:%S"), timedelta(hours=27)),
    "a day": (utc("%Y-%m-%d"), timedelta(hours=51)),
}
WRONG = [
    "yesterday", "2026-13-01", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "01/02/2026",
    "2026-01-01T00:00:00Z or so", "2026-01-01T00:00:00+99:00", "1767225600", "T", "2026-01-01T",
    "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661", "0000-00-00", "2026-01-01T00:00:00Z'--",
]  # fmt: skip


def listed(endpoint: Endpoint, fmt: str, row: dict[str, Any], start: str) -> bool:
    """Whether a request is listed from `start` (percent-encoded) on."""
    query = f"service_code={segment(row['service_code'])}&start_date={start}"
    answer = endpoint.get("requests", fmt, query)
    assert answer.ok, answer
    return row["service_request_id"] in {each["service_request_id"] for each in answer.plain}


def selects(
    endpoint: Endpoint, fmt: str, row: dict[str, Any], write: Writer, slack: timedelta
) -> tuple[bool, bool]:
    """Whether a request is listed from just before it on, and from just after it on."""
    then = datetime.fromisoformat(row["requested_datetime"])
    times = (then - slack, then + slack)
    before, after = (listed(endpoint, fmt, row, quote(write(t), safe="")) for t in times)
    return before, after


@pytest.mark.clause("GR-F-30")
def test_dates_out_have_z_or_an_offset(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """The W3C profile of ISO 8601."""
    query = {"service_code": known["service_code"]}
    rows = endpoint.get("requests", fmt, query).plain

    shown = [row[name] for row in rows for name in NAMES if row.get(name)]
    assert shown
    assert [text for text in shown if not re.fullmatch(W3C, text)] == []


@pytest.mark.clause("GR-F-30d", "IO-03")
def test_dates_out_are_utc_in_whole_seconds(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """Fractions and offsets break clients that are in use."""
    request = reports.read(endpoint, known["service_request_id"], fmt)

    shown = [request[name] for name in NAMES if request.get(name)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) for text in shown)


@pytest.mark.clause("GR-Q-12")
@pytest.mark.parametrize("form", EXACT)
def test_a_date_with_z_or_offset_is_an_instant(
    endpoint: Endpoint, fmt: str, posted: Rows, form: str
) -> None:
    """Two seconds before a request it is listed, two seconds after it is not."""
    found = selects(endpoint, fmt, posted[0], EXACT[form], 2 * SECOND)

    assert found == (True, False)


@pytest.mark.clause("GR-Q-12d", "IO-19")
@pytest.mark.parametrize("form", LENIENT)
def test_lenient_dates_are_read(endpoint: Endpoint, fmt: str, posted: Rows, form: str) -> None:
    """A fraction, or a blank for the T: seen in clients."""
    found = selects(endpoint, fmt, posted[0], LENIENT[form], 2 * SECOND)

    assert found == (True, False)


@pytest.mark.clause("GR-Q-12d", "IO-19")
@pytest.mark.parametrize("form", COARSE)
def test_coarse_dates_are_read(endpoint: Endpoint, fmt: str, posted: Rows, form: str) -> None:
    """Without seconds, without offset (the jurisdiction's zone), or a day, which is its start."""
    write, slack = COARSE[form]

    assert selects(endpoint, fmt, posted[0], write, slack) == (True, False)


@pytest.mark.clause("GR-Q-12d", "IO-19")
@pytest.mark.parametrize("plus", ["+", "%20", "%2B"])
def test_a_plus_that_became_a_space_is_repaired(
    endpoint: Endpoint, fmt: str, posted: Rows, plus: str
) -> None:
    """Clients forget to encode the plus of an offset."""
    then = datetime.fromisoformat(posted[0]["requested_datetime"]).astimezone(UTC)
    starts = [
        (then + timedelta(hours=2) + slack).strftime("%Y-%m-%dT%H:%M:%S") + f"{plus}02:00"
        for slack in (-2 * SECOND, 2 * SECOND)
    ]

    assert [listed(endpoint, fmt, posted[0], start) for start in starts] == [True, False]


@pytest.mark.clause("IO-19", "GR-Q-10")
def test_a_future_start_is_an_empty_list(endpoint: Endpoint, fmt: str, posted: Rows) -> None:
    """A date in the future is no error; nothing has been requested there yet."""
    future = datetime.fromisoformat(posted[0]["requested_datetime"]) + timedelta(days=400)
    answer = endpoint.get("requests", fmt, {"start_date": future.isoformat()})

    assert answer.status == 200
    assert answer.plain == []


@pytest.mark.clause("GR-Q-12d")
@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_400(endpoint: Endpoint, fmt: str, name: str, text: str) -> None:
    """What is no date is refused, and the error names the argument."""
    answer = endpoint.get("requests", fmt, {name: text})

    assert answer.status == 400
    assert answer.blames(name)


@pytest.mark.clause("GR-Q-12d", "GR-P-14")
def test_both_wrong_dates_are_reported(endpoint: Endpoint, fmt: str) -> None:
    """The list of errors holds each argument at fault."""
    answer = endpoint.get("requests", fmt, {"start_date": "then", "end_date": "now"})

    assert answer.status == 400
    assert answer.blames("start_date")
    assert answer.blames("end_date")
