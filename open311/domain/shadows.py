"""Which rules match no report at all, and where only the order of two rules decides.

What rules tell apart of the reports of one service is tried: its place layer by layer, the channel,
the time, and the answers. These do not depend on each other, so each is tried by itself, as the
rules that each of its cases leaves; what all of them leave together is found step by step. So it
is exact, but for what geometry would say: any area of a layer is taken to meet any of another, and
only the boundary holds every place. Of answers that are too many to try, every rule is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import get_args

import msgspec

from open311.domain import matching, reachability
from open311.domain.areas import BOUNDARY
from open311.domain.folder import CityService
from open311.domain.matching import Table, Tables, bits, each
from open311.domain.rules import Channel, Rule
from open311.domain.soundness import in_order

__all__ = ["Realm", "Verdict", "clashes", "realms", "verdict"]

_MOST = 20_000
"""Cases that are tried at one step; where there are more, a rule is believed."""

_KEPT = 1_000
"""Of these cases, those that differ: each is compared with each."""

Cases = tuple[frozenset[int], ...]
"""Of each thing that rules tell apart, the bits of the rules that each of its cases leaves."""


class Realm(msgspec.Struct, frozen=True):
    """Services whose reports the rules tell apart in the same way."""

    services: tuple[str, ...]
    rules: int  # that are about them
    scenes: tuple[Cases, ...]  # with a place, and without
    unsure: int  # rules whose conditions on answers were too many to try


class Verdict(msgspec.Struct, frozen=True):
    """What was found of rules."""

    never: dict[int, tuple[int, ...]]  # that match nothing; with the earlier ones that take it all
    unsure: tuple[int, ...]  # that were not judged


def realms(
    rules: Sequence[Rule],
    some: Iterable[int],
    services: Sequence[CityService],
    areas: Mapping[str, Collection[str]],
) -> list[Realm]:
    """The reports of a city, as rules tell them apart.

    Args:
        rules: all of them.
        some: the indexes of those that are to be looked at; all that they name is there.
        services: sound.
        areas: the codes of each layer.
    """
    tables = matching.tables(rules)
    judged = bits(some)
    found: dict[tuple[int, tuple[Cases, ...], int], list[str]] = {}
    for service in services:
        own = judged & tables.about(service.service_code, service.group)
        answers, unsure = _answers(rules, own & tables.answered, own, service)
        scenes = tuple(
            _cases((*place, _channels(tables), frozenset(tables.week.masks), answers), own)
            for place in _places(tables, areas, placed=service.location != "none")
        )
        found.setdefault((own, scenes, unsure), []).append(service.service_code)
    return [Realm((*codes,), own, scenes, unsure) for (own, scenes, unsure), codes in found.items()]


def _cases(of: Iterable[Iterable[int]], own: int) -> Cases:
    """What rules of a service tell apart, the fewest cases first; what none asks is left out."""
    every = frozenset((own,))
    told = [each for masks in of if (each := frozenset(mask & own for mask in masks)) != every]
    return (*sorted(told, key=lambda masks: (len(masks), sorted(masks))),)


def _places(
    tables: Tables, areas: Mapping[str, Collection[str]], *, placed: bool
) -> Iterator[list[frozenset[int]]]:
    """Nowhere; and where a report has a place, in any area of each layer or in none."""
    yield [frozenset((table.other,)) for table in tables.layers.values()]
    if placed and tables.layers:
        yield [_codes(layer, table, areas) for layer, table in tables.layers.items()]


def _codes(layer: str, table: Table, areas: Mapping[str, Collection[str]]) -> frozenset[int]:
    found = frozenset(map(table.of, areas.get(layer, ())))
    return found if layer == BOUNDARY else found | {table.other}


def _channels(tables: Tables) -> frozenset[int]:
    return frozenset(map(tables.channels.of, (None, *get_args(Channel))))


def _answers(
    rules: Sequence[Rule], asking: int, own: int, service: CityService
) -> tuple[frozenset[int], int]:
    """The rules that each way to answer leaves, and those of which that is not known."""
    quiet = own & ~asking
    questions = {question.code: question for _, _, question in in_order(service)}
    looked = [
        good
        for index in each(asking)
        for condition in rules[index].when.answers or ()
        if (good := matching.usable(condition, questions.get(condition.attribute)))
    ]
    tests = {index: matching.tests(rules[index], service) for index in each(asking)}
    found: set[int] = set()
    for world in reachability.worlds(looked, questions):
        if world is None:
            return frozenset((quiet, *(quiet | 1 << index for index in tests))), asking
        held = (i for i, own_ in tests.items() if all(test(world) for test in own_))
        found.add(quiet | bits(held))
    return frozenset(found), 0


# --- what matches nothing -----------------------------------------------------------------------


def verdict(rules: Iterable[int], found: Sequence[Realm]) -> Verdict:
    """Find the rules that match no report.

    Args:
        rules: the indexes of those that are looked at.
        found: the reports, from `realms` with the same rules.
    """
    never: dict[int, tuple[int, ...]] = {}
    unsure: list[int] = []
    for index in rules:
        told: set[bool | None] = set()
        about = (realm for realm in found if realm.rules >> index & 1)
        while True not in told and (realm := next(about, None)):
            told.add(_reached(realm, index))
        if None in told and True not in told:
            unsure.append(index)
        elif True not in told:
            never[index] = _takers(index, found)
    return Verdict(never, (*unsure,))


def _reached(realm: Realm, index: int) -> bool | None:
    """Whether some report matches a rule and none before it; None: nobody knows."""
    before = (1 << index) - 1 & realm.rules
    told = {_leaves(cases, 1 << index, before) for cases in realm.scenes}
    if not (told - {False}):
        return False
    unknown = realm.unsure & (before | 1 << index)
    return True if True in told and not unknown else None


def _leaves(cases: Cases, wanted: int, without: int) -> bool | None:
    """Whether some report matches all of some rules and none of others; None: too much to try."""
    left = {without & ~wanted}
    for masks in cases:
        fit = {mask & without for mask in masks if mask & wanted == wanted}
        if len(left) * len(fit) > _MOST:
            return None
        several = {before & mask for before in left for mask in fit}
        if len(several) > _KEPT:
            return None
        left = _least(several)
    return 0 in left


def _least(some: set[int]) -> set[int]:
    """Without those that hold another one: who matches fewer is left by fewer."""
    if 0 in some:
        return {0}
    least: list[int] = []
    for mask in sorted(some, key=int.bit_count):
        if not any(other & mask == other for other in least):
            least.append(mask)
    return {*least}


def _takers(index: int, found: Sequence[Realm]) -> tuple[int, ...]:
    """The earlier rules that take what a rule would match; one alone, where one is enough."""
    some, alone = 0, -1
    for realm in found:
        for cases in realm.scenes:
            met, holds = _beside(cases, realm.rules, index)
            if met:
                some, alone = some | met, alone & holds
    before = some & ((1 << index) - 1)
    first = next(each(before & alone), None)
    return (*each(before),) if first is None else (first,)


def _beside(cases: Cases, rules: int, index: int) -> tuple[int, int]:
    """The rules that match some report with a rule, and those that match all of its reports.

    Neither where it matches none.
    """
    met = holds = rules if rules >> index & 1 else 0
    for masks in cases:
        own = [mask for mask in masks if mask >> index & 1]
        some = 0
        for mask in own:
            some |= mask
            holds &= mask
        met &= some
    return met, holds if met else 0


# --- where only the order decides ---------------------------------------------------------------


def clashes(rules: Sequence[Rule], realm: Realm) -> Iterator[tuple[int, int]]:
    """Pairs of rules of which the order alone decides who acts, earlier ones first.

    Both match some report that no rule before them does, neither matches all that the other does,
    and they name different departments.
    """
    scenes = [
        {index: _beside(cases, realm.rules, index) for index in each(realm.rules)}
        for cases in realm.scenes
    ]
    for first in each(realm.rules):
        met = 0
        for beside in scenes:
            met |= beside[first][0]
        for second in each(met & (-2 << first)):
            if (
                rules[first].department != rules[second].department
                and not _within(scenes, first, second)
                and not _within(scenes, second, first)
                and _first_of_both(realm, first, second)
            ):
                yield first, second


def _first_of_both(realm: Realm, first: int, second: int) -> bool:
    """Whether some report matches both and none before; so it is taken to be, if nobody knows."""
    both, before = 1 << first | 1 << second, (1 << first) - 1 & realm.rules
    return any(_leaves(cases, both, before) is not False for cases in realm.scenes)


def _within(scenes: Sequence[Mapping[int, tuple[int, int]]], one: int, other: int) -> bool:
    """Whether a rule matches whatever another one does."""
    return all(beside[one][1] >> other & 1 for beside in scenes if beside[one][0])
