"""What residents answered to the questions of a service: for those who may see it.

Source: GR-X 10.5, 10.6.
"""

from __future__ import annotations

import msgspec

from open311.domain import extended, languages
from open311.domain.city import City
from open311.spec.extensions import AnsweredRequests
from open311.store import db, definitions, requests
from open311.store.versions import Versions

__all__ = ["add"]


async def add(
    writes: db.Connections,
    city: City,
    plain: AnsweredRequests,
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
        private: with private answers, too: those to questions that any version calls so.
    """
    own, asked = city.jurisdiction_id, plain.service_requests
    async with writes.transaction(own) as transaction:
        found = await requests.answers(
            transaction, own, [each.service_request_id for each in asked]
        )
        pinned = {(each.service_code, found[each.service_request_id][0]) for each in asked}
        known = await versions.read(transaction, own, pinned)
        codes = {code for code, _ in pinned}
        secret = {} if private else await definitions.private(transaction, own, codes)
    known = {each: languages.spoken(service, city.language) for each, service in known.items()}
    whole = []
    for each in asked:
        code, (version, answers) = each.service_code, found[each.service_request_id]
        hidden = None if private else secret.get(code, frozenset())
        told = extended.answered(known[code, version], answers, hidden)
        whole.append(
            msgspec.structs.replace(each, attributes=tuple(told), definition_version=version)
        )
    return AnsweredRequests(whole)
