"""The pictures that residents send, in a folder or in anyone's object store.

A picture's name is all it takes to read it, so names cannot be guessed. Source: trust 12, 28.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from open311.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

__all__ = ["Store", "delete", "get", "open_store", "put", "translated"]

Store: TypeAlias = "ObjectStore"

_NAME = re.compile(r"[0-9a-f]{32}\.jpg")  # 128 bits; distinct where case does not count, too

# A caller waits: the library would try for three minutes.
_CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=2),
    "timeout": timedelta(seconds=10),
    "allow_http": True,  # for a bucket next door; its endpoint is the operator's word
}
_RETRY: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=5)}


def open_store(url: str) -> ObjectStore:
    """The store at an address.

    Args:
        url: a folder as path or file:// address, made when missing; or memory://, s3://BUCKET/PREFIX
            and what else obstore knows. Keys, regions and endpoints come from the environment, as
            in AWS_ACCESS_KEY_ID.

    Returns:
        The store; a bucket is not looked at before it is used.

    Raises:
        Invalid: there is no such kind of store, or no such folder can be made.
    """
    address = url if "://" in url else Path(url).absolute().as_uri()
    try:
        if address.startswith("file:"):
            return from_url(address, mkdir=True)
        return from_url(address, client_options=_CLIENT, retry_config=_RETRY)
    except (BaseError, OSError, ValueError) as error:
        reason, *_ = str(error).splitlines()
        raise Invalid(f"The media store {url} cannot be opened: {reason}") from error


async def put(store: ObjectStore, jurisdiction_id: str, content: bytes) -> str:
    """Keep a picture; all of it or nothing.

    Args:
        store: from `open_store`.
        jurisdiction_id: whose picture it is.
        content: a JPEG, as `formats.image.reencode` returns it.

    Returns:
        Its name, of 128 random bits, as 0f…9c.jpg.

    Raises:
        Unavailable: it could not be kept.
    """
    name = f"{secrets.token_hex(16)}.jpg"
    key = f"{jurisdiction_id}/{name}"
    with translated():
        await store.put_async(key, content, mode="create", use_multipart=False)
        if isinstance(store, LocalStore) and store.prefix:
            await asyncio.to_thread(_settle, store.prefix / key)
    return name


async def get(store: ObjectStore, jurisdiction_id: str, name: str) -> bytes | None:
    """A picture by its name.

    Args:
        store: from `open_store`.
        jurisdiction_id: whose picture it is; not from the request, as `name` is.
        name: anything; the store sees only what looks like a name of ours.

    Returns:
        The JPEG; None when there is none, whatever the reason.

    Raises:
        Unavailable: the store does not answer.
    """
    if not _NAME.fullmatch(name):
        return None
    with translated():
        try:
            found = await store.get_async(f"{jurisdiction_id}/{name}")
        except FileNotFoundError:
            return None
        return bytes(await found.bytes_async())


async def delete(store: ObjectStore, jurisdiction_id: str, names: Iterable[str]) -> None:
    """Delete pictures; those that are not there count as deleted.

    Args:
        store: from `open_store`.
        jurisdiction_id: whose pictures they are.
        names: as `put` returned them.

    Raises:
        Unavailable: some are still there; every one has been tried.
    """
    failure: Unavailable | None = None
    for name in filter(_NAME.fullmatch, names):
        try:
            with translated():
                await store.delete_async(f"{jurisdiction_id}/{name}")
        except Unavailable as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                failure = error
    if failure:
        raise failure


@contextmanager
def translated() -> Iterator[None]:
    """Translate the errors of a store.

    Raises:
        Unavailable: it does not answer, or refuses.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable from error


def _settle(path: Path) -> None:
    """Wait until a file, its name and its folder's name would survive a power cut."""
    for each in (path, *path.parents[:2]):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
