"""The words of a request are those that its index was made of, and none is too long for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from open311.store import db
from tests.databases import using

MONTH = "24313 "
LONGEST = 2046 - len(MONTH)
FIRST = """
select array_to_tsvector(array_agg($1 || w.lexeme))
from unnest(to_tsvector('public.open311', array_to_string(t.texts, ' '))) w"""
"""The formula of migration 0010."""

PIECES = [
    *("lamp", "Éclairage", "o'neil", "½", "ﬃ", "漢字", "1.5e3", "-", "\\", " ", "\n", "\1", "\x1f"),
    *("http://a.b/c?d=", "x@y.org", "/usr/lib", "<b c='", "'>", "&amp;"),
]
TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    min_size=3,
    max_size=3,
)


def asked(dsn: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    async def run(connection: db.Connection) -> list[tuple[Any, ...]]:
        return [tuple(each) for each in await connection.fetch(sql, *values)]

    return using(dsn, run)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=40), st.sampled_from([MONTH, ""]))
@example([[None, None, None], ["", "", ""], ["-", None, ""], ["a\1b", "http://a/\1b", "½¼"]], MONTH)
def test_they_are_those_of_the_first_formula(
    bare_dsn: str, texts: list[list[str | None]], month: str
) -> None:
    sql = (
        f"select t.texts from (select array[a, b, c] as texts"
        f" from unnest($2::text[], $3::text[], $4::text[]) as u (a, b, c)) t"
        f" where words($1::text, t.texts) is distinct from ({FIRST})"
    )

    assert asked(bare_dsn, sql, month, *map(list, zip(*texts, strict=True))) == []


@pytest.mark.parametrize("size", [900, LONGEST, LONGEST + 1, 2046, 2047, 4000])
def test_one_that_is_too_long_is_left_out_and_the_others_are_there(
    bare_dsn: str, size: int
) -> None:
    sql, word = "select tsvector_to_array(words($1::text, array[$2, null]))", "x" * size
    (found,) = asked(bare_dsn, sql, MONTH, f"lamp {word} quay")
    (alone,) = asked(bare_dsn, sql, MONTH, word)
    long = [MONTH + word] if size <= LONGEST else []

    assert sorted(found[0]) == [f"{MONTH}lamp", f"{MONTH}quay", *long]
    assert (alone[0] or []) == long
