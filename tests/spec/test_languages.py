"""Which of the languages that a city speaks is the one that somebody asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid
from open311.spec.languages import accepted, asked, ranked

TAGS = st.sampled_from(["en", "fr", "fr-CA", "fr-FR", "zh-Hant", "zh-Hant-TW", "pt-BR", "es-419"])
HEADERS = st.text("frenCA-_*,;q=.019 \t", max_size=30)


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("", []),
        ("fr", ["fr"]),
        ("fr-CA,fr;q=0.9,en;q=0.8", ["fr-CA", "fr", "en"]),
        ("en;q=0.5, fr", ["fr", "en"]),
        ("en ; Q=0.5 ,\tfr;q=1.000", ["fr", "en"]),
        ("en, fr", ["en", "fr"]),
        ("fr;q=0, en", ["en"]),
        ("*", []),
        ("fr, *;q=0.5, en;q=0.1", ["fr"]),
        ("fr;q=nan, en;q=inf, de;q=2, es;q=-1, it;q=", []),
    ],
)
def test_the_languages_of_a_header_stand_by_their_weight(header: str, languages: list[str]) -> None:
    assert accepted(header) == languages


@given(HEADERS)
def test_no_header_is_too_odd(header: str) -> None:
    assert "*" not in accepted(header)
    assert set(ranked(accepted(header), ["en", "fr-CA"])) <= {"en", "fr-CA"}


@pytest.mark.parametrize(
    ("wanted", "spoken", "found"),
    [
        (["fr"], ["en", "fr"], ("fr",)),
        (["FR"], ["en", "fr"], ("fr",)),
        (["fr-CA"], ["en", "fr"], ("fr",)),
        (["fr"], ["en", "fr-CA"], ("fr-CA",)),
        (["fr-FR"], ["en", "fr-CA"], ("fr-CA",)),
        (["fr-CA"], ["fr", "fr-CA"], ("fr-CA", "fr")),
        (["fr"], ["fr-CA", "fr"], ("fr", "fr-CA")),
        (["zh-Hant-HK"], ["zh-Hans", "zh-Hant-TW"], ("zh-Hant-TW", "zh-Hans")),
        (["fr"], ["fro", "en"], ()),
        (["de", "fr"], ["en", "fr"], ("fr",)),
        (["en", "fr"], ["fr", "en"], ("en", "fr")),
        (["fr-CA", "en"], ["en", "fr"], ("fr", "en")),
        (["x", "", "-"], ["en"], ()),
        (["fr" + "-a" * 100_000], ["en", "fr"], ("fr",)),
    ],
)
def test_a_language_is_found_by_its_parts(
    wanted: list[str], spoken: list[str], found: tuple[str, ...]
) -> None:
    assert ranked(wanted, spoken) == found


@given(st.lists(TAGS), st.lists(TAGS, unique=True), st.data())
def test_what_is_spoken_and_wanted_is_found_once_and_in_the_order_of_who_wants_it(
    wanted: list[str], spoken: list[str], data: st.DataObject
) -> None:
    found = ranked(wanted, spoken)

    assert len(set(found)) == len(found)
    assert set(found) <= set(spoken)
    assert set(wanted) & set(spoken) <= set(found)
    if wanted and wanted[0] in spoken:
        assert found[0] == wanted[0]
    elsewhere = data.draw(st.permutations(spoken))
    assert set(ranked(wanted, elsewhere)) == set(found)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("fr", "fr"),
        ("fr_FR", "fr-FR"),
        ("en-GB", "en-GB"),
        ("fi_FI.UTF-8", "fi-FI"),
        ("ca_ES@valencia", "ca-ES"),
        ("zh_Hant_TW", "zh-Hant-TW"),
        ("", None),
        ("  ", None),
    ],
)
def test_locale_asks_for_a_language_as_many_write_it(text: str, language: str | None) -> None:
    assert asked((("locale", text),)) == language


NO_LANGUAGE = ["f", "*", "fr,en", "français", "fr--CA", "_", "../fr", "f" * 99, "fr" + "-a" * 9]


@pytest.mark.parametrize("text", NO_LANGUAGE)
def test_what_is_no_language_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"^locale: "):
        asked((("locale", text),))
