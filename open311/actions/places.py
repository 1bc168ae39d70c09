"""Where a report is: at the point that it tells of, moved to the boundary if it drifted there."""

from __future__ import annotations

from msgspec.structs import replace

from open311.domain.city import City, Offer
from open311.domain.requests import Whereabouts, misplaced, not_offered
from open311.spec.submission import Submission

__all__ = ["find"]


_POINT = "lat, long"


def find(city: City, offer: Offer, sent: Submission) -> tuple[Whereabouts, tuple[str, ...]]:
    """Where a report is counted.

    Args:
        city: the jurisdiction.
        offer: the service.
        sent: what it tells of its place is read; the rest need not be good.

    Returns:
        The place, and what is wrong with it, in words: a city takes nothing that lies outside of
        it, or where the service is not offered.
    """
    told = bool(sent.address_string or sent.address_id)
    place = Whereabouts(sent.lat, sent.long, sent.address_string, sent.address_id, unplaced=told)
    if sent.lat is None or sent.long is None:
        return place, ()
    if city.map is None:
        return replace(place, unplaced=False), ()
    located = city.map.locate(sent.long, sent.lat)
    if located is None:
        return place, (misplaced(city, _POINT, sent.long, sent.lat),)
    found = replace(place, lat=located.lat, long=located.long, located=located, unplaced=False)
    problem = not_offered(offer, _POINT, located)
    return found, (problem,) if problem else ()
