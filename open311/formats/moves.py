"""What would move, as a table for people, and each of it as CSV or GeoJSON for programs.

Source: RFC 4180; RFC 7946.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Protocol

import msgspec

from open311.domain.decisions import Decision
from open311.domain.moves import Batch, Change, Found, Who
from open311.formats.spreadsheet import harmless
from open311.spec import w3c_datetime

__all__ = ["WRITERS", "Writer", "acting", "headline", "table"]


class Writer(Protocol):
    """What moves, written as it comes."""

    def add(self, batch: Batch) -> None:
        """Write what moves of some requests."""

    def end(self) -> None:
        """Write what comes last."""


# --- for programs -------------------------------------------------------------------------------

_NOTHING = (None, None)


def _names(layers: Sequence[str]) -> list[str]:
    """What is told of each, but for its place."""
    sides = [
        f"{side}_{what}" for side in ("from", "to") for what in ("department", "queue", "rule")
    ]
    areas = [f"{side}_area.{layer}" for layer in layers for side in ("from", "to")]
    return ["service_request_id", "service_code", "requested_datetime", *sides, *areas]


def _rows(batch: Batch, layers: Sequence[str]) -> Iterator[tuple[tuple[Any, Any], list[Any]]]:
    """The place of each (longitude, latitude), and what is told of it, in the order of names."""
    areas = [side.areas[layer].tolist() for layer in layers for side in (batch.today, batch.then)]
    for index, (long, lat) in enumerate(
        zip(batch.longs.tolist(), batch.lats.tolist(), strict=True)
    ):
        yield (
            _NOTHING if math.isnan(long) else (long, lat),
            [
                batch.ids[index],
                batch.services[index],
                w3c_datetime.show(batch.moments[index]),
                *_side(batch.today.decisions[index]),
                *_side(batch.then.decisions[index]),
                *(each[index] or None for each in areas),
            ],
        )


def _side(decision: Decision) -> tuple[str | None, ...]:
    return decision.department, decision.queue, decision.rule


class _Csv:
    """A line for each, and one of names before them; what is nothing is empty."""

    def __init__(self, file: IO[str], layers: Sequence[str]) -> None:
        self._rows, self._layers = csv.writer(file, lineterminator="\n"), layers
        self._rows.writerow([*_names(layers), "long", "lat"])

    def add(self, batch: Batch) -> None:
        for place, told in _rows(batch, self._layers):
            self._rows.writerow([*map(harmless, told), *place])

    def end(self) -> None:
        """Nothing comes last."""


class _GeoJson:
    """A feature for each; one without a point has no geometry."""

    def __init__(self, file: IO[str], layers: Sequence[str]) -> None:
        self._file, self._layers, self._names = file, layers, _names(layers)
        self._file.write('{"type": "FeatureCollection", "features": [')
        self._before = "\n"

    def add(self, batch: Batch) -> None:
        for place, told in _rows(batch, self._layers):
            point = None if place == _NOTHING else {"type": "Point", "coordinates": place}
            feature = {
                "type": "Feature",
                "geometry": point,
                "properties": dict(zip(self._names, told, strict=True)),
            }
            self._file.write(self._before + msgspec.json.encode(feature).decode())
            self._before = ",\n"

    def end(self) -> None:
        self._file.write("\n]}\n")


WRITERS: dict[str, Callable[[IO[str], Sequence[str]], Writer]] = {"csv": _Csv, "geojson": _GeoJson}
"""Each by its name: made of where to write, and of the layers whose areas are told."""


# --- for people ---------------------------------------------------------------------------------

_SHOWN = 20  # lines of one kind
_WIDE, _COUNT = 44, 10  # characters


def headline(found: Found) -> Iterator[str]:
    """What was found, in a few sentences."""
    yield f"{found.requests:,} requests, of which {_share(found, found.moved)} would move."
    today, then = found.outside
    fewer = today - then + found.left
    moved = f" ({found.left:,} more, {fewer:,} fewer)" if found.left or fewer else ""
    yield (
        f"Outside of the boundary, where no report is taken: {today:,} today, {then:,} then{moved}."
    )
    yield (
        "Apart from that, kept with another department than today's rules and areas say:"
        f" {found.kept:,}, sent on by staff or filed under older ones."
    )


def _share(found: Found, some: int) -> str:
    return f"{some:,} ({100 * some / max(found.requests, 1):.2f} %)"


def table(found: Found) -> Iterator[str]:
    """Lines: what moves from whom to whom, by service and by area, most first.

    A layer is told of where any of it lies in an area of that, today or then.
    """
    yield from headline(found)
    for move in found.moves:
        yield ""
        yield f"{acting(move.today)} -> {acting(move.then)}: {_share(found, move.requests)}"
        yield from _lines("service", move.services, str)
        for layer, changes in move.areas.items():
            if any(code for change, _ in changes for code in change):
                yield from _lines(layer, changes, _change)


def acting(who: Who) -> str:
    """Who acts, as people read it."""
    department, queue = who
    return f"{department} ({queue})" if queue else department


def _change(change: Change) -> str:
    today, then = (each or "none" for each in change)
    return today if today == then else f"{today} -> {then}"


def _lines(
    kind: str, counted: Sequence[tuple[Any, int]], told: Callable[[Any], str]
) -> Iterator[str]:
    rest = [many for _, many in counted[_SHOWN:]]
    rows = [(told(each), many) for each, many in counted[:_SHOWN]]
    rows += [(f"{len(rest)} others", sum(rest))] if rest else []
    for text, many in rows:
        yield f"  {f'{kind} {text}':{_WIDE}}{many:>{_COUNT},}"
