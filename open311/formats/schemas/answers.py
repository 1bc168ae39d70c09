"""The answer to one question, as JSON Schema of how a JSON body sends it: for a form builder, too.

A number is a JSON number, a multivaluelist an array, everything else a text; a time is in UTC, as
`2026-11-22T12:00:00Z`. What JSON Schema cannot say begins with `x-`.

Source: GR-A-04, GR-P-10 to GR-P-12, GR-P-44; `domain.datatypes`.
"""

from __future__ import annotations

from collections.abc import Callable

from open311.domain.datatypes import LONGEST, WHOLE
from open311.domain.folder import CityAttribute
from open311.domain.narrowing import needs_answer, unsent_answer
from open311.formats.schemas.city import Schema
from open311.formats.schemas.ecma_pattern import translated

__all__ = ["answer"]

_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    r"(?:(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP}-02-29)"
)
_MOMENT = rf"^{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z$"

_LINES = "[\n\r\u0085\u2028\u2029]"
"""What ends a line: a string has none."""


def answer(each: CityAttribute) -> Schema:
    """The schema of an answer.

    Args:
        each: a question that clients answer, sound, with its order.
    """
    told = {
        "title": each.description,
        "description": each.datatype_description,
        "default": None if each.private else unsent_answer(each),
        "x-datatype": each.datatype,
        "x-order": each.order,
        "x-private": each.private or None,
        "x-automated": each.automated,
    }
    kind = _KINDS[each.datatype](each)
    return kind | {name: value for name, value in told.items() if value is not None}


def _text(each: CityAttribute) -> Schema:
    longest = LONGEST[each.datatype]
    found: Schema = {
        "type": "string",
        "minLength": each.min_length or 1,
        "maxLength": min(each.max_length or longest, longest),
    }
    if each.pattern is not None:
        pattern = translated(each.pattern)
        found |= {"x-pattern": each.pattern} if pattern is None else {"pattern": pattern}
    return found


def _string(each: CityAttribute) -> Schema:
    return _text(each) | {"not": {"pattern": _LINES}}


def _number(each: CityAttribute) -> Schema:
    bounds = {"minimum": each.minimum, "maximum": each.maximum}
    return {
        "type": "number",
        "exclusiveMinimum": -WHOLE,
        "exclusiveMaximum": WHOLE,
        **{name: value for name, value in bounds.items() if value is not None},
    }


def _datetime(each: CityAttribute) -> Schema:
    bounds = {"x-earliest": each.earliest, "x-latest": each.latest}
    return {
        "type": "string",
        "format": "date-time",
        "pattern": _MOMENT,
        **{name: value for name, value in bounds.items() if value is not None},
    }


def _choice(each: CityAttribute) -> Schema:
    choices = [{"const": value.key, "title": value.name} for value in each.values]
    return {"type": "string", "oneOf": choices}


def _choices(each: CityAttribute) -> Schema:
    least = {"minItems": 1} if needs_answer(each) else {}
    most = each.max_items or len(each.values)
    return {"type": "array", "items": _choice(each), "uniqueItems": True, **least, "maxItems": most}


_KINDS: dict[str, Callable[[CityAttribute], Schema]] = {
    "string": _string,
    "number": _number,
    "datetime": _datetime,
    "text": _text,
    "singlevaluelist": _choice,
    "multivaluelist": _choices,
}
"""How each datatype is said."""
