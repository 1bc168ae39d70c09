"""Where a list goes on: a place in its order, which stays right while requests are added.

Source: GR-X 10.1; the digest has pages by number only, which move with every new request.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

import msgspec

__all__ = ["Cursor", "microseconds", "moment", "read", "show"]

_MOST = 200  # characters
_EDGE = 2**62  # microseconds; beyond any date


class Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A request in the order of a list, and which way the list goes on from it.

    Times are microseconds since 1970 in UTC, so that they lose nothing on their way.
    """

    at: int  # its requested_datetime or updated_datetime, as the list is sorted
    id: int
    back: bool  # to the page before it
    start: int  # the dates of the first page, which was perhaps asked for without any
    end: int


_DECODE = msgspec.msgpack.Decoder(Cursor).decode
_ENCODE = msgspec.msgpack.Encoder().encode


def show(cursor: Cursor) -> str:
    """A cursor as it stands in a URL: letters, digits, `-` and `_`."""
    return base64.urlsafe_b64encode(_ENCODE(cursor)).rstrip(b"=").decode()


def read(text: str) -> Cursor:
    """A cursor that this server gave.

    Raises:
        ValueError: any other text; says so in words.
    """
    try:
        if len(text) > _MOST:
            raise ValueError
        raw = text.encode("ascii")
        cursor = _DECODE(base64.b64decode(raw + b"=" * (-len(raw) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error, msgspec.DecodeError, msgspec.ValidationError):
        raise ValueError(f"{text[:40]!r} was not given by this server") from None
    if max(map(abs, (cursor.at, cursor.id, cursor.start, cursor.end))) > _EDGE:
        raise ValueError(f"{text[:40]!r} was not given by this server")
    return cursor


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """A time as cursors have it.

    Args:
        moment: aware.
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """The time of a cursor, within the years that there are; aware, UTC."""
    span = timedelta(microseconds=microseconds)
    return _EPOCH + min(max(span, _FIRST - _EPOCH), _LAST - _EPOCH)
