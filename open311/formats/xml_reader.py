"""XML that others wrote, as the plain values that JSON would have said: the root is the one key.

    <services>                                {"services": [
      <service>                                  {"service_code": "001",
        <service_code>001</service_code>          "metadata": true,
        <metadata>true</metadata>                 "keywords": None}]}
        <keywords/>

The home of lxml outside of the tests. Nothing is fetched, no entity is resolved, and size and
depth have a bound. Attributes and namespaces say nothing in GeoReport, and are let go.

Source: GR-F-10, GR-F-20, GR-A-07; trust 22.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import msgspec
from lxml import etree

from open311.formats.json_file import Fault, Place
from open311.spec.documents import ITEM, Attribute, Service

__all__ = ["parse"]

_DEEPEST = 24  # levels; a value of a question in a definition has six
_SETTINGS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}

_BOOLEANS = {"true": True, "false": False}
_TYPED: dict[type, Callable[[str], object]] = {
    bool: lambda text: _BOOLEANS.get(text.lower(), text),
    int: lambda text: int(text) if text.isdecimal() and len(text) < 10 else text,  # noqa: PLR2004
}
_READ = {
    name: _TYPED[hint]
    for part in (Service, Attribute)
    for name, hint in get_type_hints(part).items()
    if hint in _TYPED
}
"""The elements whose text the standard gives a type, and how it is read."""


def parse(content: bytes) -> tuple[object, list[Fault]]:
    """The value in a document, and what is wrong whatever the document should say.

    Args:
        content: any bytes, of no more than whoever read them allows.

    Returns:
        `{root: value}`, or `msgspec.UNSET` when there is none to look into further; and the
        faults. An element without children is its text without the white space at its ends, or
        None when there is none; items of a list are a list, and anything else is an object.
    """
    try:
        root = etree.fromstring(content, etree.XMLParser(**_SETTINGS))
    except etree.XMLSyntaxError as error:
        return msgspec.UNSET, [_unreadable(error)]
    if root.getroottree().docinfo.doctype:
        return msgspec.UNSET, [Fault("has a DOCTYPE, which no answer of GeoReport has")]
    faults = [*_slips(root)]
    return (msgspec.UNSET if faults else {_name(root): _value(root)}), faults


def _unreadable(error: etree.XMLSyntaxError) -> Fault:
    told = str(error.msg or "it is empty").partition(", line ")[0]
    return Fault(f"not XML: {told}", line=error.lineno or 1)


def _slips(root: Any) -> Iterator[Fault]:
    """What stands too deep."""
    stack: list[tuple[Place, Any]] = [((), root)]
    while stack:
        place, element = stack.pop()
        if len(place) > _DEEPEST:
            yield Fault("is nested too deeply", place[:2])
        else:
            stack.extend(((*place, _name(element)), each) for each in element)


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _value(element: Any) -> object:
    children = [(_name(each), _value(each)) for each in element]
    if not children:
        return _text(element)
    gathered: dict[str, list[object]] = {}
    for name, value in children:
        gathered.setdefault(name, []).append(value)
    if len(gathered) == 1 and _is_list(_name(element), children[0][0], len(children)):
        return gathered[children[0][0]]
    return {name: each if len(each) > 1 else each[0] for name, each in gathered.items()}


def _is_list(name: str, item: str, count: int) -> bool:
    """Whether the children of an element are the items of a list. Source: GR-F-20."""
    return count > 1 or ITEM.get(name) == item or name in (f"{item}s", f"{item[:-1]}ies")


def _text(element: Any) -> object:
    text = (element.text or "").strip()
    read = _READ.get(_name(element))
    return (read(text) if read else text) if text else None
