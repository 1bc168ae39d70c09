"""Bodies held against the schemas that the server promises to keep."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.conformance import promises
from tests.conformance.wire import Answer

__all__ = ["sound", "valid"]

ROOTS = {
    "submitted_requests": "service_requests",
    "redeemed_tokens": "service_requests",
    "answered_requests": "service_requests",
    "extended_service_definition": "service_definition",
    "route_answer": "route",
    "request_updates": "service_request_updates",
    "recorded_updates": "service_request_updates",
}
"""XML roots that are not named like their document."""

KINDS = {"xml": "text/xml", "json": "application/json"}


def valid(document_name: str, fmt: str, body: bytes) -> Any:
    """Fail where a body is not the document it should be.

    Args:
        document_name: as of its schema: services, service_definition, submitted_requests,
            redeemed_tokens, service_requests, discovery, errors, or one of the extensions.
        fmt: xml or json.
        body: as it went over the wire, without compression.

    Returns:
        The payload in one neutral shape for both formats, as `Answer.plain`.
    """
    answer = Answer("", document_name, 0, (("content-type", KINDS[fmt]),), body)
    if fmt == "json":
        faults = [f"{e.json_path}: {e.message[:200]}" for e in _schema(document_name)(answer.json)]
        assert not faults, f"{document_name}.schema.json: {faults[:3]} {body[:500]!r}"
    else:
        grammar = promises._relax_ng()
        assert grammar.validate(answer.xml), f"{grammar.error_log.last_error} {body[:500]!r}"
        assert answer.xml.tag == ROOTS.get(document_name, document_name)
        etree.fromstring(body)  # as most readers do it
    return answer.plain


def sound(answer: Answer, document_name: str) -> Any:
    """The payload of an answer that must be that document, or errors where it failed."""
    assert answer.format, f"neither XML nor JSON: {answer!r}"
    plain = valid(document_name if answer.ok else "errors", answer.format, answer.body)
    if not answer.ok:
        assert {each["code"] for each in plain} == {str(answer.status)}, answer
    return plain


def _schema(document_name: str) -> Any:
    schema = promises._json_schema(document_name)
    assert schema is not None, f"there is no schema of {document_name}"
    return schema.iter_errors
