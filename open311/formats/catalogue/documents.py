"""A service of ours as GeoReport documents with everything that we know of it.

What came from another system is shown again as it came, but for what has been changed since; what
only we can say is added in our words. To know which is which, the documents are read back: what
they would not say as we do, is put right. So reading them gives the same service again.

Source: GR-S-03, GR-A-02, GR-A-04.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from open311.domain import definitions
from open311.domain.folder import CityAttribute, CityService, CityValue
from open311.formats import folder_files
from open311.formats.catalogue import foreign, questions, reading
from open311.formats.catalogue.members import OWN, SERVICE, Members
from open311.formats.catalogue.questions import LISTS

__all__ = ["extended", "files"]

_DOCUMENTS = ("services", "service_definition")
_DEFAULTS: Members = {
    field.encode_name: field.default
    for field in msgspec.structs.fields(CityService)
    if field.default is not msgspec.NODEFAULT
}


def files(services: Iterable[CityService]) -> dict[str, Any]:
    """The documents of a catalogue as values, by path: `services.json`, `services/CODE.json`."""
    told = [extended(each) for each in services]
    defined = {folder_files.file_name(each["service_code"]): each for _, each in told}
    return {"services.json": [listed for listed, _ in told]} | {
        f"services/{name}.json": each for name, each in defined.items()
    }


def extended(service: CityService) -> tuple[Members, Members]:
    """A service as its object of the list, and its definition.

    Args:
        service: sound.

    Returns:
        JSON values; `reading.service` and `reading.definition` read them.
    """
    service = definitions.canonical(service)
    listed, own = _plain(service)
    code = {"service_code": service.service_code}
    wanted = reading.joined(reading.service(listed), reading.definition(code | own))
    others = {name: each for name, each in service.extra.items() if name not in _DOCUMENTS}
    listed |= _kept(service, "services")
    defined = code | others | _kept(service, "service_definition")
    if SERVICE["service_code"](defined["service_code"]) != service.service_code:
        defined |= code
    for name in _wrong(listed, defined, wanted):
        for document in (listed, defined):
            foreign.put_right(document, name, _value(wanted, name))
    for name in _wrong(listed, defined, wanted):
        if name not in defined or defined[name] in (None, _DEFAULTS.get(name)):
            defined[name] = _value(wanted, name)  # else another system has a member of that name
    return listed, defined | {"attributes": _questions(service.attributes)}


def _plain(service: CityService) -> tuple[Members, Members]:
    """What a list says in the standard's words, and what only we can say."""
    listed: Members = {
        "service_code": service.service_code,
        "service_name": service.service_name,
        "description": service.description,
        "metadata": bool(service.attributes),
        "type": service.type,
        "keywords": service.keywords,
        "group": service.group,
    }
    told = msgspec.to_builtins(service)
    return listed, {name: told[name] for name in OWN if name in told}


def _kept(service: CityService, document: str) -> Members:
    """What a document said that is not ours; a clerk may have written anything there."""
    kept = service.extra.get(document)
    return dict(kept) if isinstance(kept, dict) else {}


def _wrong(listed: Members, defined: Members, wanted: Members) -> list[str]:
    """The members of the service of which the documents do not say what we do."""
    said = reading.joined(reading.service(listed), reading.definition(defined))
    return [name for name in (*SERVICE, *OWN) if _value(said, name) != _value(wanted, name)]


def _value(told: Members, name: str) -> Any:
    return told.get(name, _DEFAULTS.get(name))


# --- its questions ------------------------------------------------------------------------------


def _questions(attributes: list[CityAttribute]) -> list[Members]:
    """Each as it came, where that still says what we do."""
    plain = [_question(each) for each in attributes]
    shown = [ours | each.extra for ours, each in zip(plain, attributes, strict=True)]
    wanted, said = questions.read(plain), questions.read(shown)
    ordered = [each.get("order") for each in wanted] == [each.get("order") for each in said]
    for document, ours, want, say in zip(shown, plain, wanted, said, strict=True):
        wrong = {name for name in want | say if want.get(name) != say.get(name)} - {"extra"}
        for name in wrong - {"order"} if ordered else wrong | {"order"}:
            document.pop(name, None)
            document.update({name: ours[name]} if name in ours else {})
    return shown


def _question(each: CityAttribute) -> Members:
    """A question in the standard's words and ours."""
    told = msgspec.to_builtins(each)
    standard: Members = {
        "variable": each.variable,
        "code": each.code,
        "datatype": each.datatype,
        "required": each.required,
        "datatype_description": each.datatype_description,
        "order": each.order,
        "description": each.description,
    }
    if each.datatype in LISTS:
        standard["values"] = list(map(_choice, each.values))
    own = {name: told[name] for name in told if name not in (*standard, "values", "extra")}
    if each.dependencies is not None:
        own["dependencies"] = {"clause": each.dependencies.clause} | own["dependencies"]
    return standard | own


def _choice(each: CityValue) -> Members:
    """A choice as it came, where that still says what we do."""
    ours: Members = {"key": each.key, "name": each.name}
    (said,) = questions.choices([ours | each.extra])
    agree = (said.get("key"), said.get("name")) == (each.key, each.name)
    return ours | each.extra | ({} if agree else ours)
