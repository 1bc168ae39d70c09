r"""Very many requests as lines of JSON, as CSV and as GeoJSON, made a bunch of rows at a time.

PostgreSQL sends rows as COPY writes them: a line a row, a tab between columns, `\N` for what is
unknown, and a backslash before what would be taken for one of these. JSON strings use the same
escapes but for the quote; so a row becomes an object by being put into a template, and no value of
it is ever read. What that may confuse is kept apart by two facts: a backslash in a text is doubled,
so a single one before an N stands for an unknown value; and no text holds a character that XML
cannot carry (GR-F-14), which leaves no escape that JSON does not know.

Source: RFC 4180; RFC 7946; the text format of PostgreSQL's COPY.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from open311.domain.city import City
from open311.formats.spreadsheet import RISKY
from open311.spec.documents import ServiceRequest

__all__ = ["BULKS", "Bulk", "Names", "names", "ndjson"]

_FIELDS = ServiceRequest.__struct_fields__
_NUMBERS = ("lat", "long")
_CODE, _DEPARTMENT, _NOTICE, _LAT, _LONG = 3, 5, 6, 13, 14  # columns of a row
_UNKNOWN = rb"\N"


class Names(msgspec.Struct, frozen=True):
    """What a city calls its services and departments, as rows of a format have it."""

    services: Mapping[bytes, bytes]
    departments: Mapping[bytes, bytes]
    notices: Mapping[tuple[bytes, bytes], bytes]  # by service and notice as kept


def names(city: City, form: Bulk) -> Names:
    """The names of a city, in the language that it is told in.

    Args:
        city: told in that language.
        form: the format that they are for.
    """

    def told(text: str) -> bytes:
        return text.translate(_COPIED).encode().replace(b'"', form.quote)

    return Names(
        {told(code): told(offer.service_name) for code, offer in city.services.items()},
        {told(code): told(public) for code, public in city.departments.items()},
        {(told(code), told(kept)): told(text) for (code, kept), text in city.notices.items()},
    )


_COPIED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def _rows(
    copied: bytes, names: Names, unknown: bytes, no_number: bytes
) -> Iterator[tuple[bytes, ...]]:
    """The rows of whole lines, each with its names: a value for each field of a request."""
    services, departments, notices = names.services, names.departments, names.notices
    for line in copied[:-1].split(b"\n"):
        row = line.split(b"\t")
        code = row[_CODE]
        row[_DEPARTMENT] = departments.get(row[_DEPARTMENT], unknown)
        if row[_LAT] == unknown:
            row[_LAT] = row[_LONG] = no_number
        if notices:
            row[_NOTICE] = notices.get((code, row[_NOTICE]), row[_NOTICE])
        row.insert(_CODE, services.get(code, code))  # loaded a moment ago by another process
        yield tuple(row)


# --- JSON ---------------------------------------------------------------------------------------


_NULL, _QUOTE = b"null", rb"\""


def _value(field: str) -> str:
    return "%b" if field in _NUMBERS else '"%b"'


def _object(*without: str) -> bytes:
    parts = (f'"{name}":{_value(name)}' for name in _FIELDS if name not in without)
    return ("{" + ",".join(parts) + "}").encode()


def _objects(copied: bytes, names: Names) -> Iterator[tuple[bytes, ...]]:
    return _rows(copied.replace(b'"', _QUOTE), names, _UNKNOWN, _NULL)


def _known(text: bytes) -> bytes:
    return text.replace(rb'"\N"', _NULL)


_LINE = _object() + b"\n"


def ndjson(copied: bytes, names: Names) -> bytes:
    """Rows as lines of JSON, each what the list would show.

    Args:
        copied: whole lines of COPY, columns as `exports.sql` has them.
        names: of the city.
    """
    return _known(b"".join([_LINE % row for row in _objects(copied, names)]))


# --- GeoJSON ------------------------------------------------------------------------------------

_FEATURE = (
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":[%b,%b]},"properties":'
    + _object(*_NUMBERS)
    + b"},\n"
)


def _geojson(copied: bytes, names: Names) -> bytes:
    """Rows as features; those without a point are none. Source: GR-X 10.13."""
    at = _LAT + 1  # service_name is there by now
    features = [
        _FEATURE % (row[at + 1], row[at], *row[:at], *row[at + 2 :])
        for row in _objects(copied, names)
        if row[at] is not _NULL
    ]
    return _known(b"".join(features))


# --- CSV ----------------------------------------------------------------------------------------

_CELLS = (",".join(map(_value, _FIELDS)) + "\r\n").encode()
_DOUBLED = b'""'
_BEGINNINGS = [each.translate(_COPIED).encode() for each in RISKY]
# Only behind the quote that begins a cell: one in a text is doubled.
_FORMULA = re.compile(rb'(?m)(^"|,")(?=' + b"|".join(map(re.escape, _BEGINNINGS)) + rb")")
_FIRSTS = b"".join(each[:1] for each in _BEGINNINGS)
_ALIKE = bytes.maketrans(_FIRSTS, b"=" * len(_FIRSTS))
_ESCAPE = re.compile(rb"\\(.)")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _csv(copied: bytes, names: Names) -> bytes:
    """Rows as lines of CSV, every text in quotes; what is unknown comes empty.

    A text that a spreadsheet would work out as a formula stands behind an apostrophe. Trust 42.
    """
    quoted = copied.replace(b'"', _DOUBLED)
    cells = b"".join([_CELLS % row for row in _rows(quoted, names, b"", b"")])
    if b'"=' in cells.translate(_ALIKE):  # far faster than to look
        cells = _FORMULA.sub(rb"\1'", cells)
    if b"\\" in cells:
        cells = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), cells)
    return cells


class Bulk(msgspec.Struct, frozen=True):
    """A format of very many requests: what comes first, rows, what comes last.

    `between` is what is taken off the end of the rows: JSON has no comma behind its last value.
    """

    media_type: str
    rows: Callable[[bytes, Names], bytes]
    unknown: str = r"\N"  # how COPY is to write what is not known
    quote: bytes = _QUOTE  # how a quote in a text is written
    first: bytes = b""
    last: bytes = b""
    between: bytes = b""


_NAMES = f"{','.join(_FIELDS)}\r\n".encode()

BULKS = {
    "csv": Bulk("text/csv; charset=utf-8; header=present", _csv, "", _DOUBLED, _NAMES),
    "ndjson": Bulk("application/x-ndjson", ndjson),
    "geojson": Bulk(
        "application/geo+json",
        _geojson,
        first=b'{"type":"FeatureCollection","features":[\n',
        last=b"\n]}\n",
        between=b",\n",
    ),
}
"""Each format by its extension. Source: GR-X 10.13."""
