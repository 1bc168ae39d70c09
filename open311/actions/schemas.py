"""What a report of a service must be, for programs that make forms."""

from __future__ import annotations

from urllib.parse import quote

from open311.domain import languages
from open311.domain.city import City
from open311.errors import NotFound
from open311.formats.schemas.body import body_schema
from open311.formats.schemas.city import Schema
from open311.store import db, definitions

__all__ = ["of_reports"]


async def of_reports(
    reads: db.Connections, city: City, service_code: str, services: str, *, alone: bool
) -> Schema:
    """The JSON Schema of the reports of a service, as its definition in force asks for them.

    The definition is read from the database: a worker keeps only what it needs to answer and to
    check, and of this the rendered page.

    Args:
        reads: connections that see definitions.
        city: the jurisdiction.
        service_code: of the service.
        services: the URL below which services stand.
        alone: there is no other city on this server.

    Raises:
        NotFound: no such service on offer.
    """
    offer, own = city.offered(service_code), city.jurisdiction_id
    found = offer and await definitions.content(reads, own, service_code, offer.version)
    if not found:
        raise NotFound(f"service_code: there is no service {service_code!r}.")
    address = f"{services}/{quote(service_code)}.schema.json?jurisdiction_id={own}"
    if len(city.languages) > 1:
        address += f"&locale={city.language}"
    told = languages.spoken(found, city.language)
    return body_schema(told, address=address, jurisdiction_id=own, alone=alone)
