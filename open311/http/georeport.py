"""The GeoReport v2 endpoint, one handler a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from open311.actions import answers, keys, lists, pictures, places, requests, services
from open311.domain.city import City
from open311.domain.requests import NewRequest
from open311.formats import form
from open311.formats.form import Form
from open311.http import access, bodies, links
from open311.http.answers import Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource
from open311.spec import extensions
from open311.spec.documents import ServiceRequests

__all__ = ["RESOURCES"]


async def list_services(call: Call) -> Answer:
    """GET Service List. Source: GR-S. With `lat` and `long`, of what is offered there."""
    return Answer(services.list_services(call.city(), call.pairs), lasting=True)


async def define_service(call: Call) -> Answer:
    """GET Service Definition. Source: GR-A, GR-X 10.5.

    `extensions=true` shows all of its rules, `version=N` those of an older version.
    """
    city, asked = call.city(), call.named("service_code")
    version = services.version_asked(call.pairs)
    if version is None:
        return Answer(services.define(city, asked), lasting=True)
    desk = call.desk
    return Answer(await services.extend(desk.reads, city, asked, version, desk.versions))


async def list_requests(call: Call) -> Answer:
    """GET Service Requests. Source: GR-Q."""
    desk, city = call.desk, call.city()
    found = await lists.search(
        desk.reads, city, call.pairs, desk.now(), desk.settings.base_url, desk.shown
    )
    said = await _with_answers(call, city, found.requests)
    return msgspec.structs.replace(said, headers=(*said.headers, *links.headers(call, found)))


async def find_request(call: Call) -> Answer:
    """GET Service Request. Source: GR-R."""
    desk, city, asked = call.desk, call.city(), call.named("service_request_id")
    plain = await requests.find(desk.reads, city, asked, desk.settings.base_url)
    return await _with_answers(call, city, plain)


async def _with_answers(call: Call, city: City, plain: ServiceRequests) -> Answer:
    """Requests, with what was answered where who asks may see that. Source: GR-X 10.6."""
    reader = access.reader(call, city) if extensions.asked(call.pairs) else None
    if reader is None:
        return Answer(plain)
    desk, private = call.desk, "requests:private" in reader.scopes
    whole = await answers.add(desk.writes, city, plain, desk.versions, private=private)
    return Answer(whole, headers=((b"cache-control", b"no-store"),))


async def redeem_token(call: Call) -> Answer:
    """GET service_request_id from a token. Source: GR-T."""
    return Answer(await requests.redeem(call.desk.reads, call.city(), call.named("token")))


async def submit_request(call: Call) -> Answer:
    """POST Service Request: key, jurisdiction, service, then everything else. Source: GR-P-24."""
    desk = call.desk
    access.not_refused(call)
    with desk.room.share(partial(access.knows, call)) as take:
        sent = await _body(call, take)
        client = access.client(call, sent.api_keys)
        told = call.city(sent.pairs)
        city = desk.register.city(told.jurisdiction_id)  # what is kept is in the city's language
        access.belongs(client, city)
        access.allows(client, "requests:write")
        await keys.count(desk.writes, client)
        offer = requests.asked_for(city, sent.pairs)
        found = await places.look_up(desk.reads, city, offer.location, sent.pairs)
        report = city, offer, sent.pairs, len(sent.files), client, desk.now()
        new = requests.read(*report, found)
        if found is None and desk.geocode:  # which hears of no report that is refused
            found = await places.ask(desk.geocode, city, offer.location, sent.pairs)
            new = requests.read(*report, found) if found else new
        if sent.files:
            new = await _with_pictures(call, new, sent)
        # If this fails, the pictures stay: a commit that was not answered may have happened.
        filed = await requests.file(desk.writes, new, told, desk.spots)
    desk.tally.event("requests_filed")
    return Answer(filed)


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


async def _with_pictures(call: Call, new: NewRequest, sent: Form) -> NewRequest:
    """The request with its pictures kept; they win over a media_url. Source: GR-P-45."""
    own, settings = new.jurisdiction_id, call.desk.settings
    stored = await pictures.keep(
        call.desk.media,
        own,
        sent.files,
        most=settings.media_max_files,
        largest=settings.media_max_bytes,
    )
    return msgspec.structs.replace(new, media=pictures.paths(own, stored))


RESOURCES = [
    Resource(f"{ENDPOINT}/services", {"GET": list_services}),
    Resource(f"{ENDPOINT}/services/*", {"GET": define_service}),
    Resource(f"{ENDPOINT}/requests", {"GET": list_requests, "POST": submit_request}),
    Resource(f"{ENDPOINT}/requests/*", {"GET": find_request}),
    Resource(f"{ENDPOINT}/tokens", {"GET": redeem_token}),  # says that the token is missing
    Resource(f"{ENDPOINT}/tokens/*", {"GET": redeem_token}),
]
"""Every resource of the standard but discovery."""
