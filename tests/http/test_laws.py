"""What is posted comes back, in both formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes, urlencode
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from open311.actions import cities, keys
from open311.formats import folder
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, using
from tests.inprocess import FORM, Door
from tests.store.test_routings import OWN
from tests.validation import sound

WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)}
"""Windows-1252, and control characters where it has nothing."""

POISON = (
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\r\n\t\ud800\udfff\ufffe\uffff\u2028\u202e\ufeff😀אé]]>&<%+= "
)
TEXTS = st.text(st.sampled_from(POISON) | st.characters(exclude_categories=[]), max_size=40)
"""All of Unicode, lone surrogates too, and what breaks readers more often than that."""


def kept(texts: dict[str, bytes]) -> dict[str, str | None]:
    """What must be stored of the fields of a form, by the rules that interop 14, 17, 18 state."""
    try:
        read = {name: text.decode() for name, text in texts.items()}
    except UnicodeDecodeError:
        read = {name: "".join(map(WINDOWS.get, text)) for name, text in texts.items()}
    found = {}
    for name, text in read.items():
        fit = "".join(each for each in text if _fits_xml(ord(each)))
        fit = re.sub("\r\n?", "\n", fit).strip()
        if name != "description":
            fit = re.sub("[\n\x85\u2028\u2029]", " ", fit)
        found[name] = fit or None
    return found


def _fits_xml(code: int) -> bool:
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )


def form(**fields: bytes) -> bytes:
    return "&".join(f"{name}={quote_from_bytes(text)}" for name, text in fields.items()).encode()


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["xml", "json"]))
@example("\ud83d", "é", "", "xml")
@example("a\x0bb\ufffec", "a\r\nb\rc", "\x1c0\x85", "json")
@example("\ufeff\u202eאבג😀", "0", "false", "xml")
@settings(max_examples=150)
def test_what_is_posted_comes_back_character_for_character(
    door: Door, api_key: str, description: str, address: str, address_id: str, fmt: str
) -> None:
    texts = {
        "description": description.encode("utf-8", "surrogatepass"),
        "address_string": address.encode("utf-8", "surrogatepass"),
        "address_id": address_id.encode("utf-8", "surrogatepass"),
    }
    fixed = {"service_code": b"pothole", "lat": b"44.6", "long": b"-66.2"}
    body = form(api_key=api_key.encode(), **fixed, **texts)
    posted = door.ask("POST", f"requests.{fmt}", FORM, body)
    number = sound(posted, "submitted_requests")[0]["service_request_id"]

    expected = kept(texts)
    for each in ("xml", "json"):
        answer = door.ask("GET", f"requests/{number}.{each}")
        (found,) = sound(answer, "service_requests")
        assert expected["description"] == found["description"]
        assert expected["address_string"] == found["address"]
        assert expected["address_id"] == found["address_id"]
        if each == "xml":
            again = ElementTree.fromstring(answer.body).findtext("request/description") or None
            assert expected["description"] == again
        assert door.ask("GET", f"requests.{each}?service_request_id={number}").plain == [found]


@pytest.fixture(scope="module")
def anywhere(
    cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Door, str]]:
    """A city without a boundary, and a key of it."""
    path = tmp_path_factory.mktemp("anywhere")
    with copy_of(cluster, bare) as dsn:
        city = folder.read(small_city(path / "own", OWN))
        whole = msgspec.structs.replace(city, areas=())
        using(dsn, lambda each: cities.load(each, whole, NOW))
        key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW))
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield door, key


@given(
    st.integers(-900_000_000, 900_000_000) | st.integers(-1000, 1000),
    st.integers(-1_800_000_000, 1_800_000_000) | st.integers(-1000, 1000),
    st.sampled_from(["{:.7f}", "{:e}", "{:.9f}", "{!r}", "+{:.7f}"]),
)
def test_coordinates_come_back_to_a_centimetre_and_without_exponents(
    anywhere: tuple[Door, str], lat: int, long: int, style: str
) -> None:
    door, api_key = anywhere
    sent = [style.format(each / 1e7).replace("+-", "-") for each in (lat, long)]
    fields = {"api_key": api_key, "service_code": "light", "lat": sent[0], "long": sent[1]}
    body = urlencode(fields).encode()
    number = door.ask("POST", "requests.json", FORM, body).one["service_request_id"]

    # one ten-millionth is what the sixth decimal of `{:e}` keeps of a longitude
    near = 1e-4 if style == "{:e}" else 1e-7
    for fmt in ("xml", "json"):
        answer = door.ask("GET", f"requests/{number}.{fmt}")
        (found,) = sound(answer, "service_requests")
        assert float(found["lat"]) == pytest.approx(lat / 1e7, abs=near)
        assert float(found["long"]) == pytest.approx(long / 1e7, abs=near)
        assert not re.search(rb"(lat|long)\W+-?[\d.]+e", answer.body, re.IGNORECASE)
