"""How answers travel: squeezed where it is worth it, kept until a city changes."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import brotli
import pytest

from open311 import resources
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import load
from tests.inprocess import Door
from tests.validation import valid

OPENERS = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip;q=0", ""),
        ("deflate", ""),
        ("identity", ""),
        ("", ""),
        (",;,=;q", ""),
    ],
)
@pytest.mark.parametrize("fmt", ["xml", "json"])
def test_the_coding_is_one_that_the_client_takes(
    door: Door, accepted: str, coding: str, fmt: str
) -> None:
    plain = door.ask("GET", f"services.{fmt}")
    for _ in range(2):  # the second one from the rendered pages
        answer = door.ask("GET", f"services.{fmt}", (("accept-encoding", accepted),))

        assert (answer.header("content-encoding") or "") == coding
        assert answer.header("content-length") == str(len(answer.body))
        assert OPENERS.get(coding, bytes)(answer.body) == plain.body
        assert "accept-encoding" in str(answer.header("vary"))


def test_a_small_answer_is_not_squeezed(door: Door) -> None:
    answer = door.ask("GET", "requests/no-such-id.json", (("accept-encoding", "gzip"),))

    assert answer.header("content-encoding") is None


@pytest.mark.parametrize("fmt", ["xml", "json"])
@pytest.mark.parametrize("path", ["services", "discovery", "services/pothole", "requests"])
def test_head_has_the_headers_of_get_and_no_body(door: Door, path: str, fmt: str) -> None:
    for coding in ((), (("accept-encoding", "br"),), (("accept-encoding", "gzip"),)):
        door.desk.pages.clear()
        of_head, of_get = (door.ask(method, f"{path}.{fmt}", coding) for method in ("HEAD", "GET"))

        assert of_get.status == of_head.status == 200
        assert of_get.headers == of_head.headers
        assert of_get.body
        assert of_head.body == b""


def test_a_rendered_page_is_dropped_when_its_city_changes(dsn: str, tmp_path: Path) -> None:
    with inprocess.opened(dsn, tmp_path / "data", lambda: NOW) as door:
        before = [door.ask("GET", "services.json").body for _ in range(2)]
        load(dsn, small_city(tmp_path / "city", "other.example"), NOW)
        deadline = time.monotonic() + 2
        while (after := door.ask("GET", "services.json")).ok and time.monotonic() < deadline:
            pass

        assert before[0] == before[1]
        assert after.status == 400  # two cities now, and none was named
        assert b"jurisdiction_id" in after.body


def test_without_an_extension_accept_chooses_and_no_page_is_mistaken(door: Door) -> None:
    for _ in range(2):
        for accept, kind in (("application/json", "json"), ("text/xml", "xml"), ("*/*", "xml")):
            answer = door.ask("GET", "services", (("accept", accept),))
            assert answer.format == kind
            assert valid("services", kind, answer.body)


def test_the_city_of_the_demo_is_the_one_that_is_served(door: Door) -> None:
    listed = {each["service_code"] for each in door.ask("GET", "services.json").json}

    assert listed == {path.stem for path in (resources.DEMO / "services").glob("*.json")}
