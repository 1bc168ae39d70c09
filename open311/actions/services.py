"""What residents may ask for."""

from __future__ import annotations

from open311.domain.city import City
from open311.errors import NotFound
from open311.spec.documents import Definition, Service, ServiceDefinition, Services

__all__ = ["define", "list_services"]


def list_services(city: City) -> Services:
    """Every service on offer, by group and name. Source: GR-S-02."""
    return Services(
        tuple(
            Service(
                service_code=offer.service_code,
                service_name=offer.service_name,
                description=offer.description,
                metadata=bool(offer.attributes),  # GR-S-10
                type=offer.type,
                keywords=offer.keywords or None,
                group=offer.group,
            )
            for offer in city.services.values()
            if offer.active
        )
    )


def define(city: City, service_code: str) -> ServiceDefinition:
    """The questions of one service, by their order. Source: GR-A-02, GR-A-13.

    Raises:
        NotFound: no such service on offer.
    """
    offer = city.offered(service_code)
    if offer is None:
        raise NotFound(f"service_code: there is no service {service_code!r}.")
    return ServiceDefinition(Definition(offer.service_code, offer.attributes))
