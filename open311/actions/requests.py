"""What can be asked about service requests: file one, list them, find one, redeem a token."""

from __future__ import annotations

import secrets
from datetime import datetime

from open311.actions import places
from open311.domain import attributes, requests, routing
from open311.domain.city import City, Client, Offer
from open311.domain.finding import Found
from open311.domain.requests import NewRequest
from open311.errors import Invalid, NotFound
from open311.spec import submission
from open311.spec.documents import (
    Noted,
    Numbered,
    Queued,
    RedeemedTokens,
    ServiceRequests,
    SubmittedRequests,
)
from open311.store import db
from open311.store import requests as rows
from open311.store.spots import Spots

__all__ = ["asked_for", "file", "find", "read", "redeem"]


def asked_for(city: City, pairs: submission.Pairs) -> Offer:
    """The service that a submission names, before anything else of it is looked at. GR-P-24.

    Raises:
        Invalid: it names none.
        NotFound: no such service on offer.
    """
    service_code = submission.argument(pairs, "service_code")
    if service_code is None:
        raise Invalid("service_code: it is required.")
    offer = city.offered(service_code)
    if offer is None:
        raise NotFound(f"service_code: there is no service {service_code!r}.")
    return offer


def read(
    city: City,
    offer: Offer,
    pairs: submission.Pairs,
    files: int,
    client: Client,
    now: datetime,
    found: Found | None = None,
) -> NewRequest:
    """Check a whole submission and make of it the request to be filed.

    Args:
        city: the jurisdiction.
        offer: the service that it names.
        pairs: its fields.
        files: how many pictures come with it.
        client: who files it.
        now: aware.
        found: what it does not tell of its place, from `places.look_up`.

    Raises:
        Invalid: every fault at once. Source: GR-P-14.
    """
    sent, problems = submission.read(pairs, offer.location)
    answers, more = attributes.check(offer.form, sent.attributes, city.zone, now)
    place, misplaced = places.find(city, offer, sent, found)
    faulty = {each.partition(":")[0] for each in problems}
    more += requests.reporter_missing(offer.reporter, sent, faulty)
    linked = sent.media_url is not None or "media_url" in faulty  # pictures win over it: GR-P-45
    more += requests.pictures_wrong(offer.media, files or int(linked))
    if problems or misplaced or more:
        raise Invalid(*problems, *misplaced, *more)
    new = requests.accept(city, offer, sent, answers, client, secrets.token_hex(16), now)
    new = requests.placed(new, place)
    if city.routing is None:
        return new
    report = requests.report(offer, place, answers, client.channel, now)
    return requests.routed(new, routing.decide(city.routing, report))


async def file(
    writes: db.Connections, new: NewRequest, told: City, spots: Spots
) -> SubmittedRequests:
    """File a request, whole or not at all.

    Args:
        writes: connections that may.
        new: the request.
        told: the city, in the language of the answer.
        spots: of this worker.

    Returns:
        Id, token or neither, as the type of the service has it. Source: GR-P-31, GR-P-32.
    """
    place = await spots.number(writes, new.jurisdiction_id, new.spot)
    number = await rows.insert(writes, new, place)
    notice = told.notice(new.service_code, new.service_notice)
    if number is not None:
        return SubmittedRequests((Numbered(number, notice, None),))
    if new.token is not None:
        return SubmittedRequests((Queued(new.token, notice, None),))
    return SubmittedRequests((Noted(notice, None),))


async def find(
    reads: db.Connections, city: City, service_request_id: str, media: str
) -> ServiceRequests:
    """One request, as a list of one. Source: GR-R-02.

    Raises:
        NotFound: the city has no such request. Source: GR-R-04.
    """
    found = None
    if _storable(service_request_id):
        found = await rows.find(reads, city, service_request_id, media)
    if found is None:
        raise NotFound(f"service_request_id: there is no request {service_request_id!r}.")
    return ServiceRequests([found])


async def redeem(reads: db.Connections, city: City, token: str) -> RedeemedTokens:
    """The id that a token stands for, once there is one. Source: GR-T-02, GR-T-04.

    Raises:
        NotFound: the city gave no such token.
    """
    found = await rows.redeem(reads, city.jurisdiction_id, token) if _storable(token) else None
    if found is None:
        raise NotFound(f"token: there is no token {token!r}.")
    return RedeemedTokens((found,))


def _storable(text: str) -> bool:
    """Whether anything of that name can be stored: the database refuses to look for the rest."""
    return text == submission.clean(text)
