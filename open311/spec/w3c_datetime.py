"""Dates and times as the standard writes them, the W3C profile of ISO 8601.

Read leniently, written strictly: UTC, whole seconds, `Z`.

Source: https://www.w3.org/TR/NOTE-datetime, GR-Q-12, GR-F-30.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import msgspec

__all__ = ["EARLIEST", "LATEST", "parse", "show"]

EARLIEST, LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Nothing that is kept is of another time: beyond, PostgreSQL and Python do not agree on all."""

_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?"
    r"(?:([Zz])|([+-]| (?=\d\d:))(\d\d)(?::?([0-5]\d))?)?)?",  # a `+` may arrive as a blank
    re.ASCII,
)
_USUAL = re.compile(  # as nearly everybody writes it: read in a quarter of the time
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII
)
_ENCODE = msgspec.json.Encoder().encode  # six times as fast as isoformat, for the same text


def parse(text: str, zone: tzinfo) -> datetime:
    """Read a date and time that a client wrote.

    Args:
        text: `2010-01-01T00:00:00Z`, or with an offset (`+02:00`, `+0200`, `+02`), without one,
            with a fraction, a blank for the T, no seconds, or a bare day, which is its start.
        zone: where a time without an offset was; a time that the clocks skip or repeat there is
            taken by the offset before the change.

    Returns:
        Aware, UTC, whole seconds; a fraction is cut off.

    Raises:
        ValueError: any other text, or a moment outside the years 1 to 9999; says so in words.

    Source: GR-Q-12.

    >>> parse("2010-01-01 00:00:00.5 02:00", UTC)
    datetime.datetime(2009, 12, 31, 22, 0, tzinfo=datetime.timezone.utc)
    """
    if _USUAL.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _fault(text) from None
    form = _FORM.fullmatch(text)
    if form is None:
        raise _fault(text)
    *numbers, utc, sign, hours, minutes = form.groups(default="0")
    year, month, day, hour, minute, second = map(int, numbers)
    try:
        if utc != "0":
            zone = UTC
        elif sign != "0":
            ahead = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-ahead if sign == "-" else ahead)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _fault(text) from None


def show(moment: datetime) -> str:
    """Write a moment as every answer does.

    Args:
        moment: aware, any zone; a fraction of a second is cut off.

    Returns:
        `YYYY-MM-DDTHH:MM:SSZ`, always 20 characters.

    Source: GR-F-30.

    >>> show(datetime(2010, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    '2010-01-01T00:00:00Z'
    """
    return _ENCODE(moment.astimezone(UTC))[1:20].decode() + "Z"


def _fault(text: str) -> ValueError:
    return ValueError(f"{text[:40]!r} is not a date and time, such as 2010-01-01T00:00:00Z")
