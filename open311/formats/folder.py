"""A city folder on disk, read whole or refused with every fault in it.

    jurisdiction.json   departments.json   services/*.json   areas/*.geojson   routing.json

Areas and routing may be missing.
What is no part of a folder (a README, dot files) is let be, unless it is JSON in a place where
nobody would read it. What the files must say stands in `folder_rules`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path, PurePath
from typing import TypeAlias

import msgspec

from open311.domain import areas
from open311.domain.folder import (
    Area,
    CityFolder,
    CityService,
    Departments,
    Jurisdiction,
)
from open311.domain.rules import RoutingFile
from open311.errors import Invalid
from open311.formats import folder_rules, json_file
from open311.formats.folder_rules import Found
from open311.formats.json_file import Fault

__all__ = [
    "LARGEST_FILE",
    "MISSING",
    "Told",
    "content",
    "opened",
    "read",
    "read_service",
    "sentences",
]

LARGEST_FILE = 50_000_000  # bytes

Told: TypeAlias = tuple[str, Fault]
"""The path of a file in the folder, and a fault in it."""

MISSING = Fault("is missing")
"""What is told of a file that every folder has."""

_JSON = (".json", ".geojson")
_ROOT = "."  # how the folder itself is named in it


def read(path: Path) -> CityFolder:
    """Read and check a city folder.

    Args:
        path: the folder; nothing outside it is read, and symbolic links are not followed.

    Returns:
        The whole folder; services and areas in the order of their files' names.

    Raises:
        Invalid: with every fault, by file and place: `services/b.json: group: is missing`.
    """
    found, told = opened(path)
    told += folder_rules.broken(found)
    told += () if told else folder_rules.misrouted(found)
    if told:
        raise Invalid(*sentences(told))
    return _made(found)


def read_service(path: Path) -> CityService:
    """Read and check one file of a folder's services by itself.

    Raises:
        Invalid: with every fault in it but that its department is unknown.
    """
    value, faults = _value(path)
    found = [] if value is msgspec.UNSET else [Found(path.name, "service", value)]
    told = [*((path.name, fault) for fault in faults), *folder_rules.broken(found)]
    if told:
        raise Invalid(*sentences(told))
    return msgspec.convert(value, CityService)


# --- from the disk ------------------------------------------------------------------------------


def opened(path: Path) -> tuple[list[Found], list[Told]]:
    """The files of a city folder, and what is wrong with them as files.

    Raises:
        Invalid: the folder itself cannot be read.
    """
    names, told = _names(path)
    if told and told[0][0] == _ROOT:
        raise Invalid(f"{path}: {told[0][1].text}")
    found: list[Found] = []
    for name, kind in names.items():
        value, faults = _value(path / name)
        told += [(name, fault) for fault in faults]
        if value is not msgspec.UNSET:
            found.append(Found(name, kind, value))
    return found, told


def _names(root: Path) -> tuple[dict[str, str], list[Told]]:
    """The kind of every file to read, by its path in the folder; and what should not be there."""
    names: dict[str, str] = {}
    told: list[Told] = []

    def closed(error: OSError) -> None:
        told.append((_inside(root, error.filename), Fault(f"cannot be read: {error.strerror}")))

    for parent, folders, files in os.walk(root, onerror=closed):
        folders[:] = [each for each in folders if not each.startswith(".")]
        written = {each for each in files if each.lower().endswith(_JSON) and each[0] != "."}
        for each in (*folders, *written):
            name = _inside(root, Path(parent, each))
            kind = _kind(name)
            if (root / name).is_symlink():
                told.append((name, Fault("is a symbolic link; put what it links to in its place")))
            elif each in written and kind:
                names[name] = kind
            elif each in written:
                told.append((name, Fault("is not read: no file of a city folder is called so")))
    told += [(name, MISSING) for name in _missing({*names, *(name for name, _ in told)})]
    return dict(sorted(names.items())), told


def _inside(root: Path, path: str | Path) -> str:
    return PurePath(path).relative_to(root).as_posix()


def _kind(name: str) -> str | None:
    match name.split("/"):
        case ["jurisdiction.json"]:
            return "jurisdiction"
        case ["departments.json"]:
            return "departments"
        case ["routing.json"]:
            return "routing"
        case ["services", file] if file.endswith(".json"):
            return "service"
        case ["areas", file] if file.endswith(".geojson"):
            return "areas"
    return None


def _missing(seen: set[str]) -> Iterator[str]:
    yield from {"jurisdiction.json", "departments.json"} - seen
    if not any(name.split("/")[0] == "services" for name in seen):
        yield "services/*.json"


def content(path: Path) -> bytes | Fault:
    """The bytes of a file, if they can be read and are not too many."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a pipe would wait for ever
            return Fault("is not a file")
        with path.open("rb") as file:
            found = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return Fault(f"cannot be read: {error.strerror}")
    return (
        Fault(f"is larger than {LARGEST_FILE // 10**6} MB") if len(found) > LARGEST_FILE else found
    )


def _value(path: Path) -> tuple[object, list[Fault]]:
    """What a file holds, and what is wrong with it as JSON."""
    found = content(path)
    return (msgspec.UNSET, [found]) if isinstance(found, Fault) else json_file.parse(found)


# --- to people ----------------------------------------------------------------------------------


def sentences(told: Iterable[Told]) -> list[str]:
    """Faults as people read them, in the order of files and places, each once."""
    return [*dict.fromkeys(_sentence(*each) for each in sorted(told, key=_order))]


def _order(told: Told) -> tuple[object, ...]:
    name, fault = told
    return name, fault.line, [(isinstance(each, str), each) for each in fault.place], fault.text


def _sentence(name: str, fault: Fault) -> str:
    shown = name if name.isprintable() else repr(name)
    line = f"{shown}:{fault.line}" if fault.line else shown
    place = json_file.where(fault.place)
    return f"{line}: {place}: {fault.text}" if place else f"{line}: {fault.text}"


# --- to values ----------------------------------------------------------------------------------


def _made(found: list[Found]) -> CityFolder:
    by_kind: dict[str, list[Found]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    (jurisdiction,), (departments,) = by_kind["jurisdiction"], by_kind["departments"]
    routing = [msgspec.convert(each.value, RoutingFile) for each in by_kind.get("routing", ())]
    return CityFolder(
        jurisdiction=msgspec.convert(jurisdiction.value, Jurisdiction),
        departments=tuple(msgspec.convert(departments.value, Departments).departments),
        services=tuple(msgspec.convert(each.value, CityService) for each in by_kind["service"]),
        areas=tuple(area for layer in by_kind.get("areas", ()) for area in _areas(layer)),
        routing=routing[0] if routing else None,
    )


def _areas(found: Found) -> Iterator[Area]:
    for feature in found.value["features"]:
        whole, _ = areas.parse(feature["geometry"])
        named = feature["properties"]
        yield Area(
            layer=PurePath(found.name).stem,
            code=named["code"],
            name=named["name"],
            geometry=areas.encode(whole),
            valid_from=date.fromisoformat(named.get("valid_from") or "0001-01-01"),
            valid_to=date.fromisoformat(named.get("valid_to") or "9999-12-31"),
        )
