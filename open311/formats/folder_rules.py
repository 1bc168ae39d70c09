"""What the files of a city folder must say, each alone and together.

Checked on the values as they stand in the files, and not on Structs made of them, so that a fault
in one member hides no other.

Source: GR-S-03, GR-A-04; RFC 7946.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, get_args

import msgspec

from open311.domain import layers, routing_check, soundness
from open311.domain.folder import CityService
from open311.domain.rules import RoutingFile
from open311.errors import Invalid
from open311.formats import folder_layers, json_file
from open311.formats.folder_values import codes, rows, texts, twice
from open311.formats.json_file import Fault, Place, shown
from open311.formats.schemas import city
from open311.spec.documents import Datatype

__all__ = ["Found", "broken", "hold", "misrouted"]

_LISTS = ("singlevaluelist", "multivaluelist")
_NO_LISTS = tuple(each for each in get_args(Datatype) if each not in _LISTS)


class Found(msgspec.Struct, frozen=True):
    """A file of the folder: its path in it, its kind (which names a schema), and what it holds."""

    name: str
    kind: str
    value: Any


def broken(found: list[Found]) -> Iterator[tuple[str, Fault]]:
    """Every rule that the files break.

    Args:
        found: the files that could be read; each member may be of any type.

    Yields:
        The path of a file in the folder, and a fault in it.
    """
    for each in found:
        yield from ((each.name, fault) for fault in _alone(each))
    yield from _together(found)


def hold(service: CityService) -> None:
    """See to it that a service from anywhere keeps the rules of a file of a city folder.

    Raises:
        Invalid: it does not; every fault is named with its place.
    """
    value, slips = json_file.parse(msgspec.json.encode(service))  # as if it stood in a file
    found = Found("", "service", value)
    problems = [f"{json_file.where(each.place)}: {each.text}." for each in (*slips, *_alone(found))]
    if problems:
        raise Invalid(*problems)


def _alone(found: Found) -> Iterator[Fault]:
    """Every rule that one file breaks by itself."""
    yield from json_file.faults(found.value, _SCHEMAS[found.kind])
    yield from _RULES[found.kind](found)


def _schemas() -> dict[str, Any]:
    schemas = city.files()
    unchecked = {"Polygon": True, "MultiPolygon": True}  # `areas.parse` does, hundreds times faster
    schemas["areas"] = schemas["areas"] | {"$defs": unchecked}
    return {name: json_file.validator(schema) for name, schema in schemas.items()}


_SCHEMAS = _schemas()


# --- each file alone ----------------------------------------------------------------------------


def _jurisdiction(found: Found) -> Iterator[Fault]:
    match found.value:
        case {"timezone": str(name)} if name not in zoneinfo.available_timezones():
            yield Fault(f"{shown(name)} is not a time zone such as America/Halifax", ("timezone",))
    match found.value:
        case {"languages": list(languages)}:
            places = (("languages", index) for index in range(len(languages)))
            yield from twice(zip(places, map(str, languages), strict=True))


def _departments(found: Found) -> Iterator[Fault]:
    return twice(codes(found.value, "departments"))


def _service(found: Found) -> Iterator[Fault]:
    yield from twice(codes(found.value, "attributes"))
    yield from twice(_orders(found.value))
    for place, attribute in rows(found.value, "attributes"):
        yield from _values(place, attribute)
    try:
        service = msgspec.convert(found.value, CityService)
    except msgspec.ValidationError:
        return  # told by the schema, member by member
    yield from (Fault(text, place) for place, text in soundness.faults(service))


def _orders(service: object) -> Iterator[tuple[Place, int]]:
    for index, (place, attribute) in enumerate(rows(service, "attributes"), 1):
        order = attribute.get("order")
        if order is None or type(order) is int:
            yield (*place, "order"), index if order is None else order


def _values(place: Place, attribute: dict[str, object]) -> Iterator[Fault]:
    datatype, values = attribute.get("datatype"), attribute.get("values", [])
    at = (*place, "values")
    if datatype in _LISTS and values == []:
        yield Fault(f"is missing or empty; a {datatype} needs choices", at)
    if datatype in _NO_LISTS and values != []:
        yield Fault(f"is only for lists, and the datatype is {shown(datatype)}", at)
    keys = codes(attribute, "values", "key")
    yield from twice((place + inside, key) for inside, key in keys)


def _routing(found: Found) -> Iterator[Fault]:
    yield from twice(codes(found.value, "rules"))
    try:
        file = msgspec.convert(found.value, RoutingFile)
    except msgspec.ValidationError:
        return  # told by the schema, member by member
    yield from (Fault(text, place) for place, text in routing_check.alone(file))


_RULES: dict[str, Callable[[Found], Iterator[Fault]]] = {
    "jurisdiction": _jurisdiction,
    "departments": _departments,
    "service": _service,
    "areas": lambda found: folder_layers.broken(found.name, found.value),
    "routing": _routing,
}


# --- the files together -------------------------------------------------------------------------


def _together(found: list[Found]) -> Iterator[tuple[str, Fault]]:
    by_kind: dict[str, list[Found]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    services = by_kind.get("service", [])
    yield from _same_code(services)
    for departments in by_kind.get("departments", ()):
        yield from _unknown_departments(services, departments.value)
    for jurisdiction in by_kind.get("jurisdiction", ()):
        yield from _unknown_areas(services, by_kind.get("areas", []))
        yield from _unknown_languages(by_kind, jurisdiction.value)


def misrouted(found: list[Found]) -> Iterator[tuple[str, Fault]]:
    """Every rule of `routing.json` that names what is not there, or can never match.

    Args:
        found: all files of a folder, nothing being `broken` in any.
    """
    by_kind: dict[str, list[Found]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    city = routing_check.Known(
        services=[msgspec.convert(each.value, CityService) for each in by_kind.get("service", ())],
        departments={
            code
            for each in by_kind.get("departments", ())
            for _, code in codes(each.value, "departments")
        },
        areas={
            PurePath(each.name).stem: {*_area_codes(each.value)}
            for each in by_kind.get("areas", ())
        },
    )
    for each in by_kind.get("routing", ()):
        flaws = routing_check.faults(msgspec.convert(each.value, RoutingFile), city)
        yield from ((each.name, Fault(text, place)) for place, text in flaws)


def _unknown_departments(services: list[Found], departments: object) -> Iterator[tuple[str, Fault]]:
    match departments:
        case {"departments": list()}:
            known = {code for _, code in codes(departments, "departments")}
            for service in services:
                for code in texts(service.value, "department"):
                    if code not in known:
                        text = f"{shown(code)} is not in departments.json"
                        yield service.name, Fault(text, ("department",))


def _area_codes(layer: object) -> Iterator[str]:
    for _, row in rows(layer, "features"):
        yield from (code.strip() for code in texts(row.get("properties"), "code"))


def _unknown_areas(services: list[Found], areas: list[Found]) -> Iterator[tuple[str, Fault]]:
    """Areas of which a service is said to be offered in, and that are not there."""
    known = {PurePath(each.name).stem: {*_area_codes(each.value)} for each in areas}
    for service in services:
        match service.value:
            case {"offered_in": dict(offered)}:
                named = {name: codes for name, codes in offered.items() if isinstance(codes, list)}
                for place, text in layers.strange(named, known):
                    yield service.name, Fault(text, ("offered_in", *place))


def _unknown_languages(
    by_kind: dict[str, list[Found]], jurisdiction: Any
) -> Iterator[tuple[str, Fault]]:
    """Translations that nobody would see."""
    languages = jurisdiction.get("languages", ["en"]) if isinstance(jurisdiction, dict) else None
    if not (isinstance(languages, list) and languages):
        return
    others = languages[1:]
    for each in by_kind.get("service", ()):
        yield from ((each.name, fault) for fault in _strange((), each.value, others))
    for each in by_kind.get("departments", ()):
        for place, row in rows(each.value, "departments"):
            yield from ((each.name, fault) for fault in _strange(place, row, others))


def _strange(place: Place, value: object, languages: list[object]) -> Iterator[Fault]:
    match value:
        case {"translations": dict(texts)}:
            for language in texts:
                if language not in languages:
                    text = "is no further language of jurisdiction.json"
                    yield Fault(text, (*place, "translations", language))


def _same_code(services: list[Found]) -> Iterator[tuple[str, Fault]]:
    first: dict[str, str] = {}
    for service in services:
        for code in texts(service.value, "service_code"):
            other = first.setdefault(code.strip(), service.name)
            if other != service.name:
                text = f"{shown(code)} is also in {other}"
                yield service.name, Fault(text, ("service_code",))
