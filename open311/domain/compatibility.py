"""What a change of a service's definition means for those who know it as it was.

The promise: where no step is BREAKING, a report that the old definition accepts is accepted by the
new one. It is the report of one who knows the old definition: it answers no question that clients
are not asked there, and may answer, well or badly, those that a condition hides. What cannot be
told for certain counts as BREAKING.

Source: the registry's promise: what is not breaking refuses nothing that was accepted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from open311.domain import layers
from open311.domain.alterations import Level, Told, altered
from open311.domain.folder import CityAttribute, CityService, MediaRule, ReporterRule
from open311.domain.layers import Layers
from open311.domain.narrowing import Shift, Sides, needs_answer, who
from open311.errors import Conflict

__all__ = ["RETIRED", "Level", "Step", "compare", "compare_all", "consented"]

HARMLESS, FORMS, BREAKING = Level


class Step(msgspec.Struct, frozen=True):
    """One change: how much it asks, where (`attribute[CODE]` or a member), and what in words."""

    level: Level
    place: str
    text: str


RETIRED = (Step(BREAKING, "", "it is offered no more"),)
"""What changes when a service is retired."""

_ADDED = (Step(HARMLESS, "", "a new service"),)


def compare(old: CityService, new: CityService) -> tuple[Step, ...]:
    """Everything that changes between two canonical definitions, in the order of the new one.

    Args:
        old: sound, as it was.
        new: sound, of the same service_code.

    Returns:
        Nothing where they are equal, and only there.
    """
    return (*_service(old, new), *_questions(old, new))


def compare_all(
    old: Iterable[CityService], new: Iterable[CityService]
) -> tuple[tuple[str, Step], ...]:
    """Everything that changes between two catalogues of canonical definitions, by service_code."""
    before, after = ({each.service_code: each for each in side} for side in (old, new))
    found: list[tuple[str, Step]] = []
    for code in sorted(before.keys() | after.keys()):
        if code in before and code in after:
            steps = compare(before[code], after[code])
        else:
            steps = RETIRED if code in before else _ADDED
        found += [(code, step) for step in steps]
    return tuple(found)


def consented(steps: Mapping[str, Sequence[Step]], *, consent: bool) -> None:
    """Refuse what breaks clients, unless somebody said that it may.

    Args:
        steps: what changes, by service_code.
        consent: whether somebody did.

    Raises:
        Conflict: clients would fail; every such change is named.
    """
    breaking = [
        f"{code}: {step.place + ': ' if step.place else ''}{step.text}."
        for code, each in steps.items()
        for step in each
        if step.level is BREAKING
    ]
    if breaking and not consent:
        raise Conflict("Clients of what is published now will fail:", *breaking)


# --- the service itself -------------------------------------------------------------------------

_BESIDE = (
    *("service_name", "description", "keywords", "group", "department", "service_notice"),
    *("expected_hours", "extra"),
)
"""Members that refuse nothing."""

_LOCATION = {
    ("required", "optional"): Step(HARMLESS, "location", "it is no longer required"),
    ("required", "none"): Step(FORMS, "location", "it is no longer kept"),
    ("optional", "none"): Step(FORMS, "location", "it is no longer kept"),
    ("optional", "required"): Step(BREAKING, "location", "it is required from now on"),
    ("none", "required"): Step(BREAKING, "location", "it is required from now on"),
    ("none", "optional"): Step(BREAKING, "location", "it is checked, and was ignored"),
}


def _service(old: CityService, new: CityService) -> Iterator[Step]:
    yield from (Step(HARMLESS, member, "it says something else") for member in _reworded(old, new))
    if old.type != new.type:
        text = f"{old.type} becomes {new.type}, and reports are answered in another way"
        yield Step(BREAKING, "type", text)
    if old.location != new.location:
        yield _LOCATION[old.location, new.location]
    if old.offered_in != new.offered_in:
        yield _offered(old.offered_in, new.offered_in)
    if old.reporter != new.reporter:
        yield _reporter(old.reporter or ReporterRule(), new.reporter or ReporterRule())
    if old.media != new.media:
        yield _media(old.media or MediaRule(), new.media or MediaRule())


def _offered(old: Layers | None, new: Layers | None) -> Step:
    if layers.fewer(old, new):
        return Step(BREAKING, "offered_in", "it may be offered in fewer places")
    return Step(HARMLESS, "offered_in", "it is offered wherever it was")


def _reworded(old: CityService, new: CityService) -> Iterator[str]:
    yield from (each for each in _BESIDE if getattr(old, each) != getattr(new, each))
    before, after = old.translations, new.translations
    for language in sorted({*before, *after}):
        if before.get(language) != after.get(language):
            yield f"translations.{language}"


def _reporter(old: ReporterRule, new: ReporterRule) -> Step:
    """Whoever told enough before: does it still do?"""
    some = set(old.one_of)
    sure = {*old.all_of, *(some if len(some) == 1 else ())}
    wanted = set(new.one_of)
    one = not wanted or sure & wanted or (some and some <= wanted)
    if one and set(new.all_of) <= sure:
        return Step(HARMLESS, "reporter", "no more is asked of the reporter than before")
    return Step(BREAKING, "reporter", "more is asked of the reporter")


def _media(old: MediaRule, new: MediaRule) -> Step:
    if new.least > old.least:
        return Step(BREAKING, "media", f"the fewest goes up from {old.least} to {new.least}")
    if new.most < old.most:
        return Step(BREAKING, "media", f"the most goes down from {old.most} to {new.most}")
    return Step(HARMLESS, "media", "as many are taken as before, or more")


# --- its questions ------------------------------------------------------------------------------


def _questions(old: CityService, new: CityService) -> Iterator[Step]:
    before = {each.code: each for each in old.attributes}
    after = {each.code: each for each in new.attributes}
    sides = Sides(old.attributes, new.attributes)
    for code in (*after, *(each for each in before if each not in after)):
        for level, text in _question(before.get(code), after.get(code), sides):
            yield Step(level, f"attribute[{code}]", text)
    stayed = [code for code in before if code in after]
    if any(before[code].order != after[code].order for code in stayed):
        moved = stayed != [code for code in after if code in before]
        text = "they stand in another order" if moved else "they are numbered anew"
        yield Step(HARMLESS, "attributes", text)


def _question(old: CityAttribute | None, new: CityAttribute | None, sides: Sides) -> Told:
    match who(old), who(new):
        case "client", "client" if old and new:
            yield from altered(old, new, sides.shift(new.code))
        case _, "client" if new:
            yield _new(new, sides.shift(new.code))
        case "client", _ if old:
            yield _gone(old, new)
        case _:
            yield from _unasked(old, new)


def _new(new: CityAttribute, shift: Shift) -> tuple[Level, str]:
    """A question that clients were not asked."""
    if not needs_answer(new) or not shift.more:
        return FORMS, "a new question"
    if new.dependencies is None:
        return BREAKING, "a new required question"
    return BREAKING, "a new question, required where it is asked"


def _gone(old: CityAttribute, new: CityAttribute | None) -> tuple[Level, str]:
    """A question that clients are asked no more."""
    if new is None:
        return FORMS, "the question is gone; answers to it are ignored"
    text = "the server answers it" if who(new) == "server" else "it takes no answer"
    return BREAKING if old.required else FORMS, f"{text} from now on; what is sent is ignored"


def _unasked(old: CityAttribute | None, new: CityAttribute | None) -> Told:
    """What no client ever answered: a text that forms show, or what the server knows itself."""
    level = FORMS if any(each and who(each) == "nobody" for each in (old, new)) else HARMLESS
    if old is None or new is None:
        yield level, f"{'new' if old is None else 'gone'}, and takes no answer"
    elif msgspec.structs.replace(old, order=new.order) != new:
        yield level, "it takes no answer, and says something else"
