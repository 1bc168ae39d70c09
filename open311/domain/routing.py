"""Who acts on a report, and why: the first rule that matches, the service's department, or triage.

`decide` is the fast way and `explain` the one that says why; both come to the same decision.
Times are those of the city's clocks: where an hour is repeated both are meant, and where one is
left out it never is.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import tzinfo
from typing import Any

import msgspec
from msgspec.structs import replace

from open311.domain import matching, reasons
from open311.domain.decisions import Decision, Place, Report, Tried
from open311.domain.folder import CityService
from open311.domain.rules import RoutingFile, Rule, Triage

__all__ = [
    "Decision",
    "Report",
    "Routing",
    "Tried",
    "again",
    "by_rule",
    "compiled",
    "decide",
    "explain",
    "first",
    "otherwise",
    "retold",
]

_NOTHING: Mapping[Any, Any] = {}


class Routing(msgspec.Struct, frozen=True):
    """The rules of a city, ready to decide."""

    version: int
    rules: tuple[Rule, ...]
    triage: Triage | None
    tolerance: float  # metres
    zone: tzinfo
    owners: Mapping[str, str]  # the own department of each service
    acting: int  # the bits of the rules whose department acts
    idle: frozenset[str]  # departments of services that act no more
    tables: matching.Tables
    likely: Mapping[str, matching.Likely]  # by service
    tests: Mapping[
        str, Mapping[int, tuple[matching.Test, ...]]
    ]  # by service, then rule, of what it asks
    unasked: Mapping[int, tuple[matching.Test, ...]]  # where a service asks nothing of it


def compiled(
    file: RoutingFile | None,
    services: Iterable[CityService],
    departments: Container[str],
    zone: tzinfo,
    version: int = 0,
) -> Routing:
    """Make rules ready.

    Args:
        file: need not be sound: what makes no sense, or no more, never matches. None: a city
            without rules, where the own department of a service acts, whatever it is.
        services: all that reports may name, retired ones, too.
        departments: the codes of those that act.
        zone: of the city.
        version: of the rules, for the decisions.
    """
    rules = tuple(file.rules) if file else ()
    tables = matching.tables(rules)
    codes = [{each.attribute for each in rule.when.answers or ()} for rule in rules]
    owners: dict[str, str] = {}
    tests: dict[str, dict[int, tuple[matching.Test, ...]]] = {}
    likely: dict[str, matching.Likely] = {}
    for each in services:
        owners[each.service_code] = each.department
        about = tables.about(each.service_code, each.group) & tables.answered
        asked = {question.code for question in each.attributes}
        asking = [index for index in matching.each(about) if not asked.isdisjoint(codes[index])]
        if asking:
            tests[each.service_code] = {i: matching.tests(rules[i], each) for i in asking}
            likely[each.service_code] = matching.likely([(i, rules[i]) for i in asking], each)
    return Routing(
        version=version,
        rules=rules,
        triage=file.triage if file else None,
        tolerance=file.tolerance if file else 0.0,
        zone=zone,
        owners=owners,
        acting=matching.bits(i for i, rule in enumerate(rules) if rule.department in departments),
        idle=frozenset(each for each in owners.values() if each not in departments),
        tables=tables,
        likely=likely,
        tests=tests,
        unasked={i: matching.tests(rules[i], None) for i in matching.each(tables.answered)},
    )


def decide(routing: Routing, report: Report) -> Decision:
    """Decide who acts on a report; of the rules only what may match is looked at.

    Args:
        routing: from `compiled`.
        report: of any service, group, layer and code, known or not.

    Raises:
        KeyError: there is no triage, since the city has no rules, and no such service either.
    """
    return _decided(routing, report, _place(report))


def explain(routing: Routing, report: Report) -> Decision:
    """The same decision as `decide`, with every rule that was tried and why it did not match."""
    return _explained(routing, report, _place(report))


def again(routing: Routing, report: Report, decision: Decision) -> Decision:
    """Judge a decision once more, with the place as it tells it and not as a map would today.

    Args:
        routing: as it was.
        report: as it was; where it was located is not looked at.
        decision: with what was tried or without.

    Returns:
        An equal decision, if it was right.
    """
    judge = _explained if decision.tried else _decided
    return judge(routing, report, Place(decision.areas, decision.ties, decision.moved))


def retold(routing: Routing, report: Report, decision: Decision) -> Decision | None:
    """A decision that was kept, with every rule that was tried, as `again` judges it.

    Returns:
        None where it is another one today, since what it depends on has changed: departments are
        the one thing that has no versions.
    """
    told = _explained(routing, report, Place(decision.areas, decision.ties, decision.moved))
    return told if replace(told, tried=()) == replace(decision, tried=()) else None


def _place(report: Report) -> Place:
    at = report.located
    return Place(at.areas, at.ties, at.moved) if at else Place({}, {}, 0.0)


# --- the fast way -------------------------------------------------------------------------------


def _decided(routing: Routing, report: Report, place: Place) -> Decision:
    tables = routing.tables
    left = routing.acting & tables.about(report.service_code, report.group)
    for layer, table in tables.layers.items():
        left &= table.of(place.areas.get(layer))
    left &= tables.channels.of(report.channel)
    if left & tables.timed:
        left &= tables.week.of(report.at.astimezone(routing.zone))
    index = first(routing, left, report.service_code, report.answers)
    if index is None:
        return otherwise(routing, report, place)
    return by_rule(routing, routing.rules[index], place)


def first(routing: Routing, left: int, service_code: str, answers: Mapping[str, Any]) -> int | None:
    """The first of the rules that are left whose conditions on answers hold."""
    for code, (named, other) in routing.likely.get(service_code, _NOTHING).items():
        answer = answers.get(code)
        if type(answer) is not list:
            left &= named.get(answer, other)
    tests = routing.tests.get(service_code, _NOTHING)
    for index in matching.each(left):
        for test in tests.get(index) or routing.unasked.get(index, ()):
            if not test(answers):
                break
        else:
            return index
    return None


def by_rule(routing: Routing, rule: Rule, place: Place, tried: tuple[Tried, ...] = ()) -> Decision:
    """The decision of a rule that matches."""
    return Decision(
        version=routing.version,
        department=rule.department,
        queue=rule.queue,
        priority=rule.priority,
        by="rule",
        rule=rule.code,
        reason=rule.reason,
        areas=place.areas,
        ties=place.ties,
        moved=place.moved,
        tried=tried,
    )


def otherwise(
    routing: Routing, report: Report, place: Place, tried: tuple[Tried, ...] = ()
) -> Decision:
    """The decision where no rule matches.

    Raises:
        KeyError: as `decide`.
    """
    own = routing.owners.get(report.service_code)
    triage = routing.triage
    if triage is None:
        department, why = routing.owners[report.service_code], "the service's own department acts"
    elif own is None:
        department, why = triage.department, "nobody knows the service"
    elif own in routing.idle:
        department, why = triage.department, "the service's own department acts no more"
    elif report.unplaced:
        department, why = triage.department, "the place was not found"
    else:
        triage, department, why = None, own, "the service's own department acts"
    return Decision(
        version=routing.version,
        department=department,
        queue=triage.queue if triage else None,
        priority=None,
        by="triage" if triage else "service",
        rule=None,
        reason=f"No rule matches, and {why}.",
        areas=place.areas,
        ties=place.ties,
        moved=place.moved,
        tried=tried,
    )


# --- the way that says why ----------------------------------------------------------------------


def _explained(routing: Routing, report: Report, place: Place) -> Decision:
    own = routing.tests.get(report.service_code, _NOTHING)
    tried: list[Tried] = []
    for index, rule in enumerate(routing.rules):
        acts = bool(routing.acting >> index & 1)
        tests = own.get(index) or routing.unasked.get(index, ())
        failed = reasons.failed(rule, report, place, acts=acts, tests=tests, zone=routing.zone)
        if failed is None:
            tried.append(Tried(rule.code, True, None, "all of its conditions hold"))
            return by_rule(routing, rule, place, (*tried,))
        tried.append(Tried(rule.code, False, *failed))
    return otherwise(routing, report, place, (*tried,))
