"""Where a report is: at its point, moved to the boundary if it drifted there; or at its address.

A city with a register of addresses finds the point of an address in it, and the address of a point.
What the register does not know an outside geocoder may, where there is one.
"""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from open311.actions import finding
from open311.domain.city import City, Offer
from open311.domain.finding import Found
from open311.domain.requests import Whereabouts, misplaced, not_offered
from open311.spec import submission
from open311.spec.submission import Pairs, Submission
from open311.store import db

__all__ = ["Geocode", "find", "look_up"]


class Geocode(Protocol):
    """What asks somebody else where an address is."""

    async def __call__(self, city: City, text: str) -> Found | None:
        """Where it is, within the city; None: it is not known. Never fails."""

    async def close(self) -> None:
        """End every connection."""


_POINT = "lat, long"
_ANY = ("service_code", "any")  # of which nothing is looked up


async def look_up(
    reads: db.Reading, geocode: Geocode | None, city: City, pairs: Pairs
) -> Found | None:
    """What a report does not tell of its place: the point of its address, the address of its point.

    Args:
        reads: connections.
        geocode: asked where the register does not know; None: nobody is.
        city: the jurisdiction.
        pairs: the fields of the report; of what is faulty nothing is looked up.

    Returns:
        None where it is all told, or where nobody knows.
    """
    if city.addresses is None and geocode is None:
        return None
    placed = [pair for pair in pairs if pair[0] in submission.PLACE]
    names = {name for name, text in placed if text.strip()}
    if names >= {"lat", "long"} and len(names) > 2:  # noqa: PLR2004 - a point and an address
        return None
    sent, problems = submission.read([_ANY, *placed], "optional")
    if problems:
        return None
    if sent.lat is not None and sent.long is not None:
        told = sent.address_string or sent.address_id
        return None if told else await finding.nearest(reads, city, sent.long, sent.lat)
    found = await _registered(reads, city, sent)
    if found is None and geocode and sent.address_string:
        found = await geocode(city, sent.address_string)
    return found


async def _registered(reads: db.Reading, city: City, sent: Submission) -> Found | None:
    """By its id, else by its text."""
    if city.addresses is None:
        return None
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
