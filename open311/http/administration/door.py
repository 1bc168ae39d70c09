"""The way to the handlers of the administration: from a call to litestar, and back to an answer.

On the wire all is as everywhere else: one body within its limits, one list of errors, one count.
litestar cannot mount these handlers beside the GeoReport door: that one is mounted at the root, and
a mount at the root takes every path with a parameter in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, ValidationException

from open311.errors import Invalid, NotFound, WrongMethod
from open311.formats import FORMATS
from open311.http import access, bodies
from open311.http.administration import editors
from open311.http.administration.handlers import HANDLERS
from open311.http.answers import NO_STORE, Answer, Blob
from open311.http.calls import Call
from open311.http.door import Resource

__all__ = ["RESOURCES", "ROOT", "application"]

ROOT = "/api/v1"
"""Where the administration answers."""

_ESCAPE = re.compile(rb"%(?!2[5Ff])[0-9A-Fa-f]{2}")
_KEPT = frozenset({b"etag"})
_JSON = f"{FORMATS['json'].media_type}; charset=utf-8"


@cache
def application() -> Litestar:
    """The handlers in an application of their own, which opens nothing: calls bring the desk."""
    return Litestar(
        list(HANDLERS),
        dependencies=editors.GIVEN,
        guards=[editors.let_in],
        exception_handlers={Exception: _noted},
        request_max_body_size=None,
        openapi_config=None,
    )


async def administer(call: Call) -> Answer:
    """Whatever the handler says that litestar finds.

    Raises:
        Open311Error: what the handler raised, or what litestar did, in our words.
    """
    access.client(call, ())  # a stranger's body is not read
    with call.desk.room.share(lambda beginning: access.knows(call, beginning)) as take:
        body = await _body(call, take) if call.unread else b""
        return await _administer(call, body)


async def _administer(call: Call, body: bytes) -> Answer:
    sent = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = _scope(call)
    await application()(scope, receive, send)  # type: ignore[arg-type]
    if "fault" in scope:
        if isinstance(scope["fault"], UnicodeDecodeError):  # litestar does not expect it
            for name, sent_bytes in (("body", body), ("query", scope["query_string"])):
                if not _is_text(sent_bytes):
                    raise Invalid(f"The {name} is not UTF-8.")
        raise scope["fault"]
    return _answer(said)


async def _body(call: Call, take: Callable[[Sequence[bytes]], None]) -> bytes:
    """The body; none at all says what an object without members does."""
    settings = call.desk.settings
    body = await bodies.read(
        call.receive,
        call.header(b"content-length"),
        settings.body_max_bytes,
        settings.body_seconds,
        take=take,
    )
    call.unread = False
    return body or b"{}"


def _scope(call: Call) -> dict[str, Any]:
    """The call as litestar is to see it: below the root, with slashes in a code still escaped."""
    outer = call.scope
    raw = outer.get("raw_path") or quote(outer["path"]).encode()
    below = [part for part in raw.split(b"/") if part][2:]
    path = "/" + b"/".join(_ESCAPE.sub(_unescaped, each) for each in below).decode(
        "utf-8", "replace"
    )
    return {
        "type": "http",
        "asgi": outer["asgi"],
        "http_version": outer["http_version"],
        "method": "GET" if outer["method"] == "HEAD" else outer["method"],
        "scheme": outer["scheme"],
        "path": path,
        "raw_path": path.encode(),
        "query_string": outer["query_string"],
        "root_path": "",
        "headers": outer["headers"],
        "client": outer["client"],
        "server": outer["server"],
        "open311": call,
    }


def _is_text(sent: bytes) -> bool:
    try:
        sent.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return unquote_to_bytes(escape[0])


def _answer(said: list[dict[str, Any]]) -> Answer:
    start, *rest = said
    headers = {name.lower(): value for name, value in start["headers"]}
    content = b"".join(message.get("body", b"") for message in rest)
    kept = tuple((name, value) for name, value in headers.items() if name in _KEPT)
    return Answer(Blob(content, _JSON), start["status"], (*kept, NO_STORE))


def _noted(request: Request[Any, Any, Any], error: Exception) -> Response[None]:
    """Note what went wrong; `administer` raises it, so that it is answered as everywhere else."""
    request.scope["fault"] = _translated(request, error)  # type: ignore[typeddict-unknown-key]
    return Response(None, status_code=500)


def _translated(request: Request[Any, Any, Any], error: Exception) -> Exception:
    match error:
        case ValidationException(extra=list() as faults):
            return Invalid(*(f"{each.get('key', 'body')}: {each['message']}." for each in faults))
        case HTTPException(status_code=404):
            call: Call = request.scope["open311"]  # type: ignore[typeddict-item]
            return NotFound(f"There is no resource at {call.path!r}.")
        case HTTPException(status_code=405, headers={"allow": str(allowed)}):
            return WrongMethod(*allowed.split(", "))
        case HTTPException(status_code=status) if status < 500:  # noqa: PLR2004
            return Invalid(error.detail)
    return error


RESOURCES = [
    Resource(
        f"{ROOT}/*", dict.fromkeys(("GET", "PUT", "POST", "DELETE"), administer), FORMATS["json"]
    )
]
