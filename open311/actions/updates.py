"""What became of requests: told by those who know, followed by those who ask. GR-X 10.7 to 10.9."""

from __future__ import annotations

from datetime import datetime

import msgspec

from open311.domain import updates
from open311.domain.city import City
from open311.domain.updates import NewUpdate, Told
from open311.errors import Invalid, NotFound
from open311.spec import updates as questions
from open311.spec.documents import ServiceRequests
from open311.spec.extensions import AnsweredRequest, AnsweredRequests
from open311.spec.submission import Pairs
from open311.spec.updates import RecordedUpdate, RecordedUpdates, RequestUpdates
from open311.store import db
from open311.store import updates as rows

__all__ = ["extend", "listed", "record"]


async def record(open_: db.Opening, jurisdiction_id: str, new: NewUpdate) -> RecordedUpdates:
    """Keep an update, whole or not at all.

    Args:
        open_: opens a transaction of a city.
        jurisdiction_id: the city.
        new: the update.

    Returns:
        What it is called here.

    Raises:
        NotFound: the city has no such request.
        Invalid: the client has sent an update of that name before.
    """
    async with open_(jurisdiction_id) as transaction:
        request_id = await rows.find(transaction, jurisdiction_id, new.service_request_id)
        if request_id is None:
            told = f"there is no request {new.service_request_id!r}"
            raise NotFound(f"service_request_id: {told}.")
        number = await rows.add(transaction, jurisdiction_id, request_id, new)
        if number is None:
            before = await rows.named(transaction, jurisdiction_id, new)
            told = f"{new.source_update_id!r} was sent before, and is {before} here"
            raise Invalid(f"update_id: {told}; nothing is changed.")
    return RecordedUpdates((RecordedUpdate(str(number)),))


async def listed(
    reads: db.Connections, city: City, pairs: Pairs, now: datetime, media: str
) -> tuple[RequestUpdates, str | None]:
    """The city's updates that the arguments ask for, and the cursor of what follows, if anything.

    Raises:
        Invalid: an argument cannot be read; every such one is named.
    """
    asked = questions.read(pairs, zone=city.zone, now=now)
    found, more = await rows.listed(reads, city.jurisdiction_id, asked, media)
    return RequestUpdates(found), questions.following(asked, *more) if more else None


async def extend(reads: db.Connections, city: City, plain: ServiceRequests) -> AnsweredRequests:
    """The same requests with their histories, and the finer states that they are in.

    Args:
        reads: connections that see public columns only.
        city: whose requests.
        plain: of the city.
    """
    asked = plain.service_requests
    ids = [each.service_request_id for each in asked]
    found = await rows.histories(reads, city.jurisdiction_id, ids) if ids else {}
    whole = []
    for each in asked:
        said = Told(each.updated_datetime, each.status, None, each.status_notes)
        stands, kept = found.get(each.service_request_id, (said, []))  # it may be gone by now
        whole.append(
            AnsweredRequest(
                *msgspec.structs.astuple(each),
                detailed_status=updates.finer(stands.detail),
                notes=updates.notes(each.requested_datetime, stands, kept),
            )
        )
    return AnsweredRequests(whole)
