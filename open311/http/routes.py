"""Will you take this here, and who gets it? Asked before anything is filed."""

from __future__ import annotations

from open311.actions import keys, places, requests, routes
from open311.http import access
from open311.http.answers import ASK_FIRST, Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def try_route(call: Call) -> Answer:
    """The dry run: the arguments of a POST of requests, in the query, and no key is needed."""
    city = call.city()
    client = access.holder(call, city)
    channel = client.channel if client else None
    offer = requests.asked_for(city, call.pairs)
    found = await places.look_up(call.desk.reads, city, offer.location, call.pairs)
    tried = routes.dry_run(city, offer, call.pairs, channel, call.desk.now(), found)
    geocode = call.desk.geocode
    if found is None and geocode and client and "requests:write" in client.scopes:
        # Strangers do not speak to others through us.
        await keys.count(call.desk.writes, client)
        if found := await places.ask(geocode, city, offer.location, call.pairs):
            tried = routes.dry_run(city, offer, call.pairs, channel, call.desk.now(), found)
    return Answer(tried, headers=(ASK_FIRST,))


RESOURCES = [Resource(f"{ENDPOINT}/route", {"GET": try_route})]
"""The dry run of a report."""
