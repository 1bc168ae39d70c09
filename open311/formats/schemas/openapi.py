"""The OpenAPI 3.1 description of the resources, for readers and for machines that try them.

Source: GR-D, GR-S, GR-A, GR-P, GR-T, GR-Q, GR-R, GR-E, GR-F-02.
"""

from __future__ import annotations

import re
from typing import Any

from open311.domain import completing
from open311.domain.statuses import STATES
from open311.formats import atom, parquet
from open311.formats.bulk import BULKS
from open311.formats.schemas import georeport
from open311.formats.schemas.body import MEDIA_TYPE
from open311.formats.schemas.city import Schema
from open311.spec.changes import LONGEST_WAIT
from open311.spec.extensions import DOCUMENTS
from open311.spec.search import MOST, PAGING
from open311.spec.submission import LENGTHS

__all__ = ["description"]

_ABOUT = (
    "The extension in the path chooses the format. XML is the document that georeport-v2.rng"
    " describes, JSON the same without its root. An argument without a value counts as not sent;"
    " unknown arguments are ignored. A date without an offset is in the city's time zone."
)

_CODE: Schema = {"type": "string", "minLength": 1}
_INSIDE: dict[str, Schema] = {"format": {"enum": ["xml", "json"]}}
_CODES: Schema = {"type": "array", "items": _CODE, "maxItems": MOST}
_DATE: Schema = {"type": "string", "format": "date-time"}
_LAT: Schema = {"type": "number", "minimum": -90, "maximum": 90}
_LONG: Schema = {"type": "number", "minimum": -180, "maximum": 180}
_STATUS: Schema = {"type": "array", "items": {"enum": ["open", "closed"]}}

_SEARCH: dict[str, tuple[Schema, str]] = {
    "service_request_id": (_CODES, "Overrides every other argument. GR-Q-06"),
    "service_code": (_CODES, "Only these services. GR-Q-01"),
    "start_date": (_DATE, "Earliest requested_datetime; by default 90 days back. GR-Q-03"),
    "end_date": (_DATE, "Latest requested_datetime; by default now, at most 90 days on. GR-Q-04"),
    "status": (_STATUS, "By default both. GR-Q-15"),
    "page": ({"type": "integer", "minimum": 0}, "From 1; 0 is 1 too. GR-X 10.1"),
    "page_size": ({"type": "integer", "minimum": 1}, f"{MOST} by default and at most. GR-X 10.1"),
}
"""The arguments of GET requests."""

_EXTENSIONS: dict[str, tuple[Schema, str]] = {
    "extensions": ({"enum": ["true", "false"]}, "true: what this server knows more. GR-X 10.5"),
}
_LANGUAGE: tuple[Schema, str] = (
    {"type": "string", "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,7}$"},
    "A language as fr or fr_CA; beats Accept-Language. GR-X 10.14",
)
_POINT: dict[str, tuple[Schema, str]] = {
    "lat": (_LAT, "With long: only what is offered there."),
    "long": (_LONG, "With lat: only what is offered there."),
}
_VERSION: dict[str, tuple[Schema, str]] = {
    "version": ({"type": "integer", "minimum": 1}, "An older one, with its rules. GR-X 10.5"),
}
_UPDATES: dict[str, tuple[Schema, str]] = {
    "start_date": (_DATE, "Earliest updated_datetime; by default a day back. GR-X 10.8"),
    "end_date": (_DATE, "Latest updated_datetime. GR-X 10.8"),
    "service_request_id": (_CODES, "Only of these requests, and from their beginning on."),
    "page_size": _SEARCH["page_size"],
    "cursor": (_CODE, "Where a Link says that the list goes on."),
}
_LOOK_UP: dict[str, tuple[Schema, str]] = {
    "q": ({"type": "string", "maxLength": completing.MOST}, "It, as far as it is typed; required."),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 50}, "How many; by default 10."),
}
_CHANGES: dict[str, tuple[Schema, str]] = {
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

_KEYS: list[Schema] = [{"query": []}, {"header": []}, {"bearer": []}, {}]

_FORM: dict[str, Schema] = {
    "api_key": _CODE,
    "jurisdiction_id": _CODE,
    "locale": _LANGUAGE[0],
    "service_code": _CODE,
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

_UPDATE: dict[str, Schema] = {
    **{name: _FORM[name] for name in ("api_key", "jurisdiction_id", "description", "media_url")},
    "service_request_id": _CODE,
    "update_id": _CODE,
    "status": {"enum": [*STATES, *map(str.upper, STATES)]},
    "updated_datetime": _DATE,
}
"""The arguments of POST servicerequestupdates."""

_JSON_SCHEMA: Schema = {"type": "object", "required": ["$schema", "$id", "type", "properties"]}
_ANSWERED = "ServiceRequests AnsweredRequests"
_WITH_KEY: Schema = {
    "description": "extensions=true adds notes; a key of scope requests:read gets answers, too.",
    "security": _KEYS,
}

_PLACES = (["lat", "long"], ["address_string"], ["address_id"])  # GR-P-04: one is enough

_ERRORS = {"400": "cannot be fulfilled", "404": "does not exist", "default": "any other failure"}
_REFUSALS = {"403": "the api_key is missing or wrong", "413": "too large", "429": "too many calls"}


def description() -> Schema:
    """The whole description.

    Returns:
        OpenAPI 3.1; paths are relative to the endpoint, whose usual address is `/open311/v2`.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": "Open311 GeoReport v2", "version": "2", "description": _ABOUT},
        "servers": [{"url": "/open311/v2"}],
        "paths": {path: _path(path, methods) for path, methods in _methods().items()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "query": {"type": "apiKey", "in": "query", "name": "api_key"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _methods() -> dict[str, dict[str, Schema]]:
    return {
        "/discovery.{format}": {"get": _get("Discovery", "Where the endpoints are")},
        "/services.{format}": {"get": _get("Services", "What can be asked for", _POINT)},
        "/services/{service_code}.{format}": {
            "get": _get(
                "ServiceDefinition ExtendedServiceDefinition",
                "The questions of a service",
                _EXTENSIONS | _VERSION,
            )
        },
        "/requests.{format}": {
            "get": _get(_ANSWERED, "Requests, newest first", _SEARCH | _EXTENSIONS) | _WITH_KEY,
            "post": _post(),
        },
        "/requests.atom": {"get": _news()},
        "/requests.parquet": {"get": _export(parquet.MEDIA_TYPE)},
        "/archive/manifest.json": {"get": _whole("The files of whole months", "application/json")},
        "/archive/{file}": {"get": _whole("One of them", "application/gzip")},
        **{f"/requests.{name}": {"get": _export(each.media_type)} for name, each in BULKS.items()},
        "/requests/{service_request_id}.{format}": {
            "get": _get(_ANSWERED, "One request, as a list of one", _EXTENSIONS) | _WITH_KEY
        },
        "/servicerequestupdates.{format}": {
            "get": _get("RequestUpdates", "What became of requests, oldest first", _UPDATES),
            "post": _post_update(),
        },
        "/addresses.{format}": {
            "get": _get("Addresses", "What an address may become that is typed", _LOOK_UP)
        },
        "/changes.{format}": {
            "get": _get("Changes", "What changed, in the order in which it counts", _CHANGES)
        },
        "/changes.ndjson": {"get": _get_feed("application/x-ndjson", "a change a line")},
        "/changes.sse": {"get": _get_feed("text/event-stream", "as Server-Sent Events")},
        "/tokens/{token}.{format}": {"get": _get("RedeemedTokens", "What became of a token")},
        "/route.{format}": {"get": _route()},
        "/services/{service_code}.schema.json": {"get": _get_schema()},
        "/schemas/{service_code}.json": {"get": _get_schema()},
    }


def _path(path: str, methods: dict[str, Schema]) -> Schema:
    """A path with the arguments in it and those that every method takes."""
    inside = [
        {"name": name, "in": "path", "required": True, "schema": _INSIDE.get(name, _CODE)}
        for name in re.findall(r"{(\w+)}", path)
    ]
    city = _argument("jurisdiction_id", _CODE, "Needed where there are several. GR-F-41")
    language = _argument("locale", *_LANGUAGE)
    return {"parameters": [*inside, city, language], **methods}


def _argument(name: str, schema: Schema, told: str) -> Schema:
    return {
        "name": name,
        "in": "query",
        "description": told,
        "schema": schema,
        **({"style": "form", "explode": False} if schema.get("type") == "array" else {}),
    }


def _get(
    document: str, summary: str, arguments: dict[str, tuple[Schema, str]] | None = None
) -> Schema:
    parameters = [_argument(name, *told) for name, told in (arguments or {}).items()]
    return {"summary": summary, "parameters": parameters, "responses": _answers(document, _ERRORS)}


def _route() -> Schema:
    """The dry run takes of a POST what says what and where."""
    names = ("service_code", "lat", "long", "address_string", "address_id")
    told = _get("RouteAnswer", "Whether a report would be taken, who would act on it, and why")
    told["parameters"] = [_argument(name, _FORM[name], "As in a POST. GR-P-04") for name in names]
    told["parameters"][0]["required"] = True
    told["parameters"].append(
        {"name": "attribute", "in": "query", "style": "deepObject", "explode": True}
        | {"schema": _FORM["attribute"], "description": "attribute[CODE]=value. GR-P-09"}
    )
    return told | {"security": _KEYS}


def _get_feed(media_type: str, told: str) -> Schema:
    """The feed in a form of its own, whose errors are JSON."""
    found = _get("Changes", f"The same feed, {told}", _CHANGES)
    for each in found["responses"].values():
        each["content"].pop("text/xml")
    found["responses"]["200"]["content"] = {media_type: {}}
    return found


def _export(media_type: str) -> Schema:
    """All requests as one file: the name ends in its format."""
    arguments = {name: told for name, told in _SEARCH.items() if name not in PAGING}
    return _whole("All requests that are asked for, oldest first", media_type, arguments)


def _whole(
    summary: str, media_type: str, arguments: dict[str, tuple[Schema, str]] | None = None
) -> Schema:
    """What has one format; its errors are JSON."""
    found = {"description": "as asked", "content": {media_type: {}}}
    told = _get("Errors", summary, arguments)
    return told | {"responses": {"200": found} | _as_json(_ERRORS)}


def _news() -> Schema:
    """The feed takes what the list takes, and its errors are XML."""
    told = _get("Errors", "What changed last, as an Atom feed with places", _SEARCH)
    found = {"description": "as asked", "content": {atom.MEDIA_TYPE: {}}}
    errors = {status: _answer("Errors", why) for status, why in _ERRORS.items()}
    for each in errors.values():
        each["content"].pop("application/json")
    return told | {"responses": {"200": found} | errors}


def _as_json(errors: dict[str, str]) -> dict[str, Schema]:
    told = {status: _answer("Errors", why) for status, why in errors.items()}
    for each in told.values():
        each["content"].pop("text/xml")
    return told


def _get_schema() -> Schema:
    """The name ends in the one format that there is: its errors are JSON, too."""
    found = {"description": "as asked", "content": {MEDIA_TYPE: {"schema": _JSON_SCHEMA}}}
    return {
        "summary": "The JSON Schema of the JSON body of a report of a service, for forms",
        "description": "JSON Schema 2020-12, the same under both names.",
        "responses": {"200": found} | _as_json(_ERRORS),
    }


def _post() -> Schema:
    form = {
        "type": "object",
        "properties": _FORM,
        "required": ["service_code"],
        "anyOf": [{"required": names} for names in _PLACES],
        "dependentRequired": {"lat": ["long"], "long": ["lat"]},
    }
    told = "File a request; the answer holds its id, a token for it, or neither"
    return _posted(form, told, "SubmittedRequests")


def _post_update() -> Schema:
    required = ["service_request_id", "update_id", "status", "updated_datetime", "description"]
    form = {"type": "object", "properties": _UPDATE, "required": required}
    told = "Tell what became of a request, with a key of scope requests:update. GR-X 10.8"
    return _posted(form, told, "RecordedUpdates")


def _posted(form: Schema, told: str, document: str) -> Schema:
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    parts = form | {"properties": form["properties"] | {"media": files}}
    encoding = {"attribute": {"style": "deepObject", "explode": True}}
    forms = {"schema": form} | ({"encoding": encoding} if "attribute" in form["properties"] else {})
    return {
        "summary": told,
        "description": "The key may also stand in the form, as api_key. GR-P-20, GR-P-22",
        "security": _KEYS,
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": forms,
                "multipart/form-data": {"schema": parts},
            },
        },
        "responses": _answers(document, _ERRORS | _REFUSALS),
    }


def _answers(document: str, errors: dict[str, str]) -> dict[str, Schema]:
    told = {status: _answer("Errors", why) for status, why in errors.items()}
    return {"200": _answer(document, "as asked")} | told


def _answer(documents: str, told: str) -> Schema:
    """An answer that is one of some documents, whose names stand side by side."""
    refs = [{"$ref": f"#/components/schemas/{each}"} for each in documents.split()]
    ref = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"description": told, "content": {"text/xml": {}, "application/json": {"schema": ref}}}


def _schemas() -> dict[str, Schema]:
    """The documents and their parts, side by side."""
    found: dict[str, Any] = {}
    for document, schema in zip(DOCUMENTS, georeport.documents().values(), strict=True):
        parts = schema["$defs"]
        whole = {key: each for key, each in schema.items() if not key.startswith("$")}
        if "$ref" in schema:
            whole["$ref"] = schema["$ref"]
        found |= {name: _moved(each) for name, each in parts.items()}
        found[document.__name__] = _moved(whole)
    return found


def _moved(schema: Any) -> Any:
    """The same schema, with its references to where OpenAPI keeps schemas."""
    match schema:
        case dict():
            return {key: _moved(each) for key, each in schema.items()}
        case list() | tuple():
            return [_moved(each) for each in schema]
        case str():
            return schema.replace("#/$defs/", "#/components/schemas/")
    return schema
