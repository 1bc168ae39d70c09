"""A whole catalogue, as some GeoReport server answers it, in the words of a city folder.

Saved service lists and definitions go in, as XML or JSON, plain or with the further members of
Boston, Chicago, mySociety and ourselves; out come the members of `services/*.json`, and every
fault by its file and place. Nothing is lost: see `members`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from open311.domain import languages
from open311.domain.folder import CityService
from open311.domain.translations import ServiceTexts
from open311.formats.catalogue import foreign, kinds, members, questions
from open311.formats.catalogue.kinds import Item
from open311.formats.catalogue.members import OWN, SERVICE, Members
from open311.formats.json_file import Fault, Place, shown, where

__all__ = ["Catalogue", "Entry", "composed", "definition", "joined", "read", "service"]

_CODE = {"service_code": SERVICE["service_code"]}
_ORDER = [field.encode_name for field in msgspec.structs.fields(CityService)]


class Entry(msgspec.Struct, frozen=True):
    """What was told of one service.

    `members` are as in a city folder, those that were told only. `origins` says of each in which
    file and at which place.
    """

    members: Members
    origins: dict[str, tuple[str, Place]]


class Catalogue(msgspec.Struct, frozen=True):
    """What the answers of a server tell: services by code, departments by code, discovery."""

    services: dict[str, Entry]
    departments: dict[str, Members]
    discovery: Members


def read(answers: Iterable[tuple[str, bytes]]) -> tuple[Catalogue, list[tuple[str, Fault]]]:
    """Read saved answers.

    Args:
        answers: of each file the name, for its faults, and the content; a definition needs no
            list that names it, and may stand before that.

    Returns:
        What they tell, and every fault with the name of its file. Whether it is enough for a
        service is for the schema of a city folder to say.
    """
    found, told = Catalogue({}, {}, {}), list[tuple[str, Fault]]()
    definitions: list[tuple[str, Item]] = []
    for name, content in answers:
        answer, faults = kinds.read(content)
        found.discovery.update(answer.discovery or {})
        faults += [each for item in answer.services for each in _listed(found, name, *item)]
        definitions += [(name, item) for item in answer.definitions]
        told += [(name, each) for each in faults]
    told += [(name, each) for name, item in definitions for each in _defined(found, name, *item)]
    return found, told


def _listed(found: Catalogue, name: str, place: Place, item: Members) -> Iterator[Fault]:
    told = service(item)
    code = told.get("service_code")
    if not isinstance(code, str):
        yield _without_code(code, place)
    elif code in found.services:
        other, at = found.services[code].origins["service_code"]
        yield Fault(f"{shown(code)} is also in {other}: {where(at)}", (*place, "service_code"))
    else:
        origins = {each: (name, (*place, each)) for each in item}
        found.services[code] = Entry(told, origins)
        _note_departments(found, item)


def _defined(found: Catalogue, name: str, place: Place, item: Members) -> Iterator[Fault]:
    told = definition(item)
    code = told.get("service_code")
    if not isinstance(code, str):
        yield _without_code(code, place)
        return
    known = found.services.get(code, Entry({}, {}))
    if "attributes" in known.members:
        other, at = known.origins["attributes"]
        yield Fault(f"{shown(code)} is also defined in {other}: {where(at)}", place)
        return
    questions = "attributes" if "attributes" in item else "attribute"
    origins = {each: (name, (*place, each)) for each in item}
    origins |= known.origins | {"attributes": (name, (*place, questions))}
    found.services[code] = Entry(joined(known.members, told), origins)
    _note_departments(found, item)


def _without_code(code: object, place: Place) -> Fault:
    told = "is missing" if code is None else f"{shown(code)} is not text"
    return Fault(told, (*place, "service_code"))


def _note_departments(found: Catalogue, item: Members) -> None:
    for each in foreign.departments(item):
        found.departments.setdefault(each["code"], each)


# --- one service --------------------------------------------------------------------------------


def service(item: Members) -> Members:
    """What an object of a service list says, as members of a city folder's service."""
    told = members.read(item, SERVICE)
    extra = told.pop("extra", {})
    return foreign.said(item) | told | {"extra": {"services": extra}}


def definition(item: Members) -> Members:
    """What a service definition says, as members of a city folder's service."""
    raw = item.get("attributes", item.get("attribute"))
    others = {name: each for name, each in item.items() if name not in ("attributes", "attribute")}
    told = members.read(others, _CODE, OWN)
    extra = told.pop("extra", {}) | {name: told[name] for name in OWN if name in told}
    asked = {"attributes": questions.read(raw)}
    return foreign.said(others) | told | asked | {"extra": {"service_definition": extra}}


def joined(listed: Members, defined: Members) -> Members:
    """What a list and a definition say together: the list's word counts of the standard's."""
    standard = {name: listed[name] for name in SERVICE if name in listed}
    extra = {"extra": listed.get("extra", {}) | defined.get("extra", {})}
    return listed | defined | standard | extra


def composed(told: Members, base: Members, *, department: str, group: str) -> Members:
    """A whole service.

    Args:
        told: of it.
        base: what a city folder says of it already; stands where nothing is told.
        department: the code of who acts where nobody says.
        group: its group where nobody says.

    Returns:
        As a file of a city folder says it. A service without a name is called by its code, and
        one without a description is described by its name.
    """
    whole: dict[str, Any] = {"department": department, "group": group} | base | told
    whole.setdefault("service_name", whole["service_code"])
    whole.setdefault("description", whole["service_name"])
    extra = _kept(base.get("extra", {}) | told.get("extra", {}), bool(whole.get("attributes")))
    if "translations" not in told and "translations" in whole:
        whole["translations"] = _still(whole["translations"], whole)
    whole = {name: whole[name] for name in _ORDER if name in whole and name != "extra"}
    return whole | ({"extra": extra} if extra else {})


def _still(translations: Any, whole: Members) -> Any:
    """The translations in a folder, of what is still asked."""
    try:
        texts = msgspec.convert(translations, dict[str, ServiceTexts])
        service = msgspec.convert(whole | {"translations": {}}, CityService)
    except msgspec.ValidationError:
        return translations  # what is wrong with it is told with the folder
    return msgspec.to_builtins({each: languages.known(service, texts[each]) for each in texts})


def _kept(extra: Members, asks: bool) -> Members:
    """What was told and will not be said again by itself, where the documents are shown."""
    listed, defined = dict(extra.get("services", {})), dict(extra.get("service_definition", {}))
    if listed.get("metadata") is None or listed["metadata"] is asks:
        listed.pop("metadata", None)
    others = {name: each for name, each in defined.items() if name not in OWN}
    said = foreign.said(listed) | foreign.said(others)
    for name, ours in OWN.items():
        if name in defined and name not in said and ours(defined[name]) is not msgspec.UNSET:
            del defined[name]
    kept = extra | {"services": listed, "service_definition": defined}
    return {name: each for name, each in kept.items() if each != {}}
