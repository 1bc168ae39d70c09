"""Speaking HTTP to a server: over connections that are kept, counted and timed."""

from __future__ import annotations

import http.client
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

import msgspec

V2 = "/open311/v2"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BOUNDARY = "tests-faults-boundary"


class Reply(msgspec.Struct, frozen=True):
    """What came back, and after how many seconds."""

    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes
    seconds: float

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Line:
    """A connection that is kept for as long as the server keeps it."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Reply:
        """One call.

        Raises:
            OSError, http.client.HTTPException: no whole answer came.
        """
        began = time.perf_counter()
        try:
            self._connection.request(method, path, body, dict(headers))
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, named, content, time.perf_counter() - began)

    def get(self, path: str) -> Reply:
        return self.ask("GET", path)

    def post(self, suffix: str = "json", **fields: object) -> Reply:
        """POST requests as a form."""
        return self.ask("POST", f"{V2}/requests.{suffix}", form(fields), FORM)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def form(fields: Mapping[str, object]) -> bytes:
    return urllib.parse.urlencode({name: str(value) for name, value in fields.items()}).encode()


def multipart(fields: Mapping[str, object], **files: bytes) -> tuple[bytes, dict[str, str]]:
    """A multipart body and its headers; each file is called picture.png."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, content in files.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="p.png"'
        parts.append(f"{head}\r\nContent-Type: image/png\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def number(reply: Reply) -> str:
    """The service_request_id or the token of an accepted request, as JSON says it."""
    assert reply.status == 200, reply
    (said,) = reply.json()
    found = said.get("service_request_id") or said.get("token")
    assert found, said
    return str(found)
