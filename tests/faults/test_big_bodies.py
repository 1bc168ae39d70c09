"""Bodies that are too large, or not as long as they say: each client gets to read its answer.

A server that closes while the client still sends shows it a reset, not the 413, and the client
tries again for ever. Trust, fact 4.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from lxml import etree
from PIL import Image

from tests.faults.calls import FORM, V2, Line, Reply, form, multipart, number
from tests.faults.ground import settle
from tests.servers import Server, serving

CITY = "big.example"
MEGABYTE = 1_000_000


class Served(msgspec.Struct, frozen=True):
    server: Server
    fields: dict[str, str]


@pytest.fixture(scope="module")
def served(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("big")
    key = settle(empty_database, path, CITY)[CITY]
    fields = {"api_key": key, "service_code": "tree", "lat": "44.6", "long": "-66.2"}
    room = {"body_seconds": 2, "bodies_max_bytes": 60 * MEGABYTE}
    with serving(path / "var", database_url=empty_database, **room) as server:
        yield Served(server, fields)


def errors(reply: Reply, suffix: str) -> list[str]:
    """The codes in an errors document, which must be whole and in the asked-for format."""
    if suffix == "json":
        assert reply.headers["content-type"].startswith("application/json")
        return [str(each["code"]) for each in reply.json()]
    assert reply.headers["content-type"].startswith("text/xml")
    return [str(each.text) for each in etree.fromstring(reply.body).iter("code")]


def large(fields: dict[str, str], kind: str, size: int) -> tuple[bytes, dict[str, str]]:
    """A body of about `size` bytes."""
    if kind == "urlencoded":
        return form(fields | {"description": "x" * size}), FORM
    if kind == "multipart text":
        return multipart(fields | {"description": "x" * size})
    if kind == "multipart file":
        return multipart(fields, media=b"x" * size)
    return b"{" + b" " * size + b"}", {"Content-Type": "application/json"}


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart text", "multipart file", "json"])
@pytest.mark.parametrize("size", [2 * MEGABYTE, 50 * MEGABYTE, 60 * MEGABYTE])
def test_a_body_that_is_too_large_is_told_so(
    served: Served, kind: str, suffix: str, size: int
) -> None:
    """Only what has several parts may be 51 MB, for its pictures; here that is none."""
    body, headers = large(served.fields, kind, size)
    expected = "400" if (kind, size) == ("multipart file", 2 * MEGABYTE) else "413"
    for _ in range(2):
        with Line(served.server.port) as line:
            reply = line.ask("POST", f"{V2}/requests.{suffix}", body, headers)
        assert errors(reply, suffix) == [expected] == [str(reply.status)]
        assert reply.seconds < 3  # nobody reads 50 MB of text before it is refused


def test_texts_that_are_too_large_only_together_are_told_so(served: Served) -> None:
    texts = {f"attribute[NOTE{code}]": "x" * 300_000 for code in range(4)}
    body, headers = multipart(served.fields | texts)
    with Line(served.server.port) as line:
        reply = line.ask("POST", f"{V2}/requests.json", body, headers)

    assert errors(reply, "json") == ["413"]


def test_a_picture_of_5_mb_beside_small_texts_is_taken(served: Served) -> None:
    noise = Image.frombytes("RGB", (1300, 1300), random.Random(311).randbytes(1300 * 1300 * 3))
    noise.save(content := BytesIO(), "PNG")
    body, headers = multipart(served.fields, media=content.getvalue())
    with Line(served.server.port) as line:
        reply = line.ask("POST", f"{V2}/requests.json", body, headers)

    assert len(body) > 5 * MEGABYTE
    assert number(reply)


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize(
    ("method", "name", "status"),
    [("POST", "nothing", 404), ("PUT", "requests", 405), ("POST", "services", 405)],
)
def test_a_large_body_that_nobody_reads_does_not_hide_the_answer(
    served: Served, method: str, name: str, status: int, suffix: str
) -> None:
    with Line(served.server.port) as line:
        reply = line.ask(method, f"{V2}/{name}.{suffix}", b"x" * 50 * MEGABYTE, FORM)

    assert errors(reply, suffix) == [str(status)] == [str(reply.status)]


def chunked(size: int) -> bytes:
    piece = b"%x\r\n%b\r\n" % (MEGABYTE // 10, b"x" * (MEGABYTE // 10))
    return piece * (size * 10 // MEGABYTE) + b"0\r\n\r\n"


def head(suffix: str, *lines: str, kind: str = FORM["Content-Type"]) -> bytes:
    first = (f"POST {V2}/requests.{suffix} HTTP/1.1", "Host: x", f"Content-Type: {kind}")
    return "\r\n".join((*first, *lines, "", "")).encode()


def raw(server: Server, *pieces: bytes, seconds: float = 20) -> bytes:
    """Send bytes as they are, and read until the other side ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while more := connection.recv(65_536):
            answer += more
        return answer


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize("size", [2 * MEGABYTE, 50 * MEGABYTE])
def test_a_body_in_chunks_is_counted_as_it_comes(served: Served, suffix: str, size: int) -> None:
    for _ in range(2):
        answer = raw(served.server, head(suffix, "Transfer-Encoding: chunked"), chunked(size))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert (b'"code":413' if suffix == "json" else b"<code>413</code>") in answer
        assert b"connection: close" in answer.lower()


def test_a_good_body_in_chunks_is_taken(served: Served) -> None:
    body = form(served.fields)
    pieces = b"".join(b"1\r\n%c\r\n" % each for each in body) + b"0\r\n\r\n"
    answer = raw(
        served.server, head("json", "Transfer-Encoding: chunked", "Connection: close"), pieces
    )

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_body_shorter_than_it_says_is_waited_for_and_then_refused(served: Served) -> None:
    """Two seconds here; five by default."""
    began = time.monotonic()
    answer = raw(served.server, head("json", "Content-Length: 1000"), form(served.fields))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":408' in answer
    assert 1.5 < time.monotonic() - began < 6


def test_a_body_longer_than_it_says_files_nothing_twice(served: Served) -> None:
    """What follows the body is read as the next call, and is none."""
    body = form(served.fields)
    answer = raw(served.server, head("json", f"Content-Length: {len(body)}"), body, body * 3)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"service_request_id") == 1
    assert answer.count(b"HTTP/1.1 400 ") <= 1


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999999", "5, 6", ""])
def test_a_length_that_is_none_is_refused(served: Served, length: str) -> None:
    answer = raw(served.server, head("json", f"Content-Length: {length}"), b"x" * 10)

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))


def test_a_declared_length_beyond_everything_is_refused_without_waiting_long(
    served: Served,
) -> None:
    began = time.monotonic()
    answer = raw(served.server, head("xml", "Content-Length: 999999999999"), b"x" * 1000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - began < 10


@contextmanager
def stalled(
    served: Served, uploads: int, sent: int, fields: dict[str, str] | None = None
) -> Iterator[None]:
    """So many uploads of 5 MB that stop after so many bytes of the body."""
    body, headers = large(fields or served.fields, "multipart file", 5 * MEGABYTE)
    begin = head("json", f"Content-Length: {len(body)}", kind=headers["Content-Type"])
    waiting = [socket.create_connection(("127.0.0.1", served.server.port)) for _ in range(uploads)]
    try:
        for each in waiting:
            each.sendall(begin + body[:sent])
        time.sleep(0.5)
        yield
    finally:
        for each in waiting:
            each.close()


def upload(served: Served, size: int) -> Reply:  # no picture at all
    body, headers = large(served.fields, "multipart file", size)
    with Line(served.server.port) as line:
        return line.ask("POST", f"{V2}/requests.json", body, headers)


def test_uploads_that_have_hardly_begun_keep_nobody_out(served: Served) -> None:
    body, headers = multipart(served.fields)
    with stalled(served, 40, sent=100), Line(served.server.port) as line:
        replies = [
            line.ask("POST", f"{V2}/requests.json", body, headers),
            line.post(**served.fields),
            upload(served, 2 * MEGABYTE),
        ]

    assert [each.status for each in replies] == [200, 200, 400]


def test_more_uploads_at_once_than_there_is_room_for_are_told_to_come_back(
    served: Served,
) -> None:
    """The others are not: neither small ones, nor anybody once there is room."""
    small, headers = multipart(served.fields)
    with stalled(served, 12, sent=4_900_000), Line(served.server.port) as line:
        replies = [upload(served, size * MEGABYTE) for size in (2, 5, 30)]
        assert line.ask("POST", f"{V2}/requests.json", small, headers).status == 200
    deadline = time.monotonic() + 2
    while (after := upload(served, 2 * MEGABYTE)).status == 503:
        assert time.monotonic() < deadline, "the room of those who went away is lost"

    assert [(each.status, each.headers["retry-after"]) for each in replies] == [(503, "5")] * 3
    assert [errors(each, "json") for each in replies] == [["503"]] * 3
    assert after.status == 400


def test_strangers_keep_nobody_out_who_has_a_key(served: Served) -> None:
    """Half of the room is for those whose key is known: here by the beginning of the body."""
    nobody = {name: value for name, value in served.fields.items() if name != "api_key"}
    stranger, headers = large(nobody, "multipart file", 2 * MEGABYTE)
    with stalled(served, 12, sent=4_900_000, fields=nobody), Line(served.server.port) as line:
        keyed = upload(served, 2 * MEGABYTE)
        by_header = line.ask(
            "POST",
            f"{V2}/requests.json",
            stranger,
            headers | {"X-API-Key": served.fields["api_key"]},
        )
        unknown = line.ask("POST", f"{V2}/requests.json", stranger, headers)

    assert (keyed.status, by_header.status, unknown.status) == (400, 400, 503)


def test_uploads_that_are_refused_give_their_room_back(served: Served) -> None:
    """60 MB of room; of 40 uploads of 2 MB, one after the other, each finds some."""
    assert [upload(served, 2 * MEGABYTE).status for _ in range(40)] == [400] * 40


def test_the_tests_above_send_what_they_say(tmp_path: Path) -> None:
    assert len(chunked(2 * MEGABYTE)) > 2 * MEGABYTE
    assert len(large({}, "multipart file", MEGABYTE)[0]) > MEGABYTE
