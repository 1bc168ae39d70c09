"""Rows of another system as requests of ours: by a mapping, a row at a time, with every fault.

Texts are cleaned as those of a POST are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Table
from datetime import datetime, tzinfo
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from open311.domain import clocks, origins
from open311.domain.attributes import Form, check
from open311.domain.datatypes import Answer
from open311.domain.mappings import Mapping
from open311.domain.origins import Read, Values
from open311.domain.statuses import STATES
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Status

__all__ = ["Faulty", "Forms", "Imported", "Known", "converter"]

Forms: TypeAlias = Callable[[str, datetime], Form]
"""The questions of a service, as it had them at a time."""

_STATUS: dict[str, Status] = {"open": "open", "closed": "closed"}

_LONG = ("status_notes", "description", "service_notice")
_MOST = submission.LENGTHS | {"address": 1000, "status_notes": 10_000, "service_notice": 4000}
_USUAL = 250  # characters of any other field
_DECIMALS = 7  # of a degree


class Faulty(ValueError):
    """A row that cannot be a request; `problems` are all of its faults, in words."""

    def __init__(self, problems: Sequence[str], source_id: str = "") -> None:
        """Keep them, and of which request they are, where that is known."""
        super().__init__("; ".join(problems))
        self.problems, self.source_id = problems, source_id


class Known(msgspec.Struct, frozen=True):
    """What a city has that rows may name. Names are in small letters."""

    zone: tzinfo
    services: frozenset[str]
    service_names: Table[str, str]  # to codes
    departments: frozenset[str]
    department_names: Table[str, str]  # to codes


class Imported(msgspec.Struct, frozen=True, gc=False):
    """What another system says of a request. Times are aware, UTC, whole seconds."""

    source_id: str
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    status: Status
    detailed_status: str | None
    status_notes: str | None
    service_code: str
    description: str | None
    department: str | None  # code; None: nobody is named
    queue: str | None
    service_notice: str | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None  # may be no URL
    attributes: dict[str, Answer] | None


def converter(mapping: Mapping, known: Known, forms: Forms) -> Callable[[Values], Imported]:
    """What makes a request of a row.

    Args:
        mapping: without flaws.
        known: the city; its zone counts where the mapping names none.
        forms: asked for rows with answers only.

    Returns:
        Of a row, a request; it raises Faulty where it cannot be one.
    """
    fields = mapping.fields
    times, zone = [clocks.reader(each) for each in mapping.times], known.zone
    reads = {
        name: origins.reader(origin, submission.clean if name in _LONG else submission.line)
        for name in fields.__struct_fields__
        if (origin := getattr(fields, name)) is not None
    }
    answers = {
        code: origins.reader(each, submission.clean) for code, each in mapping.answers.items()
    }
    others = {
        name: submission.line(origin.otherwise)
        for name in ("service_code", "service_name", "status", "department")
        if (origin := getattr(fields, name)) is not None and origin.otherwise is not None
    }
    fields_read = [(name, read, _MOST.get(name, _USUAL)) for name, read in reads.items()]

    def convert(row: Values) -> Imported:
        problems: list[str] = []
        texts: dict[str, str] = {}
        for name, read, most in fields_read:
            texts[name] = text = read(row)
            if len(text) > most:
                problems.append(_too_long(name, text, most))
        found = {
            name: _time(name, texts.get(name, ""), times, zone, problems)
            for name in ("requested_datetime", "updated_datetime", "expected_datetime")
        }
        lat, long = _point(texts, problems)
        status = _status(texts, others, problems)
        service = _service(texts, known, others, problems)
        department = _department(texts, known, others, problems)
        _checked(texts, problems)
        requested = found["requested_datetime"]
        if problems or requested is None:
            raise Faulty(problems, texts["source_id"])
        return Imported(
            texts["source_id"],
            requested,
            found["updated_datetime"] or requested,
            found["expected_datetime"],
            status,
            _detail(texts, status),
            texts.get("status_notes") or None,
            service,
            texts.get("description") or None,
            department,
            texts.get("queue") or None,
            texts.get("service_notice") or None,
            texts.get("address") or None,
            texts.get("address_id") or None,
            texts.get("zipcode") or None,
            lat,
            long,
            texts.get("media_url") or None,
            _answers(answers, row, forms(service, requested), zone, requested) if answers else None,
        )

    return convert


# --- what a text must be ------------------------------------------------------------------------


def _too_long(name: str, text: str, most: int) -> str:
    return f"{name}: has {len(text)} characters; at most {most} fit"


def _checked(texts: dict[str, str], problems: list[str]) -> None:
    if not texts["source_id"]:
        problems.append("source_id: is missing")
    if not texts["requested_datetime"]:
        problems.append("requested_datetime: is missing")


def _time(
    name: str, text: str, times: Sequence[clocks.Read], zone: tzinfo, problems: list[str]
) -> datetime | None:
    if not text:
        return None
    for each in times:
        try:
            moment = each(text, zone)
        except (ValueError, OverflowError, OSError):
            continue
        if w3c_datetime.EARLIEST <= moment < w3c_datetime.LATEST:
            return moment
        problems.append(f"{name}: {text[:40]!r} is outside of the years 1000 to 8999")
        return None
    problems.append(f"{name}: {text[:40]!r} is no time of those that the mapping tells")
    return None


def _point(texts: dict[str, str], problems: list[str]) -> tuple[float | None, float | None]:
    """Degrees, both or neither."""
    lat, long = texts.get("lat", ""), texts.get("long", "")
    if not lat and not long:
        return None, None
    found: list[float] = []
    for name, text, most in (("lat", lat, 90), ("long", long, 180)):
        try:
            degrees = submission.number(text) if text else math.nan
        except ValueError as fault:
            problems.append(f"{name}: {fault}")
            continue
        if math.isnan(degrees):
            problems.append(f"{name}: is missing; lat and long count together")
        elif abs(degrees) > most:
            problems.append(f"{name}: {text[:40]} is outside -{most} to {most} degrees")
        else:
            found.append(round(degrees, _DECIMALS) + 0.0)
    return (found[0], found[1]) if len(found) == 2 else (None, None)  # noqa: PLR2004


def _status(texts: dict[str, str], others: Table[str, str], problems: list[str]) -> Status:
    for text in (texts["status"], others.get("status", "")):
        if found := _STATUS.get(text.casefold()):
            return found
    problems.append(f"status: {texts['status'][:40]!r} is neither open nor closed")
    return "open"


def _detail(texts: dict[str, str], status: Status) -> str | None:
    """The finer state, if it is one that we know, and of that status; others say nothing here."""
    told = STATES.get(texts.get("detailed_status", "").casefold())
    return told.detail if told and told.status == status else None


def _service(
    texts: dict[str, str], known: Known, others: Table[str, str], problems: list[str]
) -> str:
    """The service by its code, else by its name, else the one that stands for what is unknown."""
    names = known.service_names
    for code in (texts.get("service_code", ""), others.get("service_code", "")):
        if code in known.services:
            return code
        if found := names.get(texts.get("service_name", "").casefold()):
            return found
    if found := names.get(others.get("service_name", "").casefold()):
        return found
    told = " ".join(f"{each[:100]!r}" for each in _said(texts, "service_code", "service_name"))
    problems.append(f"service_code: the city has no service {told or 'without a name'}")
    return ""


def _said(texts: dict[str, str], *names: str) -> Iterator[str]:
    return (texts[name] for name in names if texts.get(name))


def _department(
    texts: dict[str, str], known: Known, others: Table[str, str], problems: list[str]
) -> str | None:
    told = texts.get("department", "")
    for text in (told, others.get("department")):
        if text is None:
            continue
        if not text:  # the service's own
            return None
        if text in known.departments:
            return text
        if found := known.department_names.get(text.casefold()):
            return found
    problems.append(f"department: the city has none {told[:100]!r}")
    return None


def _answers(
    reads: Table[str, Read], row: Values, form: Form, zone: tzinfo, at: datetime
) -> dict[str, Answer] | None:
    """What was answered to questions that the service asked then; nothing else is demanded.

    Raises:
        Faulty: an answer is none of its question.
    """
    sent = {code: (text,) for code, read in reads.items() if (text := read(row))}
    asked = [
        replace(each, required=False, asked=None, preset=(), ours=False)
        for each in form.questions
        if each.code in sent
    ]
    good, problems = check(Form((*asked,)), sent, zone, at)
    if problems:
        raise Faulty(problems)
    return good or None
