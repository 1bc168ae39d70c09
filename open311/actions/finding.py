"""Which address of a city's register is meant: by a text, by an id, or nearest to a point."""

from __future__ import annotations

from open311.domain import finding, slips
from open311.domain.addresses import NONE, words
from open311.domain.city import City
from open311.domain.finding import Candidate, Found, Missed
from open311.domain.readings import Reading, readings
from open311.store import addresses as rows
from open311.store import db

__all__ = ["find", "named", "nearest"]

_SHORTEST, _LONGEST = 3, 8  # letters, and words, of a street that may be misspelt
_MOST = 12  # streets that a text may mean


async def find(reads: db.Reading, city: City, text: str) -> Found | Missed:
    """The one address of a city that a text means."""
    own, ways = city.jurisdiction_id, readings(text)
    within = city.addresses or 0.0
    there = await rows.fit(reads, own, [(each.number.low, each.street) for each in ways])
    equal = [Candidate(ways[place], point) for place, point in there]
    known_words = words(city.name)
    found = finding.best(equal, known_words, within)
    return found if found != "unknown" else await _misspelt(reads, own, ways, known_words, within)


async def _misspelt(
    reads: db.Reading,
    own: str,
    ways: list[Reading],
    known_words: tuple[str, ...],
    within: float,
) -> Found | Missed:
    """The same, where no street is written as it is."""
    asked: dict[str, list[Reading]] = {}
    for each in ways:
        size = len(each.street.split())
        if each.number != NONE and size <= _LONGEST and len(each.street) >= _SHORTEST:
            asked.setdefault(each.street, []).append(each)
    alike = await rows.alike(reads, own, list(asked)[:_MOST])
    whole = {*asked, *(slips.plain(spelt, street) for spelt, street, _ in alike)}
    exist = await rows.there(reads, own, sorted(whole)) if alike else set[str]()
    like = [
        (way, street, likeness)
        for spelt, street, likeness in slips.slips(alike, exist)
        for way in asked[spelt]
    ]
    there = await rows.fit(reads, own, [(way.number.low, street) for way, street, _ in like])
    return finding.best(
        [Candidate(like[at][0], point, like[at][2]) for at, point in there], known_words, within
    )


async def named(reads: db.Reading, city: City, address_id: str) -> Found | Missed:
    """The address of a city that has an id."""
    for each in await rows.of_ids(reads, city.jurisdiction_id, [address_id]):
        return finding.named(each)
    return "unknown"


async def nearest(reads: db.Reading, city: City, long: float, lat: float) -> Found | None:
    """The address nearest to a point, if one is near enough for the city."""
    if city.addresses is None:
        return None
    near = await rows.near(reads, city.jurisdiction_id, long, lat, city.addresses)
    return finding.nearest(near, long, lat, city.addresses)
