"""Rules for Boston, learned from what became of its requests; nothing of them is kept here.

A rule looks at what is known when a report comes in: its kind (`TYPE`) and where it is. It says
what was usual among the requests that it is learned from:

1. each kind belongs to the department that most of them went to;
2. each kind has a usual queue of that department; works districts count as one queue;
3. in a works district a kind may have another department, where enough of them show it;
4. the queue of a works district is the one that names it; of a kind in a neighbourhood that lies in
   one district by the map and is served by another, where enough of them show it, that one's.

So the rules are: who serves a neighbourhood against the map, the works districts, who acts in some
districts only, and the usual queues. A kind that was never seen goes to triage, the 311 desk.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from open311.domain.folder import Area, CityService
from open311.domain.map import Located, Map
from open311.domain.rules import RoutingFile, Rule, Triage, When
from tests.city import boston

__all__ = ["ZONE", "Learned", "Seen", "grounds", "halves", "layers", "learned", "seen"]

ZONE = ZoneInfo("America/New_York")
CITY_HALL = (-71.0587, 42.3594)
"""Where a request lies of which nobody knew the place."""

DESK = "INFO"
"""The department of the 311 desk."""

WORKS = "PWDx"
"""The department of the works districts."""

DISTRICT = re.compile(r"PWDx_District (\w+):")
ENOUGH, TIMES = 10, 1.5
"""An exception needs so many requests, and so many times those that follow the rule."""

_MARCH = 3
_ANY = "the district's"
_LAYERS = ("works", "neighborhoods")


class Seen(msgspec.Struct, frozen=True):
    """A request of the city: what a report of it tells, and what became of it."""

    kind: str
    group: str
    at: datetime
    located: Located
    nowhere: bool  # on the point of City Hall, since nobody knew the place
    department: str
    queue: str

    @property
    def district(self) -> str | None:
        """The works district that its queue names."""
        found = DISTRICT.match(self.queue)
        return found and found[1]


class Learned(msgspec.Struct, frozen=True):
    """What a city folder says of who acts."""

    services: tuple[CityService, ...]
    departments: tuple[str, ...]
    file: RoutingFile


# --- what is there ------------------------------------------------------------------------------


def layers() -> Iterator[Area]:
    """Works districts and neighbourhoods."""
    yield from boston.layer("works", "pwd_districts_derived.geojson", "district")
    yield from boston.layer("neighborhoods", "neighborhoods.geojson", "Name")


def grounds() -> Map:
    """Where a point lies in them."""
    return Map(layers())


def seen(rows: Sequence[Mapping[str, str]], ground: Map) -> list[Seen]:
    """Requests of the city's file, located on a map."""
    points = [(float(row["LONGITUDE"]), float(row["LATITUDE"])) for row in rows]
    many = ground.locate_many(*np.array(points).T)
    layers = {
        layer: [codes[index] if index >= 0 else None for index in many.areas[layer].tolist()]
        for layer, codes in ground.codes.items()
    }
    found = []
    for index, (row, point) in enumerate(zip(rows, points, strict=True)):
        areas = {layer: code for layer, all_ in layers.items() if (code := all_[index])}
        found.append(
            Seen(
                kind=row["TYPE"],
                group=row["REASON"],
                at=datetime.strptime(row["OPEN_DT"], "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=ZONE),
                located=Located(*point, 0.0, areas, {}),
                nowhere=point == CITY_HALL,
                department=row["Department"],
                queue=row["QUEUE"],
            )
        )
    return found


def halves(past: Sequence[Seen]) -> Iterator[tuple[str, list[Seen], list[Seen]]]:
    """Parts of requests to learn from, each with others to be judged by."""
    parts = {
        "the first three months, on the next": [each.at.month <= _MARCH for each in past],
        "the next three months, on the first": [each.at.month > _MARCH for each in past],
        "every other day, on the days between": [each.at.toordinal() % 2 == 0 for each in past],
    }
    for name, ours in parts.items():
        yield (
            name,
            [each for each, own in zip(past, ours, strict=True) if own],
            [each for each, own in zip(past, ours, strict=True) if not own],
        )


# --- what is learned ----------------------------------------------------------------------------

Desk = tuple[str, str]
"""A department and a queue of it; `_ANY` stands for that of any works district."""


def learned(past: Sequence[Seen]) -> Learned:
    """Learn rules from requests; see the module."""
    desks = _counted(((each.kind,), _desk(each)) for each in past)
    there = _counted(
        ((each.kind, each.located.areas.get("works", "")), _desk(each)) for each in past
    )
    usual = {kind: _usual(found) for (kind,), found in desks.items()}
    cells = {
        (kind, works): best
        for (kind, works), found in sorted(there.items())
        if works and (best := _exception(found, usual[kind])) != usual[kind]
    }
    names = {each.district: each.queue for each in past if each.district}
    reasons = _counted(((each.kind,), each.group) for each in past)
    services = [
        CityService(
            service_code=kind,
            service_name=kind,
            description=kind,
            keywords=kind,
            group=reasons[kind,].most_common(1)[0][0],
            department=usual[kind][0],
        )
        for kind in sorted(usual)
    ]
    rules = [*_districts(past, usual, cells, names), *_elsewhere(cells), *_queues(usual)]
    (desk,) = Counter(each.queue for each in past if each.department == DESK).most_common(1)
    departments = {each.department for each in past} | {DESK}
    file = RoutingFile(triage=Triage(department=DESK, queue=desk[0]), rules=rules)
    return Learned((*services,), (*sorted(departments),), file)


def _desk(each: Seen) -> Desk:
    return each.department, _ANY if each.district else each.queue


def _counted(pairs: Iterable[tuple[tuple[str, ...], Any]]) -> dict[tuple[str, ...], Counter[Any]]:
    found: dict[tuple[str, ...], Counter[Any]] = defaultdict(Counter)
    for key, value in pairs:
        found[key][value] += 1
    return found


def _usual(found: Counter[Desk]) -> Desk:
    """The usual department, and the usual queue of that; the first by name of equals."""
    departments: Counter[str] = Counter()
    for (department, _), count in found.items():
        departments[department] += count
    own = min(departments, key=lambda each: (-departments[each], each))
    queues = {each: count for each, count in found.items() if each[0] == own}
    return min(queues, key=lambda each: (-queues[each], each))


def _exception(found: Counter[Desk], usual: Desk) -> Desk:
    """What is usual in a district, where enough show that another department acts there."""
    best = _usual(found)
    count, other = (
        sum(number for (each, _), number in found.items() if each == department)
        for department in (best[0], usual[0])
    )
    return best if best[0] != usual[0] and _shown(count, other) else usual


def _shown(count: int, other: int) -> bool:
    """Whether requests are enough for an exception, beside those that follow the rule."""
    return count >= ENOUGH and count > other * TIMES


def _districts(
    past: Sequence[Seen],
    usual: Mapping[str, Desk],
    cells: Mapping[tuple[str, str], Desk],
    names: Mapping[str | None, str],
) -> Iterator[Rule]:
    """What a works district does; first who does it in a neighbourhood against the map."""
    served = _counted(
        ((areas["works"], areas["neighborhoods"], each.kind), each.district)
        for each in past
        if each.district and not each.nowhere
        if len(areas := each.located.areas) == len(_LAYERS)
    )
    against: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    kinds = {
        works: [kind for kind in sorted(usual) if cells.get((kind, works), usual[kind])[1] == _ANY]
        for works in sorted(filter(None, names))
    }
    for (works, hood, kind), found in sorted(served.items()):
        (district, count), *_ = found.most_common(1)
        if kind in kinds.get(works, ()) and district != works and _shown(count, found[works]):
            against[district, works, hood].append(kind)
    for (district, works, hood), some in against.items():
        areas = {"works": [works], "neighborhoods": [hood]}
        reason = f"{hood} is served by {district} here, whatever the map says."
        yield _rule(f"{district} in {works}, {hood}", reason, some, areas, (WORKS, names[district]))
    for works, some in kinds.items():
        reason = f"It lies in works district {works}."
        yield _rule(works, reason, some, {"works": [works]}, (WORKS, names[works]))


def _elsewhere(cells: Mapping[tuple[str, str], Desk]) -> Iterator[Rule]:
    """What is different in some districts."""
    where: dict[tuple[str, Desk], list[str]] = defaultdict(list)
    for (kind, works), desk in cells.items():
        if desk[1] != _ANY:
            where[kind, desk].append(works)
    for (kind, desk), some in sorted(where.items()):
        reason = f"Usual for {kind} in these districts."
        yield _rule(f"{kind} in {' '.join(some)}", reason, [kind], {"works": some}, desk)


def _queues(usual: Mapping[str, Desk]) -> Iterator[Rule]:
    """The usual queue of each kind."""
    kinds: dict[Desk, list[str]] = defaultdict(list)
    for kind, desk in sorted(usual.items()):
        if desk[1] != _ANY:
            kinds[desk].append(kind)
    for desk, some in sorted(kinds.items()):
        yield _rule(": ".join(desk), "Usual for these kinds.", some, None, desk)


def _rule(
    code: str, reason: str, kinds: list[str], areas: dict[str, list[str]] | None, desk: Desk
) -> Rule:
    when = When(services=kinds, areas=areas)
    department, queue = desk
    return Rule(code=code[:100], reason=reason, when=when, department=department, queue=queue)
