"""Files of whole months in the object store, which a manifest names; and what months there are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import msgspec

from open311.spec.archive import Manifest
from open311.store import queries
from open311.store.db import Reading
from open311.store.media import Store, translated

__all__ = ["Month", "content", "delete", "manifest", "mark", "months", "point", "put"]

_SQL = queries.load("archive")
_MANIFEST = "manifest.json"
_DECODE = msgspec.json.Decoder(Manifest).decode


class Month(msgspec.Struct, frozen=True):
    """How many requests a month has, and the last change of any of them."""

    month: str  # YYYY-MM
    rows: int
    changed: int


async def mark(reads: Reading) -> int:
    """The change before which every one is to be seen by now."""
    rows = await reads.fetch(_SQL["mark"])
    number: int = rows[0][0]
    return number


async def months(reads: Reading, jurisdiction_id: str) -> list[Month]:
    """Every month in which there are requests, in order."""
    return [Month(*row) for row in await reads.fetch(_SQL["months"], jurisdiction_id)]


def _key(jurisdiction_id: str, name: str) -> str:
    return f"archive/{jurisdiction_id}/{name}"


async def manifest(store: Store, jurisdiction_id: str) -> Manifest | None:
    """The manifest of a city's archive; None where it has none, or one of another make.

    Raises:
        Unavailable: the store does not answer.
    """
    with translated():
        try:
            found = await store.get_async(_key(jurisdiction_id, _MANIFEST))
            return _DECODE(await found.bytes_async())
        except (FileNotFoundError, msgspec.DecodeError):
            return None


async def put(store: Store, jurisdiction_id: str, name: str, file: Path) -> None:
    """Keep a file, whole or not at all.

    Raises:
        Unavailable: it could not be kept.
    """
    with translated():
        await store.put_async(_key(jurisdiction_id, name), file)


async def point(store: Store, found: Manifest) -> None:
    """Let a manifest take the place of the one before, at once.

    Raises:
        Unavailable: it could not be kept.
    """
    text = msgspec.json.format(msgspec.json.encode(found), indent=1)
    with translated():
        await store.put_async(_key(found.jurisdiction_id, _MANIFEST), text)


async def content(store: Store, jurisdiction_id: str, name: str) -> AsyncGenerator[bytes, None]:
    """A file, in pieces.

    Args:
        store: from `open_store`.
        jurisdiction_id: whose archive.
        name: as the manifest has it; not from the request.

    Raises:
        Unavailable: the store does not answer, or has no such file.
    """
    with translated():
        found = await store.get_async(_key(jurisdiction_id, name))
        async for piece in found.stream(min_chunk_size=65_536):
            yield bytes(piece)


async def delete(store: Store, jurisdiction_id: str, names: Iterable[str]) -> None:
    """Delete files; those that are not there count as deleted.

    Raises:
        Unavailable: the store does not answer.
    """
    for name in names:
        with translated():
            try:
                await store.delete_async(_key(jurisdiction_id, name))
            except FileNotFoundError:
                continue
