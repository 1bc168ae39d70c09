"""What the city writes about a request: what became of it.

Everything is invented, and names nobody.
"""

from __future__ import annotations

import random
import re

from open311.demo import phrases
from open311.domain.city import Offer

__all__ = ["DUPLICATES", "PROGRESS", "endings", "note"]

_ANSWERED = (
    "Answered by mail on {day}.",
    "Answered by telephone on {day}.",
    "The application was processed on {day}.",
    "Approved; the papers were sent on {day}.",
    "Refused; the reasons were sent on {day}.",
    "Withdrawn by the resident.",
)
_DONE = (
    (
        r"missed|pickup",
        "Collected on {day}.|The crew went back on {day} and collected it.|"
        "Not found when the crew arrived on {day}.|"
        "Set out after the truck had passed; it is collected on the next round.",
    ),
    (
        r"\bcart\b",
        "The cart was exchanged on {day}.|A new cart was brought on {day}.|Repaired on {day}.",
    ),
    (
        r"dumping|litter|bags|needle|debris|sweep|fouling|dead animal|waste|beach needs",
        "Cleared on {day}.|Cleaned up on {day}.|Nothing was found there on {day}.|"
        "Cleared on {day}; a fine was issued.|On private land; the owner was told on {day}.",
    ),
    (
        r"snow|\bicy\b|plough",
        "Ploughed and salted on {day}.|Cleared on {day}.|Salted on {day}.|"
        "The owner was given notice on {day}.|Below the depth at which this street is ploughed.",
    ),
    (
        r"streetlight|lamp|lantern|lights",
        "Lamp replaced on {day}.|Repaired on {day}.|Cable fault made safe and repaired on {day}.|"
        "Tested on {day}; it works.|It belongs to the power company, which was told on {day}.",
    ),
    (
        r"^(vehicle|abandoned vehicle|cars?\b)|truck|parked|noise|^loud|deliveries|barking"
        r"|leash|smoking|fireworks|speeding",
        "An officer attended on {day}; a ticket was issued.|"
        "An officer attended on {day}; it had ended.|Warning given on {day}.|"
        "A letter was sent to the owner on {day}.",
    ),
)
"""By the words of the service's name."""

_DONE_ELSE = (
    (
        r"animals",
        "An animal officer attended on {day}.|Taken to the shelter on {day}.|"
        "Advice was given by telephone on {day}.|Not found there on {day}.",
    ),
    (
        r"housing|health",
        "Inspected on {day}; an order to repair was issued.|Inspected on {day}; no violation found."
        "|Put right by the owner; confirmed on {day}.|Nobody was in on {day}; please book again.",
    ),
    (
        r"",
        "Completed on {day}.|Repaired on {day}.|A crew attended on {day} and made it safe.|"
        "Inspected on {day}; no work is needed.|Inspected on {day}; added to the programme of next "
        "year.|Not found at this place on {day}. Please send a new request with a picture.|"
        "This is on private land; the owner was told on {day}.|Work order completed on {day}.",
    ),
)
"""By the words of its group; the last fits all."""

DUPLICATES = (
    "Duplicate of a request that was made earlier for the same place.",
    "Duplicate: this has already been reported, and is being worked on under the first request.",
    "Closed as a duplicate of an open request nearby.",
)
PROGRESS = (
    "Inspected; work is scheduled.",
    "Assigned to a crew.",
    "Waiting for parts.",
    "Waiting for dry weather.",
    "Sent to the contractor.",
)


def endings(offer: Offer) -> tuple[str, ...]:
    """What can have become of a request for a service."""
    if phrases.kind(offer) == "written":
        return _ANSWERED
    name, group = offer.service_name.lower(), offer.group.lower()
    fitting = [done for words, done in _DONE if re.search(words, name)]
    fitting += [done for words, done in _DONE_ELSE if re.search(words, group)]
    return tuple(fitting[0].split("|"))


def note(of: tuple[str, ...], day: str, rng: random.Random) -> str:
    """What the city writes when it closes a request.

    Args:
        of: what can have become of it.
        day: of the closing, in words.
        rng: seeded.
    """
    return rng.choice(of).format(day=day)
