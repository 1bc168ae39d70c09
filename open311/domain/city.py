"""A city as the server keeps it in memory: read whole, never changed, swapped for a newer one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from open311.domain import languages
from open311.domain.attributes import Form
from open311.domain.folder import Department, MediaRule, ReporterRule
from open311.domain.layers import Layers
from open311.domain.map import Map
from open311.domain.routing import Routing
from open311.domain.rules import Channel
from open311.domain.scopes import Scope
from open311.spec.documents import Attribute, ServiceType
from open311.spec.submission import Location

__all__ = ["City", "Client", "Offer", "in_order", "translated"]

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


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
    offered_in: Layers | None  # None: everywhere
    reporter: ReporterRule | None
    media: MediaRule | None
    attributes: tuple[Attribute, ...]  # by their order, as the standard shows them
    form: Form  # the same, as they are checked
    active: bool  # False: no longer offered, but old requests still name it
    translations: Mapping[str, Offer] = _NOTHING  # by language


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
    languages: tuple[str, ...] = ("en",)  # that it speaks, its own first
    language: str = "en"  # in which it is told here
    notices: Mapping[tuple[str, str], str] = _NOTHING  # by service_code and as they are kept
    others: Mapping[str, City] = _NOTHING  # the same city in its further languages
    routing: Routing | None = None  # who acts; None: the own department of each service
    map: Map | None = None  # of today; None: it has neither areas nor rules
    mapped: tuple[object, ...] = ()  # which state of the areas it is of
    addresses: float | None = None  # metres from a point to its address; None: no register

    def offered(self, service_code: str) -> Offer | None:
        """The service of that code, if residents may ask for it."""
        offer = self.services.get(service_code)
        return offer if offer and offer.active else None

    def notice(self, service_code: str, kept: str | None) -> str | None:
        """A notice, which is kept in the city's own language, in this one where that is known."""
        return self.notices.get((service_code, kept), kept) if kept and self.notices else kept

    def told(self, languages: Iterable[str]) -> City:
        """The city in the first of some languages that it speaks; in its own where it speaks none.

        Source: GR-X 10.14.
        """
        for each in languages:
            if each == self.language:
                break
            if each in self.others:
                return self.others[each]
        return self


def in_order(offers: Iterable[Offer]) -> dict[str, Offer]:
    """Services by code, as they are listed: by group and name, accents apart."""
    return {each.service_code: each for each in sorted(offers, key=_place)}


def _place(offer: Offer) -> tuple[str, ...]:
    return _letters(offer.group), _letters(offer.service_name), offer.service_code


def _letters(text: str) -> str:
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in apart if not unicodedata.combining(each))
    return text.casefold()


def translated(city: City, departments: Sequence[Department]) -> City:
    """A city that speaks all of its languages.

    Args:
        city: in its own.
        departments: all that requests may name.
    """
    others = {
        language: _in(city, language, languages.names(departments, language))
        for language in city.languages[1:]
    }
    return replace(city, others=MappingProxyType(others))


def _in(city: City, language: str, departments: Mapping[str, str]) -> City:
    offers = [_offer_in(each, language) for each in city.services.values()]
    notices = {
        (own.service_code, own.service_notice): each.service_notice
        for own, each in zip(city.services.values(), offers, strict=True)
        if own.service_notice and each.service_notice
    }
    return replace(
        city,
        services=MappingProxyType(in_order(offers)),
        departments=departments,
        language=language,
        notices=notices,
    )


def _offer_in(own: Offer, language: str) -> Offer:
    found = own.translations.get(language, own)
    return found if found.active is own.active else replace(found, active=own.active)


class Client(msgspec.Struct, frozen=True):
    """The holder of an api_key, and what it may do."""

    client_id: int
    jurisdiction_id: str
    name: str
    rate_limit: int | None  # requests a minute; None: no limit
    scopes: frozenset[Scope]  # with those that they hold
    channel: Channel | None = None  # by which reports come with it
