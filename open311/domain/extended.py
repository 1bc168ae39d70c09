"""What a version says, for clients that understand more than the standard; and old answers by it.

Source: GR-X 10.5, 10.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from open311.domain import definitions
from open311.domain.folder import CityAttribute, CityService
from open311.domain.layers import Layers
from open311.spec.extensions import (
    Answered,
    ExtendedAttribute,
    ExtendedCondition,
    ExtendedDefinition,
    ExtendedDependencies,
    Media,
    OfferedIn,
    Reporter,
)

__all__ = ["answered", "definition"]

_BOUNDS = (
    *("minimum", "maximum", "min_length", "max_length", "pattern", "max_items"),
    *("earliest", "latest", "automated"),
)
"""Members of a question that are shown as they are, where they are there."""


def definition(service: CityService, version: int) -> ExtendedDefinition:
    """A canonical service as the extension shows it, with everything that it is checked by."""
    reporter, media = service.reporter, service.media
    return ExtendedDefinition(
        service_code=service.service_code,
        attributes=tuple(map(_attribute, service.attributes)),
        version=version,
        location=service.location,
        offered_in=_areas(service.offered_in),
        reporter=Reporter(_some(reporter.all_of), _some(reporter.one_of))
        if reporter and (reporter.all_of or reporter.one_of)
        else UNSET,
        media=Media(media.least, media.most) if media else UNSET,
    )


def _areas(layers: Layers | None) -> tuple[OfferedIn, ...] | UnsetType:
    if not layers:
        return UNSET
    return tuple(OfferedIn(layer, tuple(codes)) for layer, codes in layers.items())


def _some(names: list[Any]) -> tuple[str, ...] | UnsetType:
    return tuple(names) or UNSET


def _attribute(each: CityAttribute) -> ExtendedAttribute:
    plain = definitions.shown(each)
    rules: dict[str, Any] = {
        name: _tidy(rule) for name in _BOUNDS if (rule := getattr(each, name)) not in (None, "")
    }
    if each.private:
        rules["private"] = True
    elif each.preset is not None:
        rules["preset"] = each.preset
    if each.datatype == "informational":
        rules["informational"] = True
    if each.required and not plain.required:
        rules["required_when_asked"] = True
    if each.dependencies is not None:
        conditions = tuple(map(_condition, each.dependencies.conditions))
        rules["dependencies"] = ExtendedDependencies(each.dependencies.clause, conditions)
    return ExtendedAttribute(*msgspec.structs.astuple(plain), **rules)


def _condition(each: Any) -> ExtendedCondition:
    match each.value:
        case None:
            return ExtendedCondition(each.attribute, each.op)
        case list() as values:
            return ExtendedCondition(each.attribute, each.op, tuple(map(_tidy, values)))
        case value:
            return ExtendedCondition(each.attribute, each.op, _tidy(value))


def _tidy(value: Any) -> Any:
    """5.0 is written 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def answered(
    service: CityService, answers: Mapping[str, Any], hidden: frozenset[str] | None
) -> Iterator[Answered]:
    """The answers of a request, labelled by the version that they were checked by.

    Args:
        service: that version.
        answers: as they are stored.
        hidden: codes of questions that other versions call private; None: whoever asks may see
            private answers.

    Returns:
        In the order of the questions; each of several choices is one. What no question has asked,
        as an importer may have brought it, is private.
    """
    known = {each.code: each for each in service.attributes}
    for code in (*known, *(each for each in answers if each not in known)):
        question, answer = known.get(code), answers.get(code)
        if answer is None:
            continue
        if hidden is not None and (question is None or question.private or code in hidden):
            continue
        names = {value.key: value.name for value in question.values} if question else {}
        label = question.description if question else None
        for value in answer if isinstance(answer, list) else [answer]:
            yield Answered(code, label, value, names.get(value))
