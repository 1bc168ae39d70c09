"""Rows of the city folder: what the city is, and its services, departments and areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from open311.domain.addresses import WITHIN
from open311.domain.city import City, Offer, in_order, translated
from open311.domain.definitions import offer
from open311.domain.folder import AddressRule, Area, Department, Jurisdiction
from open311.domain.translations import DepartmentTexts
from open311.store import addresses, definitions, queries, routed
from open311.store import areas as shapes
from open311.store.changes import Change, counted
from open311.store.db import Connection, Connections, Row

__all__ = [
    "CHANNEL",
    "announce",
    "contacts",
    "departments",
    "directory",
    "jurisdiction",
    "languages",
    "load",
    "read",
    "zone",
]

CHANNEL = "open311_changed"
"""Where a change of a city or of its keys is announced."""

_SQL = queries.load("cities")
_TRANSLATIONS = msgspec.json.Decoder(dict[str, DepartmentTexts])


async def directory(connection: Connection | Connections) -> list[Row]:
    """The row of every jurisdiction, for `read`."""
    rows: list[Row] = await connection.fetch(_SQL["jurisdictions"])
    return rows


async def read(
    transaction: Connection, row: Row, known: City | None = None, at: datetime | None = None
) -> City:
    """A whole city, in a transaction of its jurisdiction.

    Args:
        transaction: of the city.
        row: from `directory`.
        known: as it was read before; what did not change is not read again.
        at: the instant that is meant; aware; None: now.
    """
    (
        jurisdiction_id,
        name,
        timezone,
        contact,
        key_service,
        max_span_days,
        spoken,
        address_within,
        changeset,
    ) = row
    every, acting = await departments(transaction, jurisdiction_id)
    instants = await definitions.instants(transaction, jurisdiction_id)
    if instants and at:
        instants = msgspec.structs.replace(instants, now=at)
    before = known.services if known else {}
    offers = await _offers(transaction, jurisdiction_id, instants.now, before) if instants else []
    registered = await addresses.exist(transaction, jurisdiction_id)
    city = City(
        jurisdiction_id=jurisdiction_id,
        name=name,
        zone=ZoneInfo(timezone),
        contact=contact,
        key_service=key_service,
        max_span_days=max_span_days,
        changeset=max(changeset, (instants and instants.past) or changeset),
        changes_in=instants.seconds if instants else None,
        services=in_order(offers),
        departments={each.code: each.name for each in every},
        languages=tuple(spoken),
        language=spoken[0],
        addresses=(address_within or WITHIN) if registered else None,
    )
    if instants:
        city = await routed.read(transaction, city, acting, instants.now, known)
    return translated(city, every)


async def _offers(
    transaction: Connection, jurisdiction_id: str, now: datetime, known: Mapping[str, Offer]
) -> list[Offer]:
    """Every service as it is now."""
    found = await definitions.in_force(transaction, jurisdiction_id, now)
    kept = {
        code: known[code]
        for code, each in found.items()
        if code in known and known[code].hash == each.hash and known[code].version == each.version
    }
    new = {code: each.version for code, each in found.items() if code not in kept}
    read = await definitions.contents(transaction, jurisdiction_id, new) if new else {}
    for code, service in read.items():
        kept[code] = offer(service, found[code].version, found[code].hash)
    return [
        each if each.active is not found[code].retired else replace(each, active=not each.active)
        for code, each in kept.items()
    ]


async def languages(transaction: Connection, jurisdiction_id: str) -> list[str]:
    """The languages that a city speaks, its own first."""
    rows = await directory(transaction)
    found: list[str] = next(
        row["languages"] for row in rows if row["jurisdiction_id"] == jurisdiction_id
    )
    return found


async def zone(transaction: Connection, jurisdiction_id: str) -> ZoneInfo:
    """The time zone of a city that is there."""
    rows = await directory(transaction)
    return next(
        ZoneInfo(row["timezone"]) for row in rows if row["jurisdiction_id"] == jurisdiction_id
    )


async def departments(
    transaction: Connection, jurisdiction_id: str
) -> tuple[list[Department], frozenset[str]]:
    """Every department of a city, by its public names; and the codes of those that still act."""
    rows = await transaction.fetch(_SQL["departments"], jurisdiction_id)
    every = [
        Department(code=code, name=name, translations=_TRANSLATIONS.decode(text))
        for code, name, text, _ in rows
    ]
    return every, frozenset(row["code"] for row in rows if row["active"])


def jurisdiction(row: Row) -> Jurisdiction:
    """The city itself, of a row of the directory, as its folder says it."""
    told = dict(row.items())
    del told["changeset"]
    within = told.pop("address_within")
    return Jurisdiction(**told, addresses=AddressRule(within=within) if within else None)


async def contacts(
    transaction: Connection, jurisdiction_id: str, named: Sequence[str]
) -> tuple[Department, ...]:
    """A city's departments with all that its folder says of them, by code.

    Args:
        transaction: of the city.
        jurisdiction_id: the city.
        named: codes that are wanted although the department acts no more.
    """
    rows = await transaction.fetch(_SQL["contacts"], jurisdiction_id, named)
    return tuple(
        Department(**{**row, "translations": _TRANSLATIONS.decode(row["translations"])})
        for row in rows
    )


async def load(
    transaction: Connection,
    jurisdiction: Jurisdiction,
    departments: Sequence[Department],
    areas: Sequence[Area],
    now: datetime,
) -> tuple[Change, ...]:
    """Make the rows of a city equal to its folder, services apart; what is equal is not touched.

    Returns:
        What was added, changed and retired, one line a kind.
    """
    own = jurisdiction.jurisdiction_id
    city = await transaction.fetch(
        _SQL["load_jurisdiction"],
        own,
        jurisdiction.name,
        jurisdiction.timezone,
        jurisdiction.contact,
        jurisdiction.key_service,
        jurisdiction.max_span_days,
        jurisdiction.languages,
        jurisdiction.addresses and jurisdiction.addresses.within,
        now,
    )
    new_departments = await transaction.fetch(_SQL["load_departments"], own, _json(departments))
    no_departments = await transaction.fetch(
        _SQL["retire_departments"], own, [each.code for each in departments]
    )
    layers = {*await shapes.layers(transaction, own), *(each.layer for each in areas)}
    return (
        counted("jurisdiction", city, []),
        counted("departments", new_departments, no_departments),
        await shapes.load(transaction, own, areas, sorted(layers)),
    )


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()


async def announce(transaction: Connection, jurisdiction_id: str, moved: datetime | None) -> None:
    """Tell every worker of a change; `moved` also moves the discovery changeset. GR-D-05."""
    if moved:
        await transaction.execute(_SQL["move_changeset"], jurisdiction_id, moved)
    await transaction.execute(_SQL["announce"], jurisdiction_id)
