"""What residents answer to a service's questions, by what is asked.

Everything is invented; what asks for a person is answered `withheld`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from open311.domain.attributes import Answer
from open311.domain.city import Offer
from open311.spec.documents import Attribute, Datatype

__all__ = ["Question", "answers", "questions"]

Reply: TypeAlias = Callable[[datetime, random.Random], Answer]

_ANSWERED = 0.6  # of the questions that need no answer
_MOST = 3  # choices of one list

_LINES = (
    (r"full name|name of the person|former address|name and address|telephone|on the stone"
     r"|where should|who is it|who will be", ("withheld",)),
    (r"plate", ("@@@ ###", "@@@ ###", "NONE", "could not see it")),
    (r"make|looks?\b|colour", ("grey hatchback", "white van", "blue, rusty", "brown, small")),
    (r"route", ("14", "7", "22", "Shore Loop", "Night 3")),
    (r"pole", ("@@####",)),
    (r"ticket", ("LP ########",)),
    (r"permit", ("BP 20##-#####", "#####")),
    (r"file_number|application", ("AH ######",)),
    (r"account|card|meter number|meter_number", ("#########",)),
    (r"number|serial|hydrant|frame|chip|stop\b|tag", ("####", "@-####", "######")),
    (r"park|beach|playground", ("Lantern Green", "the one by the ferry", "Mill Park")),
    (r"business|venue|company|shop|where did you eat|who did it",
     ("The Copper Kettle", "Blue Awning Café", "Harbour & Sons", "Chez Fougère", "a food truck")),
    (r"dog|pet", ("Biscuit", "Captain", "Moxie", "Señor Bigotes")),
    (r"building|school|office|place|garden|site|lot",
     ("the brick one at the corner", "Harbour Hall, 2nd floor", "North entrance", "Lot 12-B")),
    (r"street", ("Fogbell Lane", "Tern Row", "Capstan Hill")),
    (r"what|object|obstacle|item|use", ("a mattress", "old tires", "scaffolding", "a grey bag")),
    (r"", ("not sure", "see the description", "the usual one", "n/a")),
)  # fmt: skip
"""By the words of the question, the first that fits; `#` is a digit, `@` a letter."""

_NUMBERS = (
    (r"which year|built", 1890, 2015, 0),
    (r"celsius", 4, 17, 0),
    (r"income", 18_000, 90_000, 0),
    (r"a month", 700, 2_600, 0),
    (r"cents", 12, 640, 2),
    (r"dollars", 20, 4_000, 0),
    (r"one decimal", 3, 18, 1),
    (r"centimetres", 2, 90, 0),
    (r"metres", 1, 30, 0),
    (r"seconds|minutes", 5, 180, 0),
    (r"how old|years", 1, 95, 0),
    (r"how many people|cubic", 2, 120, 0),
    (r"", 1, 5, 0),
)
"""By the words of the question: from, to, decimals."""

_AHEAD = re.compile(
    r"which day|start|from when|evening|do you want|mean to dig|leave|ride|next|end"
)
_TEXTS = (
    "It was like this when I came home, and nobody was there.",
    "I have pictures if you need them.",
    "First it was small. Now it is the whole width.\nSecond time this month.",
    "Ask the people in the corner shop, they saw it too.",
    "Ils ont dit qu'ils reviendraient, mais personne n'est venu.",
    "See above.",
)
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHJKLMNPRSTVWXYZ"


class Question(msgspec.Struct, frozen=True):
    """A question with the way to answer it, given when the request is made."""

    code: str
    required: bool
    reply: Reply


def questions(offer: Offer) -> tuple[Question, ...]:
    """What a service asks; notes are no questions."""
    return tuple(
        Question(each.code, each.required, _REPLIES[each.datatype](each))
        for each in offer.attributes
        if each.variable
    )


def answers(
    asked: tuple[Question, ...], requested: datetime, rng: random.Random
) -> dict[str, Answer]:
    """Answers that the service accepts, typed as they are stored.

    Args:
        asked: of one service; what needs no answer is answered sometimes.
        requested: when; aware, UTC. Dates asked for lie before or after it, as the question has it.
        rng: seeded.

    Returns:
        Every required answer, and some others, by code, in the questions' order.
    """
    return {
        each.code: each.reply(requested, rng)
        for each in asked
        if each.required or rng.random() < _ANSWERED
    }


def _line(asked: Attribute) -> Reply:
    question = _question(asked)
    lines = next(lines for words, lines in _LINES if re.search(words, question))

    def reply(_: datetime, rng: random.Random) -> Answer:
        line = re.sub("#", lambda _: rng.choice(_DIGITS), rng.choice(lines))
        return re.sub("@", lambda _: rng.choice(_LETTERS), line)

    return reply


def _number(asked: Attribute) -> Reply:
    question = _question(asked)
    low, high, decimals = next(row for words, *row in _NUMBERS if re.search(words, question))

    def reply(_: datetime, rng: random.Random) -> Answer:
        number = round(rng.uniform(low, high), decimals)
        return int(number) if number.is_integer() else number

    return reply


def _moment(asked: Attribute) -> Reply:
    ahead = _AHEAD.search(_question(asked))

    def reply(requested: datetime, rng: random.Random) -> Answer:
        if ahead:
            moment = requested + timedelta(days=rng.randint(1, 30))
        else:
            moment = requested - timedelta(hours=rng.expovariate(1 / 20))
        minute = moment.minute // 5 * 5  # as people tell the time
        return moment.replace(minute=minute, second=0, microsecond=0)

    return reply


def _text(_: Attribute) -> Reply:
    return lambda _, rng: rng.choice(_TEXTS)


def _one(asked: Attribute) -> Reply:
    keys = [each.key for each in asked.values]
    return lambda _, rng: rng.choice(keys)


def _some(asked: Attribute) -> Reply:
    keys = [each.key for each in asked.values]
    return lambda _, rng: rng.sample(keys, rng.randint(1, min(_MOST, len(keys))))


def _question(asked: Attribute) -> str:
    return f"{asked.code}: {asked.description} {asked.datatype_description or ''}".lower()


_REPLIES: dict[Datatype, Callable[[Attribute], Reply]] = {
    "string": _line,
    "number": _number,
    "datetime": _moment,
    "text": _text,
    "singlevaluelist": _one,
    "multivaluelist": _some,
}
