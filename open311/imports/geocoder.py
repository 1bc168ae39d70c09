"""An outside geocoder: asked where a city's register does not know, and never waited for long.

Whatever is wrong with it, an address is unknown then, as it would be without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import msgspec

from open311.domain import metres
from open311.domain.addresses import NONE, WITHIN, house, words
from open311.domain.city import City
from open311.domain.finding import Found
from open311.domain.readings import readings
from open311.formats.geocoders import House, Protocol
from open311.imports.guard import FAULTS, Guarded
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
        except (*FAULTS, msgspec.MsgspecError, ValueError) as error:
            self._breaker.failed()
            self._trouble.tell(cause=type(error).__qualname__)
            return None
        self._breaker.worked()
        self._trouble.over()
        return _one(city, text, told)

    async def close(self) -> None:
        """End every connection."""
        await self._calls.close()


def _one(city: City, text: str, told: list[House]) -> Found | None:
    """The house of that number in the city; None where there is none, or several apart."""
    wanted = {each.number.low for each in readings(text) if each.number != NONE}
    fit = [
        each
        for each in told
        if any(number.low in wanted for number, _ in house(words(each.number)))
        and (city.map is None or city.map.locate(each.long, each.lat))
    ]
    within = city.addresses or WITHIN
    if not fit or any(
        metres.distance(fit[0].long, fit[0].lat, each.long, each.lat) > within for each in fit
    ):
        return None
    return Found(None, text, fit[0].postcode, fit[0].long, fit[0].lat)
