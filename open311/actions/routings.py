"""The rules of a city: read, checked, and made those that count, by versions.

What was decided about a request by them is in `actions/decisions.py`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from open311.domain import routing_check
from open311.domain.definitions import Deed
from open311.domain.routing_check import Known
from open311.domain.rules import RoutingFile
from open311.errors import Changed, Invalid, NotFound
from open311.store import areas, cities, db, definitions
from open311.store import routings as rows
from open311.store.routings import Rules, RulesVersion

__all__ = ["check", "current", "publish", "version", "versions"]


async def current(open_: db.Opening, jurisdiction_id: str, now: datetime) -> Rules:
    """The rules that count, which may be none."""
    async with open_(jurisdiction_id) as connection:
        return await rows.latest(connection, jurisdiction_id, now)


async def versions(open_: db.Opening, jurisdiction_id: str) -> list[RulesVersion]:
    """Every version that there ever was, newest first."""
    async with open_(jurisdiction_id) as connection:
        return await rows.versions(connection, jurisdiction_id)


async def version(open_: db.Opening, jurisdiction_id: str, number: int) -> Rules:
    """One version.

    Raises:
        NotFound: there is none of that number, or it says that there are no rules any more.
    """
    async with open_(jurisdiction_id) as connection:
        found = await rows.version(connection, jurisdiction_id, number)
    if found is None or found.file is None:
        raise NotFound(f"version: the rules have no version {number}.")
    return found


async def check(
    open_: db.Opening, jurisdiction_id: str, file: RoutingFile, name: str = ""
) -> tuple[str, ...]:
    """Hold rules against the city as it is.

    Args:
        open_: a transaction that may read the catalogue.
        jurisdiction_id: the city.
        file: sound by itself.
        name: of the file, to be told with each fault.

    Returns:
        What is odd about them, in sentences.

    Raises:
        Invalid: they name what is not there, or can never match; every fault has its place.
    """
    from open311.formats import single_file  # heavy, and not for those who only read
    from open311.formats.json_file import Fault

    city = await _known(open_, jurisdiction_id)
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
        file: checked; None: the city has none any more.
        deed: who, when and why.
        published_from: when they begin to count; aware, not in the past; None: now.
        replaces: the hash of the rules that they are to replace; "" where there are to be none
            yet; None: whatever is there.

    Raises:
        NotFound: no such city.
        Invalid: they would begin in the past.
        Changed: other rules count by now.
    """
    async with open_(jurisdiction_id) as connection:
        at = await definitions.lock(connection, jurisdiction_id, deed.at)
        before = await rows.latest(connection, jurisdiction_id, at)
        if replaces is not None and before.hash != replaces:
            raise Changed("The rules are other ones by now; read them again.")
        deed = Deed(deed.actor, at, deed.reason, deed.client_id)
        if published_from and published_from < at:
            raise Invalid("published_from: it is in the past.")
        if await rows.put(connection, jurisdiction_id, file, deed, published_from):
            await cities.announce(connection, jurisdiction_id, moved=None)
        return await rows.latest(connection, jurisdiction_id, published_from or at)


async def _known(open_: db.Opening, jurisdiction_id: str) -> Known:
    """What the rules of a city may name."""
    async with open_(jurisdiction_id) as connection:
        instants = await definitions.instants(connection, jurisdiction_id)
        if instants is None:
            raise NotFound(f"There is no jurisdiction {jurisdiction_id!r}.")
        standing = await definitions.in_force(connection, jurisdiction_id, instants.now)
        offered = {code: each.version for code, each in standing.items() if not each.retired}
        services = await definitions.contents(connection, jurisdiction_id, offered)
        _, acting = await cities.departments(connection, jurisdiction_id)
        codes: dict[str, set[str]] = {}
        for layer, code in await areas.codes(connection, jurisdiction_id):
            codes.setdefault(layer, set()).add(code)
    return Known([services[code] for code in sorted(services)], acting, codes)
