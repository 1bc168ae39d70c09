"""What POST requests sends: which fields there are, how long they may be, how they are read.

Source: GR-P-03 to GR-P-15; interop 14, 16, 18.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

__all__ = [
    "LENGTHS",
    "PLACE",
    "Location",
    "Pairs",
    "Submission",
    "argument",
    "clean",
    "is_link",
    "line",
    "link",
    "number",
    "read",
    "text",
]

Pairs = Sequence[tuple[str, str]]
"""Fields as (name, value), decoded, in the order in which they count."""

Location = Literal["required", "optional", "none"]
"""Whether a report of a service must say where; `none`: what it says of that is not kept."""

LENGTHS = {
    "address_string": 1000,
    "address_id": 250,
    "email": 250,
    "first_name": 250,
    "last_name": 250,
    "phone": 250,
    "device_id": 250,
    "account_id": 250,
    "description": 4000,  # GR-P-08
    "media_url": 2048,  # GR-P-15
}
"""The longest text of each field, in characters."""

PLACE = ("lat", "long", "address_string", "address_id")
"""The fields that tell where; the first two together."""

_DECIMALS = 7  # of a degree: about a centimetre

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d+)?", re.ASCII)
_LINK = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]+)\](?:\[(\d{0,9})\])?", re.ASCII)


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was sent; the answers to the service's questions are not yet checked.

    `lat` and `long` are degrees, WGS84, both or neither. Texts are clean, never empty.
    `attributes` are the values sent for each code, in their order.
    """

    service_code: str
    lat: float | None = None
    long: float | None = None
    address_string: str | None = None
    address_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    device_id: str | None = None
    account_id: str | None = None
    description: str | None = None
    media_url: str | None = None
    attributes: dict[str, tuple[str, ...]] = {}


def read(pairs: Pairs, location: Location = "required") -> tuple[Submission, tuple[str, ...]]:
    """Read a report, noting every fault instead of stopping at the first.

    Args:
        pairs: the fields of body and query, merged; unknown ones are ignored.
        location: whether there must be one (GR-P-04).

    Returns:
        What could be read, and each problem in words, beginning with the argument at fault. The
        submission is good only when there is no problem; `service_code` is "" when not sent.

    Source: GR-P-14.
    """
    problems: list[str] = []
    service_code = argument(pairs, "service_code")
    if service_code is None:
        problems.append("service_code: it is required.")
    if location == "none":
        pairs = [pair for pair in pairs if pair[0] not in PLACE]
    lat, long = _location(pairs, problems, required=location == "required")
    texts = {name: text(pairs, name, problems) for name in LENGTHS if name != "media_url"}
    submission = Submission(
        service_code=service_code or "",
        lat=lat,
        long=long,
        attributes=_attributes(pairs),
        media_url=link(pairs, problems),
        **texts,
    )
    return submission, tuple(problems)


def argument(pairs: Pairs, name: str, tidy: Callable[[str], str] | None = None) -> str | None:
    """The value of an argument: the first that is not empty.

    Args:
        pairs: fields, the body's before the query's.
        name: of the argument, as the standard spells it.
        tidy: what makes its text fit; `line` unless told.

    Returns:
        Clean text, or None when the argument is absent or empty, which is the same.

    Source: GR-F-31; interop 14.
    """
    for key, value in pairs:
        if key == name and (text := (tidy or line)(value)):
            return text
    return None


def clean(text: str) -> str:
    r"""Text that every format and the database can carry.

    Returns:
        Without the characters that XML 1.0 cannot carry, with `\n` for every CRLF and CR, without
        white space at its ends; cleaning it again changes nothing.

    Source: interop 14, 18; GR-F-14, GR-F-15.
    """
    return _UNFIT.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def line(text: str) -> str:
    """Clean text of one line: each line break is a blank."""
    return " ".join(clean(text).splitlines())


def is_link(text: str) -> bool:
    """Whether a text is an absolute http or https URL. Source: GR-P-15."""
    return _LINK.fullmatch(text) is not None


def number(text: str) -> float:
    """Read a decimal number, as people and programs write it: `-63.57`, `.5`, `1e3`.

    Raises:
        ValueError: any other text, such as `1,5`, `NaN`, `0x1F` or `1_000`; says so in words.

    Source: GR-P-06, GR-P-12.
    """
    if len(text) > 100 or not _NUMBER.fullmatch(text):  # noqa: PLR2004
        raise ValueError(f"{text[:40]!r} is not a decimal number")
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:40]!r} is too large")
    return value + 0.0  # -0.0 + 0.0 is 0.0


def text(pairs: Pairs, name: str, problems: list[str]) -> str | None:
    """A text of `LENGTHS`; one that is too long is a problem, and None."""
    found = argument(pairs, name, clean if name == "description" else line)
    if found is not None and len(found) > LENGTHS[name]:
        most = LENGTHS[name]
        problems.append(f"{name}: it has {len(found)} characters; at most {most} are taken.")
        return None
    return found


def link(pairs: Pairs, problems: list[str]) -> str | None:
    """The `media_url`; one that is no URL is a problem. Source: GR-P-15."""
    found = text(pairs, "media_url", problems)
    if found is None or is_link(found):
        return found
    problems.append("media_url: it must be an absolute http or https URL.")
    return None


def _location(
    pairs: Pairs, problems: list[str], *, required: bool
) -> tuple[float | None, float | None]:
    """`lat` and `long` in degrees, both or neither. Source: GR-P-04, GR-P-05."""
    sent = {name: argument(pairs, name) for name in PLACE}
    if required and not any(sent.values()):
        problems.append(
            "lat, long, address_string, address_id: a place is required;"
            " lat and long count together."
        )
    if sent["lat"] is None and sent["long"] is None:
        return None, None
    lat = _degrees("lat", sent["lat"], 90, problems)
    long = _degrees("long", sent["long"], 180, problems)
    return (None, None) if lat is None or long is None else (lat, long)


def _degrees(name: str, text: str | None, most: int, problems: list[str]) -> float | None:
    if text is None:
        problems.append(f"{name}: it is missing; lat and long are sent together.")
        return None
    try:
        degrees = number(text)
    except ValueError as fault:
        problems.append(f"{name}: {fault}.")
        return None
    if abs(degrees) > most:
        problems.append(f"{name}: {text[:40]} is outside -{most} to {most} degrees.")
        return None
    return round(degrees, _DECIMALS) + 0.0


def _attributes(pairs: Pairs) -> dict[str, tuple[str, ...]]:
    """Values by code; `attribute[C][2]` stands by its number, after those without. GR-P-10."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name, value in pairs:
        if (form := _ATTRIBUTE.fullmatch(name)) and (text := clean(value)):
            found.setdefault(form[1], []).append((int(form[2] or -1), text))
    return {
        code: tuple(text for _, text in sorted(values, key=lambda each: each[0]))
        for code, values in found.items()
    }
