"""What residents write in a request.

Everything is invented, and names nobody.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from open311.domain.city import Offer

__all__ = ["Voice", "description", "kind", "voice"]

_WISH = re.compile(
    r"(ask|book|buy|change|correct|dispute|find|plant|register|speak|suggest|turn|volunteer|vote"
    r"|work at)\b"
)
_PAPER = re.compile(r"permit|records|licence|question|help|claim|grant|card|program|waiting list")

_SEEN = (
    "{Name} {where}.",
    "{Name} {where}. {since}.",
    "{Name} {where}. {since}, {harm}.",
    "{Name}. It is {where}; {harm}.",
    "{since}: {name}, {where}. {plea}",
    "Hello, I want to report this: {name} {where}. {since}. {plea}",
    "{name} {where} again!! {harm}",
    "{Name}. {again} {plea}",
    "{Key} {where}. {plea}",
    "{key}, {where}",
    "{name}",
    "Same as last month: {name}, {where}. {again}",
    "{Name}.\n\nIt is {where}. {since} and {harm}.\n\n{plea}",
    "{Name} — less than 20 m (<65 ft) from the crossing & {where}. {harm}.",
    'My neighbour says "call 311", so: {name}. {where}, {since}.',
)
_WANTED = (
    "I would like to {name}.",
    "I would like to {name}, {where}. {plea}",
    "Please help me to {name}. I have tried on the telephone twice.",
    "{Name}. {plea}",
    "{name} please",
    "Hello, how do I {name}? The web page did not tell me.",
    "{Name}: it is for us, {where}. We can wait until next month.",
)
_WRITTEN = (
    "{Name}. {plea}",
    "Hello, this is about: {name}. {plea}",
    "{Name}: I have been waiting for two weeks. {plea}",
    "{name}",
    "{Name}. {again} {plea}",
    "Who can I speak to about this? {key}. {plea}",
)
_OTHER = (
    "Bonjour, je signale « {name} » près de l'école. Ça dure depuis des semaines. Merci !",
    "{Name} : c'est encore arrivé hier soir, à côté de l'arrêt d'autobus. À vérifier svp.",
    "Toujours rien de réglé ({name}). Où en êtes-vous ? C'est dangereux pour les aînés.",
    "Hola, otra vez lo mismo: {name}. Está en la esquina, junto a la panadería. ¡Gracias!",
    "¿Cuándo lo van a arreglar? {Name}. Los niños pasan por aquí todas las mañanas.",
    "{Name}, señores. Desde el lunes nadie ha venido. Por favor, envíen a alguien.",
)
_TEMPLATES = {"seen": _SEEN, "wanted": _WANTED, "written": _WRITTEN}
_WHERE = (
    "in front of the bakery",
    "next to the bus stop",
    "across from the school",
    "at the corner by the pharmacy",
    "behind the corner shop",
    "halfway up the hill",
    "by the church steps",
    "near the café with the blue door",
    "at the end of the lane",
    "beside the playground",
    "outside our building",
    "between the two bridges",
    "where the bike path starts",
    "two doors down from the fire hall",
    "on the side facing the harbour",
)
_SINCE = (
    "It has been like this for a week",
    "Since Monday",
    "Since the storm",
    "Noticed it this morning",
    "Third time this year",
    "It started last night",
    "It was fine until the roadworks",
    "At least ten days now",
    "Every day around 5:30",
)
_HARM = (
    "somebody will get hurt",
    "I almost fell",
    "people with prams cannot get past",
    "my mother uses a walker and has to turn back",
    "cars swerve around it",
    "it gets worse every day",
    "the children walk past it to school",
    "the smell is awful",
    "it looks terrible",
    "nobody on our street can sleep",
    "cyclists have to go into traffic",
)
_PLEA = (
    "Please send somebody.",
    "Thanks for looking into it.",
    "Please fix this soon.",
    "When will somebody come?",
    "Thank you!",
    "Could you let me know when it is done?",
    "This needs attention before the weekend.",
    "Much appreciated 🙏",
)
_AGAIN = (
    "Reported before, nothing happened.",
    "You came two weeks ago and it is back.",
    "The last request was closed but it is still there.",
    "I know that you are busy, but still.",
)
_PICTURES = ("😡", "⚠️", "🙏", "👎", "🚧", "❄️ 😬", "😕")


class Voice(msgspec.Struct, frozen=True):
    """How residents write about one service."""

    name: str
    keywords: tuple[str, ...]
    templates: tuple[str, ...]


def kind(offer: Offer) -> Literal["seen", "wanted", "written"]:
    """What a service is about.

    Returns:
        `seen`: something at a place, which others can report too; `wanted`: something to have or
        to do; `written`: papers and questions.
    """
    about = f"{offer.service_name}, {offer.group}".lower()
    if _WISH.match(about):
        return "wanted"
    return "written" if _PAPER.search(about) else "seen"


def voice(offer: Offer) -> Voice:
    """How residents write about a service, by its name and keywords."""
    words = (each.strip() for each in offer.keywords.split(","))
    keywords = tuple(filter(None, words)) or (offer.service_name.lower(),)
    return Voice(offer.service_name, keywords, _TEMPLATES[kind(offer)])


def description(of: Voice, rng: random.Random) -> str | None:
    """What a resident writes: sometimes nothing, sometimes with care.

    Args:
        of: the service.
        rng: seeded.
    """
    chance = rng.random()
    for share, hand in _HANDS:
        chance -= share
        if chance < 0:
            return hand(of, rng)
    return _plain(of, rng)


def _plain(of: Voice, rng: random.Random) -> str:
    return _filled(rng.choice(of.templates), of, rng)


def _nothing(*_: object) -> None:
    return None


def _shouted(of: Voice, rng: random.Random) -> str:
    return _plain(of, rng).upper()


def _hasty(of: Voice, rng: random.Random) -> str:
    """No capitals; two letters change places and one is lost."""
    text = _plain(of, rng).lower()
    first, second = rng.randrange(len(text)), rng.randrange(len(text))
    text = text[:first] + text[first : first + 2][::-1] + text[first + 2 :]
    return (text[:second] + text[second + 1 :]).strip() or text


def _pictured(of: Voice, rng: random.Random) -> str:
    return f"{_plain(of, rng)} {rng.choice(_PICTURES)}"


def _foreign(of: Voice, rng: random.Random) -> str:
    return _filled(rng.choice(_OTHER), of, rng)


_HANDS: Sequence[tuple[float, Callable[[Voice, random.Random], str | None]]] = (
    (0.12, _nothing),
    (0.04, _shouted),
    (0.07, _hasty),
    (0.05, _pictured),
    (0.04, _foreign),
)
"""How some of them write, and what share of all."""


def _filled(template: str, of: Voice, rng: random.Random) -> str:
    key = rng.choice(of.keywords)
    return template.format(
        Name=of.name,
        name=of.name[0].lower() + of.name[1:],
        Key=key.capitalize(),
        key=key,
        where=rng.choice(_WHERE),
        since=rng.choice(_SINCE),
        harm=rng.choice(_HARM),
        plea=rng.choice(_PLEA),
        again=rng.choice(_AGAIN),
    )
