"""Whether a client has the answer already: If-None-Match, and a 304 in the answer's place.

Source: RFC 9110, 13.1.2 and 13.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from open311.http.answers import Header, Page

__all__ = ["as_known", "names"]

_TAG = rb'(?:W/)?("[!\x23-\x7e\x80-\xff]*")'
_TAGS = re.compile(rb"[ \t,]*%b(?:[ \t]*,[ \t,]*%b)*[ \t,]*" % (_TAG, _TAG))
_EACH = re.compile(_TAG)
_LONGEST = 8_000  # bytes that are read of a list


def as_known(page: Page, headers: Sequence[Header]) -> Page:
    """The page, or its 304 for a client that has it already."""
    if page.unchanged is not None:
        sent = [value for name, value in headers if name == b"if-none-match"]
        if sent and names(b",".join(sent), page.tag):
            return page.unchanged
    return page


def names(header: bytes, tag: bytes) -> bool:
    """Whether an If-None-Match names a tag.

    Args:
        header: `*`, or tags with commas between; what is neither names nothing.
        tag: with its quotes. A weak one in the header is as good: proxies weaken what they squeeze.
    """
    if header == tag:
        return True
    header = header.strip()
    if header == b"*":
        return True
    if len(header) > _LONGEST or not _TAGS.fullmatch(header):
        return False
    return tag in _EACH.findall(header)
