"""A service as a file of a city folder has it: read whole or refused with every fault in it."""

from __future__ import annotations

import msgspec

from open311.domain.folder import CityService
from open311.errors import Invalid
from open311.formats import folder_rules, json_file
from open311.formats.folder_rules import Found
from open311.formats.json_file import Fault

__all__ = ["read"]


def read(content: bytes, name: str = "") -> CityService:
    """Read and check a service.

    Args:
        content: of the file, or of a body that holds the same.
        name: of the file, to be told with each fault.

    Raises:
        Invalid: with every fault by its place: `attributes[2].maximum: ...`; what the service
            needs of its city is not looked for.
    """
    value, faults = json_file.parse(content)
    if value is not msgspec.UNSET:
        faults += [fault for _, fault in folder_rules.broken([Found(name, "service", value)])]
    if faults:
        told = sorted(faults, key=_order)
        raise Invalid(*dict.fromkeys(_sentence(name, each) for each in told))
    return msgspec.convert(value, CityService)


def _order(fault: Fault) -> tuple[object, ...]:
    return fault.line, [(isinstance(each, str), each) for each in fault.place], fault.text


def _sentence(name: str, fault: Fault) -> str:
    line = f"line {fault.line}" if fault.line else ""
    place = json_file.where(fault.place)
    return ": ".join(filter(None, (name, line, place, fault.text))) + "."
