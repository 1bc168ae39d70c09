"""A document as JSON: the root is dropped, the payload encoded. Source: GR-F-20."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from open311.spec.changes import Change, Changes
from open311.spec.documents import (
    TINY,
    Document,
    ServiceRequest,
    ServiceRequests,
    ShownRequests,
    digits,
)
from open311.spec.extensions import AnsweredRequests

MEDIA_TYPE = "application/json"

_ENCODER = msgspec.json.Encoder()


def encode(document: Document) -> bytes:
    """The bytes of a document.

    Args:
        document: any answer; its one field is the payload.

    Returns:
        UTF-8 without BOM: an array, or an object for discovery and service definition. Every
        documented key is there, `null` when unknown. No number is in exponent form (GR-Q-31).
    """
    if isinstance(document, Changes):
        return b"[" + b",".join(map(change, document.changes)) + b"]"
    if isinstance(document, ShownRequests):
        return b"[" + b",".join(document.parts("json", _each)) + b"]"
    payload = getattr(document, document.__struct_fields__[0])
    if isinstance(document, ServiceRequests | AnsweredRequests):
        payload = _spelled(payload)
    return _ENCODER.encode(payload)


def _each(requests: list[ServiceRequest]) -> list[bytes]:
    return [_ENCODER.encode(each) for each in _spelled(requests)]


def change(each: Change) -> bytes:
    """The bytes of one change; a line of its own, where they are told line by line."""
    if each.request and _any_tiny([each.request]):
        spelled = _without_exponents(each.request)
        return _ENCODER.encode(msgspec.structs.replace(each, request=spelled))
    return _ENCODER.encode(each)


def _spelled(requests: Sequence[ServiceRequest]) -> Sequence[ServiceRequest]:
    return [_without_exponents(each) for each in requests] if _any_tiny(requests) else requests


def _any_tiny(requests: Sequence[ServiceRequest]) -> bool:
    """Whether a coordinate may be written in exponent form. Looking into the bytes costs more."""
    for each in requests:
        if -TINY < (each.lat or 1.0) < TINY or -TINY < (each.long or 1.0) < TINY:
            return True
    return False


def _without_exponents(request: ServiceRequest) -> ServiceRequest:
    """The same request with tiny coordinates spelled out; only for encoding."""
    spelled: dict[str, object] = {
        name: msgspec.Raw(digits(value).encode())
        for name in ("lat", "long")
        if (value := getattr(request, name)) and abs(value) < TINY
    }
    return msgspec.structs.replace(request, **spelled) if spelled else request
