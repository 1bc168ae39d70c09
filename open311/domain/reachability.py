"""Whether a question can ever be asked, given what its conditions look at.

A question is asked in ways: sets of conditions that hold together, its own and those under which
the questions that it looks at are asked themselves. It is exact for lists, numbers and times; a
text is taken to be able to hold whatever is asked of it, but to be two things at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from open311.domain import attributes, conditions
from open311.domain.folder import CityAttribute, Condition

__all__ = ["Ways", "around", "unreachable"]

Ways: TypeAlias = dict[str, list[tuple[Condition, ...]] | None]
"""By code, the ways in which a question is asked; None: too many to say."""

_MOST = 2_000
"""Ways that are looked at, of all questions of a service; what is beyond is taken for reachable."""

_LONGEST = 100
"""Conditions of one way, likewise."""


def unreachable(
    each: CityAttribute,
    earlier: Mapping[str, CityAttribute],
    ways: Ways,
) -> str | None:
    """Why a question can never be asked; and note in `ways` how it can be.

    Args:
        each: a question whose conditions each make sense.
        earlier: the questions before it, by their code.
        ways: of the questions before it; gains its own.
    """
    if each.dependencies is None:
        ways[each.code] = [()]
        return None
    terms = _terms(each, ways)
    if terms is None or not _few(terms, ways):
        ways[each.code] = None
        return None
    possible = [term for term in terms if _can_hold(term, earlier)]
    ways[each.code] = possible or [()]
    return None if possible else "can never hold, so the question is never asked"


def _terms(each: CityAttribute, ways: Ways) -> list[tuple[Condition, ...]] | None:
    """Every way in which the dependencies may hold; None: too many to say."""
    assert each.dependencies is not None  # noqa: S101 - the caller looked
    options: list[list[tuple[Condition, ...]]] = []
    for condition in each.dependencies.conditions:
        before = [()] if condition.op == "ne" else ways.get(condition.attribute)
        if before is None:
            return None
        options.append([(*term, condition) for term in before])
    if each.dependencies.clause == "OR":
        terms = [term for option in options for term in option]
    else:
        if math.prod(map(len, options)) > _MOST:
            return None
        terms = [_together(choice) for choice in itertools.product(*options)]
    return terms if len(terms) <= _MOST else None


def _few(terms: list[tuple[Condition, ...]], ways: Ways) -> bool:
    """Whether so many more ways, each of so many conditions, can be looked at in no time."""
    before = sum(map(len, filter(None, ways.values())))
    return before + len(terms) <= _MOST and max(map(len, terms)) <= _LONGEST


def _together(choice: Iterable[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """Several ways at once: a condition that stands in more than one of them counts once."""
    return tuple({id(each): each for term in choice for each in term}.values())


def _can_hold(term: Iterable[Condition], earlier: Mapping[str, CityAttribute]) -> bool:
    by_code: dict[str, list[Condition]] = {}
    for condition in term:
        by_code.setdefault(condition.attribute, []).append(condition)
    return all(_possible(earlier[code], each) for code, each in by_code.items())


def _possible(about: CityAttribute, term: Sequence[Condition]) -> bool:
    """Whether some answer to one question holds all of these conditions."""
    if about.datatype == "multivaluelist":
        return _some_choice(about, term)
    read = attributes.reader(about)
    test = [(_op(each, about), *map(read, conditions.values(each))) for each in term]
    if about.automated == "server_set":
        return _holds(read(about.preset or ""), test)
    if about.datatype == "singlevaluelist":
        return any(_holds(value.key, test) for value in about.values) or all(
            op == "ne" for op, *_ in test
        )
    candidates = [value for _, *values in test for value in values]
    if about.datatype in ("number", "datetime"):
        return any(_holds(value, test) for value in around(candidates, about)) or _loose(test)
    exact = [value for op, *values in test if op in ("eq", "one_of") for value in values]
    return not exact or any(_holds(value, test) for value in exact)


def _op(condition: Condition, about: CityAttribute) -> str:
    """One choice contains a value where it is that value."""
    contains = condition.op in ("contains", "in")
    return "eq" if contains and about.datatype == "singlevaluelist" else condition.op


def _holds(answer: Any, test: Sequence[tuple[Any, ...]]) -> bool:
    return all(_one(answer, op, values) for op, *values in test)


def _one(answer: Any, op: str, values: Sequence[Any]) -> bool:
    if op in conditions.ORDERED:
        return bool(conditions.ORDERED[op](answer, values[0]))
    match op:
        case "answered":
            return True
        case "ne":
            return bool(answer != values[0])
        case "contains" | "in":
            return values[0] in answer
    return answer in values


def _loose(test: Sequence[tuple[Any, ...]]) -> bool:
    return all(op in ("ne", "answered") for op, *_ in test)


def around(values: Sequence[Any], about: CityAttribute) -> Iterator[Any]:
    """Values at, between and beyond those that are compared with, within the question's bounds."""
    if values and isinstance(values[0], datetime):
        yield from values
        ordered = sorted(values)
        yield from (a + (b - a) / 2 for a, b in itertools.pairwise(ordered))
        yield attributes.NEVER
        yield attributes.LAST
        return
    low = -math.inf if about.minimum is None else about.minimum
    high = math.inf if about.maximum is None else about.maximum
    edges = [each for each in (about.minimum, about.maximum) if each is not None]
    ordered = sorted({*values, *edges})
    between = [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
    beyond = [ordered[0] - 1, ordered[-1] + 1] if ordered else [0]
    yield from (each for each in (*ordered, *between, *beyond) if low <= each <= high)


def _some_choice(about: CityAttribute, term: Sequence[Condition]) -> bool:
    """Whether some set of choices holds all conditions."""
    exact = {conditions.values(each)[0] for each in term if each.op == "eq"}
    within = {conditions.values(each)[0] for each in term if each.op in ("contains", "in")}
    some = [set(conditions.values(each)) for each in term if each.op == "one_of"]
    others = {conditions.values(each)[0] for each in term if each.op == "ne"}
    if exact:
        return (
            len(exact) == 1
            and within <= exact
            and not exact & others
            and all(each & exact for each in some)
        )
    most = about.max_items or len(about.values)
    return len(within) <= most and not (len(about.values) == 1 and others and (within or some))
