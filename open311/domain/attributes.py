"""The answers to a service's questions: each checked as its datatype and its rules ask.

A service is compiled once, when it is read (`compiled`), and then asked for every submission
(`check`): what a question looks at is decided once.

Source: GR-A-04, GR-A-12, GR-P-03, GR-P-10 to GR-P-13.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from open311.domain import conditions
from open311.domain.datatypes import DATATYPES, NEVER, Answer, Read
from open311.domain.folder import CityAttribute

__all__ = [
    "DATATYPES",
    "Answer",
    "Form",
    "Question",
    "check",
    "compiled",
    "reader",
    "revived",
    "takes_answer",
]


_ANSWERS = msgspec.json.Decoder(dict[str, Any])


class Question(msgspec.Struct, frozen=True):
    """A question that takes an answer, ready to be asked."""

    code: str
    required: bool
    private: bool
    many: bool
    keys: frozenset[str]
    most: int  # values of one answer, where there may be many
    read: Read
    asked: conditions.Asked | None  # None: always
    preset: tuple[str, ...]  # the answer when none is sent
    ours: bool  # nobody but the server may answer


class Form(msgspec.Struct, frozen=True):
    """The questions of a service that take an answer, in their order."""

    questions: tuple[Question, ...] = ()


def compiled(attributes: Sequence[CityAttribute]) -> Form:
    """Make the questions of a service ready.

    Args:
        attributes: sound: see `soundness`; in their order.

    Raises:
        ValueError: they are not sound; says in words what is wrong.
    """
    questions: list[Question] = []
    earlier: dict[str, tuple[str, conditions.Read]] = {}
    looked_at = {
        condition.attribute
        for each in attributes
        if each.dependencies
        for condition in each.dependencies.conditions
    }
    for each in attributes:
        if not takes_answer(each):
            continue
        kind = DATATYPES[each.datatype]
        read = kind.reader(each)
        asked = conditions.compiled(each.dependencies, earlier) if each.dependencies else None
        questions.append(
            Question(
                code=each.code,
                required=each.required,
                private=each.private,
                many=kind.many,
                keys=frozenset(value.key for value in each.values),
                most=each.max_items or len(each.values),
                read=read,
                asked=asked,
                preset=(each.preset,) if each.preset is not None else (),
                ours=each.automated == "server_set",
            )
        )
        if each.code in looked_at:
            earlier[each.code] = each.datatype, reader(each)
    return Form(tuple(questions))


def takes_answer(attribute: CityAttribute) -> bool:
    """Whether there is anything to be answered."""
    return attribute.variable and attribute.datatype != "informational"


def reader(attribute: CityAttribute) -> conditions.Read:
    """How what a condition compares with is read: a value of the question, bounds apart."""
    free = CityAttribute(
        code=attribute.code,
        datatype=attribute.datatype,
        description="",
        values=attribute.values,
    )
    read = DATATYPES[free.datatype].reader(free)
    return lambda value: read(value, UTC, NEVER)


def revived(stored: str | None, times: Iterable[str]) -> dict[str, Any]:
    """Answers as they were checked, of JSON as it is stored.

    Args:
        stored: by code.
        times: the codes of those that are times; what is none is left as it stands.
    """
    answers = _ANSWERS.decode(stored or "{}")
    for code in times:
        try:
            answers[code] = datetime.fromisoformat(answers[code])
        except (KeyError, TypeError, ValueError):
            continue
    return answers


def check(
    form: Form, sent: Mapping[str, tuple[str, ...]], zone: tzinfo, now: datetime
) -> tuple[dict[str, Answer], tuple[str, ...]]:
    """Check what was answered to a service's questions.

    Args:
        form: the questions.
        sent: the values for each code; codes that no question has are ignored, and so are answers
            to a question that is not asked because of the answers before it. Where one of these
            is faulty, so that nobody can say whether it is asked, nothing is told of it either.
        zone: the jurisdiction's, for times without an offset.
        now: aware, for bounds that move with the time.

    Returns:
        The good answers by code, in the questions' order, and every problem in words, each
        beginning with `attribute[CODE]`.

    Source: GR-P-10 to GR-P-14, GR-A-12.
    """
    good: dict[str, Answer] = {}
    problems: list[str] = []
    unsure: set[str] = set()  # questions with a faulty answer, and those that depend on one
    for question in form.questions:
        if question.asked is not None:
            asked = question.asked(good, unsure)
            if asked is None:
                unsure.add(question.code)
            if not asked:
                continue
        values = () if question.ours else _values(question, sent.get(question.code, ()))
        if not (values or (values := question.preset) or question.required):
            continue
        try:
            good[question.code] = _answer(question, values, zone, now)
        except ValueError as fault:
            problems.append(f"attribute[{question.code}]: {fault}.")
            unsure.add(question.code)
    return good, tuple(problems)


def _values(question: Question, sent: Sequence[str]) -> Sequence[str]:
    """Each value once; for many values, one that is not a key may be a comma list. GR-P-10."""
    if question.many:
        sent = [
            part.strip()
            for value in sent
            for part in ([value] if value in question.keys else value.split(","))
        ]
    elif len(sent) <= 1:
        return sent if sent and sent[0] else ()
    return [value for value in dict.fromkeys(sent) if value]


def _answer(question: Question, values: Sequence[str], zone: tzinfo, now: datetime) -> Answer:
    if not values:
        raise ValueError("an answer is required")
    if question.many:
        answer = [question.read(value, zone, now) for value in values]
        if len(answer) > question.most:
            raise ValueError(f"it takes at most {question.most} values, not {len(answer)}")
        return answer
    if len(values) > 1:
        raise ValueError("it takes one value")
    return question.read(values[0], zone, now)  # type: ignore[no-any-return]
