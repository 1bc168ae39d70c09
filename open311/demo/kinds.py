"""The services of a made-up past: what each asked at which time, how people write, and where."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from open311.demo import notes, phrases, places, replies
from open311.demo.versions import Edition
from open311.domain.city import Offer
from open311.domain.folder import Area, CityService

__all__ = ["Form", "Kind", "kinds"]

_SPOTS, _OWN_SPOTS = 48, 8  # hot spots of the city, and of each service
_ELSEWHERE = 0.35  # of the requests come from anywhere in the city


class Form(msgspec.Struct, frozen=True):
    """What one version of a service said and asked."""

    service: CityService
    version: int
    questions: tuple[replies.Question, ...]


class Kind(msgspec.Struct, frozen=True):
    """A service with what is written about it, and where; `odds` are cumulative."""

    offer: Offer
    begins: list[datetime]  # of each form
    forms: list[Form]
    twice: bool  # two people can report the same thing
    voice: phrases.Voice
    endings: tuple[str, ...]
    points: list[Iterator[places.Point]]
    odds: list[float]
    only: Iterator[places.Point] | None  # instead of these, where it is not offered everywhere

    def form(self, moment: datetime) -> Form:
        """The version that answered then; before all of them, the first."""
        return self.forms[max(bisect_right(self.begins, moment) - 1, 0)]


def kinds(
    offers: Sequence[Offer],
    editions: Mapping[str, Sequence[Edition]],
    areas: Sequence[Area],
    ground: places.Ground,
    rng: random.Random,
) -> list[Kind]:
    """Make services ready to be asked for.

    Args:
        offers: the services as they are.
        editions: every version of each, by its code, in the order of time.
        areas: of the city.
        ground: of the city.
        rng: seeded.

    Returns:
        One for each service, in their order; none for one whose questions nobody could answer
        without knowing more.
    """
    elsewhere = places.anywhere(ground, rng)
    spots = places.spots(ground, areas, _SPOTS, rng)
    odds = [1 / rank for rank in range(1, _OWN_SPOTS + 1)]
    odds.append(sum(odds) * _ELSEWHERE / (1 - _ELSEWHERE))
    cumulative = list(itertools.accumulate(odds))
    return [
        Kind(
            offer=offer,
            begins=[each.begins for each in editions[offer.service_code]],
            forms=forms,
            twice=phrases.kind(offer) == "seen",
            voice=phrases.voice(offer),
            endings=notes.endings(offer),
            points=[*rng.sample(spots, _OWN_SPOTS), elsewhere],
            odds=cumulative,
            only=_only(offer, areas, ground),
        )
        for offer in offers
        if (forms := _forms(editions[offer.service_code]))
    ]


def _only(
    offer: Offer, areas: Sequence[Area], ground: places.Ground
) -> Iterator[places.Point] | None:
    """Where a service is offered, by chances of its own, so that others keep theirs."""
    if not offer.offered_in:
        return None
    rng = random.Random(offer.service_code)  # noqa: S311 - a made-up past keeps no secrets
    layers = [
        [each for each in areas if each.layer == layer and each.code in codes]
        for layer, codes in offer.offered_in.items()
    ]
    return places.inside(ground, layers, rng)


def _forms(editions: Sequence[Edition]) -> list[Form]:
    try:
        return [
            Form(each.service, each.version, replies.questions(each.service)) for each in editions
        ]
    except replies.Unanswerable:
        return []
