"""Where a report is: at its point, moved to the boundary if it drifted there; or at its address.

A city with a register of addresses finds the point of an address in it, and the address of a point.
What the register does not know an outside geocoder may, where there is one.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from msgspec.structs import replace

from open311.actions import finding
from open311.domain.city import City, Offer
from open311.domain.finding import Found
from open311.domain.requests import Whereabouts, misplaced, not_offered
from open311.log import Seldom
from open311.spec import submission
from open311.spec.submission import Location, Pairs, Submission
from open311.store import db

__all__ = ["Geocode", "ask", "find", "look_up"]


class Geocode(Protocol):
    """What asks somebody else where an address is."""

    async def __call__(self, city: City, text: str) -> Found | None:
        """Where it is, within the city; None: it is not known. Never fails."""

    async def close(self) -> None:
        """End every connection."""


_POINT = "lat, long"
_ANY = ("service_code", "any")  # of which nothing is looked up
_SECONDS = 1.0  # that a register may take; a report does not wait longer for its place

_slow = Seldom("addresses_slow")


async def look_up(reads: db.Reading, city: City, location: Location, pairs: Pairs) -> Found | None:
    """What a report does not tell of its place, by the register: its point, or its address.

    Args:
        reads: connections.
        city: the jurisdiction.
        location: of the service; where it is not kept, nothing is looked up.
        pairs: the fields of the report; of what is faulty nothing is looked up.

    Returns:
        None where it is all told, where nobody knows, or not soon enough.
    """
    sent = _wanting(location, pairs) if city.addresses is not None else None
    if sent is None:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            if sent.lat is None or sent.long is None:
                return await _registered(reads, city, sent)
            told = sent.address_string or sent.address_id
            return None if told else await finding.nearest(reads, city, sent.long, sent.lat)
    except TimeoutError:
        _slow.tell(jurisdiction_id=city.jurisdiction_id)
        return None


async def ask(geocode: Geocode, city: City, location: Location, pairs: Pairs) -> Found | None:
    """The point of an address that the register does not know, by somebody else.

    Only of a report that is sound but for its place: of others nobody is told.

    Args:
        geocode: who is asked.
        city: the jurisdiction.
        location: as in `look_up`.
        pairs: as in `look_up`.
    """
    sent = _wanting(location, pairs)
    if sent is None or sent.lat is not None or not sent.address_string:
        return None
    return await geocode(city, sent.address_string)


def _wanting(location: Location, pairs: Pairs) -> Submission | None:
    """A place that is told by half, of a service that keeps it."""
    placed = [pair for pair in pairs if pair[0] in submission.PLACE]
    names = {name for name, text in placed if text.strip()}
    if location == "none" or not names:
        return None
    if names >= {"lat", "long"} and len(names) > 2:  # noqa: PLR2004 - a point and an address
        return None
    sent, problems = submission.read([_ANY, *placed], "optional")
    return None if problems else sent


async def _registered(reads: db.Reading, city: City, sent: Submission) -> Found | None:
    """By its id, else by its text."""
    found = await finding.named(reads, city, sent.address_id) if sent.address_id else "unknown"
    if isinstance(found, str) and sent.address_string:
        found = await finding.find(reads, city, sent.address_string)
    return None if isinstance(found, str) else found


def find(
    city: City, offer: Offer, sent: Submission, found: Found | None = None
) -> tuple[Whereabouts, tuple[str, ...]]:
    """Where a report is counted.

    Args:
        city: the jurisdiction.
        offer: the service.
        sent: what it tells of its place is read; the rest need not be good.
        found: what it does not tell, from `look_up`.

    Returns:
        The place, and what is wrong with it, in words: a city takes nothing that lies outside of
        it, or where the service is not offered. An address that nobody found is taken, unplaced.
    """
    told = bool(sent.address_string or sent.address_id)
    place = Whereabouts(sent.lat, sent.long, sent.address_string, sent.address_id, unplaced=told)
    argument = _POINT
    if found and (told or sent.lat is not None):
        place = _completed(place, found)
        if sent.lat is None:
            argument = "address_string" if sent.address_string else "address_id"
    if place.lat is None or place.long is None:
        return place, ()
    if city.map is None:
        return replace(place, unplaced=False), ()
    located = city.map.locate(place.long, place.lat)
    if located is None:
        return place, (misplaced(city, argument, place.long, place.lat),)
    there = replace(place, lat=located.lat, long=located.long, located=located, unplaced=False)
    problem = not_offered(offer, argument, located)
    return there, (problem,) if problem else ()


def _completed(place: Whereabouts, found: Found) -> Whereabouts:
    """A place with what it did not tell; what it did stays as it was told."""
    return replace(
        place,
        lat=found.lat if place.lat is None else place.lat,
        long=found.long if place.long is None else place.long,
        address=place.address or found.address,
        address_id=place.address_id or found.address_id,
        zipcode=found.postcode or None,
    )
