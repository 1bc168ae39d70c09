"""POST Service Request: attributes in every form that clients send.

No answer shows a submitted attribute, so a form is shown to be read by what it brings about: a
required attribute counts as answered, a wrong key is refused.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import FORM, Endpoint, encode
from tests.conformance.wire import Answer

WRONG = "no-such-key"

FORMS = {
    "repeated": "attribute[{c}]={a}&attribute[{c}]={b}",
    "empty brackets": "attribute[{c}][]={a}&attribute[{c}][]={b}",
    "numbered": "attribute[{c}][0]={a}&attribute[{c}][1]={b}",
    "numbered, encoded": "attribute%5B{c}%5D%5B0%5D={a}&attribute%5B{c}%5D%5B1%5D={b}",
    "empty brackets, encoded": "attribute%5b{c}%5d%5b%5d={a}&attribute%5b{c}%5d%5b%5d={b}",
    "comma": "attribute[{c}]={a}%2C{b}",
}
SINGLES = ["attribute[{c}]={a}", "attribute%5B{c}%5D={a}"]


def post_raw(endpoint: Endpoint, fmt: str, code: str, raw: str, *without: str) -> Answer:
    """POST a good report for a service, some attributes replaced by raw text."""
    report = reports.fields(endpoint, {"service_code": code})
    for name in without:
        report.pop(f"attribute[{name}]", None)
    body = encode(endpoint.credentials() | report) + "&" + raw
    return endpoint.post_body(body.encode("ascii"), FORM, fmt)


def post(endpoint: Endpoint, fmt: str, code: str, attribute: str, value: Any) -> Answer:
    """POST a good report for a service with one attribute set."""
    changes = {"service_code": code, f"attribute[{attribute}]": value}
    return endpoint.post(reports.fields(endpoint, changes), fmt)


def required(endpoint: Endpoint) -> tuple[str, dict[str, Any]]:
    """A service and one of its required attributes, of whatever datatype."""
    for code in reports.with_attributes(endpoint):
        for each in reports.attributes(endpoint, code):
            if each["required"] and each["variable"]:
                return code, each
    pytest.skip("no service has a required attribute")


def keys(attribute: dict[str, Any]) -> list[str]:
    """What may be submitted for a list."""
    return [value["key"] for value in attribute["values"]]


def encoded(a: str, b: str = "") -> dict[str, str]:
    """Two values, percent-encoded."""
    return {"a": encode({"": a})[1:], "b": encode({"": b})[1:]}


@pytest.mark.clause("GR-P-03", "GR-P-36", "GR-E-05")
@pytest.mark.parametrize("value", [None, ""])
def test_a_required_attribute_must_be_answered(
    endpoint: Endpoint, fmt: str, value: str | None
) -> None:
    """Absent or empty, the report is refused, and the error names the attribute."""
    code, attribute = required(endpoint)
    answer = post(endpoint, fmt, code, attribute["code"], value)

    assert answer.status == 400
    assert answer.blames(attribute["code"])


@pytest.mark.clause("GR-P-09")
@pytest.mark.parametrize("form", SINGLES)
def test_one_value_is_sent_in_brackets(endpoint: Endpoint, fmt: str, form: str) -> None:
    """attribute[C]=v, brackets raw or encoded, answers a required attribute."""
    code, each = required(endpoint)
    raw = form.format(c=each["code"], **encoded(reports.answer(each)))

    assert post_raw(endpoint, fmt, code, raw, each["code"]).ok


@pytest.mark.clause("GR-P-10", "IO-16")
@pytest.mark.parametrize("form", ["attribute[{c}][]={a}", "attribute[{c}][0]={a}"])
def test_one_value_may_be_sent_as_a_list(endpoint: Endpoint, fmt: str, form: str) -> None:
    """A client that knows lists only sends a list of one."""
    code, each = required(endpoint)
    raw = form.format(c=each["code"], **encoded(reports.answer(each)))

    assert post_raw(endpoint, fmt, code, raw, each["code"]).ok


@pytest.mark.clause("GR-P-10")
@pytest.mark.parametrize("form", ["attributes[{c}]={a}", "attribute.{c}={a}", "attribute[{x}]={a}"])
def test_other_spellings_are_unknown_fields(endpoint: Endpoint, fmt: str, form: str) -> None:
    """attributes[C] and a code in other case are ignored, so the required one is missing."""
    code, each = required(endpoint)
    if each["code"].swapcase() == each["code"] and "{x}" in form:
        pytest.skip("the code has no letters")
    raw = form.format(c=each["code"], x=each["code"].swapcase(), **encoded(reports.answer(each)))
    answer = post_raw(endpoint, fmt, code, raw, each["code"])

    assert answer.status == 400
    assert answer.blames(each["code"])


@pytest.mark.clause("GR-P-09")
def test_several_values_are_sent_with_empty_brackets(endpoint: Endpoint, fmt: str) -> None:
    """attribute[C][]=a&attribute[C][]=b for a multivaluelist."""
    code, each = reports.asking(endpoint, "multivaluelist")
    a, b = keys(each)[:2]
    raw = FORMS["empty brackets"].format(c=each["code"], **encoded(a, b))

    assert post_raw(endpoint, fmt, code, raw, each["code"]).ok


@pytest.mark.clause("GR-P-10", "IO-16")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_list_is_accepted(endpoint: Endpoint, fmt: str, form: str) -> None:
    """Repeated, with brackets, numbered, or with commas: all seen in clients."""
    code, each = reports.asking(endpoint, "multivaluelist")
    raw = FORMS[form].format(c=each["code"], **encoded(*keys(each)[:2]))

    assert post_raw(endpoint, fmt, code, raw, each["code"]).status == 200


@pytest.mark.clause("GR-P-10", "GR-P-11", "IO-16")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_list_is_read_to_its_end(endpoint: Endpoint, fmt: str, form: str) -> None:
    """A wrong key in second place is seen, in every form."""
    code, each = reports.asking(endpoint, "multivaluelist")
    raw = FORMS[form].format(c=each["code"], **encoded(keys(each)[0], WRONG))
    answer = post_raw(endpoint, fmt, code, raw, each["code"])

    assert answer.status == 400
    assert answer.blames(each["code"])


@pytest.mark.clause("GR-P-11")
@pytest.mark.parametrize("form", FORMS)
def test_a_single_list_takes_one_value(endpoint: Endpoint, fmt: str, form: str) -> None:
    """Two different values for a singlevaluelist are refused, in every form."""
    code, each = reports.asking(endpoint, "singlevaluelist")
    raw = FORMS[form].format(c=each["code"], **encoded(*keys(each)[:2]))
    answer = post_raw(endpoint, fmt, code, raw, each["code"])

    assert answer.status == 400
    assert answer.blames(each["code"])


@pytest.mark.clause("GR-P-11")
@pytest.mark.parametrize("datatype", ["singlevaluelist", "multivaluelist"])
def test_a_list_takes_its_keys_only(endpoint: Endpoint, fmt: str, datatype: str) -> None:
    """Each key is accepted; its name, which is only shown, is not."""
    code, each = reports.asking(endpoint, datatype)
    name = next((v["name"] for v in each["values"] if v["name"] not in keys(each)), WRONG)
    answer = post(endpoint, fmt, code, each["code"], name)

    assert post(endpoint, fmt, code, each["code"], keys(each)[-1]).ok
    assert answer.status == 400
    assert answer.blames(each["code"])


@pytest.mark.clause("GR-P-11", "GR-F-31")
@pytest.mark.parametrize("datatype", sorted([*reports.ANSWERS, "singlevaluelist"]))
def test_an_optional_attribute_may_be_empty(endpoint: Endpoint, fmt: str, datatype: str) -> None:
    """FixMyStreet sends attribute[C]= where nothing was picked: not answered."""
    code, each = reports.asking(endpoint, datatype, required=False)

    assert post(endpoint, fmt, code, each["code"], "").ok


@pytest.mark.clause("GR-P-12")
@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("number", "3"), ("number", "-0.5"), ("number", "12.75"),
        ("datetime", "2026-01-02T03:04:05Z"), ("datetime", "2026-01-02T03:04:05+02:00"),
        ("datetime", "2026-01-02T03:04:05"), ("string", "One line, “quoted” <&>"),
        ("text", "Two\nlines"), ("text", "Two\r\nlines"),
    ],
)  # fmt: skip
def test_a_right_value_is_accepted(endpoint: Endpoint, fmt: str, datatype: str, value: str) -> None:
    """number: decimal; datetime: ISO 8601 with or without offset; string: a line; text: any."""
    code, each = reports.asking(endpoint, datatype)

    assert post(endpoint, fmt, code, each["code"], value).status == 200


@pytest.mark.clause("GR-P-12")
@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("number", "many"), ("number", "1,5"), ("number", "NaN"), ("number", "Infinity"),
        ("number", "0x10"), ("datetime", "yesterday"), ("datetime", "2026-02-30T00:00:00Z"),
        ("datetime", "01/02/2026"), ("string", "Two\nlines"), ("string", "Two\rlines"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_400(endpoint: Endpoint, fmt: str, datatype: str, value: str) -> None:
    """What is not of the datatype is refused, and the error names the attribute."""
    code, each = reports.asking(endpoint, datatype)
    answer = post(endpoint, fmt, code, each["code"], value)

    assert answer.status == 400
    assert answer.blames(each["code"])


@pytest.mark.clause("GR-P-13")
@pytest.mark.parametrize("name", ["attribute[NO-SUCH]", "attribute[]", "attribute[", "attribute"])
def test_unknown_attributes_are_ignored(endpoint: Endpoint, fmt: str, name: str) -> None:
    """Codes that the definition does not hold are accepted and left aside."""
    assert endpoint.post(reports.fields(endpoint, {name: "x"}), fmt).status == 200


@pytest.mark.clause("GR-A-12")
def test_a_shown_text_is_never_demanded(endpoint: Endpoint, fmt: str) -> None:
    """An attribute with variable=false is only shown, whatever its required says."""
    for code in reports.with_attributes(endpoint):
        if any(each["variable"] is False for each in reports.attributes(endpoint, code)):
            break
    else:
        pytest.skip("no service has an attribute with variable=false")

    report = reports.fields(endpoint, {"service_code": code})
    assert endpoint.post(report, fmt).ok
