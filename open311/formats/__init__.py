"""Second floor: documents and bytes.

`FORMATS` is the one table of formats a document can be asked for, by the extension in the URL.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from open311.formats import json, xml
from open311.spec.documents import Document

__all__ = ["DEFAULT", "FORMATS", "Format", "preferred"]


class Format(msgspec.Struct, frozen=True):
    """How documents are written: `media_type` without parameters, `encode` to UTF-8 bytes."""

    media_type: str
    encode: Callable[[Document], bytes]


FORMATS = {
    "xml": Format(xml.MEDIA_TYPE, xml.encode),
    "json": Format(json.MEDIA_TYPE, json.encode),
}
"""Extension to format, in the order discovery lists them. Source: GR-F-01, GR-F-02."""

DEFAULT = FORMATS["xml"]
"""The required format, for when nobody said which. Source: GR-F-01."""

_ACCEPTED = {"text/xml": "xml", "application/xml": "xml", "application/json": "json"}


def preferred(accept: str) -> Format:
    """The format that an Accept header prefers; nothing is ever not acceptable.

    Args:
        accept: the header, in whatever state; may be empty.

    Returns:
        The known media type of the highest quality, the first of equals; else XML.

    Source: GR-F-04, interop 8.
    """
    best, found = 0.0, DEFAULT
    for part in accept.lower().split(",")[:50]:
        media_type, *parameters = [each.strip() for each in part.split(";")]
        extension = _ACCEPTED.get(media_type)
        quality = _quality(parameters)
        if extension and quality > best:
            best, found = quality, FORMATS[extension]
    return found


def _quality(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
