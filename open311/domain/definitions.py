"""The versions of what a city says of a service: immutable, numbered, each from an instant on."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from open311.domain import languages, soundness
from open311.domain.attributes import compiled
from open311.domain.city import Offer
from open311.domain.folder import CityAttribute, CityService
from open311.spec.documents import Attribute, Datatype, Value

__all__ = ["Deed", "Version", "canonical", "encoded", "hashed", "offer", "shown"]

_ENCODER = msgspec.json.Encoder(order="sorted")


class Deed(msgspec.Struct, frozen=True):
    """A change of a catalogue, as the audit trail tells it: who, when (aware), and why."""

    actor: str
    at: datetime
    reason: str | None = None
    client_id: int | None = None  # where it was done with a key


class Version(msgspec.Struct, frozen=True):
    """One version of a service's definition. Times are aware, UTC."""

    service_code: str
    version: int
    hash: str  # SHA-256 of its content, hexadecimal
    author: str
    reason: str | None
    created_at: datetime
    published_from: datetime
    retired_from: datetime | None


def canonical(service: CityService) -> CityService:
    """The same service as every version says it: questions sorted, each with its order."""
    attributes = [
        replace(each, order=order, minimum=_float(each.minimum), maximum=_float(each.maximum))
        for order, _, each in soundness.in_order(service)
    ]
    return replace(service, schema=None, attributes=attributes)


def _float(bound: float | None) -> float | None:
    """As it is read back: 5 and 5.0 are written differently, and would have two hashes."""
    return None if bound is None else float(bound)


def encoded(service: CityService) -> bytes:
    """A canonical service as JSON: sorted keys, nothing that goes without saying."""
    return _ENCODER.encode(service)


def hashed(service: CityService) -> str:
    """The hash of a canonical service's content: two are equal when their hashes are."""
    return hashlib.sha256(encoded(service)).hexdigest()


def offer(service: CityService, version: int, hash_: str) -> Offer:
    """A canonical, sound service as a worker keeps it: ready to be shown and to check answers."""
    own = Offer(
        service_code=service.service_code,
        version=version,
        hash=hash_,
        type=service.type,
        department=service.department,
        expected_hours=service.expected_hours,
        location=service.location,
        offered_in=service.offered_in,
        reporter=service.reporter,
        media=service.media,
        form=compiled(service.attributes),
        active=True,
        **_texts(service),
    )
    translations = {
        language: replace(own, **_texts(languages.spoken(service, language)))
        for language in service.translations
    }
    return replace(own, translations=translations) if translations else own


def _texts(service: CityService) -> dict[str, Any]:
    """What an offer says to people."""
    return {
        "service_name": service.service_name,
        "description": service.description,
        "keywords": service.keywords,
        "group": service.group,
        "service_notice": service.service_notice,
        "attributes": tuple(map(shown, filter(_is_for_all, service.attributes))),
    }


def _is_for_all(attribute: CityAttribute) -> bool:
    """Whether a client of the plain standard sees a question: not where its answer is known."""
    return attribute.automated is None or attribute.preset is None


def shown(attribute: CityAttribute) -> Attribute:
    """A question as the standard writes it. Source: GR-A-04, GR-A-12.

    Returns:
        A text that is only shown is a `text` that takes no answer; what must be answered under
        conditions only, is not required of those who cannot read the conditions.
    """
    datatype: Datatype = "text" if attribute.datatype == "informational" else attribute.datatype
    return Attribute(
        variable=attribute.variable,
        code=attribute.code,
        datatype=datatype,
        required=attribute.required and attribute.dependencies is None,
        datatype_description=attribute.datatype_description,
        order=attribute.order or 1,
        description=attribute.description,
        values=tuple(Value(each.key, each.name) for each in attribute.values),
    )
