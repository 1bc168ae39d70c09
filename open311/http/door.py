"""How a call finds its resource, and an answer its way out.

`front` is the outermost ASGI application: it answers from the rendered pages, or hands a `Call` to
litestar, which finds the `door`. Handlers take a `Call` and return an `Answer`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, asgi
from litestar.exceptions import ClientException
from litestar.handlers import ASGIRouteHandler

from open311.errors import Invalid, NotFound, Open311Error, TooSlow, WrongMethod
from open311.formats import FORMATS, Format
from open311.http import bodies, conditions, faults, streams
from open311.http.answers import (
    CORS,
    Answer,
    Blob,
    Header,
    Language,
    Page,
    Send,
    Stream,
    coding,
    dated,
    head,
    page,
    send_page,
)
from open311.http.bodies import Gone
from open311.http.calls import Call, page_key, wanted
from open311.http.desk import Desk
from open311.http.kept import Key, Moment

__all__ = ["App", "Handler", "Resource", "door", "failed", "front"]

App = Callable[[Any, Any, Any], Awaitable[None]]
Handler = Callable[[Call], Awaitable[Answer]]

_FAULTS = 400  # and more: the statuses of what went wrong
_READS = ("GET", "HEAD")
_BROKEN = "streams_broken"
_LOG = structlog.get_logger()
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def front(inner: App, desk: Desk) -> App:
    """The application as the server calls it, around litestar's."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        began = perf_counter()
        if scope["method"] == "GET":
            key = page_key(scope, coding(scope["headers"]), wanted(scope, desk))
            ready = _kept(desk, key, scope["headers"])
            if ready is not None:
                await send_page(send, ready)
                desk.tally.answer(ready.key, perf_counter() - began)
                return
        scope["open311"] = Call(scope, receive, desk, began)
        try:
            await inner(scope, receive, send)
        finally:
            del scope["open311"]  # each holds the other, and both an open body with its connection

    return answer


def _kept(desk: Desk, key: Key, headers: Sequence[Header]) -> Page | None:
    """What is kept, or that it is the same."""
    ready = desk.pages.get(key)
    if ready is None:
        ready = desk.brief.get(key)
        # Whether a date is good is asked of the database, so not here.
        return ready and (None if conditions.date(headers) else conditions.as_known(ready, headers))
    if not ready.modified and (second := desk.modified.of_cities()):
        ready = desk.pages[key] = dated(ready, second)
    return conditions.as_known(ready, headers, desk.now().timestamp())


class Resource(msgspec.Struct, frozen=True):
    """A path and what answers there, by method: as `GET=list_services`.

    The `*` of a path takes the rest of the URL, slashes and all, as `call.rest`: city codes hold
    them (GR-A-14), and litestar's own parameters do not keep them as they were sent. Of two paths
    that fit, the longer one answers.
    """

    path: str
    methods: Mapping[str, Handler]
    format: Format | None = None  # the only one that it answers in; None: as asked

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every method it answers: HEAD where GET, and OPTIONS. Source: GR-F-50."""
        return (*self.methods, *(("HEAD",) if "GET" in self.methods else ()), "OPTIONS")


def door(resources: Sequence[Resource]) -> ASGIRouteHandler:
    """The resources as one handler of litestar's, mounted at the root.

    It speaks plain ASGI, because everything else costs more than the answers themselves; and it
    answers every other path, too, in the asked-for format. Source: GR-E-08, GR-E-10.
    """
    exact = {each.path: each for each in resources if "*" not in each.path}
    longest_first = sorted(resources, key=lambda each: -len(each.path))
    below = [(*each.path.partition("*")[::2], each) for each in longest_first if "*" in each.path]

    async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI
        call: Call = scope["open311"]
        resource = exact.get(call.path)
        if resource is None:
            for start, end, each in below:
                if call.path.startswith(start) and call.path.endswith(end):
                    resource, call.rest = each, call.path[len(start) :].removesuffix(end)
                    break
        if resource is not None and resource.format is not None:
            call.format = resource.format
        await _answer(call, resource, send)

    return asgi("/", is_mount=True, copy_scope=False)(answer)


async def _answer(call: Call, resource: Resource | None, send: Send) -> None:
    method, since, chunk = call.scope["method"], call.desk.brief.now(), b""
    try:
        if resource is None:
            raise NotFound(f"There is no resource at {call.path!r}.")
        if method == "OPTIONS":
            await _options(call, resource, send)
            return
        said, chunk = await _handled(call, resource, method)
    except Open311Error as error:
        said = faults.answer(error)
        if call.unread and not isinstance(error, TooSlow):
            await bodies.drain(call.receive)
    except Gone:  # or its frames were broken, and it still listens
        said = faults.answer(Invalid("The body broke off before it was whole."))
    except Exception as error:  # noqa: BLE001 - the last one who can answer in the asked-for format
        said = faults.broken(error, resource.path if resource else "unmatched")
    route = resource.path if resource else "unmatched"
    if isinstance(said.document, Stream):
        await _pour(call, said, said.document, chunk, send, route)
    else:
        await _say(call, said, send, route, since)


async def _handled(call: Call, resource: Resource, method: str) -> tuple[Answer, bytes]:
    """What the handler says, and the first chunk of it where that is a stream."""
    handler = resource.methods.get("GET" if method == "HEAD" else method)
    if handler is None:
        raise WrongMethod(*resource.allowed)
    if method in _READS:
        said = await handler(call)
    else:
        try:
            said = await handler(call)
        finally:  # also where it is not known whether anything was written
            call.desk.written()
    plain = said.document if isinstance(said.document, Blob | Stream) else None
    extension = plain.extension if isinstance(plain, Blob) else ""
    if call.peeled and plain and FORMATS.get(extension) is not call.format:  # it has no others
        raise NotFound(f"There is no resource at {call.scope['path']!r}.")
    return said, await anext(plain.chunks, b"") if isinstance(plain, Stream) else b""


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What is answered where litestar itself, or what is said of an answer, fails."""
    call: Call = request.scope["open311"]  # type: ignore[typeddict-item]
    if isinstance(error, ClientException):  # as a Host that is none
        said = faults.answer(Invalid(f"{error.detail}."))
    else:
        said = faults.broken(error, "failed")
    key = ("failed", _counted(call), said.status)
    ready = page(said, call.format, call.coding, key)
    call.desk.tally.answer(key, perf_counter() - call.began)
    return Response(
        ready.body["body"],
        status_code=said.status,
        headers={name.decode(): value.decode() for name, value in ready.start["headers"]},
    )


async def _say(call: Call, said: Answer, send: Send, route: str, since: Moment) -> None:
    """Send an answer, or that it is the same; count it, and keep it where it lasts."""
    method, desk = call.scope["method"], call.desk
    key = (route, _counted(call), said.status)
    kept = said.lasting and call.is_usual
    told = _language(call, said)
    ready = page(said, call.format, call.coding, key, told, kept=kept, chosen=not call.peeled)
    if ready.tag and (said.lasting or said.brief):
        ready = await _dated(call, said, ready)
    if method == "GET" and call.key:
        if kept:
            desk.pages.keep(call.key, ready)
        elif said.brief and call.is_told_as_wanted:
            desk.brief.keep(call.key, ready, since)
    ready = conditions.as_known(ready, call.scope["headers"], desk.now().timestamp())
    await send_page(send, ready, body=method != "HEAD")
    desk.tally.answer(ready.key, perf_counter() - call.began)


async def _dated(call: Call, said: Answer, ready: Page) -> Page:
    """The page with its Last-Modified, where it has one."""
    modified, own, scope = call.desk.modified, call.asked, call.scope
    if said.lasting:
        second = modified.of_cities()
    elif own is None:
        return ready
    else:
        if conditions.date(scope["headers"]) is None:
            modified.look_soon(own)
        else:
            try:
                await modified.look(own)
            except Open311Error:  # nobody can tell: so it is sent whole
                return ready
        name = hash((scope["path"], scope["query_string"], call.format, call.language, call.coding))
        second = modified.of(own, name, ready.tag)
    return dated(ready, second) if second else ready


async def _pour(
    call: Call, said: Answer, stream: Stream, chunk: bytes, send: Send, route: str
) -> None:
    """Send a stream that has begun, count it, and tell of what became of it."""
    key, tally = (route, _counted(call), said.status), call.desk.tally
    coding, patience = call.coding if stream.squeezed else "", call.desk.settings.stream_seconds
    ended = None
    async with aclosing(stream.chunks):
        await send(head(said, stream, coding, _language(call, said)))
        tally.answer(key, perf_counter() - call.began)  # it tells of the server, not of the client
        if call.scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            ended = await streams.pour(call.receive, send, stream, chunk, coding, patience)
        except Exception as error:  # noqa: BLE001 - its head has been sent: all that is left is to stop
            ended = _BROKEN
            _LOG.error(_BROKEN, route=route, exc_info=error)
    if ended:
        tally.event(ended)
    if ended == streams.SLOW:
        streams.cut(call.scope)


def _language(call: Call, said: Answer) -> Language | None:
    """What an answer tells of its language. Source: GR-X 10.14."""
    if call.language is None or said.status >= _FAULTS:  # faults are told in English
        return None
    return Language(call.language, chosen=len(call.desk.register.languages) > 1)


def _counted(call: Call) -> str:
    """The method, as it is counted: clients invent some."""
    method: str = call.scope["method"]
    return method if method in _METHODS else "other"


async def _options(call: Call, resource: Resource, send: Send) -> None:
    """Answer OPTIONS, preflights of browsers included. Source: GR-F-50, interop 12."""
    methods = ", ".join(resource.allowed).encode()
    headers = [
        *CORS,
        (b"allow", methods),
        (b"access-control-allow-methods", methods),
        # A browser asks only for what its page will send; every header may be sent.
        (b"access-control-allow-headers", call.header(b"access-control-request-headers") or b"*"),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
    call.desk.tally.answer((resource.path, "OPTIONS", 204), perf_counter() - call.began)
