"""What would move: past reports under today's rules and areas, and under others; counted.

A report moves where another department would act on it, or another queue of the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from open311.domain import replay
from open311.domain.decisions import Decision
from open311.domain.map import LocatedMany
from open311.domain.replay import Indices, Numbers, Reports, World

__all__ = ["Batch", "Change", "Comparison", "Found", "Move", "Past", "Side", "Who", "who"]

Who = tuple[str, str]
"""A department, by its code, and a queue of it; "": none."""

Change = tuple[str, str]
"""The code of an area today and then; "": in none of the layer."""

T = TypeVar("T", str, Change)
Words = NDArray[np.str_]


class Past(msgspec.Struct, frozen=True, eq=False):
    """Past requests, oldest first: one item for each."""

    ids: Sequence[str | None]
    """Its service_request_id; None: it has none, or none yet."""

    moments: Sequence[datetime]
    departments: Sequence[str | None]
    """By its code, with which it is kept."""

    reports: Reports


class Side(msgspec.Struct, frozen=True, eq=False):
    """What moves of some reports in one of the two worlds: n of them."""

    decisions: tuple[Decision, ...]
    areas: dict[str, Words]
    """By layer, (n,): the code of the area; "": in none."""


class Batch(msgspec.Struct, frozen=True, eq=False):
    """What moves of some requests: n of them, in their order."""

    requests: int
    """How many were looked at."""

    ids: tuple[str | None, ...]
    services: tuple[str, ...]
    moments: tuple[datetime, ...]
    longs: Numbers
    lats: Numbers
    """Degrees; NaN, both: it has no point."""

    today: Side
    then: Side


class Move(msgspec.Struct, frozen=True):
    """All that moves from one to another."""

    today: Who
    then: Who
    requests: int
    services: tuple[tuple[str, int], ...]
    """By service_code, most first; so with areas."""

    areas: dict[str, tuple[tuple[Change, int], ...]]
    """By layer."""


class Found(msgspec.Struct, frozen=True):
    """What was found."""

    requests: int
    moved: int
    outside: tuple[int, int]
    """How many points lie outside of the boundary, beyond the tolerance: today, and then."""

    left: int
    """How many of those then are not today."""

    kept: int
    """How many are kept with another department than today's rules and areas say."""

    moves: tuple[Move, ...]
    """Most first."""


class _Count(msgspec.Struct):
    """How often something moves from one to another: by service, and by layer and areas."""

    services: Counter[int]
    areas: dict[str, Counter[tuple[int, int]]]


class Comparison:
    """Two worlds, and what was counted so far."""

    def __init__(self, today: World, then: World, layers: Sequence[str]) -> None:
        """Begin with nothing.

        Args:
            today: rules and areas in force.
            then: the proposed ones, of the same services.
            layers: by whose areas it is counted.
        """
        self._worlds, self._layers = (today, then), layers
        sides = [[*map(who, each.decisions)] for each in self._worlds]
        self._who = [*dict.fromkeys(sides[0] + sides[1])]
        own = {each: index for index, each in enumerate(self._who)}
        self._to = [np.array([own[each] for each in side], np.intp) for side in sides]
        self._codes = [
            {layer: np.array([*each.map.codes.get(layer, ()), ""]) for layer in layers}
            for each in self._worlds
        ]
        self._requests = self._kept = self._left = 0
        self._outside = [0, 0]
        self._counts: dict[tuple[int, int], _Count] = {}

    def add(self, past: Past) -> Batch:
        """Count requests, and say which of them move."""
        (today, then), reports = self._worlds, past.reports
        before = replay.locate(today.map, reports)
        after = before if then.map is today.map else replay.locate(then.map, reports)
        found = replay.decide(today, reports, before), replay.decide(then, reports, after)
        acts = [to[each] for to, each in zip(self._to, found, strict=True)]
        self._note(past, acts[0], (before, after))
        which = np.flatnonzero(acts[0] != acts[1])
        areas = [
            {layer: _at(each, layer, which) for layer in self._layers} for each in (before, after)
        ]
        self._count(acts[0][which], acts[1][which], reports.services[which], areas)
        sides = (
            Side(
                tuple(world.decisions[each] for each in own[which].tolist()),
                {layer: codes[layer][places] for layer, places in areas_.items()},
            )
            for world, own, codes, areas_ in zip(
                self._worlds, found, self._codes, areas, strict=True
            )
        )
        places = which.tolist()
        return Batch(
            len(found[0]),
            tuple(past.ids[each] for each in places),
            tuple(today.codes[each] for each in reports.services[which].tolist()),
            tuple(past.moments[each] for each in places),
            reports.longs[which],
            reports.lats[which],
            *sides,
        )

    def _note(self, past: Past, acts: Indices, located: tuple[LocatedMany, LocatedMany]) -> None:
        """What is told of all of them."""
        names = [department for department, _ in self._who]
        self._requests += len(acts)
        self._kept += sum(
            kept != names[said] for kept, said in zip(past.departments, acts.tolist(), strict=True)
        )
        before, after = (~each.inside & ~np.isnan(past.reports.longs) for each in located)
        self._outside[0] += int(before.sum())
        self._outside[1] += int(after.sum())
        self._left += int((after & ~before).sum())

    def _count(
        self, today: Indices, then: Indices, services: Indices, areas: list[dict[str, Indices]]
    ) -> None:
        for (*pair, service), many in _alike(today, then, services):
            count = self._counts.setdefault(
                (pair[0], pair[1]),
                _Count(Counter(), {layer: Counter() for layer in self._layers}),
            )
            count.services[service] += many
        for layer in self._layers:
            for (*pair, before, after), many in _alike(
                today, then, areas[0][layer], areas[1][layer]
            ):
                self._counts[pair[0], pair[1]].areas[layer][before, after] += many

    def found(self) -> Found:
        """What was counted so far."""
        moves = [self._move(*pair, count) for pair, count in self._counts.items()]
        return Found(
            requests=self._requests,
            moved=sum(each.requests for each in moves),
            outside=(self._outside[0], self._outside[1]),
            left=self._left,
            kept=self._kept,
            moves=tuple(sorted(moves, key=lambda each: (-each.requests, each.today, each.then))),
        )

    def _move(self, today: int, then: int, count: _Count) -> Move:
        codes = self._worlds[0].codes
        return Move(
            self._who[today],
            self._who[then],
            count.services.total(),
            _most((codes[each], many) for each, many in count.services.items()),
            {layer: _most(self._changes(layer, count)) for layer in self._layers},
        )

    def _changes(self, layer: str, count: _Count) -> Iterator[tuple[Change, int]]:
        today, then = (codes[layer] for codes in self._codes)
        for (before, after), many in count.areas[layer].items():
            yield (str(today[before]), str(then[after])), many


def who(decision: Decision) -> Who:
    """Who acts by a decision."""
    return decision.department, decision.queue or ""


def _at(located: LocatedMany, layer: str, which: Indices) -> Indices:
    """Which area of a layer some reports are in; -1: in none."""
    if layer not in located.areas:
        return np.full(len(which), -1, np.intp)
    return located.areas[layer][which].astype(np.intp)


def _alike(*columns: Indices) -> Iterator[tuple[list[int], int]]:
    """Every row of some columns that there is, and how many times."""
    rows, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return zip(rows.tolist(), counts.tolist(), strict=True)


def _most(counted: Iterator[tuple[T, int]]) -> tuple[tuple[T, int], ...]:
    """Most first."""
    return tuple(sorted(counted, key=lambda each: (-each[1], each[0])))
