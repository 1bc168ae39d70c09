"""The feed of changes: asked page by page, waited for, or followed.

Without an argument it begins with the first request of the city, so that whoever loads everything
by it can go on with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from time import monotonic

from open311.actions import feed
from open311.actions.feed import Feed
from open311.formats import FORMATS, json
from open311.http import links
from open311.http.answers import NO_STORE, Answer, Header, Stream
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource
from open311.spec import changes
from open311.spec.changes import Asked, Change, Changes, Place

__all__ = ["RESOURCES"]

_USUAL, _MOST = 100, 1000  # changes of one document
_LINES, _MOST_LINES = 10_000, 100_000  # of one file, read as pages
_BEAT_SECONDS = 15.0  # a connection that is silent for longer, a proxy may end
_RETRY = 3000  # milliseconds, after which a browser that lost the connection comes back


async def list_changes(call: Call) -> Answer:
    """What changed after a cursor, as a document, and where to go on; or followed, by Accept."""
    if not call.peeled and b"text/event-stream" in call.header(b"accept").lower():
        return await follow_changes(call)
    asked = changes.read(call.pairs, usual=_USUAL, most=_MOST)
    told, place = await _first(call, _feed(call), asked)
    return Answer(Changes((*told,)), headers=(NO_STORE, _next(call, place)))


async def stream_changes(call: Call) -> Answer:
    """The same, a change a line; an answer of several pages ends with the cursor to go on with."""
    asked = changes.read(call.pairs, usual=_LINES, most=_MOST_LINES)
    own = _feed(call)
    paged = Asked(asked.after, min(asked.limit, _MOST), asked.wait)
    told, place = await _first(call, own, paged)
    whole = len(told) < paged.limit or paged.limit == asked.limit
    headers = (NO_STORE, _next(call, place)) if whole else (NO_STORE,)
    lines = _lines(own, told, place, 0 if whole else asked.limit - len(told))
    return Answer(Stream(lines, "application/x-ndjson"), headers=headers)


async def follow_changes(call: Call) -> Answer:
    """Every change as it comes, as Server-Sent Events."""
    last = call.header(b"last-event-id").decode("latin-1")
    asked = changes.read(call.pairs, usual=_MOST, most=_MOST, last=last)
    own = _feed(call)
    place = await feed.begin(own.reads, own.city, asked)
    call.desk.watch.admit()
    events = Stream(_events(own, place), "text/event-stream", squeezed=False)
    return Answer(events, headers=(NO_STORE, (b"x-accel-buffering", b"no")))


def _feed(call: Call) -> Feed:
    desk = call.desk
    return Feed(desk.reads, call.city(), desk.settings.base_url, desk.watch)


async def _first(call: Call, own: Feed, asked: Asked) -> tuple[list[Change], Place]:
    """A page; where it is to be waited for, until the client goes away."""
    place = await feed.begin(own.reads, own.city, asked)
    told, place = await own.page(place, asked.limit)
    if told or not asked.wait:
        return told, place
    waiting = asyncio.ensure_future(own.awaited(place, asked))
    gone = asyncio.ensure_future(_gone(call.receive))
    try:
        await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
        return await waiting if waiting.done() else (told, place)
    finally:
        gone.cancel()
        waiting.cancel()


async def _gone(receive: Callable[[], Awaitable[dict[str, object]]]) -> None:
    """Come back when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _next(call: Call, place: Place) -> Header:
    """Where to go on: always, so that nobody has to find it out. RFC 8288."""
    return b"link", f'<{links.address(call, after=changes.cursor(place))}>; rel="next"'.encode()


async def _lines(
    own: Feed, told: list[Change], place: Place, left: int
) -> AsyncGenerator[bytes, None]:
    """A chunk for each page.

    Args:
        own: the feed.
        told: the first page.
        place: where it ends.
        left: changes that may follow it.
    """
    yield b"".join(json.change(each) + b"\n" for each in told)
    while left > 0:
        told, place = await own.page(place, min(left, _MOST))
        if not told:
            return
        left -= len(told)
        yield b"".join(json.change(each) + b"\n" for each in told)


async def _events(own: Feed, place: Place) -> AsyncGenerator[bytes, None]:
    """Server-Sent Events. The first has no data: a browser keeps its id, and comes back with it."""
    yield f"retry: {_RETRY}\nid: {changes.cursor(place)}\n\n".encode()
    said = monotonic()
    while not own.watch.closed:
        told, place = await own.page(place, _MOST)
        left = said + _BEAT_SECONDS - monotonic()
        if told:
            yield b"".join(map(_event, told))
        elif left <= 0:
            yield b":\n\n"
        else:
            await own.watch.wait(own.city.jurisdiction_id, place, left)
            continue
        said = monotonic()


def _event(each: Change) -> bytes:
    return f"id: {each.cursor}\nevent: {each.event}\ndata: ".encode() + json.change(each) + b"\n\n"


RESOURCES = [
    Resource(f"{ENDPOINT}/changes", {"GET": list_changes}),
    Resource(f"{ENDPOINT}/changes.ndjson", {"GET": stream_changes}, FORMATS["json"]),
    Resource(f"{ENDPOINT}/changes.sse", {"GET": follow_changes}, FORMATS["json"]),
]
"""The feed, in its three forms."""
