"""The GeoReport v2 endpoint, one handler a method."""

from __future__ import annotations

import msgspec

from open311.actions import answers, lists, places, requests, services, updates
from open311.domain.city import City
from open311.http import access, links, posts
from open311.http.answers import ASK_FIRST, NO_STORE, Answer
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
    return Answer(await services.extend(desk.reads.surely, city, asked, version, desk.versions))


async def list_requests(call: Call) -> Answer:
    """GET Service Requests. Source: GR-Q."""
    desk, city = call.desk, call.city()
    found = await lists.search(
        desk.reads, city, call.pairs, desk.now(), desk.settings.base_url, desk.shown
    )
    said = await _extended(call, city, found.requests)
    return msgspec.structs.replace(said, headers=(*said.headers, *links.headers(call, found)))


async def find_request(call: Call) -> Answer:
    """GET Service Request. Source: GR-R."""
    desk, city, asked = call.desk, call.city(), call.named("service_request_id")
    plain = await requests.find(desk.reads.surely, city, asked, desk.settings.base_url)
    return await _extended(call, city, plain)


async def _extended(call: Call, city: City, plain: ServiceRequests) -> Answer:
    """Requests as they were asked for: extended, and with answers for who may see these.

    Source: GR-X 10.5 to 10.7.
    """
    if not extensions.asked(call.pairs):
        return Answer(plain, brief=True)
    desk = call.desk
    told = await updates.extend(desk.reads, city, plain)
    reader = access.reader(call, city)
    if reader is None:
        return Answer(told, headers=(ASK_FIRST,))
    private = "requests:private" in reader.scopes
    whole = await answers.add(desk.writes, city, told, desk.versions, private=private)
    return Answer(whole, headers=(NO_STORE,))


async def redeem_token(call: Call) -> Answer:
    """GET service_request_id from a token. Source: GR-T."""
    found = await requests.redeem(call.desk.reads.surely, call.city(), call.named("token"))
    # who waits for an id and has heard it must not hear of another worker that it is not there
    (redeemed,) = found.service_requests
    return Answer(found, brief=redeemed.service_request_id is not None)


async def submit_request(call: Call) -> Answer:
    """POST Service Request: key, jurisdiction, service, then everything else. Source: GR-P-24."""
    desk = call.desk
    async with posts.received(call, "requests:write") as sent:
        city, pairs, files = sent.city, sent.form.pairs, sent.form.files
        offer = requests.asked_for(city, pairs)
        found = await places.look_up(desk.reads, city, offer.location, pairs)
        report = city, offer, pairs, len(files), sent.client, desk.now()
        new = requests.read(*report, found)
        if found is None and desk.geocode:  # which hears of no report that is refused
            found = await places.ask(desk.geocode, city, offer.location, pairs)
            new = requests.read(*report, found) if found else new
        if files:
            new = msgspec.structs.replace(new, media=await posts.kept(call, city, files))
        # If this fails, the pictures stay: a commit that was not answered may have happened.
        filed = await requests.file(desk.writes, new, sent.told, desk.spots)
    desk.tally.event("requests_filed")
    return Answer(filed)


RESOURCES = [
    Resource(f"{ENDPOINT}/services", {"GET": list_services}),
    Resource(f"{ENDPOINT}/services/*", {"GET": define_service}),
    Resource(f"{ENDPOINT}/requests", {"GET": list_requests, "POST": submit_request}),
    Resource(f"{ENDPOINT}/requests/*", {"GET": find_request}),
    Resource(f"{ENDPOINT}/tokens", {"GET": redeem_token}),  # says that the token is missing
    Resource(f"{ENDPOINT}/tokens/*", {"GET": redeem_token}),
]
"""Every resource of the standard but discovery."""
