"""What a city says in the language that it is asked for, in both formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from open311.actions import cities, keys
from open311.domain.scopes import SCOPES
from open311.formats import folder
from tests import inprocess
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import using
from tests.inprocess import FORM, Door, Headers

OWN, OTHER = "own.example", "other.example"
LIGHT = {
    "service_name": "Lumière",
    "description": "Ce que les résidents appellent lumière.",
    "keywords": "lumière",
    "group": "Groupe",
    "service_notice": "Bientôt.",
    "attributes": {
        "note": {"description": "Autre chose ?"},
        "colour": {"description": "Quelle couleur ?", "values": {"red": "Rouge"}},
    },
}
FRENCH: Headers = (("accept-language", "fr-CA,fr;q=0.9,en;q=0.8"),)
BOTH = pytest.mark.parametrize("extension", ["json", "xml"])


def speaking(path: Path, *languages: str) -> Path:
    """A small city whose light and department are told in its last language, too."""

    def change(name: str, **members: Any) -> None:
        told = json.loads((path / name).read_text("utf-8")) | members
        (path / name).write_text(json.dumps(told), "utf-8")

    last = languages[-1]
    change("jurisdiction.json", languages=languages)
    change("services/light.json", translations={last: LIGHT})
    works = json.loads((path / "departments.json").read_text("utf-8"))["departments"][0]
    change(
        "departments.json", departments=[works | {"translations": {last: {"name": "Les travaux"}}}]
    )
    return path


@pytest.fixture(scope="module")
def key(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of one city that speaks English and French; another speaks English and German."""
    for own, languages in ((OWN, ("en", "fr")), (OTHER, ("en", "de"))):
        path = small_city(tmp_path_factory.mktemp("city"), own)
        city = folder.read(speaking(path, *languages))
        using(bare_dsn, lambda connection, city=city: cities.load(connection, city, NOW))
    may = tuple(SCOPES)
    return using(bare_dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW, may))


@pytest.fixture(scope="module")
def door(bare_dsn: str, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with inprocess.opened(bare_dsn, tmp_path_factory.mktemp("languages"), lambda: NOW) as opened:
        yield opened


def get(door: Door, path: str, headers: Headers = (), city: str = OWN) -> Answer:
    path, _, query = path.partition("?")
    return door.ask("GET", f"{path}?jurisdiction_id={city}{query and '&'}{query}", headers)


def light(answer: Answer) -> Any:
    (found,) = [e for e in answer.plain if e["service_code"] == "light"]
    return found


# --- what is told -------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("asked", ["locale=fr", "locale=fr_CA", "locale=FR", ""])
def test_the_list_is_told_in_the_language_that_is_asked_for(
    door: Door, extension: str, asked: str
) -> None:
    answer = get(door, f"services.{extension}?{asked}", () if asked else FRENCH)

    assert answer.header("content-language") == "fr"
    assert "accept-language" in str(answer.header("vary"))
    found = light(answer)
    told = {each: LIGHT[each] for each in ("service_name", "description", "keywords", "group")}
    assert {each: found[each] for each in told} == told


@BOTH
def test_a_definition_is_told_so_and_codes_are_not_translated(door: Door, extension: str) -> None:
    plain = get(door, f"services/light.{extension}?locale=fr").plain
    whole = get(door, f"services/light.{extension}?locale=fr&extensions=true").plain

    for found in (plain, whole):
        note, count, colour = found["attributes"]
        assert [note["code"], count["code"], colour["code"]] == ["note", "count", "colour"]
        assert note["description"] == "Autre chose ?"
        assert count["description"] == "How many?"  # has no translation
        assert colour["values"] == [
            {"key": "red", "name": "Rouge"},
            {"key": "blue", "name": "Blue"},
        ]


@BOTH
def test_requests_are_told_so_with_their_answers(door: Door, extension: str, key: str) -> None:
    sent = {
        "service_code": "light",
        "lat": "44.6",
        "long": "-66.2",
        "attribute[colour]": "red",
        "jurisdiction_id": OWN,
    }
    body = urlencode(sent | {"api_key": key, "locale": "fr"}).encode()
    filed = door.ask("POST", f"requests.{extension}", FORM, body)
    (told,) = filed.plain
    mine = (("x-api-key", key),)
    path = f"requests/{told['service_request_id']}.{extension}"
    (french,) = get(door, f"{path}?locale=fr&extensions=true", mine).plain
    (english,) = get(door, f"{path}?extensions=true", mine).plain
    listed = get(door, f"requests.{extension}?locale=fr").plain

    assert filed.header("content-language") == "fr"
    assert told["service_notice"] == french["service_notice"] == "Bientôt."
    assert english["service_notice"] == f"Notice of {OWN}"
    assert french["service_name"] == listed[0]["service_name"] == "Lumière"
    assert english["service_name"] == f"light of {OWN}"
    assert french["agency_responsible"] == listed[0]["agency_responsible"] == "Les travaux"
    assert english["agency_responsible"] == f"Works of {OWN}"
    (answer,) = french["attributes"]
    assert (answer["label"], answer["name"]) == ("Quelle couleur ?", "Rouge")
    (answer,) = english["attributes"]
    assert (answer["label"], answer["name"]) == ("Which colour?", "Red")


def test_a_form_builder_gets_the_titles_in_the_language_that_it_asks_for(door: Door) -> None:
    english, french = (
        json.loads(get(door, f"services/light.schema.json?{asked}").body)
        for asked in ("", "locale=fr")
    )

    assert "Quelle couleur ?" in json.dumps(french, ensure_ascii=False)
    assert "Quelle couleur ?" not in json.dumps(english, ensure_ascii=False)
    assert english["$id"].endswith("&locale=en")
    assert french["$id"] == english["$id"].replace("locale=en", "locale=fr")


# --- which language -----------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("", "", "en"),
        ("", "fr", "fr"),
        ("", "de", "en"),
        ("", "de, fr;q=0.5", "fr"),
        ("", "en-GB, fr;q=0.5", "en"),
        ("", "*", "en"),
        ("locale=fr", "en", "fr"),
        ("locale=en", "fr", "en"),
        ("locale=de", "fr", "fr"),
        ("locale=de", "", "en"),
        ("locale=", "fr", "fr"),
    ],
)
def test_the_query_beats_the_header_and_the_header_the_default(
    door: Door, extension: str, asked: str, header: str, language: str
) -> None:
    names = {"en": f"light of {OWN}", "fr": "Lumière"}
    headers = (("accept-language", header),) if header else ()

    for _ in range(2):  # the second one may be a kept page
        answer = get(door, f"services.{extension}?{asked}", headers)
        assert answer.header("content-language") == language
        assert light(answer)["service_name"] == names[language]


def test_each_city_chooses_among_its_own_languages_kept_pages_or_not(door: Door) -> None:
    """The same URL of a city must not be answered as another client's languages had it."""
    door.desk.pages.clear()
    headers = ["fr, de", "de, fr", "fr", "de", "en", "de, en, fr", "it"]
    expected = {
        OWN: ["fr", "fr", "fr", "en", "en", "en", "en"],
        OTHER: ["de", "de", "en", "de", "en", "de", "en"],
    }

    for _ in range(3):
        for city, languages in expected.items():
            got = [
                get(door, "services.json", (("accept-language", each),), city).header(
                    "content-language"
                )
                for each in headers
            ]
            assert got == languages


@pytest.mark.parametrize("asked", ["locale=xx", "locale=", "xlocale=fr", "q=locale="])
def test_a_list_is_not_shown_again_in_a_language_that_only_another_ones_headers_chose(
    door: Door, asked: str
) -> None:
    """A query with the letters `locale=` says nothing of the language, unless that counted."""
    for _ in range(3):
        french = get(door, f"requests.json?{asked}", FRENCH)
        plain = get(door, f"requests.json?{asked}")

        assert french.header("content-language") == "fr"
        assert plain.header("content-language") == "en"


def test_kept_pages_are_few_however_many_headers_there_are(door: Door) -> None:
    door.desk.pages.clear()
    for number in range(300):
        header = (("accept-language", f"fr;q=0.{number:03}1, de;q=0.5, x-{number}"),)
        get(door, "services.json", header)
        get(door, f"services.json?locale=x{number % 10}", header)
        get(door, f"services.json?locale=fr&locale=x{number % 10}", header)

    assert len(door.desk.pages) <= 3


@pytest.mark.parametrize("url", ["services.json", "services.json?locale=fr", "discovery.json"])
def test_a_page_in_the_language_wanted_is_kept(door: Door, url: str) -> None:
    door.desk.pages.clear()
    first, second = (get(door, url, FRENCH) for _ in range(2))

    assert len(door.desk.pages) == 1
    assert (first.headers, first.body) == (second.headers, second.body)


@BOTH
@pytest.mark.parametrize("path", ["services", "services/light", "requests", "requests/1"])
def test_what_is_no_language_is_refused_by_its_name(door: Door, extension: str, path: str) -> None:
    answer = get(door, f"{path}.{extension}?locale=fran%C3%A7ais")
    (error,) = answer.plain

    assert answer.status == 400
    assert str(error["description"]).startswith("locale: ")
    assert answer.header("content-language") is None


def test_a_list_in_one_language_is_not_shown_in_another(door: Door, key: str) -> None:
    """A worker keeps the requests that it showed; the names in them are of one language."""
    sent = {"service_code": "light", "lat": "44.6", "long": "-66.2", "jurisdiction_id": OWN}
    door.ask("POST", "requests.json", FORM, urlencode(sent | {"api_key": key}).encode())

    for language, name in (("fr", "Lumière"), ("en", f"light of {OWN}")) * 3:
        found = get(door, f"requests.json?locale={language}").plain
        assert {each["service_name"] for each in found} == {name}


# --- what an editor sees ------------------------------------------------------------------------


def test_an_editor_previews_a_draft_in_every_language_and_learns_of_others(
    door: Door, key: str
) -> None:
    mine = (("x-api-key", key),)
    path = "/api/v1/services/light/draft"
    draft = {
        "service_code": "light",
        "service_name": "Light",
        "description": "Light.",
        "group": "Group",
        "department": "works",
        "translations": {"fr": {"service_name": "Feu"}},
    }
    saved = door.ask("PUT", path, (*mine, ("if-none-match", "*")), json.dumps(draft).encode())
    names = [
        json.loads(door.ask("GET", f"{path}/preview{query}", mine).body)["service"]["service_name"]
        for query in ("", "?locale=fr_CA", "?locale=de")
    ]
    refused = door.ask("GET", f"{path}/preview?locale=*", mine)
    german = draft | {"translations": {"de": {"service_name": "Licht"}, "fr": {"group": 5}}}
    strange = door.ask("PUT", path, (*mine, ("if-match", "*")), json.dumps(german).encode())
    german["translations"] = {"de": {"service_name": "Licht"}}
    unknown = door.ask("PUT", path, (*mine, ("if-match", "*")), json.dumps(german).encode())

    assert saved.status == 201
    assert names == ["Light", "Feu", "Light"]
    assert refused.status == strange.status == unknown.status == 400
    assert b"locale: " in refused.body
    assert b"translations.fr.group" in strange.body
    assert b"translations.de: the city speaks no such further language." in unknown.body
