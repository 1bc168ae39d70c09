"""A city as others may have it: its folder out of the database, and its GeoReport documents.

And the way in: a catalogue that was read somewhere becomes drafts of a city's services.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from open311.actions import catalogue, services
from open311.actions.cities import known
from open311.domain import definitions
from open311.domain.city import City, in_order
from open311.domain.datatypes import NEVER
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder, CityService
from open311.errors import Invalid
from open311.formats import FORMATS, folder, folder_files
from open311.formats.catalogue import updates
from open311.formats.catalogue.reading import Catalogue
from open311.formats.catalogue.updates import Update, Wishes
from open311.formats.folder_rules import Found
from open311.store import areas as shapes
from open311.store import cities, db, routings
from open311.store import definitions as rows

__all__ = ["documents", "drafted", "folder_of"]


async def folder_of(connection: db.Connection, jurisdiction_id: str) -> CityFolder:
    """A city as the folder that would make it: what it offers now, drafts and old versions apart.

    Raises:
        NotFound: no such city.
    """
    row = await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        instants = await rows.instants(connection, jurisdiction_id)
        now = instants.now if instants else NEVER
        offered = await rows.offered(connection, jurisdiction_id, now)
        rules = await routings.latest(connection, jurisdiction_id, now)
        named = [each.department for each in offered]
        return CityFolder(
            jurisdiction=cities.jurisdiction(row),
            departments=await cities.contacts(connection, jurisdiction_id, named),
            services=tuple(offered),
            areas=tuple(await shapes.every(connection, jurisdiction_id)),
            routing=rules.file,
        )


def documents(city: CityFolder, extension: str) -> dict[str, bytes]:
    """A folder as the server would answer it in plain GeoReport: the list, and every definition.

    Args:
        city: read and checked, or out of the database.
        extension: of `FORMATS`.

    Returns:
        Files by path: `services.json`, `services/CODE.json`.
    """
    offers = [definitions.offer(definitions.canonical(each), 1, "") for each in city.services]
    of = city.jurisdiction
    answering = City(
        jurisdiction_id=of.jurisdiction_id,
        name=of.name,
        zone=ZoneInfo(of.timezone),
        contact=of.contact,
        key_service=of.key_service,
        max_span_days=of.max_span_days,
        changeset=NEVER,
        changes_in=None,
        services=in_order(offers),
        departments={each.code: each.name for each in city.departments},
    )
    encode = FORMATS[extension].encode
    return {f"services.{extension}": encode(services.list_services(answering))} | {
        f"services/{folder_files.file_name(code)}.{extension}": encode(
            services.define(answering, code)
        )
        for code in answering.services
    }


async def drafted(
    connection: db.Connection,
    jurisdiction_id: str,
    found: Catalogue,
    wishes: Wishes,
    deed: Deed,
    *,
    partial: bool = False,
) -> tuple[Update, list[str]]:
    """Save what a catalogue says of services as drafts, where that differs from what answers now.

    Args:
        connection: one that may write the catalogue of a city.
        jurisdiction_id: the city.
        found: was read.
        wishes: what it does not tell; the department must be one of the city's.
        deed: who, when and why.
        partial: leave out the services that have faults.

    Returns:
        What was read of it, and the codes of the services that have a new draft.

    Raises:
        NotFound: no such city.
        Invalid: with every fault, by file and place.
    """
    city = await folder_of(connection, jurisdiction_id)
    before = {each.service_code: definitions.canonical(each) for each in city.services}
    update, told = updates.updated(found, _as_files(city), wishes, partial=partial)
    problems = [*folder.sentences(told), *_strangers(city, update)]
    if problems:
        raise Invalid(*problems)
    services_ = [
        msgspec.convert(value, CityService)
        for name, value in update.files.items()
        if name.startswith("services/")
    ]
    new = [
        each for each in services_ if before.get(each.service_code) != definitions.canonical(each)
    ]
    for each in new:
        opening = functools.partial(db.owning, connection)
        await catalogue.save(opening, jurisdiction_id, each, deed, replaces=None)
    return update, [each.service_code for each in new]


def _as_files(city: CityFolder) -> list[Found]:
    """A city as if its folder had been read, without rules, and areas that no service names."""
    kinds = {"jurisdiction.json": "jurisdiction", "departments.json": "departments"}
    areas = city.areas if any(each.offered_in for each in city.services) else ()
    values = folder_files.files(msgspec.structs.replace(city, areas=areas, routing=None))
    return [
        Found(name, "areas" if name.startswith("areas/") else kinds.get(name, "service"), value)
        for name, value in values.items()
    ]


def _strangers(city: CityFolder, update: Update) -> Iterator[str]:
    """Departments that the city does not have yet, which no draft can bring."""
    known_ = {each.code for each in city.departments}
    for each in update.files.get("departments.json", {}).get("departments", ()):
        if each["code"] not in known_:
            yield f"{each['code']!r} is no department of the city yet; load it first."
