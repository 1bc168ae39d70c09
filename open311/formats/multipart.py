"""multipart/form-data: texts and files, as clients in use send them.

Source: GR-P-40; interop 15, 17.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

import msgspec
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from open311.errors import Invalid, TooLarge
from open311.formats import charset
from open311.spec import submission

__all__ = ["BOUNDARY", "MOST_PARTS", "File", "read"]

MOST_PARTS = 1000

BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_FILENAME = re.compile(r";\s*filename\*\s*=\s*[\w-]*'[\w-]*'([^\s;]*)", re.ASCII | re.IGNORECASE)


class File(msgspec.Struct, frozen=True):
    """A file of a multipart body."""

    name: str  # of the field
    filename: str  # as the client calls it; may be ""
    content: bytes


def read(
    body: bytes, content_type: str, declared: str, most_text: int
) -> tuple[list[tuple[str, str]], tuple[File, ...]]:
    """Read the parts of a body.

    Args:
        body: whole.
        content_type: the header; its boundary may be unquoted, and hold `=`.
        declared: the charset of the whole body, or "".
        most_text: bytes that the texts may have together; the files come on top of them.

    Returns:
        Fields as (name, text), and files, each in their order.

    Raises:
        Invalid: it is malformed, or a text is not of its charset.
        TooLarge: more parts or text than anybody needs.
    """
    texts: list[tuple[str, bytes, str | None]] = []
    files: list[File] = []
    for segment, content in _parts(body, content_type):
        name = _header(segment.name)
        filename = _filename(segment)
        if filename is None:
            texts.append((name, content, segment.charset or declared or _alone(segment)))
        elif filename or content:  # an empty file input sends neither
            files.append(File(name, filename, content))
    if sum(len(name) + len(text) for name, text, _ in texts) > most_text:
        raise TooLarge(f"The texts are larger than {most_text} bytes.")
    plain = iter(charset.decode((text for _, text, named in texts if named == ""), ""))
    fields = [
        (name, next(plain) if named == "" else charset.decode([text], named or "")[0])
        for name, text, named in texts
    ]
    return fields, tuple(files)


def _alone(segment: MultipartSegment) -> str | None:
    """No charset: "" where it is found out with the other texts, None where by itself.

    What says of itself that it is no text must not spoil the others.
    """
    return "" if (segment.content_type or "text/plain").startswith("text/") else None


def _parts(body: bytes, content_type: str) -> list[tuple[MultipartSegment, bytes]]:
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        raise Invalid("Content-Type: the multipart body has no boundary.")
    parts: list[tuple[MultipartSegment, bytes]] = []
    try:
        with PushMultipartParser(
            (boundary[1] or boundary[2]).encode("latin-1", "replace"),
            max_segment_count=MOST_PARTS,
            header_charset="latin-1",  # never fails; `_header` reads it again
        ) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    parts.append((event, b""))
                elif event is not None:  # once for each part, because the body is whole
                    parts[-1] = parts[-1][0], event
    except ParserLimitReached as fault:
        raise TooLarge(f"The multipart body is too large: {fault}.") from None
    except MultipartError as fault:
        raise Invalid(f"The multipart body is malformed: {fault.args[0]}.") from None
    return parts


def _filename(segment: MultipartSegment) -> str | None:
    """What a part calls its file, "" for a picture without a name, None for text."""
    if segment.filename is not None:
        return _header(segment.filename)
    if extended := _FILENAME.search(segment.header("Content-Disposition")):
        return _header(unquote_to_bytes(extended[1]).decode("latin-1"))
    return "" if (segment.content_type or "").startswith(("image/", "video/", "audio/")) else None


def _header(text: str) -> str:
    return submission.line(charset.decode([text.encode("latin-1")], "")[0])
