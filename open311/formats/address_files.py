"""Files of addresses as others publish them: CSV and GeoJSON, read a row at a time.

The columns are those of OpenAddresses in either case, or as told. GeoJSON has a feature a line or
is one FeatureCollection, whose size does not matter either.

Source: OpenAddresses, CONTRIBUTING (columns); RFC 7946; RFC 8142 (a feature a line); RFC 4180.
"""

from __future__ import annotations

import csv
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path
from typing import Any, TextIO

import msgspec

from open311.domain.addresses import Point, Written, entry
from open311.errors import Invalid
from open311.formats import features
from open311.spec import submission

__all__ = ["COLUMNS", "Row", "read"]

COLUMNS = {
    "id": ("id", "hash"),
    "number": ("number",),
    "street": ("street",),
    "unit": ("unit",),
    "city": ("city", "district"),
    "region": ("region",),
    "postcode": ("postcode",),
    "long": ("lon", "long", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
}
"""Where each part of an address stands: the first of these columns that is not empty."""

_LONGEST = 250  # characters of a text
_FLOAT = re.compile(r"([0-9]+)\.0+")  # as a sheet writes 104
_BELOW = re.compile("[-\u2212][0-9]")
_LIST = re.compile(r"[0-9]{1,8}(?:\s*[,&]\s*[0-9]{1,8})+")


class Row(msgspec.Struct, frozen=True):
    """A row of a file: where it is, and its address, or what is wrong with it."""

    place: str
    point: Point | None
    problem: str = ""


def read(path: Path, columns: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Read a file of addresses.

    Args:
        path: CSV by its ending, else GeoJSON; either may be compressed, as `.csv.gz`.
        columns: by a key of `COLUMNS`, the column that is told.

    Yields:
        Its rows, faulty ones too; none for an empty line.

    Raises:
        Invalid: it cannot be read at all; says why.
    """
    told = {part: (name,) for part, name in (columns or {}).items()}
    if unknown := sorted(told.keys() - COLUMNS):
        raise Invalid(f"--column: there is no {unknown[0]!r}; there is: {', '.join(COLUMNS)}.")
    names = {part: tuple(map(str.casefold, each)) for part, each in (COLUMNS | told).items()}
    try:
        with features.opened(path) as file:
            is_csv = ".csv" in map(str.lower, path.suffixes[-2:])
            found = _csv(file, names) if is_csv else starmap(_feature, features.features(file))
            for place, values, problem in found:
                yield _row(place, values, names) if not problem else Row(place, None, problem)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise Invalid(f"{path}: cannot be read: {error}.") from error


Values = tuple[str, Mapping[str, Any], str]
"""Place, columns in small letters, and what is wrong."""


def _csv(file: TextIO, names: Mapping[str, tuple[str, ...]]) -> Iterator[Values]:
    rows = csv.reader(features.lines(file), strict=True)
    head = [each.strip().casefold() for each in next(rows, [])]
    for part in ("street", "long", "lat"):
        if not set(names[part]) & set(head):
            there = ", ".join(head[:30]) or "none"
            raise Invalid(
                f"{part}: there is no column {names[part][0]!r}; say which, as --column"
                f" {part}=NAME; there is: {there}."
            )
    for row in rows:
        place = f"line {rows.line_num}"
        if len(row) > len(head):
            yield place, {}, f"has {len(row)} fields and not {len(head)}"
        elif any(map(str.strip, row)):
            yield place, dict(zip(head, row, strict=False)), ""


def _feature(place: str, value: Any) -> Values:
    match value:
        case {
            "type": "Feature",
            "properties": dict(properties),
            "geometry": {"type": "Point", "coordinates": [long, lat, *_]},
        }:
            own = {str(name).casefold(): each for name, each in properties.items()}
            return place, own | {"lon": long, "lat": lat}, ""
    return place, {}, "is no feature with properties and a Point"


# --- a row --------------------------------------------------------------------------------------


def _row(place: str, values: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> Row:
    try:
        texts = {part: _text(values, part, each) for part, each in names.items()}
        texts["number"] = _number(texts["number"])
        texts["postcode"] = _FLOAT.sub(r"\1", texts["postcode"])
        own = texts.pop("id") or _made("|".join(texts.values()))
        long, lat = _degrees("long", texts.pop("long"), 180), _degrees("lat", texts.pop("lat"), 90)
        return Row(place, entry(Written(address_id=own, long=long, lat=lat, **texts)))
    except ValueError as fault:
        return Row(place, None, str(fault))


def _text(values: Mapping[str, Any], part: str, names: tuple[str, ...]) -> str:
    for name in names:
        value = values.get(name)
        text = "" if value is None else submission.line(str(value))
        if len(text) > _LONGEST:
            raise ValueError(f"{part}: has {len(text)} characters; {_LONGEST} are the most")
        if text:
            return text
    return ""


def _number(text: str) -> str:
    """A house number as it is written; a sheet's `104.0` is 104, and `100,102` are 100-102."""
    if _BELOW.match(text):
        raise ValueError(f"number: {text} is below 0")
    if whole := _FLOAT.fullmatch(text):
        return whole[1]
    if not _LIST.fullmatch(text):
        return text
    several = sorted(re.findall("[0-9]+", text), key=int)
    if len(several[-1]) > len(several[0]) + 1:  # as 1,204 with its thousands apart
        raise ValueError(f"number: {text!r} is neither one nor several")
    return f"{several[0]}-{several[-1]}"


def _degrees(part: str, text: str, most: int) -> float:
    if not text:
        raise ValueError(f"{part}: is missing")
    try:
        degrees = submission.number(text)
    except ValueError as fault:
        raise ValueError(f"{part}: {fault}") from fault
    if abs(degrees) > most:
        raise ValueError(f"{part}: {text} is outside -{most} to {most} degrees")
    return round(degrees, 7) + 0.0


def _made(text: str) -> str:
    """An id for what has none: of what it says, so that the next file gives it the same one."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
