"""XML says what the document holds, and any parser reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from open311.formats import json, xml
from open311.spec import documents, w3c_datetime
from open311.spec.documents import ENTRY, ITEM, LEFT_OUT, Document
from tests import strategies

DOCUMENTS = (
    st.sampled_from(sorted(strategies.DOCUMENTS))
    .flatmap(strategies.DOCUMENTS.__getitem__)
    .filter(
        lambda document: b"<reporter/>" not in xml.encode(document)
    )  # a rule asks for something
)


def written(value: Any) -> str:
    """A leaf as both formats must show it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.7f}".rstrip("0").rstrip(".")
        case datetime():
            return w3c_datetime.show(value)
    return str(value)


def leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every leaf of a document with its name, in order."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            each = getattr(value, field)
            if each is not msgspec.UNSET and not (field in LEFT_OUT and each is None):
                yield from leaves(field, each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(ITEM[name], each)
    elif isinstance(value, dict):
        yield from entries(name, value)
    else:
        yield name, _number(name, written(value))


def entries(name: str, value: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every leaf of a mapping: its keys are as good as its values."""
    _, key, own = ENTRY[name]
    for each, code in value.items():
        yield from ((key, each), (own, code))


def of_document(document: Document) -> list[tuple[str, str]]:
    (root,) = document.__struct_fields__
    return list(leaves(root, getattr(document, root)))


def of_xml(root: Any) -> list[tuple[str, str]]:
    """Every leaf element, in order; an empty list has none."""
    return [
        (each.tag, _number(each.tag, each.text or ""))
        for each in root.iter()
        if len(each) == 0 and (each.text or each.tag not in (*ITEM, *ENTRY))
    ]


def of_json(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and name in ENTRY:
        yield from entries(name, value)
    elif isinstance(value, dict):
        for key, each in value.items():
            if not (key in LEFT_OUT and each is None):
                yield from of_json(key, each)
    elif isinstance(value, list):
        for each in value:
            yield from of_json(ITEM[name], each)
    else:
        yield name, _number(name, written(value))


def _number(name: str, text: str) -> str:
    """A number as both formats must show it, whether it was one or a text of digits."""
    if name not in ("lat", "long", "moved", "minimum", "maximum", "value", "item"):
        return text
    try:
        return written(float(text))
    except ValueError:
        return text


@given(DOCUMENTS)
def test_xml_and_json_hold_the_leaves_of_the_document_in_its_order(document: Document) -> None:
    (root,) = document.__struct_fields__
    expected = of_document(document)

    assert expected == of_xml(etree.fromstring(xml.encode(document)))
    assert expected == list(of_json(root, msgspec.json.decode(json.encode(document))))


@given(DOCUMENTS)
def test_two_parsers_read_the_same(document: Document) -> None:
    body = xml.encode(document)

    assert of_xml(etree.fromstring(body)) == of_xml(ElementTree.fromstring(body))


@given(DOCUMENTS)
def test_nothing_but_elements_and_text_is_written(document: Document) -> None:
    body = xml.encode(document)
    tree = etree.fromstring(body)

    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<')
    assert {type(each) for each in tree.iter()} == {etree._Element}
    assert not any(each.attrib or each.tail or each.nsmap for each in tree.iter())


def is_a_choice(element: Any) -> bool:
    """A `value` is the value of a condition, which may be a list, or an item of `values`."""
    return element.getparent() is not None and element.getparent().tag == "values"


ALONE = {("condition", "value"), ("change", "request")}
"""Parts that are called like the item of a list, and stand alone."""


@given(DOCUMENTS)
def test_items_are_always_named_as_the_standard_names_them(document: Document) -> None:
    for each in etree.fromstring(xml.encode(document)).iter():
        parent = each.getparent()
        if parent is not None and parent.tag in ITEM and not is_a_choice(parent):
            assert each.tag == ITEM[parent.tag]
        elif parent is not None and parent.tag in ENTRY:
            assert each.tag == ENTRY[parent.tag][0]
        elif parent is not None and (parent.tag, each.tag) not in ALONE:
            assert each.tag not in ITEM.values() or not len(each)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a & b < c > d", b"a &amp; b &lt; c &gt; d"),
        ("]]>", b"]]&gt;"),
        ("&amp;", b"&amp;amp;"),
        ("a\rb", b"a&#13;b"),
        ("\"'", b"\"'"),
        ("  a\tb\n", b"  a\tb\n"),
        ("é漢😀", "é漢😀".encode()),
    ],
)
def test_text_is_escaped_once_and_comes_back(text: str, shown: bytes) -> None:
    body = xml.encode(documents.Errors((documents.Error(400, text),)))

    assert shown in body
    assert text == etree.fromstring(body).findtext("error/description")


@pytest.mark.parametrize(
    ("document", "body"),
    [
        (documents.Services(()), b"<services/>"),
        (documents.ServiceRequests([]), b"<service_requests/>"),
        (
            documents.RedeemedTokens((documents.Redeemed(None, "t"),)),
            b"<service_requests><request><service_request_id/><token>t</token></request>"
            b"</service_requests>",
        ),
        (
            documents.ServiceDefinition(documents.Definition("001", ())),
            b"<service_definition><service_code>001</service_code><attributes/>"
            b"</service_definition>",
        ),
    ],
)
def test_what_is_empty_is_an_empty_element(document: Document, body: bytes) -> None:
    assert body == xml.encode(document).partition(b"\n")[2]
