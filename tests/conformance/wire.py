"""One HTTP exchange, bytes exactly as given, and the answer read strictly.

`Answer.plain` turns XML and JSON into one neutral shape, so that a test is written once: lists,
dicts and leaves. Leaves are text or None; the booleans and numbers of the standard are bool and
float in both formats. The types on the wire are judged from `Answer.json` and `Answer.xml`.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

TIMEOUT = 30  # seconds
DECLARATION = re.compile(rb"<\?xml version=[\"']1\.0[\"'] encoding=[\"']utf-8[\"'][^>]*\?>", re.I)
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
LISTS = {
    "changes": "change",
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": None,
    "addresses": "address_point",
    "errors": "error",
    "notes": "note",
    "service_request_updates": "request_update",
}
"""The lists of the standard and its extensions, each with its items, where these are records."""
BOOLEANS = ("metadata", "variable", "required")
NUMBERS = ("lat", "long", "order")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """What a server answered to one call."""

    method: str
    url: str
    status: int
    headers: Pairs
    body: bytes

    def __repr__(self) -> str:
        """The call and its outcome on one line: what a failing assertion shows."""
        kind, begin = self.header("content-type"), self.body[:400]
        url = re.sub(r"(?<=api_key=)[^&]+", "…", self.url)
        return f"<{self.method} {url} -> {self.status} {kind} {begin!r}>"

    def header(self, name: str) -> str | None:
        """The value of a header; several are joined with commas; None without."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def ok(self) -> bool:
        """Whether the call succeeded, by its status."""
        return 200 <= self.status < 300

    @property
    def format(self) -> str | None:
        """`xml` or `json`, by the Content-Type; None for anything else."""
        kind = (self.header("content-type") or "").partition(";")[0].strip().lower()
        kinds = {"text/xml": "xml", "application/xml": "xml", "application/json": "json"}
        return kinds.get(kind)

    @cached_property
    def xml(self) -> Any:
        """The root element; refuses a missing declaration, a DOCTYPE and what is not UTF-8."""
        self.body.decode("utf-8")
        assert DECLARATION.match(self.body), f"no XML declaration with UTF-8: {self!r}"
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        root = etree.fromstring(self.body, parser)
        assert not root.getroottree().docinfo.doctype, f"a DOCTYPE: {self!r}"
        return root

    @cached_property
    def json(self) -> Any:
        """The JSON value; refuses duplicate keys, NaN, a byte order mark and invalid UTF-8."""
        text = self.body.decode("utf-8")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)

    @cached_property
    def plain(self) -> Any:
        """The payload without its root, alike for both formats."""
        if self.format == "xml":
            return _plain_xml(self.xml)
        assert self.format == "json", f"neither XML nor JSON: {self!r}"
        return _plain_json("", self.json)

    @property
    def leaves(self) -> Counter[str | Decimal]:
        """Every value in it, whatever it belongs to, alike for both formats; empties left out."""
        if self.format == "xml":
            texts = [node.text for node in self.xml.iter("*") if not len(node)]
        else:
            texts = list(_texts(self.json))
        return Counter(Decimal(t) if NUMBER.fullmatch(t) else t for t in texts if t)

    @property
    def one(self) -> dict[str, Any]:
        """The only item of an answer that must be a list of one."""
        assert isinstance(self.plain, list), f"not a list: {self!r}"
        assert len(self.plain) == 1, f"not a list of one: {self!r}"
        return self.plain[0]

    def blames(self, argument: str) -> bool:
        """Whether an error's description names that argument, in whatever spelling."""
        assert self.status >= 400, f"no error: {self!r}"
        told = (str(each.get("description")) for each in self.plain)
        return any(_letters(argument) in _letters(each) for each in told)


def exchange(method: str, url: str, headers: Pairs = (), body: bytes | None = None) -> Answer:
    """Send one request and read its answer; no redirect is followed, nothing is added.

    Args:
        method: any token.
        url: absolute; its path and query go out as they are.
        headers: beside Host and Content-Length, in order.
        body: bytes, or None for no body at all.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT)
    target = url.split(parts.netloc, 1)[1] or "/"
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(method, url, response.status, tuple(response.getheaders()), response.read())
    finally:
        connection.close()


def raw(url: str, head: str) -> bytes:
    """Send `head` as it is to the host of `url`; every byte until the server closes."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.create_connection((parts.hostname or "", port), TIMEOUT) as plain:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            secure = context.wrap_socket(plain, server_hostname=parts.hostname)
            return _until_closed(secure, head)
        return _until_closed(plain, head)


def _until_closed(connection: socket.socket, head: str) -> bytes:
    connection.sendall(head.encode("latin-1"))
    return b"".join(iter(lambda: connection.recv(65536), b""))


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"duplicate keys in JSON: {names}"
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")


def _texts(value: Any) -> Iterator[str | None]:
    if isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    else:
        yield _text(value)


def _text(value: Any) -> str | None:
    """A JSON leaf as XML writes it."""
    return value if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _plain_xml(node: Any) -> Any:
    name, parent = node.tag, node.getparent()
    if name in LISTS:
        return [_plain_xml(child) for child in node]
    if parent is None or LISTS.get(parent.tag) == name:
        return _unique([(child.tag, _plain_xml(child)) for child in node])
    if len(node):  # of an extension: XML alone does not tell a record from a list of one
        members = [(child.tag, _plain_xml(child)) for child in node]
        return dict(members) if len(dict(members)) == len(members) else [v for _, v in members]
    return _leaf(name, node.text)


def _plain_json(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_plain_json("", item) for item in value]
    if isinstance(value, dict):
        return {key: _plain_json(key, item) for key, item in value.items()}
    return _leaf(name, _text(value))


def _leaf(name: str, text: str | None) -> str | bool | float | None:
    if text and name in BOOLEANS:
        return {"true": True, "false": False}.get(text, text)
    if text and name in NUMBERS and DECIMAL.fullmatch(text):
        return float(text)
    return text
