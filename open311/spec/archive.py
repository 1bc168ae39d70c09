"""What an archive holds: a file a month and format, and the manifest that names them all."""

from __future__ import annotations

from datetime import datetime

import msgspec

__all__ = ["VERSION", "File", "Manifest"]

VERSION = 1
"""Of the manifest and of how its files are made; another one makes every file anew."""


class File(msgspec.Struct, frozen=True):
    """All requests of a month, by their requested_datetime in UTC, oldest first.

    Its name tells what is in it, so it never changes.
    """

    name: str  # requests-YYYY-MM.HASH.FORMAT.gz
    month: str  # YYYY-MM
    format: str  # ndjson or csv
    rows: int
    bytes: int
    sha256: str
    first_datetime: datetime  # requested_datetime; aware, UTC
    last_datetime: datetime


class Manifest(msgspec.Struct, frozen=True):
    """Every file of an archive, and what it was made of."""

    jurisdiction_id: str
    made_at: datetime
    changes_before: int  # every change before it is in the files
    columns: dict[str, str]  # of each file: its type by its name
    files: list[File]  # by month and format
    replaced: list[str]  # names of files that go with the next manifest
    changeset: str  # the city's: its names are in the files
    media: str  # base URL of its pictures
    version: int = VERSION
