"""An outside geocoder: asked where a city's register does not know, and never waited for long.

Whatever is wrong with it, an address is unknown then, as it would be without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from open311.domain.addresses import NONE, WITHIN, Point, Written, entry, words
from open311.domain.city import City
from open311.domain.finding import Candidate, Found, best
from open311.domain.readings import readings
from open311.domain.slips import slips
from open311.formats.geocoders import House, Protocol
from open311.imports.guard import Guarded
from open311.log import Seldom

__all__ = ["Breaker", "Geocoder"]

_MOST = 4  # calls at a time, of a worker
_LARGEST = 256_000  # bytes of an answer
_FAILURES, _REST = 3, 30.0  # after which it is left alone, and for how many seconds


class Breaker:
    """Whether somebody is asked at all: not while they rest, after failing several times.

    After the rest one call is let through; the others wait for what comes of it.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Closed: everything passes."""
        self._clock, self._failures, self._until = clock, 0, 0.0

    def passes(self) -> bool:
        """Whether to call now."""
        if self._failures < _FAILURES:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + _REST  # this one tries
        return True

    def failed(self) -> None:
        """Note a failure."""
        self._failures += 1
        self._until = self._clock() + _REST

    def worked(self) -> None:
        """Note a success: everything passes again."""
        self._failures = 0


class Geocoder:
    """An `actions.places.Geocode`: finds the one house of a city that an address means."""

    def __init__(
        self, protocol: Protocol, url: str, seconds: float, *, loopback: bool = False
    ) -> None:
        """Ask nobody yet.

        Args:
            protocol: that it speaks.
            url: below which it answers.
            seconds: for one answer, from the name of the host to its last byte.
            loopback: it may be on this machine; for tests alone.
        """
        self._protocol, self._url, self._seconds = protocol, url.rstrip("/"), seconds
        self._calls = Guarded(most=_MOST, largest=_LARGEST, loopback=loopback)
        self._seats, self._breaker = asyncio.Semaphore(_MOST), Breaker()
        self._trouble = Seldom("geocoder_failed")

    async def __call__(self, city: City, text: str) -> Found | None:
        """Where an address is; None: unknown, of several places, or nobody answers."""
        if self._seats.locked() or not self._breaker.passes():
            return None
        box = city.map.box if city.map else None
        asked = text if box else f"{text}, {city.name}"
        try:
            async with self._seats:
                url = self._url + self._protocol.query(asked, box)
                told = self._protocol.read(await self._calls.get(url, self._seconds))
            found = _one(city, text, told)
        except Exception as error:  # noqa: BLE001 - whatever it says, no report is lost for it
            self._breaker.failed()
            self._trouble.tell(cause=type(error).__qualname__)
            return None
        self._breaker.worked()
        self._trouble.over()
        return found

    async def close(self) -> None:
        """End every connection."""
        await self._calls.close()


def _one(city: City, text: str, told: list[House]) -> Found | None:
    """The house that a text means, held to it as one of the register is; None: none, or several."""
    points = [
        point
        for index, each in enumerate(told)
        if each.number
        and (city.map is None or city.map.locate(each.long, each.lat))
        and (point := _point(str(index), each))
    ]
    ways = [each for each in readings(text) if each.number != NONE]
    there = {each.street for each in points}
    alike = {
        (way.street, street): _likeness(way.street, street) for way in ways for street in there
    }
    likely = {(asked, street): 1.0 for asked, street in alike if asked == street}
    for asked, street, likeness in slips(
        [(*both, likeness) for both, likeness in alike.items()], there
    ):
        likely.setdefault((asked, street), likeness)
    fit = [
        Candidate(way, point, likely[way.street, point.street])
        for way in ways
        for point in points
        if (way.street, point.street) in likely
    ]
    found = best(fit, words(city.name), city.addresses or WITHIN)
    if isinstance(found, str):
        return None
    return Found(None, text, found.postcode, found.long, found.lat)


def _point(own: str, told: House) -> Point | None:
    """A house as an address of a register; None: it has no street, or none that there could be."""
    try:
        return entry(
            Written(
                address_id=own,
                number=told.number,
                street=told.street,
                city=told.within,
                postcode=told.postcode,
                long=told.long,
                lat=told.lat,
            )
        )
    except ValueError:
        return None


def _likeness(one: str, other: str) -> float:
    """Of two streets, as the register counts it (pg_trgm); 1.0 where they are equal."""
    ours, theirs = _trigrams(one), _trigrams(other)
    return 1.0 if one == other else min(len(ours & theirs) / len(ours | theirs), 0.99)


def _trigrams(text: str) -> set[str]:
    padded = [f"  {word} " for word in text.split()]
    return {each[at : at + 3] for each in padded for at in range(len(each) - 2)}
