"""In which reports a question is asked, before a definition changes and after.

Whatever the conditions can tell apart of the earlier answers is tried, on both sides at once:
exactly for lists, numbers, times and texts. Where that is too much, or where the same report need
not have the same answer on both sides, whatever may be is taken to be.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from open311.domain import conditions
from open311.domain.attributes import reader, takes_answer
from open311.domain.folder import CityAttribute, Condition
from open311.domain.reachability import apart

__all__ = ["Shift", "Sides", "needs_answer", "unsent_answer", "who"]

_MOST = 5_000
"""Cases that are tried; of a question with more, anything is believed."""

_TEXTS = {"string", "text"}

Case = tuple[Any, Any]
"""The answer to one question before, and after; None where there is none."""

Asked = Callable[[Mapping[str, Any]], bool | None]


class Shift(msgspec.Struct, frozen=True):
    """Whether there are reports in which a question is asked and was not, and the reverse."""

    more: bool
    less: bool


_ANY = Shift(more=True, less=True)


def who(each: CityAttribute | None) -> Literal["nobody", "server", "client"]:
    """Who answers a question, if it is one."""
    if each is None or not takes_answer(each):
        return "nobody"
    return "server" if each.automated == "server_set" else "client"


class Sides:
    """The questions of one service before a change and after it.

    A report answers no question that the old definition did not ask of clients.
    """

    def __init__(self, old: Sequence[CityAttribute], new: Sequence[CityAttribute]) -> None:
        """Take two definitions, each sound and in its order."""
        self._old = {each.code: each for each in old if who(each) != "nobody"}
        self._new = {each.code: each for each in new if who(each) != "nobody"}
        self._shifts: dict[str, Shift] = {}

    def shift(self, code: str) -> Shift:
        """How it changes in which reports a question is asked.

        Args:
            code: of a question that takes an answer after the change. One that clients were not
                asked before counts as asked nowhere then.
        """
        if code not in self._shifts:
            self._shifts[code] = _ANY  # as long as it is not known: two may wait for each other
            self._shifts[code] = self._tried(code)
        return self._shifts[code]

    def _tried(self, code: str) -> Shift:
        old, new = self._old.get(code), self._new.get(code)
        if who(new) == "client" and who(old) != "client":
            old = None
        looked: dict[str, list[Condition]] = {}
        for each in (*_conditions(old), *_conditions(new)):
            looked.setdefault(each.attribute, []).append(each)
        options = [self._cases(each, looked[each]) for each in looked]
        steady = all(before == after for cases in options for before, after in cases)
        if steady and old and new and old.dependencies == new.dependencies and self._alike(looked):
            return Shift(more=False, less=False)
        if math.prod(map(len, options)) > _MOST:
            return _ANY
        was, is_ = _asked(old, self._old), _asked(new, self._new)
        more = less = False
        for world in itertools.product(*options):
            asked = bool(was(_given(looked, world, 0)))
            asks = bool(is_(_given(looked, world, 1)))
            more, less = more or (asks and not asked), less or (asked and not asks)
        return Shift(more=more, less=less)

    def _alike(self, codes: Iterable[str]) -> bool:
        sides = ((self._old.get(code), self._new.get(code)) for code in codes)
        return all(old and new and _reads_alike(old, new) for old, new in sides)

    def _cases(self, code: str, looked: Sequence[Condition]) -> list[Case]:
        """What can be answered to a question on both sides, as far as conditions tell it apart."""
        old, new = self._old.get(code), self._new.get(code)
        if old and new and _reads_alike(old, new) and not self.shift(code).more:
            return _same(old, new, _sent(old, looked), gone=self.shift(code).less)
        before = _answers(old, _sent(old, looked) if old else ())
        known = who(old) == who(new) == "client"
        after = _answers(new, _sent(new, looked) if new and known else ())
        return list(itertools.islice(itertools.product(before, after), _MOST + 1))


def _conditions(each: CityAttribute | None) -> Sequence[Condition]:
    return each.dependencies.conditions if each and each.dependencies else ()


def _asked(each: CityAttribute | None, side: Mapping[str, CityAttribute]) -> Asked:
    if each is None or each.dependencies is None:
        always = each is not None
        return lambda _: always
    earlier = {
        one.attribute: (side[one.attribute].datatype, reader(side[one.attribute]))
        for one in each.dependencies.conditions
    }
    return conditions.compiled(each.dependencies, earlier)


def _given(codes: Iterable[str], world: Sequence[Case], side: int) -> dict[str, Any]:
    """The answers of one side, by code."""
    pairs = zip(codes, world, strict=True)
    return {code: case[side] for code, case in pairs if case[side] is not None}


def _reads_alike(old: CityAttribute, new: CityAttribute) -> bool:
    """Whether what is sent is the same answer on both sides, wherever both ask and take it."""
    added = {each.key for each in new.values} - {each.key for each in old.values}
    splits = new.datatype == "multivaluelist" and any("," in key for key in added)
    same = old.datatype == new.datatype or {old.datatype, new.datatype} <= _TEXTS
    return same and who(old) == who(new) and not splits


def _same(old: CityAttribute, new: CityAttribute, sent: Sequence[Any], *, gone: bool) -> list[Case]:
    """The cases of a question that reads the same on both sides, and may be asked less often."""
    unsent = [] if needs_answer(old) else [unsent_answer(old)]
    cases = [(each, each) for each in sent]
    if not needs_answer(new):
        cases += [(each, unsent_answer(new)) for each in unsent]
    if gone:
        cases += [(each, None) for each in (*sent, *unsent)]
    if old.dependencies or new.dependencies:
        cases.append((None, None))
    return cases


def needs_answer(each: CityAttribute) -> bool:
    """Whether a report fails without an answer, where the question is asked."""
    return each.required and each.preset is None


# --- answers that conditions tell apart ---------------------------------------------------------


def _answers(about: CityAttribute | None, sent: Sequence[Any]) -> list[Any]:
    """The answers of one side, None where there may be none."""
    if about is None:
        return [None]
    unsent = [] if needs_answer(about) and sent else [unsent_answer(about)]
    return [*sent, *unsent, *([None] if about.dependencies else [])]


def unsent_answer(about: CityAttribute) -> Any:
    """The answer where none is sent."""
    if about.preset is None:
        return None
    answer = reader(about)(about.preset)
    return [answer] if about.datatype == "multivaluelist" else answer


def _sent(about: CityAttribute, looked: Sequence[Condition]) -> list[Any]:
    """What clients may answer; at most one more than is tried."""
    if who(about) != "client":
        return []
    return list(itertools.islice(apart(about, list(_readable(about, looked))), _MOST + 1))


def _readable(about: CityAttribute, looked: Sequence[Condition]) -> Iterator[Condition]:
    """The conditions, as far as one side has what they compare with: keys come and go."""
    read = reader(about)
    for each in looked:
        values = [value for value in conditions.values(each) if _reads(read, value)]
        if values or each.op == "answered":
            some: Any = values if each.op == "one_of" else each.value
            yield msgspec.structs.replace(each, value=some)


def _reads(read: conditions.Read, value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
