"""Keys: looked at before the body, wherever they stand, and however often."""

from __future__ import annotations

import pytest

from open311.http import access
from tests.inprocess import FORM, Door, Headers

GOOD = "service_code=pothole&lat=44.6&long=-66.2"
MALFORMED = "description=%zz"


def key(name: str, *values: str) -> Headers:
    return tuple((name, value) for value in values)


@pytest.mark.parametrize(
    ("headers", "body", "query", "status"),
    [
        (key("x-api-key", "wrong"), MALFORMED, "", 403),
        (key("authorization", "Bearer wrong"), MALFORMED, "", 403),
        ((), MALFORMED, "api_key=wrong", 403),
        (key("x-api-key", "{key}"), MALFORMED, "", 400),
        ((), MALFORMED, "api_key={key}", 400),
        ((), MALFORMED, "", 400),  # its key would be in the body, which cannot be read
        (key("x-api-key", "{key}", "wrong"), GOOD, "", 403),
        (key("x-api-key", "wrong", "{key}"), GOOD, "", 403),
        (key("authorization", "Bearer {key}", "Bearer wrong"), GOOD, "", 403),
        (key("x-api-key", "{key}"), GOOD, "api_key=wrong", 403),
        (key("x-api-key", "{key}"), f"{GOOD}&api_key=wrong", "", 403),
        (key("x-api-key", "{key}", "{key}", ""), f"{GOOD}&api_key={{key}}", "api_key={key}", 200),
        (key("authorization", "Basic wrong", "bearer {key}"), GOOD, "", 200),
    ],
)
def test_a_wrong_key_is_told_before_a_wrong_body(
    door: Door, api_key: str, headers: Headers, body: str, query: str, status: int
) -> None:
    """GR-P-22, GR-P-24."""
    sent = tuple((name, value.replace("{key}", api_key)) for name, value in headers)
    url = f"requests.json?{query.replace('{key}', api_key)}"
    answer = door.ask("POST", url, (*FORM, *sent), body.replace("{key}", api_key).encode())

    assert answer.status == status, answer


PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n%s\r\n%s\r\n'


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (b"api_key=KEY&description=x", True),
        (b"description=x&api_key=KEY", True),
        (b"description=x&my_api_key=KEY", False),
        (b"api_key=other", False),
        (PART % (b"lat", b"", b"1") + PART % (b"api_key", b"", b"KEY"), True),
        (PART % (b"api_key", b"Content-Type: text/plain\r\n", b"KEY"), True),
        (PART.replace(b'"', b"") % (b"api_key", b"", b"KEY"), True),
        (PART % (b"description", b"", b"KEY"), False),
        (b"", False),
    ],
)
def test_a_key_is_seen_at_the_beginning_of_a_body(
    door: Door, api_key: str, body: bytes, known: bool
) -> None:
    class Asked:
        desk = door.desk
        scope = {"query_string": b""}  # noqa: RUF012

        def headers(self, _: bytes) -> list[str]:
            return []

    beginning = body.replace(b"KEY", api_key.encode())

    assert access.knows(Asked(), beginning) == known  # type: ignore[arg-type]
