"""The border of a city: which position of it is nearest, in metres on the ellipsoid.

A line between two positions is straight in degrees, and may be long, cross a pole's cap or end at
the antimeridian. So nothing is compared in degrees: of the lines that a window holds (which can
only be too large) each is a curve in space, and the nearest position of each is closed in on.

Source: RFC 7946, 3.1.1 (lines).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from open311.domain import metres

__all__ = ["Border", "Foot"]

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]

_CHUNK = 64  # lines that share a box
_AT_ONCE = 1_000  # points whose windows are compared with all boxes
_PIECE = 1 / 64  # degrees; a line that is longer is looked at in pieces of this size
_BENT = math.radians(_PIECE)  # how far a piece leaves its chord, in lengths of it: half of this
_POLE, _SEAM = 90.0, 180.0  # degrees from zero
_GRID = np.linspace(0, 1, 129)
_ROUNDS = 4  # each closes in by 64: from 1,700 m to a tenth of a millimetre
_END = 1e-9  # degrees: a tenth of a millimetre, which is as good as the end of a line
_NUDGES = np.outer(4.0 ** np.arange(-23, -14), (1, -1)).ravel()[:, None]
"""Degrees: from the last digit to a tenth of a millimetre, to either side."""


class Foot(msgspec.Struct, frozen=True):
    """The nearest position of a border, and the ends of the line it is on; degrees."""

    at: Numbers
    start: Numbers
    end: Numbers

    def near(self) -> Numbers:
        """The foot, and what is beside it for as long as digits end: (n, 2), the best first.

        Hardly any position of a line can be written to the last digit; one beside it is covered.
        """
        east, north = self.end - self.start
        aside = np.array((-north, east)) / (math.hypot(east, north) or 1)
        ends = sorted((self.start, self.end), key=lambda end: float(abs(end - self.at).sum()))
        return np.vstack((self.at, self.at + _NUDGES * aside, *ends))


class Border:
    """Rings, ready to be asked: 16 bytes a position."""

    def __init__(self, rings: Iterable[Numbers]) -> None:
        """Take the rings of all areas that the city is made of.

        Args:
            rings: each (n, 2), degrees, closed; which way they run does not matter, nor which of
                them are holes.
        """
        self._chunks = [
            ring[first : first + _CHUNK + 1]
            for ring in rings
            for first in range(0, len(ring) - 1, _CHUNK)
        ]
        lows = np.array([chunk.min(axis=0) for chunk in self._chunks]).reshape(-1, 2)
        highs = np.array([chunk.max(axis=0) for chunk in self._chunks]).reshape(-1, 2)
        self._boxes = (lows, highs)

    def nearest(self, long: float, lat: float, within: float) -> Foot | None:
        """The position of the border that is nearest to a point.

        Args:
            long: degrees.
            lat: degrees.
            within: metres. What is farther need not be found.

        Returns:
            The foot, which may be somewhat farther; None: all of the border is. It is the nearest
            to a millimetre up to 10 km, and to (d / 6,000 km) ** 2 / 1,000 of d metres beyond.
        """
        window = _window(long, lat, within)
        chunks = [self._chunks[each] for each in _in(window, *self._boxes)]
        if not chunks:
            return None
        starts = np.concatenate([chunk[:-1] for chunk in chunks])
        ends = np.concatenate([chunk[1:] for chunk in chunks])
        lines = _in(window, np.minimum(starts, ends), np.maximum(starts, ends))
        if not lines.size:
            return None
        return _foot(starts[lines], ends[lines], metres.geocentric(np.array((long, lat))))

    def reached(self, longs: Numbers, lats: Numbers, within: float) -> NDArray[np.bool_]:
        """Which of many points may be so near; of the others `nearest` finds nothing.

        Args:
            longs: (n,), degrees.
            lats: (n,), degrees.
            within: metres.
        """
        lows, highs = self._boxes
        found = np.zeros(len(longs), bool)
        up, across = _reach(lats, within)
        for turn in (-360, 0, 360):
            (there,) = (abs(longs + turn) <= _SEAM + across).nonzero()
            for some in np.split(there, range(_AT_ONCE, len(there), _AT_ONCE)):
                long, lat, wide = longs[some, None] + turn, lats[some, None], across[some, None]
                touching = (lows[:, 0] <= long + wide) & (long - wide <= highs[:, 0])
                touching &= (lows[:, 1] <= lat + up) & (lat - up <= highs[:, 1])
                found[some] |= touching.any(axis=1)
        return found


# --- which lines may be near --------------------------------------------------------------------


def _window(long: float, lat: float, within: float) -> tuple[Numbers, Numbers]:
    """The lowest and the highest corner of what is so near, around the earth once more each way."""
    up, (across,) = _reach(np.array((lat,)), within)
    turns = [turn for turn in (-360, 0, 360) if abs(long + turn) <= _SEAM + across]
    middle = np.array([(long + turn, lat) for turn in turns])[:, None]
    sides = np.array((across, up))
    return middle - sides, middle + sides


def _reach(lats: Numbers, within: float) -> tuple[float, Numbers]:
    """How many degrees of latitude, and of longitude at each latitude, are so near."""
    reach = within / metres.LEAST_RADIUS * (1 + 1e-9)
    up = math.degrees(reach)
    across = np.full(len(lats), _SEAM)
    apart = abs(lats) + up < _POLE  # no pole is so near
    across[apart] = np.degrees(np.arcsin(math.sin(reach) / np.cos(np.radians(lats[apart]))))
    return up, across


def _in(window: tuple[Numbers, Numbers], lows: Numbers, highs: Numbers) -> Indices:
    """Which boxes touch a window."""
    lowest, highest = window
    touching = ((lows <= highest) & (lowest <= highs)).all(axis=2)
    return np.flatnonzero(touching.any(axis=0))


# --- the nearest position of them ---------------------------------------------------------------


def _foot(starts: Numbers, ends: Numbers, point: Numbers) -> Foot:
    """The nearest position of some lines to a point in space."""
    line, low, high = _pieces(ends - starts)
    kept = _hopeful(
        metres.geocentric(_at(starts[line], ends[line], low)),
        metres.geocentric(_at(starts[line], ends[line], high)),
        point,
    )
    line, low, high = line[kept], low[kept], high[kept]
    places, far = _closed_in(starts[line], ends[line], (low, high), point)
    chosen = far.argmin()
    start, end = starts[line[chosen]], ends[line[chosen]]
    at = start + (end - start) * places[chosen]
    for tip in (start, end):
        if abs(at - tip).max() < _END:
            at = tip
    return Foot(at, start, end)


def _closed_in(
    starts: Numbers, ends: Numbers, between: tuple[Numbers, Numbers], point: Numbers
) -> tuple[Numbers, Numbers]:
    """Where on each line, between two places of 0 to 1, it is nearest; how far, squared."""
    low, high = between
    each, here, along = np.arange(len(low)), starts[:, None], (ends - starts)[:, None]
    best, far = low, np.empty(0)
    for _ in range(_ROUNDS):
        places = low[:, None] + (high - low)[:, None] * _GRID
        gaps = metres.geocentric(here + along * places[..., None]) - point
        squares = (gaps**2).sum(axis=-1)
        least = squares.argmin(axis=1)
        best, far = places[each, least], squares[each, least]
        low = places[each, np.maximum(least - 1, 0)]
        high = places[each, np.minimum(least + 1, len(_GRID) - 1)]
    return best, far


def _pieces(along: Numbers) -> tuple[Indices, Numbers, Numbers]:
    """Pieces of lines: of which line each is, and from where on it to where, of 0 to 1."""
    counts = np.maximum(np.ceil(abs(along).max(axis=1) / _PIECE), 1).astype(np.intp)
    line = np.repeat(np.arange(len(along)), counts)
    first = np.repeat(counts.cumsum() - counts, counts)
    step = np.arange(len(line)) - first
    return line, step / counts[line], (step + 1) / counts[line]


def _at(starts: Numbers, ends: Numbers, places: Numbers) -> Numbers:
    return starts + (ends - starts) * places[:, None]


def _hopeful(starts: Numbers, ends: Numbers, point: Numbers) -> NDArray[np.bool_]:
    """The pieces that may be nearest, by their chords and how far they can be from these."""
    along = ends - starts
    square = (along**2).sum(axis=1)
    part = ((point - starts) * along).sum(axis=1) / np.where(square, square, 1)
    chord = starts + along * part.clip(0, 1)[:, None]
    far = np.sqrt(((chord - point) ** 2).sum(axis=1))
    slack = np.sqrt(square) * _BENT
    hopeful: NDArray[np.bool_] = far - slack <= (far + slack).min()
    return hopeful
