"""The areas of a city, a layer at a time: put in the place of those that it had, and read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from open311.actions.cities import known
from open311.domain import layers
from open311.domain.areas import BOUNDARY, counts
from open311.domain.folder import Area
from open311.errors import Conflict, NotFound
from open311.store import areas as rows
from open311.store import cities, db, definitions, routings
from open311.store.changes import Change

__all__ = ["of_layer", "of_layer_on", "on_day", "put"]


async def put(
    connection: db.Connection,
    jurisdiction_id: str,
    layer: str,
    areas: Sequence[Area],
    begins: date,
    now: datetime,
    *,
    consent: bool = False,
) -> Change:
    """Make areas those that a layer has from a day on, whole or not at all.

    Args:
        connection: one that may write cities.
        jurisdiction_id: the city.
        layer: its name.
        areas: of that layer, valid, from that day on.
        begins: that day; `date.min`: from ever. Areas from before count until then.
        now: aware; the new changeset, where anything changes.
        consent: also where rules or services name an area that is no more.

    Raises:
        NotFound: no such city.
        Conflict: they do, and nobody consented; each is named.
    """
    zone = ZoneInfo((await known(connection, jurisdiction_id))["timezone"])
    async with db.owning(connection, jurisdiction_id):
        await definitions.lock(connection, jurisdiction_id, now)  # one change of a city at a time
        change = await rows.replace(connection, jurisdiction_id, layer, areas, begins)
        day = max(begins, now.astimezone(zone).date())
        at = max(now, datetime.combine(day, time(), zone))
        left = [each async for each in _left(connection, jurisdiction_id, layer, day, at)]
        if left and not consent:
            raise Conflict(f"What is named of {layer} would be no more:", *left)
        if change:
            await cities.announce(connection, jurisdiction_id, moved=now.replace(microsecond=0))
    return change


async def _left(
    connection: db.Connection, jurisdiction_id: str, layer: str, day: date, at: datetime
) -> AsyncIterator[str]:
    """What services and rules name of a layer that does not count from a day on, in sentences."""
    there = await rows.codes(connection, jurisdiction_id, day)
    for each in await definitions.offered(connection, jurisdiction_id, at):
        for place, text in layers.strange(each.offered_in, there):
            if place[0] == layer:
                yield f"{each.service_code}: offered_in: {text}."
    rules = await routings.latest(connection, jurisdiction_id, at)
    for rule in rules.file.rules if rules.file else ():
        for place, text in layers.strange(rule.when.areas, there):
            if place[0] == layer:
                yield f"routing.json: rule {rule.code!r}: {text}."


async def of_layer(connection: db.Connection, jurisdiction_id: str, layer: str) -> list[Area]:
    """The areas of a layer, those of other days too.

    Raises:
        NotFound: no such city, or no such layer; names those that there are.
    """
    await known(connection, jurisdiction_id)
    return [
        each for each in await _every(connection, jurisdiction_id, [layer]) if each.layer == layer
    ]


async def of_layer_on(
    connection: db.Connection, jurisdiction_id: str, layer: str, day: date | None, now: datetime
) -> list[Area]:
    """The areas of a layer that count on a day, without their days; arguments as for `on_day`.

    Raises:
        NotFound: no such city, or no such layer; names those that there are.
    """
    _, found = await on_day(connection, jurisdiction_id, [layer], day, now)
    return [
        replace(each, valid_from=date.min, valid_to=date.max)
        for each in found
        if each.layer == layer
    ]


async def on_day(
    connection: db.Connection,
    jurisdiction_id: str,
    layers: Sequence[str],
    day: date | None,
    now: datetime,
) -> tuple[date, list[Area]]:
    """The areas of some layers that count on a day, and those of the boundary; and which day.

    Args:
        connection: one that may read the city.
        jurisdiction_id: the city.
        layers: their names; none: all.
        day: None: today by the clocks of the city.
        now: aware.

    Raises:
        NotFound: no such city, or no such layer; names those that there are.
    """
    city = await known(connection, jurisdiction_id)
    on = day or now.astimezone(ZoneInfo(city["timezone"])).date()
    wanted = {*layers, BOUNDARY}
    return on, [
        each
        for each in await _every(connection, jurisdiction_id, layers)
        if counts(each, on) and (each.layer in wanted or not layers)
    ]


async def _every(
    connection: db.Connection, jurisdiction_id: str, layers: Sequence[str]
) -> list[Area]:
    """All areas of a city, in which these layers must be."""
    async with db.owning(connection, jurisdiction_id):
        every = await rows.every(connection, jurisdiction_id)
    there = dict.fromkeys(each.layer for each in every)
    missing = [layer for layer in layers if layer not in there]
    if missing:
        names = ", ".join(there) or "none"
        raise NotFound(*(f"There is no layer {each!r}; there is: {names}." for each in missing))
    return every
