"""A catalogue that was read, in a city folder: which files it changes, and what is wrong with it.

Nothing of the folder is lost but what the catalogue says anew: a service that it does not name
stays, and so does what no answer can tell of one that it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from open311.formats import folder_files, folder_rules, json_file
from open311.formats.catalogue import reading
from open311.formats.catalogue.reading import Catalogue, Entry
from open311.formats.folder import Told
from open311.formats.folder_rules import Found
from open311.formats.json_file import Fault

__all__ = ["Update", "Wishes", "updated"]

_ASK = "Write here whom to ask about this interface."
_KEYS = "Write here how to get an api_key."
_SHOWN = 5  # codes named in a note


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer does not tell, and a city folder must say.

    The first five are for a `jurisdiction.json` that is not there yet; `department` (a code) and
    `group` are for services without.
    """

    jurisdiction_id: str | None = None
    name: str | None = None
    timezone: str = "UTC"
    contact: str | None = None
    key_service: str | None = None
    department: str = "city"
    department_name: str | None = None
    group: str = "Other"


class Update(msgspec.Struct, frozen=True):
    """What a catalogue changes in a folder.

    `files` are the values of those that are new or different, by path in the folder; `added` and
    `changed` are service codes; `notes` tell people what was filled in; `refused` are the faults
    of services that were left out.
    """

    files: dict[str, Any]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    notes: tuple[str, ...]
    refused: tuple[Told, ...]


def updated(
    catalogue: Catalogue, found: list[Found], wishes: Wishes, *, partial: bool = False
) -> tuple[Update, list[Told]]:
    """Put a catalogue into a city folder.

    Args:
        catalogue: was read.
        found: the files of the folder as they are; none for a new one.
        wishes: what else it must say.
        partial: leave out the services that have faults.

    Returns:
        The change; and the faults for which it must not be made, by file and place of the answer
        that said it, or of the folder.
    """
    before = {each.name: each for each in found}
    entries = _placed(catalogue, found)
    after, told = _tried(catalogue, before, entries, wishes)
    refused = tuple(_at_its_source(entries, *each) for each in told if each[0] in entries)
    if partial and refused:
        bad = {name for name, _ in told}
        entries = {name: each for name, each in entries.items() if name not in bad}
        after, told = _tried(catalogue, before, entries, wishes)
    elif refused:
        told = [*refused, *(each for each in told if each[0] not in entries)]
    files = {
        name: each.value
        for name, each in after.items()
        if name not in before or before[name].value != each.value
    }
    codes = {name: str(after[name].value["service_code"]) for name in entries if name in files}
    return Update(
        files=files,
        added=tuple(code for name, code in codes.items() if name not in before),
        changed=tuple(code for name, code in codes.items() if name in before),
        notes=tuple(_notes(entries, after)),
        refused=refused if partial else (),
    ), told


def _tried(
    catalogue: Catalogue, before: dict[str, Found], entries: dict[str, Entry], wishes: Wishes
) -> tuple[dict[str, Found], list[Told]]:
    """The folder as it would be, and every fault in it."""
    after = dict(before)
    for name, entry in entries.items():
        base = before[name].value if name in before else {}
        whole = reading.composed(
            entry.members, base, department=wishes.department, group=wishes.group
        )
        after[name] = Found(name, "service", whole)
    after["departments.json"] = _departments(catalogue, after, entries, wishes)
    told: list[Told] = []
    if "jurisdiction.json" in after:
        if wishes.jurisdiction_id not in (None, _id(after["jurisdiction.json"].value)):
            told.append(("jurisdiction.json", Fault("is of another city than --jurisdiction says")))
    elif wishes.jurisdiction_id is None:
        told.append(("jurisdiction.json", Fault("is missing; name the city with --jurisdiction")))
    else:
        value = _jurisdiction(catalogue, wishes, after.values())
        after["jurisdiction.json"] = Found("jurisdiction.json", "jurisdiction", value)
    told += [*folder_rules.broken([*after.values()]), *_too_deep(after, entries)]
    return after, told or [*folder_rules.misrouted([*after.values()])]


def _too_deep(after: dict[str, Found], entries: dict[str, Entry]) -> Iterator[Told]:
    """What came may be too much for a file of a folder, since it stands deeper there."""
    for name in entries:
        _, faults = json_file.parse(folder_files.encoded(after[name].value))
        yield from ((name, each) for each in faults)


def _placed(catalogue: Catalogue, found: list[Found]) -> dict[str, Entry]:
    """Each service by the path of its file: the one that there is, or a new one."""
    known = {_code(each.value): each.name for each in found if each.kind == "service"}
    taken = {each.name.lower() for each in found}
    placed: dict[str, Entry] = {}
    for code, entry in catalogue.services.items():
        name = known.get(code) or f"services/{folder_files.file_name(code)}.json"
        while code not in known and name.lower() in taken:  # where `a` and `A` are one file
            name = f"{name.removesuffix('.json')}_.json"
        taken.add(name.lower())
        placed[name] = entry
    return placed


def _code(value: Any) -> Any:
    return value.get("service_code") if isinstance(value, dict) else None


def _id(value: Any) -> Any:
    return value.get("jurisdiction_id") if isinstance(value, dict) else None


# --- what stands beside the services ------------------------------------------------------------


def _departments(
    catalogue: Catalogue, after: dict[str, Found], entries: dict[str, Entry], wishes: Wishes
) -> Found:
    """The departments that there are, and those that the services name."""
    there = after.get("departments.json", Found("departments.json", "departments", {}))
    rows = there.value.get("departments", []) if isinstance(there.value, dict) else None
    if not isinstance(rows, list):
        return there
    known = [each.get("code") for each in rows if isinstance(each, dict)]
    named = [after[name].value["department"] for name in entries]
    codes = [*catalogue.departments, *dict.fromkeys(map(str, named))]
    own = {"code": wishes.department, "name": wishes.department_name or wishes.name or "The city"}
    of = {wishes.department: own} | catalogue.departments
    new = [of.get(code, {"code": code, "name": code}) for code in codes if code not in known]
    unique = {each["code"]: each for each in new}
    return Found(there.name, there.kind, {**there.value, "departments": [*rows, *unique.values()]})


def _jurisdiction(catalogue: Catalogue, wishes: Wishes, files: Iterable[Found]) -> dict[str, Any]:
    """A beginning, for a person to go on with."""
    spoken = {
        language: None
        for each in files
        if each.kind == "service" and isinstance(texts := each.value.get("translations"), dict)
        for language in texts
    }
    told = catalogue.discovery
    return {
        "jurisdiction_id": wishes.jurisdiction_id,
        "name": wishes.name or wishes.jurisdiction_id,
        "timezone": wishes.timezone,
        "contact": wishes.contact or _said(told.get("contact")) or _ASK,
        "key_service": wishes.key_service or _said(told.get("key_service")) or _KEYS,
        **({"languages": ["en", *(each for each in spoken if each != "en")]} if spoken else {}),
    }


def _said(raw: Any) -> str | None:
    return " ".join(raw.split()) if isinstance(raw, str) else None


# --- to people ----------------------------------------------------------------------------------


def _at_its_source(entries: dict[str, Entry], name: str, fault: Fault) -> Told:
    """A fault of a service's file, told by the answer that is the reason of it."""
    origins = entries[name].origins
    file, code = origins["service_code"]
    match fault.place:
        case (str(member), *inner) if member in origins:
            file, place = origins[member]
        case ("extra", _, *inner):  # as it stood in the answer
            place = code[:-1]
        case inner:
            place = code[:-1]
    return file, Fault(fault.text, (*place, *inner))


def _notes(entries: dict[str, Entry], after: dict[str, Found]) -> Iterator[str]:
    """What was filled in, and what is still missing, each with the codes that it is about."""
    unnamed, ungrouped, unowned, undefined = [], [], [], []
    for name, entry in entries.items():
        value, told = after[name].value, entry.members
        code = value["service_code"]
        if value["service_name"] == code and "service_name" not in told:
            unnamed.append(code)
        if "group" not in told:
            ungrouped.append(code)
        if "department" not in told:
            unowned.append(code)
        if value.get("extra", {}).get("services", {}).get("metadata") and "attributes" not in told:
            undefined.append(code)
    yield from _note("without a name, called by their code", unnamed)
    yield from _note("without a group, now in a group of yours", ungrouped)
    yield from _note("without a department, now with one of yours", unowned)
    yield from _note("that ask questions, which no answer tells", undefined)


def _note(what: str, codes: list[str]) -> Iterator[str]:
    if codes:
        shown = ", ".join(codes[:_SHOWN]) + (", ..." if len(codes) > _SHOWN else "")
        yield f"services {what}: {len(codes)} ({shown})"
