"""Past reports under any rules and areas, in bulk: what `routing.decide` says of each of them.

Rules are bits here, too (see `matching`), in words of 64: of every service, area, channel and time
there is a row of words, and what matches many reports is the `and` of a few rows for each. Answers
are looked at, one report after the other, only where they decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from open311.domain import attributes, matching, routing
from open311.domain.decisions import Decision, Place, Report
from open311.domain.folder import CityService
from open311.domain.map import LocatedMany, Map
from open311.domain.routing import Routing
from open311.domain.rules import Channel

__all__ = [
    "CHANNELS",
    "Indices",
    "Numbers",
    "Reports",
    "World",
    "decide",
    "locate",
    "world",
]

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]
Words = NDArray[np.uint64]

CHANNELS: tuple[str, ...] = get_args(Channel)

_BITS = 64
_WORD = np.dtype("<u8")
_DAY = 86_400  # seconds
_MONDAY = 3 * matching.DAY  # minutes of its week that were over when 1970 began
_NOWHERE = Place({}, {}, 0.0)


class Reports(msgspec.Struct, frozen=True, eq=False):
    """What is looked at of past reports: one item for each, in their order."""

    services: Indices
    """Which of those that the world was made with."""

    longs: Numbers
    lats: Numbers
    """Degrees; NaN, both: it has no point."""

    told: NDArray[np.bool_]
    """Whether it told of a place, be it a point or an address."""

    at: NDArray[np.int64]
    """Seconds since 1970, UTC."""

    channels: Indices
    """Which of `CHANNELS`; -1: none of them."""

    answers: Sequence[str | None]
    """JSON, as they are stored."""


class World(msgspec.Struct, frozen=True, eq=False):
    """Rules and areas, ready to decide in bulk."""

    routing: Routing
    map: Map
    decisions: tuple[Decision, ...]
    """What can be decided, but for the place: by each rule, then triage, then by each service."""

    services: Words
    """By service, the rules that are about it: one row each, as in all of these."""

    asking: Words
    """By service, those of them that its answers decide about."""

    layers: dict[str, Words]
    """By layer and area; the last row is of every other place. So with channels."""

    channels: Words
    week: Words
    """By the parts of a week that the rules tell apart."""

    codes: tuple[str, ...]
    times: tuple[frozenset[str], ...]
    """By service, its code, and its questions that are answered by a time."""


def world(rules: Routing, areas: Map, services: Sequence[CityService]) -> World:
    """Make rules and areas ready.

    Args:
        rules: from `routing.compiled`, of the same services.
        areas: of the layers that the rules name, at least.
        services: all that reports may name, retired ones, too.
    """
    tables, size = rules.tables, -(-len(rules.rules) // _BITS) or 1
    asking = {code: matching.bits(tests) for code, tests in rules.tests.items()}
    about = [
        tables.about(each.service_code, each.group)
        & rules.acting
        & ~_never(rules, asking.get(each.service_code, 0))
        for each in services
    ]
    layers = {
        layer: [*map(table.of, areas.codes.get(layer, ())), table.other]
        for layer, table in tables.layers.items()
    }
    return World(
        routing=rules,
        map=areas,
        decisions=(*_decisions(rules, services),),
        services=_words(about, size),
        asking=_words([asking.get(each.service_code, 0) for each in services], size),
        layers={layer: _words(rows, size) for layer, rows in layers.items()},
        channels=_words([tables.channels.of(each) for each in (*CHANNELS, None)], size),
        week=_words(tables.week.masks, size),
        codes=tuple(each.service_code for each in services),
        times=tuple(
            frozenset(each.code for each in one.attributes if each.datatype == "datetime")
            for one in services
        ),
    )


def _never(rules: Routing, asking: int) -> int:
    """The rules that ask for answers which a service never has, and match nothing without them."""
    unasked = {i: tests for i, tests in rules.unasked.items() if not asking >> i & 1}
    return matching.bits(i for i, tests in unasked.items() if not all(test({}) for test in tests))


def _decisions(rules: Routing, services: Sequence[CityService]) -> Iterable[Decision]:
    moment = datetime.fromtimestamp(0, rules.zone)
    yield from (routing.by_rule(rules, each, _NOWHERE) for each in rules.rules)
    reports = [Report(each.service_code, each.group, {}, moment) for each in services]
    unplaced = [msgspec.structs.replace(each, unplaced=True) for each in reports]
    yield from (routing.otherwise(rules, each, _NOWHERE) for each in (*unplaced, *reports))


def _words(rows: Sequence[int], size: int) -> Words:
    whole = b"".join(row.to_bytes(size * _BITS // 8, "little") for row in rows)
    return np.frombuffer(whole, _WORD).reshape(len(rows), size)


# --- where --------------------------------------------------------------------------------------


def locate(areas: Map, reports: Reports) -> LocatedMany:
    """Where reports are counted; one without a point is nowhere."""
    there = ~np.isnan(reports.longs)
    found = areas.locate_many(reports.longs[there], reports.lats[there])
    if there.all():
        return found

    def spread(values: Any, missing: float) -> Any:
        whole = np.full(len(there), missing, values.dtype)
        whole[there] = values
        return whole

    return LocatedMany(
        spread(found.inside, False),
        spread(found.longs, np.nan),
        spread(found.lats, np.nan),
        spread(found.moved, 0.0),
        {layer: spread(codes, -1) for layer, codes in found.areas.items()},
    )


# --- who ----------------------------------------------------------------------------------------


def decide(world: World, reports: Reports, located: LocatedMany) -> Indices:
    """Who acts on reports, and why.

    Args:
        world: the rules and areas.
        reports: n of them.
        located: the same ones, as `locate` says by the map of that world.

    Returns:
        (n,): which of the decisions of the world it is.
    """
    left = world.services[reports.services]
    for layer, rows in world.layers.items():
        left &= rows[located.areas[layer]] if layer in located.areas else rows[-1]
    left &= world.channels[reports.channels]
    if world.routing.tables.timed:
        left &= world.week[_parts(world, reports.at)]
    asking = world.asking[reports.services]
    found = _first(left & ~asking)
    for report in np.flatnonzero(_first(left & asking) < found).tolist():
        found[report] = _by_answers(world, reports, report, left[report])
    return _whole(world, reports, located, found)


def _first(left: Words) -> Indices:
    """The first rule that is left in each row; beyond all words where none is."""
    word = (left != 0).argmax(axis=1)
    bits = left[np.arange(len(left)), word]
    lowest = np.bitwise_count((bits & -bits) - np.uint64(1)).astype(np.intp)
    found: Indices = np.where(bits == 0, _BITS * left.shape[1], word * _BITS + lowest)
    return found


def _by_answers(world: World, reports: Reports, report: int, left: Words) -> int:
    service = reports.services[report]
    answers = attributes.revived(reports.answers[report], world.times[service])
    rules = int.from_bytes(left.tobytes(), "little")
    index = routing.first(world.routing, rules, world.codes[service], answers)
    return _BITS * len(left) if index is None else index


def _whole(world: World, reports: Reports, located: LocatedMany, found: Indices) -> Indices:
    """By rules, where any matches, else as `routing.otherwise` has it."""
    rules, unplaced = len(world.routing.rules), reports.told & ~located.inside
    otherwise = rules + reports.services + np.where(unplaced, 0, len(world.codes))
    whole: Indices = np.where(found < rules, found, otherwise)
    return whole


# --- when ---------------------------------------------------------------------------------------


def _parts(world: World, at: NDArray[np.int64]) -> Indices:
    """Which part of a week each second is in, by the clocks of the city."""
    local = at + _offsets(at, world.routing.zone)
    minutes = (local // 60 + _MONDAY) % matching.WEEK
    starts = np.array(world.routing.tables.week.starts)
    return starts.searchsorted(minutes, "right") - 1


def _offsets(at: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Seconds that the clocks of a zone are ahead; they are seldom changed, so asked by days."""
    days, which = np.unique(at // _DAY, return_inverse=True)
    ends = [(_ahead(day * _DAY, zone), _ahead((day + 1) * _DAY, zone)) for day in days.tolist()]
    ahead = np.array(ends, np.int64).reshape(-1, 2)[which]
    for each in np.flatnonzero(ahead[:, 0] != ahead[:, 1]).tolist():
        ahead[each] = _ahead(at[each], zone)
    whole: NDArray[np.int64] = ahead[:, 0]
    return whole


def _ahead(second: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(int(second), zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
