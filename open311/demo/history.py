"""A synthetic past: requests as a city could have had them, none of them real, naming nobody.

The same arguments always give the same requests.
"""

from __future__ import annotations

import itertools
import random
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import msgspec

from open311.demo import kinds, notes, phrases, places, replies, rhythms
from open311.demo.kinds import Kind
from open311.demo.versions import Edition
from open311.domain import routing
from open311.domain.city import City, Offer
from open311.domain.datatypes import Answer
from open311.domain.folder import Area
from open311.domain.routing import Decision, Report
from open311.domain.rules import Priority
from open311.errors import Invalid
from open311.spec.documents import Status
from open311.spec.submission import Location

__all__ = ["PastRequest", "past"]

_NO_POINT, _NO_ADDRESS = 0.02, 0.08
_NO_PLACE = 0.4  # where none is needed
_TWICE = 0.05  # of what is reported when there is something open that others saw too
_NEAR = 15  # metres between two reports of one thing
_AGE, _LONGEST = timedelta(hours=10), timedelta(days=3)  # between them: on average, at most
_MEMORY = 1_000  # reports among which the first one is sought
_USUAL_HOURS = 720  # where a service promises nothing
_EMERGENCY = 24  # hours; what is promised sooner is done at any time of the week
_OPENS, _SHUTS = 8, 17  # hours of the crews
_FORGOTTEN, _OLD = 0.02, timedelta(days=60)  # what is old is closed, unless it was forgotten
_SILENT, _BEGUN = 0.05, 0.3  # closed without a note; open with one


class PastRequest(msgspec.Struct, frozen=True, gc=False):
    """A request with what became of it. Times are aware, UTC, whole seconds, none in the future."""

    status: Status
    status_notes: str | None
    service_code: str
    description: str | None
    department: str  # code
    service_notice: str | None
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    address: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    attributes: dict[str, Answer] | None
    definition_version: int
    queue: str | None
    priority: Priority | None
    decision: Decision | None  # None: the city has no rules


class _Report(msgspec.Struct, frozen=True, gc=False):
    """Somebody reports something; `again`: somebody else already had."""

    kind: Kind
    moment: datetime
    point: places.Point
    closed: datetime | None
    again: bool = False


class _Stage(msgspec.Struct, frozen=True):
    """What all requests of a history share."""

    city: City
    ground: places.Ground
    until: datetime
    rng: random.Random


def past(
    city: City,
    areas: Sequence[Area],
    editions: Mapping[str, Sequence[Edition]],
    *,
    requests: int,
    seed: int,
    until: datetime,
    days: int = 365,
) -> Iterator[PastRequest]:
    """Make up the past of a city.

    Args:
        city: its services are asked for, but those that are retired or never public; its rules
            say who acts.
        areas: every area of the city; all points lie inside its boundary.
        editions: every version of each service, by its code, in the order of time.
        requests: how many, >= 0.
        seed: of the random numbers.
        until: the end of that past; aware.
        days: how far back it reaches, >= 1.

    Returns:
        Requests by the time they were made, each as the version of its service had it that
        answered then. None has a reporter or a picture, whatever its service asks for.

    Raises:
        Invalid: the city has no area, or no service that can be shown.
    """
    offers = [each for each in city.services.values() if each.active and each.type != "blackbox"]
    if not areas or not offers:
        raise Invalid(f"{city.jurisdiction_id} has no {'services' if areas else 'areas'}.")
    areas = sorted(areas, key=attrgetter("layer", "code"))
    offers.sort(key=attrgetter("service_code"))
    rng = random.Random(seed)  # noqa: S311 - a made-up past keeps no secrets
    until = until.astimezone(UTC).replace(microsecond=0)
    stage = _Stage(city, places.ground(areas, city.jurisdiction_id), until, rng)
    found = kinds.kinds(offers, editions, areas, stage.ground, rng)
    if not found:
        raise Invalid(f"{city.jurisdiction_id} has no services that could be made up.")
    demands = rhythms.demands([each.offer for each in found], rng)
    moments = rhythms.moments(demands, until, days, city.zone, requests, rng)
    reports = _reports(stage, ((moment, found[number]) for moment, number in moments))
    return (_request(stage, each) for each in reports)


def _reports(stage: _Stage, moments: Iterator[tuple[datetime, Kind]]) -> Iterator[_Report]:
    rng = stage.rng
    recent: deque[_Report] = deque(maxlen=_MEMORY)
    for moment, kind in moments:
        first = _first(recent, moment, rng) if rng.random() < _TWICE else None
        if first:
            point = places.beside(stage.ground, first.point, _NEAR, rng)
            closed = _on_time(stage, moment + timedelta(hours=0.1 + rng.expovariate(1 / 6)))
            point = next(first.kind.only) if first.kind.only else point
            yield _Report(first.kind, moment, point, closed, again=True)
            continue
        point = next(rng.choices(kind.points, cum_weights=kind.odds)[0])
        point = next(kind.only) if kind.only else point
        report = _Report(kind, moment, point, _closed(stage, kind.offer, moment))
        if kind.twice:
            recent.append(report)
        yield report


def _first(recent: deque[_Report], moment: datetime, rng: random.Random) -> _Report | None:
    """An earlier report that is still open, some hours old as a rule."""
    oldest = moment - min(rng.expovariate(1) * _AGE, _LONGEST)
    place = bisect_left(recent, oldest, key=attrgetter("moment"))
    for report in itertools.islice(recent, place, place + 5):
        if report.closed is None or report.closed > moment:
            return report
    return None


def _closed(stage: _Stage, offer: Offer, moment: datetime) -> datetime | None:
    """When the city was done with a request, if it was."""
    rng, hours = stage.rng, offer.expected_hours or _USUAL_HOURS
    if rng.random() < _FORGOTTEN:
        return None
    closed = moment + timedelta(hours=hours * rng.lognormvariate(-0.5, 0.8))
    if hours > _EMERGENCY:
        closed = _at_work(closed.astimezone(stage.city.zone), rng)
    if closed > stage.until > moment + _OLD:
        closed = moment + rng.uniform(0.3, 1) * (stage.until - moment)
    return _on_time(stage, closed)


def _on_time(stage: _Stage, closed: datetime) -> datetime | None:
    return closed.astimezone(UTC).replace(microsecond=0) if closed <= stage.until else None


def _at_work(local: datetime, rng: random.Random) -> datetime:
    """The same or a later time when the crews work."""
    if not _OPENS <= local.hour < _SHUTS:
        local += timedelta(days=local.hour >= _SHUTS)
        local = local.replace(hour=rng.randrange(_OPENS, _SHUTS))
    if local.weekday() in rhythms.WEEKEND:
        local += timedelta(days=7 - local.weekday())
    return local


def _request(stage: _Stage, report: _Report) -> PastRequest:
    form, rng, (long, lat) = report.kind.form(report.moment), stage.rng, report.point
    service, hours = form.service, form.service.expected_hours
    status_notes, updated = _news(stage, report)
    placed = _placed(service.location, rng)
    pointed = placed and rng.random() >= _NO_POINT
    addressed = placed and (not pointed or rng.random() >= _NO_ADDRESS)
    description = phrases.description(report.kind.voice, rng)
    answers = replies.answers(form.questions, report.moment, rng)
    decision = None
    if stage.city.routing and stage.city.map:
        located = stage.city.map.locate(long, lat) if pointed else None
        unplaced = placed and located is None
        told = Report(
            service.service_code, service.group, answers, report.moment, None, located, unplaced
        )
        decision = routing.decide(stage.city.routing, told)
    return PastRequest(
        status="closed" if report.closed else "open",
        status_notes=status_notes,
        service_code=service.service_code,
        description=description,
        department=decision.department if decision else service.department,
        service_notice=service.service_notice,
        requested_datetime=report.moment,
        updated_datetime=updated,
        expected_datetime=report.moment + timedelta(hours=hours) if hours else None,
        address=places.address(stage.ground, report.point) if addressed else None,
        zipcode=places.zipcode(stage.ground, report.point) if addressed else None,
        lat=lat if pointed else None,
        long=long if pointed else None,
        attributes=answers or None,
        definition_version=form.version,
        queue=decision.queue if decision else None,
        priority=decision.priority if decision else None,
        decision=decision,
    )


def _placed(location: Location, rng: random.Random) -> bool:
    return location == "required" or (location == "optional" and rng.random() >= _NO_PLACE)


def _news(stage: _Stage, report: _Report) -> tuple[str | None, datetime]:
    """What the city wrote last, and when. Source: GR-Q-34."""
    rng, chance = stage.rng, stage.rng.random()
    if report.closed:
        if report.again:
            return rng.choice(notes.DUPLICATES), report.closed
        local = report.closed.astimezone(stage.city.zone)
        note = notes.note(report.kind.endings, f"{local.day} {local:%B}", rng)
        return (note if chance >= _SILENT else None), report.closed
    if chance >= _BEGUN:
        return None, report.moment
    passed = (stage.until - report.moment).total_seconds()
    return rng.choice(notes.PROGRESS), report.moment + timedelta(seconds=int(rng.random() * passed))
