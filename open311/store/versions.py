"""The versions of definitions that a worker was asked for last.

A version never changes, so it is kept by its number until others need the room.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from open311.domain.folder import CityService
from open311.store import queries
from open311.store.db import Connection, Connections

__all__ = ["Number", "Versions"]

_SQL = queries.load("definitions")
_SERVICE = msgspec.json.Decoder(CityService)

Number: TypeAlias = tuple[str, int]
"""A version: its service_code and number."""


class Versions:
    """What versions say, as many as have room."""

    def __init__(self, room: int = 2_000_000) -> None:
        """Keep so many bytes, as the versions are stored; in memory they take four times as much.

        Args:
            room: the version that was asked for longest ago goes first.
        """
        self._kept: OrderedDict[tuple[str, Number], tuple[int, CityService]] = OrderedDict()
        self._free = room

    async def read(
        self, reads: Connection | Connections, jurisdiction_id: str, wanted: Iterable[Number]
    ) -> dict[Number, CityService]:
        """The versions of that name, by it; only those that have begun."""
        found: dict[Number, CityService] = {}
        missing: list[Number] = []
        for each in wanted:
            kept = self._kept.get((jurisdiction_id, each))
            if kept is None:
                missing.append(each)
            else:
                self._kept.move_to_end((jurisdiction_id, each))
                found[each] = kept[1]
        if missing:
            codes, numbers = zip(*missing, strict=True)
            for code, number, text in await reads.fetch(
                _SQL["begun"], jurisdiction_id, codes, numbers
            ):
                service = found[code, number] = _SERVICE.decode(text)
                self._keep((jurisdiction_id, (code, number)), len(text), service)
        return found

    def _keep(self, key: tuple[str, Number], size: int, service: CityService) -> None:
        if before := self._kept.pop(key, None):  # somebody else read it meanwhile
            self._free += before[0]
        self._kept[key] = size, service
        self._free -= size
        while self._free < 0:
            self._free += self._kept.popitem(last=False)[1][0]
