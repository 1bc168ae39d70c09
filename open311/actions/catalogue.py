"""The registry of definitions: drafts are written, versions published and retired.

Every change is one transaction that holds the lock of its catalogue, is told in the audit trail
under the name of who made it, and is announced to every worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from open311.domain import compatibility, definitions, languages
from open311.domain.compatibility import Step
from open311.domain.definitions import Deed, Version
from open311.domain.folder import CityService
from open311.errors import Changed, Invalid, NotFound
from open311.store import audit, cities, db
from open311.store import definitions as rows
from open311.store.definitions import Draft

__all__ = [
    "Published",
    "diff",
    "discard",
    "draft",
    "publish",
    "retire",
    "save",
    "version",
    "versions",
]


class Published(msgspec.Struct, frozen=True):
    """A version that was published, and what it changes for those who have the one before it."""

    service_code: str
    version: int
    published_from: datetime
    steps: tuple[Step, ...]


async def save(
    open_: db.Opening,
    jurisdiction_id: str,
    service: CityService,
    deed: Deed,
    *,
    replaces: str | None,
) -> str:
    """Save a draft; its hash.

    Args:
        open_: a transaction that may write the catalogue.
        jurisdiction_id: the city.
        service: any; it is checked as a file of a city folder is.
        deed: who, and when.
        replaces: the hash of the draft that it is to replace; "" where there is to be none yet;
            None: whatever is there.

    Raises:
        NotFound: no such city.
        Invalid: it breaks a rule; every fault is named with its place.
        Changed: another draft is there.
    """
    from open311.formats import folder_rules  # heavy, and not for those who only read

    await asyncio.to_thread(folder_rules.hold, service)  # others are answered meanwhile
    service = definitions.canonical(service)
    async with open_(jurisdiction_id) as connection:
        deed = await _begin(connection, jurisdiction_id, deed)
        await _draft(connection, jurisdiction_id, service.service_code, replaces)
        return await rows.save_draft(connection, jurisdiction_id, service, deed)


async def discard(
    open_: db.Opening,
    jurisdiction_id: str,
    service_code: str,
    deed: Deed,
    *,
    replaces: str | None,
) -> None:
    """Throw a draft away.

    Raises:
        NotFound: there is none, or no such city.
        Changed: it is another one.
    """
    async with open_(jurisdiction_id) as connection:
        deed = await _begin(connection, jurisdiction_id, deed)
        _there(await _draft(connection, jurisdiction_id, service_code, replaces), service_code)
        await rows.discard_draft(connection, jurisdiction_id, service_code)
        told = [{"service_code": service_code}]
        await audit.note(connection, jurisdiction_id, "discarded", told, deed)


async def draft(open_: db.Opening, jurisdiction_id: str, service_code: str) -> Draft:
    """The draft of a service.

    Raises:
        NotFound: there is none.
    """
    async with open_(jurisdiction_id) as connection:
        found = await rows.draft(connection, jurisdiction_id, service_code)
    return _there(found, service_code)


async def publish(
    open_: db.Opening,
    jurisdiction_id: str,
    service_code: str,
    deed: Deed,
    *,
    published_from: datetime | None = None,
    consent: bool = False,
    replaces: str | None = None,
) -> Published:
    """Make a draft the next version of its service.

    Args:
        open_: a transaction that may write the catalogue.
        jurisdiction_id: the city.
        service_code: the service.
        deed: who, and when.
        published_from: when it begins to answer; aware, not in the past; None: now.
        consent: publish although clients of what answers until then will fail.
        replaces: the hash of the draft that is meant; None: whatever is there.

    Raises:
        NotFound: there is no draft, or no such city.
        Changed: it is another one.
        Conflict: clients would fail and nobody consented.
        Invalid: it names a department that no longer acts, or is translated into a language that
            the city does not speak, or the time is past.
    """
    begins = _not_past("published_from", published_from or deed.at, deed)
    async with open_(jurisdiction_id) as connection:
        deed = await _begin(connection, jurisdiction_id, deed)
        begins = max(begins, deed.at)
        found = await _draft(connection, jurisdiction_id, service_code, replaces)
        service = _there(found, service_code).service
        await _fits(connection, jurisdiction_id, service)
        before = await rows.answering(connection, jurisdiction_id, service_code, begins)
        steps = compatibility.compare(before, service) if before else ()
        compatibility.consented({service_code: steps}, consent=consent)
        numbers = await rows.publish(connection, jurisdiction_id, [service], deed, begins)
        await rows.discard_draft(connection, jurisdiction_id, service_code)
        await cities.announce(connection, jurisdiction_id, moved=_second(deed.at))
    return Published(service_code, numbers[service_code], begins, tuple(steps))


async def retire(
    open_: db.Opening,
    jurisdiction_id: str,
    service_code: str,
    deed: Deed,
    retired_from: datetime | None = None,
    *,
    expect: Callable[[str], None] = lambda _: None,
) -> int:
    """Offer a service no more from an instant on, and withdraw what was to begin after it.

    Args:
        open_: a transaction that may write the catalogue.
        jurisdiction_id: the city.
        service_code: the service.
        deed: who, and when.
        retired_from: when it answers no more; aware, not in the past; None: now.
        expect: told the hash of the version that is retired; what it raises undoes all.

    Returns:
        The version that is retired.

    Raises:
        NotFound: it is not offered, or no such city.
        Invalid: the time is past.
    """
    ends = _not_past("retired_from", retired_from or deed.at, deed)
    async with open_(jurisdiction_id) as connection:
        deed = await _begin(connection, jurisdiction_id, deed)
        ends = max(ends, deed.at)
        ended = await rows.retire(connection, jurisdiction_id, [service_code], deed, ends)
        if not ended:
            raise NotFound(f"service_code: there is no service {service_code!r} on offer.")
        known = await rows.versions(connection, jurisdiction_id, service_code)
        expect(next(each.hash for each in known if each.version == ended[0][1]))
        await cities.announce(connection, jurisdiction_id, moved=_second(deed.at))
    return ended[0][1]


async def versions(open_: db.Opening, jurisdiction_id: str, service_code: str) -> list[Version]:
    """Every version of a service, newest first.

    Raises:
        NotFound: there is none.
    """
    async with open_(jurisdiction_id) as connection:
        found = await rows.versions(connection, jurisdiction_id, service_code)
    if not found:
        raise NotFound(f"service_code: there is no service {service_code!r}.")
    return found


async def version(
    open_: db.Opening, jurisdiction_id: str, service_code: str, number: int
) -> CityService:
    """What one version says.

    Raises:
        NotFound: there is none of that number.
    """
    async with open_(jurisdiction_id) as connection:
        found = await rows.content(connection, jurisdiction_id, service_code, number)
    if found is None:
        raise NotFound(f"version: {service_code!r} has no version {number}.")
    return found


async def diff(
    open_: db.Opening, jurisdiction_id: str, service_code: str, old: int, new: int | None
) -> tuple[Step, ...]:
    """What changes between two versions; `new` None: the draft.

    Raises:
        NotFound: one of them is not there.
    """
    before = await version(open_, jurisdiction_id, service_code, old)
    if new is None:
        after = (await draft(open_, jurisdiction_id, service_code)).service
    else:
        after = await version(open_, jurisdiction_id, service_code, new)
    return compatibility.compare(before, after)


# --- rules --------------------------------------------------------------------------------------


def _not_past(name: str, wanted: datetime, deed: Deed) -> datetime:
    if wanted < deed.at:
        raise Invalid(f"{name}: it is in the past.")
    return wanted


async def _begin(connection: db.Connection, jurisdiction_id: str, deed: Deed) -> Deed:
    """Take the lock of the catalogue; the deed is not before those that had it earlier."""
    return replace(deed, at=await rows.lock(connection, jurisdiction_id, deed.at))


async def _draft(
    connection: db.Connection, jurisdiction_id: str, service_code: str, replaces: str | None
) -> Draft | None:
    """The draft of a service, if it is the one that is meant."""
    found = await rows.draft(connection, jurisdiction_id, service_code)
    if replaces is not None and (found.hash if found else "") != replaces:
        raise Changed(f"The draft of {service_code!r} is another one by now; read it again.")
    return found


def _there(found: Draft | None, service_code: str) -> Draft:
    if found is None:
        raise NotFound(f"service_code: there is no draft of {service_code!r}.")
    return found


async def _fits(connection: db.Connection, jurisdiction_id: str, service: CityService) -> None:
    """Make sure that the city has what a service names."""
    _, acting = await cities.departments(connection, jurisdiction_id)
    problems = []
    if service.department not in acting:
        problems.append(f"department: there is no department {service.department!r}.")
    problems += languages.strange(service, await cities.languages(connection, jurisdiction_id))
    if problems:
        raise Invalid(*problems)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
