"""Tables that must be whole: a new error, list, datatype or filter is nowhere forgotten."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from open311 import errors, resources
from open311.actions import discovery
from open311.app import RESOURCES
from open311.domain import attributes, folder
from open311.domain.requests import NewRequest, Reporter
from open311.domain.statuses import STATES
from open311.formats import FORMATS
from open311.http import addresses, changes, exports, faults, georeport, routes, updates
from open311.http import schemas as of_schemas
from open311.http.desk import ENDPOINT
from open311.jobs.worker import DUTIES
from open311.spec import documents, extensions, filters, submission
from open311.spec.search import Search
from open311.store import conditions

OPENAPI = json.loads((resources.SCHEMAS / "georeport-v2" / "openapi.json").read_bytes())
MIGRATIONS = "".join(
    path.read_text("utf-8") for path in sorted((resources.MIGRATIONS / "versions").glob("*.py"))
)


def public_errors() -> set[type[Exception]]:
    return {getattr(errors, name) for name in errors.__all__} - {errors.Open311Error}


def lists(kind: type[msgspec.Struct]) -> Iterator[str]:
    """The names of all fields of a document that hold lists, deep down."""
    for name, hint in get_type_hints(kind).items():
        if any(get_origin(each) in (tuple, list) for each in (hint, *get_args(hint))):
            yield name
        for part in parts(hint):
            yield from lists(part)


def parts(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if inspect.isclass(hint) and issubclass(hint, msgspec.Struct):
        yield hint
    for each in get_args(hint):
        yield from parts(each)


def fields(kind: type[msgspec.Struct]) -> set[str]:
    return set(kind.__struct_fields__)


def test_every_error_has_a_status_of_its_own() -> None:
    assert set(faults.STATUS) == public_errors()
    assert len(set(faults.STATUS.values())) == len(faults.STATUS)


@pytest.mark.parametrize("error", faults.STATUS, ids=lambda error: error.__name__)
def test_every_error_is_answered_in_words(error: type[errors.Open311Error]) -> None:
    said = faults.answer(error("GET") if error is errors.WrongMethod else error())

    assert said.status == faults.STATUS[error]
    assert isinstance(said.document, documents.Errors)
    assert [each.code for each in said.document.errors] == [said.status]
    assert all(len(each.description) > 10 for each in said.document.errors)


@pytest.mark.parametrize("kind", extensions.DOCUMENTS, ids=lambda kind: kind.__name__)
def test_every_list_of_a_document_names_its_items(kind: type[msgspec.Struct]) -> None:
    assert set(lists(kind)) <= set(documents.ITEM)
    assert len(fields(kind)) == 1


def test_no_name_is_told_of_that_no_document_has() -> None:
    assert {name for kind in extensions.DOCUMENTS for name in lists(kind)} == set(documents.ITEM)
    assert fields(documents.ServiceRequest) >= documents.LEFT_OUT


def test_every_document_is_in_the_registry() -> None:
    names = vars(documents) | vars(extensions)
    kinds = {each for each in names.values() if inspect.isclass(each)}
    own = {each for each in kinds if issubclass(each, documents.Document)}

    assert own - {documents.Document, documents.ShownRequests} == set(extensions.DOCUMENTS)
    assert extensions.DOCUMENTS[: len(documents.DOCUMENTS)] == documents.DOCUMENTS


def test_every_filter_of_a_search_is_read_and_is_a_condition() -> None:
    pages = {"sort", "limit", "offset", "cursor", "paged", "asked"}
    by_itself = {"service_request_id", "start_date", "end_date", "area"}

    assert set(conditions.WHERE) | pages == fields(Search)
    assert {each.field for each in filters.FILTERS.values()} - {"group"} | by_itself == set(
        conditions.WHERE
    )
    assert set(conditions.STATUS) == set(get_args(documents.Status))


def test_every_datatype_and_type_is_known_everywhere() -> None:
    assert set(attributes.DATATYPES) == set(get_args(documents.Datatype))
    types = ", ".join(f"'{each}'" for each in get_args(documents.ServiceType))
    assert f"check (type in ({types}))" in MIGRATIONS


def test_every_state_inside_means_one_outside_and_is_in_the_documents() -> None:
    """GR-X 10.8, 10.9; `unchanged` alone means none."""
    found = get_args(get_type_hints(extensions.RequestUpdates)["service_request_updates"])
    statuses = get_type_hints(found[0])["status"]
    written = {each for one in get_args(statuses) for each in get_args(one) or (one,)}
    finer = {name for name, each in STATES.items() if each.detail}

    assert written == finer | {"open", "closed"}
    assert all(each.detail in (None, name) for name, each in STATES.items())
    assert {name for name, each in STATES.items() if each.status is None} == {"unchanged"}
    assert {each.status for each in STATES.values()} == {"open", "closed", None}


def test_every_text_that_can_be_sent_has_a_longest_length_and_a_place() -> None:
    texts = fields(submission.Submission) - {"service_code", "lat", "long", "attributes"}

    assert set(submission.LENGTHS) == texts
    renamed = {"address_string": "address", "media_url": "media"}
    stored = fields(NewRequest) | fields(Reporter)
    assert {renamed.get(each, each) for each in texts} <= stored


def test_no_reporter_field_is_in_any_document() -> None:
    """Source: GR-Q-30. The POST answer alone has an account_id, which is always empty."""
    answers = {documents.ServiceRequest, documents.Redeemed, extensions.AnsweredRequest}

    assert all(not fields(kind) & fields(Reporter) for kind in answers)


def test_every_format_is_announced_by_discovery() -> None:
    hints = get_type_hints(documents.Endpoint)

    assert [each.media_type for each in FORMATS.values()] == ["text/xml", "application/json"]
    assert hints["specification"] is str
    assert discovery.SPECIFICATION == "http://wiki.open311.org/GeoReport_v2"


def test_every_resource_has_a_path_of_its_own_and_methods_in_capitals() -> None:
    paths = [each.path for each in RESOURCES]

    assert len(paths) == len(set(paths))
    assert all(path.startswith("/") for path in paths)
    assert all(method.isupper() for each in RESOURCES for method in each.methods)


def test_every_georeport_resource_is_described_by_openapi() -> None:
    described = {
        (re.sub(r"{\w+}", "*", path).removesuffix(".*").removesuffix(".json"), method)
        for path, methods in OPENAPI["paths"].items()
        for method in methods
        if method in ("get", "post")
    }
    ours = {
        (each.path.removeprefix(ENDPOINT), name.lower())
        for each in (
            *georeport.RESOURCES,
            *routes.RESOURCES,
            *addresses.RESOURCES,
            *exports.RESOURCES,
            *of_schemas.RESOURCES,
            *changes.RESOURCES,
            *updates.RESOURCES,
        )
        if each.path != f"{ENDPOINT}/tokens"  # which only says that the token is missing
        for name in each.methods
    }

    assert ours | {("/discovery", "get")} == described


def test_every_duty_has_a_name_and_its_time() -> None:
    assert DUTIES
    for name, (seconds, duty) in DUTIES.items():
        assert name.isidentifier()
        assert 0 < seconds <= 3600
        assert inspect.iscoroutinefunction(duty)


@pytest.mark.parametrize("kind", [folder.CityAttribute, folder.CityValue])
def test_a_citys_questions_have_the_standards_members(kind: type[msgspec.Struct]) -> None:
    standard = {"CityAttribute": documents.Attribute, "CityValue": documents.Value}

    assert fields(kind) >= fields(standard[kind.__name__])


def test_the_extension_shows_every_rule_of_a_question_after_the_standards_members() -> None:
    """But for the members of other systems, which are kept for them alone.

    Where the standard's members cannot say what the folder's do, there are others.
    """
    standard = documents.Attribute.__struct_fields__
    shown = extensions.ExtendedAttribute.__struct_fields__
    others = {"informational": "datatype", "required_when_asked": "required"}

    assert shown[: len(standard)] == standard
    assert set(shown) - others.keys() == fields(folder.CityAttribute) - {"extra"}
    assert others.keys() | others.values() <= set(shown)


def test_what_is_extended_begins_with_what_the_standard_says() -> None:
    for plain, more in (
        (documents.Definition, extensions.ExtendedDefinition),
        (documents.ServiceRequest, extensions.AnsweredRequest),
    ):
        assert more.__struct_fields__[: len(fields(plain))] == plain.__struct_fields__


def test_every_file_of_the_program_is_where_it_is_sought() -> None:
    for each in (resources.DEMO, resources.BEFORE, resources.SCHEMAS, resources.MIGRATIONS):
        assert isinstance(each, Path)
        assert each.is_dir()
