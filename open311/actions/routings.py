"""The rules of a city: read, checked, and made those that count, by versions.

What was decided about a request by them is in `actions/decisions.py`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from msgspec.structs import replace

from open311.domain import routing_check
from open311.domain.definitions import Deed
from open311.domain.routing_check import Known
from open311.domain.rules import RoutingFile
from open311.errors import Changed, Invalid, NotFound
from open311.store import areas, cities, db, definitions
from open311.store import routings as rows
from open311.store.routings import Rules, RulesVersion

__all__ = ["check", "current", "publish", "version", "versions"]

_LAST = 2**31 - 1  # that PostgreSQL could number a version with


async def current(open_: db.Opening, jurisdiction_id: str, at: datetime) -> Rules:
    """The rules that count at an instant, which may be none."""
    async with open_(jurisdiction_id) as connection:
        return await rows.latest(connection, jurisdiction_id, at)


async def versions(open_: db.Opening, jurisdiction_id: str) -> list[RulesVersion]:
    """Every version that there ever was, newest first."""
    async with open_(jurisdiction_id) as connection:
        return await rows.versions(connection, jurisdiction_id)


async def version(open_: db.Opening, jurisdiction_id: str, number: int) -> Rules:
    """One version.

    Raises:
        NotFound: there is none of that number, or it says that there are no rules any more.
    """
    found = None
    if number <= _LAST:
        async with open_(jurisdiction_id) as connection:
            found = await rows.version(connection, jurisdiction_id, number)
    if found is None or found.file is None:
        raise NotFound(f"version: the rules have no version {number}.")
    return found


async def check(
    open_: db.Opening,
    jurisdiction_id: str,
    file: RoutingFile,
    at: datetime,
    name: str = "",
) -> tuple[str, ...]:
    """Hold rules against the city as it is, or will be.

    Args:
        open_: a transaction that may read the catalogue.
        jurisdiction_id: the city.
        file: sound by itself.
        at: the instant whose services and areas are meant; aware.
        name: of the file, to be told with each fault.

    Returns:
        What is odd about them, in sentences.

    Raises:
        Invalid: they name what is not there, or can never match; every fault has its place.
    """
    from open311.formats import single_file  # heavy, and not for those who only read
    from open311.formats.json_file import Fault

    city = await _known(open_, jurisdiction_id, at)
    flaws = await asyncio.to_thread(lambda: [*routing_check.faults(file, city)])
    if flaws:
        told = (Fault(text, place) for place, text in flaws)
        raise Invalid(*single_file.sentences(told, name))
    return await asyncio.to_thread(lambda: tuple(routing_check.survey(file, city)))


async def publish(
    open_: db.Opening,
    jurisdiction_id: str,
    file: RoutingFile | None,
    deed: Deed,
    *,
    published_from: datetime | None = None,
    replaces: str | None,
) -> Rules:
    """Make rules those that count; the same ones again change nothing.

    Args:
        open_: a transaction that may write the catalogue.
        jurisdiction_id: the city.
        file: checked; None: the city has none any more, nor later.
        deed: who, when and why.
        published_from: when they begin to count; aware, not in the past; None: now.
        replaces: the hash of the rules that they are to replace, which count when they begin;
            "" where there are to be none; None: whatever is there.

    Raises:
        NotFound: no such city.
        Invalid: they would begin in the past.
        Changed: other rules count by now.
    """
    async with open_(jurisdiction_id) as connection:
        at = await definitions.lock(connection, jurisdiction_id, deed.at)
        begins = published_from or at
        before = await rows.latest(connection, jurisdiction_id, begins)
        if replaces is not None and before.hash != replaces:
            raise Changed("The rules are other ones by now; read them again.")
        deed = replace(deed, at=at)
        if published_from and published_from < at:
            raise Invalid("published_from: it is in the past.")
        changed = bool(await rows.put(connection, jurisdiction_id, file, deed, begins))
        if file is None:
            changed |= await _ended(connection, jurisdiction_id, deed, begins)
        if changed:
            await cities.announce(connection, jurisdiction_id, moved=None)
        return await rows.latest(connection, jurisdiction_id, begins)


async def _ended(
    connection: db.Connection, jurisdiction_id: str, deed: Deed, begins: datetime
) -> bool:
    """Let what is to begin later not begin; whether anything was."""
    any_ = False
    while next_ := await rows.next_begins(connection, jurisdiction_id, begins):
        any_ |= bool(await rows.put(connection, jurisdiction_id, None, deed, next_))
        begins = next_
    return any_


async def _known(open_: db.Opening, jurisdiction_id: str, at: datetime) -> Known:
    """What the rules of a city may name at an instant; of areas those that have not ended."""
    async with open_(jurisdiction_id) as connection:
        if await definitions.instants(connection, jurisdiction_id) is None:
            raise NotFound(f"There is no jurisdiction {jurisdiction_id!r}.")
        services = await definitions.offered(connection, jurisdiction_id, at)
        _, acting = await cities.departments(connection, jurisdiction_id)
        zone = await cities.zone(connection, jurisdiction_id)
        codes = await areas.codes(connection, jurisdiction_id, at.astimezone(zone).date())
    return Known(services, acting, codes)
