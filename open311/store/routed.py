"""A city with its rules and its map, read and made ready; what did not change is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from datetime import datetime, time

from msgspec.structs import replace

from open311.domain import routing
from open311.domain.areas import counts
from open311.domain.city import City
from open311.domain.map import Map
from open311.store import areas, definitions, routings
from open311.store.db import Connection

__all__ = ["read"]


async def read(
    transaction: Connection,
    city: City,
    acting: Container[str],
    now: datetime,
    known: City | None,
) -> City:
    """A city that knows who acts, and what is in it; as it is, where it has neither.

    The work is done in threads: others are answered meanwhile.

    Args:
        transaction: of the city.
        city: without.
        acting: the codes of its departments that act.
        now: aware.
        known: as it was read before.
    """
    own = city.jurisdiction_id
    rules = await routings.latest(transaction, own, now)
    city = _sooner(city, now, await routings.next_begins(transaction, own, now))
    if rules.file is not None:
        standing = await definitions.in_force(transaction, own, now)
        services = await definitions.contents(
            transaction, own, {code: each.version for code, each in standing.items()}
        )
        compiled = await asyncio.to_thread(
            routing.compiled, rules.file, services.values(), acting, city.zone, rules.version
        )
        city = replace(city, routing=compiled)
    return await _mapped(transaction, city, now, known)


async def _mapped(transaction: Connection, city: City, now: datetime, known: City | None) -> City:
    """A city with its map of today, where it has rules or areas to make one of."""
    own, today = city.jurisdiction_id, now.astimezone(city.zone).date()
    state, days = await areas.state(transaction, own)
    if city.routing is None and not any(state):
        return city
    tolerance = city.routing.tolerance if city.routing else 0.0
    mapped = (*state, tolerance, max((day for day in days if day <= today), default=None))
    if known and known.map and known.mapped == mapped:
        shapes = known.map
    else:
        found = [each for each in await areas.every(transaction, own) if counts(each, today)]
        shapes = await asyncio.to_thread(Map, found, tolerance)
    tomorrow = min((day for day in days if day > today), default=None)
    midnight = datetime.combine(tomorrow, time(), city.zone) if tomorrow else None
    return _sooner(replace(city, map=shapes, mapped=mapped), now, midnight)


def _sooner(city: City, now: datetime, moment: datetime | None) -> City:
    """A city in which something changes by itself at a moment, too."""
    if moment is None:
        return city
    seconds = (moment - now).total_seconds()
    coming = seconds if city.changes_in is None else min(seconds, city.changes_in)
    return replace(city, changes_in=coming)
