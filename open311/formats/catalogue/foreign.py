"""What other systems say of a service in members of their own, beside the standard's.

One table, for reading and for writing back: where in a document a member stands, which of ours it
speaks of, and how it is read and written. What it says stays in `extra` as it came; when a clerk
has changed ours since, it is put right before it is shown again.

Boston: `definitions`, `service_level_agreement`. mySociety: `groups`. FIWARE: `open311:type`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, get_args

import msgspec

from open311.domain.folder import ReporterField
from open311.formats.catalogue.kinds import listed
from open311.formats.catalogue.members import OWN, SERVICE, Members, Read, flag

__all__ = ["departments", "put_right", "said"]

Path: TypeAlias = tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """A member of another system: its path in a document, what of ours it speaks of.

    `read` makes of it ours, or UNSET where it says nothing of that; `write` makes it of ours.
    """

    path: Path
    member: str
    read: Read
    write: Callable[[Any], Any]


def said(item: Members) -> Members:
    """What the foreign members of a service or a definition say, in our words; the first counts."""
    told: Members = {}
    for row in _ROWS:
        value = row.read(_at(item, row.path))
        if value is not msgspec.UNSET:
            told.setdefault(row.member, value)
    return told


def put_right(item: Members, member: str, ours: Any) -> None:
    """Make every foreign member that speaks of one of ours say what ours does.

    Args:
        item: a document; is changed, and what is inside of it replaced.
        member: of ours.
        ours: its value, as JSON; None: there is none.
    """
    for row in _ROWS:
        if row.member == member and row.read(_at(item, row.path)) is not msgspec.UNSET:
            *parents, last = row.path
            holder = item
            for name in parents:
                holder[name] = dict(holder[name])
                holder = holder[name]
            holder[last] = row.write(ours)


def departments(item: Members) -> Iterator[Members]:
    """The departments that a service names, as `departments.json` says them. Boston."""
    for _, each in listed(_at(item, _DEPARTMENTS), "service_department"):
        if isinstance(each, dict) and isinstance(each.get("code"), str) and each["code"].strip():
            named = {"code": each["code"].strip(), "name": each.get("name") or each["code"]}
            ways = {"phone": "phone", "email": "email", "url": "web_link"}
            yield named | {ours: each[name] for ours, name in ways.items() if each.get(name)}


def _at(item: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(item, dict) or name not in item:
            return None
        item = item[name]
    return item


# --- how each is read ---------------------------------------------------------------------------

_UNSAID = msgspec.UNSET
_DEPARTMENTS: Path = ("definitions", "service_departments")
_HOURS = {"hours": 1, "calendar days": 24}
_WHOLE = re.compile("[0-9]{1,6}")
_LONGEST = 87_600  # hours that a city may say


def _department(raw: Any) -> Any:
    return next((each["code"] for each in departments(_holding(_DEPARTMENTS, raw))), _UNSAID)


def _holding(path: Path, value: Any) -> Members:
    for name in reversed(path):
        value = {name: value}
    held: Members = value
    return held


def _hours(raw: Any) -> Any:
    """An agreement in hours or days of the calendar; business days need a calendar of the city."""
    match raw:
        case {"type": str(unit), "value": int() | str() as value} if _WHOLE.fullmatch(str(value)):
            hours = int(value) * _HOURS.get(unit.strip().lower(), 0)
            return hours if 0 < hours <= _LONGEST else _UNSAID
    return _UNSAID


def _agreement(hours: Any) -> Any:
    return {"type": "Hours" if hours else None, "value": hours}


def _place_needed(raw: Any) -> Any:
    needed = flag(raw)
    return _UNSAID if type(needed) is not bool else "required" if needed else "optional"


def _place_hidden(raw: Any) -> Any:
    return "none" if flag(raw) is False else _UNSAID


def _fields(raw: Any) -> Any:
    """Which fields a reporter must fill in, as a list or as words between commas."""
    names = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(names, list) or not names:
        return _UNSAID
    names = [each.strip() if isinstance(each, str) else each for each in names]
    known = get_args(ReporterField)
    return {"all_of": names} if all(each in known for each in names) else _UNSAID


def _contact_needed(raw: Any) -> Any:
    return {"one_of": ["email", "phone"]} if flag(raw) is True else _UNSAID


def _group(raw: Any) -> Any:
    groups = [each for _, each in listed(raw, "group") if isinstance(each, str)]
    return next(filter(None, map(str.strip, groups)), _UNSAID)


# --- how each is written ------------------------------------------------------------------------


def _as_it_is(value: Any) -> Any:
    return value


def _is_needed(location: Any) -> Any:
    return location == "required"


_ROWS = (
    Row(("open311:type",), "type", SERVICE["type"], _as_it_is),
    *(Row((name,), name, read, _as_it_is) for name, read in {**SERVICE, **OWN}.items()),
    Row(("groups",), "group", _group, lambda group: [group]),
    Row(_DEPARTMENTS, "department", _department, lambda code: [{"code": code}]),
    Row(("service_level_agreement",), "expected_hours", _hours, _agreement),
    Row(("definitions", "location", "visible"), "location", _place_hidden, "none".__ne__),
    Row(("definitions", "location", "required"), "location", _place_needed, _is_needed),
    Row(("definitions", "location_required"), "location", _place_needed, _is_needed),
    Row(
        ("definitions", "reporter", "required_fields"),
        "reporter",
        _fields,
        lambda rule: rule and rule.get("all_of"),
    ),
    Row(("definitions", "reporter", "required"), "reporter", _contact_needed, bool),
    Row(("definitions", "contact_required"), "reporter", _contact_needed, bool),
)
