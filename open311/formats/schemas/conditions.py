"""When a question is asked, as JSON Schema of the answers; each answer as a JSON body sends it.

An answer that a condition looks at is either good or refuses the whole report by itself: so only
good ones have to be told apart. Times are compared digit by digit, since they are written in UTC.

Source: `domain.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from open311.domain import conditions
from open311.domain.attributes import reader
from open311.domain.folder import CityAttribute, Condition, Dependencies
from open311.domain.narrowing import unsent_answer, who
from open311.formats.schemas.city import Schema
from open311.formats.schemas.ecma_pattern import escaped
from open311.spec import w3c_datetime

__all__ = ["asked"]


def asked(
    dependencies: Dependencies, earlier: Mapping[str, CityAttribute], defined: Mapping[str, str]
) -> Schema:
    """What the answers are where a question is asked.

    Args:
        dependencies: of the question, sound.
        earlier: the questions before it that take an answer, by code.
        defined: by code, where the outcome for an earlier question stands, if it has conditions.

    Returns:
        A schema of the object that holds the answers by code.
    """
    held = [_holds(each, earlier[each.attribute], defined) for each in dependencies.conditions]
    if len(held) == 1:
        return held[0]
    return {"allOf" if dependencies.clause == "AND" else "anyOf": held}


def _holds(condition: Condition, about: CityAttribute, defined: Mapping[str, str]) -> Schema:
    if condition.op == "ne":
        return {"not": _holds(msgspec.structs.replace(condition, op="eq"), about, defined)}
    options: list[Schema] = []
    if who(about) == "client":
        value = _answer(condition, about)
        options.append({"required": [about.code]} | _inside(about.code, value))
    if about.preset is not None and _unsent_holds(condition, about):
        options.append(_unsent(about))
    if about.dependencies is None:
        return _any(options)
    return {"allOf": [{"$ref": defined[about.code]}, _any(options)]}


def _any(options: list[Schema]) -> Schema:
    if len(options) == 1:
        return options[0]
    return {"anyOf": options} if options else _NEVER


def _inside(code: str, value: Schema) -> Schema:
    return {"properties": {code: value}} if value else {}


def _unsent_holds(condition: Condition, about: CityAttribute) -> bool:
    """Whether the answer that is taken where none is sent holds a condition."""
    test = conditions.compiled(
        Dependencies(conditions=[condition]), {about.code: (about.datatype, reader(about))}
    )
    return bool(test({about.code: unsent_answer(about)}))


def _unsent(about: CityAttribute) -> Schema:
    """There is no answer; whatever is sent is none where the server knows better."""
    if who(about) == "server":
        return {}
    some = {"minItems": 1} if about.datatype == "multivaluelist" else {}
    return {"not": {"required": [about.code]} | _inside(about.code, some)}


def _answer(condition: Condition, about: CityAttribute) -> Schema:
    """The schema of the answers that hold a condition other than `ne`."""
    read = reader(about)
    values = [read(each) for each in conditions.values(condition)]
    return _SAID[about.datatype][condition.op](values)


# --- times --------------------------------------------------------------------------------------


def _moments(op: str, moments: list[datetime]) -> Schema:
    """A pattern of the times that are so to each other; a fraction of a second does not count."""
    starts = [start for each in moments for start in _starts(op, w3c_datetime.show(each)[:-1])]
    return {"pattern": f"^(?:{'|'.join(starts)})"} if starts else _NEVER


def _starts(op: str, moment: str) -> list[str]:
    """How the times begin that are less or greater than one, or equal to it."""
    found = [moment] if op in ("eq", "one_of", "le", "ge") else []
    for index, digit in enumerate(moment):
        if op in ("lt", "le") and digit.isdigit() and digit > "0":
            found.append(f"{moment[:index]}[0-{int(digit) - 1}]")
        if op in ("gt", "ge") and digit.isdigit() and digit < "9":
            found.append(f"{moment[:index]}[{int(digit) + 1}-9]")
    return found


# --- what an operator says ----------------------------------------------------------------------

_NEVER: Schema = {"not": {}}

_Said = Callable[[list[Any]], Schema]

_PLAIN: dict[str, _Said] = {
    "answered": lambda _: {},
    "eq": lambda values: {"const": values[0]},
    "one_of": lambda values: {"enum": values},
}
_NUMBER: dict[str, _Said] = {
    **_PLAIN,
    "lt": lambda values: {"exclusiveMaximum": values[0]},
    "le": lambda values: {"maximum": values[0]},
    "gt": lambda values: {"exclusiveMinimum": values[0]},
    "ge": lambda values: {"minimum": values[0]},
}
_TEXT: dict[str, _Said] = {
    **_PLAIN,
    **dict.fromkeys(("contains", "in"), lambda values: {"pattern": escaped(values[0])}),
}
_MOMENT: dict[str, _Said] = {
    "answered": lambda _: {},
    **{op: partial(_moments, op) for op in ("eq", "one_of", "lt", "le", "gt", "ge")},
}
_CHOICE: dict[str, _Said] = {**_PLAIN, **dict.fromkeys(("contains", "in"), _PLAIN["eq"])}
_CHOICES: dict[str, _Said] = {
    "answered": lambda _: {"minItems": 1},
    "eq": lambda values: {"const": values},
    "one_of": lambda values: {"contains": {"enum": values}},
    **dict.fromkeys(("contains", "in"), lambda values: {"contains": {"const": values[0]}}),
}

_SAID = {
    "string": _TEXT,
    "text": _TEXT,
    "number": _NUMBER,
    "datetime": _MOMENT,
    "singlevaluelist": _CHOICE,
    "multivaluelist": _CHOICES,
}
"""By datatype and operator, the schema of the answers, given the values as answers."""
