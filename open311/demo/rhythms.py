"""When residents report: the seasons of the year, the days of the week, the hours of the day.

Shapes as they are in the open data of real cities: each kind of service has its season, by what it
is called, and its rhythm of the week.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from open311.domain.city import Offer

__all__ = ["RHYTHMS", "SEASONS", "WEEKEND", "Demand", "Rhythm", "Season", "demands", "moments"]

WEEKEND = (5, 6)
_DAY, _HOUR = 86_400, 3_600  # seconds


class Season(msgspec.Struct, frozen=True):
    """How much more or less there is to report, month by month.

    `months` are factors, January first. `weather` is how much one day differs from the next: the
    sigma of a log-normal factor.
    """

    words: str
    months: tuple[float, ...]
    weather: float


class Rhythm(msgspec.Struct, frozen=True):
    """Weights of the 24 hours on workdays and at weekends, local time; a weekend day's factor."""

    words: str
    workday: tuple[float, ...]
    weekend: tuple[float, ...]
    factor: float


class _Day(msgspec.Struct, frozen=True):
    """A local day, or the part of it from second `first` until before second `last`."""

    date: date
    first: int
    last: int


# fmt: off
_OFFICE = (3, 2, 2, 2, 3, 6, 18, 50, 82, 108, 112, 94,
           76, 72, 76, 86, 98, 92, 58, 40, 30, 22, 14, 7)
_LEISURE = (8, 6, 5, 4, 4, 6, 12, 28, 46, 66, 84, 90,
            84, 78, 76, 76, 74, 66, 54, 44, 36, 28, 20, 12)
_MORNING = (2, 1, 1, 1, 3, 10, 48, 110, 130, 120, 96, 72,
            58, 50, 46, 50, 62, 64, 44, 30, 20, 12, 7, 4)
_NIGHT = (90, 72, 46, 20, 10, 8, 12, 18, 20, 22, 22, 22,
          24, 24, 24, 26, 32, 38, 48, 64, 84, 110, 128, 118)
# fmt: on

RHYTHMS = (
    Rhythm(
        r"noise (from|out)|loud (party|cars)|fireworks|barking|after closing|racing",
        _NIGHT,
        _NIGHT,
        2.2,
    ),
    Rhythm(r"missed|cart\b|bin\b|bags|litter|collection|recycling", _MORNING, _LEISURE, 0.65),
    Rhythm(r"plough|\bicy\b|shovel|snow", _MORNING, _MORNING, 0.85),
    Rhythm(r"beach|harbour|parks|playground|pool|\bdog", _LEISURE, _LEISURE, 0.9),
    Rhythm(r"", _OFFICE, _LEISURE, 0.36),
)
"""The first whose words fit a service; the last fits all."""

SEASONS = (
    Season(
        r"snow|\bic[ye]\b|icicle|plough|shovel|salt box|warming|\brink\b",
        (9, 8.5, 5, 0.8, 0.03, 0.02, 0.02, 0.02, 0.02, 0.1, 1.2, 6),
        0.9,
    ),
    Season(
        r"no heat|no hot water|wood smoke|boiler",
        (6, 5.5, 4, 2, 0.8, 0.2, 0.1, 0.1, 0.5, 2, 4, 5.5),
        0.35,
    ),
    Season(
        r"pothole|resurfacing|sinkhole|frost|trench|sweeper",
        (0.9, 1.2, 3, 3.6, 2.6, 1.3, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8),
        0.25,
    ),
    Season(
        r"leaves|leaf pile|yard waste",
        (0.05, 0.05, 0.2, 0.9, 0.9, 0.5, 0.4, 0.4, 1.2, 5, 6, 1.5),
        0.3,
    ),
    Season(
        r"storm surge|hurricane|fallen tree|hanger|flood|clogged|power cut",
        (1.1, 0.9, 1.1, 1.1, 0.7, 0.6, 0.7, 1, 1.8, 2.2, 1.9, 1.4),
        0.8,
    ),
    Season(
        r"noise (from|out)|loud (party|cars)|fireworks|beach|swimm|lifeguard|wasp|mosquito|mowing"
        r"|grass|overgrown|watering|heat wave|hot car|bonfire|patio|splash|weeds|gull|fountain",
        (0.15, 0.15, 0.3, 0.7, 1.6, 2.6, 3.2, 3, 1.6, 0.7, 0.3, 0.2),
        0.3,
    ),
    Season(
        r"parks and|harbour|animals|bicycle|boat",
        (0.4, 0.4, 0.7, 1.1, 1.5, 1.7, 1.8, 1.7, 1.3, 1, 0.6, 0.4),
        0.2,
    ),
    Season(r"", (0.9, 0.9, 1, 1.05, 1.05, 1.05, 1, 1, 1.05, 1.05, 1, 0.85), 0.1),
)
"""The first whose words fit a service; the last fits all. Of the northern hemisphere."""


_COMMON = (
    r"^(pothole|missed (trash|recycling)|streetlight out|graffiti|illegal dumping|book a bulky"
    r"|street not ploughed|abandoned vehicle|car on a footway|public litter bin)",
    r"missed|trip hazard|footway blocked|\bicy\b|\brats|loud party|barking|dead animal|needle"
    r"|\bcart|litter along|limb down|street tree|storm drain|traffic signal|noise from",
    r"streets and|trash and|snow|parking|lights and|parks and|sewers",
    r"housing|health|animals|transit",
    r"",
)
"""From what every city is asked for all the time to what few ask for."""


class Demand(msgspec.Struct, frozen=True):
    """How much a service is asked for: its weight, its place in SEASONS and in RHYTHMS."""

    weight: float
    season: int
    rhythm: int


def demands(offers: Sequence[Offer], rng: random.Random) -> list[Demand]:
    """How much each service is asked for: falling with its rank, as in real cities.

    Args:
        offers: the services.
        rng: decides the ranks among services that are about as common.

    Returns:
        One for each service, in their order; the weights are those of Zipf and Mandelbrot.
    """
    rarity = [_first(_COMMON, each) + rng.random() for each in offers]
    ranks = {each: rank for rank, each in enumerate(sorted(rarity))}
    return [
        Demand(
            weight=(ranks[each] + 15) ** -2,
            season=_first([season.words for season in SEASONS], offer),
            rhythm=_first([rhythm.words for rhythm in RHYTHMS], offer),
        )
        for offer, each in zip(offers, rarity, strict=True)
    ]


def moments(
    asked: Sequence[Demand],
    until: datetime,
    days: int,
    zone: tzinfo,
    count: int,
    rng: random.Random,
) -> Iterator[tuple[datetime, int]]:
    """When each service is asked for.

    Args:
        asked: of each service.
        until: the end; aware, whole seconds.
        days: times 24 hours before it is the beginning, >= 1.
        zone: the city's.
        count: of moments, >= 0.
        rng: seeded.

    Returns:
        Moments in order, UTC, whole seconds, each with the number of the service in `asked`.
    """
    start = until - timedelta(days=days)
    window = list(_days(start.astimezone(zone), until.astimezone(zone)))
    weights = [_weights(asked, day, rng) for day in window]
    totals = list(itertools.accumulate(map(sum, weights)))
    done = 0
    for day, today, total in zip(window, weights, totals, strict=True):
        due = round(count * total / totals[-1])
        hours = [_hours(each, day) for each in RHYTHMS]
        found = []
        for number in rng.choices(range(len(asked)), today, k=due - done) if due > done else ():
            moment = _moment(day, hours[asked[number].rhythm], zone, rng)
            found.append((max(start, min(moment, until)), number))  # clocks skip and repeat hours
        yield from sorted(found)
        done = due


def _first(words: Sequence[str], offer: Offer) -> int:
    """The first words that fit a service: its name and keywords, else its group, else the last."""
    *special, _ = words
    for text in (f"{offer.service_name}, {offer.keywords}", offer.group):
        for place, each in enumerate(special):
            if re.search(each, text.lower()):
                return place
    return len(special)


def _days(start: datetime, end: datetime) -> Iterator[_Day]:
    for each in range((end.date() - start.date()).days + 1):
        day = start.date() + timedelta(days=each)
        yield _Day(
            day,
            _seconds(start) if day == start.date() else 0,
            _seconds(end) if day == end.date() else _DAY,
        )


def _seconds(moment: datetime) -> int:
    return moment.hour * _HOUR + moment.minute * 60 + moment.second


def _weights(asked: Sequence[Demand], day: _Day, rng: random.Random) -> list[float]:
    """How much each service is asked for on a day."""
    month = day.date.month - 1
    seasons = [
        each.months[month] / sum(each.months) * rng.lognormvariate(0, each.weather)
        for each in SEASONS
    ]
    shares = [sum(_hours(each, day)) for each in RHYTHMS]
    return [each.weight * seasons[each.season] * shares[each.rhythm] for each in asked]


def _hours(rhythm: Rhythm, day: _Day) -> list[float]:
    """What share of a usual workday's reports comes in each hour of a day, or of its part."""
    weekend = day.date.weekday() in WEEKEND
    weights = rhythm.weekend if weekend else rhythm.workday
    whole = sum(weights) * _HOUR / (rhythm.factor if weekend else 1)
    return [
        weight * max(0, min(day.last, (hour + 1) * _HOUR) - max(day.first, hour * _HOUR)) / whole
        for hour, weight in enumerate(weights)
    ]


def _moment(day: _Day, hours: list[float], zone: tzinfo, rng: random.Random) -> datetime:
    hour = rng.choices(range(len(hours)), hours)[0] * _HOUR
    second = rng.randrange(max(day.first, hour), min(day.last, hour + _HOUR))
    midnight = datetime.combine(day.date, time(), zone)
    return (midnight + timedelta(seconds=second)).astimezone(UTC)
