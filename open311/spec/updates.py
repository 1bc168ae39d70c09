"""What mySociety's extension says of updates: what is answered, and what GET asks for.

An update tells what became of a request, step by step: FixMyStreet and the like follow them, and
write their own.

Source: GR-X 10.7, 10.8; interop 11, 19.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from open311.errors import Invalid
from open311.spec import cursors
from open311.spec import search as searches
from open311.spec.cursors import Cursor
from open311.spec.documents import Document, Part
from open311.spec.filters import MOST, Names, Reading
from open311.spec.search import FIRST, LAST
from open311.spec.submission import Pairs

__all__ = [
    "Detail",
    "Finer",
    "Note",
    "Question",
    "RecordedUpdate",
    "RecordedUpdates",
    "RequestUpdate",
    "RequestUpdates",
    "following",
    "read",
]

Finer = Literal[
    "in_progress",
    "planned",
    "action_scheduled",
    "investigating",
    "for_triage",
    "fixed",
    "duplicate",
    "not_councils_responsibility",
    "no_further_action",
    "internal_referral",
    "cancelled",
]
"""The states that say more than `open` or `closed`."""

Detail: TypeAlias = Finer | Literal["unchanged"]
"""What an update says beyond `open` or `closed`."""

_Moment: TypeAlias = datetime

# --- what is answered ---------------------------------------------------------------------------


class RequestUpdate(Part, frozen=True, gc=False):
    """One step of a request; `status` is the finest that is known, in lower case. GR-X 10.8."""

    update_id: str
    service_request_id: str
    status: Literal["open", "closed"] | Detail
    updated_datetime: datetime
    description: str | None
    media_url: str | None


class RequestUpdates(Document, frozen=True):
    """GET servicerequestupdates."""

    service_request_updates: list[RequestUpdate]


class RecordedUpdate(Part, frozen=True, gc=False):
    """What an update that was sent is called here."""

    update_id: str


class RecordedUpdates(Document, frozen=True):
    """POST servicerequestupdates; always exactly one."""

    service_request_updates: tuple[RecordedUpdate, ...]


class Note(Part, frozen=True, gc=False):
    """What happened to a request. GR-X 10.7.

    `opened` is again, after it was closed; `summary` is the finer state that it got into.
    """

    datetime: _Moment
    type: Literal["submitted", "opened", "activity", "closed"]
    summary: Finer | UnsetType = UNSET
    description: str | UnsetType = UNSET


# --- what GET asks for --------------------------------------------------------------------------


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question for updates, oldest first.

    Both dates are included. An empty tuple asks for those of every request; an "" in one stands for
    what cannot exist.
    """

    start_date: datetime  # aware, UTC
    end_date: datetime
    service_request_id: tuple[str, ...] = ()
    after: tuple[datetime, int] | None = None  # time and id of the last one of the page before
    limit: int = MOST  # 1 to MOST


def read(pairs: Pairs, *, zone: tzinfo, now: datetime) -> Question:
    """Read a question for updates.

    Args:
        pairs: the arguments; empty ones are absent, unknown ones are ignored.
        zone: the jurisdiction's, for dates without an offset.
        now: aware.

    Returns:
        The question. Without a start it begins a day before its end, or before now; where requests
        are named, with the first update that there is. Without an end it has none.

    Raises:
        Invalid: with every fault, each naming its argument.

    Source: GR-X 10.8, 10.1; interop 19.
    """
    reading = Reading(pairs, zone, Names(lambda _: (), lambda _: ()), [])
    ids = reading.items("service_request_id")
    cursor = searches.place(reading)
    limit, _ = searches.paging(reading)
    start, end = reading.date("start_date"), reading.date("end_date")
    if start is not None and end is not None and end < start:
        reading.problems.append("start_date, end_date: the end is before the start.")
    if reading.problems:
        raise Invalid(*reading.problems)
    after = None
    if cursor:  # whose page belongs to the dates of the first one
        start, end = cursors.moment(cursor.start), cursors.moment(cursor.end)
        after = cursors.moment(cursor.at), cursor.id
    elif start is None:
        start = FIRST if ids else _a_day_before(end or now)
    question = Question(start_date=start, end_date=end or LAST, service_request_id=ids)
    return msgspec.structs.replace(question, after=after, limit=limit)


def following(question: Question, last: datetime, update_id: int) -> str:
    """The cursor of the page after one that ends with an update.

    Args:
        question: of the page.
        last: the time of that update, aware.
        update_id: of it.
    """
    start, end = cursors.microseconds(question.start_date), cursors.microseconds(question.end_date)
    return cursors.show(Cursor(cursors.microseconds(last), update_id, False, start, end))


def _a_day_before(moment: datetime) -> datetime:
    return cursors.moment(cursors.microseconds(moment) - 86_400_000_000)
