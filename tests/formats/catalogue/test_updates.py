"""A catalogue in a city folder: what is new and different is written, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from open311 import resources
from open311.domain.translations import AttributeTexts, ServiceTexts
from open311.errors import Invalid
from open311.formats import folder, folder_files
from open311.formats.catalogue import documents, reading, updates
from open311.formats.catalogue.updates import Update, Wishes
from open311.imports import saved
from tests.formats.catalogue.test_reading import DEFINITION, QUESTION, SERVICE, read
from tests.formats.test_folder import stand, valid
from tests.questions import question, service


def put(
    root: Path, *answers: Any, partial: bool = False, **wishes: Any
) -> tuple[Update, list[str]]:
    """Put answers into a folder on disk; with a fault in them, nothing is written."""
    found, told = read(*answers)
    before, _ = folder.opened(root) if root.exists() else ([], [])
    update, faults = updates.updated(found, before, Wishes(**wishes), partial=partial)
    problems = folder.sentences(faults) + told
    if not problems:
        contents = {name: folder_files.encoded(each) for name, each in update.files.items()}
        folder_files.write(root, contents)
    return update, problems


def pothole(**members: Any) -> dict[str, Any]:
    return {**SERVICE, "service_code": "pothole", **members}


# --- a folder that is there ---------------------------------------------------------------------


def test_what_the_catalogue_does_not_name_stays_as_it_is(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    update, told = put(root, [{**SERVICE, "service_code": "new"}])

    assert told == []
    assert {*update.files} == {"services/new.json", "departments.json"}
    assert (update.added, update.changed) == (("new",), ())
    after = {path: path.read_bytes() for path in root.rglob("*.*")}
    assert {path for path in after if after[path] != before.get(path)} == {
        root / name for name in update.files
    }
    assert [each.code for each in folder.read(root).departments] == [
        "works",
        "parks",
        "idle",
        "city",
    ]


def test_a_service_that_is_there_keeps_what_no_answer_tells(tmp_path: Path) -> None:
    files = valid()
    files["services/hole.json"] = files.pop("services/pothole.json") | {
        "$schema": "../x.json",
        "expected_hours": 9,
        "media": {"least": 1},
    }
    root = stand(tmp_path / "city", files)
    update, told = put(root, [pothole(service_name="Hole", group=None)])

    assert told == []
    assert {*update.files} == {"services/hole.json"}
    assert (update.added, update.changed) == ((), ("pothole",))
    told_of = update.files["services/hole.json"]
    assert told_of["service_name"] == "Hole"
    assert told_of["attributes"] == files["services/hole.json"]["attributes"]
    kept = ("$schema", "expected_hours", "media", "department")
    assert {name: told_of[name] for name in kept} == {
        "$schema": "../x.json",
        "expected_hours": 9,
        "media": {"least": 1},
        "department": "works",
    }
    assert next(iter(told_of)) == "$schema"


def test_translations_of_what_is_gone_go_with_it(tmp_path: Path) -> None:
    files = valid()
    texts = files["services/pothole.json"]["translations"]["fr-CA"]
    texts["attributes"]["LANE"] = {"values": {"l": "Gauche", "r": "Droite"}}
    root = stand(tmp_path / "city", files)
    lane = files["services/pothole.json"]["attributes"][1]
    definition = {"service_code": "pothole", "attributes": [{**lane, "values": lane["values"][:1]}]}
    update, told = put(root, definition)

    assert told == []
    assert update.files["services/pothole.json"]["translations"] == {
        "fr-CA": {
            "service_name": "Nid-de-poule",
            "attributes": {"LANE": {"values": {"l": "Gauche"}}},
        }
    }


def test_a_new_folder_speaks_the_languages_that_its_services_are_told_in(tmp_path: Path) -> None:
    services = [
        service(question("Q", "text"), service_code=code, translations={language: texts})
        for code, language, texts in (
            ("a", "fr", ServiceTexts(group="Rue")),
            ("b", "es", ServiceTexts(attributes={"Q": AttributeTexts(description="Que?")})),
        )
    ]
    first = documents.files(services)
    answers = [value for name, value in sorted(first.items())]
    _, told = put(tmp_path / "city", *answers, jurisdiction_id="x.example")
    city = folder.read(tmp_path / "city")

    assert told == []
    assert {*city.jurisdiction.languages[1:]} == {"fr", "es"}
    assert [each.translations for each in city.services] == [each.translations for each in services]


def test_its_questions_are_those_of_the_definition(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())
    update, _ = put(root, {**DEFINITION, "service_code": "pothole"})

    assert [each["code"] for each in update.files["services/pothole.json"]["attributes"]] == ["Q"]
    assert update.files["services/pothole.json"]["service_name"] == "Pothole"


def test_importing_it_again_changes_nothing(tmp_path: Path) -> None:
    answers = [SERVICE, {**SERVICE, "service_code": "x/y", "icon": 5}], DEFINITION
    first, _ = put(tmp_path / "city", *answers, jurisdiction_id="x.example")
    second, told = put(tmp_path / "city", *answers)

    assert len(first.files) == 4
    assert (second.files, second.added, second.changed, told) == ({}, (), (), [])


def test_a_file_of_that_name_that_is_another_service_is_let_be(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())
    update, told = put(root, [{**SERVICE, "service_code": "Graffiti"}])

    assert told == []
    assert "services/Graffiti_.json" in update.files
    assert len(folder.read(root).services) == 3


def test_a_fault_of_the_folder_itself_is_told_as_its_own(tmp_path: Path) -> None:
    files = valid()
    files["services/graffiti.json"]["group"] = ""
    root = stand(tmp_path / "city", files)
    _, told = put(root, [SERVICE])

    (problem,) = told
    assert problem.startswith(
        "services/graffiti.json: group: '' is not one line of text, not blank"
    )


def test_departments_that_are_none_are_told_and_not_mended(tmp_path: Path) -> None:
    files = valid() | {"departments.json": {"departments": "many"}}
    _, told = put(stand(tmp_path / "city", files), [SERVICE])

    assert told == ["departments.json: departments: 'many' is not a list"]


def test_it_must_be_the_city_that_is_meant(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())

    assert put(root, [SERVICE], jurisdiction_id="tiny.example")[1] == []
    assert put(root, [SERVICE], jurisdiction_id="huge.example")[1] == [
        "jurisdiction.json: is of another city than --jurisdiction says"
    ]


# --- a new folder -------------------------------------------------------------------------------


def test_a_new_folder_is_complete_and_says_what_a_person_must_write(tmp_path: Path) -> None:
    _, told = put(tmp_path / "city", [SERVICE], DEFINITION, jurisdiction_id="x.example")
    city = folder.read(tmp_path / "city")

    assert told == []
    assert city.jurisdiction.jurisdiction_id == city.jurisdiction.name == "x.example"
    assert city.jurisdiction.timezone == "UTC"
    assert city.jurisdiction.contact.startswith("Write here")
    assert city.jurisdiction.key_service.startswith("Write here")
    assert [(each.code, each.name) for each in city.departments] == [("city", "The city")]


def test_it_says_what_discovery_says_and_what_is_wished(tmp_path: Path) -> None:
    discovery = {"contact": "Ask\n us.", "key_service": "Write.", "endpoints": []}
    wishes = {"name": "Ex", "timezone": "America/Halifax", "key_service": "Call."}
    wishes |= {"department": "311", "department_name": "Call centre", "group": "All"}
    put(
        tmp_path / "city",
        [{**SERVICE, "group": None}],
        discovery,
        jurisdiction_id="x.example",
        **wishes,
    )
    city = folder.read(tmp_path / "city")

    told = city.jurisdiction
    assert (told.name, told.timezone, told.contact, told.key_service) == (
        "Ex",
        "America/Halifax",
        "Ask us.",
        "Call.",
    )
    assert [(each.code, each.name) for each in city.departments] == [("311", "Call centre")]
    assert (city.services[0].department, city.services[0].group) == ("311", "All")


def test_without_an_id_it_cannot_be(tmp_path: Path) -> None:
    assert put(tmp_path / "city", [SERVICE])[1] == [
        "jurisdiction.json: is missing; name the city with --jurisdiction"
    ]
    assert not (tmp_path / "city").exists()


def test_a_wish_that_cannot_be_is_told(tmp_path: Path) -> None:
    wishes = {"timezone": "Mars", "department": ",", "group": ""}
    _, told = put(tmp_path / "x", [{"service_code": "1"}], jurisdiction_id="X", **wishes)

    assert [": ".join(each.split(": ")[:2]) for each in told] == [
        "0: [0].group",
        "departments.json: departments[0].code",
        "jurisdiction.json: jurisdiction_id",
        "jurisdiction.json: timezone",
    ]


# --- what has faults ----------------------------------------------------------------------------


def test_what_has_faults_may_be_left_out(tmp_path: Path) -> None:
    bad = [{**SERVICE, "service_code": ",", "type": "no"}, {**SERVICE, "service_code": "2"}]
    update, told = put(tmp_path / "x", bad, jurisdiction_id="x.example", partial=True)

    assert told == []
    assert update.added == ("2",)
    assert [name for name, _ in update.refused] == ["0", "0"]
    assert len(folder.read(tmp_path / "x").services) == 1


def test_people_are_told_what_was_filled_in(tmp_path: Path) -> None:
    owned = {"definitions": {"service_departments": [{"code": "D", "name": "D"}]}}
    answers = [SERVICE, {**SERVICE, "service_code": "2", "group": "", "metadata": False, **owned}]
    update, _ = put(tmp_path / "x", answers, {"service_code": "3", "attributes": [QUESTION]})

    assert update.notes == (
        "services without a name, called by their code: 1 (3)",
        "services without a group, now in a group of yours: 2 (2, 3)",
        "services without a department, now with one of yours: 2 (1, 3)",
        "services that ask questions, which no answer tells: 1 (1)",
    )


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pothole", "pothole"),
        ("Public Works: Pot-hole_1.5~", "Public Works%3A Pot-hole_1.5~"),
        ("ServiceRequest/Animals/NA", "ServiceRequest%2FAnimals%2FNA"),
        (".", "%2E"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("é%", "%C3%A9%25"),
    ],
)
def test_every_code_is_the_name_of_a_file(code: str, name: str) -> None:
    assert folder_files.file_name(code) == name


def test_a_long_code_has_a_short_name_of_its_own() -> None:
    names = {folder_files.file_name("é" * 99 + each) for each in "abc"}

    assert len(names) == 3
    assert max(map(len, names)) < 240


def test_the_demo_city_is_the_same_by_way_of_its_files(tmp_path: Path) -> None:
    city = folder.read(resources.DEMO)
    contents = {name: folder_files.encoded(each) for name, each in folder_files.files(city).items()}
    folder_files.write(tmp_path / "copy", contents)
    copy = folder.read(tmp_path / "copy")

    assert copy.services == city.services
    assert copy.areas == city.areas
    assert copy.departments == city.departments


def test_files_that_do_not_belong_are_found(tmp_path: Path) -> None:
    folder_files.write(tmp_path, dict.fromkeys(["services.json", "services/a.json"], b"[]"))
    folder_files.write(tmp_path, {"routing.json": b"{}"})
    folder_files.write(tmp_path, dict.fromkeys(["README.md", "services/.keep", "areas/b"], b""))

    assert folder_files.others(tmp_path, {"services/a.json"}) == [
        tmp_path / "areas/b",
        tmp_path / "routing.json",
        tmp_path / "services.json",
    ]
    assert folder_files.others(tmp_path / "nowhere", ()) == []


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "services").write_bytes(b"")
    with pytest.raises(Invalid, match="cannot be written"):
        folder_files.write(tmp_path, {"services/a.json": b""})


def test_saved_answers_are_read_by_name_without_what_is_hidden(tmp_path: Path) -> None:
    names = ["services.json", "services.xml", "services/b.xml", "services/a.json", "notes.txt"]
    names += [".part/x.json", "services/.a.json.part", ".source.json", "empty/x.txt"]
    folder_files.write(tmp_path, {name: name.encode() for name in names})
    (tmp_path / "link.json").symlink_to(tmp_path / "services.json")
    sources = [tmp_path, tmp_path / "notes.txt", tmp_path / "gone", tmp_path / "empty"]
    found, told = saved.read(sources)

    assert [content.decode() for _, content in found] == [
        "services.json",
        "services/a.json",
        "services/b.xml",
        "notes.txt",
    ]
    assert [(name, each.text) for name, each in told] == [
        (str(tmp_path / "gone"), "cannot be read: No such file or directory"),
        (str(tmp_path / "empty"), "holds no file that ends in .json or .xml"),
    ]


def test_an_empty_catalogue_changes_nothing(tmp_path: Path) -> None:
    root = stand(tmp_path / "city", valid())
    update, told = updates.updated(reading.Catalogue({}, {}, {}), folder.opened(root)[0], Wishes())

    assert (update.files, told) == ({}, [])
