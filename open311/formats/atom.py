"""What changed last, as an Atom feed with places, for readers of news and for maps.

Source: RFC 4287; GeoRSS Simple.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote

import msgspec

from open311.spec import w3c_datetime
from open311.spec.documents import ServiceRequest, digits

__all__ = ["MEDIA_TYPE", "Feed", "encode"]

MEDIA_TYPE = "application/atom+xml"

_OPENING = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss"'
    ' xml:lang="{}">\n'
)


class Feed(msgspec.Struct, frozen=True):
    """What is told of a feed as a whole."""

    title: str
    author: str
    language: str
    updated: datetime  # where it has no entries; aware
    links: Mapping[str, str]  # URL by relation; `self` is its id
    requests: str  # what the URL of a request begins with
    query: str = ""  # and what it ends with


def encode(feed: Feed, requests: Sequence[ServiceRequest]) -> bytes:
    """The bytes of a feed.

    Args:
        feed: what comes before its entries.
        requests: an entry each, in their order.
    """
    updated = max((each.updated_datetime for each in requests), default=feed.updated)
    parts = [
        _OPENING.format(escape(feed.language)),
        _element("id", feed.links["self"]),
        _element("title", feed.title),
        _element("updated", w3c_datetime.show(updated)),
        f"<author>{_element('name', feed.author)}</author>",
        *(_link(name, url, _TYPES.get(name, "")) for name, url in feed.links.items()),
        *(f"\n<entry>{''.join(_entry(feed, each))}</entry>" for each in requests),
        "\n</feed>\n",
    ]
    return "".join(parts).encode()


_TYPES = {"self": MEDIA_TYPE, "next": MEDIA_TYPE, "previous": MEDIA_TYPE, "alternate": "text/xml"}


def _entry(feed: Feed, request: ServiceRequest) -> list[str]:
    url = f"{feed.requests}{quote(request.service_request_id, safe='')}.xml{feed.query}"
    where = f", {request.address}" if request.address else ""
    summary = "\n".join(filter(None, (request.description, request.status_notes)))
    parts = [
        _element("id", url),
        _element("title", f"{request.service_name}{where}"),
        _element("updated", w3c_datetime.show(request.updated_datetime)),
        _element("published", w3c_datetime.show(request.requested_datetime)),
        _link("alternate", url, "text/xml"),
        _category(request.service_code, request.service_name),
        _category(request.status, request.status),
        _element("summary", summary or request.service_name),
    ]
    if request.media_url:
        parts.append(_link("enclosure", request.media_url))
    if request.lat is not None and request.long is not None:
        parts.append(_element("georss:point", f"{digits(request.lat)} {digits(request.long)}"))
    return parts


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text, quote=False)}</{name}>"


def _link(relation: str, url: str, media_type: str = "") -> str:
    kind = f' type="{media_type}"' if media_type else ""
    return f'<link rel="{relation}"{kind} href="{_attribute(url)}"/>'


def _category(term: str, label: str) -> str:
    return f'<category term="{_attribute(term)}" label="{_attribute(label)}"/>'


def _attribute(text: str) -> str:
    """Text in an attribute, where a line feed survives only as a reference."""
    return escape(text).replace("\n", "&#10;").replace("\t", "&#9;")
