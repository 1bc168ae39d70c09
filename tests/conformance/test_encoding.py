"""Text: every character comes back in both formats, or is refused."""

from __future__ import annotations

import re

import pytest

from tests.conformance import reports
from tests.conformance.endpoint import FORM, Endpoint, encode
from tests.conformance.wire import Answer

TEXTS = {
    "accents": "naïve façade à Zürich, Øresund",
    "emoji": "😀 👩🏽‍🚒 🏳️‍🌈 𐍈",
    "markup": "<b>&amp;</b> & < > ]]> <![CDATA[x]]> <!-- --> <?pi?> &#65; &lt;",
    "quotes": "\"double\" 'single' \\back\\slash / \\u0041 \\n",
    "right to left": "שלום עולם مرحبا \u202ebidi\u202c \u200f.",
    "combining": "e\u0301 a\u0308 \u1112\u1161\u11ab",
    "chinese": "漢字かな交じり文 한국어",
    "form characters": "a+b c%20d e=f&g;h#i?j %zz",
    "lines": "first\nsecond\n\nfourth\ttabbed",
    "looks like another type": "null",
    "leading zeros": "007",
    "line separators": "a\u2028b\u2029c\u0085d",
    "no-break space": "a\u00a0b\ufeffc",
    "last of the plane": "\ue000 \U0001fffd \U0010fffd",
}
STRIPPED = {
    "C0 controls": "a\x01b\x08c\x0bd\x0ce\x0ef\x1fg",
    "non-characters": "a\ufffeb\uffffc",
}
LINE_ENDS = {"CRLF": "a\r\nb\r\n\r\nc", "CR": "a\rb\r\rc", "mixed": "a\r\nb\rc\nd"}


def stored(endpoint: Endpoint, text: str, fmt: str) -> str:
    """Post a description and read it back, without the mark that makes it the only one."""
    mark = f"{reports.nonce()}."
    back = reports.stored(endpoint, {"description": f"{mark}{text}.{mark}"}, fmt)["description"]
    assert back.startswith(mark)
    assert back.endswith(f".{mark}")
    return back.removeprefix(mark).removesuffix(f".{mark}")


def post_bytes(endpoint: Endpoint, fmt: str, description: bytes, content_type: str) -> Answer:
    """POST a good report whose description is these bytes, percent-encoded."""
    report = endpoint.credentials() | reports.fields(endpoint, {"description": None})
    escaped = "".join(f"%{byte:02X}" for byte in reports.nonce().encode() + description)
    body = encode(report) + f"&description={escaped}"
    return endpoint.post_body(body.encode(), content_type, fmt)


def text_of(endpoint: Endpoint, answer: Answer, fmt: str) -> str:
    """The description that was stored, without its mark of 32 letters."""
    assert answer.status == 200, answer
    return reports.read(endpoint, answer.one["service_request_id"], fmt)["description"][32:]


@pytest.mark.clause("GR-F-32")
@pytest.mark.parametrize("name", ["accents", "right to left", "chinese", "form characters"])
def test_text_is_utf_8(endpoint: Endpoint, fmt: str, name: str) -> None:
    """All text of clients is taken as UTF-8, and comes back so."""
    assert stored(endpoint, TEXTS[name], fmt) == TEXTS[name]


@pytest.mark.clause("GR-F-33", "GR-F-12", "GR-F-16", "IO-18")
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_comes_back_as_it_was_sent(endpoint: Endpoint, fmt: str, text: str) -> None:
    """Escaped once, four bytes and all, in both formats."""
    assert stored(endpoint, text, fmt) == text


@pytest.mark.clause("GR-F-14", "IO-18")
@pytest.mark.parametrize("text", STRIPPED.values(), ids=STRIPPED.keys())
def test_what_xml_cannot_carry_is_stripped(endpoint: Endpoint, fmt: str, text: str) -> None:
    """Stripped before it is stored, so that both formats agree and lists stay readable."""
    assert stored(endpoint, text, fmt) == re.sub(r"[^a-z]", "", text)


@pytest.mark.clause("GR-F-14", "IO-18")
def test_nul_is_refused_or_stripped(endpoint: Endpoint, fmt: str) -> None:
    """A NUL is refused with a 400, or goes as every other control."""
    answer = post_bytes(endpoint, fmt, b"a\x00b", FORM)

    assert answer.status in (200, 400)
    assert answer.status == 400 or text_of(endpoint, answer, fmt) == "ab"


@pytest.mark.clause("GR-F-15", "IO-18")
@pytest.mark.parametrize("text", LINE_ENDS.values(), ids=LINE_ENDS.keys())
def test_line_ends_become_lf(endpoint: Endpoint, fmt: str, text: str) -> None:
    """XML parsers would do so anyway, and the formats would differ."""
    assert stored(endpoint, text, fmt) == re.sub(r"\r\n?", "\n", text)


@pytest.mark.clause("GR-F-32d", "IO-17")
@pytest.mark.parametrize(
    ("charset", "sent", "expected"),
    [
        ("iso-8859-1", b"caf\xe9", "café"),
        ("windows-1252", b"\x93caf\xe9\x94 \x80", "“café” €"),
        ("utf-8", "café €".encode(), "café €"),
        ("UTF-8", "😀".encode(), "😀"),
        ('"utf-8"', "é".encode(), "é"),
    ],
)
def test_a_declared_charset_is_heeded(
    endpoint: Endpoint, fmt: str, charset: str, sent: bytes, expected: str
) -> None:
    """The body says how its bytes are to be read."""
    answer = post_bytes(endpoint, fmt, sent, f"{FORM}; charset={charset}")

    assert text_of(endpoint, answer, fmt) == expected


@pytest.mark.clause("IO-17")
@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"caf\xe9", "café"), (b"\x93caf\xe9\x94 \x80", "“café” €"), ("€".encode(), "€")],
)
def test_undeclared_text_is_utf_8_or_else_windows_1252(
    endpoint: Endpoint, fmt: str, sent: bytes, expected: str
) -> None:
    """A client in use posts Latin-1 unannounced; its report must not be lost for an é."""
    answer = post_bytes(endpoint, fmt, sent, FORM)

    assert text_of(endpoint, answer, fmt) == expected


@pytest.mark.clause("GR-F-32d")
@pytest.mark.parametrize("sent", [b"caf\xe9", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_text_that_belies_its_charset_is_400(endpoint: Endpoint, fmt: str, sent: bytes) -> None:
    """What says UTF-8 and is not is refused: no guess, no U+FFFD."""
    answer = post_bytes(endpoint, fmt, sent, f"{FORM}; charset=utf-8")

    assert answer.status == 400
    assert answer.format == fmt


@pytest.mark.clause("IO-17")
@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        (b"\x81\x8d\x8f\x90\x9d", FORM),
        (b"\xff\xfe\x00\xd8", FORM),
        (b"x", f"{FORM}; charset=no-such-charset"),
        (b"x", f"{FORM}; charset="),
        (b"x", f"{FORM}; charset=idna"),
        (b"x", f"{FORM}; charset=base64"),
    ],
)
def test_hopeless_text_is_never_a_500(
    endpoint: Endpoint, fmt: str, sent: bytes, content_type: str
) -> None:
    """Stored without U+FFFD, or refused with a 400."""
    answer = post_bytes(endpoint, fmt, sent, content_type)

    assert answer.status in (200, 400)
    assert answer.status == 400 or "\ufffd" not in text_of(endpoint, answer, fmt)


@pytest.mark.clause("GR-F-32d")
@pytest.mark.parametrize("escape", ["%ZZ", "%4", "%"])
def test_a_malformed_escape_is_400(endpoint: Endpoint, fmt: str, escape: str) -> None:
    """A percent sign that begins no escape is a broken body."""
    body = encode(endpoint.credentials() | reports.fields(endpoint)) + f"&email=a{escape}"

    assert endpoint.post_body(body.encode(), FORM, fmt).status == 400


@pytest.mark.clause("GR-F-26", "GR-F-10")
def test_answers_are_utf_8_without_a_mark(endpoint: Endpoint, fmt: str) -> None:
    """No byte order mark; XML begins with its declaration at the first byte."""
    answer = endpoint.get("services", fmt)

    answer.body.decode("utf-8")
    assert answer.body.startswith(b"<?xml" if fmt == "xml" else b"[")


@pytest.mark.clause("GR-F-33")
def test_other_fields_carry_every_character_too(endpoint: Endpoint, fmt: str) -> None:
    """An address is text as a description is."""
    address = f"Ёлкина ул. 5 & <7>, 東京 😀 {reports.nonce()}"
    request = reports.stored(endpoint, {"address_string": address}, fmt)

    assert address in request["address"]
