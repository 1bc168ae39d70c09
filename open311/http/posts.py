"""What every POST of the endpoint begins with: its body whole, and a key that may. GR-P-24."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import msgspec

from open311.actions import keys, pictures
from open311.domain.city import City, Client
from open311.domain.scopes import Scope
from open311.formats import form
from open311.formats.form import Form
from open311.formats.multipart import File
from open311.http import access, bodies
from open311.http.calls import Call

__all__ = ["Sent", "kept", "received"]


class Sent(msgspec.Struct, frozen=True):
    """What a client sent, who that is, and to which city."""

    form: Form
    client: Client
    city: City  # in its own language, which is that of what is kept
    told: City  # in the language of the answer


@asynccontextmanager
async def received(call: Call, scope: Scope) -> AsyncIterator[Sent]:
    """A body with its key, city and rate looked at, in this order; its memory is held meanwhile.

    Raises:
        Forbidden: the key is missing or wrong, of another city, or has not that scope.
        NotFound: no such city.
        TooMany: the rate of the key is used up.
        Open311Error: the body cannot be read, is too large, or too slow.

    Source: GR-P-24.
    """
    desk = call.desk
    access.not_refused(call)
    with desk.room.share(partial(access.knows, call)) as take:
        sent = await _body(call, take)
        client = access.client(call, sent.api_keys)
        told = call.city(sent.pairs)
        city = desk.register.city(told.jurisdiction_id)
        access.belongs(client, city)
        access.allows(client, scope)
        await keys.count(desk.writes, client)
        yield Sent(sent, client, city, told)


async def _body(call: Call, take: Callable[[Sequence[bytes]], None]) -> Form:
    settings, content_type = call.desk.settings, call.header(b"content-type").decode("latin-1")
    texts = limit = settings.body_max_bytes
    if content_type.lower().startswith("multipart/"):
        limit += settings.media_max_files * settings.media_max_bytes
    body = await bodies.read(
        call.receive,
        call.header(b"content-length"),
        limit,
        settings.body_seconds,
        take=take,
    )
    call.unread = False
    return form.read(body, content_type, call.scope["query_string"], texts)


async def kept(call: Call, city: City, files: Sequence[File]) -> tuple[str, ...]:
    """Where pictures are served from now on; they win over a media_url. Source: GR-P-45.

    Raises:
        Invalid: too many, or not pictures that can be made harmless; each file is named.
        TooLarge: a file is.
    """
    if not files:
        return ()
    own, settings = city.jurisdiction_id, call.desk.settings
    stored = await pictures.keep(
        call.desk.media,
        own,
        files,
        most=settings.media_max_files,
        largest=settings.media_max_bytes,
    )
    return pictures.paths(own, stored)
