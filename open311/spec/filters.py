"""What a list of requests can be narrowed to, beside the standard's own arguments.

Source: GR-X 10.2 to 10.4; interop 19.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from open311.spec import submission, w3c_datetime
from open311.spec.documents import Status
from open311.spec.submission import Pairs

__all__ = ["FILTERS", "MOST", "Area", "Box", "Circle", "Filter", "Names", "Reading", "areas"]

MOST = 1000
"""The most requests of one answer, and the most ids or codes of one question. Source: GR-Q-05."""

_FARTHEST = 50_000.0  # metres of a radius
_WORDS, _LETTERS = 10, 200  # of a text that is looked for
_STATUS: dict[str, Status] = {"open": "open", "closed": "closed"}
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Area = tuple[str, ...]
"""Areas of one layer, each as `layer=code`; a request is in any of them."""


class Box(msgspec.Struct, frozen=True):
    """Degrees, WGS84; where `west` > `east` it lies across the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


class Circle(msgspec.Struct, frozen=True):
    """A centre in degrees, WGS84, and a radius in metres."""

    lat: float
    long: float
    radius: float


class Names(msgspec.Struct, frozen=True):
    """The names of a city that a question may use."""

    group: Callable[[str], Collection[str]]  # the service_codes of a group
    department: Callable[[str], Collection[str]]  # the codes of departments of that code or name
    layers: Collection[str] = ()


class Reading(msgspec.Struct, frozen=True):
    """A question while it is read, and what is wrong with it so far."""

    pairs: Pairs
    zone: tzinfo
    names: Names
    problems: list[str]

    def text(self, name: str) -> str | None:
        """The value of an argument."""
        return submission.argument(self.pairs, name)

    def items(self, name: str, between: str = ",") -> tuple[str, ...]:
        """The items of a list, which may be repeated; sorted, each once. Source: GR-Q-14."""
        items = {
            item if submission.clean(item) == item else ""  # no code holds such characters
            for key, value in self.pairs
            if key == name
            for each in value.split(between)
            if (item := each.strip())
        }
        if len(items) > MOST:
            self.problems.append(f"{name}: it lists {len(items)}; at most {MOST} are taken.")
            return ()
        return tuple(sorted(items))

    def date(self, name: str) -> datetime | None:
        """A date and time; interop 19."""
        text = self.text(name)
        try:
            return None if text is None else w3c_datetime.parse(text, self.zone)
        except ValueError as fault:
            self.problems.append(f"{name}: {fault}.")
            return None

    def number(self, name: str, text: str, most: float) -> float | None:
        """A decimal number from -most to most."""
        try:
            value = submission.number(text)
        except ValueError as fault:
            self.problems.append(f"{name}: {fault}.")
            return None
        if abs(value) > most:
            self.problems.append(f"{name}: {text[:40]} is outside -{most:g} to {most:g}.")
            return None
        return value


class Filter(msgspec.Struct, frozen=True):
    """An argument, and the field of `Search` that it becomes."""

    field: str
    read: Callable[[Reading, str], Any]  # with the argument's name, as it was spelled
    meaning: str


def _status(reading: Reading, name: str) -> tuple[Status, ...]:
    asked = {item.lower() for item in reading.items(name)}
    if unknown := sorted(asked - _STATUS.keys()):
        reading.problems.append(f"{name}: {unknown[0][:40]!r} is neither open nor closed.")
    if asked >= _STATUS.keys():
        return ()
    return tuple(_STATUS[item] for item in asked & _STATUS.keys())


def _codes(lookup: str, between: str) -> Callable[[Reading, str], tuple[str, ...]]:
    """A reader of names that stand for codes; what nothing has that name matches nothing."""

    def read(reading: Reading, name: str) -> tuple[str, ...]:
        asked = reading.items(name, between)
        codes = {code for each in asked for code in getattr(reading.names, lookup)(each)}
        return tuple(sorted(codes)) or ("",) * bool(asked)

    return read


def _boolean(reading: Reading, name: str) -> bool | None:
    text = (reading.text(name) or "").lower()
    if text and text not in _BOOLEANS:
        reading.problems.append(f"{name}: {text[:40]!r} is neither true nor false.")
    return _BOOLEANS.get(text)


def _box(reading: Reading, name: str) -> Box | None:
    text = reading.text(name)
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 4:  # noqa: PLR2004
        reading.problems.append(f"{name}: {text[:40]!r} is not west,south,east,north in degrees.")
        return None
    limits = (180, 90, 180, 90)
    west, south, east, north = (
        reading.number(name, part.strip(), most) for part, most in zip(parts, limits, strict=True)
    )
    if west is None or south is None or east is None or north is None:
        return None
    if south > north:
        reading.problems.append(f"{name}: its south, {south:g}, is north of its north, {north:g}.")
    return Box(west, south, east, north)


def _circle(reading: Reading, _: str) -> Circle | None:
    """Three arguments that need each other."""
    sent = {each: reading.text(each) for each in ("lat", "long", "radius")}
    if not any(sent.values()):
        return None
    if missing := [each for each, text in sent.items() if text is None]:
        told = "lat, long and radius are sent together."
        reading.problems.append(f"{', '.join(missing)}: missing; {told}")
        return None
    limits = {"lat": 90.0, "long": 180.0, "radius": _FARTHEST}
    lat, long, radius = (reading.number(each, sent[each] or "", limits[each]) for each in limits)
    if lat is None or long is None or radius is None:
        return None
    if radius <= 0:
        reading.problems.append(f"radius: {radius:g} is no distance in metres.")
    return Circle(lat, long, radius)


def _words(reading: Reading, name: str) -> str | None:
    text = reading.text(name)
    if text is None:
        return None
    if len(text) > _LETTERS:
        reading.problems.append(f"{name}: it has {len(text)} characters; at most {_LETTERS}.")
        return None
    words = text.split()
    if len(words) > _WORDS:
        reading.problems.append(f"{name}: it has {len(words)} words; at most {_WORDS} are taken.")
    return " ".join(words)


FILTERS: dict[str, Filter] = {
    "service_code": Filter("service_code", Reading.items, "of these kinds"),
    "group": Filter("group", _codes("group", ","), "of the kinds of these groups"),
    "status": Filter("status", _status, "`open` or `closed`"),
    "updated_after": Filter("updated_after", Reading.date, "changed then or later"),
    "updated_before": Filter("updated_before", Reading.date, "changed then or earlier"),
    "department": Filter("department", _codes("department", ","), "of these departments"),
    "agency_responsible": Filter("department", _codes("department", "|"), "the same, by name"),
    "has_media": Filter("has_media", _boolean, "with a picture (`true`) or without (`false`)"),
    "bbox": Filter("bbox", _box, "within `west,south,east,north`, degrees"),
    "radius": Filter("circle", _circle, "within so many metres of `lat` and `long`"),
    "lat": Filter("circle", _circle, "degrees, with `long` and `radius`"),
    "long": Filter("circle", _circle, "degrees, with `lat` and `radius`"),
    "q": Filter("q", _words, "with these words or beginnings of words, or one part of an address"),
}
"""Every filter by its argument; what is always read, as dates and pages, is in `search`."""


def areas(reading: Reading) -> tuple[Area, ...]:
    """The areas asked for: any of those of a layer, in each of the layers.

    A layer is an argument by its own name, and without the s of its plural (`wards` or `ward`),
    where nothing else has that name; `area=layer:code` always is one.
    """
    found: dict[str, set[str]] = {}
    for each in reading.items("area"):
        layer, colon, code = each.partition(":")
        if not colon and each:
            reading.problems.append(f"area: {each[:40]!r} is not layer:code.")
        found.setdefault(layer, set()).add(code)
    sent = {key for key, _ in reading.pairs} - _TAKEN
    for layer in reading.names.layers if sent else ():
        for name in sent & {layer, layer.removesuffix("s")}:
            found.setdefault(layer, set()).update(reading.items(name))
    return tuple(
        tuple(f"{layer}={code}" for code in sorted(codes)) for layer, codes in sorted(found.items())
    )


_TAKEN = frozenset(
    {
        *FILTERS,
        *("service_request_id", "start_date", "end_date", "area", "sort"),
        *("page", "page_size", "per_page", "limit", "offset", "cursor", "jurisdiction_id"),
        *("api_key", "extensions", "locale"),
    }
)
