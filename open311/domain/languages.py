"""A service in another language: what people read is translated, codes and answers never.

A text without a translation is shown as the city's own language has it.

Source: GR-X 10.14.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from open311.domain.folder import CityAttribute, CityFolder, CityService, Department
from open311.domain.translations import AttributeTexts, DepartmentTexts, ServiceTexts

__all__ = ["Flaw", "known", "missing", "names", "spoken", "strange", "survey", "unknown"]

Flaw = tuple[tuple[str | int, ...], str]
"""Where in the service, and what is wrong there."""

_TEXTS = ("service_name", "description", "keywords", "group", "service_notice")
_OF_A_QUESTION = ("description", "datatype_description")


def spoken(service: CityService, language: str) -> CityService:
    """A service in a language; the very same where it has no translation into that."""
    texts = service.translations.get(language)
    if texts is None:
        return service
    own = {name: text for name in _TEXTS if (text := getattr(texts, name)) is not None}
    attributes = [
        _question(each, texts.attributes[each.code]) if each.code in texts.attributes else each
        for each in service.attributes
    ]
    return replace(service, **own, attributes=attributes)


def _question(each: CityAttribute, texts: AttributeTexts) -> CityAttribute:
    own = {name: text for name in _OF_A_QUESTION if (text := getattr(texts, name)) is not None}
    values = [
        replace(value, name=texts.values[value.key]) if value.key in texts.values else value
        for value in each.values
    ]
    return replace(each, **own, values=values)


def names(departments: Sequence[Department], language: str) -> dict[str, str]:
    """The names of departments in a language, by code."""
    nothing = DepartmentTexts()
    return {
        each.code: each.translations.get(language, nothing).name or each.name
        for each in departments
    }


def known(service: CityService, texts: ServiceTexts) -> ServiceTexts:
    """The translations of what a service has, and no others."""
    asked = {each.code: each for each in service.attributes}
    own = {name: getattr(texts, name) for name in _TEXTS if getattr(service, name)}
    attributes = {
        code: _known(asked[code], each) for code, each in texts.attributes.items() if code in asked
    }
    return ServiceTexts(**own, attributes=attributes)


def _known(each: CityAttribute, texts: AttributeTexts) -> AttributeTexts:
    own = {name: getattr(texts, name) for name in _OF_A_QUESTION if getattr(each, name)}
    keys = {value.key for value in each.values}
    values = {key: name for key, name in texts.values.items() if key in keys}
    return AttributeTexts(**own, values=values)


# --- what is wrong, and what is missing ---------------------------------------------------------


def unknown(service: CityService) -> Iterator[Flaw]:
    """Translations of what is not there."""
    asked = {each.code: each for each in service.attributes}
    for language, texts in service.translations.items():
        for name in _TEXTS:
            if getattr(texts, name) is not None and not getattr(service, name):
                yield ("translations", language, name), f"translates a {name} that is not there"
        for code, question in texts.attributes.items():
            place = ("translations", language, "attributes", code)
            if code in asked:
                yield from ((place + more, text) for more, text in _unknown(asked[code], question))
            else:
                yield place, f"no question has code {code!r}"


def strange(service: CityService, spoken_: Sequence[str]) -> Iterator[str]:
    """Translations into languages that a city does not speak beside its own, in words."""
    for language in service.translations:
        if language not in spoken_[1:]:
            yield f"translations.{language}: the city speaks no such further language."


def _unknown(each: CityAttribute, texts: AttributeTexts) -> Iterator[Flaw]:
    if texts.datatype_description is not None and each.datatype_description is None:
        yield ("datatype_description",), "translates a datatype_description that is not there"
    keys = {value.key for value in each.values}
    for key in texts.values:
        if key not in keys:
            yield ("values", key), f"no value has key {key!r}"


def missing(service: CityService, language: str) -> tuple[str, ...]:
    """What of a service has no translation: members, and `attribute[CODE]` with member or key."""
    texts = service.translations.get(language, ServiceTexts())
    found = [name for name in _TEXTS if getattr(service, name) and not getattr(texts, name)]
    nothing = AttributeTexts()
    for each in service.attributes:
        own = texts.attributes.get(each.code, nothing)
        lacking = [
            *(name for name in _OF_A_QUESTION if getattr(each, name) and not getattr(own, name)),
            *(value.key for value in each.values if value.key not in own.values),
        ]
        found += [f"attribute[{each.code}][{what}]" for what in lacking]
    return tuple(found)


def survey(city: CityFolder) -> Iterator[str]:
    """What a city would say in its own language to who asks for another, in words."""
    for language in city.jurisdiction.languages[1:]:
        for note in (*_services(city, language), *_departments(city, language)):
            yield f"{language}: {note}"


def _services(city: CityFolder, language: str) -> Iterator[str]:
    untold = [each.service_code for each in city.services if language not in each.translations]
    if untold:
        every = len(city.services)
        yield f"{len(untold)} of {every} services have no translation: {', '.join(untold)}"
    for each in city.services:
        if language in each.translations and (lacking := missing(each, language)):
            yield f"{each.service_code}: no translation of {', '.join(lacking)}"
    yield from _groups(city.services, language)


def _groups(services: Sequence[CityService], language: str) -> Iterator[str]:
    """Groups that would fall apart."""
    told: dict[str, dict[str, list[str]]] = {}
    for each in services:
        group = spoken(each, language).group if language in each.translations else None
        if group is not None:
            told.setdefault(each.group, {}).setdefault(group, []).append(each.service_code)
    for own, found in told.items():
        if len(found) > 1:
            ways = "; ".join(f"{group!r} in {', '.join(codes)}" for group, codes in found.items())
            yield f"the group {own!r} is called {ways}"


def _departments(city: CityFolder, language: str) -> Iterator[str]:
    named: Mapping[str, Department] = {each.code: each for each in city.departments}
    untold = [code for code, each in named.items() if not _name(each, language)]
    if untold:
        every = len(named)
        yield f"{len(untold)} of {every} departments have no translation: {', '.join(untold)}"


def _name(department: Department, language: str) -> str | None:
    texts = department.translations.get(language)
    return texts.name if texts else None
