"""What changed last, as a feed that RFC 4287 would have."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from open311.formats import atom
from open311.formats.atom import Feed
from open311.spec.documents import ServiceRequest
from tests import inprocess, strategies
from tests.conftest import NOW
from tests.http.test_exports import OWN, filled, rows
from tests.inprocess import Door

__all__ = ["filled"]

A, GEO = "{http://www.w3.org/2005/Atom}", "{http://www.georss.org/georss}"
RULES = etree.RelaxNG(
    etree.parse(
        io.BytesIO(
            b"""
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="feed"><attribute name="xml:lang"/><interleave>
    <ref name="id"/><ref name="title"/><ref name="updated"/>
    <oneOrMore><element name="author"><element name="name"><text/></element></element></oneOrMore>
    <zeroOrMore><ref name="link"/></zeroOrMore><zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></start>
  <define name="entry"><element name="entry"><interleave>
    <ref name="id"/><ref name="title"/><ref name="updated"/>
    <element name="published"><ref name="date"/></element>
    <oneOrMore><ref name="link"/></oneOrMore>
    <zeroOrMore><element name="category"><attribute name="term"/>
      <optional><attribute name="label"/></optional></element></zeroOrMore>
    <element name="summary"><text/></element>
    <optional><element name="point" ns="http://www.georss.org/georss"><list>
      <data type="decimal"><param name="minInclusive">-90</param>
        <param name="maxInclusive">90</param></data><data type="decimal"/></list></element>
    </optional>
  </interleave></element></define>
  <define name="id"><element name="id"><data type="anyURI"/></element></define>
  <define name="title"><element name="title"><text/></element></define>
  <define name="updated"><element name="updated"><ref name="date"/></element></define>
  <define name="date"><data type="dateTime"/></define>
  <define name="link"><element name="link"><attribute name="href"><data type="anyURI"/></attribute>
    <attribute name="rel"><choice><value>self</value><value>alternate</value><value>next</value>
      <value>previous</value><value>enclosure</value></choice></attribute>
    <optional><attribute name="type"><data type="string">
      <param name="pattern">.+/.+</param></data></attribute></optional>
  </element></define>
</grammar>"""
        )
    )
)
"""As much of the schema of RFC 4287, appendix B, as the feed uses."""


@pytest.fixture(scope="module")
def door(filled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with inprocess.opened(filled, tmp_path_factory.mktemp("door"), lambda: NOW) as door:
        yield door


def read(door: Door, question: str = "") -> Any:
    answer = door.ask("GET", f"requests.atom?jurisdiction_id={OWN}{question}")
    assert (answer.status, answer.header("content-type")) == (
        200,
        "application/atom+xml; charset=utf-8",
    )
    tree = etree.fromstring(answer.body)
    RULES.assertValid(tree)
    return tree


def links(tree: Any) -> dict[str, str]:
    return {each.get("rel"): each.get("href") for each in tree.findall(f"{A}link")}


@pytest.mark.parametrize(
    "question",
    ["", "&service_code=tree", "&status=open", "&q=twice", "&service_request_id=none", "&page=2"],
)
def test_the_feed_is_valid_and_led_by_what_changed_last(door: Door, question: str) -> None:
    tree = read(door, question)
    times = [each.text for each in tree.iterfind(f"{A}entry/{A}updated")]

    assert times == sorted(times, reverse=True)
    assert len(times) <= 50
    assert links(tree)["alternate"].startswith("http://127.0.0.1:8311/open311/v2/requests.xml?")
    if times:
        assert tree.findtext(f"{A}updated") == times[0]


def test_the_pages_of_a_feed_hold_everything_once(door: Door) -> None:
    path, ids = f"/open311/v2/requests.atom?jurisdiction_id={OWN}&page_size=30", []
    while path:
        tree = etree.fromstring(door.ask("GET", path).body)
        ids += [each.text for each in tree.iterfind(f"{A}entry/{A}id")]
        path = links(tree).get("next", "").removeprefix("http://127.0.0.1:8311")

    ours = [row for row in rows() if row["jurisdiction_id"] == OWN and row["service_request_id"]]
    assert len(ids) == len(set(ids)) == len(ours)
    answer = door.ask("GET", ids[0].removeprefix("http://127.0.0.1:8311"))
    assert answer.status == 200


def test_what_is_asked_wrongly_is_refused_as_xml(door: Door) -> None:
    answer = door.ask("GET", f"requests.atom?jurisdiction_id={OWN}&start_date=x")

    assert (answer.status, answer.header("content-type")) == (400, "text/xml; charset=utf-8")


@given(st.lists(strategies.of(ServiceRequest), max_size=3), strategies.TEXTS)
def test_every_text_comes_through(found: list[ServiceRequest], name: str) -> None:
    when = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    feed = Feed(name, name, "en", when, {"self": f"https://x/?q={name}"}, "https://x/", "?a&b")
    tree = etree.fromstring(atom.encode(feed, found))

    assert (tree.findtext(f"{A}title"), links(tree)["self"]) == (name, f"https://x/?q={name}")
    for entry, request in zip(tree.findall(f"{A}entry"), found, strict=True):
        kind, status = entry.findall(f"{A}category")
        assert (kind.get("term"), kind.get("label")) == (request.service_code, request.service_name)
        assert status.get("term") == request.status
        assert (request.description or "") in entry.findtext(f"{A}summary")
        point = entry.findtext(f"{GEO}point")
        if request.lat is not None and request.long is not None:
            assert tuple(map(float, point.split())) == (request.lat, request.long)
        else:
            assert point is None
