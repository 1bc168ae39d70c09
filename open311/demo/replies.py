"""What residents answer to a service's questions: what is asked of them, and nothing else."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec

from open311.demo import inventions
from open311.demo.inventions import Reply
from open311.domain import attributes
from open311.domain.conditions import Asked
from open311.domain.datatypes import NEVER, Answer
from open311.domain.folder import CityAttribute, CityService

__all__ = ["Question", "Unanswerable", "answers", "questions"]

_ANSWERED = 0.6  # of the questions that need no answer


class Unanswerable(ValueError):
    """There is no knowing what a required question wants to be answered."""


class Question(msgspec.Struct, frozen=True):
    """A question with the way to answer it, given when the request is made."""

    code: str
    required: bool
    asked: Asked | None  # None: always
    preset: Answer | None  # the answer when none is sent
    reply: Reply | None  # None: nobody but the server answers, or nobody knows how


def questions(service: CityService) -> tuple[Question, ...]:
    """What a service asks, in its order; notes are no questions.

    Args:
        service: canonical and sound.

    Raises:
        Unanswerable: nothing that could be made up would be taken.
    """
    asked = attributes.compiled(service.attributes).questions
    own = {each.code: each for each in service.attributes}
    found = tuple(_question(own[each.code], each) for each in asked)
    for each in found:
        if each.required and each.reply is None and each.preset is None:
            raise Unanswerable(service.service_code, each.code)
    return found


def _question(own: CityAttribute, compiled: attributes.Question) -> Question:
    return Question(
        code=own.code,
        required=own.required and own.preset is None,
        asked=compiled.asked,
        preset=_preset(own),
        reply=None if own.automated and own.preset else inventions.reply(own, compiled.read),
    )


def _preset(own: CityAttribute) -> Answer | None:
    if own.preset is None:
        return None
    form = attributes.compiled([msgspec.structs.replace(own, dependencies=None)])
    return attributes.check(form, {}, UTC, NEVER)[0].get(own.code)


def answers(
    asked: tuple[Question, ...], requested: datetime, rng: random.Random
) -> dict[str, Answer]:
    """Answers that the service accepts, typed as they are stored.

    Args:
        asked: of one service; what needs no answer is answered sometimes.
        requested: when; aware, UTC. Dates lie before or after it, as the question has it.
        rng: seeded.

    Returns:
        Every required answer, and some others, by code, in the questions' order; none to a
        question that the answers before it have hidden.
    """
    good: dict[str, Answer] = {}
    for each in asked:
        if each.asked is not None and not each.asked(good):
            continue
        if each.reply and (each.required or rng.random() < _ANSWERED):
            good[each.code] = each.reply(requested, rng)
        elif each.preset is not None:
            good[each.code] = each.preset
    return good
