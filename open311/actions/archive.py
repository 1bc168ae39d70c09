"""The past as files: one a month and format, in the object store, named by a manifest.

A file never changes: its name holds a part of its hash. All files are there before the manifest
points to them, and those that it replaces stay until the next one: whoever reads it and then them
never meets half of an archive, nor two halves.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import msgspec

from open311.domain.city import City
from open311.errors import NotFound
from open311.formats import bulk
from open311.formats.bulk import BULKS
from open311.spec import w3c_datetime
from open311.spec.archive import VERSION, File, Manifest
from open311.spec.search import Search
from open311.store import archive, exports
from open311.store.copies import Copies
from open311.store.media import Store

__all__ = ["FORMATS", "Place", "file", "manifest", "write"]

FORMATS = ("csv", "ndjson")
"""What every month is kept in, each squeezed by gzip."""

_HEX = 12  # characters of the hash in a name


class Place(msgspec.Struct, frozen=True):
    """Where an archive comes from and goes to."""

    copies: Copies  # connections that see public columns only
    store: Store
    media: str  # base URL of our own pictures


async def manifest(store: Store, jurisdiction_id: str) -> Manifest:
    """What a city's archive holds.

    Raises:
        NotFound: it has none.
        Unavailable: the store does not answer.
    """
    found = await archive.manifest(store, jurisdiction_id)
    if found is None:
        raise NotFound("This city has no archive, or none yet.")
    return found


async def file(store: Store, jurisdiction_id: str, name: str) -> AsyncGenerator[bytes, None]:
    """One of the files that the manifest names, in pieces.

    Raises:
        NotFound: it names no such file.
        Unavailable: the store does not answer.
    """
    found = await manifest(store, jurisdiction_id)
    if name not in {*(each.name for each in found.files), *found.replaced}:
        raise NotFound(f"The manifest names no file {name!r}.")
    return archive.content(store, jurisdiction_id, name)


async def write(place: Place, city: City, now: datetime) -> int:
    """Bring the archive of a city up to date: the months in which anything changed.

    Args:
        place: where it comes from and goes to.
        city: in its own language.
        now: aware.

    Returns:
        How many files were written; where none had to be, the manifest stays as it is.

    Raises:
        Unavailable: the database or the store does not answer; the archive is as it was.
    """
    own = city.jurisdiction_id
    before = await archive.manifest(place.store, own)
    changeset = w3c_datetime.show(city.changeset)
    if before and (before.version, before.changeset, before.media) != (
        VERSION,
        changeset,
        place.media,
    ):
        before = msgspec.structs.replace(before, changes_before=0)
    mark = await archive.mark(place.copies)
    kept, stale = _sorted(before, await archive.months(place.copies, own))
    if before and not stale and {*before.files} == {*kept} and not before.replaced:
        return 0
    written = 0
    known = {each.name for each in before.files} if before else set[str]()
    with tempfile.TemporaryDirectory() as folder:
        for month in stale:
            for each, path in await _made(place, city, month, Path(folder)):
                if each.name not in known:
                    await archive.put(place.store, own, each.name, path)
                    written += 1
                kept.append(each)
                path.unlink()
    files = sorted(kept, key=lambda each: (each.month, each.format))
    named = {each.name for each in files}
    replaced = sorted(known - named)
    await archive.point(
        place.store,
        Manifest(own, now, mark, bulk.COLUMNS, files, replaced, changeset, place.media),
    )
    gone = {*before.replaced} - named - {*replaced} if before else set[str]()
    await archive.delete(place.store, own, gone)
    return written


def _sorted(before: Manifest | None, found: list[archive.Month]) -> tuple[list[File], list[str]]:
    """The files that still hold, and the months that are to be written."""
    if before is None:
        return [], [each.month for each in found]
    counts = {each.month: each.rows for each in before.files}
    stale = [
        each.month
        for each in found
        if each.changed >= before.changes_before or counts.get(each.month) != each.rows
    ]
    there = {each.month for each in found} - {*stale}
    return [each for each in before.files if each.month in there], stale


class _Writing:
    """A file of a month while it is written; the same rows give the same bytes."""

    def __init__(self, extension: str, city: City, path: Path) -> None:
        self.extension, self.path, self.form = extension, path, BULKS[extension]
        self._names = bulk.names(city, self.form)
        self._file: IO[bytes] = path.open("wb")
        self._press = zlib.compressobj(level=6, wbits=31)  # which writes no time and no name
        self._hash = hashlib.sha256()
        self._write(self._press.compress(self.form.first))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)

    def add(self, copied: bytes) -> None:
        rows = copied if self.form.unknown else bulk.emptied(copied)
        self._write(self._press.compress(self.form.rows(rows, self._names)))

    def close(self) -> None:
        self._file.close()

    def end(self, month: str, rows: int, first: datetime, last: datetime) -> File:
        self._write(self._press.flush())
        self.close()
        digest = self._hash.hexdigest()
        return File(
            name=f"requests-{month}.{digest[:_HEX]}.{self.extension}.gz",
            month=month,
            format=self.extension,
            rows=rows,
            bytes=self.path.stat().st_size,
            sha256=digest,
            first_datetime=first,
            last_datetime=last,
        )


async def _made(place: Place, city: City, month: str, folder: Path) -> list[tuple[File, Path]]:
    """The files of a month, of one reading of its rows; none where they are gone by now."""
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    after = (start + timedelta(days=31)).replace(day=1)
    search = Search(
        start_date=start, end_date=after - timedelta(microseconds=1), sort="requested_datetime"
    )
    writing = [_Writing(each, city, folder / f"{month}.{each}.gz") for each in FORMATS]
    rows, first, last = 0, b"", b""
    found = exports.rows(place.copies, city.jurisdiction_id, search, place.media, r"\N")
    try:
        async with aclosing(found):
            async for copied in found:
                for each in writing:
                    each.add(copied)
                rows += copied.count(b"\n")
                first = first or copied[: copied.index(b"\n")]
                last = copied[copied[:-1].rfind(b"\n") + 1 : -1]
        if not rows:
            return []
        edges = bulk.moment(first), bulk.moment(last)
        return [(each.end(month, rows, *edges), each.path) for each in writing]
    finally:
        for each in writing:
            each.close()
