"""A service request on its way in: what the city makes of a submission it accepts."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime, timedelta

import msgspec

from open311.domain.attributes import Answer
from open311.domain.city import City, Client, Offer
from open311.domain.decisions import Decision
from open311.domain.folder import MediaRule, ReporterRule
from open311.domain.map import Located
from open311.domain.rules import Priority
from open311.spec.submission import Submission

__all__ = ["NewRequest", "Reporter", "accept", "pictures_wrong", "reporter_missing", "routed"]


class Reporter(msgspec.Struct, frozen=True):
    """Who reports: stored apart from the request, shown nowhere. Source: GR-Q-30."""

    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    device_id: str | None
    account_id: str | None


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


def routed(new: NewRequest, decision: Decision, located: Located | None) -> NewRequest:
    """A request for who acts on it, where it is counted: beyond the boundary it was moved there."""
    moved = located and located.moved
    return msgspec.structs.replace(
        new,
        department=decision.department,
        queue=decision.queue,
        priority=decision.priority,
        decision=decision,
        lat=located.lat if located and moved else new.lat,
        long=located.long if located and moved else new.long,
    )
