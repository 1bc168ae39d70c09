"""The OpenAPI 3.1 description of the resources, for readers and for machines that try them.

Source: GR-D, GR-S, GR-A, GR-P, GR-T, GR-Q, GR-R, GR-E, GR-F-02.
"""

from __future__ import annotations

import re
from typing import Any

from open311.formats import atom, parquet
from open311.formats.bulk import BULKS
from open311.formats.schemas import georeport
from open311.formats.schemas.arguments import (
    CHANGES,
    CODE,
    EXTENSIONS,
    FORM,
    LANGUAGE,
    LOOK_UP,
    POINT,
    SEARCH,
    UPDATE,
    UPDATES,
    VERSION,
)
from open311.formats.schemas.body import MEDIA_TYPE
from open311.formats.schemas.city import Schema
from open311.spec.extensions import DOCUMENTS
from open311.spec.search import PAGING

__all__ = ["description"]

_ABOUT = (
    "The extension in the path chooses the format. XML is the document that georeport-v2.rng"
    " describes, JSON the same without its root. An argument without a value counts as not sent;"
    " unknown arguments are ignored. A date without an offset is in the city's time zone."
)

_INSIDE: dict[str, Schema] = {"format": {"enum": ["xml", "json"]}}
_KEYS: list[Schema] = [{"query": []}, {"header": []}, {"bearer": []}, {}]

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
        "/services.{format}": {"get": _get("Services", "What can be asked for", POINT)},
        "/services/{service_code}.{format}": {
            "get": _get(
                "ServiceDefinition ExtendedServiceDefinition",
                "The questions of a service",
                EXTENSIONS | VERSION,
            )
        },
        "/requests.{format}": {
            "get": _get(_ANSWERED, "Requests, newest first", SEARCH | EXTENSIONS) | _WITH_KEY,
            "post": _post(),
        },
        "/requests.atom": {"get": _news()},
        "/requests.parquet": {"get": _export(parquet.MEDIA_TYPE)},
        "/archive/manifest.json": {"get": _whole("The files of whole months", "application/json")},
        "/archive/{file}": {"get": _whole("One of them", "application/gzip")},
        **{f"/requests.{name}": {"get": _export(each.media_type)} for name, each in BULKS.items()},
        "/requests/{service_request_id}.{format}": {
            "get": _get(_ANSWERED, "One request, as a list of one", EXTENSIONS) | _WITH_KEY
        },
        "/servicerequestupdates.{format}": {
            "get": _get("RequestUpdates", "What became of requests, oldest first", UPDATES),
            "post": _post_update(),
        },
        "/addresses.{format}": {
            "get": _get("Addresses", "What an address may become that is typed", LOOK_UP)
        },
        "/changes.{format}": {
            "get": _get("Changes", "What changed, in the order in which it counts", CHANGES)
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
        {"name": name, "in": "path", "required": True, "schema": _INSIDE.get(name, CODE)}
        for name in re.findall(r"{(\w+)}", path)
    ]
    city = _argument("jurisdiction_id", CODE, "Needed where there are several. GR-F-41")
    language = _argument("locale", *LANGUAGE)
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
    told["parameters"] = [_argument(name, FORM[name], "As in a POST. GR-P-04") for name in names]
    told["parameters"][0]["required"] = True
    told["parameters"].append(
        {"name": "attribute", "in": "query", "style": "deepObject", "explode": True}
        | {"schema": FORM["attribute"], "description": "attribute[CODE]=value. GR-P-09"}
    )
    return told | {"security": _KEYS}


def _get_feed(media_type: str, told: str) -> Schema:
    """The feed in a form of its own, whose errors are JSON."""
    found = _get("Changes", f"The same feed, {told}", CHANGES)
    for each in found["responses"].values():
        each["content"].pop("text/xml")
    found["responses"]["200"]["content"] = {media_type: {}}
    return found


def _export(media_type: str) -> Schema:
    """All requests as one file: the name ends in its format."""
    arguments = {name: told for name, told in SEARCH.items() if name not in PAGING}
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
    told = _get("Errors", "What changed last, as an Atom feed with places", SEARCH)
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
        "properties": FORM,
        "required": ["service_code"],
        "anyOf": [{"required": names} for names in _PLACES],
        "dependentRequired": {"lat": ["long"], "long": ["lat"]},
    }
    told = "File a request; the answer holds its id, a token for it, or neither"
    return _posted(form, told, "SubmittedRequests")


def _post_update() -> Schema:
    required = ["service_request_id", "update_id", "status", "updated_datetime", "description"]
    form = {"type": "object", "properties": UPDATE, "required": required}
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
