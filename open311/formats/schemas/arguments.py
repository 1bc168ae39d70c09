"""The arguments of the resources, as the OpenAPI description tells of them."""

from __future__ import annotations

from open311.domain import completing
from open311.domain.statuses import STATES
from open311.formats.schemas.city import Schema
from open311.spec.changes import LONGEST_WAIT
from open311.spec.filters import FILTERS
from open311.spec.search import MOST, SORTS
from open311.spec.submission import LENGTHS

__all__ = [
    "CHANGES",
    "CODE",
    "EXTENSIONS",
    "FORM",
    "LANGUAGE",
    "LOOK_UP",
    "POINT",
    "SEARCH",
    "UPDATE",
    "UPDATES",
    "VERSION",
]

CODE: Schema = {"type": "string", "minLength": 1}
_CODES: Schema = {"type": "array", "items": CODE, "maxItems": MOST}
_DATE: Schema = {"type": "string", "format": "date-time"}
_LAT: Schema = {"type": "number", "minimum": -90, "maximum": 90}
_LONG: Schema = {"type": "number", "minimum": -180, "maximum": 180}
_STATUS: Schema = {"type": "array", "items": {"enum": ["open", "closed"]}}

_KINDS: dict[str, Schema] = {
    "group": _CODES,
    "updated_after": _DATE,
    "updated_before": _DATE,
    "department": _CODES,
    "has_media": {"enum": ["true", "false"]},
    "bbox": {"type": "string", "pattern": r"^-?[0-9.]+(,-?[0-9.]+){3}$"},
    "radius": {"type": "number", "exclusiveMinimum": 0, "maximum": 50_000},
    "lat": _LAT,
    "long": _LONG,
    "q": {"type": "string", "maxLength": 200},
}
"""Of the filters those that are no codes."""

SEARCH: dict[str, tuple[Schema, str]] = {
    "service_request_id": (_CODES, "Overrides every other argument. GR-Q-06"),
    "service_code": (_CODES, "Only these services. GR-Q-01"),
    "start_date": (_DATE, "Earliest requested_datetime; by default 90 days back. GR-Q-03"),
    "end_date": (_DATE, "Latest requested_datetime; by default now, at most 90 days on. GR-Q-04"),
    "status": (_STATUS, "By default both. GR-Q-15"),
    **{
        name: (_KINDS.get(name, CODE), f"Only {each.meaning}. GR-X 10.2 to 10.4")
        for name, each in FILTERS.items()
        if name not in ("service_code", "status")
    },
    "area": (_CODES, "Only in these areas, as layer:code; of each layer named."),
    "sort": ({"enum": [*SORTS]}, "The order; a minus is newest first."),
    "cursor": (CODE, "Where a Link says that the list goes on."),
    "page": ({"type": "integer", "minimum": 0}, "From 1; 0 is 1 too. GR-X 10.1"),
    "page_size": ({"type": "integer", "minimum": 1}, f"{MOST} by default and at most. GR-X 10.1"),
}
"""The arguments of GET requests."""

EXTENSIONS: dict[str, tuple[Schema, str]] = {
    "extensions": ({"enum": ["true", "false"]}, "true: what this server knows more. GR-X 10.5"),
}
LANGUAGE: tuple[Schema, str] = (
    {"type": "string", "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,7}$"},
    "A language as fr or fr_CA; beats Accept-Language. GR-X 10.14",
)
POINT: dict[str, tuple[Schema, str]] = {
    "lat": (_LAT, "With long: only what is offered there."),
    "long": (_LONG, "With lat: only what is offered there."),
}
VERSION: dict[str, tuple[Schema, str]] = {
    "version": ({"type": "integer", "minimum": 1}, "An older one, with its rules. GR-X 10.5"),
}
UPDATES: dict[str, tuple[Schema, str]] = {
    "start_date": (_DATE, "Earliest updated_datetime; by default a day back. GR-X 10.8"),
    "end_date": (_DATE, "Latest updated_datetime. GR-X 10.8"),
    "service_request_id": (_CODES, "Only of these requests, and from their beginning on."),
    "page_size": SEARCH["page_size"],
    "cursor": (CODE, "Where a Link says that the list goes on."),
}
LOOK_UP: dict[str, tuple[Schema, str]] = {
    "q": ({"type": "string", "maxLength": completing.MOST}, "It, as far as it is typed; required."),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 50}, "How many; by default 10."),
}
CHANGES: dict[str, tuple[Schema, str]] = {
    "after": (
        {"type": "string", "pattern": "^([0-9]{1,18}-[0-9]{1,18}|now)$"},
        "A cursor that the feed gave: what comes after it; now: nothing yet. By default all.",
    ),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 1000}, "How many; by default 100."),
    "wait": (
        {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT},
        "Seconds that the answer may be held back for, until there is something to tell.",
    ),
}
"""The arguments of GET changes."""

FORM: dict[str, Schema] = {
    "api_key": CODE,
    "jurisdiction_id": CODE,
    "locale": LANGUAGE[0],
    "service_code": CODE,
    "lat": _LAT,
    "long": _LONG,
    **{name: {"type": "string", "maxLength": most} for name, most in LENGTHS.items()},
    "attribute": {
        "type": "object",
        "description": "attribute[CODE]=value, repeated for a multivaluelist. GR-P-09",
        "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}},
    },
}
"""The arguments of POST requests."""

UPDATE: dict[str, Schema] = {
    **{name: FORM[name] for name in ("api_key", "jurisdiction_id", "description", "media_url")},
    "service_request_id": CODE,
    "update_id": CODE,
    "status": {"enum": [*STATES, *map(str.upper, STATES)]},
    "updated_datetime": _DATE,
}
"""The arguments of POST servicerequestupdates."""
