"""Who acts on a request, and why: as the rules decided when it was filed, and staff since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from open311.domain import attributes, routing
from open311.domain.city import City
from open311.domain.decisions import Decision, Report, by_service
from open311.domain.definitions import Deed
from open311.domain.folder import CityService
from open311.domain.members import Line
from open311.domain.rules import Priority, RoutingFile
from open311.errors import Invalid, NotFound
from open311.store import cities, db, definitions, routings
from open311.store import decisions as rows
from open311.store.decisions import Decided, Filed

__all__ = ["Decided", "Rerouting", "history", "reroute"]


class Rerouting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which department is to act on a request instead, and why."""

    department: Annotated[str, Meta(description="code of a department that acts")]
    reason: Line
    queue: Annotated[Line, Meta(description="of the department")] | None = None
    priority: Priority | None = None


async def history(
    open_: db.Opening, city: City, service_request_id: str, *, private: bool = True
) -> list[Decided]:
    """Every decision about a request, in order.

    Args:
        open_: a transaction that may read requests.
        city: the jurisdiction.
        service_request_id: of the request.
        private: whether who asks may see what rules ask of private answers, and whether it holds.

    Raises:
        NotFound: the city has no such request.
    """
    own = city.jurisdiction_id
    async with open_(own) as connection:
        filed = await _filed(connection, own, service_request_id)
        later = await rows.later(connection, own, service_request_id)
        rules = await routings.version(connection, own, _first(filed).version)
        version = {filed.service_code: filed.definition_version}
        services = await definitions.contents(connection, own, version)
        _, acting = await cities.departments(connection, own)
        once = await definitions.private(connection, own, [filed.service_code])
    first = _first(filed)
    if rules and rules.file:
        told = _retold(filed, first, rules.file, services[filed.service_code], city, acting)
        first = told or first
        if not private:
            hidden = once.get(filed.service_code, frozenset())
            first = _without(first, rules.file, services[filed.service_code], hidden)
    ruled = Decided(
        number=1,
        at=filed.at,
        actor=None,
        department=first.department,
        queue=first.queue,
        priority=first.priority,
        reason=first.reason,
        explained=first,
    )
    return [ruled, *later]


async def reroute(
    open_: db.Opening,
    city: City,
    service_request_id: str,
    wish: Rerouting,
    deed: Deed,
    *,
    expect: Callable[[int], None],
) -> Decided:
    """Give a request to another department; what was decided before is kept.

    Args:
        open_: a transaction that may write requests.
        city: the jurisdiction.
        service_request_id: of the request.
        wish: who is to act.
        deed: who decides, and when.
        expect: told the number of the last decision so far; raises where it should be another.

    Raises:
        NotFound: the city has no such request.
        Invalid: no such department acts.
        Open311Error: what `expect` raises.
    """
    own = city.jurisdiction_id
    async with open_(own) as connection:
        await rows.lock(connection, own, service_request_id)
        filed = await _filed(connection, own, service_request_id)
        last = 1 + len(await rows.later(connection, own, service_request_id))
        expect(last)
        _, acting = await cities.departments(connection, own)
        if wish.department not in acting:
            raise Invalid(f"department: there is no department {wish.department!r}.")
        decided = Decided(
            number=last + 1,
            at=deed.at.replace(microsecond=0),
            actor=deed.actor,
            department=wish.department,
            queue=wish.queue,
            priority=wish.priority,
            reason=wish.reason,
        )
        await rows.reroute(
            connection, own, service_request_id, decided, filed, _first(filed), deed.client_id
        )
    return decided


async def _filed(connection: db.Connection, own: str, service_request_id: str) -> Filed:
    found = await rows.filed(connection, own, service_request_id)
    if found is None:
        raise NotFound(f"service_request_id: there is no request {service_request_id!r}.")
    return found


def _first(filed: Filed) -> Decision:
    """What was decided when it was filed; without rules, that its service's department acts."""
    return filed.decision or by_service(filed.department or "", None)


def _without(
    decision: Decision, file: RoutingFile, service: CityService, hidden: frozenset[str]
) -> Decision:
    """A decision without what rules ask of answers that are not public: none once private is."""
    public = {each.code for each in service.attributes if not each.automated} - hidden
    tried = []
    for rule, each in zip(file.rules, decision.tried, strict=False):
        asked = {one.attribute for one in rule.when.answers or ()}
        if each.failed and each.failed.startswith("answers[") and not asked <= public:
            each = replace(each, why="it asks for an answer that is private")  # noqa: PLW2901
        tried.append(each)
    return replace(decision, tried=(*tried,))


def _retold(
    filed: Filed,
    decision: Decision,
    file: RoutingFile,
    service: CityService,
    city: City,
    acting: frozenset[str],
) -> Decision | None:
    """The first decision with every rule that was tried; None where it cannot be told any more.

    Departments have no versions: so all are taken to have acted, or else those that do today.
    """
    times = [each.code for each in service.attributes if each.datatype == "datetime"]
    report = Report(
        service_code=filed.service_code,
        group=service.group,
        answers=attributes.revived(filed.attributes, times),
        at=filed.at,
        channel=filed.channel,
        unplaced=filed.unplaced,
    )
    for departments in (city.departments, acting):
        ready = routing.compiled(file, [service], departments, city.zone, decision.version)
        told = routing.retold(ready, report, decision)
        if told:
            return told
    return None
