"""The server under test: where it is, and the calls of the standard on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

import pytest

from tests.conformance import promises
from tests.conformance.wire import Answer, Pairs, exchange

FORM = "application/x-www-form-urlencoded"

Fields = Mapping[str, str | list[str] | None]
"""Arguments by name; a list repeats its name, None leaves it out."""


@dataclass(frozen=True)
class Endpoint:
    """A GeoReport v2 endpoint, and what one must know to write to it."""

    base_url: str  # without a slash at its end
    discovery_url: str | None = None
    api_key: str | None = None
    jurisdiction_id: str | None = None
    realtime_code: str | None = None
    attribute_code: str | None = None
    batch_code: str | None = None
    blackbox_code: str | None = None
    lat: float | None = None  # degrees, WGS84, inside the city
    long: float | None = None
    address: str | None = None  # in the city's register
    multi_url: str | None = None
    multi_jurisdictions: tuple[str, ...] = ()
    multi_api_key: str | None = None  # of the first of them; None: api_key
    formats: tuple[str, ...] = ("xml", "json")
    no_write: bool = False
    promised: bool = True  # whether our own schemas are held against it
    arguments: Pairs = ()  # that every GET carries, with the key

    def call(
        self,
        method: str,
        path: str,
        query: Fields | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Any call below the endpoint; the answer has passed the schemas, where they apply.

        Args:
            method: of HTTP.
            path: below the endpoint, extension included, already percent-encoded.
            query: by name, or as raw text.
            headers: by name.
            body: bytes, or None.
        """
        answer = self.ask(method, f"{self.base_url}/{path}", query, headers, body)
        if self.promised:
            promises.check(answer, path)
        return answer

    def ask(
        self,
        method: str,
        url: str,
        query: Fields | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Any call, wherever it goes; a GET carries the arguments that it does not name itself."""
        text = query if isinstance(query, str) else encode(query)
        if method == "GET" and self.arguments:
            named = {each.partition("=")[0] for each in text.split("&")}
            more = {**dict(self.arguments), "api_key": self.api_key}
            rest = {name: each for name, each in more.items() if name not in named}
            text = "&".join(filter(None, (text, encode(rest))))
        url += f"?{text}" if text else ""
        return exchange(method, url, tuple((headers or {}).items()), body)

    def get(
        self,
        path: str,
        fmt: str,
        query: Fields | str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET `path` in `fmt`, for the endpoint's jurisdiction unless the query says otherwise."""
        own = {"jurisdiction_id": self.jurisdiction_id}
        if isinstance(query, str):
            query = "&".join(filter(None, (encode(own), query)))
        else:
            query = own | dict(query)
        return self.call("GET", f"{path}.{fmt}", query, headers)

    def post(
        self,
        fields: Fields,
        fmt: str,
        query: Fields | str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a report as a form, with the key and jurisdiction unless `fields` names them."""
        form = encode({**self.credentials(), **fields})
        return self.post_body(form.encode("ascii"), FORM, fmt, query, headers)

    def post_body(
        self,
        body: bytes,
        content_type: str | None,
        fmt: str,
        query: Fields | str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a body as it is."""
        if self.no_write:
            pytest.skip("POST is switched off (--no-write)")
        kind = {"Content-Type": content_type} if content_type else {}
        return self.call("POST", f"requests.{fmt}", query, kind | dict(headers or {}), body)

    def credentials(self) -> dict[str, str | None]:
        """The key and the jurisdiction, as form fields."""
        return {"api_key": self.need("api_key"), "jurisdiction_id": self.jurisdiction_id}

    def need(self, name: str) -> str:
        """A value that a test cannot do without, or a skip that says which option gives it."""
        value = getattr(self, name)
        if not value:
            pytest.skip(f"needs --{name.replace('_', '-')}")
        return str(value)

    def of(self, jurisdiction_id: str) -> Endpoint:
        """The endpoint that serves several cities, asked for one of them."""
        url = self.need("multi_url").rstrip("/")
        key = self.multi_api_key or self.api_key
        return replace(self, base_url=url, jurisdiction_id=jurisdiction_id, api_key=key)


def encode(fields: Fields) -> str:
    """As application/x-www-form-urlencoded in UTF-8."""
    return urlencode([(k, v) for k, v in fields.items() if v is not None], doseq=True)


def segment(text: str) -> str:
    """As one segment of a path."""
    return quote(text, safe="")
