"""Answers of a GeoReport server that somebody saved as files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from open311.formats import folder
from open311.formats.folder import Told
from open311.formats.json_file import Fault

__all__ = ["read"]

_ENDINGS = (".json", ".xml")


def read(sources: Iterable[Path]) -> tuple[list[tuple[str, bytes]], list[Told]]:
    """Read files, and all files of folders that end in `.json` or `.xml`.

    Args:
        sources: files of any name, and folders. What is hidden in a folder, and links, are let
            be; of an answer that is there in both formats, JSON is read.

    Returns:
        The path of each file and what is in it, and every fault by the path of its file.
    """
    found: list[tuple[str, bytes]] = []
    told: list[Told] = []
    for source in sources:
        paths = [*_inside(source, told)] if source.is_dir() else [source]
        if not paths:
            told.append((str(source), Fault("holds no file that ends in .json or .xml")))
        for path in paths:
            content = folder.content(path)
            if isinstance(content, Fault):
                told.append((str(path), content))
            else:
                found.append((str(path), content))
    return found, told


def _inside(root: Path, told: list[Told]) -> Iterator[Path]:
    def closed(error: OSError) -> None:
        told.append((str(error.filename), Fault(f"cannot be read: {error.strerror}")))

    for parent, folders, names in os.walk(root, onerror=closed):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        seen: set[str] = set()
        for path in sorted(Path(parent, name) for name in names if not name.startswith(".")):
            if path.suffix in _ENDINGS and path.stem not in seen and not path.is_symlink():
                seen.add(path.stem)
                yield path
