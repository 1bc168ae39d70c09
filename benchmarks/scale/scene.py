"""What may be asked of a city: its common and rare things, found without looking at requests."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean

import msgspec

from benchmarks.scale import filling, invented
from benchmarks.scale.invented import Point, Service

RARE = 7
SOME = 12
"""Of everything that is asked for, so many are taken by turns."""


class Scene(msgspec.Struct, frozen=True):
    """Names and places of a city that was made up, the same in every size but for the last."""

    requests: int
    common: tuple[str, ...]  # service codes
    middle: tuple[str, ...]
    rare: tuple[str, ...]  # some seventy requests in a hundred days, so that a page gets full
    rarest: tuple[str, ...]
    groups: tuple[str, ...]
    departments: tuple[str, ...]  # the commonest first
    areas: tuple[str, ...]  # layer:code, the commonest first, without the boundary
    dense: tuple[tuple[float, float], ...]  # long and lat
    sparse: tuple[tuple[float, float], ...]  # a request in half a year
    nowhere: tuple[tuple[float, float], ...]  # tens of kilometres from every request
    box: tuple[float, float, float, float]  # west, south, east, north
    said: tuple[str, ...]  # words: in a tenth of the requests and more
    told: tuple[str, ...]  # in one of a hundred to two hundred
    whispered: tuple[str, ...]  # in one of two thousand
    breathed: tuple[str, ...]  # in one of ten thousand
    streets: tuple[str, ...]
    since: datetime
    until: datetime
    ids: tuple[str, ...]
    tokens: tuple[str, ...]

    def back(self, part: float) -> datetime:
        """A moment: 0 is now, 1 the very beginning."""
        return (self.until - part * (self.until - self.since)).replace(microsecond=0)


def drawn(
    services: Sequence[Service],
    points: Sequence[Point],
    tokens: Sequence[str],
    requests: int,
    until: datetime,
) -> Scene:
    """The scene of a city, before anybody asks it."""
    parts = invented.ranked(services)
    ranked = [each for each, _ in parts]
    shares, areas = Counter[str](), Counter[str]()
    departments = Counter[str]()
    for each, part in parts:
        departments[each.department] += part
    for point in points:
        areas.update(point.spot[2])
    shares = invented.shares(invented.phrases())
    dense, sparse = _places(points)
    longs, lats = [each.long for each in points], [each.lat for each in points]
    box = min(longs), min(lats), max(longs), max(lats)
    groups = Counter(each.group for each in ranked)
    numbers = [int(requests * (place + 0.5) / 2_000) for place in range(2_000)]
    chosen = sorted(numbers, key=lambda n: hashlib.md5(b"%d" % n).digest())
    return Scene(
        requests=requests,
        common=_codes(ranked[:SOME]),
        middle=_codes(ranked[60 : 60 + SOME]),
        rare=_codes([each for each, part in parts if part >= RARE][-SOME:]),
        rarest=_codes(ranked[-SOME:]),
        groups=tuple(group for group, _ in groups.most_common(SOME)),
        departments=tuple(code for code, _ in departments.most_common()),
        areas=tuple(
            each.replace("=", ":", 1)
            for each, _ in areas.most_common()
            if not each.startswith("boundary=")
        ),
        dense=dense,
        sparse=sparse,
        nowhere=tuple((box[0] - 0.6 - n / 50, box[1] - 0.6 - n / 50) for n in range(SOME)),
        box=box,
        said=_words(shares, 0.05, 0.3),
        told=_words(shares, 0.0025, 0.005),
        whispered=_words(shares, 0.0003, 0.0004),
        breathed=_words(shares, 0.00005, 0.00005),
        streets=tuple({each.address.split(" ", 1)[1]: 0 for each in points[:400]})[:SOME],
        since=until - timedelta(days=requests / filling.A_DAY),
        until=until,
        ids=tuple(str(filling.FIRST + n) for n in chosen),
        tokens=tuple(tokens),
    )


def _codes(services: Sequence[Service]) -> tuple[str, ...]:
    return tuple(each.service_code for each in services)


def _words(shares: Counter[str], least: float, most: float) -> tuple[str, ...]:
    low, high = round(least * invented.PHRASES), round(most * invented.PHRASES)
    found = sorted(word for word, count in shares.items() if low <= count <= high)
    return tuple(found[:: max(len(found) // SOME, 1)][:SOME])


def _places(
    points: Sequence[Point],
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    cells = defaultdict(list)
    for each in points:
        cells[each.spot[:2]].append(each)
    ordered = sorted(cells.items(), key=lambda cell: (-len(cell[1]), cell[0]))
    middles = [
        (round(fmean(p.long for p in found), 6), round(fmean(p.lat for p in found), 6))
        for _, found in ordered
    ]
    return tuple(middles[:SOME]), tuple(middles[-SOME:])
