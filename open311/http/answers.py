"""From a document to bytes on the wire: format, compression, headers."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import brotli
import msgspec

from open311.formats import Format
from open311.spec.documents import Discovery, Document

__all__ = [
    "CORS",
    "Answer",
    "Blob",
    "Header",
    "Language",
    "Page",
    "Send",
    "coding",
    "page",
    "send_page",
]

Header = tuple[bytes, bytes]
Send = Callable[[Any], Awaitable[None]]

CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"allow, etag, link, retry-after, x-total-count"),
)
"""On every answer: a browser app may read anything that is public. Source: GR-F-51, interop 12."""

_BARE = (204, 304)  # statuses without a body, which therefore has no type or length
_WORTH_SQUEEZING = 500  # bytes; a smaller body fits into one packet anyway
_REFUSED = {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
_VARY, _VARIES = b"accept, accept-encoding", b"accept, accept-encoding, accept-language"
_NOTHING = {"type": "http.response.body", "body": b""}


class Blob(msgspec.Struct, frozen=True):
    """Content that is no document: a picture, a page, a word."""

    content: bytes
    media_type: str
    extension: str = ""  # that its URL may have


class Answer(msgspec.Struct, frozen=True):
    """What a handler says. A `lasting` answer holds until a city changes, and may be kept."""

    document: Document | Blob
    status: int = 200
    headers: tuple[Header, ...] = ()
    lasting: bool = False


class Language(msgspec.Struct, frozen=True):
    """The language of an answer, and whether the client could have got another."""

    tag: str
    chosen: bool


class Page(msgspec.Struct, frozen=True):
    """An answer ready to be sent, and what it is counted as."""

    start: Mapping[str, object]
    body: Mapping[str, object]
    key: tuple[str, str, int]  # route, method, status


def coding(headers: Sequence[Header]) -> str:
    """The content coding to answer with, as the client accepts: br, gzip, or empty for none."""
    for name, value in headers:
        if name == b"accept-encoding":
            return _coding(bytes(value))
    return ""


def _coding(value: bytes) -> str:
    offered = [part.partition(b";") for part in value.lower().split(b",")]
    taken = {name.strip() for name, _, weight in offered if weight.strip() not in _REFUSED}
    return "br" if b"br" in taken else "gzip" if b"gzip" in taken else ""


def page(
    answer: Answer,
    form: Format,
    coding: str,
    key: tuple[str, str, int],
    language: Language | None = None,
    *,
    kept: bool = False,
) -> Page:
    """An answer as the two messages of ASGI.

    Args:
        answer: what to say.
        form: the format it is said in.
        coding: br, gzip or empty.
        key: route, method and status, for the count.
        language: None where it has none that matters.
        kept: it is squeezed harder, since that is done once.
    """
    if answer.status in _BARE:
        start = {"type": "http.response.start", "status": answer.status}
        return Page(start | {"headers": [*CORS, *answer.headers]}, _NOTHING, key)
    body, media_type = _content(answer.document, form)
    headers = [
        (b"content-type", media_type.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", _VARIES if language and language.chosen else _VARY),
        *CORS,
        *answer.headers,
    ]
    if language:
        headers.append((b"content-language", language.tag.encode()))
    if coding and len(body) >= _WORTH_SQUEEZING and not media_type.startswith("image/"):
        body = _squeeze(body, coding, hard=kept)
        headers.append((b"content-encoding", coding.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    return Page(
        {"type": "http.response.start", "status": answer.status, "headers": headers},
        {"type": "http.response.body", "body": body},
        key,
    )


def _content(document: Document | Blob, form: Format) -> tuple[bytes, str]:
    """Body and Content-Type. Source: GR-F-03."""
    if isinstance(document, Blob):
        return document.content, document.media_type
    # Discovery alone goes out bare: a validator in use compares for equality (interop 7).
    bare = isinstance(document, Discovery)
    return form.encode(document), form.media_type + ("" if bare else "; charset=utf-8")


def _squeeze(body: bytes, coding: str, *, hard: bool) -> bytes:
    if coding == "br":
        small: bytes = brotli.compress(body, quality=9 if hard else 4)
        return small
    return gzip.compress(body, compresslevel=9 if hard else 5, mtime=0)


async def send_page(send: Send, page: Page, *, body: bool = True) -> None:
    """Send a page; without its body for HEAD. Source: GR-F-50."""
    await send(page.start)
    await send(page.body if body else _NOTHING)
