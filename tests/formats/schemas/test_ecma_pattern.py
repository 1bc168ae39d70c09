"""Patterns of RE2 for those who read ECMA-262: the same, or none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.domain import datatypes
from open311.formats.schemas.ecma_pattern import escaped, translated


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("^[A-Z]{2}[0-9]+$", "^[A-Z]{2}[0-9]+$"),
        (r"\d\w\s.", r"[0-9][0-9A-Za-z_][\t\n\f\r ][^\n]"),
        (r"\D\W\S", r"[^0-9][^0-9A-Za-z_][^\t\n\f\r ]"),
        (r"[\d.\-a]", r"[0-9\.\-a]"),
        (r"[a-z-]", r"[a-z\-]"),
        (r"[-a]", r"[\-a]"),
        (r"[]a]", r"[\]a]"),
        (r"[^]a]", r"[^\]a]"),
        (r"\@\_\-", "@_-"),
        ("a}b]", r"a\}b\]"),
        (r"a\{2\}", r"a\{2\}"),
        ("(a|(?:b)+?)*", "(a|(?:b)+?)*"),
        ("ä😀", "ä😀"),
        ("a\nb", "a\nb"),
        ("", ""),
    ],
)
def test_what_both_say_is_written_out(pattern: str, told: str) -> None:
    datatypes.pattern(pattern)

    assert translated(pattern) == told


@pytest.mark.parametrize(
    "pattern",
    [
        *("(?i)a", r"\pL", r"\p{Greek}", r"\Aa\z", r"\bword", "(?P<name>a)", r"\Qa.b\E", r"\x{41}"),
        *("[[:alpha:]]", "[&&]", r"[\d-z]", "[a-b-c]", "{", "a{,2}", "^*", "$?", r"\C", r"\a"),
        *(r"[\pL]", r"[\S]"),
    ],
)
def test_what_only_re2_says_is_nothing(pattern: str) -> None:
    datatypes.pattern(pattern)

    assert translated(pattern) is None


def test_a_text_is_found_as_it_stands() -> None:
    text = "a^$\\.*+?()[]{}|/-b\n"

    assert re.search(escaped(text), f"x{text}y")
    assert re.fullmatch(escaped(text), text)


LETTERS = st.sampled_from("abAB01_ -.]})^$*+?|(\\[{äÄ\u2028\r\n٣\xa0&~:,/@")
ATOMS = (
    LETTERS
    | st.sampled_from([r"\d", r"\w", r"\S", r"\.", r"\-", r"\n", r"\x41", ".", "[^a]", r"[\s]"])
    | st.lists(LETTERS | st.sampled_from(["a-z", r"\d", r"\]", "-"]), min_size=1, max_size=4).map(
        lambda parts: f"[{''.join(parts)}]"
    )
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | inner.map(lambda each: f"({each})")
        | st.tuples(inner, st.sampled_from(["*", "+?", "?", "{2}", "{1,}"])).map("".join)
        | st.tuples(inner, inner).map("|".join)
        | inner.map(lambda each: f"^(?:{each})$")
    ),
    max_leaves=8,
)


@settings(max_examples=10 * settings.default.max_examples)
@given(PATTERNS, st.lists(st.text(LETTERS, max_size=5), min_size=5, max_size=20))
def test_a_translated_pattern_finds_what_the_pattern_found(pattern: str, texts: list[str]) -> None:
    try:
        ours = datatypes.pattern(pattern)
    except ValueError:
        return
    theirs = translated(pattern)
    if theirs is not None:
        for text in texts:
            if not text.endswith("\n"):
                assert ours(text) == bool(re.search(theirs, text)), (theirs, text)
