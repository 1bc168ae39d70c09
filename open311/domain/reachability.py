"""Whether a question can ever be asked: answers that ask it are looked for.

Of each question that its conditions look at, and of those that these look at in turn, the answers
are tried that the conditions can tell apart. So it is exact for lists, numbers and times; a text is
taken to be able to hold whatever is asked of it, but to be two things at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

import msgspec

from open311.domain import conditions
from open311.domain.attributes import reader
from open311.domain.datatypes import DATATYPES, LAST, NEVER, WHOLE
from open311.domain.folder import CityAttribute, Condition, Dependencies
from open311.spec import submission

__all__ = ["apart", "around", "unreachable", "ways", "worlds"]

Answers = Mapping[str, Any]

_MOST = 5_000
"""Steps of a search, and answers of one question; what needs more is taken for reachable."""

_FAR = 60
"""Questions that a question may depend on, directly or not, likewise."""


class _Step(msgspec.Struct, frozen=True):
    """A question whose answer is to be chosen: when it is asked, and what may be answered then."""

    code: str
    asked: conditions.Asked | None
    answers: Sequence[Any]  # None: it is left out

    def choices(self, before: Answers) -> Iterator[Any]:
        """What may be answered, given the answers before."""
        return iter((None,) if self.asked and not self.asked(before) else self.answers)


def unreachable(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> bool:
    """Whether no report that is accepted asks a question.

    Args:
        each: a question whose conditions each make sense.
        earlier: the questions before it, by their code, in their order; sound.
    """
    return next(ways(each, earlier), None) is None


def ways(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> Iterator[dict[str, Any]]:
    """Answers to the questions that a question depends on, so that it is asked.

    Yields:
        Answers by code, one way after another; none where it cannot be asked, and `{}` at the
        last where there are too many to try.
    """
    before = _looked_at(each, earlier)
    if len(before) > _FAR:
        yield {}
        return
    steps = [_step(one, earlier, [*before, each]) for one in before]
    asked = _asked(each, earlier)
    answers: dict[str, Any] = {}
    open_ = {step.code for step in steps}
    chosen: list[Iterator[Any]] = []
    for _ in range(_MOST):
        holds = asked(answers, open_) if asked else True
        if holds:
            yield {**answers}
        elif holds is None:
            chosen.append(steps[len(chosen)].choices(answers))
        if not _next(steps, chosen, answers, open_):
            return
    yield {}


def worlds(
    looked: Sequence[Condition], questions: Mapping[str, CityAttribute]
) -> Iterator[dict[str, Any] | None]:
    """Answers that a report may give, one way at least for each that conditions tell apart.

    Args:
        looked: each makes sense for its question.
        questions: of a sound service, by their code, in their order.

    Yields:
        Answers by code, of what is looked at; None at the last where there are too many to try.
    """
    about = CityAttribute(
        code="",
        datatype="informational",
        description="",
        dependencies=Dependencies(conditions=[*looked]),
    )
    before = _looked_at(about, questions)
    if len(before) > _FAR:
        yield None
        return
    steps = [_step(one, questions, [*before, about]) for one in before]
    answers: dict[str, Any] = {}
    open_ = {step.code for step in steps}
    chosen: list[Iterator[Any]] = []
    for _ in range(_MOST):
        if len(chosen) < len(steps):
            chosen.append(steps[len(chosen)].choices(answers))
        else:
            yield {**answers}
        if not _next(steps, chosen, answers, open_):
            return
    yield None


def _next(
    steps: Sequence[_Step], chosen: list[Iterator[Any]], answers: dict[str, Any], open_: set[str]
) -> bool:
    """Choose the next answer to the last question that has one; whether there is any."""
    while chosen:
        code = steps[len(chosen) - 1].code
        answers.pop(code, None)
        open_.add(code)
        for answer in chosen[-1]:
            open_.discard(code)
            if answer is not None:
                answers[code] = answer
            return True
        chosen.pop()
    return False


def _conditions(each: CityAttribute) -> Sequence[Condition]:
    return each.dependencies.conditions if each.dependencies else ()


def _looked_at(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> list[CityAttribute]:
    """The questions that a question depends on, directly or not, in their order; not too many."""
    found: set[str] = set()
    todo = [each]
    while todo and len(found) <= _FAR:
        codes = {one.attribute for one in _conditions(todo.pop())} - found
        found |= codes
        todo += [earlier[code] for code in codes]
    return [one for code, one in earlier.items() if code in found]


def _asked(each: CityAttribute, earlier: Mapping[str, CityAttribute]) -> conditions.Asked | None:
    if each.dependencies is None:
        return None
    looked = {one.attribute: earlier[one.attribute] for one in _conditions(each)}
    read = {code: (one.datatype, reader(one)) for code, one in looked.items()}
    return conditions.compiled(each.dependencies, read)


def _step(
    about: CityAttribute, earlier: Mapping[str, CityAttribute], later: Iterable[CityAttribute]
) -> _Step:
    looked = [one for each in later for one in _conditions(each) if one.attribute == about.code]
    answers = (
        [] if about.automated == "server_set" else [*itertools.islice(apart(about, looked), _MOST)]
    )
    if about.preset is not None:
        preset = reader(about)(about.preset)
        answers.append([preset] if DATATYPES[about.datatype].many else preset)
    elif not about.required:
        answers.append(None)
    return _Step(about.code, _asked(about, earlier), answers)


# --- answers that conditions tell apart ---------------------------------------------------------


def apart(about: CityAttribute, looked: Sequence[Condition]) -> Iterator[Any]:
    """Answers to a question, one at least for each that some conditions can tell from others."""
    read = reader(about)
    values = list(dict.fromkeys(read(each) for one in looked for each in conditions.values(one)))
    match about.datatype:
        case "number" | "datetime":
            return around(values, about)
        case "singlevaluelist":
            return iter(_keys(about, values))
        case "multivaluelist":
            return _choices(about, values, len(looked))
    held = [
        each for one in looked if one.op in ("contains", "in") for each in conditions.values(one)
    ]
    return _texts(about, values, list(dict.fromkeys(held)))


def around(values: Sequence[Any], about: CityAttribute) -> Iterator[Any]:
    """Numbers or times at, between and beyond some, within the bounds of a question."""
    if about.datatype == "datetime":
        second = timedelta(seconds=1)
        ordered = sorted({*values, NEVER, LAST})
        near = [each + second for each in ordered[:-1]]
        yield from dict.fromkeys((*values, *near, *(each - second for each in ordered[1:])))
        return
    low = -WHOLE if about.minimum is None else about.minimum
    high = WHOLE if about.maximum is None else about.maximum
    ordered = sorted({*values, low, high})
    between = [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
    for each in dict.fromkeys((*values, *between, low, high)):
        if low <= each <= high and abs(each) < WHOLE:
            yield each


def _keys(about: CityAttribute, values: Sequence[str]) -> list[str]:
    """The keys that are asked for, and one that stands for all others."""
    return [*values, *[each.key for each in about.values if each.key not in values][:1]]


def _choices(about: CityAttribute, values: Sequence[str], looked: int) -> Iterator[list[str]]:
    """One key for each condition is enough, and one more so that none is alone."""
    most = min(max(2, looked), about.max_items or len(about.values))
    for size in range(1, most + 1):
        yield from map(list, itertools.combinations(_keys(about, values), size))


def _texts(about: CityAttribute, values: Sequence[str], held: Sequence[str]) -> Iterator[str]:
    """Texts that are asked for, where they can be answered, and texts that hold some of `held`."""
    read = DATATYPES[about.datatype].reader(about)
    for each in values:
        try:
            if each and each == submission.clean(each):
                yield read(each, UTC, NEVER)
        except ValueError:
            continue
    other = next(each for each in map(chr, range(ord("a"), 0x10000)) if each not in "".join(values))
    for size in range(len(held) + 1):
        for some in itertools.combinations(held, size):
            text = other.join((other, *some, other))
            if all(len(each) <= (about.max_length or len(each)) for each in some):
                yield text.ljust(about.min_length or 0, other)
