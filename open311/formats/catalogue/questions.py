"""The questions of a GeoReport service definition, as the files of a city folder say them.

Read as leniently as servers write, and without loss: see `members`.

Source: GR-A-04, GR-A-08, GR-A-09, GR-A-13, GR-A-15, GR-A-16.
"""

from __future__ import annotations

from typing import Any

import msgspec

from open311.domain.folder import CityAttribute
from open311.formats.catalogue import members
from open311.formats.catalogue.kinds import listed
from open311.formats.catalogue.members import Members, Read

__all__ = ["LISTS", "choices", "read"]

LISTS = ("singlevaluelist", "multivaluelist")
"""The datatypes that have choices."""

_LAST = 10_000  # the highest order
_EXTENDED = {
    "informational": ("datatype", "informational"),
    "required_when_asked": ("required", True),
}
"""Members of our own extended answers, and what they are in a folder: see `spec.extensions`."""


def read(raw: Any) -> list[Any]:
    """The questions of a definition, in the order in which they came."""
    items = [each for _, each in listed(raw, "attribute")]
    attributes = [_question(each) if isinstance(each, dict) else each for each in items]
    _number([each for each in attributes if isinstance(each, dict)])
    return attributes


def _question(raw: Members) -> Members:
    told = members.read(raw, _STANDARD, _OWN)
    extra = told.pop("extra", {})
    for name, (member, value) in _EXTENDED.items():
        if members.flag(extra.get(name)) is True:
            del extra[name]
            extra.pop(member, None)
            told[member] = value
    if "description" not in told and "code" in told:
        told["description"] = told["code"]
    if told.get("automated") == "server_set" and "preset" not in told:
        # whoever sends the report knows the answer, and not we: nobody is asked, but it is sent
        told["automated"], extra["automated"] = "hidden_field", raw["automated"]
    datatype = told.get("datatype")
    if datatype not in LISTS and "values" in told:
        extra["values"] = raw["values"]
        del told["values"]
    if datatype == "informational":
        extra |= {name: raw[name] for name in ("variable", "required") if told.get(name)}
        told |= {"variable": False, "required": False}
    return told | ({"extra": extra} if extra else {})


def _number(attributes: list[Members]) -> None:
    """Where orders are missing, wrong or the same for some, all are numbered as they sort."""
    given = [each.get("order") for each in attributes]
    numbers = [each for each in given if type(each) is int]
    sound = len({*numbers}) == len(given) and all(0 < each <= _LAST for each in numbers)
    if sound or not any(each is not None for each in given):
        return
    last = max(numbers, default=0) + 1
    ranks = [each if type(each) is int else last for each in given]
    for order, place in enumerate(sorted(range(len(ranks)), key=ranks.__getitem__), 1):
        each = attributes[place]
        if each.get("order", order) != order:
            each["extra"] = {"order": each["order"]} | each.get("extra", {})
        each["order"] = order


def _dependencies(raw: Any) -> Any:
    """Conditions in one spelling; without any, a question is always asked."""
    match raw:
        case {"conditions": [*conditions]} if conditions:
            clause = raw.get("clause") or "AND"
            clause = clause.strip().upper() if isinstance(clause, str) else clause
            return {"clause": clause, "conditions": [_condition(each) for each in conditions]}
        case {"conditions": conditions} if not members.empty(conditions):
            return raw
    return msgspec.UNSET if members.empty(raw) or isinstance(raw, dict) else raw


def _condition(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    told = {"attribute": members.code(raw.get("attribute")), "op": members.word(raw.get("op"))}
    told |= {"value": raw.get("value")}
    return {name: each for name, each in told.items() if each is not None}


def choices(raw: Any) -> list[Any]:
    """The choices of a question, in the order in which they came."""
    return [_value(each) for _, each in listed(raw, "value")]


def _value(raw: Any) -> Any:
    if isinstance(raw, str):
        return {"key": members.code(raw), "name": members.line(raw)}
    if not isinstance(raw, dict):
        return raw
    value = members.read(raw, {"key": members.code, "name": members.filled(members.line)})
    return {"key": value["key"], "name": value["key"]} | value if "key" in value else value


_STANDARD: dict[str, Read] = {
    "variable": members.filled(members.flag),
    "code": members.filled(members.code),
    "datatype": members.filled(members.word),
    "required": members.filled(members.flag),
    "datatype_description": members.filled(members.line),
    "order": members.filled(members.order),
    "description": members.filled(members.text),
    "values": members.filled(choices),
}
_OWN = {**members.owned(CityAttribute, *_STANDARD), "dependencies": _dependencies}
