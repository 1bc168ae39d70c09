"""Whether a client has the answer already: a 304 in its place, by If-None-Match or by date.

Source: RFC 9110, 13.1.2, 13.1.3 and 13.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from open311.http.answers import Header, Page
from open311.http.modified import GRACE

__all__ = ["as_known", "date", "names"]

_TAG = rb'(?:W/)?("[!\x23-\x7e\x80-\xff]*")'
_TAGS = re.compile(rb"[ \t,]*%b(?:[ \t]*,[ \t,]*%b)*[ \t,]*" % (_TAG, _TAG))
_EACH = re.compile(_TAG)
_LONGEST = 8_000  # bytes that are read of a list


def as_known(page: Page, headers: Sequence[Header], now: float = 0) -> Page:
    """The page, or its 304 for a client that has it already.

    Args:
        page: that would be sent.
        headers: of the call.
        now: seconds since 1970; 0: dates are not looked at.
    """
    if page.unchanged is None:
        return page
    sent = [value for name, value in headers if name == b"if-none-match"]
    if sent:  # beats a date
        return page.unchanged if names(b",".join(sent), page.tag) else page
    if page.modified and now:
        since = date(headers)
        if since is not None and page.modified - GRACE <= since <= now:
            return page.unchanged
    return page


def date(headers: Sequence[Header]) -> float | None:
    """The date of If-Modified-Since, seconds since 1970, where nothing beats it."""
    found = None
    for name, value in headers:
        if name == b"if-none-match":
            return None
        if name == b"if-modified-since":
            found = _seconds(value)
    return found


def _seconds(value: bytes) -> float | None:
    try:
        read = parsedate_to_datetime(value[:64].decode("ascii"))
        return read.replace(tzinfo=read.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):  # it is no date
        return None


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
