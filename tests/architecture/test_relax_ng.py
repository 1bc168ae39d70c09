"""`georeport-v2.rng`: true of the XML that the server writes, of the standard's, and strict."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from open311.formats import FORMATS
from open311.spec import documents as d
from open311.spec import extensions as x
from tests.answers import ANSWERS, SOUND

ROOT = Path(__file__).parents[2]
WIKI = ROOT.parent / "shared" / "spec" / "samples" / "wiki"

RNG = etree.RelaxNG(etree.parse(ROOT / "schemas" / "georeport-v2.rng"))
DOCUMENTS = dict(zip(ANSWERS, x.DOCUMENTS, strict=True))

Change = Callable[[etree._Element], object]


def fits(whole: etree._Element) -> bool:
    return bool(RNG.validate(whole))


@given(st.data())
@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_the_server_writes_as_xml_fits(name: str, data: st.DataObject) -> None:
    whole = etree.fromstring(FORMATS["xml"].encode(data.draw(ANSWERS[name])))

    assert fits(whole), RNG.error_log


# --- what it refuses ----------------------------------------------------------------------------


def tree(name: str) -> etree._Element:
    """The sound answer as XML, by way of the server's own Structs."""
    kind = DOCUMENTS[name]
    (field,) = kind.__struct_fields__
    payload = {field: SOUND[name]}
    if name == "submitted_requests":  # a union that only its members tell apart
        whole = kind(tuple(d.Numbered(**each) for each in SOUND[name]))
    else:
        whole = msgspec.convert(payload, kind)
    return etree.fromstring(FORMATS["xml"].encode(whole))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_sound_answer_fits_the_relax_ng(name: str) -> None:
    assert fits(tree(name)), RNG.error_log


RULES = {"minimum", "maximum", "min_length", "max_length", "pattern", "max_items", "earliest"} | {
    *(
        "latest",
        "automated",
        "preset",
        "private",
        "dependencies",
        "reporter",
        "media",
        "offered_in",
    ),
    *("all_of", "one_of", "informational", "required_when_asked"),
}
LEFT_OUT = {
    "service_requests": {"expected_datetime"},
    "submitted_requests": {"service_request_id"},
    "extended_service_definition": RULES,
    "answered_requests": {
        *("attributes", "definition_version", "detailed_status", "summary", "description"),
        "note",
    },
    "route_answer": {"code"},  # one of several
    "changes": {"change", "expected_datetime"},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_element_may_be_dropped_doubled_renamed_or_given_an_attribute(name: str) -> None:
    """A second item of a list is sound where the list may be longer than one."""
    items = {"service", "attribute", "value", "request", "endpoint", "format", "error"}
    items |= {"condition", "item", "field", "address_point"}
    items |= {"request_update"} if name.endswith("_updates") else set()
    items |= {"area", "code"} if name == "extended_service_definition" else set()
    items |= {"problem", "area", "tie", "rule"} if name == "route_answer" else set()
    spared = LEFT_OUT.get(name, set()) | items
    for number, element in enumerate(tree(name).iter()):
        for change in (_drop, _double, _rename, _attribute, _namespace):
            if element.tag in spared and change in (_drop, _double):
                continue
            whole = tree(name)
            if (change(each := [*whole.iter()][number])) is not False:
                assert not fits(whole), (change, each.tag)


def _drop(element: etree._Element) -> object:
    parent = element.getparent()
    return False if parent is None else parent.remove(element)


def _double(element: etree._Element) -> object:
    return False if element.getparent() is None else element.addnext(copy.deepcopy(element))


def _rename(element: etree._Element) -> None:
    element.tag += "_"


def _attribute(element: etree._Element) -> None:
    element.set("type", "array")


def _namespace(element: etree._Element) -> None:
    element.tag = f"{{http://wiki.open311.org/GeoReport_v2}}{element.tag}"


@pytest.mark.parametrize("name", ["submitted_requests", "redeemed_tokens", "recorded_updates"])
def test_there_is_exactly_one_request_where_one_was_asked_about(name: str) -> None:
    two, none = tree(name), tree(name)
    _double(two[0])
    _drop(none[0])

    assert not fits(two)
    assert fits(none)  # which is an empty list of requests


@pytest.mark.parametrize("name", ANSWERS)
def test_no_two_elements_may_change_places(name: str) -> None:
    for number, element in enumerate(tree(name).iter()):
        after = element.getnext()
        if after is None or after.tag == element.tag:
            continue
        whole = tree(name)
        [*whole.iter()][number].getnext().addnext([*whole.iter()][number])

        assert not fits(whole), element.tag


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("services", ".//metadata", "1"),  # GR-S-04: a boolean of XML Schema, not of the standard
        ("services", ".//metadata", "True"),
        ("services", ".//metadata", " true "),
        ("services", ".//type", "Batch"),
        ("services", ".//service_code", None),
        ("service_definition", ".//required", "yes"),
        ("service_definition", ".//order", "0"),
        ("service_definition", ".//datatype", "text"),  # has values
        ("service_definition", ".//datatype", "informational"),
        ("service_definition", ".//key", None),
        ("submitted_requests", ".//service_request_id", None),
        ("redeemed_tokens", ".//token", None),
        ("service_requests", ".//status", "Open"),
        ("service_requests", ".//requested_datetime", "2026-01-02T03:04:05+01:00"),
        ("service_requests", ".//requested_datetime", "2026-13-02T03:04:05Z"),
        ("service_requests", ".//requested_datetime", "2026-01-02T03:04:05.5Z"),
        ("service_requests", ".//updated_datetime", None),
        ("service_requests", ".//lat", "90.1"),
        ("service_requests", ".//lat", "1e-05"),
        ("service_requests", ".//long", "NaN"),
        ("service_requests", ".//media_url", "N/A"),
        ("service_requests", ".//description", "x" * 4001),
        ("discovery", "./changeset", "2011-02-03 14:18"),
        ("discovery", ".//type", "live"),
        ("discovery", ".//format", "application/json"),
        ("discovery", ".//specification", "https://wiki.open311.org/GeoReport_v2"),
        ("discovery", ".//url", "https://tiny.example/open311/v2/"),
        ("errors", ".//code", "200"),
        ("errors", ".//description", None),
    ],
)
def test_a_wrong_word_is_refused(name: str, path: str, text: str | None) -> None:
    whole = tree(name)
    whole.find(path).text = text

    assert not fits(whole)


# --- the examples of the standard ---------------------------------------------------------------


def example(name: str) -> bytes:
    """An example as the standard's wiki publishes it; it stands beside the project."""
    path = WIKI / name
    if not path.exists():
        assert not os.environ.get("CI"), f"{path} must be there in CI"
        pytest.skip("the examples of the standard's wiki are not beside this project")
    return path.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "georeport-v2_errors.xml",
        "georeport-v2_post-response.xml",
        "georeport-v2_service-definition.xml",
        "georeport-v2_token.xml",
        "oiva_token.xml",
    ],
)
def test_an_example_of_the_standard_fits_the_relax_ng(name: str) -> None:
    assert fits(etree.fromstring(example(name))), RNG.error_log


def _ordered(service: etree._Element) -> None:
    service[:] = sorted(service, key=lambda each: d.Service.__struct_fields__.index(each.tag))


def _in_order(whole: etree._Element) -> None:
    """The published list has its elements in two orders (GR-S-08); ours keeps one."""
    for service in whole:
        _ordered(service)


def _in_utc(whole: etree._Element) -> None:
    """The published times have an offset, and a link has a blank at its end."""
    for each in whole.iter():
        if each.tag.endswith("_datetime"):
            each.text = each.text.replace("-08:00", "Z")
        if each.tag == "media_url":
            each.text = each.text.strip()


def _in_our_form(whole: etree._Element) -> None:
    """The published changesets are no W3C times (GR-D-10), and a third endpoint is not v2."""
    for each in whole.iter("changeset"):
        each.text = each.text.replace(" ", "T") + ":00Z"
    endpoints = whole.find("endpoints")
    endpoints.remove(endpoints[-1])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("georeport-v2_services.xml", _in_order),
        ("georeport-v2_request.xml", _in_utc),
        ("georeport-v2_requests.xml", _in_utc),
        ("service-discovery.xml", _in_our_form),
    ],
)
def test_an_example_that_is_looser_than_we_are_differs_in_nothing_else(
    name: str, change: Change
) -> None:
    whole = etree.fromstring(example(name))
    assert not fits(whole)
    change(whole)

    assert fits(whole), RNG.error_log
