"""Errors: their table, their document, their words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Answer

MARKUP = re.compile(rb"<html|<body|traceback|\.py\b", re.I)
GETS = {
    "unknown service": ("services/no-such-service", "", 404),
    "unknown request": ("requests/no-such-request", "", 404),
    "unknown token": ("tokens/no-such-token", "", 404),
    "unknown jurisdiction": ("services", "jurisdiction_id=nowhere.example", 404),
    "bad date": ("requests", "start_date=then", 400),
    "span": ("requests", "start_date=2019-01-01&end_date=2020-01-01", 400),
    "end before start": ("requests", "start_date=2020-01-02&end_date=2020-01-01", 400),
    "unknown status": ("requests", "status=lost", 400),
    "malformed escape": ("requests", "status=%ZZ", 400),
    "unknown path": ("nothing/of/this/kind", "", 404),
    "unknown resource": ("nothing", "", 404),
}
POSTS: dict[str, tuple[dict[str, str | None], int]] = {
    "no key": ({"api_key": None}, 403),
    "wrong key": ({"api_key": "wrong"}, 403),
    "no service": ({"service_code": ""}, 400),
    "unknown service": ({"service_code": "no-such-service"}, 404),
    "unknown jurisdiction": ({"jurisdiction_id": "nowhere.example"}, 404),
    "no location": ({"lat": "", "long": "", "address_string": "", "address_id": ""}, 400),
    "half a pair": ({"long": ""}, 400),
    "out of range": ({"lat": "91", "long": "0"}, 400),
    "long description": ({"description": "x" * 4001}, 400),
    "no link": ({"media_url": "photo"}, 400),
}
BINDING_GETS = ("unknown service", "unknown token")
BINDING_POSTS = ("no key", "wrong key", "no service", "unknown service", "no location")


def get(endpoint: Endpoint, fmt: str, case: str) -> tuple[Answer, int]:
    """A call that must fail, and the status that it must have."""
    path, query, status = GETS[case]
    if "jurisdiction_id" in query:
        return endpoint.call("GET", f"{path}.{fmt}", query), status
    return endpoint.get(path, fmt, query), status


def post(endpoint: Endpoint, fmt: str, case: str) -> tuple[Answer, int]:
    """A report that must fail, and the status that it must have."""
    changes, status = POSTS[case]
    if case == "half a pair":
        changes = {"lat": endpoint.need("lat"), **changes}
    return endpoint.post(reports.fields(endpoint) | changes, fmt), status


def judge(answer: Answer, status: int, fmt: str) -> None:
    """The right status, the format asked for, and an errors document with words in it."""
    assert answer.status == status
    assert answer.format == fmt
    assert isinstance(answer.plain, list)
    assert answer.plain
    assert all({"code", "description"} <= set(each) for each in answer.plain)
    assert all(each["description"] for each in answer.plain)


@pytest.mark.clause("GR-E-01", "GR-E-02", "GR-E-03", "GR-E-04", "GR-E-06", "GR-F-13", "GR-F-21")
@pytest.mark.parametrize("case", BINDING_GETS)
def test_what_does_not_exist_is_404(endpoint: Endpoint, fmt: str, case: str) -> None:
    """404 for a service or token that does not exist; errors is a list of them, in the format."""
    answer, status = get(endpoint, fmt, case)

    judge(answer, status, fmt)
    if fmt == "xml":
        assert answer.xml.tag == "errors"
        assert {"error"} == {child.tag for child in answer.xml}
    else:
        assert isinstance(answer.json, list)


@pytest.mark.clause("GR-E-01", "GR-E-02", "GR-E-03", "GR-E-06", "GR-P-36")
@pytest.mark.parametrize("case", BINDING_POSTS)
def test_a_report_that_cannot_be_taken(endpoint: Endpoint, fmt: str, case: str) -> None:
    """403 for the key, 404 for an unknown service, 400 for everything else."""
    judge(*post(endpoint, fmt, case), fmt)


@pytest.mark.clause("GR-R-04", "GR-E-10", "IO-06")
@pytest.mark.parametrize("case", [case for case in GETS if case not in BINDING_GETS])
def test_every_other_get_that_fails(endpoint: Endpoint, fmt: str, case: str) -> None:
    """The rows of the error table that the standard leaves open, and unknown paths too."""
    judge(*get(endpoint, fmt, case), fmt)


@pytest.mark.clause("GR-P-05d", "GR-P-06d", "GR-P-08", "GR-P-15d", "GR-E-10")
@pytest.mark.parametrize("case", [case for case in POSTS if case not in BINDING_POSTS])
def test_every_other_report_that_fails(endpoint: Endpoint, fmt: str, case: str) -> None:
    """The rows of the error table for POST that the standard leaves open."""
    judge(*post(endpoint, fmt, case), fmt)


@pytest.mark.clause("GR-E-07", "IO-06")
@pytest.mark.parametrize("case", GETS)
def test_the_code_is_a_number(endpoint: Endpoint, fmt: str, case: str) -> None:
    """A JSON number, in XML its digits; here it repeats the status."""
    answer, status = get(endpoint, fmt, case)

    assert {str(status)} == {each["code"] for each in answer.plain}
    if fmt == "json":
        assert {int} == {type(each["code"]) for each in answer.json}
        assert list(answer.json[0])[:2] == ["code", "description"]


@pytest.mark.clause("GR-E-10")
@pytest.mark.parametrize("case", GETS)
def test_never_a_page_nor_a_trace(endpoint: Endpoint, fmt: str, case: str) -> None:
    """No HTML, no stack trace, no name of a source file in any error."""
    answer, _ = get(endpoint, fmt, case)

    assert not MARKUP.search(answer.body)


@pytest.mark.clause("GR-E-05")
@pytest.mark.parametrize(
    ("case", "argument"),
    [("no service", "service_code"), ("unknown service", "service_code"), ("wrong key", "api_key")],
)
def test_the_description_names_the_argument(
    endpoint: Endpoint, fmt: str, case: str, argument: str
) -> None:
    """The description is for people and says which argument was at fault."""
    answer, _ = post(endpoint, fmt, case)

    assert answer.blames(argument)


@pytest.mark.clause("GR-E-08")
@pytest.mark.parametrize("extension", [".yaml", ".html", ".", ".xmlx"])
def test_an_unknown_format_is_404_in_xml(endpoint: Endpoint, extension: str) -> None:
    """XML is the required format, and so the one of errors where none is known."""
    answer = endpoint.call("GET", f"services{extension}")

    judge(answer, 404, "xml")


@pytest.mark.clause("GR-E-08")
def test_an_unknown_format_is_404_in_json_if_preferred(endpoint: Endpoint) -> None:
    """Accept says what a client can read, where the extension does not."""
    answer = endpoint.call("GET", "services.yaml", headers={"Accept": "application/json"})

    judge(answer, 404, "json")


@pytest.mark.clause("GR-E-09", "GR-E-10", "IO-06")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "services"), ("PUT", "requests"), ("DELETE", "requests"), ("PATCH", "requests"),
        ("DELETE", "requests/no-such-request"), ("POST", "requests/no-such-request"),
        ("POST", "tokens/no-such-token"), ("PUT", "services/no-such-service"),
        ("POST", "discovery"), ("BREW", "services"),
    ],
)  # fmt: skip
def test_a_wrong_method_is_405_with_allow(
    endpoint: Endpoint, fmt: str, method: str, path: str
) -> None:
    """405 with Allow, and the same body as any error."""
    answer: Any = endpoint.call(method, f"{path}.{fmt}", body=b"")

    judge(answer, 405, fmt)
    allowed = {each.strip() for each in (answer.header("allow") or "").split(",")}
    assert "GET" in allowed
    assert method not in allowed


@pytest.mark.clause("GR-E-09")
def test_a_body_that_is_too_large_has_errors_too(endpoint: Endpoint, fmt: str) -> None:
    """400 for its description or 413 for its size; never a 5xx, never without a document."""
    answer = endpoint.post(reports.fields(endpoint, {"description": "x" * 3_000_000}), fmt)

    assert answer.status in (400, 413)
    judge(answer, answer.status, fmt)
