"""A JSON file that a person wrote: everything that is wrong with it, in sentences for people.

Stricter than JSON itself where a person's slip would otherwise pass in silence: a key given twice,
a number that is none, text that XML could not carry to a client (GR-F-14).
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec
from jsonschema import Draft202012Validator, ValidationError, validators

__all__ = ["Fault", "Place", "faults", "parse", "shown", "validator", "where"]

Place: TypeAlias = tuple[str | int, ...]
"""The way from the top of a file to a value: keys of objects, places in lists from 0."""

DEEPEST = 32  # levels; a MultiPolygon in a FeatureCollection has nine
_TOO_DEEP = "is nested too deeply"

_ZEROS = re.compile(r"(?<![\d.])0\d", re.ASCII)
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong: at a line where the file is not JSON, else at a place."""

    text: str
    place: Place = ()
    line: int = 0


def parse(content: bytes) -> tuple[object, list[Fault]]:
    """The value in a file, and what is wrong whatever the file should hold.

    Args:
        content: any bytes; a UTF-8 byte order mark is let pass.

    Returns:
        The value, or `msgspec.UNSET` when there is none to check further; and the faults.
    """
    doubled: list[tuple[dict[str, object], str]] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            doubled.extend((found, key) for key in found if times[key] > 1)
        return found

    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        return msgspec.UNSET, [_unreadable(content, error)]
    found = [*_slips(value, doubled)]
    too_deep = any(fault.text == _TOO_DEEP for fault in found)
    return (msgspec.UNSET if too_deep else value), found


def _unreadable(content: bytes, error: ValueError | RecursionError) -> Fault:
    match error:
        case UnicodeDecodeError():
            line = content.count(b"\n", 0, error.start) + 1
            return Fault(f"not UTF-8: byte {content[error.start]:#04x}", line=line)
        case json.JSONDecodeError() if _ZEROS.match(error.doc, max(error.pos - 1, 0)):
            return Fault("not JSON: a number begins with 0; a code needs quotes", line=error.lineno)
        case json.JSONDecodeError():
            return Fault(f"not JSON: {error.msg} (column {error.colno})", line=error.lineno)
        case RecursionError():
            return Fault(_TOO_DEEP)
        case _:  # Python reads no number of more than 4,300 digits
            return Fault("has a number of thousands of digits")


def _slips(value: object, doubled: list[tuple[dict[str, object], str]]) -> Iterator[Fault]:
    """What JSON lets pass and we do not, wherever it stands."""
    twice: dict[int, list[str]] = {}
    for holder, key in doubled:
        twice.setdefault(id(holder), []).append(key)
    for place, each in _walk(value):
        if len(place) > DEEPEST:
            yield Fault(_TOO_DEEP, place[:2])
        elif isinstance(each, dict):
            yield from (Fault("is given twice", (*place, key)) for key in twice.get(id(each), ()))
            yield from (_uncarried(key, (*place, key)) for key in each if _REFUSED.search(key))
        elif isinstance(each, str) and _REFUSED.search(each):
            yield _uncarried(each, place)
        elif isinstance(each, float) and not math.isfinite(each):
            yield Fault("is not a finite number", place)


def _walk(value: object) -> Iterator[tuple[Place, object]]:
    """Every value in a value, with its place; no deeper than one level past `DEEPEST`."""
    stack: list[tuple[Place, object]] = [((), value)]
    while stack:
        place, each = stack.pop()
        yield place, each
        if len(place) <= DEEPEST:
            if isinstance(each, dict):
                stack.extend(((*place, key), inner) for key, inner in each.items())
            elif isinstance(each, list):
                stack.extend(((*place, index), inner) for index, inner in enumerate(each))


def _uncarried(text: str, place: Place) -> Fault:
    codes = sorted({f"U+{ord(each):04X}" for each in _REFUSED.findall(text)})
    return Fault(f"has characters that XML cannot carry: {', '.join(codes[:5])}", place)


# --- against a schema ---------------------------------------------------------------------------


def _whole(_: object, value: object) -> bool:
    return type(value) is int  # JSON Schema takes 1.0 for an integer; the Structs do not


_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole),
)


def validator(schema: dict[str, Any]) -> Any:
    """What `faults` checks by; worth keeping.

    Args:
        schema: JSON Schema 2020-12, of the keywords in `_SENTENCES` and those that only combine.
    """
    return _Validator(schema)


def faults(value: object, by: Any) -> Iterator[Fault]:
    """Every fault of a value against a schema.

    Args:
        value: from `parse`.
        by: from `validator`.
    """
    yield from _told(by.iter_errors(value))


def _told(errors: Iterable[ValidationError]) -> Iterator[Fault]:
    for error in errors:
        place = tuple(error.absolute_path)
        match error.validator:
            case "required":
                missing = [key for key in error.validator_value if key not in error.instance]
                yield from (Fault("is missing", (*place, key)) for key in missing)
            case "additionalProperties":
                known = error.schema["properties"]
                unknown = [key for key in error.instance if key not in known]
                yield from (Fault(_unknown(key, known), (*place, key)) for key in unknown)
            case "anyOf":  # something, or null: what is wrong with it as something
                yield from _told(each for each in error.context or () if each.schema_path[0] == 0)
            case keyword:
                yield Fault(_SENTENCES[keyword](error), place)


def _unknown(key: str, known: dict[str, object]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return "is not a known member" + (f"; did you mean {close[0]}?" if close else "")


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _kind(error: ValidationError) -> str:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return f"{shown(error.instance)} is not {' or '.join(_KINDS[each] for each in kinds)}"


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "type": _kind,
    "enum": lambda e: (
        f"{shown(e.instance)} is not one of {', '.join(filter(None, e.validator_value))}"
    ),
    "const": lambda e: f"{shown(e.instance)} is not {shown(e.validator_value)}",
    "pattern": lambda e: f"{shown(e.instance)} is not {e.schema['title']}",
    "maxLength": lambda e: f"has {len(e.instance)} characters; at most {e.validator_value} fit",
    "minimum": lambda e: f"{shown(e.instance)} is less than {e.validator_value}",
    "maximum": lambda e: f"{shown(e.instance)} is more than {e.validator_value}",
    "minProperties": lambda e: (
        f"has {len(e.instance)} members; at least {e.validator_value} must be"
    ),
    "minItems": lambda e: f"has {len(e.instance)} items; at least {e.validator_value} must be",
    "maxItems": lambda e: f"has {len(e.instance)} items; at most {e.validator_value} may be",
}
"""How a broken rule is told, by the keyword of JSON Schema; for a pattern the title says it."""


_SHOWN = 60  # characters


def shown(value: object) -> str:
    """A value as a sentence may quote it: short, and of printable characters only."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return repr(value[:_SHOWN]) + ("..." if len(value) > _SHOWN else "")
        case _:
            return json.dumps(value)[:_SHOWN]


_PLAIN = re.compile(r"[\w$-]+")


def where(place: Place) -> str:
    """A place as people write it: `attributes[2].datatype`; nothing for the top."""
    told = ""
    for each in place:
        if isinstance(each, int):
            told += f"[{each}]"
        elif _PLAIN.fullmatch(each):
            told += f".{each}"
        else:
            told += f"[{shown(each)}]"
    return told.removeprefix(".")
