"""Boston's real catalogue: nothing of it is lost, and its conditional questions are asked as told.

All 118 services of its list and its four full definitions, by way of a city folder on disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311.domain import attributes
from open311.domain.definitions import canonical
from open311.domain.folder import CityAttribute, CityFolder, Condition
from open311.formats import folder, folder_files
from open311.formats.catalogue import documents, reading, updates
from open311.formats.catalogue.updates import Wishes
from open311.spec import submission
from tests.city import boston

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILES = ("services.json", "service_definitions.json")
DEFINED = ("BOS311GEN", "BIRDINFEST", "CEMTRYMAIN", "MTRECYDBI")
BAD = {
    "singlevaluelist": "no key",
    "multivaluelist": "no key",
    "string": "1\n2",
    "text": "x" * 4001,
}
"""An answer that a question of a datatype refuses."""

Sent = dict[str, tuple[str, ...]]

pytestmark = pytest.mark.skipif(
    not boston.DATA.exists() and os.environ.get("CI") != "true",
    reason="Boston's open data is not beside the project, in ../shared/data/boston",
)


def raw(name: str) -> list[dict[str, Any]]:
    return json.loads((boston.DATA / name).read_bytes()) if boston.DATA.exists() else []


def imported(path: Path, *names: str) -> CityFolder:
    """Boston as a city folder on disk, from files read one after the other."""
    for name in names:
        found, faults = reading.read([(name, (boston.DATA / name).read_bytes())])
        before, _ = folder.opened(path) if path.exists() else ([], [])
        wishes = Wishes(jurisdiction_id="boston.gov", name="Boston")
        update, told = updates.updated(found, before, wishes)
        assert (faults, told) == ([], [])
        folder_files.write(
            path, {each: folder_files.encoded(value) for each, value in update.files.items()}
        )
    return folder.read(path)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> CityFolder:
    return imported(tmp_path_factory.mktemp("boston") / "city", *FILES)


def exactly(value: Any) -> str:
    """JSON of which 1, 1.0 and true are not the same."""
    return json.dumps(value, sort_keys=True)


# --- nothing is lost ----------------------------------------------------------------------------


def test_every_service_of_the_list_comes_back_with_the_same_members_and_values(
    city: CityFolder,
) -> None:
    files = documents.files(city.services)
    again = {each["service_code"]: each for each in files["services.json"]}
    came = {each["service_code"]: each for each in raw("services.json")}

    assert len(came) == 118
    assert again.keys() == came.keys()
    assert [code for code in came if exactly(again[code]) != exactly(came[code])] == []


@pytest.mark.parametrize("code", DEFINED)
def test_every_definition_comes_back_with_the_same_members_and_values(
    city: CityFolder, code: str
) -> None:
    files = documents.files(city.services)
    (came,) = [each for each in raw("service_definitions.json") if each["service_code"] == code]

    assert exactly(files[f"services/{code}.json"]) == exactly(came)


@pytest.mark.parametrize("names", [FILES[::-1], (*FILES, FILES[0]), (*FILES, *FILES)], ids=str)
def test_the_order_of_the_imports_does_not_matter(
    tmp_path: Path, city: CityFolder, names: tuple[str, ...]
) -> None:
    other = imported(tmp_path / "city", *names)

    assert other.services == city.services
    assert {each.code: each for each in other.departments} == {
        each.code: each for each in city.departments
    }


def test_what_our_members_can_say_they_say(city: CityFolder) -> None:
    own = {each.service_code: each for each in city.services}

    assert {code: own[code].location for code in DEFINED} == {
        "BOS311GEN": "optional",
        "BIRDINFEST": "required",
        "CEMTRYMAIN": "required",
        "MTRECYDBI": "required",
    }
    assert {code: own[code].expected_hours for code in DEFINED} == {
        "BOS311GEN": None,
        "BIRDINFEST": 30 * 24,  # calendar days
        "CEMTRYMAIN": None,  # business days, which only a calendar of the city could count
        "MTRECYDBI": 24,
    }
    assert own["CEMTRYMAIN"].extra["service_definition"]["service_level_agreement"] == {
        "type": "Business Days",
        "value": 5,
    }
    assert own["BIRDINFEST"].department == "COB_ISD_ENVR"
    assert own["GENGRAFFITI"].department == "city"
    names = {each.code: each.name for each in city.departments}
    assert len(names) == 31
    assert names["COB_ISD_ENVR"] == "ISD-Environment"


def test_only_who_must_say_where_is_asked(city: CityFolder) -> None:
    without = {
        each.service_code
        for each in city.services
        if not submission.read([("service_code", each.service_code)], each.location)[1]
    }

    assert without == {"BOS311GEN"}


# --- its conditions -----------------------------------------------------------------------------


def questions() -> Iterator[tuple[str, str]]:
    """Every question that takes an answer: (service, question)."""
    for each in raw("service_definitions.json"):
        for question in each["attributes"]:
            if question["datatype"] != "informational":
                yield each["service_code"], question["code"]


def conditions() -> Iterator[tuple[str, str, int]]:
    """Every condition of every question, notes among them: (service, question, its number)."""
    for each in raw("service_definitions.json"):
        for question in each["attributes"]:
            for index, _ in enumerate(question.get("dependencies", {}).get("conditions", ())):
                yield each["service_code"], question["code"], index


class Asked:
    """The questions of one definition, and how they are answered."""

    def __init__(self, city: CityFolder, code: str, **changed: Any) -> None:
        (service,) = [each for each in city.services if each.service_code == code]
        self.all = {each.code: each for each in canonical(service).attributes}
        for name, members in changed.items():
            self.all[name] = msgspec.structs.replace(self.all[name], **members)
        self.form = attributes.compiled([*self.all.values()])

    def needed(self) -> Sent:
        """An answer to everything that is always demanded."""
        return {
            code: good(each)
            for code, each in self.all.items()
            if each.required and each.dependencies is None
        }

    def reaching(self, code: str) -> Sent:
        """Answers that make a question be asked."""
        sent: Sent = {}
        for each in self.conditions(code):
            sent |= self.reaching(each.attribute) | {each.attribute: (str(each.value),)}
        return sent

    def conditions(self, code: str) -> list[Condition]:
        dependencies = self.all[code].dependencies
        return dependencies.conditions if dependencies else []

    def check(self, sent: Sent) -> tuple[dict[str, Any], tuple[str, ...]]:
        return attributes.check(self.form, sent, UTC, NOW)


def good(question: CityAttribute) -> tuple[str, ...]:
    return (question.values[0].key if question.values else "some words",)


def bad(question: CityAttribute) -> tuple[str, ...]:
    return (BAD[question.datatype],)


@pytest.mark.parametrize(("service", "code"), [*questions()])
def test_a_report_that_follows_the_conditions_is_accepted(
    city: CityFolder, service: str, code: str
) -> None:
    asked = Asked(city, service)
    sent = asked.needed() | asked.reaching(code)
    stored, problems = asked.check(sent | {code: sent.get(code) or good(asked.all[code])})

    assert problems == ()
    assert stored.keys() == {*sent, code}


@pytest.mark.parametrize(("service", "code"), [*questions()])
def test_one_that_breaks_the_rule_of_a_question_that_is_asked_is_refused_by_its_code(
    city: CityFolder, service: str, code: str
) -> None:
    asked = Asked(city, service)
    sent = asked.needed() | asked.reaching(code) | {code: bad(asked.all[code])}
    _, problems = asked.check(sent)

    assert [each.partition(":")[0] for each in problems] == [f"attribute[{code}]"]


@pytest.mark.parametrize(("service", "code", "index"), [*conditions()])
def test_a_condition_that_does_not_hold_hides_its_question(
    city: CityFolder, service: str, code: str, index: int
) -> None:
    """Whatever is said to a hidden question is let go; under the condition it is refused."""
    asked = Asked(city, service)
    if asked.all[code].datatype == "informational":
        asked = Asked(city, service, **{code: {"datatype": "string", "variable": True}})
    condition = asked.conditions(code)[index]
    others = [v.key for v in asked.all[condition.attribute].values if v.key != condition.value]
    holding = asked.needed() | asked.reaching(code) | {code: bad(asked.all[code])}

    assert others
    assert asked.check(holding)[1][0].startswith(f"attribute[{code}]: ")
    for other in others:
        stored, problems = asked.check(holding | {condition.attribute: (other,)})

        assert problems == ()
        assert code not in stored


@pytest.mark.parametrize(("service", "code", "index"), [*conditions()])
def test_a_question_that_must_be_answered_is_demanded_under_its_condition_only(
    city: CityFolder, service: str, code: str, index: int
) -> None:
    must = {"datatype": "string", "values": [], "variable": True, "required": True}
    asked = Asked(city, service, **{code: must})
    needed = asked.needed()
    holding = needed | asked.reaching(code)

    assert asked.check(holding)[1] == (f"attribute[{code}]: an answer is required.",)
    assert asked.check(holding | {code: ("said",)})[1] == ()
    hidden = holding | {asked.conditions(code)[index].attribute: ()}
    assert f"attribute[{code}]" not in str(asked.check(needed | hidden)[1])


@pytest.mark.parametrize("service", DEFINED)
def test_a_report_without_an_answer_is_told_of_every_required_question(
    city: CityFolder, service: str
) -> None:
    asked = Asked(city, service)
    _, problems = asked.check({})

    assert problems == tuple(
        f"attribute[{code}]: an answer is required." for code in asked.needed()
    )
