"""Proposed rules or areas, run over past requests: what would move. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from open311.actions.cities import known
from open311.domain import layers, replay, routing, routing_check
from open311.domain.areas import BOUNDARY, counts
from open311.domain.folder import Area, CityService
from open311.domain.map import Map
from open311.domain.moves import Batch, Comparison, Found
from open311.domain.replay import World
from open311.domain.routing_check import Known
from open311.domain.rules import RoutingFile
from open311.errors import Invalid, NotFound
from open311.formats import single_file
from open311.formats.json_file import Fault
from open311.store import areas as shapes
from open311.store import cities, db, definitions, past, routings
from open311.store.routings import Rules

__all__ = ["Proposal", "Stage", "run"]

_ONLY_READ = "set transaction isolation level repeatable read, read only"
_FIRST, _LAST = date(1, 1, 2), date(9999, 12, 29)  # between them every midnight is one in UTC


class Proposal(msgspec.Struct, frozen=True):
    """What is tried; what is not said is as it is today."""

    rules: RoutingFile | None = None
    name: str = "routing.json"  # of the file that they are from
    layer: str | None = None
    areas: Sequence[Area] = ()  # in the place of those of that layer


class Stage(msgspec.Struct, frozen=True):
    """What is known before the first request is looked at."""

    layers: tuple[str, ...]
    """Those that rules ask for, today or then, and that which is proposed."""

    today: tuple[Area, ...]
    then: tuple[Area, ...]
    """The areas of these layers, and the boundary."""

    notes: tuple[str, ...]
    """What is odd about the proposal."""


class _City(msgspec.Struct, frozen=True):
    """What both worlds share."""

    zone: ZoneInfo
    services: tuple[CityService, ...]  # by their codes
    offered: tuple[CityService, ...]
    acting: frozenset[str]


async def run(
    connection: db.Connection,
    jurisdiction_id: str,
    proposal: Proposal,
    days: tuple[date, date | None],
    now: datetime,
    observe: Callable[[Stage], Callable[[Batch], None]],
) -> Found:
    """Run a proposal over past requests.

    Args:
        connection: one that may see all of a city.
        jurisdiction_id: the city.
        proposal: rules, areas or both; what is said of them is sound by itself.
        days: of the city, the first and the last one; None: until now.
        now: aware; what is in force then is what the proposal is held against.
        observe: told what is known at first, it gives what is told of every batch of requests,
            oldest first.

    Raises:
        NotFound: no such city, or neither the city nor any rule knows the layer.
        Invalid: the rules name what is not there, or can never match; or nothing can move.
    """
    row = await known(connection, jurisdiction_id)
    async with db.owning(connection, jurisdiction_id):
        await connection.execute(_ONLY_READ)
        city = await _city(connection, jurisdiction_id, ZoneInfo(row["timezone"]), now)
        counting = await routings.latest(connection, jurisdiction_id, now)
        rules = proposal.rules or counting.file
        if rules is None:
            raise Invalid("The city has no rules yet, so that no area decides anything.")
        today = now.astimezone(city.zone).date()
        every = await shapes.every(connection, jurisdiction_id)
        areas = [each for each in every if counts(each, today)]
        stage = _stage(city, proposal, (counting.file, rules), areas)
        worlds = _worlds(city, stage, counting, rules)
        comparison, tell = Comparison(*worlds, stage.layers), observe(stage)
        requests = past.read(
            connection,
            jurisdiction_id,
            _midnight(days[0], city.zone),
            _midnight(days[1], city.zone, 1) if days[1] else now,
            {each.service_code: index for index, each in enumerate(city.services)},
            sorted({code for each in worlds for code in each.routing.tests}),
        )
        async for each in requests:
            tell(comparison.add(each))
    return comparison.found()


async def _city(
    transaction: db.Connection, jurisdiction_id: str, zone: ZoneInfo, now: datetime
) -> _City:
    standing = await definitions.in_force(transaction, jurisdiction_id, now)
    versions = {code: each.version for code, each in sorted(standing.items())}
    services = await definitions.contents(transaction, jurisdiction_id, versions)
    _, acting = await cities.departments(transaction, jurisdiction_id)
    return _City(
        zone=zone,
        services=tuple(services[code] for code in versions),
        offered=tuple(services[code] for code in versions if not standing[code].retired),
        acting=acting,
    )


def _midnight(day: date, zone: ZoneInfo, later: int = 0) -> datetime:
    """When a day begins in the city, or one some days later."""
    within = min(max(day, _FIRST), _LAST) + timedelta(later)
    return datetime.combine(within, time(), zone)


# --- the two worlds -----------------------------------------------------------------------------


def _stage(
    city: _City,
    proposal: Proposal,
    files: tuple[RoutingFile | None, RoutingFile],
    areas: Sequence[Area],
) -> Stage:
    """What is known at first.

    Raises:
        NotFound, Invalid: as `run`.
    """
    named = {layer for each in files if each for layer in _asked(each)}
    there = {each.layer for each in areas}
    if proposal.layer and proposal.layer not in named | there:
        known_ = ", ".join(sorted(there)) or "none"
        raise NotFound(f"There is no layer {proposal.layer!r}; there is: {known_}.")
    proposed = [*(each for each in areas if each.layer != proposal.layer), *proposal.areas]
    flaws = [*_flaws(city, files[1], proposed, proposal.name)]
    if proposal.rules and flaws:
        raise Invalid(*flaws)
    asked = sorted(named | {proposal.layer} if proposal.layer else named)
    kept = {*asked, BOUNDARY}
    return Stage(
        layers=(*asked,),
        today=tuple(each for each in areas if each.layer in kept),
        then=tuple(each for each in proposed if each.layer in kept),
        notes=(*flaws,),
    )


def _asked(file: RoutingFile) -> Iterator[str]:
    for each in file.rules:
        yield from each.when.areas or ()


def _flaws(city: _City, rules: RoutingFile, areas: Sequence[Area], name: str) -> list[str]:
    """What would be wrong with the rules in a city of these areas, in sentences."""
    known_ = Known(city.offered, city.acting, layers.codes(areas))
    found = routing_check.faults(rules, known_)
    return single_file.sentences((Fault(text, place) for place, text in found), name)


def _worlds(city: _City, stage: Stage, today: Rules, then: RoutingFile) -> tuple[World, World]:
    tolerances = today.file.tolerance if today.file else 0.0, then.tolerance
    before = Map(stage.today, tolerances[0])
    same = stage.today == stage.then and tolerances[0] == tolerances[1]
    after = before if same else Map(stage.then, tolerances[1])

    def made(rules: RoutingFile | None, version: int, areas: Map) -> World:
        ready = routing.compiled(rules, city.services, city.acting, city.zone, version)
        return replay.world(ready, areas, city.services)

    return made(today.file, today.version, before), made(then, today.version + 1, after)
