"""The catalogue of a GeoReport server, fetched and saved answer by answer.

    services.json           the list
    services/CODE.json      a definition each
    discovery.json          where that was what was asked for

What is there is not fetched again, so that a run that was cut short goes on where it ended.

Source: GR-D-04, GR-D-06, GR-D-11, GR-S-01, GR-A-01, GR-A-14.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from open311.errors import Invalid, Open311Error, Unavailable
from open311.formats import folder_files
from open311.formats.catalogue import kinds, members, reading
from open311.formats.catalogue.kinds import Answer
from open311.imports import calls
from open311.imports.calls import LONGEST_WAIT, Calls, Manners, shown

__all__ = ["Fetched", "fetch"]

_ACCEPT = {"json": "application/json", "xml": "text/xml, application/xml"}
_VERSION = "GeoReport_v2"
_SOURCE = ".source.json"  # of which server a folder holds the answers
_MOST_AWAY = 3  # definitions in a row that do not come, before the server is let be

Progress = Callable[[int, int], None]
"""Told how many definitions are there, of how many."""


class Fetched(msgspec.Struct, frozen=True):
    """What a run did: definitions that came, and that were there; and what did not come."""

    came: int
    there: int
    problems: tuple[str, ...]


class _Place(msgspec.Struct, frozen=True):
    """An endpoint: its address without what goes behind it, and the query that goes with all."""

    base: str
    query: str

    def url(self, path: str) -> str:
        return f"{self.base}/{path}" + (f"?{self.query}" if self.query else "")


def fetch(
    url: str,
    folder: Path,
    manners: Manners,
    progress: Progress,
    *,
    fresh: bool = False,
    every: bool = False,
) -> Fetched:
    """Fetch a whole catalogue.

    Args:
        url: of an endpoint, of its service list, or of a discovery document; http or https. Its
            query goes with every call: `?jurisdiction_id=…` where one is needed.
        folder: where answers are saved, made if missing.
        manners: how to call.
        progress: is told of every definition.
        fresh: fetch anew what is there.
        every: also definitions of services whose `metadata` says that they ask nothing.

    Returns:
        What came, and what is wrong with what did not; the rest is in the folder.

    Raises:
        Invalid: it is no such address, or the folder is another server's; or there is no list.
        Unavailable: the server does not answer.
    """
    if not _is_address(url):
        raise Invalid(f"{url.partition('?')[0]}: is no http or https URL.")
    _claim(folder, url, fresh=fresh)
    with calls.calling(manners) as calling:
        place, formats = _endpoint(calling, url, folder)
        extension, listed = _list(calling, place, formats, folder)
        codes = [*_codes(listed, every=every)]
        return _definitions(calling, place, extension, codes, folder, progress)


def _claim(folder: Path, url: str, *, fresh: bool) -> None:
    """Make a folder this server's; what another run saved in it is kept, or thrown away."""
    source, own = folder / _SOURCE, shown(url)
    try:
        known = json.loads(source.read_bytes())
    except (OSError, ValueError):
        known = None
    if known is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid(f"{folder}: is there, and holds no answers of a server; name another.")
    if known not in (None, own) and not fresh:
        raise Invalid(f"{folder}: holds the answers of {known}; name another, or say --fresh.")
    if fresh:
        for pattern in ("discovery.*", "services.*", "services/*.json", "services/*.xml"):
            for path in folder.glob(pattern):
                path.unlink()
    folder_files.write(folder, {_SOURCE: json.dumps(own).encode()})


# --- where it is --------------------------------------------------------------------------------


def _is_address(url: object) -> bool:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def _endpoint(calling: Calls, url: str, folder: Path) -> tuple[_Place, tuple[str, ...]]:
    """The endpoint, and the formats to ask for in turn."""
    parts = urlsplit(url)
    path, _, name = parts.path.rstrip("/").rpartition("/")
    kind, _, extension = name.partition(".")
    formats = (extension,) if extension in _ACCEPT else (*_ACCEPT,)
    if kind == "discovery":
        file = f"discovery.{formats[0]}"
        asked = _Place(urlunsplit((parts.scheme, parts.netloc, path, "", "")), parts.query)
        answer = _answer(calling, asked, file, folder)
        return _Place(_chosen(answer, asked.url(file)), parts.query), (*_ACCEPT,)
    if name not in ("services", "services.json", "services.xml"):
        path, formats = parts.path.rstrip("/"), (*_ACCEPT,)
    return _Place(urlunsplit((parts.scheme, parts.netloc, path, "", "")), parts.query), formats


def _chosen(answer: Answer, url: str) -> str:
    """The endpoint of a discovery document that is meant for use. Source: GR-D-06, GR-D-07."""
    found = [
        (each.get("type") != "production", str(each["url"]).rstrip("/"))
        for _, each in kinds.listed((answer.discovery or {}).get("endpoints"), "endpoint")
        if isinstance(each, dict)
        and str(each.get("specification")).rstrip("/").endswith(_VERSION)
        and _is_address(each.get("url"))
    ]
    if not found:
        raise Invalid(f"{shown(url)}: names no endpoint of {_VERSION}.")
    return min(found, key=lambda each: each[0])[1]


# --- what it says -------------------------------------------------------------------------------


def _list(
    calling: Calls, place: _Place, formats: tuple[str, ...], folder: Path
) -> tuple[str, Answer]:
    """The service list, in the first format in which there is one."""
    problems: list[str] = []
    there = [each for each in formats if (folder / f"services.{each}").exists()]
    for extension in there or formats:
        try:
            return extension, _answer(calling, place, f"services.{extension}", folder)
        except Invalid as error:
            problems += error.problems
    raise Invalid(*problems)


def _answer(calling: Calls, place: _Place, name: str, folder: Path) -> Answer:
    """An answer that is there, or comes and makes sense; then it is saved."""
    path, url = folder / name, place.url(name)
    there = path.exists()
    content = path.read_bytes() if there else calling.get(url, _ACCEPT[name.rpartition(".")[2]])
    answer, faults = kinds.read(content)
    if faults:
        raise Invalid(*(f"{path if there else shown(url)}: {each.text}." for each in faults))
    if not there:
        folder_files.write(folder, {name: content})
    return answer


def _codes(answer: Answer, *, every: bool) -> Iterator[tuple[str, bool]]:
    """The services whose definitions are wanted, and whether there must be one. GR-S-03."""
    for _, item in answer.services:
        code = reading.service(item).get("service_code")
        asks = members.flag(item.get("metadata")) is not False
        if isinstance(code, str) and (asks or every):
            yield code, asks


def _definitions(
    calling: Calls,
    place: _Place,
    extension: str,
    codes: list[tuple[str, bool]],
    folder: Path,
    progress: Progress,
) -> Fetched:
    came, there, away = 0, 0, 0
    problems: list[str] = []
    for done, (code, needed) in enumerate(codes):
        progress(done, len(codes))
        name = f"services/{folder_files.file_name(code)}.{extension}"
        if (folder / name).exists():
            there += 1
            continue
        try:
            content = _definition(calling, place, code, extension)
        except Open311Error as error:
            away = away + 1 if isinstance(error, Unavailable) else 0
            problems += error.problems if needed or away else ()
            if away == _MOST_AWAY or getattr(error, "retry_after", 0) > LONGEST_WAIT:
                problems.append(f"{shown(place.base)}: let be; what came is kept, so go on later.")
                break
        else:
            folder_files.write(folder, {name: content})
            came, away = came + 1, 0
    progress(came + there, len(codes))
    return Fetched(came, there, tuple(problems))


def _definition(calling: Calls, place: _Place, code: str, extension: str) -> bytes:
    """The definition of one service, and of no other. Source: GR-A-03."""
    url = place.url(f"services/{quote(code, safe='')}.{extension}")
    content = calling.get(url, _ACCEPT[extension])
    answer, faults = kinds.read(content)
    told = [reading.definition(item).get("service_code") for _, item in answer.definitions]
    if faults:
        raise Invalid(*(f"{shown(url)}: {each.text}." for each in faults))
    if told != [code]:
        raise Invalid(f"{shown(url)}: is not the definition of {code!r}.")
    return content
