"""Small city folders: the same service codes everywhere, and each city's own mark in every text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KINDS = {"light": "realtime", "tree": "realtime", "record": "batch", "idea": "blackbox"}
"""The services of every small city: code and type. `light` has questions."""

QUESTIONS: list[dict[str, Any]] = [
    {"code": "note", "datatype": "text", "description": "Anything else?"},
    {"code": "count", "datatype": "number", "description": "How many?"},
    {
        "code": "colour",
        "datatype": "singlevaluelist",
        "description": "Which colour?",
        "values": [{"key": "red", "name": "Red"}, {"key": "blue", "name": "Blue"}],
    },
]


def small_city(
    path: Path, jurisdiction_id: str, *, mark: str = "", own: Iterable[str] = ()
) -> Path:
    """Write a city folder.

    Args:
        path: made if missing.
        jurisdiction_id: of the city.
        mark: stands in every text of the city; the jurisdiction_id unless told.
        own: codes of further services, which other cities do not have.

    Returns:
        The path, for `open311 load`.
    """
    mark = mark or jurisdiction_id
    (path / "services").mkdir(parents=True, exist_ok=True)
    (path / "areas").mkdir(exist_ok=True)
    _write(
        path / "jurisdiction.json",
        jurisdiction_id=jurisdiction_id,
        name=f"City of {mark}",
        timezone="America/Halifax",
        contact=f"Contact of {mark}",
        key_service=f"Keys of {mark}",
    )
    _write(path / "departments.json", departments=[{"code": "works", "name": f"Works of {mark}"}])
    for code, kind in KINDS.items() | {(each, "realtime") for each in own}:
        _write(
            path / "services" / f"{code}.json",
            service_code=code,
            service_name=f"{code} of {mark}",
            description=f"What residents of {mark} call {code}.",
            keywords=f"{code}, {mark}",
            group=f"Group of {mark}",
            type=kind,
            department="works",
            service_notice=f"Notice of {mark}",
            expected_hours=24,
            attributes=QUESTIONS if code == "light" else [],
        )
    square = [[[-66.3, 44.5], [-66.1, 44.5], [-66.1, 44.7], [-66.3, 44.7], [-66.3, 44.5]]]
    area = {
        "type": "Feature",
        "properties": {"code": "all", "name": f"Boundary of {mark}"},
        "geometry": {"type": "Polygon", "coordinates": square},
    }
    _write(path / "areas" / "boundary.geojson", type="FeatureCollection", features=[area])
    return path


def _write(path: Path, **members: Any) -> None:
    path.write_text(json.dumps(members, indent=2) + "\n", "utf-8")
