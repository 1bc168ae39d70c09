"""Will you take this here, and who gets it? Asked before anything is filed."""

from __future__ import annotations

from open311.actions import keys, places, routes
from open311.http import access
from open311.http.answers import Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def try_route(call: Call) -> Answer:
    """The dry run: the arguments of a POST of requests, in the query, and no key is needed."""
    city = call.city()
    client = access.holder(call, city)
    channel = client.channel if client else None
    geocode = None  # strangers do not speak to others through us
    if client and call.desk.geocode and "requests:write" in client.scopes:
        await keys.count(call.desk.writes, client)
        geocode = call.desk.geocode
    found = await places.look_up(call.desk.reads, geocode, city, call.pairs)
    return Answer(routes.dry_run(city, call.pairs, channel, call.desk.now(), found))


RESOURCES = [Resource(f"{ENDPOINT}/route", {"GET": try_route})]
"""The dry run of a report."""
