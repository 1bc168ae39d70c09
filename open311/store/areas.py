"""Rows of the areas of a city, by layers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from open311.domain.folder import Area
from open311.store import queries
from open311.store.changes import Change, counted
from open311.store.db import Connection

__all__ = ["codes", "every", "layers", "load", "replace", "state"]

_SQL = queries.load("areas")


async def every(transaction: Connection, jurisdiction_id: str) -> list[Area]:
    """All areas of a city, those of other days too, by layer, code and day."""
    rows = await transaction.fetch(_SQL["every"], jurisdiction_id)
    return [
        Area(layer, code, name, text.encode(), begins, ends)
        for layer, code, name, text, begins, ends in rows
    ]


async def load(
    transaction: Connection, jurisdiction_id: str, areas: Sequence[Area], layers: Sequence[str]
) -> Change:
    """Make some layers of a city equal to these areas; what is equal is not touched.

    Args:
        transaction: of the city.
        jurisdiction_id: the city.
        areas: of these layers.
        layers: those that are meant; one without areas is gone.
    """
    keys = (
        [each.layer for each in areas],
        [each.code for each in areas],
        [each.valid_from for each in areas],
    )
    gone = await transaction.fetch(_SQL["remove"], jurisdiction_id, *keys, layers)
    written = await transaction.fetch(
        _SQL["load"],
        jurisdiction_id,
        *keys,
        [each.valid_to for each in areas],
        [each.name for each in areas],
        [each.geometry.decode() for each in areas],
    )
    return counted("areas", written, gone)


async def state(
    transaction: Connection, jurisdiction_id: str
) -> tuple[tuple[int, int], list[date]]:
    """Which state the areas of a city are in, and the days on which some begin or end."""
    rows = await transaction.fetch(_SQL["state"], jurisdiction_id)
    if not rows:
        return (0, 0), []
    return (rows[0]["areas"], rows[0]["version"]), sorted(rows[0]["days"] or ())


async def codes(transaction: Connection, jurisdiction_id: str, day: date) -> dict[str, set[str]]:
    """By layer, the codes of the areas that count on a day of the city, or later."""
    found: dict[str, set[str]] = {}
    for layer, code in await transaction.fetch(_SQL["codes"], jurisdiction_id, day):
        found.setdefault(layer, set()).add(code)
    return found


async def layers(transaction: Connection, jurisdiction_id: str) -> list[str]:
    """The names of a city's layers."""
    rows = await transaction.fetch(_SQL["layers"], jurisdiction_id)
    return [row["layer"] for row in rows]


async def replace(
    transaction: Connection,
    jurisdiction_id: str,
    layer: str,
    areas: Sequence[Area],
    begins: date,
) -> Change:
    """Put areas in the place of those that a layer has from a day on.

    What counts before that day counts until then; what was to begin later never does.

    Args:
        transaction: of the city.
        jurisdiction_id: the city.
        layer: its name.
        areas: of that layer, valid from that day on.
        begins: the day; `date.min`: from ever.
    """
    before = [
        each
        for each in await every(transaction, jurisdiction_id)
        if each.layer == layer and each.valid_from < begins
    ]
    kept = [_until(each, begins) for each in before]
    return await load(transaction, jurisdiction_id, [*kept, *areas], [layer])


def _until(area: Area, day: date) -> Area:
    return Area(
        area.layer, area.code, area.name, area.geometry, area.valid_from, min(area.valid_to, day)
    )
