"""What happens in every city without being asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog

from open311.actions import archive
from open311.actions.archive import Place
from open311.errors import Open311Error
from open311.store import cities, db, requests, tallies

__all__ = ["Archive", "add_up", "number"]

_LOG = structlog.get_logger()


async def number(writes: db.Connections) -> int:
    """Give the requests of batch services that wait their ids; how many. Source: GR-T-04."""
    return await _everywhere(writes, requests.number, "numbering_failed")


async def add_up(writes: db.Connections) -> int:
    """Add up what was counted of late, so that totals stay quick; how many lines that were."""
    return await _everywhere(writes, tallies.add_up, "adding_up_failed")


class Archive:
    """The duty to bring every city's archive up to date once a day, from an hour of its day on."""

    def __init__(self, place: Place, hour: int, now: Callable[[], datetime]) -> None:
        """Nothing is done yet; `hour` is that of the city, `now` the clock."""
        self._place, self._hour, self._now = place, hour, now
        self._done: dict[str, date] = {}  # the last day, by city

    async def write(self, writes: db.Connections) -> int:
        """Write what is due; how many files."""
        count, now = 0, self._now()
        for row in await cities.directory(writes):
            own, local = row["jurisdiction_id"], now.astimezone(ZoneInfo(row["timezone"]))
            if local.hour < self._hour or self._done.get(own) == local.date():
                continue
            try:
                async with writes.transaction(own) as transaction:
                    city = await cities.read(transaction, row)
                count += await archive.write(self._place, city, now)
            except Open311Error:
                raise
            except Exception as error:  # noqa: BLE001 - nor must it here
                _LOG.error("archiving_failed", jurisdiction_id=own, exc_info=error)
            self._done[own] = local.date()
        return count


async def _everywhere(
    writes: db.Connections, work: Callable[[db.Connection, str], Awaitable[int]], failed: str
) -> int:
    """Do something in a transaction of each city; the sum of what it says."""
    count = 0
    for row in await cities.directory(writes):
        own = row["jurisdiction_id"]
        try:
            async with writes.transaction(own) as transaction:
                count += await work(transaction, own)
        except Open311Error:
            raise
        except Exception as error:  # noqa: BLE001 - one city's trouble must not hold up the others
            _LOG.error(failed, jurisdiction_id=own, exc_info=error)
    return count
