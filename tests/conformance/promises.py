"""Our own schemas, held against every answer, where a `schemas` folder stands at the root.

They promise more than the standard does (every key, always), so a run at the level `binding`
leaves them out.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from tests.conformance.wire import Answer

SCHEMAS = Path(__file__).parents[2] / "schemas"
DOCUMENTS = {
    ("GET", "discovery", 1): "discovery",
    ("GET", "services", 1): "services",
    ("GET", "services", 2): "service_definition",
    ("POST", "requests", 1): "submitted_requests",
    ("GET", "requests", 1): "service_requests",
    ("GET", "requests", 2): "service_requests",
    ("GET", "tokens", 2): "redeemed_tokens",
    ("GET", "servicerequestupdates", 1): "request_updates",
    ("POST", "servicerequestupdates", 1): "recorded_updates",
}
EXTENDED = {
    "service_definition": ("extended_service_definition",),
    "service_requests": ("answered_requests",),
}
"""What these documents may be under `extensions=true`."""

try:
    from jsonschema.validators import validator_for
except ImportError:
    validator_for = None


def check(answer: Answer, path: str) -> None:
    """Fail where an answer breaks the schema of the document that it should be.

    Args:
        answer: to a call below the endpoint.
        path: below the endpoint, with its extension: `services/001.json`.
    """
    document = _document(answer, path)
    if document is None or not answer.body or answer.header("content-encoding"):
        return
    if answer.format == "json":
        extended = EXTENDED.get(document, ()) if "extensions=true" in answer.url else ()
        found = {each: _faults(answer, each) for each in extended or (document,)}
        assert [] in found.values(), f"schemas: {found} {answer!r}"
    if answer.format == "xml" and (grammar := _relax_ng()) is not None:
        valid = grammar.validate(answer.xml)
        assert valid, f"georeport-v2.rng: {grammar.error_log.last_error} {answer!r}"


def state() -> str:
    """What is checked, in a line for the report's head."""
    if not SCHEMAS.exists():
        return "not here, left out"
    names = sorted(each.name for each in SCHEMAS.glob("georeport-v2/*.schema.json"))
    by_json = f"{len(names)} JSON Schemas" if validator_for else "JSON Schemas need jsonschema"
    return f"{by_json}, {'a' if _relax_ng() is not None else 'no'} RELAX NG grammar"


def _document(answer: Answer, path: str) -> str | None:
    if answer.method not in ("GET", "POST"):
        return None
    if answer.status >= 400:
        return "errors"
    parts = path.strip("/").rpartition(".")[0].split("/")
    return DOCUMENTS.get((answer.method, parts[0], len(parts)))


def _faults(answer: Answer, document: str) -> list[str]:
    """The first faults of a JSON answer by a schema; none where that is not here."""
    validator = _json_schema(document)
    faults = validator.iter_errors(answer.json) if validator else ()
    return [f"{e.json_path}: {e.message[:200]}" for e in islice(faults, 3)]


@cache
def _json_schema(document: str) -> Any:
    file = SCHEMAS / "georeport-v2" / f"{document}.schema.json"
    if validator_for is None or not file.exists():
        return None
    schema = json.loads(file.read_text("utf-8"))
    return validator_for(schema)(schema)


@cache
def _relax_ng() -> Any:
    file = next(SCHEMAS.glob("**/georeport-v2.rng"), None)
    return etree.RelaxNG(etree.parse(file)) if file else None
