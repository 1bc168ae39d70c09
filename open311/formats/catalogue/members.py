"""The members of GeoReport services and questions, as the files of a city folder say them.

Read as leniently as servers write: numbers and words for codes, words for booleans, empties of
every kind. What cannot be read is left as it is, for the schema of the folder to tell with its
place. What our members cannot say, or not in the same words, is kept in `extra`, as it came; so
nothing is lost. A standard member with nothing in it says nothing, and is not kept.

Source: GR-S-03, GR-S-04, GR-S-06, GR-S-07.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_type_hints

import msgspec

from open311.domain.folder import CityService

__all__ = [
    "OWN",
    "SERVICE",
    "Members",
    "Read",
    "code",
    "empty",
    "filled",
    "flag",
    "line",
    "order",
    "owned",
    "read",
    "same",
    "text",
    "word",
    "written",
]

Members: TypeAlias = dict[str, Any]
"""An object of a city folder, as JSON: its members by name."""

Read: TypeAlias = Callable[[Any], Any]
"""A member as it came, in our words; UNSET: it says nothing that we could say."""


def empty(value: object) -> bool:
    """Whether a value says nothing: null, a blank text, a list or an object without members."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def same(one: object, other: object) -> bool:
    """Whether two values are the same JSON, the order of members apart."""
    if not isinstance(one, dict | list):
        return type(one) is type(other) and one == other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# --- leaves -------------------------------------------------------------------------------------


def text(raw: Any) -> Any:
    """Text may have been taken for a number; a carriage return does not survive XML. GR-F-15."""
    raw = str(raw) if type(raw) in (int, float) else raw
    return raw.replace("\r\n", "\n").replace("\r", "\n") if isinstance(raw, str) else raw


def line(raw: Any) -> Any:
    """Text of one line."""
    told = text(raw)
    return " ".join(told.split("\n")) if isinstance(told, str) else told


def code(raw: Any) -> Any:
    """A code is text, with or without quotes. Source: GR-S-06, GR-A-08."""
    told = text(raw)
    return told.strip() if isinstance(told, str) else told


def word(raw: Any) -> Any:
    """A word of the standard is in small letters."""
    return raw.strip().lower() if isinstance(raw, str) else raw


def flag(raw: Any) -> Any:
    """A boolean, as servers write it. Source: GR-S-04."""
    return {"true": True, "false": False}.get(word(raw), raw) if isinstance(raw, str) else raw


def _keywords(raw: Any) -> Any:
    """One text, also where a server has a list. Source: GR-S-07."""
    texts = isinstance(raw, list) and all(isinstance(each, str) for each in raw)
    return line(", ".join(raw) if texts else raw)


def order(raw: Any) -> Any:
    """A whole number, with or without quotes. Source: GR-A-07."""
    return int(raw) if isinstance(raw, str) and re.fullmatch(r"\s*\d{1,9}\s*", raw) else raw


# --- objects ------------------------------------------------------------------------------------


def read(
    item: Mapping[str, Any], standard: Mapping[str, Read], own: Mapping[str, Read] | None = None
) -> Members:
    """The members of an object in our words.

    Args:
        item: as it came.
        standard: how its members of the standard are read; with nothing in them, they are let go.
        own: how others are read that may be ours.

    Returns:
        What it says of ours; and in `extra`, as it came, what that does not say.
    """
    told: Members = {}
    extra: Members = {}
    reads = {**(own or {}), **standard}
    for name, raw in item.items():
        ours = reads[name](raw) if name in reads else msgspec.UNSET
        if ours is not msgspec.UNSET:
            told[name] = ours
            if not same(written(ours), raw):
                extra[name] = raw
        elif name not in standard or not empty(raw):
            extra[name] = raw
    return told | ({"extra": extra} if extra else {})


def written(value: Any) -> Any:
    """A value of ours as it came: choices are objects with extras of their own."""
    if isinstance(value, list):
        return [written(each) for each in value]
    if isinstance(value, dict) and "extra" in value:
        return {name: each for name, each in value.items() if name != "extra"} | value["extra"]
    return value


def filled(read_: Read) -> Read:
    """A member of the standard says nothing where there is nothing in it."""
    return lambda raw: msgspec.UNSET if empty(raw) else read_(raw)


def owned(kind: type[msgspec.Struct], *others: str) -> dict[str, Read]:
    """The members of ours that the standard does not have, each read as it stands."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.encode_name: _as_it_stands(hints[field.name], _default(field))
        for field in msgspec.structs.fields(kind)
        if field.name not in (*others, "schema", "extra")
    }


def _default(field: msgspec.structs.FieldInfo) -> object:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


def _as_it_stands(hint: Any, default: object) -> Read:
    """What is no such member of ours, or says what goes without saying, is another system's."""

    def read_(raw: Any) -> Any:
        try:
            value = msgspec.convert(raw, hint)
        except msgspec.ValidationError:
            return msgspec.UNSET
        return msgspec.UNSET if value == default else raw

    return read_


# --- a service ----------------------------------------------------------------------------------

SERVICE: dict[str, Read] = {
    "service_code": filled(code),
    "service_name": filled(line),
    "description": filled(text),
    "keywords": filled(_keywords),
    "type": filled(word),
    "group": filled(line),
}
"""The standard's members of a service, but `metadata`, which follows from its questions."""

OWN = owned(CityService, *SERVICE, "attributes")
"""Our further members of a service."""
