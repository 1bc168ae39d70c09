"""mySociety's extension: servicerequestupdates, and the notes of a request. GR-X 10.7 to 10.9.

Where an endpoint does not have it, or the key may not tell it anything, these are skipped.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import FORM, Endpoint, encode
from tests.conformance.wire import Answer

PATH = "servicerequestupdates"


def tell(endpoint: Endpoint, request: str, fmt: str, **more: str) -> Answer:
    """Send an update, which says that all is done unless told."""
    if endpoint.no_write:
        pytest.skip("POST is switched off (--no-write)")
    fields = {
        **endpoint.credentials(),
        "service_request_id": request,
        "update_id": secrets.token_hex(8),
        "status": "FIXED",
        "updated_datetime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "description": "Done.",
    } | more
    body = encode(fields).encode("ascii")
    answer = endpoint.call("POST", f"{PATH}.{fmt}", "", {"Content-Type": FORM}, body)
    if answer.status in (403, 405) or (answer.status == 404 and request != "no-such-request"):
        pytest.skip("the endpoint takes no updates, or not with this key")
    return answer


def told(endpoint: Endpoint, request: str, fmt: str, **more: str) -> str:
    """The id of an update that was taken."""
    answer = tell(endpoint, request, fmt, **more)
    assert answer.status == 200, answer
    return str(answer.one["update_id"])


@pytest.fixture
def request_id(endpoint: Endpoint) -> str:
    """A request of this test's own."""
    stored = reports.stored(endpoint, {"service_code": endpoint.need("realtime_code")})
    return str(stored["service_request_id"])


def seen(endpoint: Endpoint, request: str, fmt: str) -> dict[str, Any]:
    found: dict[str, Any] = endpoint.get(f"requests/{request}", fmt).one
    return found


@pytest.mark.clause("GR-X-08", "GR-X-09", "GR-Q-15")
@pytest.mark.parametrize(
    ("state", "outside"),
    [("IN_PROGRESS", "open"), ("fixed", "closed"), ("DUPLICATE", "closed"), ("PLANNED", "open")],
)
def test_a_finer_state_is_open_or_closed_outside(
    endpoint: Endpoint, request_id: str, fmt: str, state: str, outside: str
) -> None:
    """Whatever the states inside are, `status` is one of the standard's two, in lower case."""
    own = told(endpoint, request_id, fmt, status=state)
    request = seen(endpoint, request_id, fmt)
    listed = endpoint.get(PATH, fmt, {"service_request_id": request_id}).plain
    (update,) = [each for each in listed if each["service_request_id"] == request_id]

    assert (request["status"], request["status_notes"]) == (outside, "Done.")
    assert (update["update_id"], update["status"]) == (own, state.lower())


@pytest.mark.clause("GR-X-08")
def test_updates_are_listed_by_their_time(endpoint: Endpoint, request_id: str, fmt: str) -> None:
    """Of the dates that were asked for, both included, as a follower asks with both."""
    minute = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    own = told(endpoint, request_id, fmt, updated_datetime=minute)
    inside, outside = (
        endpoint.get(PATH, fmt, {"start_date": start, "end_date": end}).plain
        for start, end in ((minute, minute), ("2001-01-01T00:00:00Z", "2001-01-02T00:00:00Z"))
    )

    assert own in {each["update_id"] for each in inside}
    assert own not in {each["update_id"] for each in outside}


@pytest.mark.clause("GR-X-08")
def test_an_update_is_taken_once(endpoint: Endpoint, request_id: str, fmt: str) -> None:
    """The same update_id again is a 400, and changes nothing."""
    own = secrets.token_hex(8)
    told(endpoint, request_id, fmt, update_id=own, status="OPEN")
    again = tell(endpoint, request_id, fmt, update_id=own, description="Again.")

    assert again.status == 400
    assert again.blames("update_id")
    assert seen(endpoint, request_id, fmt)["status"] == "open"


@pytest.mark.clause("GR-X-08")
@pytest.mark.parametrize(
    "argument",
    ["service_request_id", "update_id", "status", "updated_datetime", "description"],
)
def test_an_update_needs_five_arguments(
    endpoint: Endpoint, request_id: str, fmt: str, argument: str
) -> None:
    """Without one of them it is a 400 that names it."""
    told(endpoint, request_id, fmt)
    answer = tell(endpoint, request_id, fmt, **{argument: ""})

    assert answer.status == 400
    assert answer.blames(argument)


@pytest.mark.clause("GR-X-08")
def test_what_is_told_of_no_request_is_not_found(
    endpoint: Endpoint, request_id: str, fmt: str
) -> None:
    """An unknown service_request_id is a 404."""
    told(endpoint, request_id, fmt)

    assert tell(endpoint, "no-such-request", fmt).status == 404


@pytest.mark.clause("GR-Q-34", "GR-Q-34d")
def test_a_request_that_stays_closed_keeps_its_time(
    endpoint: Endpoint, request_id: str, fmt: str
) -> None:
    """`updated_datetime` of a closed request is when it was closed, whatever is told later."""
    filed = seen(endpoint, request_id, fmt)["updated_datetime"]
    told(endpoint, request_id, fmt, updated_datetime=filed, status="CLOSED")
    time.sleep(1.1)
    told(endpoint, request_id, fmt, status="UNCHANGED", description="Thanks.")

    assert seen(endpoint, request_id, fmt)["updated_datetime"] == filed


@pytest.mark.clause("GR-X-07")
def test_notes_tell_the_history_of_a_request(endpoint: Endpoint, request_id: str, fmt: str) -> None:
    """Under `extensions=true`: what was done to it, in the order of time."""
    for state in ("INVESTIGATING", "FIXED", "REOPEN"):
        told(endpoint, request_id, fmt, status=state, description=f"It is {state}.")
    answer = endpoint.get(f"requests/{request_id}", fmt, {"extensions": "true"})
    notes = answer.one["notes"]

    assert [each["type"] for each in notes] == ["submitted", "activity", "closed", "opened"]
    assert [each.get("description") for each in notes] == [
        *(None, "It is INVESTIGATING.", "It is FIXED.", "It is REOPEN."),
    ]
