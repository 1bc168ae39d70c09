"""HTTP: formats, headers, methods."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment
from tests.conformance.wire import Answer, raw

TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
OTHER = {"xml": "json", "json": "xml"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PATHS = {
    "services": 200,
    "services/{code}": 200,
    "requests": 200,
    "requests?service_request_id=none": 200,
    "requests?status=lost": 400,
    "requests/no-such-request": 404,
    "tokens/no-such-token": 404,
    "no-such-resource": 404,
}


def get(endpoint: Endpoint, fmt: str, path: str, **headers: str) -> Answer:
    """GET one of PATHS."""
    path, _, query = path.partition("?")
    path = path.format(code=segment(reports.services(endpoint)[0]["service_code"]))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return endpoint.get(path, fmt, query, named)


@pytest.mark.clause("GR-F-02", "GR-F-03")
@pytest.mark.parametrize(
    "path", ["services", "services/{code}", "requests?service_request_id=none"]
)
def test_the_extension_chooses_format_and_type(endpoint: Endpoint, fmt: str, path: str) -> None:
    """text/xml and application/json, both with charset=utf-8."""
    answer = get(endpoint, fmt, path)

    assert TYPES[fmt] == (answer.header("content-type") or "").lower().replace(";c", "; c")


@pytest.mark.clause("IO-07")
@pytest.mark.parametrize("path", PATHS)
def test_content_types_are_exact(endpoint: Endpoint, fmt: str, path: str) -> None:
    """A validator in use compares them letter by letter; errors are no exception."""
    answer = get(endpoint, fmt, path)

    assert (PATHS[path], TYPES[fmt]) == (answer.status, answer.header("content-type"))


@pytest.mark.clause("IO-07")
def test_a_post_answers_with_the_same_types(endpoint: Endpoint, fmt: str) -> None:
    """The extension chooses the answer's format, whatever the body was."""
    answer = endpoint.post(reports.fields(endpoint), fmt)

    assert TYPES[fmt] == answer.header("content-type")


@pytest.mark.clause("GR-F-04", "IO-08", "IO-21")
@pytest.mark.parametrize(
    "accept", ["text/xml", "application/json", "image/png", BROWSER, "nonsense"]
)
@pytest.mark.parametrize("path", PATHS)
def test_the_extension_beats_accept(endpoint: Endpoint, fmt: str, path: str, accept: str) -> None:
    """In both directions, and nothing is ever 406."""
    answer = get(endpoint, fmt, path, Accept=accept)

    assert (PATHS[path], fmt) == (answer.status, answer.format)


@pytest.mark.clause("GR-F-04")
@pytest.mark.parametrize(
    ("accept", "expected"), [("", "xml"), ("application/json", "json"), ("text/xml", "xml")]
)
def test_without_extension_accept_decides_or_404(
    endpoint: Endpoint, accept: str, expected: str
) -> None:
    """The standard gives the bare path no meaning: 404, or what Accept asks for, or XML."""
    answer = endpoint.call("GET", "services", headers={"Accept": accept} if accept else {})

    assert answer.status in (200, 404)
    assert answer.status == 404 or expected == answer.format


@pytest.mark.clause("GR-F-06")
def test_the_extension_beats_an_argument(endpoint: Endpoint, fmt: str) -> None:
    """?format= is an extension of others."""
    assert endpoint.get("services", fmt, {"format": OTHER[fmt]}).format == fmt


@pytest.mark.clause("GR-F-05")
def test_an_extension_may_be_in_any_case(endpoint: Endpoint, fmt: str) -> None:
    """.XML and .Json are seen."""
    for extension in (fmt.upper(), fmt.capitalize()):
        answer = endpoint.get("services", extension)
        assert (200, fmt) == (answer.status, answer.format)


@pytest.mark.clause("GR-F-05")
@pytest.mark.parametrize("path", ["services", "requests", "services/x", "requests/x"])
def test_a_trailing_slash_is_no_500(endpoint: Endpoint, fmt: str, path: str) -> None:
    """Answered, redirected by 308 or not found: no fault of the server."""
    answer = endpoint.call("GET", f"{path}.{fmt}/")

    assert answer.status in (200, 308, 404)


@pytest.mark.clause("GR-D-11")
def test_a_doubled_slash_is_collapsed(endpoint: Endpoint, fmt: str) -> None:
    """Clients differ in whether they add one to the endpoint's URL."""
    answer = endpoint.get("/services", fmt)

    assert answer.status == 200
    assert endpoint.get("services", fmt).plain == answer.plain


@pytest.mark.clause("IO-21")
def test_odd_headers_are_no_error(endpoint: Endpoint, fmt: str) -> None:
    """A Content-Type on a GET, an odd User-Agent, conditions that mean nothing here."""
    odd = {
        "Content-Type": "application/json",
        "User-Agent": "",
        "Accept-Language": "xx",
        "Accept-Charset": "iso-8859-1",
        "If-None-Match": '"no-such-tag"',
        "X-Requested-With": "XMLHttpRequest",
        "Cookie": "a=b",
    }

    assert endpoint.get("services", fmt, headers=odd).status == 200


@pytest.mark.clause("GR-F-50")
@pytest.mark.parametrize("path", ["services", "requests", "services/no-such-service"])
def test_head_is_get_without_a_body(endpoint: Endpoint, fmt: str, path: str) -> None:
    """Same status, same type, and not one byte after the headers."""
    answer = endpoint.call("GET", f"{path}.{fmt}", "service_request_id=none")
    parts = urlsplit(answer.url)
    head = f"HEAD {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    sent = raw(answer.url, f"{head}Connection: close\r\n\r\n")
    status, _, rest = sent.partition(b"\r\n")

    assert str(answer.status).encode() in status
    assert (answer.header("content-type") or "").encode() in rest
    assert rest.endswith(b"\r\n\r\n")


@pytest.mark.clause("GR-F-50", "IO-12")
@pytest.mark.parametrize(("path", "method"), [("services", "GET"), ("requests", "POST")])
def test_options_and_preflight_are_answered(
    endpoint: Endpoint, fmt: str, path: str, method: str
) -> None:
    """200 or 204 with Allow and what a browser asks for before it sends."""
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,x-api-key,authorization",
    }
    answer = endpoint.call("OPTIONS", f"{path}.{fmt}", headers=headers)

    assert answer.status in (200, 204)
    assert method in (answer.header("allow") or "")
    assert answer.header("access-control-allow-origin") == "*"
    assert method in (answer.header("access-control-allow-methods") or "")
    allowed = (answer.header("access-control-allow-headers") or "").lower()
    assert all(name in allowed for name in ("content-type", "x-api-key", "authorization"))


@pytest.mark.clause("GR-F-51", "IO-12")
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_may_be_read_by_a_page(endpoint: Endpoint, fmt: str, path: str) -> None:
    """Access-Control-Allow-Origin: * on every answer, errors included."""
    answer = get(endpoint, fmt, path, Origin="https://app.example")

    assert PATHS[path] == answer.status
    assert answer.header("access-control-allow-origin") == "*"


@pytest.mark.clause("GR-F-51", "IO-12")
@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_post_may_be_read_by_a_page(endpoint: Endpoint, fmt: str, key: str | None) -> None:
    """The answer to a POST has the header too, and a refusal."""
    report = reports.fields(endpoint)
    if key:
        report["api_key"] = key
    answer = endpoint.post(report, fmt, headers={"Origin": "https://app.example"})

    assert answer.status == (403 if key else 200)
    assert answer.header("access-control-allow-origin") == "*"


@pytest.mark.clause("GR-F-54")
def test_gzip_where_it_is_accepted(endpoint: Endpoint, fmt: str) -> None:
    """Compressed for those who say so, plain for all others, and Vary tells caches."""
    plain = endpoint.get("services", fmt)
    packed = endpoint.get("services", fmt, headers={"Accept-Encoding": "gzip"})

    assert plain.header("content-encoding") in (None, "identity")
    if packed.header("content-encoding") == "gzip":
        assert plain.body == gzip.decompress(packed.body)
        assert "accept-encoding" in (packed.header("vary") or "").lower()
    else:
        assert plain.body == packed.body
        assert len(plain.body) < 10_000, "a large answer goes out uncompressed"


@pytest.mark.clause("GR-F-53")
def test_a_tag_that_is_given_works(endpoint: Endpoint, fmt: str) -> None:
    """Where an ETag comes with the services, it is good for a 304."""
    tag = endpoint.get("services", fmt).header("etag")
    if tag is None:
        pytest.skip("no ETag is given, and none is asked for")
    answer = endpoint.get("services", fmt, headers={"If-None-Match": tag})

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.clause("GR-F-10", "GR-F-11", "GR-F-12", "IO-02")
@pytest.mark.parametrize(
    "path", ["services", "services/{code}", "requests", "tokens/no-such-token"]
)
def test_xml_is_plain(endpoint: Endpoint, path: str) -> None:
    """A declaration with UTF-8; no namespace, no attribute, nothing but elements and text."""
    root = get(endpoint, "xml", path).xml

    assert root.nsmap == {}
    for node in root.iter():
        assert isinstance(node.tag, str)
        assert not node.tag.startswith("{")
        assert dict(node.attrib) == {}
