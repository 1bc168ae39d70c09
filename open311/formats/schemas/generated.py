"""The files of `schemas/` that are generated, and how they are written.

`make schemas` writes them; a test refuses any that drifted.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from open311.formats.schemas import city, georeport, mapping, openapi
from open311.formats.schemas.city import Schema

__all__ = ["encoded", "files", "write"]


def files() -> dict[str, Schema]:
    """Every generated file of `schemas/`.

    Returns:
        By its path below `schemas/`.
    """
    answers = georeport.documents()
    return {
        **{f"georeport-v2/{name}.schema.json": each for name, each in answers.items()},
        **{f"city/{name}.schema.json": each for name, each in city.files().items()},
        "mapping.schema.json": mapping.file(),
        "georeport-v2/openapi.json": openapi.description(),
    }


def write(root: Path) -> None:
    """Write every generated file.

    Args:
        root: the folder `schemas`.
    """
    for name, schema in files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(schema))


def encoded(schema: Schema) -> bytes:
    """A schema as it stands in its file: two spaces, a last line feed."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
