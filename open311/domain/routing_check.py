"""What is wrong with the rules of a city, and what is odd about them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from open311.domain import layers, matching, shadows
from open311.domain.folder import CityFolder, CityService, Condition
from open311.domain.rules import RoutingFile, Rule, When
from open311.domain.soundness import Flaw, misfits

__all__ = ["Known", "alone", "faults", "known", "survey"]

Place = tuple[str | int, ...]


class Known(msgspec.Struct, frozen=True):
    """What the rules of a city may name."""

    services: Sequence[CityService]  # sound
    departments: Collection[str]
    areas: Mapping[str, Collection[str]]  # the codes of each layer


def known(city: CityFolder) -> Known:
    """What the rules of a city may name, out of its folder."""
    departments = {each.code for each in city.departments}
    return Known(city.services, departments, layers.codes(city.areas))


# --- rules by themselves ------------------------------------------------------------------------


def alone(file: RoutingFile) -> Iterator[Flaw]:
    """What is wrong with rules whatever the city has.

    Yields:
        The place, as ("rules", 3, "when", "areas", "wards", 0), and a sentence without its subject.
    """
    first: dict[str, int] = {}
    for index, rule in enumerate(file.rules):
        other = first.setdefault(rule.code, index)
        if other != index:
            yield ("rules", index, "code"), f"{rule.code!r} is also at rules[{other}].code"
        at: Place = ("rules", index, "when")
        if rule.when == When():
            yield at, "has no condition; where no rule matches, the service's own department acts"
        for place, values in _lists(rule.when):
            yield from _twice(((*at, *place, i), value) for i, value in enumerate(values))
        for number, window in enumerate(rule.when.times or ()):
            if window.begins == window.ends:
                text = "is when it begins; for the whole day leave both out"
                yield (*at, "times", number, "to"), text


def _lists(when: When) -> Iterator[tuple[Place, Sequence[str]]]:
    """Every list of words in a rule's conditions, with its place."""
    for name in ("services", "groups", "channels"):
        yield (name,), getattr(when, name) or ()
    for layer, codes in (when.areas or {}).items():
        yield ("areas", layer), codes
    for index, window in enumerate(when.times or ()):
        yield ("times", index, "days"), window.days or ()


def _twice(items: Iterable[tuple[Place, str]]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for place, value in items:
        if value in seen:
            yield place, f"{value!r} is there already"
        seen.add(value)


# --- rules in their city ------------------------------------------------------------------------


def faults(file: RoutingFile, city: Known) -> Iterator[Flaw]:
    """What is wrong with rules in their city: they name what is not there, or can never match.

    Args:
        file: nothing is wrong with it by itself.
        city: what it may name.

    Yields:
        As `alone` does. A rule that names what is not there is not judged further, and taken to
        match nothing.
    """
    if file.triage.department not in city.departments:
        yield ("triage", "department"), f"{file.triage.department!r} is not in departments.json"
    sound: list[int] = []
    for index, rule in enumerate(file.rules):
        flaws = [*_names(rule, city)]
        yield from ((("rules", index, *place), text) for place, text in flaws)
        if not flaws:
            sound.append(index)
    found = shadows.realms(file.rules, sound, city.services, city.areas)
    for index, takers in shadows.verdict(sound, found).never.items():
        yield ("rules", index, "when"), f"can never hold: {_why(file.rules, takers)}"


def _why(rules: Sequence[Rule], takers: Sequence[int]) -> str:
    if not takers:
        return "no report is such that all of it does"
    named = [repr(rules[index].code) for index in takers[:_SHOWN]]
    more = f" and {len(takers) - _SHOWN} more" if len(takers) > _SHOWN else ""
    return f"whatever it would match goes to {', '.join(named)}{more} before it"


_SHOWN = 3


def _names(rule: Rule, city: Known) -> Iterator[Flaw]:
    """What a rule names that is not there."""
    if rule.department not in city.departments:
        yield ("department",), f"{rule.department!r} is not in departments.json"
    when = rule.when
    codes = {each.service_code for each in city.services}
    groups = {each.group for each in city.services}
    yield from _strangers(("when", "services"), when.services, codes, "there is no service {!r}")
    yield from _strangers(("when", "groups"), when.groups, groups, "no service is of group {!r}")
    for place, text in layers.strange(when.areas, city.areas):
        yield ("when", "areas", *place), text
    for index, condition in enumerate(when.answers or ()):
        for place, text in _condition(rule, condition, city.services):
            yield ("when", "answers", index, *place), text


def _strangers(
    at: Place, wanted: Sequence[str] | None, there: Collection[str], told: str
) -> Iterator[Flaw]:
    for index, each in enumerate(wanted or ()):
        if each not in there:
            yield (*at, index), told.format(each)


def _condition(rule: Rule, condition: Condition, services: Sequence[CityService]) -> Iterator[Flaw]:
    """Each service that a rule names must ask for the answer, and of all others one at least."""
    others: list[Flaw] = []
    one = False
    for each in services:
        if not matching.about(rule, each):
            continue
        flaws = [*_of_the_service(condition, each)]
        if each.service_code in (rule.when.services or ()):
            yield from flaws
            one = True
        elif flaws:
            others += flaws
        else:
            one = True
    if not one and others:
        asking = [(place, text) for place, text in others if place != ("attribute",)]
        text = f"no service that it is about asks for {condition.attribute!r}"
        yield from asking[:1] or [(("attribute",), text)]


def _of_the_service(condition: Condition, service: CityService) -> Iterator[Flaw]:
    asked = {each.code: each for each in service.attributes}
    if condition.attribute not in asked:
        text = f"service {service.service_code!r} asks for no {condition.attribute!r}"
        yield ("attribute",), text
        return
    for place, text in misfits(condition, asked[condition.attribute]):
        yield place, f"{text} (service {service.service_code!r})"


# --- notes --------------------------------------------------------------------------------------


def survey(file: RoutingFile, city: Known) -> Iterator[str]:
    """What is odd about the rules of a city though they can be used: notes for people.

    Args:
        file: without faults.
        city: what it may name.

    Yields:
        Sentences that begin with the file: rules that are not judged since it would be too much,
        and services whose department depends on the order of rules alone.
    """
    rules, every = file.rules, range(len(file.rules))
    found = shadows.realms(rules, every, city.services, city.areas)
    for index in shadows.verdict(every, found).unsure:
        what = f"rule {rules[index].code!r}"
        yield f"routing.json: {what}: whether it can ever match is too much to try, and not judged"
    alike: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for realm in found:
        if pairs := (*itertools.islice(shadows.clashes(rules, realm), _SHOWN + 1),):
            alike.setdefault(pairs, []).extend(realm.services)
    for pairs, services in alike.items():
        told = [f"{rules[one].code!r} before {rules[other].code!r}" for one, other in pairs]
        more = f" and {len(services) - _SHOWN} more services" if len(services) > _SHOWN else ""
        yield (
            f"routing.json: who acts on {', '.join(map(repr, services[:_SHOWN]))}{more} depends on"
            f" the order of rules alone: {', '.join(told[:_SHOWN])}"
            + (" and others" if len(told) > _SHOWN else "")
        )
