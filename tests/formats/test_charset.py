"""The text that bytes stand for."""

import encodings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid
from open311.formats import charset


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF-8", "utf_8"), ("utf8", "utf_8"), ("ISO-8859-1", "latin_1"), ("latin1", "latin_1"),
        ("windows-1252", "cp1252"), ("US-ASCII", "ascii"), ("iso-8859-15", "iso8859_15"),
        ("Shift_JIS", "shift_jis"), ("koi8-u", "koi8_u"), ("UTF-16LE", "utf_16_le"), ("", ""),
    ],
)  # fmt: skip
def test_a_charset_has_a_codec(name, codec):
    assert charset.codec(name) == codec


@pytest.mark.parametrize(
    "name",
    ["base64", "rot13", "zlib", "bz2", "hex", "uu", "quopri", "idna", "punycode", "unicode_escape",
     "raw_unicode_escape", "undefined", "mbcs", "oem", "utf-7", "charmap", "aliases", "klingon",
     "../../x", "utf-8\x00", "😀", "x" * 9000],
)  # fmt: skip
def test_another_name_is_refused_and_not_remembered(name):
    remembered = len(encodings._cache)

    with pytest.raises(Invalid, match="is not known; use utf-8"):
        charset.decode([b"a"], name)
    assert len(encodings._cache) == remembered


@pytest.mark.parametrize("name", sorted(charset._CODECS))
def test_every_codec_of_the_table_is_one_of_python(name):
    assert charset.decode(["ab é".encode(name, "ignore")], name)[0].startswith("ab ")


@given(st.sampled_from(sorted(charset._CODECS)), st.binary())
def test_every_codec_reads_any_bytes_or_refuses_them(name, data):
    try:
        (text,) = charset.decode([data], name)
    except Invalid as fault:
        assert name in fault.problems[0]  # noqa: PT017
    else:
        assert text.encode().decode() == text


def test_undeclared_texts_are_all_utf_8_or_all_windows_1252():
    """Interop 17."""
    assert charset.decode(["é".encode(), b"a"], "") == ["é", "a"]
    assert charset.decode(["é".encode(), b"\xe9"], "") == ["Ã©", "é"]


@pytest.mark.parametrize("name", ["", "iso-8859-1", "windows-1252"])
def test_every_byte_is_a_character_of_windows_1252(name):
    (text,) = charset.decode([bytes(range(256))], name)

    assert len(set(text)) == 256
    assert text[0x80] == "€"
    assert text[0x81] == "\x81"
    assert text[0xE9] == "é"
    assert "\ufffd" not in text


def test_a_declared_charset_is_never_guessed():
    assert charset.decode(["é".encode()], "utf-8") == ["é"]
    with pytest.raises(Invalid, match="not valid UTF-8"):
        charset.decode([b"\xe9"], "UTF-8")
    with pytest.raises(Invalid, match="not valid us-ascii"):
        charset.decode([b"\xe9"], "us-ascii")


@given(st.text())
def test_text_comes_back_from_the_charset_it_was_sent_in(text):
    assert charset.decode([text.encode()], "") == [text]
    assert charset.decode([text.encode("utf-16")], "utf-16") == [text]
    assert charset.decode([text.encode("gb18030")], "gb18030") == [text]
