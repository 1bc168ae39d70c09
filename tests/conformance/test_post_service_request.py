"""POST Service Request: arguments and answer."""

from __future__ import annotations

import re

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment
from tests.conformance.wire import Answer


def post(endpoint: Endpoint, fmt: str, **changes: str | None) -> Answer:
    """POST a good report with changes."""
    return endpoint.post(reports.fields(endpoint, changes), fmt)


@pytest.mark.clause("GR-P-01", "GR-P-30", "GR-P-32", "GR-F-13", "GR-F-20", "GR-F-21")
def test_a_realtime_report_gets_its_id_at_once(endpoint: Endpoint, fmt: str) -> None:
    """service_requests/request, an array of one in JSON, with a service_request_id."""
    answer = post(endpoint, fmt)

    assert answer.ok
    assert answer.format == fmt
    assert answer.one["service_request_id"]
    if fmt == "xml":
        assert (answer.xml.tag, [c.tag for c in answer.xml]) == ("service_requests", ["request"])


@pytest.mark.clause("GR-P-33", "GR-P-35", "IO-05")
def test_a_successful_post_answers_200(endpoint: Endpoint, fmt: str) -> None:
    """Strict clients compare with 200; optional fields of the answer are present."""
    answer = post(endpoint, fmt)

    assert answer.status == 200
    assert list(answer.one) == ["service_request_id", "service_notice", "account_id"]


@pytest.mark.clause("GR-P-35", "GR-F-22")
def test_an_unknown_account_is_empty(endpoint: Endpoint, fmt: str) -> None:
    """An account_id that nobody sent is an empty element, or null: never an empty string."""
    assert post(endpoint, fmt).one.get("account_id") is None


@pytest.mark.clause("GR-P-31", "GR-P-32")
@pytest.mark.parametrize("kind", ["realtime", "batch", "blackbox"])
def test_an_id_or_a_token_but_never_both(endpoint: Endpoint, fmt: str, kind: str) -> None:
    """realtime gives an id, batch a token, blackbox neither."""
    answer = post(endpoint, fmt, service_code=endpoint.need(f"{kind}_code"))
    given = {name for name in ("service_request_id", "token") if answer.one.get(name)}

    expected = {"realtime": {"service_request_id"}, "batch": {"token"}, "blackbox": set()}
    assert answer.ok
    assert given == expected[kind]


@pytest.mark.clause("GR-P-32d")
def test_a_blackbox_answer_has_neither_field(endpoint: Endpoint, fmt: str) -> None:
    """One request with just service_notice and account_id."""
    answer = post(endpoint, fmt, service_code=endpoint.need("blackbox_code"))

    assert answer.status == 200
    assert not {"service_request_id", "token"} & set(answer.one)


@pytest.mark.clause("GR-P-34", "GR-F-24", "IO-04")
def test_ids_are_strings_fit_for_urls_and_lists(endpoint: Endpoint, fmt: str) -> None:
    """A JSON string of 64 characters at most, without comma or dot."""
    answer = post(endpoint, fmt)

    assert re.fullmatch(r"[A-Za-z0-9_~-]{1,64}", answer.one["service_request_id"])
    if fmt == "json":
        assert isinstance(answer.json[0]["service_request_id"], str)


@pytest.mark.clause("GR-P-03", "GR-P-36", "GR-E-05")
def test_a_report_without_service_code_is_400(endpoint: Endpoint, fmt: str) -> None:
    """service_code is required; the error says that it is missing."""
    answer = post(endpoint, fmt, service_code=None)

    assert answer.status == 400
    assert answer.blames("service_code")


@pytest.mark.clause("GR-P-36", "GR-E-03", "GR-E-05")
def test_a_report_for_an_unknown_service_is_404(endpoint: Endpoint, fmt: str) -> None:
    """A service_code that does not exist is a 404, as everything that does not exist."""
    known = reports.fields(endpoint)
    answer = endpoint.post(known | {"service_code": "no-such-service"}, fmt)

    assert answer.status == 404
    assert answer.blames("service_code")


@pytest.mark.clause("GR-P-07", "GR-F-31")
def test_optional_arguments_may_be_sent_or_sent_empty(endpoint: Endpoint, fmt: str) -> None:
    """Every optional argument is accepted; empty, it counts as absent."""
    full = {
        "address_string": "12 Main Street",
        "email": "resident@example.org",
        "device_id": "device",
        "account_id": "account",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "555 0100",
        "media_url": "https://media.example/photo.jpg",
    }

    assert post(endpoint, fmt, **full).ok
    assert post(endpoint, fmt, **dict.fromkeys([*full, "address_id", "description"], "")).ok


@pytest.mark.clause("GR-P-08")
@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_a_description_of_4000_characters_is_kept(
    endpoint: Endpoint, fmt: str, letter: str
) -> None:
    """4,000 characters are counted as code points, whatever bytes they take."""
    text = reports.nonce() + letter * 3968

    assert reports.stored(endpoint, {"description": text}, fmt)["description"] == text


@pytest.mark.clause("GR-P-08")
@pytest.mark.parametrize("letter", ["x", "😀"])
def test_a_longer_description_is_400(endpoint: Endpoint, fmt: str, letter: str) -> None:
    """4,001 characters are refused and not cut, and the error names description."""
    answer = post(endpoint, fmt, description=letter * 4001)

    assert answer.status == 400
    assert answer.blames("description")


@pytest.mark.clause("GR-P-15")
def test_a_media_url_is_only_a_link(endpoint: Endpoint, fmt: str) -> None:
    """The server need not fetch it: a link into nowhere is accepted, and comes back."""
    link = f"https://media.invalid/{reports.nonce()}.jpg"

    assert reports.stored(endpoint, {"media_url": link}, fmt)["media_url"] == link


@pytest.mark.clause("GR-P-15d", "IO-14")
def test_a_blank_after_a_media_url_is_trimmed(endpoint: Endpoint, fmt: str) -> None:
    """The published example has one."""
    link = "https://media.example/photo.jpg"

    assert reports.stored(endpoint, {"media_url": f"{link} "}, fmt)["media_url"] == link


@pytest.mark.clause("GR-P-15d")
@pytest.mark.parametrize(
    "link",
    ["photo.jpg", "/photo.jpg", "//a.example/b", "javascript:alert(1)", "ftp://a.example/b",
     "file:///etc/passwd", "data:text/plain,x", "https://", "https://a.example/" + "x" * 2048],
)  # fmt: skip
def test_a_media_url_that_is_no_link_is_400(endpoint: Endpoint, fmt: str, link: str) -> None:
    """An absolute http or https URL of 2,048 characters at most."""
    answer = post(endpoint, fmt, media_url=link)

    assert answer.status == 400
    assert answer.blames("media_url")


@pytest.mark.clause("GR-P-37")
def test_a_duplicate_is_never_a_409(endpoint: Endpoint, fmt: str) -> None:
    """The same report twice is accepted again, or refused with a 400: the standard has no 409."""
    report = reports.fields(endpoint)
    first, second = endpoint.post(report, fmt), endpoint.post(report, fmt)

    assert first.ok
    assert second.status in (200, 400)


@pytest.mark.clause("GR-Q-33")
def test_a_new_report_is_open_and_untouched(endpoint: Endpoint, fmt: str) -> None:
    """It is open, and was last updated when it was requested."""
    request = reports.stored(endpoint, {}, fmt)

    assert request["status"] == "open"
    assert request["requested_datetime"] == request["updated_datetime"]


@pytest.mark.clause("GR-F-53", "GR-F-52")
def test_a_post_is_not_cacheable_nor_redirected(endpoint: Endpoint, fmt: str) -> None:
    """A POST is never redirected but by 307 or 308, and its answer never kept."""
    answer = post(endpoint, fmt)
    path = f"requests/{segment(answer.one['service_request_id'])}"

    assert answer.status not in (301, 302, 303)
    assert "max-age" not in (answer.header("cache-control") or "")
    assert endpoint.get(path, fmt).ok
