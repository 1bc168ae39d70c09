"""Files of requests as other systems write them: each row with its place, whatever is in it.

CSV and NDJSON, GeoJSON (a collection, or a feature a line), and answers of a GeoReport server as
JSON or XML; all may be compressed, as `.csv.gz`. What is nested has its way as its name:
`extended_attributes.channel`; the point of a feature is in `geometry.lat` and `geometry.long`.

Source: RFC 4180; RFC 7946; RFC 8142; GR-Q 5.1, GR-F-20.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec

from open311.domain.mappings import FileKind, FileOptions
from open311.errors import Invalid
from open311.formats import charset, features, json_file, xml_reader
from open311.formats.catalogue import kinds
from open311.formats.json_file import Fault

__all__ = ["Record", "answers", "kind", "read"]

_ENDINGS: dict[str, FileKind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".geojson": "geojson",
    ".geojsonl": "geojson",
    ".json": "georeport",
    ".xml": "georeport",
}
_LARGEST = 200_000_000  # bytes of an answer, which is read as a whole
_DEEPEST = 5  # levels of what is nested; deeper ones are text


class Record(msgspec.Struct, frozen=True, gc=False):
    """A row: where it is, and what stands in its columns, or what is wrong with it."""

    place: str
    values: dict[str, Any]
    problem: str = ""


def kind(path: Path, options: FileOptions) -> FileKind:
    """What a file is: as it was told, else by its name.

    Raises:
        Invalid: its name does not tell.
    """
    if options.format:
        return options.format
    ending = [each.lower() for each in path.suffixes if each.lower() != ".gz"][-1:]
    if not ending or ending[0] not in _ENDINGS:
        raise Invalid(f"{path}: what is it? Say so in the mapping, as format in [file].")
    return _ENDINGS[ending[0]]


def read(path: Path, options: FileOptions) -> tuple[tuple[str, ...] | None, Iterator[Record]]:
    """Read a file of requests.

    Args:
        path: of the file.
        options: how it is written.

    Returns:
        The columns, where there is a line of them; and its rows, faulty ones too, which are read
        as they are asked for: then it raises Invalid if the rest cannot be read.

    Raises:
        Invalid: it cannot be read at all; says why.
    """
    which = kind(path, options)
    if which == "georeport":
        return None, iter(_answers_in(path))
    rows = _guarded(path, _READERS[which], options)
    columns = next(rows)
    return columns.values.get("columns"), rows


def _guarded(
    path: Path, reader: Callable[[TextIO, FileOptions], Iterator[Record]], options: FileOptions
) -> Iterator[Record]:
    """Rows, and every fault of the file in words. The first one says which columns there are."""
    try:
        with features.opened(path, _codec(options.encoding)) as file:
            yield from reader(file, options)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise Invalid(f"{path}: cannot be read: {error}.") from error


def _codec(encoding: str) -> str:
    found = charset.codec(encoding)
    return {"utf_8": "utf-8-sig", "latin_1": "cp1252"}.get(found, found)


def _csv(file: TextIO, options: FileOptions) -> Iterator[Record]:
    rows = csv.reader(features.lines(file), strict=True, delimiter=options.delimiter)
    head = [each.strip() for each in next(rows, [])]
    yield Record("", {"columns": (*head,)})
    width = len(head)
    for row in rows:
        if len(row) == width:
            yield Record(f"line {rows.line_num}", dict(zip(head, row, strict=True)))
        elif any(map(str.strip, row)):
            problem = f"has {len(row)} fields and not {width}"
            yield Record(f"line {rows.line_num}", {}, problem)


def _ndjson(file: TextIO, _: FileOptions) -> Iterator[Record]:
    yield Record("", {})
    for number, line in enumerate(features.lines(file), 1):
        if line.strip(features.EMPTY):
            yield _record(f"line {number}", features.decoded(line))


def _geojson(file: TextIO, _: FileOptions) -> Iterator[Record]:
    yield Record("", {})
    for place, value in features.features(file):
        yield _feature(place, value)


_READERS = {"csv": _csv, "ndjson": _ndjson, "geojson": _geojson}


def _feature(place: str, value: Any) -> Record:
    match value:
        case {"type": "Feature", "properties": dict(properties), **rest}:
            own = {"id": rest["id"]} if rest.get("id") is not None else {}
            match rest.get("geometry"):
                case {"type": "Point", "coordinates": [long, lat, *_]}:
                    own |= {"geometry.long": long, "geometry.lat": lat}
            return Record(place, own | _flat(properties))
    return Record(place, {}, "is no feature with properties")


def _record(place: str, value: Any) -> Record:
    if not isinstance(value, dict):
        return Record(place, {}, "is no JSON object")
    return Record(place, _flat(value))


def _flat(value: dict[str, Any], deepest: int = _DEEPEST) -> dict[str, Any]:
    """The members of an object, and those of objects in it by their way."""
    flat: dict[str, Any] = {}
    for name, each in value.items():
        if isinstance(each, dict) and deepest:
            flat |= {f"{name}.{own}": inner for own, inner in _flat(each, deepest - 1).items()}
        else:
            flat[name] = each
    return flat


# --- answers of a GeoReport server --------------------------------------------------------------


def _answers_in(path: Path) -> list[Record]:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{path}: cannot be read: {error}.") from error
    if len(content) > _LARGEST:
        raise Invalid(f"{path}: is larger than {_LARGEST:,} bytes; NDJSON may be of any size.")
    found, faults = answers(content)
    if faults:
        told = (f"{json_file.where(each.place)}: " if each.place else "" for each in faults)
        raise Invalid(*(f"{path}: {at}{each.text}." for at, each in zip(told, faults, strict=True)))
    return found


def answers(content: bytes) -> tuple[list[Record], list[Fault]]:
    """The requests of an answer to GET requests, of any GeoReport server.

    Args:
        content: XML or JSON, in any of the ways in which servers wrap a list.

    Returns:
        Its requests, each with its place; and what is wrong, if it is no such answer.
    """
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start not in (b"<", b"[", b"{"):
        return [], [Fault("is neither JSON nor XML" if content.strip() else "is empty")]
    value, faults = (xml_reader if start == b"<" else json_file).parse(content)
    if value is msgspec.UNSET:
        return [], faults
    match value:
        case {"service_requests": listed} | {"requests": listed}:
            value = listed
        case {"errors": _} | {"error": _}:
            return [], [Fault("is an error answer")]
        case {"type": "FeatureCollection", "features": list(found)}:
            return [_feature(f"features[{i}]", each) for i, each in enumerate(found)], []
    items = itertools.islice(kinds.listed(value, "request"), 1_000_000)
    found = [(json_file.where(place) or "[0]", each) for place, each in items]
    records = [_record(place, each) for place, each in found]
    if records and not any("service_request_id" in each.values for each in records):
        return [], [Fault("is no list of service requests of GeoReport v2")]
    return records, []
