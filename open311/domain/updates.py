"""What became of a request: an update on its way in, and the notes that all of them are.

Source: GR-X 10.7 to 10.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from open311.domain.statuses import STATES, Meaning
from open311.errors import Invalid
from open311.spec import submission, w3c_datetime
from open311.spec.documents import Status
from open311.spec.submission import Pairs
from open311.spec.updates import Detail, Finer, Note

__all__ = ["NewUpdate", "Told", "finer", "meaning", "notes", "read", "unsaid"]

_AHEAD = timedelta(minutes=5)  # that the clock of a client may be
_LONGEST = 250  # characters of an id
_LINES = ("service_request_id", "update_id", "status", "updated_datetime")
_MISSING = "{}: it is required."
_KINDS: dict[Status, Literal["opened", "closed"]] = {"open": "opened", "closed": "closed"}


class NewUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An update to be kept. Times are aware, UTC, whole seconds; texts are clean, never empty."""

    service_request_id: str
    meaning: Meaning
    updated_datetime: datetime
    description: str
    media_url: str | None = None  # a URL, or a path below our own base
    client_id: int | None = None  # of the key that it came with
    source_update_id: str | None = None  # what that client calls it
    actor: str | None = None


class Told(msgspec.Struct, frozen=True):
    """What an update tells, or what a request says itself."""

    updated_datetime: datetime
    status: Status
    detail: Detail | None
    description: str | None


def meaning(state: str) -> Meaning:
    """What a state makes of a request; upper or lower case does not matter.

    Raises:
        Invalid: there is no such state.
    """
    found = STATES.get(state.lower())
    if found is None:
        raise Invalid(f"status: {state[:40]!r} is none of {', '.join(STATES)}.")
    return found


def read(pairs: Pairs, zone: tzinfo, now: datetime) -> NewUpdate:
    """Read an update that a client sent.

    What 10.8 has beside these fields (who wrote it, and what the client wants done about that) is
    neither kept nor looked at.

    Args:
        pairs: its fields.
        zone: the jurisdiction's, for a time without an offset.
        now: aware.

    Raises:
        Invalid: every fault at once, each naming its argument.

    Source: GR-X 10.8; interop 14, 18, 19.
    """
    problems: list[str] = []
    sent = {name: submission.argument(pairs, name) for name in _LINES}
    ids = [_identifier(name, sent[name], problems) for name in ("service_request_id", "update_id")]
    means = _meaning(sent["status"], problems)
    moment = _moment(sent["updated_datetime"], zone, now, problems)
    description = submission.text(pairs, "description", problems)
    if description is None and not submission.argument(pairs, "description"):
        problems.append(_MISSING.format("description"))
    media_url = submission.link(pairs, problems)
    if problems or means is None or moment is None or description is None:
        raise Invalid(*problems)
    return NewUpdate(
        service_request_id=ids[0],
        meaning=means,
        updated_datetime=moment,
        description=description,
        media_url=media_url,
        source_update_id=ids[1],
    )


def _identifier(name: str, text: str | None, problems: list[str]) -> str:
    if text is None:
        problems.append(_MISSING.format(name))
    elif len(text) > _LONGEST:
        problems.append(f"{name}: it has {len(text)} characters; at most {_LONGEST} are taken.")
    return text or ""


def _meaning(text: str | None, problems: list[str]) -> Meaning | None:
    if text is None:
        problems.append(_MISSING.format("status"))
        return None
    try:
        return meaning(text)
    except Invalid as fault:
        problems += fault.problems
        return None


def _moment(text: str | None, zone: tzinfo, now: datetime, problems: list[str]) -> datetime | None:
    if text is None:
        problems.append(_MISSING.format("updated_datetime"))
        return None
    try:
        moment = w3c_datetime.parse(text, zone)
    except ValueError as fault:
        problems.append(f"updated_datetime: {fault}.")
        return None
    if moment < w3c_datetime.EARLIEST:
        problems.append(f"updated_datetime: {w3c_datetime.show(moment)} is before the year 1000.")
    if moment > now + _AHEAD:
        shown = f"{w3c_datetime.show(moment)} is in the future; here it is {w3c_datetime.show(now)}"
        problems.append(f"updated_datetime: {shown}.")
    return moment


def unsaid(stands: Told, kept: Sequence[Told]) -> bool:
    """Whether a request says what no update tells of, as one that was imported.

    Args:
        stands: what the request says.
        kept: its updates by time.
    """
    telling = [each for each in kept if each.detail != "unchanged"]
    status = telling[-1].status if telling else "open"
    description = kept[-1].description if kept else None
    return (stands.status, stands.description) != (status, description)


def finer(detail: Detail | None) -> Finer | UnsetType:
    """A state that says more than the one outside, where there is one."""
    return UNSET if detail is None or detail == "unchanged" else detail


def notes(requested: datetime, stands: Told, kept: Sequence[Told]) -> tuple[Note, ...]:
    """The history of a request, in the order of time. Source: GR-X 10.7.

    Args:
        requested: when it was filed.
        stands: what the request says, at the time of its last change.
        kept: its updates by time.
    """
    steps = [*kept, stands] if unsaid(stands, kept) else kept
    return (Note(requested, "submitted"), *_steps(steps))


def _steps(told: Sequence[Told]) -> Iterator[Note]:
    status: Status = "open"
    for each in told:
        after = status if each.detail == "unchanged" else each.status
        kind = _KINDS[after] if after != status else "activity"
        yield Note(each.updated_datetime, kind, finer(each.detail), each.description or UNSET)
        status = after
