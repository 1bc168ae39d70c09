"""The pictures of a request: made harmless, then kept; what cannot be made harmless is refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from open311.errors import Invalid, NotFound, TooLarge, Unavailable
from open311.formats import image
from open311.formats.multipart import File
from open311.store import db, media, withdrawals
from open311.store.media import Store

__all__ = ["drop", "find", "keep", "paths"]


async def keep(
    store: Store, jurisdiction_id: str, files: Sequence[File], *, most: int, largest: int
) -> tuple[str, ...]:
    """Re-encode and keep uploaded files, all or none.

    Args:
        store: where they go.
        jurisdiction_id: whose they are.
        files: as sent, in order.
        most: how many are taken.
        largest: bytes of one file.

    Returns:
        Their names, unguessable, in the same order.

    Raises:
        Invalid: too many, or not pictures that can be made harmless; each file is named.
        TooLarge: a file is.
    """
    if len(files) > most:
        raise Invalid(f"media: {len(files)} files were sent; at most {most} are taken.")
    for file in files:
        if len(file.content) > largest:
            raise TooLarge(f"{file.name}: {file.filename!r} is larger than {largest} bytes.")
    clean = await _harmless(files)
    names: list[str] = []
    try:
        for content in clean:
            names.append(await media.put(store, jurisdiction_id, content))
    except Unavailable:
        with suppress(Unavailable):
            await media.delete(store, jurisdiction_id, names)
        raise
    return tuple(names)


async def _harmless(files: Sequence[File]) -> list[bytes]:
    clean, problems = [], []
    for file in files:
        try:
            clean.append(await image.reencode(file.content))
        except Invalid as fault:
            problems += [f"{file.name}: {file.filename!r}: {each}" for each in fault.problems]
    if problems:
        raise Invalid(*problems)
    return clean


def paths(jurisdiction_id: str, names: Sequence[str]) -> tuple[str, ...]:
    """Where kept pictures are served, below the public URL."""
    return tuple(f"/media/{jurisdiction_id}/{name}" for name in names)


async def drop(store: Store, jurisdiction_id: str, shown: Sequence[str]) -> None:
    """Throw kept pictures away, by their `paths`, as far as the store answers."""
    with suppress(Unavailable):
        await media.delete(store, jurisdiction_id, [each.rpartition("/")[2] for each in shown])


async def find(store: Store, reads: db.Connections, jurisdiction_id: str, name: str) -> bytes:
    """A kept picture, JPEG.

    Raises:
        NotFound: there is none of that name, or its request is withdrawn.
    """
    content = await media.get(store, jurisdiction_id, name)
    path = f"/media/{jurisdiction_id}/{name}"
    if content is None or await withdrawals.hides(reads, jurisdiction_id, path):
        raise NotFound(f"There is no picture {name!r}.")
    return content
