"""A service request on its way in: what the city makes of a submission it accepts."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime, timedelta

import msgspec

from open311.domain import layers
from open311.domain.attributes import Answer
from open311.domain.city import City, Client, Offer
from open311.domain.decisions import Decision, Report
from open311.domain.folder import MediaRule, ReporterRule
from open311.domain.map import Located
from open311.domain.rules import Channel, Priority
from open311.domain.spots import Spot, spot
from open311.spec.documents import digits
from open311.spec.submission import Submission

__all__ = [
    "NewRequest",
    "Reporter",
    "Whereabouts",
    "accept",
    "misplaced",
    "not_offered",
    "pictures_wrong",
    "placed",
    "report",
    "reporter_missing",
    "routed",
]


class Reporter(msgspec.Struct, frozen=True):
    """Who reports: stored apart from the request, shown nowhere. Source: GR-Q-30."""

    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    device_id: str | None
    account_id: str | None


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a report is; degrees, WGS84, both or neither."""

    lat: float | None = None
    long: float | None = None
    address: str | None = None
    address_id: str | None = None
    zipcode: str | None = None
    located: Located | None = None  # None: no point, or nobody has a map
    unplaced: bool = False  # it told of a place that nobody found


class NewRequest(msgspec.Struct, frozen=True):
    """A request to be filed. Times are aware, UTC, whole seconds."""

    jurisdiction_id: str
    numbered: bool  # gets its service_request_id at once
    token: str | None  # stands for the id until there is one
    service_code: str
    definition_version: int  # that it was checked against
    description: str | None
    department: str  # code
    service_notice: str | None
    requested_datetime: datetime
    expected_datetime: datetime | None
    address: str | None
    address_id: str | None
    lat: float | None
    long: float | None
    media: tuple[str, ...]  # URLs, or paths below our own base, the first one shown
    client_id: int
    attributes: Mapping[str, Answer]
    reporter: Reporter
    queue: str | None = None  # of the department
    priority: Priority | None = None
    decision: Decision | None = None  # why that department; None: the city has no rules
    zipcode: str | None = None
    spot: Spot | None = None  # None: no point


def reporter_missing(
    rule: ReporterRule | None, submission: Submission, faulty: Container[str] = ()
) -> tuple[str, ...]:
    """What a submission lacks of what its service wants to know of the reporter, in words.

    Args:
        rule: of the service.
        submission: the report.
        faulty: fields that were sent, and are told of already.
    """
    if rule is None:
        return ()

    def missing(name: str) -> bool:
        return getattr(submission, name) is None and name not in faulty

    problems = [f"{name}: it is required." for name in filter(missing, rule.all_of)]
    if rule.one_of and all(map(missing, rule.one_of)):
        problems.append(f"{', '.join(rule.one_of)}: one of them is required.")
    return tuple(problems)


def pictures_wrong(rule: MediaRule | None, pictures: int) -> tuple[str, ...]:
    """What is wrong with how many pictures a submission brings, in words."""
    if rule is None or rule.least <= pictures <= rule.most:
        return ()
    if pictures > rule.most:
        return (f"media: this service takes at most {rule.most}, not {pictures}.",)
    return (f"media: {rule.least} or more are needed; send a picture, or a media_url.",)


def misplaced(city: City, argument: str, long: float, lat: float) -> str:
    """Why a point is taken by nobody in a city, in words.

    Args:
        city: that it is outside of.
        argument: which told of it.
        long: degrees.
        lat: degrees.
    """
    tolerance = city.routing.tolerance if city.routing else 0.0
    beyond = f" and more than {tolerance:g} metres beyond its boundary" if tolerance else ""
    return f"{argument}: {digits(lat)}, {digits(long)} is outside of {city.name}{beyond}."


def not_offered(offer: Offer, argument: str, located: Located) -> str | None:
    """Why a service is not to be had where a report is, in words; None where it is."""
    if layers.holds(offer.offered_in, located.areas):
        return None
    there = layers.told(offer.offered_in or {})
    return f"{argument}: {offer.service_code!r} is not offered there, only in {there}."


def accept(
    city: City,
    offer: Offer,
    submission: Submission,
    answers: Mapping[str, Answer],
    client: Client,
    token: str,
    now: datetime,
) -> NewRequest:
    """The request that a checked submission becomes.

    Args:
        city: the jurisdiction.
        offer: the service asked for; its type decides on id and token (GR-P-32).
        submission: without faults.
        answers: checked against the service's attributes.
        client: holder of the api_key.
        token: unguessable; used by batch services only.
        now: aware.
    """
    received = now.replace(microsecond=0)
    expected = offer.expected_hours and received + timedelta(hours=offer.expected_hours)
    return NewRequest(
        jurisdiction_id=city.jurisdiction_id,
        numbered=offer.type == "realtime",
        token=token if offer.type == "batch" else None,
        service_code=offer.service_code,
        definition_version=offer.version,
        description=submission.description,
        department=offer.department,
        service_notice=offer.service_notice,
        requested_datetime=received,
        expected_datetime=expected or None,
        address=submission.address_string,
        address_id=submission.address_id,
        lat=submission.lat,
        long=submission.long,
        media=(submission.media_url,) if submission.media_url else (),
        client_id=client.client_id,
        attributes=answers,
        reporter=msgspec.convert(submission, Reporter, from_attributes=True),
    )


def placed(new: NewRequest, place: Whereabouts) -> NewRequest:
    """A request where it is counted."""
    areas = place.located.areas if place.located else {}
    return msgspec.structs.replace(
        new,
        address=place.address,
        address_id=place.address_id,
        zipcode=place.zipcode,
        lat=place.lat,
        long=place.long,
        spot=None
        if place.long is None or place.lat is None
        else spot(place.long, place.lat, areas),
    )


def report(
    offer: Offer,
    place: Whereabouts,
    answers: Mapping[str, Answer],
    channel: Channel | None,
    now: datetime,
) -> Report:
    """What the rules of a city look at.

    Args:
        offer: the service.
        place: where it is.
        answers: good ones.
        channel: by which it comes.
        now: aware.
    """
    return Report(
        service_code=offer.service_code,
        group=offer.group,
        answers=answers,
        at=now,
        channel=channel,
        located=place.located,
        unplaced=place.unplaced,
    )


def routed(new: NewRequest, decision: Decision) -> NewRequest:
    """A request for who acts on it."""
    return msgspec.structs.replace(
        new,
        department=decision.department,
        queue=decision.queue,
        priority=decision.priority,
        decision=decision,
    )
