"""GET Service Definition."""

from __future__ import annotations

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import Endpoint, segment
from tests.conformance.wire import Answer

FIELDS = [
    "variable",
    "code",
    "datatype",
    "required",
    "datatype_description",
    "order",
    "description",
    "values",
]
LIST_TYPES = {"singlevaluelist", "multivaluelist"}
DATATYPES = {"string", "number", "datetime", "text"} | LIST_TYPES


def define(endpoint: Endpoint, code: str, fmt: str) -> Answer:
    """The definition of one service, asked for now."""
    return endpoint.get(f"services/{segment(code)}", fmt)


def definitions(endpoint: Endpoint, fmt: str) -> list[Answer]:
    """The definitions of the services that have attributes."""
    codes = reports.with_attributes(endpoint)
    found = [reports.definition(endpoint, code, fmt) for code in codes]
    return found or pytest.skip("none has attributes")


@pytest.fixture
def answers(endpoint: Endpoint, fmt: str) -> list[Answer]:
    """The same, in each format."""
    return definitions(endpoint, fmt)


@pytest.mark.clause("GR-A-01", "GR-A-02", "GR-A-03", "GR-F-13", "GR-F-21")
def test_a_definition_is_one_object(answers: list[Answer], fmt: str) -> None:
    """XML: service_definition; JSON: the one resource whose payload is an object."""
    for answer in answers:
        assert answer.status == 200
        assert {"service_code", "attributes"} <= set(answer.plain)
        if fmt == "xml":
            assert answer.xml.tag == "service_definition"
            assert answer.xml[0].tag == "service_code"
        else:
            assert isinstance(answer.json, dict)


@pytest.mark.clause("GR-A-04")
def test_every_attribute_has_its_fields(answers: list[Answer]) -> None:
    """The fields of an attribute; datatype is one of six; a list type has values."""
    for each in (each for answer in answers for each in answer.plain["attributes"]):
        assert set(FIELDS) - {"values"} <= set(each)
        assert each["datatype"] in DATATYPES
        assert each["code"]
        if each["datatype"] in LIST_TYPES:
            assert each["values"]
            assert all({"key", "name"} <= set(value) for value in each["values"])


@pytest.mark.clause("GR-A-04")
def test_codes_orders_and_keys_are_unique(answers: list[Answer]) -> None:
    """code and order are unique in their service, order is 1 or more; keys in their list."""
    for answer in answers:
        attributes = answer.plain["attributes"]
        assert len(attributes) == len({each["code"] for each in attributes})
        assert len(attributes) == len({each["order"] for each in attributes})
        assert all(each["order"] >= 1 for each in attributes)
        for values in (each.get("values") or [] for each in attributes):
            assert len(values) == len({value["key"] for value in values})


@pytest.mark.clause("GR-A-05", "GR-F-20")
def test_attributes_and_values_are_lists(answers: list[Answer], fmt: str) -> None:
    """XML: attributes/attribute and values/value; JSON: arrays, also with one member."""
    for answer in answers:
        if fmt == "xml":
            assert {"attribute"} == {child.tag for child in answer.xml.find("attributes")}
            assert {"value"} >= {child.tag for child in answer.xml.iterfind(".//values/*")}
        else:
            attributes = answer.json["attributes"]
            assert isinstance(attributes, list)
            assert all(isinstance(each.get("values") or [], list) for each in attributes)


@pytest.mark.clause("GR-A-06", "GR-F-22")
def test_an_empty_hint_is_null(answers: list[Answer], fmt: str) -> None:
    """An empty datatype_description is an empty element in XML and null in JSON."""
    attributes = [each for answer in answers for each in answer.plain["attributes"]]

    assert all("datatype_description" in each for each in attributes)
    assert "" not in [each["datatype_description"] for each in attributes]


@pytest.mark.clause("GR-A-07", "GR-F-23", "IO-04")
def test_order_is_a_number_and_flags_are_booleans(answers: list[Answer], fmt: str) -> None:
    """JSON: number and real booleans; XML: digits and lowercase words."""
    for answer in answers:
        if fmt == "xml":
            flags = [n.text for n in answer.xml.iter("variable", "required")]
            assert set(flags) <= {"true", "false"}
            assert all(node.text.isdecimal() for node in answer.xml.iter("order"))
        else:
            for each in answer.json["attributes"]:
                assert (int, bool, bool) == tuple(
                    type(each[name]) for name in ("order", "variable", "required")
                )


@pytest.mark.clause("GR-A-08", "GR-F-24", "IO-04")
def test_codes_and_keys_are_strings(endpoint: Endpoint, as_json: str) -> None:
    """The published example shows a number; the official schema says string."""
    found = definitions(endpoint, as_json)

    for each in (each for answer in found for each in answer.json["attributes"]):
        assert isinstance(each["code"], str)
        assert all(isinstance(value["key"], str) for value in each.get("values") or [])


@pytest.mark.clause("GR-A-09")
def test_an_attribute_that_is_no_list_has_no_values(answers: list[Answer]) -> None:
    """values is absent or empty for string, number, datetime and text: clients take either."""
    for each in (each for answer in answers for each in answer.plain["attributes"]):
        if each["datatype"] not in LIST_TYPES:
            assert not each.get("values")


@pytest.mark.clause("GR-A-13")
def test_attributes_come_sorted_by_order(answers: list[Answer]) -> None:
    """1 is shown first."""
    for answer in answers:
        orders = [each["order"] for each in answer.plain["attributes"]]
        assert orders == sorted(orders)


@pytest.mark.clause("GR-F-20", "GR-A-13")
def test_both_formats_hold_the_same_definition(endpoint: Endpoint, as_json: str) -> None:
    """JSON is the image of the XML, values in their configured order."""
    xml, json = (definitions(endpoint, fmt) for fmt in ("xml", as_json))

    assert list(map(_attributes, xml)) == list(map(_attributes, json))
    assert [each.leaves for each in xml] == [each.leaves for each in json]


def _attributes(answer: Answer) -> list[dict]:
    attributes = (reports.only(each, FIELDS) for each in answer.plain["attributes"])
    return [each | {"values": each.get("values") or []} for each in attributes]


@pytest.mark.clause("GR-A-11", "GR-F-25")
def test_a_service_without_attributes_has_an_empty_definition(endpoint: Endpoint, fmt: str) -> None:
    """200 with attributes empty, although the call is not needed."""
    without = [s["service_code"] for s in reports.services(endpoint) if not s["metadata"]]
    if not without:
        pytest.skip("every service has attributes")
    answer = define(endpoint, without[0], fmt)

    assert answer.status == 200
    assert reports.only(answer.plain, ["service_code", "attributes"]) == {
        "service_code": without[0],
        "attributes": [],
    }


@pytest.mark.clause("GR-A-10", "GR-E-03", "GR-E-05")
def test_an_unknown_service_code_is_404(endpoint: Endpoint, fmt: str) -> None:
    """404 where the service_code does not exist, said in the errors document."""
    answer = define(endpoint, "no-such-service", fmt)

    assert answer.status == 404
    assert answer.blames("service_code")


@pytest.mark.clause("GR-A-14")
def test_a_code_in_the_path_is_percent_decoded(endpoint: Endpoint, fmt: str) -> None:
    """Any character of the path may come percent-encoded."""
    code = reports.services(endpoint)[0]["service_code"]
    encoded = "".join(f"%{byte:02X}" for byte in code.encode())
    answer = endpoint.get(f"services/{encoded}", fmt)

    assert answer.status == 200
    assert answer.plain["service_code"] == code


@pytest.mark.clause("GR-A-14")
@pytest.mark.parametrize("code", ["Works Dept:Pothole Repair", "a/b/c", "1.2.3", "a.json", "é☃"])
def test_odd_codes_in_the_path_are_only_unknown(endpoint: Endpoint, fmt: str, code: str) -> None:
    """Codes hold blanks, colons, slashes and dots elsewhere; the last dot begins the format."""
    answer = define(endpoint, code, fmt)

    assert answer.status == 404
    assert answer.format == fmt
