"""What the feed is asked with: every cursor comes back, everything else is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid
from open311.spec import changes
from open311.spec.changes import BEGINNING, Asked

PLACES = st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))


@given(PLACES)
def test_a_cursor_comes_back_as_it_was(place: tuple[int, int]) -> None:
    pairs = [("after", changes.cursor(place))]

    assert changes.read(pairs, usual=1, most=2) == Asked(place, 1, 0)
    assert changes.read((), usual=1, most=2, last=pairs[0][1]).after == place


@pytest.mark.parametrize("word", ["now", "latest", "NOW"])
def test_now_is_no_place_yet(word: str) -> None:
    assert changes.read([("after", word)], usual=1, most=2).after is None


def test_without_a_cursor_it_begins_at_the_beginning() -> None:
    assert changes.read([("after", "")], usual=7, most=9) == Asked(BEGINNING, 7, 0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("after", each)
            for each in (
                "x",
                "1",
                "1-",
                "-1",
                "1-2-3",
                "1--2",
                "٣-1",
                f"{2**63}-1",
                "1-" + "9" * 20,
            )
        ),
        *(("limit", each) for each in ("0", "-1", "1001", "x", "1e3", "٣", "9" * 30)),
        *(("wait", each) for each in ("61", "-1", "1.5", "x")),
    ],
)
def test_what_cannot_be_read_is_named(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name):
        changes.read([(name, text)], usual=100, most=1000)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        changes.read([("after", "x"), ("limit", "0"), ("wait", "61")], usual=1, most=2)

    assert [each.partition(":")[0] for each in refused.value.problems] == ["after", "limit", "wait"]


def test_the_last_event_beats_the_argument_and_is_named() -> None:
    assert changes.read([("after", "x")], usual=1, most=2, last="3-4").after == (3, 4)
    with pytest.raises(Invalid, match="Last-Event-ID: 'x'"):
        changes.read([("after", "3-4")], usual=1, most=2, last="x")
