"""What became of a request, as notes: everything that is said in them, and nothing twice."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain import statuses, updates
from open311.domain.updates import Told
from open311.errors import Invalid
from open311.spec.updates import Finer

FILED = datetime(2026, 11, 1, tzinfo=UTC)
TIMES = st.integers(0, 9).map(lambda hour: FILED + timedelta(hours=hour))
STATUS = st.sampled_from(["open", "closed"])
DETAIL = st.sampled_from([None, "unchanged", *get_args(Finer)])
TELLING = st.builds(Told, TIMES, STATUS, DETAIL, st.sampled_from([None, "a", "b"]))
PAST = st.lists(TELLING, max_size=5).map(
    lambda told: sorted(told, key=lambda each: each.updated_datetime)
)
STANDS = st.builds(
    Told, TIMES, STATUS, st.sampled_from([None, *get_args(Finer)]), st.none() | st.just("a")
)


@given(STANDS, PAST)
def test_notes_begin_with_the_filing_and_end_with_what_is(stands: Told, past: list[Told]) -> None:
    first, *notes = updates.notes(FILED, stands, past)

    assert (first.datetime, first.type) == (FILED, "submitted")
    assert len(notes) - len(past) == updates.unsaid(stands, past)
    changes = [each.type for each in notes if each.type != "activity"]
    assert changes == [*itertools.islice(itertools.cycle(["closed", "opened"]), len(changes))]
    assert (changes[-1:] == ["closed"]) is (stands.status == "closed")
    if updates.unsaid(stands, past):
        assert (notes[-1].datetime, notes[-1].description or None) == (
            stands.updated_datetime,
            stands.description,
        )
    for note, told in zip(notes, past, strict=False):
        assert note.datetime == told.updated_datetime
        assert (note.description or None) == told.description


@given(PAST)
def test_what_updates_say_is_said_by_nothing_else(past: list[Told]) -> None:
    telling = [each.status for each in past if each.detail != "unchanged"]
    said = past[-1].description if past else None
    stands = Told(FILED, telling[-1] if telling else "open", None, said)

    assert not updates.unsaid(stands, past)
    assert len(updates.notes(FILED, stands, past)) == len(past) + 1


@pytest.mark.parametrize("state", statuses.STATES)
def test_a_state_is_known_in_capitals_and_small_letters(state: str) -> None:
    assert updates.meaning(state.upper()) is updates.meaning(state) is statuses.STATES[state]


@pytest.mark.parametrize("state", ["", "done", "in progress", "FİXED", "open "])
def test_another_state_is_none(state: str) -> None:
    with pytest.raises(Invalid, match=r"^status: "):
        updates.meaning(state)


FIELDS: dict[str, Any] = {
    "service_request_id": "1",
    "update_id": "2",
    "status": "OPEN",
    "updated_datetime": "2026-11-01T00:00:00Z",
    "description": "Text",
}


FAULTS = {
    "service_request_id": ["", "é" * 300],
    "update_id": ["", "é" * 300],
    "status": ["", "é", "2026-13-01"],
    "updated_datetime": ["", "é", "2026-13-01", "2026-11-01T00:06:00Z", "0001-01-01T00:00:00Z"],
    "description": ["", "\x00", "é" * 4001],
    "media_url": ["é"],
}


@given(st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in FAULTS.items()}))
def test_every_fault_is_named_once_in_order(changes: dict[str, str]) -> None:
    named: list[str] = []
    try:
        updates.read([*(FIELDS | changes).items()], UTC, FILED)
    except Invalid as fault:
        named = [each.partition(":")[0] for each in fault.problems]

    assert named == [each for each in FAULTS if each in changes]
