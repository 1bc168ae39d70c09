"""Why a rule does not match a report, in words; each condition is judged by itself, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from open311.domain import matching
from open311.domain.decisions import Place, Report
from open311.domain.folder import Condition
from open311.domain.rules import DAYS, Rule, Times

__all__ = ["failed"]

_Held = tuple[str, bool, str]
"""A condition, whether it holds, and why not."""


def failed(
    rule: Rule,
    report: Report,
    place: Place,
    *,
    acts: bool,
    tests: Sequence[matching.Test],
    zone: tzinfo,
) -> tuple[str, str] | None:
    """The first condition of a rule that does not hold, and why not; None where all hold.

    Args:
        rule: any.
        report: any.
        place: where it is.
        acts: whether the rule's department does.
        tests: of its conditions on answers, for the service of the report.
        zone: of the city.
    """
    for name, holds, why in _asked(rule, report, place, acts, tests, zone):
        if not holds:
            return name, why
    return None


def _asked(
    rule: Rule,
    report: Report,
    place: Place,
    acts: bool,
    tests: Sequence[matching.Test],
    zone: tzinfo,
) -> Iterator[_Held]:
    when = rule.when
    yield "department", acts, f"department {rule.department!r} acts no more"
    if when.services or when.groups:
        yield _of_the_service(when.services or (), when.groups or (), report)
    for layer, codes in (when.areas or {}).items():
        yield _of_a_layer(layer, codes, place)
    yield from _of_the_answers(when.answers or (), tests, report)
    if when.times:
        yield _of_the_time(when.times, report, zone)
    if when.channels:
        told = f"channel {report.channel!r}" if report.channel else "an unknown channel"
        why = f"{told} is none of {_listed(when.channels)}"
        yield "channels", report.channel in when.channels, why


def _of_the_service(services: Sequence[str], groups: Sequence[str], report: Report) -> _Held:
    told: list[str] = []
    if services:
        told.append(f"service {report.service_code!r} is none of {_listed(services)}")
    if groups:
        told.append(f"group {report.group!r} is none of {_listed(groups)}")
    holds = report.service_code in services or report.group in groups
    return "services" if services else "groups", holds, ", and ".join(told)


def _of_a_layer(layer: str, codes: Sequence[str], place: Place) -> _Held:
    code = place.areas.get(layer)
    if code is None:
        return f"areas.{layer}", False, f"the place is in no area of {layer}"
    tied = place.ties.get(layer)
    among = f", first of {', '.join(tied)}," if tied else ""
    return f"areas.{layer}", code in codes, f"{layer} {code}{among} is none of {_listed(codes)}"


def _of_the_answers(
    asked: Sequence[Condition], tests: Sequence[matching.Test], report: Report
) -> Iterator[_Held]:
    for place, (each, test) in enumerate(zip(asked, tests, strict=True)):
        given = "the answer to" if each.attribute in report.answers else "there is no answer to"
        told = "" if each.value is None else f" {each.value!r}"
        why = f"{given} {each.attribute!r}, which must be: {each.op}{told}"
        yield f"answers[{place}]", test(report.answers), why


_WEEKS = (0, matching.WEEK)  # a window of Sunday may last into the next week


def _of_the_time(times: Sequence[Times], report: Report, zone: tzinfo) -> _Held:
    local = report.at.astimezone(zone)
    moment = matching.minute(local)
    spans = [span for each in times for span in matching.spans(each)]
    holds = any(first <= moment + ago < last for first, last in spans for ago in _WEEKS)
    return "times", holds, f"{DAYS[local.weekday()]} {local:%H:%M} is in none of its times"


_SHOWN = 5  # values named in a sentence


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more
