"""What residents may ask for."""

from __future__ import annotations

from open311.domain import extended, languages, layers
from open311.domain.city import City, Offer
from open311.errors import Invalid, NotFound
from open311.spec import extensions, submission
from open311.spec.documents import Definition, Service, ServiceDefinition, Services
from open311.spec.extensions import ExtendedServiceDefinition
from open311.store import db
from open311.store.versions import Versions

__all__ = ["define", "definition", "extend", "list_services", "listed", "version_asked"]

_ANY = ("service_code", "any")  # a point is read as that of a report is
_LAST = 2**31 - 1  # that PostgreSQL could number a version with


def list_services(city: City, pairs: submission.Pairs = ()) -> Services:
    """Every service on offer, by group and name. Source: GR-S-02.

    Args:
        city: the jurisdiction.
        pairs: with `lat` and `long`, only what is offered there: nothing, outside of the city.

    Raises:
        Invalid: there is one of the two, or one that is none.
    """
    offers = [offer for offer in city.services.values() if offer.active]
    sent = [pair for pair in pairs if pair[0] in ("lat", "long")]
    point, problems = submission.read([_ANY, *sent], "optional")
    if problems:
        raise Invalid(*problems)
    if city.map and point.lat is not None and point.long is not None:
        located = city.map.locate(point.long, point.lat)
        areas = located.areas if located else {}
        offers = [each for each in offers if located and layers.holds(each.offered_in, areas)]
    return Services(tuple(map(listed, offers)))


def listed(offer: Offer) -> Service:
    """A service as the list shows it. Source: GR-S-03."""
    return Service(
        service_code=offer.service_code,
        service_name=offer.service_name,
        description=offer.description,
        metadata=bool(offer.attributes),  # GR-S-10
        type=offer.type,
        keywords=offer.keywords or None,
        group=offer.group,
    )


def define(city: City, service_code: str) -> ServiceDefinition:
    """The questions of one service, by their order. Source: GR-A-02, GR-A-13.

    Raises:
        NotFound: no such service on offer.
    """
    return ServiceDefinition(definition(_known(city.offered(service_code), service_code)))


def definition(offer: Offer) -> Definition:
    """The questions of a service as the standard shows them."""
    return Definition(offer.service_code, offer.attributes)


def version_asked(pairs: submission.Pairs) -> int | None:
    """Which version the arguments ask for: 0 is the one that answers now, None a plain answer.

    Raises:
        Invalid: `version` is no number.
    """
    text = submission.argument(pairs, "version")
    if text is None:
        return 0 if extensions.asked(pairs) else None
    digits = text.lstrip("0")[:20]  # of more, there is no such version either
    if not (digits and text.isascii() and text.isdigit()):
        raise Invalid(f"version: {text[:40]!r} is not a whole number from 1.")
    return int(digits)


async def extend(
    reads: db.Connections, city: City, service_code: str, version: int, versions: Versions
) -> ExtendedServiceDefinition:
    """One version of what a service asks, with all of its rules. Source: GR-X 10.5.

    Args:
        reads: connections that see definitions.
        city: the jurisdiction.
        service_code: of the service; one that is offered no more still has its versions.
        version: from 1; 0 is the one that answers now.
        versions: of this worker.

    Raises:
        NotFound: no such service on offer, or no such version that answers, or did.
    """
    if version:
        offer = _known(city.services.get(service_code), service_code)
    else:
        offer = _known(city.offered(service_code), service_code)
    number = version or offer.version
    found = None
    if number <= _LAST:
        name = offer.service_code, number
        found = (await versions.read(reads, city.jurisdiction_id, [name])).get(name)
    if found is None:
        raise NotFound(f"version: {service_code!r} has no version {number}.")
    told = languages.spoken(found, city.language)
    return ExtendedServiceDefinition(extended.definition(told, number))


def _known(offer: Offer | None, service_code: str) -> Offer:
    if offer is None:
        raise NotFound(f"service_code: there is no service {service_code!r}.")
    return offer
