"""What a worker showed last, kept in memory: a list of it needs no more than its versions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from sys import getsizeof

import msgspec

from open311.domain.city import City
from open311.spec.documents import ServiceRequest, Written
from open311.store.db import Row
from open311.store.tallies import Counted

__all__ = ["Known", "Shown"]

_WORTH_ASKING = 0.25  # asking in vain costs a third of what it saves otherwise
_LISTS = 32  # so many tell whether it does


class Known(msgspec.Struct, frozen=True, gc=False):
    """A request as it was shown."""

    version: int
    city: City
    request: ServiceRequest
    size: int  # what all of this takes, in bytes
    written: Written


class Shown:
    """The requests that a worker showed last, to be shown again without reading them again.

    A row's version grows with every change of it, so a list asks for ids and versions first, and
    needs no more when it has shown all of these. That pays for those who poll, and not for those
    who walk through the past: so it is done while a quarter of the lists are of requests known.
    The names in a request are those of a `City`, in a language of its own; and a city that was read
    anew is another one.
    """

    def __init__(self, room: int = 24_000_000) -> None:
        """Keep what fits into so many bytes; the oldest goes first."""
        # not a dict: that looks for its oldest entry among all that were there before it
        self._kept: OrderedDict[tuple[int, str], Known] = OrderedDict()
        self._room, self._free = room, room
        self.totals: dict[tuple[object, ...], Counted | None] = {}
        """How many there are on all pages of lists, by what is asked and in which second; None
        where it was asked once."""
        self._luck = 1.0  # how many lists of late were of requests known: 0 to 1

    @property
    def is_likely(self) -> bool:
        """Whether it pays to ask for versions first."""
        return self._luck > _WORTH_ASKING

    def all(self, city: City, keys: Sequence[Row]) -> list[Known] | None:
        """The requests of these rows, each (id, version, ...); None where one is not known."""
        found, kept, language = [], self._kept, city.language
        for key in keys:
            known = kept.get((key[0], language))
            if known is None or known.version != key[1] or known.city is not city:
                self._luck -= self._luck / _LISTS
                return None
            found.append(known)
        self._luck += (1 - self._luck) / _LISTS
        return found

    def keep(
        self, city: City, rows: Sequence[Row], requests: Sequence[ServiceRequest]
    ) -> list[Known]:
        """Remember what was made of rows that begin with id and version."""
        made = []
        for row, request in zip(rows, requests, strict=True):
            own = row[0], city.language
            if known := self._kept.pop(own, None):
                self._free += known.size
            self._kept[own] = new = Known(row[1], city, request, _size(request), Written())
            self._free -= new.size
            made.append(new)
        while self._free < 0:
            self._free += self._kept.popitem(last=False)[1].size
        return made

    def clear(self) -> None:
        """Forget everything, old cities too."""
        self._kept.clear()
        self._free = self._room
        self.totals.clear()


def _size(request: ServiceRequest) -> int:
    """What a kept request takes at most, in bytes, with what the formats make of it.

    Measured without its texts; and those, which stand in it, in JSON and, longest, in XML.
    """
    texts = (
        request.description,
        request.status_notes,
        request.service_notice,
        request.address,
        request.address_id,
        request.media_url,
    )
    return 1_700 + 7 * sum(map(getsizeof, texts))
