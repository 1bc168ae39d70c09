"""API keys: made, shown once, listed without the key, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from open311.actions.cities import known
from open311.domain import scopes
from open311.domain.city import Client
from open311.domain.rules import Channel
from open311.domain.scopes import Scope
from open311.errors import NotFound, TooMany
from open311.store import cities, clients, db
from open311.store.clients import Listed, New

__all__ = ["count", "create", "hashed", "listed", "revoke"]


def hashed(key: str) -> bytes:
    """What is stored of a key: its SHA-256, which is enough for 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


async def create(  # noqa: PLR0913 - all that a key is known by
    connection: db.Connection,
    jurisdiction_id: str,
    name: str,
    contact: str | None,
    rate_limit: int | None,
    now: datetime,
    may: Sequence[Scope] = scopes.DEFAULT,
    *,
    channel: Channel | None = None,
) -> str:
    """A new key of a city.

    Args:
        connection: one that may write keys.
        jurisdiction_id: the city.
        name: who holds it.
        contact: whom to ask about it.
        rate_limit: requests a minute; None: no limit.
        now: aware.
        may: what it may be used for.
        channel: by which reports come with it, for the rules that say who acts.

    Returns:
        The key; nobody can ever see it again.

    Raises:
        NotFound: no such city.
    """
    await known(connection, jurisdiction_id)
    key = "o311_" + secrets.token_urlsafe(32)
    async with db.owning(connection, jurisdiction_id):
        new = New(name, contact, key[:12], hashed(key), rate_limit, now, may, channel)
        await clients.insert(connection, jurisdiction_id, new)
        await cities.announce(connection, jurisdiction_id, moved=None)
    return key


async def listed(connection: db.Connection, jurisdiction_id: str) -> list[Listed]:
    """Every key of a city, revoked ones too.

    Raises:
        NotFound: no such city.
    """
    await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        return await clients.listed(connection, jurisdiction_id)


async def revoke(
    connection: db.Connection, jurisdiction_id: str, client_id: int, now: datetime
) -> None:
    """Make a key count no more, in every worker within a second.

    Raises:
        NotFound: no such city, or no such key that still counts.
    """
    await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        if not await clients.revoke(connection, jurisdiction_id, client_id, now):
            raise NotFound(f"There is no key {client_id} of {jurisdiction_id} that still counts.")
        await cities.announce(connection, jurisdiction_id, moved=None)


async def count(writes: db.Connections, client: Client) -> None:
    """Count a call against the rate of its key.

    Raises:
        TooMany: the rate of this minute is used up, over all workers and hosts.
    """
    if client.rate_limit is None:
        return
    hits, wait = await clients.count_hit(writes, client.jurisdiction_id, client.client_id)
    if hits > client.rate_limit:
        limit = f"api_key: more than {client.rate_limit} requests in this minute."
        raise TooMany(limit, retry_after=wait)
