"""Where residents report from: hot spots inside a city, and the streets that run there.

Streets are invented: a grid of names over the city, the same for every history of it. Coordinates
are degrees, WGS84, longitude first.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec
import shapely

from open311.domain import areas as shapes
from open311.domain.addresses import Written
from open311.domain.folder import Area

__all__ = [
    "Ground",
    "Point",
    "address",
    "anywhere",
    "beside",
    "ground",
    "houses",
    "inside",
    "spots",
    "zipcode",
]

Point: TypeAlias = tuple[float, float]
"""Longitude and latitude, six decimals."""

_DEGREE = 111_195  # metres
_BLOCK = 256  # points drawn and tested at once
_SPREAD = 450  # metres, standard deviation of the widest hot spot
_STREET = 180  # metres between streets
_LENGTH = 4_000  # metres until a street changes its name
_FRONT = 10  # metres of a house
_BACK = 8  # metres of a house from the middle of its street
_CORNER = 25  # metres from a crossing
_POSTAL = 1_500  # metres

_LETTERS = "ABCEGHJKLMNPRSTVWXYZ"
_STEMS = (  # noqa: SIM905 - eighty quoted words are hard to read
    "Alder Anchor Bayberry Bellbuoy Bollard Bowline Brine Cairn Candlewick Capstan Chandler "
    "Cormorant Cranberry Curlew Dory Driftwood Eelgrass Ember Fathom Fennel Fernhill Fiddlehead "
    "Flint Fogbell Foxglove Gannet Granary Halyard Harrier Hawser Heron Hollyhock Ironmonger "
    "Juniper Kelp Kestrel Kingfisher Lamplighter Lantern Larch Lobster Lookout Mackerel Maple "
    "Marlin Mast Millrace Mizzen Mussel Netmaker Northwind Oakum Orchard Osprey Petrel Pilot "
    "Plover Quarry Quayside Rigger Ropewalk Rowan Sailmaker Saltbox Sandpiper Schooner Sextant "
    "Shipwright Skipper Sorrel Spindrift Spruce Tallow Tern Thistle Tideline Timber Topsail "
    "Wharfinger Windlass"
).split()
_SUFFIXES = ("Street", "Avenue", "Lane", "Road", "Hill", "Row", "Way", "Close")


class Ground(msgspec.Struct, frozen=True):
    """The ground of a city: its shape, its south-west corner, metres a degree, street names."""

    shape: shapes.Shape
    west: float
    south: float
    scale: Point
    names: tuple[str, ...]


def ground(areas: Sequence[Area], named: str) -> Ground:
    """The ground of a city.

    Args:
        areas: one or more; the boundary where there is one, else all together.
        named: whose streets, such as the jurisdiction_id; the same text gives the same names.
    """
    inside = [each for each in areas if each.layer == shapes.BOUNDARY] or areas
    whole = shapely.union_all([shapes.shape(each) for each in inside])
    shapely.prepare(whole)
    west, south, _, north = whole.bounds
    names = [f"{stem} {suffix}" for stem in _STEMS for suffix in _SUFFIXES]
    random.Random(named).shuffle(names)  # noqa: S311 - invented streets
    narrow = math.cos(math.radians((south + north) / 2))
    return Ground(whole, west, south, (_DEGREE * narrow, _DEGREE), tuple(names))


# --- points ---


def anywhere(within: Ground, rng: random.Random) -> Iterator[Point]:
    """Points spread evenly over the ground, without end."""
    return _held(within.shape, lambda: _even(within.shape, rng))


def inside(within: Ground, layers: Iterable[Sequence[Area]], rng: random.Random) -> Iterator[Point]:
    """Points spread evenly over what of the ground lies in an area of each layer, without end."""
    shape = within.shape
    for areas in layers:
        shape &= shapely.union_all([shapes.shape(each) for each in areas])
    shapely.prepare(shape)
    return _held(shape, lambda: _even(shape, rng))


def spots(
    within: Ground, areas: Sequence[Area], count: int, rng: random.Random
) -> list[Iterator[Point]]:
    """Hot spots: streams of points without end, each Gaussian about a centre of its own.

    Args:
        within: no point lies outside of it.
        areas: each as likely to hold a centre as any other, so that small ones, where people live
            close together, have more of them; but of layers that hold most of the ground only,
            since nobody lives in a layer of parks.
        count: of hot spots.
        rng: seeded.
    """
    held: Counter[str] = Counter()  # by layer, square degrees
    inside: list[tuple[str, shapes.Shape]] = []
    for each in areas:
        whole = shapes.shape(each)
        part = whole & within.shape
        held[each.layer] += part.area
        if part.area > whole.area / 2:
            inside.append((each.layer, part))
    lived_in = [part for layer, part in inside if held[layer] > within.shape.area / 2]
    mostly_inside = lived_in or [part for _, part in inside]
    centres = [_somewhere(rng.choice(mostly_inside), rng) for _ in range(count)]
    west, south, east, north = within.shape.bounds
    wide, high = within.scale
    reach = min(_SPREAD, (east - west) * wide / 4, (north - south) * high / 4)
    return [_about(within, centre, rng.uniform(reach / 9, reach), rng) for centre in centres]


def beside(within: Ground, point: Point, metres: float, rng: random.Random) -> Point:
    """A point some metres from another; that one itself where the ground ends."""
    moved = _moved(within, point, metres, rng)
    return moved if shapely.contains_xy(within.shape, *moved) else point


def _somewhere(shape: shapes.Shape, rng: random.Random) -> Point:
    """A point inside, even where the shape is so thin that chance does not find it."""
    drawn = (_even(shape, rng) for _ in range(_BLOCK))
    inside = (each for each in drawn if shapely.contains_xy(shape, *each))
    return next(inside, shape.representative_point().coords[0])


def _even(shape: shapes.Shape, rng: random.Random) -> Point:
    west, south, east, north = shape.bounds
    return _rounded(rng.uniform(west, east), rng.uniform(south, north))


def _about(within: Ground, centre: Point, metres: float, rng: random.Random) -> Iterator[Point]:
    return _held(within.shape, lambda: _moved(within, centre, metres, rng))


def _held(shape: shapes.Shape, draw: Callable[[], Point]) -> Iterator[Point]:
    while True:
        drawn = [draw() for _ in range(_BLOCK)]
        longs, lats = zip(*drawn, strict=True)
        yield from itertools.compress(drawn, shapely.contains_xy(shape, longs, lats))


def _moved(within: Ground, point: Point, metres: float, rng: random.Random) -> Point:
    (long, lat), (wide, high) = point, within.scale
    return _rounded(long + rng.gauss(0, metres) / wide, lat + rng.gauss(0, metres) / high)


def _rounded(long: float, lat: float) -> Point:
    return round(long, 6), round(lat, 6)


# --- addresses ----------------------------------------------------------------------------------


def address(within: Ground, point: Point) -> str:
    """The nearest house or crossing, as `214 Fogbell Lane` or `Fogbell Lane and Tern Row`."""
    east, north = _metres(within, point)
    row, column = round(north / _STREET), round(east / _STREET)
    off_row, off_column = north - row * _STREET, east - column * _STREET
    along = _name(within, 2 * row, east)
    across = _name(within, 2 * column + 1, north)
    if max(abs(off_row), abs(off_column)) < _CORNER:
        return f"{along} and {across}"
    if abs(off_row) < abs(off_column):
        return f"{_number(east, off_row)} {along}"
    return f"{_number(north, off_column)} {across}"


def houses(within: Ground, centre: Point, reach: float) -> Iterator[Written]:
    """Every house of the streets in a square, as a register has them: where `address` says.

    Args:
        within: of the city.
        centre: of the square.
        reach: metres from there to each side.
    """
    east, north = _metres(within, centre)
    for turned, (middle, across) in enumerate(((east, north), (north, east))):
        first, last = math.ceil((across - reach) / _STREET), int((across + reach) / _STREET)
        for street in range(first, last + 1):
            for house in range(int((middle - reach) / _FRONT), int((middle + reach) / _FRONT)):
                along = house * _FRONT + _FRONT / 2
                if abs(along - round(along / _STREET) * _STREET) > _CORNER:
                    for side in (-_BACK, _BACK):
                        yield _house(within, 2 * street + turned, along, side)


def _house(within: Ground, street: int, along: float, side: float) -> Written:
    across, (wide, high) = street // 2 * _STREET + side, within.scale
    east, north = (across, along) if street % 2 else (along, across)
    long, lat = _rounded(within.west + east / wide, within.south + north / high)
    number = _number(along, side)
    return Written(
        address_id=f"LP-{street:03}-{int(along // _LENGTH)}-{number}",
        number=str(number),
        street=_name(within, street, along),
        city="Lanternport",
        postcode=zipcode(within, (long, lat)),
        long=long,
        lat=lat,
    )


def zipcode(within: Ground, point: Point) -> str:
    """A code by the place, in the form of Canada's, beginning with Z, which Canada does not use."""
    east, north = _metres(within, point)
    (far, near), (high, low) = divmod(east, _POSTAL), divmod(north, _POSTAL)
    district = f"Z{int(high) % 10}{_LETTERS[int(far) % len(_LETTERS)]}"
    walk = _LETTERS[int(low / _POSTAL * len(_LETTERS))]
    return f"{district} {int(near / _POSTAL * 10)}{walk}{int(low) % 10}"


def _metres(within: Ground, point: Point) -> Point:
    (long, lat), (wide, high) = point, within.scale
    return (long - within.west) * wide, (lat - within.south) * high


def _name(within: Ground, street: int, along: float) -> str:
    return within.names[(street * 5 + int(along // _LENGTH)) % len(within.names)]


def _number(along: float, side: float) -> int:
    """Even numbers on one side."""
    return int(along % _LENGTH // _FRONT) * 2 + (2 if side > 0 else 1)
