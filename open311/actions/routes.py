"""The dry run: whether a city would take a report, and who would act on it. Nothing is filed."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime

from open311.actions import places
from open311.domain import attributes, routing
from open311.domain.city import City, Offer
from open311.domain.decisions import Decision, by_service
from open311.domain.finding import Found
from open311.domain.requests import Whereabouts, report
from open311.domain.rules import Channel
from open311.errors import Invalid
from open311.spec import submission
from open311.spec.routes import RouteAnswer, RoutedDepartment, RoutedReport, Tie, TriedRule

__all__ = ["dry_run", "tried"]

_PLACE = ("address_string", "address_id")
_PRIVATE = "it asks for an answer that is not shown"


def dry_run(
    city: City,
    offer: Offer,
    pairs: submission.Pairs,
    channel: Channel | None,
    now: datetime,
    found: Found | None = None,
) -> RouteAnswer:
    """What would become of a report of some service and place.

    Args:
        city: the jurisdiction.
        offer: the service, from `requests.asked_for`.
        pairs: a place as in a POST, and any answers; what else a POST would need is not looked at.
        channel: by which it would come.
        now: aware.
        found: what it does not tell of its place, from `places.look_up`.

    Raises:
        Invalid: there is no place, or an argument that cannot be read.
    """
    public = _public(offer)
    shown = [pair for pair in pairs if not _is_hidden(pair[0], public)]
    place, decided, problems = tried(city, offer, shown, channel, now, found)
    return RouteAnswer(_said(city, offer, place, decided, problems))


def tried(
    city: City,
    offer: Offer,
    pairs: submission.Pairs,
    channel: Channel | None,
    now: datetime,
    found: Found | None = None,
) -> tuple[Whereabouts, Decision | None, tuple[str, ...]]:
    """The same for those who may see all of a decision: the place, and why it is not taken."""
    asked = [pair for pair in pairs if pair[0] not in submission.LENGTHS or pair[0] in _PLACE]
    sent, problems = submission.read(asked, offer.location)
    answers, wrong = attributes.check(offer.form, sent.attributes, city.zone, now)
    problems += tuple(each for each in wrong if _asked(each) in sent.attributes)
    if problems:
        raise Invalid(*problems)
    place, misplaced = places.find(city, offer, sent, found)
    if misplaced:
        return place, None, misplaced
    if city.routing is None:
        return place, by_service(offer.department, place.located), ()
    told = report(offer, place, answers, channel, now)
    return place, routing.explain(city.routing, told), ()


def _public(offer: Offer) -> frozenset[str]:
    """The questions whose answers anybody may see."""
    return frozenset(each.code for each in offer.form.questions if not (each.private or each.ours))


def _is_hidden(name: str, public: Container[str]) -> bool:
    """Whether an argument answers a question that is not public: strangers could try it out."""
    return name.startswith("attribute[") and _asked(name) not in public


def _asked(name: str) -> str:
    """The question that an argument, or a problem with it, is about."""
    return name.removeprefix("attribute[").partition("]")[0]


def _said(
    city: City,
    offer: Offer,
    place: Whereabouts,
    decided: Decision | None,
    problems: tuple[str, ...],
) -> RoutedReport:
    located = place.located
    return RoutedReport(
        service_code=offer.service_code,
        accepted=decided is not None,
        problems=problems,
        lat=place.lat,
        long=place.long,
        moved=located.moved if located else None,
        address=place.address,
        address_id=place.address_id,
        department=_department(city, decided.department) if decided else None,
        by=decided.by if decided else None,
        reason=decided.reason if decided else None,
        areas=decided.areas if decided else {},
        ties=tuple(map(Tie, decided.ties.keys(), decided.ties.values())) if decided else (),
        rules=tuple(_rules(city, offer, decided)) if decided else (),
        version=city.routing.version if city.routing else 0,
    )


def _department(city: City, code: str) -> RoutedDepartment:
    return RoutedDepartment(code, city.departments.get(code, code))


def _rules(city: City, offer: Offer, decided: Decision) -> Iterator[TriedRule]:
    """Every rule that was tried, without what it asks of an answer that is not public here.

    What a service does not ask, another may ask privately, or have asked so once.
    """
    public = _public(offer)
    rules = city.routing.rules if city.routing else ()
    for rule, each in zip(rules, decided.tried, strict=False):
        if each.matched:
            yield TriedRule(each.rule, "matched", None, rule.reason)
            continue
        reason = each.why
        if each.failed and each.failed.startswith("answers["):
            asked = (rule.when.answers or ())[int(each.failed[8:-1])]
            reason = reason if asked.attribute in public else _PRIVATE
        yield TriedRule(each.rule, "failed", each.failed, reason)
