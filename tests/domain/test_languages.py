"""A service in another language: every text that is translated, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import compatibility, languages, soundness
from open311.domain.compatibility import Level
from open311.domain.folder import (
    CityAttribute,
    CityFolder,
    CityService,
    CityValue,
    Department,
    Jurisdiction,
)
from open311.domain.translations import AttributeTexts, DepartmentTexts, ServiceTexts
from tests.catalogues import services
from tests.questions import question, service

TEXTS = ("service_name", "description", "keywords", "group", "service_notice")
SIZE = question("size", "singlevaluelist", "big small", datatype_description="One of two.")
OURS = service(SIZE, question("why", "text"), service_notice="Soon.", keywords="hole")
FRENCH = ServiceTexts(
    service_name="Nid-de-poule",
    description="Un trou.",
    keywords="trou",
    group="Rue",
    service_notice="Bientôt.",
    attributes={
        "size": AttributeTexts(
            description="Quelle taille ?",
            datatype_description="L'une des deux.",
            values={"big": "Grand", "small": "Petit"},
        ),
        "why": AttributeTexts(description="Pourquoi ?"),
    },
)


def french(texts: ServiceTexts, of: CityService = OURS) -> CityService:
    return replace(of, translations={"fr": texts})


def marked(text: str) -> str:
    return f"fr {text}"


def whole(of: CityService) -> ServiceTexts:
    """A translation of everything."""

    def texts(each: CityAttribute) -> AttributeTexts:
        told = each.datatype_description
        return AttributeTexts(
            description=marked(each.description),
            datatype_description=told and marked(told),
            values={value.key: marked(value.name) for value in each.values},
        )

    own = {name: marked(text) for name in TEXTS if (text := getattr(of, name))}
    return ServiceTexts(**own, attributes={each.code: texts(each) for each in of.attributes})


def test_every_text_is_translated() -> None:
    told = languages.spoken(french(FRENCH), "fr")

    assert [getattr(told, name) for name in TEXTS] == [getattr(FRENCH, name) for name in TEXTS]
    size, why = told.attributes
    assert (size.description, size.datatype_description) == ("Quelle taille ?", "L'une des deux.")
    assert size.values == [
        CityValue(key="big", name="Grand"),
        CityValue(key="small", name="Petit"),
    ]
    assert why.description == "Pourquoi ?"


def test_what_has_no_translation_stays() -> None:
    texts = ServiceTexts(attributes={"size": AttributeTexts(values={"big": "Grand"})})
    told = languages.spoken(french(texts), "fr")

    assert told.service_name == OURS.service_name
    assert told.attributes[0].description == SIZE.description
    assert [each.name for each in told.attributes[0].values] == ["Grand", "SMALL"]
    assert languages.spoken(french(FRENCH), "de") is not None
    assert languages.spoken(OURS, "fr") is OURS


@given(services())
def test_codes_and_rules_are_the_same_in_every_language(own: CityService) -> None:
    """Nobody can be refused in one language what is taken in another."""
    told = languages.spoken(french(whole(own), own), "fr")
    levels = {step.level for step in compatibility.compare(own, replace(told, translations={}))}

    assert Level.BREAKING not in levels
    assert [each.code for each in told.attributes] == [each.code for each in own.attributes]


@given(services())
def test_nothing_is_missing_of_a_whole_translation_and_of_none_everything(own: CityService) -> None:
    own = replace(own, translations={})
    everything = languages.missing(own, "fr")

    assert languages.missing(french(whole(own), own), "fr") == ()
    assert not list(soundness.faults(french(whole(own), own)))
    assert {"service_name", "description", "group"} <= set(everything)
    for each in own.attributes:
        assert f"attribute[{each.code}][description]" in everything
        assert {f"attribute[{each.code}][{value.key}]" for value in each.values} <= set(everything)


def _without(texts: ServiceTexts, place: str) -> ServiceTexts:
    told: dict[str, Any] = msgspec.to_builtins(texts)
    if place in TEXTS:
        del told[place]
    else:
        code, _, what = place.removeprefix("attribute[").removesuffix("]").rpartition("][")
        own = told["attributes"][code]
        if what in own:
            del own[what]
        else:
            del own["values"][what]
    return msgspec.convert(told, ServiceTexts)


@given(services(), st.data())
def test_what_is_missing_is_named_by_its_place(own: CityService, data: st.DataObject) -> None:
    own = replace(own, translations={})
    place = data.draw(st.sampled_from(languages.missing(own, "fr")))
    assume(not place.endswith("][values]"))
    partly = french(_without(whole(own), place), own)

    assert languages.missing(partly, "fr") == (place,)


def test_a_translation_of_what_is_not_there_is_a_fault_with_its_place() -> None:
    texts = ServiceTexts(
        keywords="trou",
        service_notice="Bientôt.",
        attributes={
            "size": AttributeTexts(values={"big": "Grand", "huge": "Énorme"}),
            "why": AttributeTexts(datatype_description="Ce que vous voulez."),
            "when": AttributeTexts(description="Quand ?"),
        },
    )
    at = ("translations", "fr")

    assert list(soundness.faults(french(texts, service(SIZE, question("why", "text"))))) == [
        ((*at, "keywords"), "translates a keywords that is not there"),
        ((*at, "service_notice"), "translates a service_notice that is not there"),
        ((*at, "attributes", "size", "values", "huge"), "no value has key 'huge'"),
        (
            (*at, "attributes", "why", "datatype_description"),
            "translates a datatype_description that is not there",
        ),
        ((*at, "attributes", "when"), "no question has code 'when'"),
    ]


# --- a whole city -------------------------------------------------------------------------------


def city(*offered: CityService, departments: tuple[Department, ...] = ()) -> CityFolder:
    jurisdiction = Jurisdiction(
        jurisdiction_id="a.example",
        name="A",
        timezone="UTC",
        contact="a",
        key_service="a",
        languages=["en", "fr"],
    )
    return CityFolder(jurisdiction, departments, offered, ())


def test_a_city_lists_what_it_cannot_say() -> None:
    works = Department(code="works", name="Works")
    parks = Department(code="parks", name="Parks", translations={"fr": DepartmentTexts(name="P")})
    partly = french(replace(FRENCH, service_notice=None, attributes={}))
    bare = replace(OURS, service_code="bare", attributes=[])

    assert [*languages.survey(city(partly, bare, departments=(works, parks)))] == [
        "fr: 1 of 2 services have no translation: bare",
        "fr: pothole: no translation of service_notice, attribute[size][description],"
        " attribute[size][datatype_description], attribute[size][big], attribute[size][small],"
        " attribute[why][description]",
        "fr: 1 of 2 departments have no translation: works",
    ]


def test_a_city_is_told_of_a_group_that_falls_apart() -> None:
    first = french(FRENCH)
    second = replace(
        french(replace(FRENCH, group="Chemin")), service_code="second", service_name="Second"
    )

    assert [*languages.survey(city(first, second))] == [
        "fr: the group 'Street' is called 'Rue' in pothole; 'Chemin' in second"
    ]


def test_a_city_of_one_language_has_nothing_to_list() -> None:
    alone = city(OURS)
    jurisdiction = replace(alone.jurisdiction, languages=["en"])

    assert list(languages.survey(replace(alone, jurisdiction=jurisdiction))) == []
