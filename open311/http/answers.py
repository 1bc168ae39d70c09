"""From a document to bytes on the wire: format, compression, headers."""

from __future__ import annotations

import gzip
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha256
from typing import Any

import brotli
import msgspec

from open311.formats import Format
from open311.spec.documents import Discovery, Document

__all__ = [
    "ASK_FIRST",
    "CORS",
    "NO_STORE",
    "PUBLIC",
    "Answer",
    "Blob",
    "Header",
    "Language",
    "Page",
    "Send",
    "Stream",
    "coding",
    "dated",
    "head",
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

PUBLIC: Header = (b"cache-control", b"public, max-age=0, s-maxage=1")
"""Said where nothing else is: a browser asks each time, a CDN once a second for all of them."""

ASK_FIRST: Header = (b"cache-control", b"no-cache")
"""Of what a key may change: whoever keeps it asks here each time, with the key of that time."""

NO_STORE: Header = (b"cache-control", b"no-store")
"""Of what is one caller's own, or of this instant."""

_BARE = (204, 304)  # statuses without a body, which therefore has no type or length
_WORTH_SQUEEZING = 500  # bytes; a smaller body fits into one packet anyway
_REFUSED = {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
_OK = 200
_NOTHING = {"type": "http.response.body", "body": b""}


class Blob(msgspec.Struct, frozen=True):
    """Content that is no document: a picture, a page, a word."""

    content: bytes
    media_type: str
    extension: str = ""  # that its URL may have


class Stream(msgspec.Struct, frozen=True):
    """Content that is made while it is sent; the door closes it, whatever happens.

    A fault before its first chunk is answered as any other; one later breaks the connection off.
    """

    chunks: AsyncGenerator[bytes, None]  # of 10 to 100 kB, where they can be chosen
    media_type: str
    file_name: str = ""  # under which a browser keeps it: ASCII, no quotes
    squeezed: bool = True  # False: each chunk goes out at once, as it is (Server-Sent Events)


class Answer(msgspec.Struct, frozen=True):
    """What a handler says.

    A `lasting` answer holds until a city changes, and may be kept; a `brief` one is the same for
    everybody, and may be shown again for a second, unless this worker has written meanwhile.
    """

    document: Document | Blob | Stream
    status: int = 200
    headers: tuple[Header, ...] = ()
    lasting: bool = False
    brief: bool = False


class Language(msgspec.Struct, frozen=True):
    """The language of an answer, and whether the client could have got another."""

    tag: str
    chosen: bool


class Page(msgspec.Struct, frozen=True):
    """An answer ready to be sent, and what it is counted as."""

    start: Mapping[str, Any]
    body: Mapping[str, Any]
    key: tuple[str, str, int]  # route, method, status
    tag: bytes = b""  # its ETag, where it has one
    unchanged: Page | None = None  # what is said in its place to who has it: 304
    modified: int = 0  # its Last-Modified, seconds since 1970, where it has one


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
    chosen: bool = True,
) -> Page:
    """An answer as the two messages of ASGI.

    Args:
        answer: what to say.
        form: the format it is said in.
        coding: br, gzip or empty.
        key: route, method and status, for the count.
        language: None where it has none that matters.
        kept: it is squeezed harder, since that is done once.
        chosen: the format is the one that Accept chose.
    """
    if answer.status in _BARE:
        start = {"type": "http.response.start", "status": answer.status}
        return Page(start | {"headers": [*CORS, *answer.headers]}, _NOTHING, key)
    body, media_type = _content(answer.document, form)
    content = [(b"content-type", media_type.encode())]
    if language:
        content.append((b"content-language", language.tag.encode()))
    tag = _tag(body, content) if _is_tagged(answer, key) else b""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"vary", _vary(language, chosen=chosen and not isinstance(answer.document, Blob))),
        *CORS,
        *answer.headers,
    ]
    if not _cache_control(answer):
        headers.append(PUBLIC if tag else NO_STORE)
    if coding and len(body) >= _WORTH_SQUEEZING and not media_type.startswith("image/"):
        body = _squeeze(body, coding, hard=kept)
        content.append((b"content-encoding", coding.encode()))
        tag = tag and tag[:-1] + b"-" + coding.encode() + b'"'
    content.append((b"content-length", str(len(body)).encode()))
    if tag:
        headers.append((b"etag", tag))
    return Page(
        {"type": "http.response.start", "status": answer.status, "headers": [*content, *headers]},
        {"type": "http.response.body", "body": body},
        key,
        tag,
        _unchanged(key, headers) if tag else None,
    )


def head(answer: Answer, stream: Stream, coding: str, language: Language | None) -> object:
    """The first message of ASGI for a stream, which has no length and no tag.

    Args:
        answer: what to say.
        stream: its document.
        coding: br, gzip or empty.
        language: None where it has none that matters.
    """
    headers = [
        (b"content-type", stream.media_type.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", _vary(language, chosen=False)),
        *CORS,
        *answer.headers,
    ]
    if not _cache_control(answer):
        headers.append(NO_STORE)
    if language:
        headers.append((b"content-language", language.tag.encode()))
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    if stream.file_name:
        disposition = f'attachment; filename="{stream.file_name}"'
        headers.append((b"content-disposition", disposition.encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


def dated(page: Page, modified: int) -> Page:
    """The page with a Last-Modified, seconds since 1970."""
    date, same = _date(modified), page.unchanged
    return Page(
        {**page.start, "headers": [*page.start["headers"], date]},
        page.body,
        page.key,
        page.tag,
        same and _unchanged(page.key, [*same.start["headers"], date]),
        modified,
    )


@lru_cache(1_000)
def _date(modified: int) -> Header:
    return b"last-modified", formatdate(modified, usegmt=True).encode()


def _unchanged(key: tuple[str, str, int], headers: list[Header]) -> Page:
    """The 304 of a page: all of its headers but those of its content. Source: RFC 9110, 15.4.5."""
    start = {"type": "http.response.start", "status": 304, "headers": headers}
    return Page(start, _NOTHING, (*key[:2], 304))


def _is_tagged(answer: Answer, key: tuple[str, str, int]) -> bool:
    """Whether who has the page may be told that it is the same: what went wrong never is."""
    read = answer.status == _OK and key[1] in ("GET", "HEAD")
    return read and _cache_control(answer) != NO_STORE[1]


def _cache_control(answer: Answer) -> bytes | None:
    return next((value for name, value in answer.headers if name == b"cache-control"), None)


def _tag(body: bytes, content: list[Header]) -> bytes:
    """The ETag of a body and of what it is, in which language. 15 microseconds for 27 kB."""
    digest = sha256(body)
    digest.update(repr(content).encode())
    return b'"' + urlsafe_b64encode(digest.digest()[:15]) + b'"'


def _vary(language: Language | None, *, chosen: bool) -> bytes:
    """What chooses among the answers at one URL; nothing else, or caches keep one answer often."""
    accept = b"accept, " if chosen else b""
    languages = b", accept-language" if language and language.chosen else b""
    return accept + b"accept-encoding" + languages


def _content(document: Document | Blob | Stream, form: Format) -> tuple[bytes, str]:
    """Body and Content-Type. Source: GR-F-03."""
    if isinstance(document, Blob):
        return document.content, document.media_type
    if isinstance(document, Stream):
        raise TypeError("A stream is no page.")
    # Discovery alone goes out bare: a validator in use compares for equality (interop 7).
    bare = isinstance(document, Discovery)
    return form.encode(document), form.media_type + ("" if bare else "; charset=utf-8")


def _squeeze(body: bytes, coding: str, *, hard: bool) -> bytes:
    """Squeezed; for one answer only, within 0.1 ms for 27 kB, a third less than one step up."""
    if coding == "br":
        small: bytes = brotli.compress(body, quality=9 if hard else 3)
        return small
    return gzip.compress(body, compresslevel=9 if hard else 3, mtime=0)


async def send_page(send: Send, page: Page, *, body: bool = True) -> None:
    """Send a page; without its body for HEAD. Source: GR-F-50."""
    await send(page.start)
    await send(page.body if body else _NOTHING)
