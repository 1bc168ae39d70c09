"""What would move: counted in bulk as it is found one report after the other."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import moves, replay, routing
from open311.domain.map import Map
from open311.domain.moves import Comparison, Found, Past
from open311.domain.routing import Decision
from tests import routings
from tests.replays import AREAS, area, columns, one_by_one, past
from tests.routings import DEPARTMENTS, SERVICES, ZONE

OTHERS = tuple(
    each
    for each in (*AREAS, area("wards", "1", -64, -62.9), area("wards", "3", -62.9, -62.3))
    if (each.layer, each.code) != ("wards", "2")
)
LAYERS = ("police", "wards")
Reported = list[Any]


def as_kept(reports: Reported, departments: list[str | None]) -> Past:
    return Past(
        ids=[str(index) for index in range(len(reports))],
        moments=[each.at for each, _ in reports],
        departments=departments,
        reports=columns(reports),
    )


def code(shapes: Map, long: float | None, layer: str) -> str:
    located = None if long is None else shapes.locate(long, 44.5)
    return located.areas.get(layer, "") if located else ""


def outside(shapes: Map, reports: Reported) -> set[int]:
    return {
        index
        for index, (_, long) in enumerate(reports)
        if long is not None and shapes.locate(long, 44.5) is None
    }


@given(
    today=routings.files(),
    then=routings.files(),
    tolerances=st.tuples(*[st.sampled_from((0.0, 25.0))] * 2),
    reports=st.lists(past(), max_size=30),
    split=st.integers(0, 30),
    departments=st.lists(st.sampled_from((*DEPARTMENTS, "gone", None)), min_size=30, max_size=30),
)
def test_what_moves_is_what_is_decided_otherwise(
    today: Any,
    then: Any,
    tolerances: tuple[float, float],
    reports: Reported,
    split: int,
    departments: list[str | None],
) -> None:
    maps = [
        Map(each, tolerance) for each, tolerance in zip((AREAS, OTHERS), tolerances, strict=True)
    ]
    rules = [routing.compiled(each, SERVICES, DEPARTMENTS, ZONE) for each in (today, then)]
    worlds = [
        replay.world(each, shapes, SERVICES) for each, shapes in zip(rules, maps, strict=True)
    ]
    singly = [one_by_one(*each, reports) for each in zip(rules, maps, strict=True)]
    comparison, kept = Comparison(worlds[0], worlds[1], LAYERS), departments[: len(reports)]

    batches = [
        comparison.add(as_kept(part, own))
        for part, own in ((reports[:split], kept[:split]), (reports[split:], kept[split:]))
    ]
    found = comparison.found()

    moved = [index for index, pair in enumerate(zip(*singly, strict=True)) if differs(*pair)]
    assert [each for batch in batches for each in batch.today.decisions] == [
        singly[0][index] for index in moved
    ]
    assert [each for batch in batches for each in batch.then.decisions] == [
        singly[1][index] for index in moved
    ]
    assert sum(each.requests for each in batches) == found.requests == len(reports)
    assert found.kept == sum(
        each.department != own for each, own in zip(singly[0], kept, strict=True)
    )
    before, after = (outside(each, reports) for each in maps)
    assert (found.outside, found.left) == ((len(before), len(after)), len(after - before))
    assert flat(found) == counted(moved, reports, singly, maps)
    assert [each.requests for each in found.moves] == sorted(
        (each.requests for each in found.moves), reverse=True
    )


def differs(one: Decision, other: Decision) -> bool:
    return (one.department, one.queue) != (other.department, other.queue)


def flat(found: Found) -> Counter[Any]:
    told: Counter[Any] = Counter()
    for each in found.moves:
        told[each.today, each.then] += each.requests
        for service, many in each.services:
            told[each.today, each.then, service] += many
        for layer, changes in each.areas.items():
            for change, many in changes:
                told[each.today, each.then, layer, change] += many
    assert found.moved == sum(each.requests for each in found.moves)
    return told


def counted(moved: list[int], reports: Reported, singly: Any, maps: list[Map]) -> Counter[Any]:
    told: Counter[Any] = Counter()
    for index in moved:
        report, long = reports[index]
        pair = tuple(moves.who(each[index]) for each in singly)
        told[pair] += 1
        told[(*pair, report.service_code)] += 1
        for layer in LAYERS:
            told[(*pair, layer, tuple(code(each, long, layer) for each in maps))] += 1
    return told


def test_a_batch_tells_of_what_moves_and_of_nothing_else() -> None:
    here = (routings.report(channel="app"), -63.9)
    there = (routings.report("graffiti"), None)
    rule = routings.rule("all", "light", services=["pothole"], areas={"wards": ["1"]})
    rules = [
        routing.compiled(routings.file(*each), SERVICES, DEPARTMENTS, ZONE)
        for each in ((), (rule,))
    ]
    worlds = [replay.world(each, Map(AREAS), SERVICES) for each in rules]
    comparison = Comparison(worlds[0], worlds[1], ("wards", "nowhere"))

    batch = comparison.add(as_kept([there, here, there], ["parks", "works", None]))

    assert (batch.requests, batch.ids, batch.services) == (3, ("1",), ("pothole",))
    assert batch.moments == (routings.NOW,)
    assert np.array_equal((batch.longs, batch.lats), ([-63.9], [44.5]))
    assert [each.rule for each in batch.then.decisions] == ["all"]
    assert {layer: codes.tolist() for layer, codes in batch.then.areas.items()} == {
        "wards": ["1"],
        "nowhere": [""],
    }
    (move,) = comparison.found().moves
    assert replace(move, areas={}) == moves.Move(
        ("works", ""), ("light", ""), 1, (("pothole", 1),), {}
    )
    assert comparison.found().kept == 1  # one is kept with no department at all
