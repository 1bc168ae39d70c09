"""A mapping file in TOML: read, and every fault told by its place.

A field may be written short: a text is the name of a column, a list those of several.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from open311.domain import mappings
from open311.domain.mappings import Mapping
from open311.domain.members import Code
from open311.errors import Invalid
from open311.formats import charset, json_file
from open311.formats.json_file import Fault, where
from open311.formats.schemas import mapping as schemas

__all__ = ["columns", "decode", "is_source", "read"]

_CHECK = json_file.validator(schemas.whole())
_SOME = datetime(2015, 3, 8, 14, 30)  # noqa: DTZ001 - what a format of times is tried with


def read(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        Invalid: it cannot be read, or it is none; every fault is told.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}.") from error
    found, faults = decode(content)
    if found is None:
        told = (f"{path}: {f'{where(each.place)}: ' if each.place else ''}" for each in faults)
        raise Invalid(*(f"{at}{each.text}." for at, each in zip(told, faults, strict=True)))
    return found


def decode(content: bytes) -> tuple[Mapping | None, list[Fault]]:
    """The mapping that some bytes are, or everything that is wrong with them."""
    try:
        value = tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:
        return None, [Fault("is nested too deeply")]
    except ValueError as error:  # no UTF-8, or no TOML
        return None, [Fault(f"is no TOML: {error}")]
    whole = _written_out(_told(value))
    if faults := [*json_file.faults(whole, _CHECK)]:
        return None, faults
    found = msgspec.convert(whole, Mapping)
    faults = [*_flaws(found)]
    return (None, faults) if faults else (found, [])


def columns(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every column that a mapping names, and where."""
    for place, origin in mappings.origins(mapping).items():
        yield from ((where(place), each) for each in mappings.named(origin))


def _told(value: Any) -> Any:
    """A value of TOML as JSON has it: a time is the text that it was written as, or nearly."""
    match value:
        case dict():
            return {name: _told(each) for name, each in value.items()}
        case list():
            return [_told(each) for each in value]
        case datetime() | date() | time():
            return value.isoformat()
    return value


def _written_out(value: dict[str, Any]) -> dict[str, Any]:
    """What is written short as it is written at length."""
    for table in ("fields", "answers"):
        own = value.get(table)
        if isinstance(own, dict):
            value |= {table: {name: _origin(each) for name, each in own.items()}}
    return value


def _origin(value: Any) -> Any:
    match value:
        case str():
            return {"column": value}
        case list():
            return {"columns": value}
    return value


def _flaws(mapping: Mapping) -> Iterator[Fault]:
    yield from (Fault(text, place) for place, text in mappings.flaws(mapping))
    if mapping.timezone is not None and not _is_zone(mapping.timezone):
        yield Fault(f"there is no time zone {mapping.timezone[:60]!r}", ("timezone",))
    for index, form in enumerate(mapping.times):
        if form not in mappings.TIMES and not _is_format(form):
            yield Fault(f"{form[:60]!r} is no format of times", ("times", index))
    try:
        charset.codec(mapping.file.encoding)
    except Invalid:
        told = f"the charset {mapping.file.encoding[:40]!r} is not known"
        yield Fault(told, ("file", "encoding"))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # the last is what it says of a name that is none
        return False
    return True


def _is_format(form: str) -> bool:
    """Whether a time that is written by it can be read by it."""
    try:
        datetime.strptime(_SOME.strftime(form), form)  # noqa: DTZ007
    except (ValueError, UnicodeError, KeyError):
        return False
    return "%" in form


def is_source(name: str) -> bool:
    """Whether a source may be called so."""
    try:
        msgspec.convert(name, Code)
    except msgspec.ValidationError:
        return False
    return True
