"""POST Service Request: bodies as clients send them."""

from __future__ import annotations

import json

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import FORM, Endpoint, encode
from tests.conformance.wire import Answer


def text_of(endpoint: Endpoint, answer: Answer, fmt: str) -> str | None:
    """The description that was stored."""
    assert answer.status == 200, answer
    return reports.read(endpoint, answer.one["service_request_id"], fmt)["description"]


def multipart(fields: dict[str, str | None], boundary: str, headers: str = "") -> list[str]:
    """The parts of a form, each ending in CRLF."""
    return [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n{headers}\r\n{value}\r\n'
        for name, value in fields.items()
        if value is not None
    ]


def full(endpoint: Endpoint, **changes: str | None) -> dict[str, str | None]:
    """A good report with its key and jurisdiction."""
    return endpoint.credentials() | reports.fields(endpoint, changes)


@pytest.mark.clause("IO-14")
def test_fields_may_all_stand_in_the_query(endpoint: Endpoint, fmt: str) -> None:
    """All in the query, with an empty body and no Content-Type."""
    report = full(endpoint)
    answer = endpoint.post_body(b"", None, fmt, report)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-14")
def test_fields_may_be_split_over_body_and_query(endpoint: Endpoint, fmt: str) -> None:
    """They are merged: here every second field stands in the query."""
    report = full(endpoint)
    names = list(report)
    query, body = ({name: report[name] for name in names[i::2]} for i in (0, 1))
    answer = endpoint.post_body(encode(body).encode(), FORM, fmt, query)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-14")
def test_the_body_wins_over_the_query(endpoint: Endpoint, fmt: str) -> None:
    """Where both name a field, the body's counts."""
    report = reports.fields(endpoint)
    answer = endpoint.post(report, fmt, {"description": "not this one", "service_code": "none"})

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-14")
def test_unknown_fields_are_ignored(endpoint: Endpoint, fmt: str) -> None:
    """status, service_name, expected_datetime, address: sent by clients, and left aside."""
    extra = {
        "status": "closed",
        "service_name": "Another",
        "expected_datetime": "2020-01-01T00:00:00Z",
        "requested_datetime": "2020-01-01T00:00:00Z",
        "address": "Somewhere",
        "colour": "blue",
    }
    request = reports.stored(endpoint, extra, fmt)

    assert request["status"] == "open"
    assert request["service_name"] != "Another"
    assert not request["requested_datetime"].startswith("2020")


@pytest.mark.clause("IO-14")
def test_text_is_stripped_at_its_ends(endpoint: Endpoint, fmt: str) -> None:
    """White space at the ends goes; inside it stays."""
    text = f"two  words\n\n{reports.nonce()}"

    assert (
        text == reports.stored(endpoint, {"description": f" \r\n\t{text}\r\n "}, fmt)["description"]
    )


@pytest.mark.clause("GR-P-43")
def test_a_body_without_content_type_is_a_form(endpoint: Endpoint, fmt: str) -> None:
    """Without a Content-Type the body is read as a form."""
    report = full(endpoint)
    answer = endpoint.post_body(encode(report).encode(), None, fmt)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-21")
def test_a_form_under_a_wrong_content_type_is_still_a_form(endpoint: Endpoint, fmt: str) -> None:
    """A wrong Content-Type is seen in clients, and is no error."""
    report = full(endpoint)
    answer = endpoint.post_body(encode(report).encode(), "text/plain", fmt)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("GR-P-43")
@pytest.mark.parametrize("kind", ["application/xml", "application/pdf", "application/json"])
def test_a_body_of_another_kind_is_400_or_415(endpoint: Endpoint, fmt: str, kind: str) -> None:
    """400 is what the standard leaves, 415 is exact; never a success, never a 5xx."""
    query = {"api_key": endpoint.need("api_key"), "jurisdiction_id": endpoint.jurisdiction_id}
    answer = endpoint.post_body(b"<report>\x00\xff</report>", kind, fmt, query)

    assert answer.status in (400, 415)
    assert answer.format == fmt


@pytest.mark.clause("GR-P-44")
def test_a_json_body_is_read_or_refused(endpoint: Endpoint, fmt: str) -> None:
    """Where JSON is read, it has the same names; where not, it is a 400 or 415."""
    report = full(endpoint)
    key = {"api_key": report.pop("api_key"), "jurisdiction_id": report.pop("jurisdiction_id")}
    answer = endpoint.post_body(json.dumps(report).encode(), "application/json", fmt, key)

    assert answer.status in (200, 400, 415)
    if answer.status == 200:
        assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-15", "GR-P-40")
@pytest.mark.parametrize(
    ("boundary", "content_type"),
    [
        ("plain", "multipart/form-data; boundary=plain"),
        ("quo ted", 'multipart/form-data; boundary="quo ted"'),
        ("==b=oun=dary==", "multipart/form-data; boundary===b=oun=dary=="),
        ("charset", "multipart/form-data; charset=utf-8; boundary=charset"),
    ],
)
def test_multipart_is_read(endpoint: Endpoint, fmt: str, boundary: str, content_type: str) -> None:
    """Every field a part; one client's unquoted boundary holds equals signs."""
    report = full(endpoint)
    body = "".join(multipart(report, boundary)) + f"--{boundary}--\r\n"
    answer = endpoint.post_body(body.encode(), content_type, fmt)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-15", "IO-14")
@pytest.mark.parametrize(
    ("headers", "end"),
    [
        ("Content-Type: text/plain; charset=UTF-8\r\n", "--b--\r\n"),
        ("Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n", "--b--"),
        ("", "\r\n--b--\r\n"),
        ("", "--b--"),
    ],
    ids=["typed parts", "8bit parts", "blank line before the end", "no line end at the end"],
)
def test_multipart_oddities_are_read(endpoint: Endpoint, fmt: str, headers: str, end: str) -> None:
    """A Content-Type on every part, a blank line before the closing boundary: all seen."""
    report = full(endpoint, description=f"naïve 😀 {reports.nonce()}")
    body = "".join(multipart(report, "b", headers)) + end
    answer = endpoint.post_body(body.encode(), "multipart/form-data; boundary=b", fmt)

    assert text_of(endpoint, answer, fmt) == report["description"]


@pytest.mark.clause("IO-15", "GR-P-10")
def test_attributes_are_read_from_multipart(endpoint: Endpoint, fmt: str) -> None:
    """A required attribute counts as answered when it comes as a part."""
    codes = reports.with_attributes(endpoint)
    code = next((code for code in codes if reports.answers(endpoint, code)), None)
    if code is None:
        pytest.skip("no service has a required attribute")
    body = "".join(multipart(full(endpoint, service_code=code), "b")) + "--b--\r\n"
    answer = endpoint.post_body(body.encode(), "multipart/form-data; boundary=b", fmt)

    assert answer.status == 200


@pytest.mark.clause("IO-15")
@pytest.mark.parametrize("body", [b"", b"--b", b"--b\r\n\r\n", b"\r\n--b--\r\n", b"not multipart"])
def test_broken_multipart_is_a_4xx(endpoint: Endpoint, fmt: str, body: bytes) -> None:
    """What cannot be read as parts is the client's fault, in the errors document."""
    answer = endpoint.post_body(body, "multipart/form-data; boundary=b", fmt)

    assert answer.status in (400, 403)
    assert answer.format == fmt


@pytest.mark.clause("GR-P-14")
def test_all_faults_are_reported_together(endpoint: Endpoint, fmt: str) -> None:
    """The list of errors holds each field at fault, not only the first."""
    faults = {"lat": "north", "description": "x" * 4001, "media_url": "nothing"}
    codes = reports.with_attributes(endpoint)
    code = next((code for code in codes if reports.answers(endpoint, code)), None)
    missing = dict.fromkeys(reports.answers(endpoint, code)) if code else {}
    answer = endpoint.post(reports.fields(endpoint, {"service_code": code} | faults | missing), fmt)

    assert answer.status == 400
    assert len(answer.plain) >= len(faults) + len(missing)
    named = [*faults, *(name[len("attribute[") : -1] for name in missing)]
    assert [name for name in named if not answer.blames(name)] == []
