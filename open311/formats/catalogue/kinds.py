"""What an answer of some GeoReport server is: a service list, definitions, discovery, or none.

Told by its members and not by its name, since a saved answer may be called anything, and servers
differ in how they wrap: `[…]`, `{"services": […]}`, `{"services": {"service": […]}}`, XML.

Source: GR-S-02, GR-A-02, GR-A-15, GR-D-09, GR-F-20.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from open311.formats import json_file, xml_reader
from open311.formats.json_file import Fault, Place
from open311.spec.documents import ITEM

__all__ = ["Answer", "Item", "listed", "read"]

Item = tuple[Place, dict[str, Any]]
"""An object in a document, and where it stands."""


class Answer(msgspec.Struct, frozen=True):
    """What a document holds: services of a list, whole definitions, or the one discovery."""

    services: list[Item] = []
    definitions: list[Item] = []
    discovery: dict[str, Any] | None = None


def read(content: bytes) -> tuple[Answer, list[Fault]]:
    """Read an answer.

    Args:
        content: any bytes, XML or JSON.

    Returns:
        What it holds, and every fault; with one of the whole document, it holds nothing.
    """
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start not in (b"<", b"[", b"{", b"\xff", b"\xfe"):  # two are of a UTF-16 mark: XML may be
        return Answer(), [Fault("is neither JSON nor XML" if content.strip() else "is empty")]
    value, faults = (json_file if start in (b"[", b"{") else xml_reader).parse(content)
    if value is msgspec.UNSET or faults:
        return Answer(), faults
    return _recognised(value)


_WRAPPED: dict[str, Literal["items", "discovery", "requests", "errors"]] = {
    "services": "items",
    "service_definition": "items",
    "service_definitions": "items",
    "discovery": "discovery",
    "service_requests": "requests",
    "errors": "errors",
    "error": "errors",
}
"""What stands under the root of an answer, by its name."""

_REQUEST = {"service_request_id", "token", "requested_datetime"}


def _recognised(value: object) -> tuple[Answer, list[Fault]]:
    place: Place = ()
    root, kind = "", _kind(value)
    if isinstance(value, dict) and kind is None:
        root = next((each for each in _WRAPPED if each in value), "")
        place, value, kind = (root,), value.get(root, value), _WRAPPED.get(root)
        value = {} if root == "service_definition" and value is None else value
    match kind:
        case "items":
            return _sorted([*listed(value, "service", place)], root)
        case "discovery" if isinstance(value, dict):
            return Answer(discovery=value), []
        case "requests":
            return Answer(), [Fault("tells of service requests, not of services")]
        case "errors":
            return Answer(), [Fault(f"is an error answer: {_said(value)}")]
    return Answer(), [Fault("is no service list and no service definition of GeoReport v2")]


def _kind(value: object) -> str | None:
    """What a bare value is, by the members of its first object."""
    first = value[0] if isinstance(value, list) and value else value
    match first:
        case []:
            return "items"
        case dict() if _REQUEST & first.keys():
            return "requests"
        case {"endpoints": _}:
            return "discovery"
        case {"service_code": _} | {"service_name": _} | {"service": dict()}:
            return "items"
        case {"code": _, "description": _} if isinstance(value, list):
            return "errors"
    return None


def _sorted(items: list[tuple[Place, Any]], root: str) -> tuple[Answer, list[Fault]]:
    """Services apart from definitions; requests in a wrapper of services are told, too."""
    answer, faults = Answer([], []), []
    for place, each in items:
        if not isinstance(each, dict):
            faults.append(Fault("is not an object", place))
        elif _REQUEST & each.keys():
            return Answer(), [Fault("tells of service requests, not of services")]
        elif root.startswith("service_definition") or each.keys() & {"attributes", "attribute"}:
            answer.definitions.append((place, each))
        else:
            answer.services.append((place, each))
    return answer, faults


def listed(value: object, item: str, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The items of a list, however it is wrapped: bare, under the name of its items, or one alone.

    Args:
        value: of a list; None and "" are an empty one.
        item: the name that its items have in XML.
        place: where it stands.
    """
    match value:
        case None | "":
            return
        case list():
            for index, each in enumerate(value):
                wrapped = isinstance(each, dict) and [*each] == [item]
                yield (*place, index), each[item] if wrapped else each
        case {**members} if [*members] == [item]:
            yield from listed(members[item], item, (*place, item))
        case _:
            yield place, value


def _said(value: object) -> str:
    """The words of an error answer."""
    told = [
        ": ".join(str(each[key]) for key in ("code", "description") if each.get(key))
        if isinstance(each, dict)
        else str(each)
        for _, each in listed(value, ITEM["errors"])
    ]
    return json_file.shown("; ".join(filter(None, told)) or "without a word")
