"""What requests are made of: places, words and services, the same ones in a city of any size.

Nothing here depends on how many requests there are. A history gets longer, not denser.
"""

from __future__ import annotations

import itertools
import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from open311.domain.map import Map
from open311.domain.spots import Spot, spot

POINTS, PHRASES, SLOTS, WORDS = 120_000, 20_000, 10_000, 6_000
HOT_SPOTS, HOT, SPREAD = 40, 0.7, 0.004
"""So many hot spots hold this part of the points, within some degrees."""

_STREETS = 400
_KINDS = ("Street", "Lane", "Road", "Avenue", "Court", "Row", "Hill", "Crescent")
_SAID = (
    "the in of and at since near water road broken please street corner dark hole light sign tree"
    " car bin full loud leaking dangerous children school bridge park again yesterday night week"
    " graffiti wall bench lamp crossing traffic snow ice drain flooded smell rubbish bags fence"
    " branch fallen pavement curb cyclists bus stop shelter glass needle dog rats noise music"
    " construction dust paint faded arrow lane signal stuck button wheelchair ramp stairs handrail"
)
_SOUNDS = "ba ke li mo nu ra se ti vo wa del fer gon har jin kor lam mer nor pel"
_COMMON, _SYLLABLES = _SAID.split(), _SOUNDS.split()
NOTES = (
    "Repaired by the crew of the district.",
    "Inspected; nothing was found at this place.",
    "Passed on to the owner of the ground.",
    "Cleared within the usual round.",
    "A second visit was needed and has been made.",
    "The contractor has replaced the part.",
)


class Point(msgspec.Struct, frozen=True):
    """Somewhere in the city."""

    long: float
    lat: float
    spot: Spot
    address: str
    zipcode: str


class Service(msgspec.Struct, frozen=True):
    """What the catalogue says of a service."""

    service_code: str
    group: str
    department: str
    type: str
    service_notice: str | None


def ranked(services: Sequence[Service]) -> list[tuple[Service, int]]:
    """Services with their parts of `SLOTS`, the commonest first: a long tail."""
    rng = random.Random(311)
    shuffled = rng.sample(services, len(services))
    weights = [1 / rank**1.15 for rank in range(1, len(shuffled) + 1)]
    ends = [round(each / sum(weights) * SLOTS) for each in itertools.accumulate(weights)]
    parts = [max(end - begin, 1) for begin, end in itertools.pairwise([0, *ends])]
    parts[0] -= sum(parts) - SLOTS  # those that were rounded up to one
    return list(zip(shuffled, parts, strict=True))


def words() -> list[str]:
    """The vocabulary, the commonest word first."""
    made = ("".join(each) for each in itertools.product(_SYLLABLES, repeat=3))
    tail = sorted(made, key=lambda word: random.Random(word).random())
    return [*_COMMON, *tail][:WORDS]


def phrases() -> list[str]:
    """Sentences of seven words, frequencies after Zipf."""
    rng, vocabulary = random.Random(312), words()
    sums = [*itertools.accumulate(1 / rank for rank in range(1, WORDS + 1))]

    def word() -> str:
        return vocabulary[min(bisect(sums, rng.random() * sums[-1]), WORDS - 1)]

    return [" ".join(word() for _ in range(7)).capitalize() + "." for _ in range(PHRASES)]


def shares(said: Sequence[str]) -> Counter[str]:
    """In how many phrases each word is."""
    return Counter(word for each in said for word in {*each.lower().strip(".").split()})


def points(city: Map) -> list[Point]:
    """Points inside the city, most of them around hot spots; the order is random."""
    rng = np.random.default_rng(311)
    box = city.box
    assert box, "the city has a boundary"
    west, south, east, north = box
    low, high = np.array((west, south)), np.array((east, north))
    centres = _inside(city, rng.uniform(low, high, (HOT_SPOTS * 20, 2)))[0][:HOT_SPOTS]
    odds = 1 / np.arange(1, len(centres) + 1)
    chosen = rng.choice(len(centres), int(POINTS * HOT * 1.3), p=odds / odds.sum())
    hot, hot_areas = _inside(city, rng.normal(centres[chosen], SPREAD))
    even, even_areas = _inside(city, rng.uniform(low, high, (POINTS * 3, 2)))
    most = int(POINTS * HOT)
    rows = [
        *zip(hot[:most], hot_areas[:most], strict=True),
        *zip(even[: POINTS - most], even_areas[: POINTS - most], strict=True),
    ]
    streets = _streets()
    return [
        _point(rows[index], streets, low, number)
        for number, index in enumerate(rng.permutation(len(rows)).tolist())
    ]


def _point(
    row: tuple[np.ndarray, dict[str, str]], streets: list[str], low: np.ndarray, number: int
) -> Point:
    (long, lat), areas = map(float, row[0]), row[1]
    across, up = ((row[0] - low) / 0.01).astype(int).tolist()
    street = streets[(across * 7 + up * 31 + number % 5) % len(streets)]
    address, zipcode = (
        f"{number % 190 + 1} {street}",
        f"B3{(across + up) % 10} {up % 10}L{across % 9}",
    )
    return Point(long, lat, spot(long, lat, areas), address, zipcode)


def _streets() -> list[str]:
    rng = random.Random(313)
    names = (f"{rng.choice(_SYLLABLES)}{rng.choice(_SYLLABLES)}".title() for _ in itertools.count())
    return [f"{name} {rng.choice(_KINDS)}" for name in itertools.islice(names, _STREETS)]


def _inside(city: Map, drawn: np.ndarray) -> tuple[np.ndarray, list[dict[str, str]]]:
    """Those of some points that are in the city, and the areas that each is in."""
    drawn = drawn.round(6)
    many = city.locate_many(drawn[:, 0], drawn[:, 1])
    (kept,) = many.inside.nonzero()
    return drawn[kept], [*_areas(city, many.areas, kept)]


def _areas(city: Map, found: dict[str, np.ndarray], kept: np.ndarray) -> Iterator[dict[str, str]]:
    columns = [(layer, city.codes[layer], places[kept].tolist()) for layer, places in found.items()]
    for number in range(len(kept)):
        yield {
            layer: codes[places[number]] for layer, codes, places in columns if places[number] >= 0
        }
