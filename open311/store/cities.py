"""Rows of the city folder: what the city is, and its services, departments and areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from open311.domain.city import City, Offer
from open311.domain.folder import Area, CityService, Department, Jurisdiction
from open311.spec.documents import Attribute, Value
from open311.store import queries
from open311.store.db import Connection, Connections, Row

__all__ = ["CHANNEL", "Change", "announce", "directory", "load", "read"]

CHANNEL = "open311_changed"
"""Where a change of a city or of its keys is announced."""

_SQL = queries.load("cities")
_ATTRIBUTES = msgspec.json.Decoder(tuple[Attribute, ...])


class Change(msgspec.Struct, frozen=True):
    """What loading did to one kind of thing."""

    kind: str
    added: int
    changed: int
    retired: int


async def directory(connection: Connection | Connections) -> list[Row]:
    """The row of every jurisdiction, for `read`."""
    rows: list[Row] = await connection.fetch(_SQL["jurisdictions"])
    return rows


async def read(transaction: Connection, row: Row) -> City:
    """A whole city, in a transaction of its jurisdiction."""
    jurisdiction_id, name, timezone, contact, key_service, max_span_days, changeset = row
    departments = await transaction.fetch(_SQL["departments"], jurisdiction_id)
    services = await transaction.fetch(_SQL["services"], jurisdiction_id)
    return City(
        jurisdiction_id=jurisdiction_id,
        name=name,
        zone=ZoneInfo(timezone),
        contact=contact,
        key_service=key_service,
        max_span_days=max_span_days,
        changeset=changeset,
        services={each["service_code"]: _offer(each) for each in services},
        departments={row["code"]: row["name"] for row in departments},
    )


def _offer(row: Row) -> Offer:
    return Offer(**{**row, "attributes": _ATTRIBUTES.decode(row["attributes"])})


async def load(
    transaction: Connection,
    jurisdiction: Jurisdiction,
    departments: Sequence[Department],
    services: Sequence[CityService],
    areas: Sequence[Area],
    now: datetime,
) -> tuple[Change, ...]:
    """Make the rows of a city equal to its folder; what is equal already is not touched.

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
        now,
    )
    new_departments = await transaction.fetch(_SQL["load_departments"], own, _json(departments))
    new_services = await transaction.fetch(
        _SQL["load_services"], own, _json([_row(each) for each in services])
    )
    layers, codes = [a.layer for a in areas], [a.code for a in areas]
    names, geometries = [a.name for a in areas], [a.geometry.decode() for a in areas]
    new_areas = await transaction.fetch(_SQL["load_areas"], own, layers, codes, names, geometries)
    no_services = await transaction.fetch(
        _SQL["retire_services"], own, [each.service_code for each in services]
    )
    no_departments = await transaction.fetch(
        _SQL["retire_departments"], own, [each.code for each in departments]
    )
    no_areas = await transaction.fetch(_SQL["remove_areas"], own, layers, codes)
    return (
        _change("jurisdiction", city, []),
        _change("departments", new_departments, no_departments),
        _change("services", new_services, no_services),
        _change("areas", new_areas, no_areas),
    )


def _change(kind: str, written: list[Row], retired: list[Row]) -> Change:
    added = sum(each["added"] for each in written)
    return Change(kind, added, len(written) - added, len(retired))


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()


def _row(service: CityService) -> dict[str, object]:
    """A service as its row, its attributes as the standard writes them, in order."""
    attributes = [
        Attribute(
            variable=each.variable,
            code=each.code,
            datatype=each.datatype,
            required=each.required,
            datatype_description=each.datatype_description,
            order=each.order or place,
            description=each.description,
            values=tuple(Value(value.key, value.name) for value in each.values),
        )
        for place, each in enumerate(service.attributes, start=1)
    ]
    attributes.sort(key=lambda each: each.order)
    return msgspec.structs.asdict(service) | {"attributes": attributes}


async def announce(transaction: Connection, jurisdiction_id: str, moved: datetime | None) -> None:
    """Tell every worker of a change; `moved` also moves the discovery changeset. GR-D-05."""
    if moved:
        await transaction.execute(_SQL["move_changeset"], jurisdiction_id, moved)
    await transaction.execute(_SQL["announce"], jurisdiction_id)
