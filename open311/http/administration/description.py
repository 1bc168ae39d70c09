"""The OpenAPI 3.1 description of the administration, made of the handlers themselves.

Not by litestar, which takes half a second for it, in a worker that should answer meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, QueryParameter

from open311 import __version__
from open311.domain import scopes
from open311.formats.schemas.city import Schema, nullable
from open311.http.administration.handlers import HANDLERS
from open311.spec.documents import Error

__all__ = ["describe", "operations"]

_ABOUT = (
    "What residents may report, and what they are asked: drafts are written and tried, versions"
    " published, compared and retired. A key works in its own city; it is sent as X-API-Key or as"
    " Authorization: Bearer. A service_code in a path is percent-encoded, slashes included. What"
    " somebody else may have changed is changed only by who names its ETag in If-Match."
)

_REFUSALS = {
    400: "it cannot be read; every fault is told with its place",
    403: "there is no key, or none with the scope",
    404: "there is no such thing in the city of the key",
    408: "the body did not arrive in time",
    409: "clients would fail, and nobody consented; every such change is told",
    412: "something else is there by now",
    413: "the body is too large",
    428: "If-Match is missing",
    429: "the rate of the key is used up",
    503: "the database does not answer",
}

_REF = "#/components/schemas/{name}"
_FORMS = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data")
_KINDS = {bool: "boolean", int: "integer", str: "string"}

Operation = tuple[str, str, HTTPRouteHandler]


@cache
def describe(url: str) -> Schema:
    """The whole description.

    Args:
        url: where the administration answers, without a slash at its end.
    """
    paths: dict[str, Schema] = {}
    for path, method, handler in operations():
        paths.setdefault(path, {})[method] = _operation(path, handler)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Administration", "version": __version__, "description": _ABOUT},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def operations() -> list[Operation]:
    """Path, method in small letters, and handler of every operation, in their order."""
    return [
        (re.sub(r":\w+}", "}", path), method.lower(), handler)
        for handler in HANDLERS
        for path in handler.paths
        for method in handler.http_methods
    ]


def _operation(path: str, handler: HTTPRouteHandler) -> Schema:
    summary, _, more = (handler.fn.__doc__ or "").partition("\n")
    scope = handler.opt["scope"]
    told = f"{' '.join(more.split())} Scope {scope}: {scopes.SCOPES[scope][0]}."
    parameters = [*_inside(path), *_arguments(handler)]
    body = _body(handler)
    statuses = _statuses(handler, {each["name"] for each in parameters}, bool(body))
    return {
        "operationId": handler.handler_name,
        "summary": summary.removesuffix("."),
        "description": told.strip(),
        "security": [{"header": [scope]}, {"bearer": [scope]}],
        "parameters": parameters,
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": {str(each): _response(each, handler) for each in sorted(statuses)},
    }


def _inside(path: str) -> Iterator[Schema]:
    """The parameters in a path."""
    for name in re.findall(r"{(\w+)}", path):
        schema = {"type": "integer", "minimum": 1} if name == "number" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _arguments(handler: HTTPRouteHandler) -> Iterator[Schema]:
    """The parameters in headers and query."""
    for name, field in handler.parsed_fn_signature.parameters.items():
        told = field.kwarg_definition
        if isinstance(told, QueryParameter | HeaderParameter):
            kind = next(each for each in _KINDS if each in _leaves(field.annotation))
            bounds = {"minimum": told.ge, "maximum": told.le}
            schema = {"type": _KINDS[kind]}
            yield {
                "name": told.name or name,
                "in": told.param_type.value,
                **({"description": told.description} if told.description else {}),
                "required": field.is_required,
                "schema": schema
                | {word: each for word, each in bounds.items() if each is not None},
            }


def _leaves(hint: Any) -> set[Any]:
    """The types that a type is made of."""
    return {hint}.union(*map(_leaves, get_args(hint))) if get_args(hint) else {hint}


def _body(handler: HTTPRouteHandler) -> Schema:
    """What a handler takes, by its media type."""
    if handler.opt.get("form"):
        return {each: {"schema": {"type": "object"}} for each in _FORMS}
    data = handler.parsed_data_field
    kind = data.annotation if data else handler.opt.get("body")
    return {"application/json": {"schema": _schema(kind)}} if kind else {}


def _statuses(handler: HTTPRouteHandler, names: set[str], has_body: bool) -> Iterator[int]:
    """Every status that a handler answers with."""
    yield from (handler.status_code, 400, 403, 404, 429, 503)
    yield from (201,) if handler.opt.get("creates") else ()
    yield from (304,) if "If-None-Match" in names and "If-Match" not in names else ()
    yield from (408, 413) if has_body else ()
    yield from (412, 428) if "If-Match" in names else ()
    yield from (409,) if handler.opt.get("consent") else ()


def _response(status: int, handler: HTTPRouteHandler) -> Schema:
    if status in (204, 304):
        return {"description": "done" if status == 204 else "it is as known"}  # noqa: PLR2004
    refused = _REFUSALS.get(status)
    kind = list[Error] if refused else _answer(handler)
    content = {"application/json": {"schema": _schema(kind)}}
    return {"description": refused or "as asked", "content": content}


def _answer(handler: HTTPRouteHandler) -> Any:
    """The type of what a handler says: itself, or in a response with headers."""
    said = handler.parsed_fn_signature.return_type.annotation
    return get_args(said)[0] if get_origin(said) is Response else said


def _schema(kind: Any) -> Schema:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema


def _schemas() -> dict[str, Schema]:
    """Every Struct that the handlers take or give, side by side."""
    kinds = [
        kind
        for handler in HANDLERS
        for kind in (_answer(handler), handler.opt.get("body"), _typed(handler))
        if kind is not None and kind is not type(None)
    ]
    _, found = msgspec.json.schema_components([*kinds, Error], ref_template=_REF)
    for each in found.values():
        members = each["properties"].items()
        each["properties"] = {name: nullable(told) for name, told in members}
    return found


def _typed(handler: HTTPRouteHandler) -> Any:
    return handler.parsed_data_field.annotation if handler.parsed_data_field else None
