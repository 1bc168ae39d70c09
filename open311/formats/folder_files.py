"""A city folder as files: what `folder` reads, written so that git can diff it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from open311.domain.folder import Area, CityFolder
from open311.errors import Invalid

__all__ = ["collection", "encoded", "file_name", "files", "others", "write"]

_LONGEST = 180  # characters of a name; many file systems end at 255 bytes


def file_name(code: str) -> str:
    """The name of a service's file, without its ending: of letters, digits and few signs.

    >>> file_name("ServiceRequest/Animals/NA")
    'ServiceRequest%2FAnimals%2FNA'
    """
    name = quote(code, safe=" ")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{hashlib.sha256(code.encode()).hexdigest()[:16]}"
    return name


def files(city: CityFolder) -> dict[str, Any]:
    """The values of all files of a folder, by their path in it."""
    layers: dict[str, list[Area]] = {}
    for area in city.areas:
        layers.setdefault(area.layer, []).append(area)
    routing = {"routing.json": _said(city.routing)} if city.routing else {}
    return {
        "jurisdiction.json": _said(city.jurisdiction),
        "departments.json": {"departments": [_said(each) for each in city.departments]},
        **{f"services/{file_name(each.service_code)}.json": _said(each) for each in city.services},
        **{f"areas/{layer}.geojson": collection(each) for layer, each in layers.items()},
        **routing,
    }


def _said(part: msgspec.Struct) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(part)
    return {name: value for name, value in told.items() if value is not None}


def collection(areas: Iterable[Area]) -> dict[str, Any]:
    """Areas as the GeoJSON of a layer."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": area.code, "name": area.name} | _days(area),
            "geometry": json.loads(area.geometry),
        }
        for area in areas
    ]
    return {"type": "FeatureCollection", "features": features}


def _days(area: Area) -> dict[str, str]:
    """When an area counts, where that is not for ever."""
    days = {}
    if area.valid_from != date.min:
        days["valid_from"] = area.valid_from.isoformat()
    if area.valid_to != date.max:
        days["valid_to"] = area.valid_to.isoformat()
    return days


def encoded(value: Any) -> bytes:
    """A file as people read it; a map, which nobody does, has a feature a line."""
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in value["features"])
        return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'.encode()
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def write(root: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a folder, each whole or not at all.

    Args:
        root: made if missing.
        contents: by path in it.

    Raises:
        Invalid: one cannot be written; says why.
    """
    for name, content in contents.items():
        path = root / name
        part = path.with_name(f".{path.name[:_LONGEST]}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.replace(path)
        except OSError as error:
            raise Invalid(f"{path}: cannot be written: {error.strerror}.") from error


def others(root: Path, names: Container[str]) -> list[Path]:
    """The files below a folder that would be read with those of these names, and are not of them.

    Args:
        root: may be missing.
        names: paths in it.
    """
    patterns = ("services.*", "services/*", "areas/*", "routing.json")
    paths = sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_file())
    return [
        path
        for path in paths
        if path.name[0] != "." and path.relative_to(root).as_posix() not in names
    ]
