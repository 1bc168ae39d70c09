"""What residents answered to the questions of a service: for those who may see it.

Source: GR-X 10.5, 10.6.
"""

from __future__ import annotations

import msgspec

from open311.domain import extended, languages
from open311.domain.city import City
from open311.spec.documents import ServiceRequests
from open311.spec.extensions import AnsweredRequest, AnsweredRequests
from open311.store import db, requests
from open311.store.versions import Versions

__all__ = ["add"]


async def add(
    writes: db.Connections,
    city: City,
    plain: ServiceRequests,
    versions: Versions,
    *,
    private: bool,
) -> AnsweredRequests:
    """The same requests with their answers, each labelled by the version it is pinned to.

    Args:
        writes: connections that see what is not public.
        city: whose requests.
        plain: of the city.
        versions: of this worker.
        private: with private answers, too: those that are so now, or were when they were given.
    """
    own, asked = city.jurisdiction_id, plain.service_requests
    async with writes.transaction(own) as transaction:
        found = await requests.answers(
            transaction, own, [each.service_request_id for each in asked]
        )
        pinned = {(each.service_code, found[each.service_request_id][0]) for each in asked}
        known = await versions.read(transaction, own, pinned)
    known = {each: languages.spoken(service, city.language) for each, service in known.items()}
    hidden = {code: None if private else _hidden(city, code) for code, _ in pinned}
    whole = []
    for each in asked:
        code, (version, answers) = each.service_code, found[each.service_request_id]
        told = extended.answered(known[code, version], answers, hidden[code])
        whole.append(
            AnsweredRequest(
                *msgspec.structs.astuple(each), attributes=tuple(told), definition_version=version
            )
        )
    return AnsweredRequests(whole)


def _hidden(city: City, service_code: str) -> frozenset[str]:
    """The questions of a service that are private as it asks them now."""
    offer = city.services.get(service_code)
    questions = offer.form.questions if offer else ()
    return frozenset(each.code for each in questions if each.private)
