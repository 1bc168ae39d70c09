"""One file of a city folder, by itself: read whole or refused with every fault in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from open311.domain.folder import CityService
from open311.domain.rules import RoutingFile
from open311.errors import Invalid
from open311.formats import folder_rules, json_file
from open311.formats.folder_rules import Found
from open311.formats.json_file import Fault

__all__ = ["rules", "sentences", "service"]


def service(content: bytes, name: str = "") -> CityService:
    """Read and check a service.

    Args:
        content: of the file, or of a body that holds the same.
        name: of the file, to be told with each fault.

    Raises:
        Invalid: with every fault by its place: `attributes[2].maximum: ...`; what the service
            needs of its city is not looked for.
    """
    return msgspec.convert(_sound(content, name, "service"), CityService)


def rules(content: bytes, name: str = "") -> RoutingFile:
    """Read and check rules, as `service` does."""
    return msgspec.convert(_sound(content, name, "routing"), RoutingFile)


def sentences(faults: Iterable[Fault], name: str = "") -> list[str]:
    """Faults of one file as people read them, in the order of their places, each once."""
    return [*dict.fromkeys(_sentence(name, each) for each in sorted(faults, key=_order))]


def _sound(content: bytes, name: str, kind: str) -> object:
    value, faults = json_file.parse(content)
    if value is not msgspec.UNSET:
        faults += [fault for _, fault in folder_rules.broken([Found(name, kind, value)])]
    if faults:
        raise Invalid(*sentences(faults, name))
    return value


def _order(fault: Fault) -> tuple[object, ...]:
    return fault.line, [(isinstance(each, str), each) for each in fault.place], fault.text


def _sentence(name: str, fault: Fault) -> str:
    line = f"line {fault.line}" if fault.line else ""
    place = json_file.where(fault.place)
    return ": ".join(filter(None, (name, line, place, fault.text))) + "."
