"""Over a real socket: what no HTTP library would send."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import RunningServer
from tests.validation import valid

KINDS = {b"application/json": "json", b"text/xml": "xml"}

REFUSED_BY_ANY_SERVER = [
    *(
        b"GET",
        b"GET /\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ),
    *(b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\nA\n\n"),
]
"""No HTTP at all: the connection may just be closed."""

BAD_FRAMES = [
    *(b"Content-Length: -1", b"Content-Length: abc", b"Content-Length: 1e3", b"Content-Length: +5"),
    *(b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 99999999999999999999999"),
    *(b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Transfer-Encoding: nonsense"),
    *(b"Bad Header: 1", b": 1", b"No colon", b"A\x00: 1", b"A: \x00"),
]
"""Headers that HTTP forbids: a 400 of the HTTP library itself is right as well."""

TARGETS = [
    *(
        b"requests/%",
        b"requests/%0",
        b"requests/%zz.json",
        b"requests/%00.json",
        b"tokens/%FF.json",
    ),
    *(b"requests/\xff\xfe.json", b"requests/%C0%AF.json", b"services/%ED%A0%80.xml", b"%2e%2e/x"),
    *(b"requests.json?status=%", b"requests.json?start_date=%zz", b"requests.json?%00=%00&a=%FF"),
    *(
        b"requests.json?status=%00",
        b"../../etc/passwd",
        b"..%2f..%2fetc%2fpasswd.json",
        b"//x.json",
    ),
    *(
        b"requests.json?" + b"a=1&" * 2_000,
        b"services/" + b"a" * 7_000 + b".json",
        b"requests.json#a",
    ),
    *(b"requests.json?\xff\xfe", b"services.json/", b"services.json?jurisdiction_id=%E2%80%AE"),
]
METHODS = [
    b"PUT",
    b"DELETE",
    b"PATCH",
    b"PROPFIND",
    b"get",
    b"X" * 300,
    b"G-E.T",
    b"CONNECT",
    b"TRACE",
]
HEADERS = [
    *(
        b"A: " + b"x" * 8_000,
        b"Accept: a\r\nAccept: b\r\nAccept: text/xml",
        b"Host: other",
        b"Host:",
    ),
    *(
        b"X-Api-Key: \xff\xfe",
        b"Authorization: Bearer",
        b"Expect: 100-continue",
        b"Range: bytes=0-1",
    ),
    *(b"Content-Length: 0\r\nContent-Length: 0", b"If-None-Match: *", b"Accept-Encoding: \xff"),
    *(b"Connection: Upgrade\r\nUpgrade: websocket", b"Cookie: " + b"a=b;" * 2_000),
    b"\r\n".join(b"X-%d: 1" % number for number in range(90)),
]


def talk(running_server: RunningServer, sent: bytes) -> list[tuple[int, str | None, bytes]]:
    """Send bytes: the answers (status, format, body) until the server closes.

    Where it waits for more, it is told that no more comes.
    """
    with socket.create_connection(("127.0.0.1", running_server.server.port), 0.5) as connection:
        connection.sendall(sent)
        received = b""
        try:
            while more := connection.recv(65536):
                received += more
        except TimeoutError:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            received += b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:  # it closed while we were still sending
            pass
    return list(_answers(received))


def _answers(received: bytes) -> Iterator[tuple[int, str | None, bytes]]:
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        kind = re.search(rb"\r\ncontent-type: ([^;\r]+)", head.lower())
        body, received = rest[: int(length[1])] if length else rest, b""
        if length:
            received = rest[int(length[1]) :]
        yield status, KINDS.get(kind[1]) if kind else None, body


def sane(status: int, fmt: str | None, body: bytes) -> bool:
    """2xx, or 4xx with an errors document."""
    if 400 <= status < 500:
        assert fmt, body
        return bool(valid("errors", fmt, body))
    return 200 <= status < 300


def call(target: bytes, method: bytes = b"GET", more: bytes = b"") -> bytes:
    head = method + b" /open311/v2/" + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return head + (more + b"\r\n" if more else b"") + b"\r\n"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: ascii(target[:40]))
def test_any_target_is_answered_in_words(running_server: RunningServer, target: bytes) -> None:
    answers = talk(running_server, call(target))

    if b"\xff" in target and answers == [(400, None, b"")]:
        return  # bytes that no URL may hold: HTTP's own 400
    assert len(answers) == 1
    assert sane(*answers[0])


@pytest.mark.parametrize("method", METHODS, ids=lambda method: ascii(method[:20]))
@pytest.mark.parametrize("target", [b"services.json", b"requests/1.xml", b"nothing.json"])
def test_any_method_is_answered_in_words(
    running_server: RunningServer, method: bytes, target: bytes
) -> None:
    ((status, fmt, body),) = talk(running_server, call(target, method))

    assert status in (404, 405) or (status == 400 and not body)
    assert not body or sane(status, fmt, body)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: ascii(header[:30]))
@pytest.mark.parametrize("target", [b"services.json", b"requests/no-such.xml"])
def test_any_header_is_taken_or_refused(
    running_server: RunningServer, header: bytes, target: bytes
) -> None:
    answers = [each for each in talk(running_server, call(target, more=header)) if each[0] != 100]

    assert [each for each in answers if each[0] >= 500] == []
    for status, fmt, body in answers:
        assert (status in (304, 400, 431) and not body) or sane(status, fmt, body)


@pytest.mark.parametrize("header", BAD_FRAMES, ids=ascii)
def test_a_frame_that_http_forbids_is_refused(running_server: RunningServer, header: bytes) -> None:
    answers = talk(running_server, call(b"requests.json", b"POST", header) + b"a=1&b")

    for status, fmt, body in answers:
        assert (status == 400 and not body) or sane(status, fmt, body)


@pytest.mark.parametrize("sent", REFUSED_BY_ANY_SERVER, ids=ascii)
def test_what_is_no_http_is_refused_or_closed(running_server: RunningServer, sent: bytes) -> None:
    for status, fmt, body in talk(running_server, sent):
        assert (status == 400 and not body) or sane(status, fmt, body)


@given(
    st.binary(max_size=30).map(lambda raw: re.sub(rb"[\x00-\x20\x7f]", b"%", raw)),
    st.binary(max_size=30).map(lambda raw: re.sub(rb"[\r\n\x00]", b"", raw)),
    st.binary(max_size=60),
    st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"QUERY"]),
    st.sampled_from([b"requests.json?", b"requests/", b"services/", b"", b"tokens/%"]),
)
@settings(max_examples=150)
def test_byte_soup_never_costs_a_5xx(
    running_server: RunningServer,
    end: bytes,
    value: bytes,
    body: bytes,
    method: bytes,
    start: bytes,
) -> None:
    more = b"X-Soup: " + value + b"\r\nContent-Length: %d" % len(body)
    answers = talk(running_server, call(start + end, method, more) + body)

    for status, fmt, said in answers[:1]:
        assert (
            (status == 400 and not said)
            or (method == b"HEAD" and status < 500)
            or sane(status, fmt, said)
        )


def test_after_all_of_that_the_server_answers(running_server: RunningServer) -> None:
    ((status, fmt, body),) = talk(running_server, call(b"services.json"))

    assert status == 200
    assert valid("services", str(fmt), body)
