"""Text is made for the patterns that forms have, and for no others."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.demo import patterns

KNOWN = [
    r"^[0-9]{9}$",
    r"^LP[0-9]{4,6}$",
    r"^(AH|BP) 20[0-9]{2}-[0-9]{5}$",
    r"^[A-H][0-9]{1,3}$",
    r"^https?://[^ ]+$",
    r"^[A-Za-z0-9]{2,4}[ -]?[A-Za-z0-9]{1,4}$",
    r"^(?:yes|no|)$",
    r"^(?P<year>\d{4})\.\d+$",
    r"\w+\s\w*",
    r"^[]a-c^-]+[^]]$",
    r"^[\d.]{3,}$",
    r"^a|b?$",
    r"^..$",
    r"^\$\d+(\.\d\d)?$",
    r"",
]
UNKNOWN = [
    "(",
    "a)",
    "[",
    "[a",
    "a**",
    "*a",
    "(?i)a",
    "(?=a)a",
    r"\pN",
    r"\x41",
    "[[:alpha:]]",
    "{2}",
    "(" * 250 + ")" * 250,
]


@pytest.mark.parametrize("pattern", KNOWN)
def test_a_text_fits_the_pattern_that_it_was_made_for(pattern: str) -> None:
    made = patterns.maker(pattern)

    assert made
    rng = random.Random(1)
    texts = {made(rng) for _ in range(200)}
    assert [text for text in texts if not re.search(pattern, text)] == []


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_nothing_is_made_for_a_pattern_that_is_not_understood(pattern: str) -> None:
    assert patterns.maker(pattern) is None


@given(st.text(st.sampled_from("ab01-^$.*+?|()[]{},\\dws:P<> ")))
def test_any_text_is_understood_or_not_and_nothing_else_happens(pattern: str) -> None:
    made = patterns.maker(pattern)

    assert made is None or isinstance(made(random.Random(1)), str)
