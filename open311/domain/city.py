"""A city as the server keeps it in memory: read whole, never changed, swapped for a newer one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from open311.domain.attributes import Form
from open311.domain.folder import MediaRule, ReporterRule
from open311.domain.scopes import Scope
from open311.spec.documents import Attribute, ServiceType
from open311.spec.submission import Location

__all__ = ["City", "Client", "Offer"]


class Offer(msgspec.Struct, frozen=True):
    """A service of the city, with what the server must know and the standard does not show."""

    service_code: str
    version: int  # of its definition
    hash: str  # of what that says
    service_name: str
    description: str
    keywords: str
    group: str
    type: ServiceType
    department: str  # code
    service_notice: str | None
    expected_hours: int | None  # wall-clock hours until fulfilled, as a rule
    location: Location
    reporter: ReporterRule | None
    media: MediaRule | None
    attributes: tuple[Attribute, ...]  # by their order, as the standard shows them
    form: Form  # the same, as they are checked
    active: bool  # False: no longer offered, but old requests still name it


class City(msgspec.Struct, frozen=True):
    """One jurisdiction."""

    jurisdiction_id: str
    name: str
    zone: ZoneInfo
    contact: str
    key_service: str
    max_span_days: int
    changeset: datetime
    changes_in: float | None  # seconds, as it was read, until a version begins or ends by itself
    services: Mapping[str, Offer]  # by service_code, retired ones too
    departments: Mapping[str, str]  # code to public name

    def offered(self, service_code: str) -> Offer | None:
        """The service of that code, if residents may ask for it."""
        offer = self.services.get(service_code)
        return offer if offer and offer.active else None


class Client(msgspec.Struct, frozen=True):
    """The holder of an api_key, and what it may do."""

    client_id: int
    jurisdiction_id: str
    name: str
    rate_limit: int | None  # requests a minute; None: no limit
    scopes: frozenset[Scope]  # with those that they hold
