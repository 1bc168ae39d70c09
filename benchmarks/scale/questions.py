"""What is asked: every filter, and many of their combinations, near and far in the past.

A list without dates is of the last ninety days, however long the history is; so what is to show
that length does not matter is asked of the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from benchmarks.scale.scene import SOME, Scene

V2 = "/open311/v2"
GROWTH, WORDS = 1.5, 3.0
"""How much more an answer may cost in the largest city than in the smallest."""

_FEW = {("sparse", 50): 1, ("sparse", 200): 5}
"""So many are asked for where a hundred days have no more, so that each city answers the same."""

_SOME = {
    "a rare service, open": 5,
    "open in a rare area": 2,
    "a common word of a rare service": 10,
    "a common word in a rare area": 3,
}
"""The same for what comes together."""

Values = Sequence[object]


class Question(msgspec.Struct, frozen=True):
    """Something that is asked of every city, with values that are taken by turns."""

    name: str
    paths: tuple[str, ...]
    goal: float = GROWTH


def lists(scene: Scene) -> Iterator[Question]:
    """Every question for a list of requests."""
    for part in (_times, _things, _places, _words, _orders, _together):
        yield from part(scene)


def listed(name: str, goal: float = GROWTH, /, **values: object) -> Question:
    """A list of 50; an argument with a list of values takes them by turns."""
    turns: Mapping[str, Values] = {
        key: value if isinstance(value, list | tuple) else [value] for key, value in values.items()
    }
    most = max(map(len, turns.values()), default=1)
    queries = (
        {"page_size": 50} | {key: text(each[turn % len(each)]) for key, each in turns.items()}
        for turn in range(most)
    )
    paths = tuple(f"{V2}/requests.json?{urlencode(each, safe=':,')}" for each in queries)
    return Question(name, paths, goal)


def text(value: object) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def _both(name: str, scene: Scene, goal: float = GROWTH, /, **values: object) -> Iterator[Question]:
    yield listed(f"{name}, 90 days", goal, **values)
    yield listed(f"{name}, all years", goal, start_date=scene.since, **values)


def deep(scene: Scene) -> list[datetime]:
    """Moments all over the past, with room before each."""
    return [scene.back((n + 0.5) / (SOME + 2)) for n in range(SOME)]


def _times(scene: Scene) -> Iterator[Question]:
    past, now = deep(scene), scene.until
    days = [each + timedelta(days=1) for each in past]
    yield listed("the newest")
    yield listed("the newest, all years", start_date=scene.since)
    yield listed("before a day of the past", end_date=past)
    yield listed("a day of the past", start_date=past, end_date=days)
    yield listed("the newest 1,000", page_size=1000)
    yield listed("updated in the last minute", updated_after=now - timedelta(minutes=1))
    yield listed("updated in the last hour", updated_after=now - timedelta(hours=1))
    yield listed("updated in the last week", updated_after=now - timedelta(days=7))
    yield listed("updated since the past", updated_after=past)
    yield listed("updated before a day of the past", updated_before=past)
    yield listed("updated on a day of the past", updated_after=past, updated_before=days)
    yield listed(
        "updated in the last hour, in that order",
        updated_after=now - timedelta(hours=1),
        sort="updated_datetime",
    )
    yield listed(
        "updated since the past, in that order", updated_after=past, sort="updated_datetime"
    )


def _things(scene: Scene) -> Iterator[Question]:
    several = [",".join(scene.rare[n:] + scene.common[:1]) for n in range(4)]
    yield from _both("a common service", scene, service_code=scene.common)
    yield from _both("a usual service", scene, service_code=scene.middle)
    yield from _both("a rare service", scene, service_code=scene.rare)
    yield listed("a service hardly ever asked for, 90 days", service_code=scene.rarest)
    yield from _both("ten services, common and rare", scene, service_code=several)
    yield from _both("a group", scene, group=scene.groups)
    yield from _both("open", scene, status="open")
    yield from _both("closed", scene, status="closed")
    yield from _both("a common department", scene, department=scene.departments[:4])
    yield from _both("a rare department", scene, department=scene.departments[-4:])
    yield from _both("with a picture", scene, has_media="true")
    yield from _both("without a picture", scene, has_media="false")


def _places(scene: Scene) -> Iterator[Question]:
    wards = [each.partition(":")[2] for each in scene.areas if each.startswith("wards:")]
    yield from _both("a common ward", scene, wards=wards[:4])
    yield from _both("ten of a rare area", scene, area=scene.areas[-4:], page_size=10)
    yield from _both("two areas of two layers", scene, ward=wards[:2], area=_other(scene))
    places = {"dense": scene.dense, "sparse": scene.sparse, "nowhere": scene.nowhere}
    for name, points in places.items():
        for metres in (50, 500, 5_000, 20_000):
            size = _FEW.get((name, metres), 50)
            there = _circle(points, metres)
            yield from _both(f"{metres:,} m, {name}", scene, **there, page_size=size)
    for name, points in places.items():
        for metres in (200, 2_000):
            size, boxes = _FEW.get((name, metres), 50), _boxes(points, metres)
            yield from _both(f"box of {metres:,} m, {name}", scene, bbox=boxes, page_size=size)
    whole = ",".join(f"{each:.6f}" for each in scene.box)
    yield from _both("box of the city", scene, bbox=whole)


def _other(scene: Scene) -> list[str]:
    return [each for each in scene.areas if each.startswith(("police:", "public_works:"))][:2]


def _circle(points: Sequence[tuple[float, float]], metres: int) -> dict[str, object]:
    return {
        "lat": [f"{lat:.6f}" for _, lat in points],
        "long": [f"{long:.6f}" for long, _ in points],
        "radius": metres,
    }


def _boxes(points: Sequence[tuple[float, float]], metres: int) -> list[str]:
    up, across = metres / 2 / 111_200, metres / 2 / 79_000
    return [
        f"{long - across:.6f},{lat - up:.6f},{long + across:.6f},{lat + up:.6f}"
        for long, lat in points
    ]


def _words(scene: Scene) -> Iterator[Question]:
    said, told, whispered = scene.said, scene.told, scene.whispered
    pairs = [f"{one} {two}" for one, two in zip(said, said[1:] + said[:1], strict=True)]
    mixed = [f"{one} {two}" for one, two in zip(said, told, strict=False)]
    rare = [f"{one} {two}" for one, two in zip(told, whispered, strict=False)]
    yield from _both("a common word", scene, WORDS, q=said)
    yield from _both("a usual word", scene, WORDS, q=told)
    yield from _both("a rare word", scene, WORDS, q=whispered)
    yield from _both("five of a very rare word", scene, WORDS, q=scene.breathed, page_size=5)
    yield from _both("the beginning of a word", scene, WORDS, q=[each[:5] for each in told])
    yield from _both("two common words", scene, WORDS, q=pairs)
    yield from _both("a common and a usual word", scene, WORDS, q=mixed)
    yield from _both("two words that never meet", scene, WORDS, q=rare)
    yield from _both("a word that nobody uses", scene, WORDS, q=["xyzzyx", "plughq", "quuxor"])
    yield from _both("a street", scene, WORDS, q=scene.streets)
    yield from _both("a house", scene, WORDS, q=[f"17 {each}" for each in scene.streets])


def _orders(scene: Scene) -> Iterator[Question]:
    for sort in ("requested_datetime", "updated_datetime", "-updated_datetime"):
        yield from _both(f"sorted by {sort}", scene, sort=sort)
    yield listed("page 1 and the total", page=1)
    yield listed("page 1 and the total, all years", page=1, start_date=scene.since)
    yield listed("page 20", page=20)
    yield listed("page 1,000, all years", page=1_000, start_date=scene.since)
    yield listed(
        "page 80 of a common service, all years",
        page=80,
        service_code=scene.common,
        start_date=scene.since,
    )
    yield listed("page 20 of a common ward", page=20, area=scene.areas[:2], start_date=scene.since)
    yield listed("the total of a day", page=1, start_date=deep(scene)[3], end_date=deep(scene)[2])


def _together(scene: Scene) -> Iterator[Question]:
    common, rare, area = scene.common, scene.rare, scene.areas
    dense, hour = _circle(scene.dense, 500), scene.until - timedelta(hours=1)
    far, all_years = _circle(scene.dense, 5_000), {"start_date": scene.since}
    for name, values in {
        "a common service, open": {"service_code": common, "status": "open"},
        "a rare service, open": {"service_code": rare, "status": "open"},
        "a common service with a picture": {"service_code": common, "has_media": "true"},
        "a common service in a common area": {"service_code": common, "area": area[:4]},
        "a rare service in a common area": {"service_code": rare, "area": area[:4]},
        "a common service in a rare area": {"service_code": common, "area": area[-4:]},
        "a rare service in a rare area": {"service_code": rare, "area": area[-4:]},
        "a group in a common area": {"group": scene.groups, "area": area[:4]},
        "open in a common area": {"status": "open", "area": area[:4]},
        "open in a rare area": {"status": "open", "area": area[-4:]},
        "a rare department in a rare area": {
            "department": scene.departments[-4:],
            "area": area[-4:],
        },
        "a rare department, open": {"department": scene.departments[-4:], "status": "open"},
        "a common service within 500 m": {"service_code": common, **dense},
        "a rare service within 500 m": {"service_code": rare, **dense},
        "a rare service within 5 km": {"service_code": rare, **far},
        "open within 500 m": {"status": "open", **dense},
        "open within 5 km": {"status": "open", **far},
        "with a picture in a box of 200 m": {
            "has_media": "true",
            "bbox": _boxes(scene.dense, 200),
        },
        "a common service, open, in a common area": {
            "service_code": common,
            "status": "open",
            "area": area[:4],
        },
        "a rare service with a picture in a rare area": {
            "service_code": rare,
            "has_media": "true",
            "area": area[-4:],
        },
        "a common ward, by update": {"area": area[:4], "sort": "-updated_datetime"},
        "a common service, by update": {"service_code": common, "sort": "-updated_datetime"},
        "a rare service, by update": {"service_code": rare, "sort": "-updated_datetime"},
        "a rare service, oldest first": {"service_code": rare, "sort": "requested_datetime"},
        "500 m, oldest first": {**dense, "sort": "requested_datetime"},
        "open, by update": {"status": "open", "sort": "-updated_datetime"},
    }.items():
        size = _SOME.get(name, 50)
        yield listed(f"{name}, all years", GROWTH, **values, **all_years, page_size=size)
    for name, values in {
        "a common service": {"service_code": common},
        "a rare service": {"service_code": rare},
        "a common area": {"area": area[:4]},
        "a rare area": {"area": area[-4:]},
        "open": {"status": "open"},
        "within 500 m": dense,
    }.items():
        yield listed(f"{name}, updated in the last hour", GROWTH, **values, updated_after=hour)
        yield listed(f"{name}, updated since the past", GROWTH, **values, updated_after=deep(scene))
    for name, values in {
        "a common word of a common service": {"q": scene.said, "service_code": common},
        "a common word of a rare service": {"q": scene.said, "service_code": rare},
        "a rare word in a common area": {"q": scene.whispered, "area": area[:4]},
        "a common word in a rare area": {"q": scene.said, "area": area[-4:]},
        "a usual word, open": {"q": scene.told, "status": "open"},
        "a common word with a picture within 500 m": {
            "q": scene.said,
            "has_media": "true",
            **dense,
        },
        "a common word, updated in the last hour": {"q": scene.said, "updated_after": hour},
    }.items():
        size = _SOME.get(name, 50)
        yield listed(f"{name}, all years", WORDS, **values, **all_years, page_size=size)
