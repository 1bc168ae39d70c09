"""GET Service Request, and the fields that a request has everywhere."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment
from tests.conformance.wire import Answer

FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime",
    "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip
REQUIRED = {"service_request_id", "status", "service_name", "service_code", "requested_datetime"}
STRINGS = set(FIELDS) - {"lat", "long"}


def read(endpoint: Endpoint, known: dict[str, Any], fmt: str) -> Answer:
    """One request by its path."""
    return endpoint.get(f"requests/{segment(known['service_request_id'])}", fmt)


@pytest.mark.clause("GR-R-01", "GR-R-02", "GR-F-13", "GR-F-20", "GR-F-21", "IO-05")
def test_a_request_is_a_list_of_one(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """The list's wrapper with exactly one request: in JSON an array, no object; no key."""
    answer = read(endpoint, known, fmt)

    assert answer.status == 200
    assert answer.one["service_request_id"] == known["service_request_id"]
    if fmt == "xml":
        assert (answer.xml.tag, [c.tag for c in answer.xml]) == ("service_requests", ["request"])


@pytest.mark.clause("GR-R-02", "GR-Q-06")
def test_path_and_list_show_the_same(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """Same fields and values by the path and by service_request_id."""
    query = {"service_request_id": known["service_request_id"]}

    assert read(endpoint, known, fmt).plain == endpoint.get("requests", fmt, query).plain


@pytest.mark.clause("GR-Q-01", "GR-R-02")
def test_the_fields_that_are_always_there(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """Id, status, service and time are never left out; status is one of two."""
    request = read(endpoint, known, fmt).one

    assert sorted(name for name in REQUIRED if not request.get(name)) == []
    assert request["status"] in ("open", "closed")
    codes = {each["service_code"]: each["service_name"] for each in reports.services(endpoint)}
    assert codes.get(request["service_code"]) in (request["service_name"], None)


@pytest.mark.clause("GR-Q-32", "IO-01", "IO-02")
def test_all_seventeen_fields_in_order(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """Every field always, unknown ones empty, and what a server adds comes last.

    XML alone leaves out an unknown expected_datetime.
    """
    request = read(endpoint, known, fmt).one

    left_out = {"expected_datetime"} - set(request) if fmt == "xml" else set()
    expected = [name for name in FIELDS if name not in left_out]
    assert list(request)[: len(expected)] == expected
    assert "" not in request.values()
    assert fmt == "json" or left_out or request["expected_datetime"]


@pytest.mark.clause("GR-F-22", "GR-Q-32")
def test_an_unknown_value_is_empty(endpoint: Endpoint, fmt: str) -> None:
    """A description that nobody sent is null or an empty element: no empty string, no N/A."""
    request = reports.stored(endpoint, {"description": None}, fmt)

    assert "description" in request
    assert request["description"] is None


@pytest.mark.clause("GR-Q-31")
def test_coordinates_are_plain_numbers(endpoint: Endpoint, fmt: str) -> None:
    """Numbers of at most 8 decimals, without exponent."""
    lat, long = float(endpoint.need("lat")), float(endpoint.need("long"))
    point = {"lat": f"{lat:.6f}123456789", "long": f"{long:.6f}"}
    answer = read(endpoint, {"service_request_id": reports.submit(endpoint, point)}, fmt)
    pattern = r"<(?:lat|long)>([^<]*)<" if fmt == "xml" else r'"(?:lat|long)"\s*:\s*([^,}\s]*)'
    found = re.findall(pattern, answer.body.decode())

    assert len(found) == 2
    assert all(re.fullmatch(r"-?\d{1,3}(\.\d{1,8})?", number) for number in found)


@pytest.mark.clause("GR-F-23", "IO-04")
def test_coordinates_are_json_numbers(
    endpoint: Endpoint, as_json: str, known: dict[str, Any]
) -> None:
    """lat and long are numbers, or null where there is no point."""
    request = read(endpoint, known, as_json).json[0]

    assert {type(request[name]) for name in ("lat", "long")} <= {int, float, type(None)}


@pytest.mark.clause("GR-Q-31")
def test_an_unknown_point_is_never_zero(endpoint: Endpoint, fmt: str) -> None:
    """An address that cannot be placed has no coordinates, rather than those off Africa."""
    nowhere = f"No such street {reports.nonce()}"
    changes = {"lat": None, "long": None, "address_string": nowhere}
    request = reports.stored(endpoint, changes, fmt)

    assert (request["lat"], request["long"]) == (None, None)


@pytest.mark.clause("GR-F-24", "IO-04")
def test_texts_are_strings_in_json(endpoint: Endpoint, as_json: str, known: dict[str, Any]) -> None:
    """Ids, codes and zip codes keep their leading zeros."""
    request = read(endpoint, known, as_json).json[0]

    assert {type(request[name]) for name in STRINGS} <= {str, type(None)}


@pytest.mark.clause("GR-F-20", "IO-01", "IO-02")
def test_both_formats_show_the_same_request(
    endpoint: Endpoint, as_json: str, known: dict[str, Any]
) -> None:
    """JSON is the image of the XML, but for an unknown expected_datetime."""
    xml, json = (read(endpoint, known, fmt) for fmt in ("xml", as_json))

    unknown = {"expected_datetime": None}
    assert unknown | reports.only(xml.one, FIELDS) == reports.only(json.one, FIELDS)
    assert xml.leaves == json.leaves


@pytest.mark.clause("GR-R-03", "GR-Q-06")
def test_no_window_applies_to_a_path(endpoint: Endpoint, fmt: str, known: dict[str, Any]) -> None:
    """Arguments of the list mean nothing beside an id in the path."""
    query = {"start_date": "1999-01-01T00:00:00Z", "end_date": "1999-01-02T00:00:00Z"}
    path = f"requests/{segment(known['service_request_id'])}"

    assert endpoint.get(path, fmt, query).status == 200


@pytest.mark.clause("GR-R-04", "IO-10")
@pytest.mark.parametrize(
    "unknown", ["no-such-request", "0", "-1", "9" * 30, "1.2", "a,b", "é", "a\0b"]
)
def test_an_unknown_id_in_the_path_is_404(endpoint: Endpoint, fmt: str, unknown: str) -> None:
    """404 with errors that name service_request_id, in the format asked for."""
    answer = endpoint.get(f"requests/{segment(unknown)}", fmt)

    assert answer.status == 404
    assert answer.blames("service_request_id")


@pytest.mark.clause("GR-R-07")
def test_the_id_is_decoded_and_matched_exactly(
    endpoint: Endpoint, fmt: str, known: dict[str, Any]
) -> None:
    """Percent-encoded it is the same id; with anything added it is another."""
    found = known["service_request_id"]
    encoded = "".join(f"%{byte:02x}" for byte in found.encode())

    assert endpoint.get(f"requests/{encoded}", fmt).status == 200
    others = [
        f"{found}x",
        f"0{found}",
        f" {found}",
        f"+{found}",
        f"{found}.0",
        f"{found[0]}_{found[1:]}",
    ]
    wide = found.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    for other in [*others, wide] if wide != found else others:
        assert endpoint.get(f"requests/{segment(other)}", fmt).status == 404


@pytest.mark.clause("GR-Q-34")
def test_closed_requests_were_updated(endpoint: Endpoint, fmt: str) -> None:
    """A closed request shows when it was closed, which is not before it was requested."""
    rows = endpoint.get("requests", fmt, {"status": "closed"}).plain
    if not rows:
        pytest.skip("nothing of the last 90 days is closed")

    for each in rows:
        closed = datetime.fromisoformat(each["updated_datetime"])
        assert datetime.fromisoformat(each["requested_datetime"]) <= closed


@pytest.mark.clause("GR-Q-30")
def test_a_reporter_is_in_no_answer(endpoint: Endpoint, fmt: str) -> None:
    """Name, mail, phone, device, account and attributes are in no list and no request."""
    secret = ("first_name", "last_name", "device_id", "account_id", "attribute[X]")
    canaries = {name: reports.nonce() for name in secret}
    canaries |= {"email": f"{reports.nonce()}@example.org", "phone": "0123498765432"}
    found = reports.submit(endpoint, canaries)
    asked = ("", "extensions=true", "extensions=true&fields=email")
    answers = [endpoint.get(f"requests/{segment(found)}", fmt, query) for query in asked]
    by_id = f"service_request_id={segment(found)}"
    answers += [endpoint.get("requests", fmt, f"{by_id}&{query}") for query in asked]

    for answer in answers:
        assert answer.ok
        assert found in answer.body.decode()
        assert [n for n, value in canaries.items() if value in answer.body.decode()] == []


@pytest.mark.clause("GR-Q-30")
def test_a_submitted_attribute_is_in_no_answer(endpoint: Endpoint, fmt: str) -> None:
    """What was answered to a question of the definition is not published: nobody sees it who
    has no key, whatever else is asked for."""
    code, each = reports.asking(endpoint, "text")
    canary = reports.nonce()
    report = reports.fields(endpoint, {"service_code": code, f"attribute[{each['code']}]": canary})
    posted = endpoint.post(report, fmt)
    found = posted.one.get("service_request_id") or pytest.skip(f"{code} is not realtime")
    asked = ("api_key=", "api_key=&extensions=true")
    answers = [endpoint.get(f"requests/{segment(found)}", fmt, query) for query in asked]

    for answer in (posted, *answers):
        assert found in answer.body.decode()
        assert canary not in answer.body.decode()
