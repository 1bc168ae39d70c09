"""XML is never taken as a question: whatever it says, it is refused unread. Source: trust 22."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inprocess import Door
from tests.validation import sound

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

ATTACKS = {
    "a file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file://{file}">]><r>&x;</r>',
    "a URL": '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:{port}/">]><r>&x;</r>',
    "a public identifier": '<!DOCTYPE r PUBLIC "-//x" "http://127.0.0.1:{port}/x.dtd"><r/>',
    "an external DTD": '<!DOCTYPE r SYSTEM "http://127.0.0.1:{port}/x.dtd"><r/>',
    "a parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:{port}/"> %x;]><r/>',
    "billion laughs": f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><r>&l9;</r>',
    "quadratic blow-up": f'<!DOCTYPE r [<!ENTITY a "{"a" * 50_000}">]><r>{"&a;" * 50_000}</r>',
    "a recursive entity": '<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]><r>&a;</r>',
    "XInclude": '<r xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file://{file}"/></r>',
    "a style sheet": '<?xml-stylesheet href="http://127.0.0.1:{port}/x.xsl" type="text/xsl"?><r/>',
    "a schema": '<r xmlns:s="http://www.w3.org/2001/XMLSchema-instance" '
    's:noNamespaceSchemaLocation="http://127.0.0.1:{port}/x.xsd"/>',
    "SOAP": '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    "deep elements": "<a>" * 100_000,
    "many attributes": "<r " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>",
    "much text": "<r>" + "x" * 900_000 + "</r>",
    "a report": "<request><service_code>pothole</service_code><lat>44.6</lat></request>",
}
DECLARATION = '<?xml version="1.0"?>\n'
TYPES = ["text/xml", "application/xml", "application/soap+xml; charset=utf-8", ""]


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    """A listener that nobody must call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_xml_body_is_refused_and_nothing_in_it_is_resolved(
    door: Door, api_key: str, canary: socket.socket, tmp_path: Path, name: str, content_type: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of the house")
    attack = ATTACKS[name].replace("{port}", str(canary.getsockname()[1]))
    body = (DECLARATION + attack.replace("{file}", str(secret))).encode()
    headers = (("x-api-key", api_key), ("content-type", content_type))

    began = time.perf_counter()
    answer = door.ask("POST", "requests.xml", headers, body)
    seconds = time.perf_counter() - began

    assert answer.status == 400, answer
    sound(answer, "submitted_requests")
    assert b"secret of" not in answer.body
    assert seconds < 0.5  # 0.05 on an idle machine
    with pytest.raises(BlockingIOError):
        canary.accept()


def test_fifty_megabytes_of_xml_are_too_large(door: Door, api_key: str) -> None:
    headers = (("x-api-key", api_key), ("content-type", "text/xml"))
    answer = door.ask("POST", "requests.xml", headers, b"<r>" + b"x" * 50_000_000)

    assert answer.status == 413
    sound(answer, "submitted_requests")
