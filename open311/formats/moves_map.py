"""A map of what would move: areas as they are and would be, and points coloured by from and to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from open311.domain import moves
from open311.domain.areas import BOUNDARY, Shape, shape
from open311.domain.folder import Area
from open311.domain.moves import Batch, Found, Who
from open311.formats import svg_map
from open311.formats.map_view import View
from open311.formats.moves import acting, headline
from open311.formats.svg_map import Layer, Mark, Style

__all__ = ["Picture"]

_COLOURS = (
    svg_map.RED,
    svg_map.BLUE,
    svg_map.GREEN,
    svg_map.ORANGE,
    svg_map.PURPLE,
    svg_map.SKY,
    svg_map.YELLOW,
)
_OTHERS = svg_map.GREY
_CELLS = 240  # along the longer side of the map: what is nearer than that is one point
_CELL = 0.001  # degrees, of a city without areas

Pair = tuple[Who, Who]
Cell = tuple[int, int]


class Picture:
    """What moves, by place: however many there are, of those in one cell the first is drawn."""

    def __init__(self, today: Sequence[Area], then: Sequence[Area]) -> None:
        """Begin with the areas of both worlds."""
        self._today, self._then = _shapes(today), _shapes(then)
        every = [*self._today.values(), *self._then.values()]
        self._view = View(every, _CELLS, _CELLS) if every else None
        self._cells: dict[Pair, dict[Cell, tuple[float, float, int]]] = {}

    def add(self, batch: Batch) -> None:
        """Note what moves of some requests."""
        places = np.column_stack((batch.longs, batch.lats))
        there = ~np.isnan(batch.longs)
        known = np.where(there[:, None], places, 0)
        if self._view is None:
            cells = known / _CELL
        else:
            cells = self._view.pixels(self._view.beside(known))
            size = self._view.width, self._view.height
            there &= ((cells >= 0) & (cells <= size)).all(axis=1)
        cells = np.floor(cells).astype(int)
        for index in np.flatnonzero(there).tolist():
            pair = moves.who(batch.today.decisions[index]), moves.who(batch.then.decisions[index])
            cell, (long, lat) = tuple(cells[index].tolist()), places[index].tolist()
            own = self._cells.setdefault(pair, {})
            *first, many = own.get(cell, (long, lat, 0))
            own[cell] = (*first, many + 1)

    def drawn(self, title: str, found: Found) -> bytes:
        """The map.

        Args:
            title: what was tried on what.
            found: what was counted of the same requests.
        """
        layers = [*self._areas(), *self._points(found)]
        frame = [*self._today.values(), *self._then.values()]
        seen = sum(many for own in self._cells.values() for *_, many in own.values())
        told = [*headline(found)]
        if found.moved > seen:
            told.append(f"{found.moved - seen:,} that would move have no point on this map.")
        return svg_map.drawn(title, " ".join(told), layers, frame)

    def _areas(self) -> Iterator[Layer]:
        """The boundary and what differs; all areas lightly, where none does."""
        same = {key for key, own in self._today.items() if self._then.get(key) == own}
        bounds = {key for key in same if key[0] == BOUNDARY}
        before = {key: own for key, own in self._today.items() if key not in same}
        after = {key: own for key, own in self._then.items() if key not in same}
        if not (before or after):
            areas = {key: own for key, own in self._today.items() if key not in bounds}
            yield _outlines("Areas that rules ask for", areas, Style(line=svg_map.GREY, width=0.6))
        if bounds:
            whole = {key: self._today[key] for key in bounds}
            yield _outlines("Boundary", whole, Style(line=svg_map.INK, width=1.2))
        if before or after:
            dashed = Style(line=svg_map.INK, width=1.2, dashes="5 4")
            yield _outlines("Areas of today that differ", before, dashed, labelled=False)
            yield _outlines("Areas as they would be", after, Style(line=svg_map.BLUE, width=1.6))

    def _points(self, found: Found) -> Iterator[Layer]:
        """One layer for each of the largest moves, the smallest above; the others in one."""
        named, rest = found.moves[: len(_COLOURS)], found.moves[len(_COLOURS) :]
        for move, colour in zip(named, _COLOURS, strict=False):
            told = f"{acting(move.today)} → {acting(move.then)}: {move.requests:,}"
            yield self._layer(told, colour, [(move.today, move.then)])
        if rest:
            many = sum(each.requests for each in rest)
            told = f"{len(rest)} other moves: {many:,}"
            yield self._layer(told, _OTHERS, [(each.today, each.then) for each in rest])

    def _layer(self, title: str, colour: str, pairs: Sequence[Pair]) -> Layer:
        marks = [
            Mark(shapely.Point(long, lat), f"{many:,} there" if many > 1 else "")
            for pair in pairs
            for long, lat, many in self._cells.get(pair, {}).values()
        ]
        return Layer(title, Style(fill=colour, opacity=0.75, radius=2.5), marks)


def _shapes(areas: Sequence[Area]) -> dict[tuple[str, str], Shape]:
    return {(each.layer, each.code): shape(each) for each in areas}


def _outlines(
    title: str, areas: dict[tuple[str, str], Shape], style: Style, *, labelled: bool = True
) -> Layer:
    marks = [
        Mark(own, f"{layer} {code}", code if labelled and layer != BOUNDARY else "")
        for (layer, code), own in sorted(areas.items(), key=lambda each: each[0])
    ]
    return Layer(title, style, marks)
