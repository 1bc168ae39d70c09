"""The requests that another GeoReport server lists: page by page, as polite as `calls` is.

Source: GR-Q-01 to GR-Q-20, GR-X 10.1, 10.2; RFC 8288 (Link).
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from open311.errors import Invalid
from open311.formats import record_files
from open311.formats.record_files import Record
from open311.imports.calls import Calls, Reply, shown

__all__ = ["ID", "Page", "Place", "pages", "place"]

ID = "service_request_id"

_ACCEPT = {"json": "application/json", "xml": "text/xml, application/xml"}
_NEXT = re.compile(r'<([^>]*)>[^,<]*;\s*rel="?next"?(?:[\s;,]|$)')
_FEW = 10  # no server that is known gives fewer on a page, where there are more
_SIZE = 500  # requests that are asked for at once; servers give fewer
_MOST = 100_000  # pages of one question


class Place(msgspec.Struct, frozen=True):
    """Where the requests of a server are: the address without its ending and its query."""

    base: str
    extension: str
    query: tuple[tuple[str, str], ...]

    def url(self, arguments: Mapping[str, str]) -> str:
        """Of a question."""
        query = urlencode([*self.query, *arguments.items()])
        return f"{self.base}/requests.{self.extension}?{query}"


class Page(msgspec.Struct, frozen=True):
    """Some requests of an answer."""

    records: list[Record]
    now: datetime | None  # by the server's clock
    etag: str | None  # where this is all of the answer
    same: bool = False  # as it was; then there are no records
    again: bool = False  # the server knows no pages: these are those of the page before


def place(url: str) -> Place:
    """Where the requests of an endpoint are.

    Args:
        url: of the endpoint, or of its requests as `requests.json` or `.xml`; http or https. Its
            query goes with every call: `?jurisdiction_id=…` where one is needed.

    Raises:
        Invalid: it is no such address.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Invalid(f"{url.partition('?')[0]}: is no http or https URL.")
    path, _, name = parts.path.rstrip("/").rpartition("/")
    stem, _, extension = name.partition(".")
    if stem != "requests" or extension not in _ACCEPT:
        path, extension = parts.path.rstrip("/"), "json"
    base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return Place(base, extension, (*parse_qsl(parts.query),))


def pages(
    calls: Calls, where: Place, arguments: Mapping[str, str], etag: str | None = None
) -> Iterator[Page]:
    """The answer to a question, page by page.

    Args:
        calls: one after the other.
        where: the server.
        arguments: of the question.
        etag: of the whole answer as it is known.

    Raises:
        Invalid: an answer is none of GeoReport, or the server refuses.
        Unavailable: it does not answer, or asks to be left alone.
    """
    url, seen, linked = where.url({**arguments, "page_size": str(_SIZE)}), set[str](), False
    for number in range(1, _MOST):
        reply = calls.ask(url, _ACCEPT[where.extension], etag if number == 1 else None)
        if reply.same:
            yield Page([], _date(reply), etag, same=True)
            return
        records = _records(reply, url)
        ids = {str(each.values.get(ID)) for each in records}
        further = _next(reply, where)
        linked = linked or "link" in reply.headers
        ends = further in (None, url) if linked else len(records) < _FEW
        again = not linked and bool(records) and ids <= seen
        whole = reply.headers.get("etag") if number == 1 and ends else None
        yield Page(records, _date(reply), whole, again=again)
        if ends or again:
            return
        seen |= ids
        page = {"page": str(number + 1), "page_size": str(_SIZE)}
        url = further or where.url({**arguments, **page})


def _records(reply: Reply, url: str) -> list[Record]:
    records, faults = record_files.answers(reply.body)
    if faults:
        raise Invalid(*(f"{shown(url)}: {each.text}." for each in faults))
    return records


def _next(reply: Reply, where: Place) -> str | None:
    """Where the next page is: asked of this very server, whatever it calls itself in links."""
    found = _NEXT.search(reply.headers.get("link", ""))
    if not found:
        return None
    told = parse_qsl(urlsplit(urljoin(where.base, found[1])).query)
    names = {name for name, _ in told}
    own = [each for each in where.query if each[0] not in names]  # as a key, which no link has
    return f"{where.base}/requests.{where.extension}?{urlencode([*own, *told])}"


def _date(reply: Reply) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(reply.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
