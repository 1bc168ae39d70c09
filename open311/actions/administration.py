"""What an editor looks at beside the catalogue itself: how all stands, what was, what would be.

Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from open311.actions import catalogue, requests, services
from open311.domain import definitions, extended, languages
from open311.domain.city import City, Client
from open311.domain.definitions import Version
from open311.domain.folder import CityService
from open311.errors import Invalid, NotFound
from open311.spec.documents import Definition, Service
from open311.spec.extensions import ExtendedDefinition
from open311.spec.submission import Pairs
from open311.store import audit, db, standings
from open311.store import definitions as rows
from open311.store.audit import Entry
from open311.store.standings import Standing

__all__ = [
    "Page",
    "Preview",
    "Trial",
    "answering",
    "overview",
    "preview",
    "trail",
    "tried",
    "version",
]


class Page(msgspec.Struct, frozen=True):
    """Lines of the audit trail, oldest first, and what to ask for after them; None: no more yet."""

    entries: list[Entry]
    after: int | None


class Preview(msgspec.Struct, frozen=True):
    """How a draft would answer: in the list, as the standard's definition, and as the extension."""

    service: Service
    definition: Definition
    extended: ExtendedDefinition


class Trial(msgspec.Struct, frozen=True):
    """What would become of a report: every fault, or the answers as they would be stored."""

    accepted: bool
    problems: tuple[str, ...] = ()
    answers: Mapping[str, Any] = {}


async def overview(open_: db.Opening, jurisdiction_id: str) -> list[Standing]:
    """How every service stands, by its code."""
    async with open_(jurisdiction_id) as connection:
        return await standings.overview(connection, jurisdiction_id)


async def answering(open_: db.Opening, jurisdiction_id: str, service_code: str) -> int:
    """The number of the version of a service that answers now, or did last.

    Raises:
        NotFound: none has begun.
    """
    for each in await overview(open_, jurisdiction_id):
        if each.service_code == service_code and each.version is not None:
            return each.version
    raise NotFound(f"service_code: there is no service {service_code!r}.")


async def trail(open_: db.Opening, jurisdiction_id: str, after: int, limit: int) -> Page:
    """A page of the audit trail.

    Args:
        open_: a transaction that may read the catalogue.
        jurisdiction_id: the city.
        after: the entry before the page; 0: from the beginning.
        limit: entries of a page.
    """
    async with open_(jurisdiction_id) as connection:
        found = await audit.trail(connection, jurisdiction_id, after, limit + 1)
    shown = found[:limit]
    return Page(shown, shown[-1].entry if len(found) > limit else None)


async def version(
    open_: db.Opening, jurisdiction_id: str, service_code: str, number: int
) -> tuple[Version, CityService]:
    """One version: what is known of it, and what it says.

    Raises:
        NotFound: there is none of that number.
    """
    told = {
        each.version: each
        for each in await catalogue.versions(open_, jurisdiction_id, service_code)
    }
    if number not in told:
        raise NotFound(f"version: {service_code!r} has no version {number}.")
    return told[number], await catalogue.version(open_, jurisdiction_id, service_code, number)


async def preview(
    open_: db.Opening, jurisdiction_id: str, draft: CityService, language: str
) -> Preview:
    """How a draft would answer in a language, if it were the next version."""
    async with open_(jurisdiction_id) as connection:
        before = await rows.versions(connection, jurisdiction_id, draft.service_code)
    number = 1 + max((each.version for each in before), default=0)
    told = languages.spoken(draft, language)
    offer = definitions.offer(told, number, "")
    return Preview(
        service=services.listed(offer),
        definition=services.definition(offer),
        extended=extended.definition(told, number),
    )


def tried(city: City, draft: CityService, pairs: Pairs, client: Client, now: datetime) -> Trial:
    """What would become of a report if a draft were published; nothing is filed.

    Args:
        city: the jurisdiction.
        draft: canonical and sound.
        pairs: the fields of the report.
        client: who asks.
        now: aware.
    """
    offer = definitions.offer(draft, 1, "")
    sent = (("service_code", draft.service_code), *pairs)
    try:
        accepted = requests.read(city, offer, sent, 0, client, now)
    except Invalid as refusal:
        return Trial(accepted=False, problems=refusal.problems)
    return Trial(accepted=True, answers=accepted.attributes)
