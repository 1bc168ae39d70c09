"""The registry of definitions: drafts are written, versions published and retired.

Every change is one transaction that holds the lock of its catalogue, is told in the audit trail
under the name of who made it, and is announced to every worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from open311.domain import compatibility, definitions, soundness
from open311.domain.compatibility import Level, Step
from open311.domain.definitions import Deed, Version
from open311.domain.folder import CityService
from open311.errors import Changed, Conflict, Invalid, NotFound
from open311.store import cities, db
from open311.store import definitions as rows
from open311.store.definitions import Draft

__all__ = [
    "Change",
    "Published",
    "diff",
    "discard",
    "draft",
    "make_equal",
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


class Change(msgspec.Struct, frozen=True):
    """What making a catalogue equal to a list of services did."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]


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
        service: each member of the right kind.
        deed: who, and when.
        replaces: the hash of the draft that it is to replace; "" where there is to be none yet;
            None: whatever is there.

    Raises:
        Invalid: the questions cannot be asked as they are.
        Changed: another draft is there.
    """
    await asyncio.to_thread(_sound, service)  # others are answered meanwhile
    async with open_(jurisdiction_id) as connection:
        await rows.lock(connection, jurisdiction_id)
        await _expect(connection, jurisdiction_id, service.service_code, replaces)
        return await rows.save_draft(
            connection, jurisdiction_id, definitions.canonical(service), deed
        )


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
        NotFound: there is none.
        Changed: it is another one.
    """
    async with open_(jurisdiction_id) as connection:
        await rows.lock(connection, jurisdiction_id)
        await _expect(connection, jurisdiction_id, service_code, replaces)
        if await rows.draft(connection, jurisdiction_id, service_code) is None:
            raise NotFound(f"service_code: there is no draft of {service_code!r}.")
        await rows.discard_draft(connection, jurisdiction_id, service_code)
        told: list[dict[str, object]] = [{"service_code": service_code}]
        await rows.note(connection, jurisdiction_id, "discarded", told, deed)


async def draft(open_: db.Opening, jurisdiction_id: str, service_code: str) -> Draft:
    """The draft of a service.

    Raises:
        NotFound: there is none.
    """
    async with open_(jurisdiction_id) as connection:
        found = await rows.draft(connection, jurisdiction_id, service_code)
    if found is None:
        raise NotFound(f"service_code: there is no draft of {service_code!r}.")
    return found


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
        consent: publish although clients of the version before it will fail.
        replaces: the hash of the draft that is meant; None: whatever is there.

    Raises:
        NotFound: there is no draft.
        Changed: it is another one.
        Conflict: clients would fail and nobody consented.
        Invalid: it names a department that is not there, or the time is past.
    """
    begins = published_from or deed.at
    if begins < deed.at:
        raise Invalid("published_from: it is in the past.")
    async with open_(jurisdiction_id) as connection:
        await rows.lock(connection, jurisdiction_id)
        await _expect(connection, jurisdiction_id, service_code, replaces)
        found = await rows.draft(connection, jurisdiction_id, service_code)
        if found is None:
            raise NotFound(f"service_code: there is no draft of {service_code!r}.")
        await _known_department(connection, jurisdiction_id, found.service)
        before = await _before(connection, jurisdiction_id, service_code)
        steps = compatibility.compare(before, found.service) if before else ()
        _consented({service_code: steps}, consent=consent)
        numbers = await rows.publish(connection, jurisdiction_id, [found.service], deed, begins)
        await rows.discard_draft(connection, jurisdiction_id, service_code)
        await cities.announce(connection, jurisdiction_id, moved=_second(deed.at))
    return Published(service_code, numbers[service_code], begins, tuple(steps))


async def retire(
    open_: db.Opening,
    jurisdiction_id: str,
    service_code: str,
    deed: Deed,
    retired_from: datetime | None = None,
) -> int:
    """Offer a service no more, from an instant on; the version that is retired.

    Raises:
        NotFound: it is not offered.
        Invalid: the time is past.
    """
    ends = retired_from or deed.at
    if ends < deed.at:
        raise Invalid("retired_from: it is in the past.")
    async with open_(jurisdiction_id) as connection:
        await rows.lock(connection, jurisdiction_id)
        found = (await rows.in_force(connection, jurisdiction_id)).get(service_code)
        if found is None or found.retired:
            raise NotFound(f"service_code: there is no service {service_code!r} on offer.")
        gone = [(service_code, found.version)]
        await rows.retire(connection, jurisdiction_id, gone, deed, ends)
        await cities.announce(connection, jurisdiction_id, moved=_second(deed.at))
    return found.version


async def make_equal(
    transaction: db.Connection,
    jurisdiction_id: str,
    services: Sequence[CityService],
    deed: Deed,
    *,
    consent: bool,
) -> Change:
    """Make a whole catalogue equal to a list: what differs gets a version, what is gone retires.

    Args:
        transaction: of the city, holding everything else that is loaded with it.
        jurisdiction_id: the city.
        services: sound, with departments that are there.
        deed: who, why, and when: versions begin and end then.
        consent: also where clients of the versions before them will fail.

    Raises:
        Conflict: clients would fail and nobody consented.
    """
    await rows.lock(transaction, jurisdiction_id)
    before = await rows.in_force(transaction, jurisdiction_id)
    wanted = {each.service_code: definitions.canonical(each) for each in services}
    new = [
        each
        for code, each in wanted.items()
        if code not in before or before[code].retired or before[code].service != each
    ]
    gone = [
        (code, each.version)
        for code, each in before.items()
        if code not in wanted and not each.retired
    ]
    steps = {
        each.service_code: compatibility.compare(before[each.service_code].service, each)
        for each in new
        if each.service_code in before and not before[each.service_code].retired
    }
    _consented(steps | {code: compatibility.RETIRED for code, _ in gone}, consent=consent)
    await rows.publish(transaction, jurisdiction_id, new, deed, deed.at)
    await rows.retire(transaction, jurisdiction_id, gone, deed, deed.at)
    codes = [each.service_code for each in new]
    return Change(
        added=tuple(code for code in codes if code not in before),
        changed=tuple(code for code in codes if code in before),
        retired=tuple(code for code, _ in gone),
    )


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


def _sound(service: CityService) -> None:
    found = [f"{place}: {text}." for place, text in soundness.told(service)]
    if found:
        raise Invalid(*found)


async def _expect(
    connection: db.Connection, jurisdiction_id: str, service_code: str, replaces: str | None
) -> None:
    """Make sure that the draft is the one that is meant."""
    if replaces is None:
        return
    found = await rows.draft(connection, jurisdiction_id, service_code)
    if (found.hash if found else "") != replaces:
        raise Changed(f"The draft of {service_code!r} is another one by now; read it again.")


async def _known_department(
    connection: db.Connection, jurisdiction_id: str, service: CityService
) -> None:
    if service.department not in await cities.departments(connection, jurisdiction_id):
        raise Invalid(f"department: there is no department {service.department!r}.")


async def _before(
    connection: db.Connection, jurisdiction_id: str, service_code: str
) -> CityService | None:
    """What answers now, if anything does."""
    found = (await rows.in_force(connection, jurisdiction_id)).get(service_code)
    return found.service if found and not found.retired else None


def _consented(steps: Mapping[str, Sequence[Step]], *, consent: bool) -> None:
    """Refuse what breaks clients, unless somebody said that it may."""
    breaking = [
        f"{code}: {step.place + ': ' if step.place else ''}{step.text}."
        for code, each in steps.items()
        for step in each
        if step.level is Level.BREAKING
    ]
    if breaking and not consent:
        raise Conflict("Clients of what is published now will fail:", *breaking)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
