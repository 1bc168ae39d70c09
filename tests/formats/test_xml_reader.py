"""XML of others: read as the JSON that it stands for, or refused in words, and never obeyed."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.formats import json as json_format
from open311.formats import xml, xml_reader
from open311.formats.json_file import Fault
from open311.spec.documents import ServiceDefinition, Services
from tests.http.test_xml_attacks import ATTACKS, DECLARATION
from tests.strategies import of

MEANT = {  # what is no attack, and what it says
    "XInclude": {"r": {"include": None}},
    "a style sheet": {"r": None},
    "a schema": {"r": None},
    "SOAP": {"Envelope": {"Body": None}},
    "many attributes": {"r": None},
    "much text": {"r": "x" * 900_000},
    "a report": {"request": {"service_code": "pothole", "lat": "44.6"}},
}


def parsed(text: str | bytes) -> Any:
    value, faults = xml_reader.parse(text if isinstance(text, bytes) else text.encode())
    assert faults == []
    return value


def bare(value: Any) -> Any:
    """JSON as XML can say it: text without the white space at its ends, nothing for nothing."""
    match value:
        case dict():
            return {name: bare(each) for name, each in value.items()}
        case list():
            return [bare(each) for each in value] or None
        case str():
            return value.strip() or None
    return value


@given(of(Services) | of(ServiceDefinition))
def test_what_we_write_as_xml_is_read_as_what_we_write_as_json(
    document: Services | ServiceDefinition,
) -> None:
    (root,) = document.__struct_fields__

    assert parsed(xml.encode(document)) == {root: bare(json.loads(json_format.encode(document)))}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<a/>", {"a": None}),
        ("<a> x\n </a>", {"a": "x"}),
        ("<a><!-- no -->x<!-- no -->y</a>", {"a": "xy"}),
        ("<a><![CDATA[<b>]]></a>", {"a": "<b>"}),
        ("<a>&amp;&#233;</a>", {"a": "&é"}),
        ("<x:a xmlns:x='u'><x:b is='not told'>1</x:b></x:a>", {"a": {"b": "1"}}),
        ("<values><value/></values>", {"values": [None]}),
        ("<groups><group>A</group></groups>", {"groups": ["A"]}),
        ("<categories><category>A</category></categories>", {"categories": ["A"]}),
        ("<a><b>1</b></a>", {"a": {"b": "1"}}),
        ("<a><b>1</b><b>2</b></a>", {"a": ["1", "2"]}),
        ("<a><b>1</b><c/><b>2</b></a>", {"a": {"b": ["1", "2"], "c": None}}),
        ("<metadata>TRUE</metadata>", {"metadata": True}),
        ("<required>perhaps</required>", {"required": "perhaps"}),
        ("<order>07</order>", {"order": 7}),
        ("<order>-1</order>", {"order": "-1"}),
        ("<code>007</code>", {"code": "007"}),
    ],
)
def test_an_element_is_the_value_that_json_would_have_said(text: str, value: Any) -> None:
    assert parsed(text) == value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_text_is_in_the_charset_that_the_document_declares(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'

    assert parsed(text.encode(encoding)) == {"a": "é"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not XML: Document is empty"),
        (b"plain", "not XML: Start tag expected"),
        (b"<a>\n<b>", "not XML: Premature end of data"),
        (b"<a>\n\xff</a>", "not XML: "),
        (b"<a>\n&b;</a>", "not XML: Entity 'b' not defined"),
        (b"<a>\n\x0b</a>", "not XML: PCDATA invalid Char value 11"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "not XML: Unsupported encoding"),
        (b"<a>" * 1000, "not XML: Excessive depth"),
        (b"<a>" * 50 + b"</a>" * 50, "is nested too deeply"),
    ],
)
def test_what_is_no_xml_is_told_in_words(text: bytes, words: str) -> None:
    value, faults = xml_reader.parse(text)

    assert value is msgspec.UNSET
    assert words in faults[0].text


def test_a_fault_of_syntax_is_told_with_its_line() -> None:
    _, faults = xml_reader.parse(b"<a>\n<b>&</b>\n</a>")

    assert faults == [Fault("not XML: xmlParseEntityRef: no name", line=2)]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_or_means_nothing_and_nobody_is_called(
    tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of the house")
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        attack = ATTACKS[name].replace("{port}", str(canary.getsockname()[1]))
        text = DECLARATION + attack.replace("{file}", str(secret))
        began = time.perf_counter()
        value, faults = xml_reader.parse(text.encode())

        assert time.perf_counter() - began < 1
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert value == MEANT.get(name, msgspec.UNSET)
    assert bool(faults) == (name not in MEANT)
    assert "secret" not in str(faults) + str(value)


@given(st.binary(max_size=200) | st.text("<>/ab &;'\"=!-[]", max_size=60).map(str.encode))
def test_anything_is_read_or_told(content: bytes) -> None:
    value, faults = xml_reader.parse(content)

    assert (value is msgspec.UNSET) == bool(faults)
