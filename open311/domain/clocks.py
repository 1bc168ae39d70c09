"""Times as other systems write them, and the moments that they are.

A time without offset is one of the clocks of its zone: of an hour that comes twice the first is
meant, and one that the clocks leave out is as much later as they jump.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TypeAlias

from open311.spec import submission, w3c_datetime

__all__ = ["Read", "moment", "reader"]

Read: TypeAlias = Callable[[str, tzinfo], datetime]
"""A text and the zone of its clocks; gives the moment in UTC, whole seconds. A ValueError,
OverflowError or OSError says that it is none."""


def moment(local: datetime, zone: tzinfo) -> datetime:
    """The moment of a time, in UTC; a fraction of a second is cut off.

    Args:
        local: with an offset, or one of the clocks of the zone.
        zone: of a city.

    >>> from zoneinfo import ZoneInfo
    >>> moment(datetime(2015, 3, 8, 2, 30), ZoneInfo("America/New_York"))  # is 03:30 there
    datetime.datetime(2015, 3, 8, 7, 30, tzinfo=datetime.timezone.utc)
    """
    aware = local if local.tzinfo else local.replace(tzinfo=zone, fold=0)
    return aware.astimezone(UTC).replace(microsecond=0)


def reader(form: str) -> Read:
    """What reads times of a form.

    Args:
        form: one of strptime, or `w3c`, `unix` (seconds), `unix_ms`.
    """
    return _SPECIAL.get(form) or _quick(form) or _slow(form)


def _unix(text: str, divisor: int) -> datetime:
    return datetime.fromtimestamp(math.floor(submission.number(text) / divisor), UTC)


_SPECIAL: dict[str, Read] = {
    "w3c": w3c_datetime.parse,
    "unix": lambda text, _: _unix(text, 1),
    "unix_ms": lambda text, _: _unix(text, 1000),
}


def _slow(form: str) -> Read:
    return lambda text, zone: moment(datetime.strptime(text, form), zone)  # noqa: DTZ007


# --- the usual forms, in a quarter of the time of strptime --------------------------------------

_PARTS = {
    "Y": "([0-9]{4})",
    "m": "(1[0-2]|0[1-9])",
    "d": "(3[01]|[12][0-9]|0[1-9])",
    "H": "(2[0-3]|[01][0-9])",
    "I": "(1[0-2]|0[1-9])",
    "M": "([0-5][0-9])",
    "S": "([0-5][0-9])",
    "p": "([AaPp])[Mm]",
}
_USUAL = ("Ydm", "HMYdm", "HMSYdm", "IMYdmp", "IMSYdmp")  # which of them, in order of letters
_NOON = 12


def _quick(form: str) -> Read | None:
    """The same for a form of such parts, which are read where they have all of their digits.

    Returns:
        What leaves to strptime whatever is written otherwise; None for other forms.
    """
    literal, *rest = re.split("%(.)", form)
    names, slow = rest[::2], _slow(form)
    if "".join(sorted(names)) not in _USUAL:
        return None
    pattern = re.escape(literal) + "".join(
        _PARTS[name] + re.escape(text) for name, text in zip(names, rest[1::2], strict=True)
    )
    match = re.compile(pattern).fullmatch
    places = [names.index(name) if name in names else -1 for name in "YmdHIMSp"]
    year, month, day, whole, half, minute, second, noon = places

    def read(text: str, zone: tzinfo) -> datetime:
        found = match(text)
        if found is None:
            return slow(text, zone)
        part = (*found.groups(), 0)  # what is not told is the last one
        hour = int(part[whole])
        if half >= 0:
            hour = int(part[half]) % _NOON + (_NOON if part[noon] in ("P", "p") else 0)
        return datetime(  # the moment of it, without the copies that `moment` makes
            int(part[year]),
            int(part[month]),
            int(part[day]),
            hour,
            int(part[minute]),
            int(part[second]),
            tzinfo=zone,
        ).astimezone(UTC)

    return read
