"""What clients send: query and body, in every form seen."""

import contextlib
import time
from urllib.parse import quote_from_bytes, urlencode

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.errors import Invalid, TooLarge
from open311.formats import form
from open311.formats.form import Form
from open311.formats.multipart import MOST_PARTS, File
from open311.spec import submission

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=XX"


def read(body=b"", content_type=FORM, query=b""):
    return form.read(body, content_type, query)


def pairs(body=b"", content_type=FORM, query=b""):
    return list(read(body, content_type, query).pairs)


def part(content, disposition='name="a"', *headers):
    lines = [f"Content-Disposition: form-data; {disposition}", *headers, "", ""]
    return b"--XX\r\n" + "\r\n".join(lines).encode() + content + b"\r\n"


def multipart(*parts, end=b"--XX--\r\n"):
    return b"".join(parts) + end


# --- application/x-www-form-urlencoded ----------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["", FORM, f"{FORM}; charset=utf-8", f'{FORM};charset="UTF-8"', f"{FORM}; charset='utf8'",
     f"{FORM}; charset=", "text/plain", "*/*", "nonsense", "text/html", "application/octet-stream",
     "application/json", "text/json; charset=utf-8", "application/xml", "text/xml",
     "multipart/form-data", 'multipart/form-data; boundary=""'],
)  # fmt: skip
def test_a_form_is_read_whatever_the_content_type_says(content_type):
    """Interop 14, 21."""
    body = b"service_code=001&description=a+b%26c%3D%C3%A9%F0%9F%98%80&attribute%5BA%5D=1&x"

    assert pairs(body, content_type) == [
        ("service_code", "001"), ("description", "a b&c=é😀"), ("attribute[A]", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a=1=2", [("a", "1=2")]),
        (b"a[]=1&a%5b%5d=2", [("a[]", "1"), ("a[]", "2")]),
        (b"&&a=1&=2&", [("a", "1")]),
        (b"a=+%20%0d%0a&b=%2B", [("b", "+")]),
        (b"a=1\r\n", [("a", "1\r\n")]),
        (b" \r\n", []),
        (b"", []),
        ("a=é".encode(), [("a", "é")]),
        (b"a=\xe9&b=%E9", [("a", "é"), ("b", "é")]),
        (b"a=%E9&b=%C3%A9", [("a", "é"), ("b", "Ã©")]),
        (b"%E9=%C3%A9", [("é", "Ã©")]),
        (b"a=%80%81", [("a", "€\x81")]),
        (b"a=%ED%A0%80", [("a", "í\xa0€")]),  # a surrogate is not UTF-8
        (b"a=%EF%BF%BD", [("a", "\ufffd")]),  # as it was sent
    ],
)
def test_a_field_is_decoded(body, expected):
    assert pairs(body) == expected
    assert list(form.pairs(body)) == expected


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("iso-8859-1", b"a=%E9\x80"), ("windows-1252", b"a=\xe9%80"),
        ("utf-8", b"a=%C3%A9%E2%82%AC"),
        ("utf-16", "a=%C3%A9€".encode("utf-16")), ("utf-16-le", "a=é€".encode("utf-16-le")),
        ("utf-32-be", "a=é€".encode("utf-32-be")), ("iso-8859-15", b"a=%E9%A4"),
    ],
)  # fmt: skip
def test_the_declared_charset_counts(charset, body):
    """Interop 17."""
    assert pairs(body, f"{FORM}; charset={charset}") == [("a", "é€")]


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"a=100%", FORM, "'%'"),
        (b"a=%4", FORM, "'%4'"),
        (b"a=%zz&b=1", FORM, "'%zz'"),
        (b"a=%\xff\xfe", FORM, "Malformed percent-encoding"),
        (b"%=1", FORM, "a percent sign is written %25"),
        (b"a=%C3", f"{FORM}; charset=utf-8", "not valid utf-8"),
        (b"a=1", f"{FORM}; charset=base64", "'base64' is not known"),
        (b"{", JSON, "not JSON"),
        (b"[" * 5000, JSON, "not JSON"),
        (b'{"a":' * 100_000, JSON, "not JSON"),
        (b'{"a": 1} x', JSON, "not JSON"),
        (b'{"a": \xff', JSON, "not JSON"),
        (b"[]", JSON, "not an object"),
        (b'"a"', JSON, "not an object"),
        (b"null", JSON, "not an object"),
        (b'{"lat": {"b": 1}}', JSON, "lat: it is neither"),
        (b'{"email": [["b"]]}', JSON, "email: it is neither"),
        (b'{"attribute": {"C": {"d": 1}}}', JSON, "attribute[C]: it is neither"),
        (b'{"attribute": [{"C": 1}]}', JSON, "attribute: it is neither"),
        (b"<a/>", "application/xml", "'application/xml' is not taken"),
        (b"<a/>", "text/xml; charset=utf-8", "'text/xml' is not taken"),
        (b"<a/>", "application/atom+xml", "is not taken"),
        (b" \n<request/>", "", "'XML' is not taken"),
        (b"<request/>", FORM, f"{FORM!r} is not taken"),
        (multipart(part(b"1")), "multipart/form-data", "no boundary"),
        (b"a=1", MULTIPART, "malformed"),
        (b"--XX\r\n", MULTIPART, "malformed"),
        (multipart(part(b"1"), end=b""), MULTIPART, "malformed"),
        (multipart(part(b"1")).replace(b"\r\n", b"\n"), MULTIPART, "malformed"),
        (b"--XX\r\n\r\n1\r\n--XX--", MULTIPART, "malformed"),
        (b"--XX\r\nno colon\r\n\r\n1\r\n--XX--", MULTIPART, "malformed"),
        (b"--XX\r\nContent-Disposition: attachment\r\n\r\n1\r\n--XX--", MULTIPART, "malformed"),
        (multipart(part(b"1", 'name="a"', "Content-Length: 9")), MULTIPART, "malformed"),
        (multipart(part(b"\xe9", 'name="a"', "Content-Type: text/plain; charset=UTF-8")), MULTIPART,
         "not valid UTF-8"),
        (multipart(part(b"1", 'name="a"', "Content-Type: text/plain; charset=rot13")), MULTIPART,
         "'rot13' is not known"),
        (b"a=1", "multipart/form-data; boundary=€", "malformed"),
        (multipart(part(b"1")), 'multipart/form-data; boundary=""', "no boundary"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(body, content_type, words):
    """GR-P-43, GR-F-32."""
    with pytest.raises(Invalid) as fault:
        read(body, content_type)

    (problem,) = fault.value.problems
    assert words in problem
    assert len(problem) < 200


def test_a_malformed_query_is_refused_whatever_the_body_is():
    with pytest.raises(Invalid, match="percent"):
        read(b"a=1", FORM, b"b=%")
    with pytest.raises(Invalid, match="percent"):
        form.pairs(b"b=%")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"&".join([b"a=1"] * (form.MOST_FIELDS + 1)), FORM),
        (b"&" * 200_000, FORM),
        (b'{"a": [%s]}' % b",".join([b"1"] * (form.MOST_FIELDS + 1)), JSON),
        (multipart(*[part(b"1")] * (MOST_PARTS + 1)), MULTIPART),
        (multipart(part(b"1", f'name="{"a" * 5000}"')), MULTIPART),
        (multipart(part(b"1", 'name="a"', *["X: y"] * 20)), MULTIPART),
    ],
)
def test_more_than_anybody_needs_is_too_large(body, content_type):
    with pytest.raises(TooLarge):
        read(body, content_type)


def test_texts_have_a_limit_together_and_files_are_none_of_them():
    """Names count, since they are as long as a client likes."""
    file = part(b"x" * 5000, 'name="media"; filename="a.jpg"')
    texts = [part(b"x" * 49), part(b"\xff\xfe" * 24 + b"x", 'name="b"')]

    assert len(form.read(multipart(file, *texts), MULTIPART, b"", 100).files) == 1
    with pytest.raises(TooLarge):
        form.read(multipart(file, *texts), MULTIPART, b"", 99)


def test_a_text_that_is_too_large_is_refused_before_it_is_decoded():
    body = multipart(part(b"\xf0\x9f\x98\x80" * 12_500_000))
    began = time.thread_time()  # of this processor, which others use, too
    with pytest.raises(TooLarge):
        read(body, MULTIPART)

    assert time.thread_time() - began < 1


def test_as_much_as_the_limits_say_is_read():
    assert len(pairs(b"&".join([b"a=1"] * form.MOST_FIELDS))) == form.MOST_FIELDS
    assert len(pairs(multipart(*[part(b"1")] * MOST_PARTS), MULTIPART)) == MOST_PARTS


# --- merging ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        (b"", b"a=1&b=2", [("a", "1"), ("b", "2")]),
        (b"a=1", b"b=2", [("a", "1"), ("b", "2")]),
        (b"a=1", b"a=2", [("a", "1")]),
        (b"a=", b"a=2", [("a", "2")]),
        (b"a=1&a=2", b"a=3&a=4", [("a", "1"), ("a", "2")]),
        (b"attribute[C]=1", b"attribute[C][]=2&attribute[D][0]=3",
         [("attribute[C]", "1"), ("attribute[D][0]", "3")]),
        (b"a=\xe9", b"b=%C3%A9", [("a", "é"), ("b", "é")]),
    ],
)  # fmt: skip
def test_body_and_query_are_merged_and_the_body_wins(body, query, expected):
    """Interop 14."""
    assert pairs(body, FORM, query) == expected


@pytest.mark.parametrize(
    ("body", "query", "keys"),
    [
        (b"a=1", b"", ()),
        (b"api_key=k", b"", ("k",)),
        (b"", b"api_key=k", ("k",)),
        (b"api_key=k", b"api_key=%20k%20", ("k",)),
        (b"api_key=k&api_key=l", b"api_key=m&api_key=k", ("k", "l", "m")),
        (b"api_key=", b"api_key=+", ()),
        (b"api_key=%00", b"", ()),
    ],
)
def test_every_api_key_is_kept_apart(body, query, keys):
    """Interop 14, 20; GR-P-22."""
    found = read(body, FORM, query)

    assert found.api_keys == keys
    assert "api_key" not in dict(found.pairs)
    assert "api_key" not in dict(form.pairs(query))


# --- multipart/form-data ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=XX", b"XX"),
        ('multipart/form-data; boundary="X X"', b"X X"),
        ("multipart/form-data; boundary=---=_Part_1.2==", b"---=_Part_1.2=="),
        ("Multipart/Form-Data;charset=utf-8;Boundary=a'()+_,-./:=?", b"a'()+_,-./:=?"),
        ("multipart/form-data; boundary=XX; charset=utf-8", b"XX"),
    ],
)
def test_a_multipart_body_is_read_whatever_its_boundary(content_type, boundary):
    """Interop 15."""
    body = multipart(part("é".encode())).replace(b"XX", boundary)

    assert pairs(body, content_type) == [("a", "é")]


def test_a_blank_line_before_the_closing_boundary_is_white_space():
    """Interop 15."""
    body = multipart(part(b"1"), part(b"2\r\n", 'name="b"'))

    assert pairs(body, MULTIPART) == [("a", "1"), ("b", "2\r\n")]
    assert submission.argument(pairs(body, MULTIPART), "b") == "2"


@pytest.mark.parametrize(
    ("headers", "content", "text"),
    [
        (["Content-Type: text/plain; charset=UTF-8"], "é€".encode(), "é€"),
        (["Content-Type: text/plain; charset=ISO-8859-1"], b"\xe9\x80", "é€"),
        (["Content-Type: text/plain; charset=utf-16"], "é€".encode("utf-16"), "é€"),
        (["content-type: multipart/form-data", "Content-Transfer-Encoding: 8bit"],
         "é€".encode(), "é€"),
        ([], "é€".encode(), "é€"),
        ([], b"\xe9\x80", "é€"),
    ],
)  # fmt: skip
def test_a_text_part_is_decoded_by_its_own_charset(headers, content, text):
    body = multipart(part(content, 'name="a"', *headers), part(b"ok", 'name="b"'))

    assert pairs(body, MULTIPART) == [("a", text), ("b", "ok")]


def test_parts_without_a_charset_take_that_of_the_body():
    body = multipart(part("é".encode()), part(b"x", 'name="b"'))

    assert pairs(body, f"{MULTIPART}; charset=iso-8859-1") == [("a", "Ã©"), ("b", "x")]


@pytest.mark.parametrize(
    ("disposition", "headers", "expected"),
    [
        ('name="media"; filename="a.jpg"', [], ("media", "a.jpg")),
        ('name="media[]"; filename="ü €.jpg"', [], ("media[]", "ü €.jpg")),
        ('name="photo1"; filename="C:\\dir\\a.jpg"', [], ("photo1", "a.jpg")),
        ('name="file_1"; filename=""', [], ("file_1", "")),
        ("name=media; filename*=utf-8''%C3%BC.jpg", [], ("media", "ü.jpg")),
        ('name="media"', ["Content-Type: image/jpeg"], ("media", "")),
        ('filename="a%0D%0Ab.jpg"', [], ("", "a b.jpg")),
    ],
)
def test_every_part_with_a_file_is_a_file(disposition, headers, expected):
    """GR-P-40."""
    content = b"\xff\xd8\r\n--X\r\n\x00"

    found = read(multipart(part(content, disposition, *headers)), MULTIPART)

    assert found == Form(files=(File(*expected, content),))


def test_an_empty_file_input_is_dropped():
    body = multipart(
        part(b"", 'name="media"; filename=""', "Content-Type: application/octet-stream"),
        part(b"", 'name="media"; filename="empty.jpg"'),
    )

    assert read(body, MULTIPART).files == (File("media", "empty.jpg", b""),)


def test_a_name_that_is_not_utf_8_is_read_as_windows_1252():
    body = multipart(part(b"1").replace(b'"a"', b'"attribute[\xe9]"'))

    assert pairs(body, MULTIPART) == [("attribute[é]", "1")]


def test_a_part_that_says_it_is_no_text_does_not_spoil_those_that_are():
    """All texts without a charset are UTF-8, or none is; what is no text has no say in it."""
    kind = "Content-Type: application/octet-stream"
    junk = part(b"\xff\xd8\xff\xe0", 'name="junk"', kind)

    assert pairs(multipart(part("é😀".encode()), junk), MULTIPART)[0] == ("a", "é😀")


@pytest.mark.parametrize("value", [{"type": "Point"}, [{"url": "x"}], [[1]]])
def test_a_member_that_nobody_knows_may_be_anything(value):
    """Interop 14: unknown fields are ignored."""
    for name in ("geometry", "media_urls", "attributes"):
        body = msgspec.json.encode({"service_code": "001", name: value})

        assert pairs(body, JSON) == [("service_code", "001")]
    for name in ("lat", "description", "attribute[A]"):
        with pytest.raises(Invalid, match="neither a value nor a list"):
            read(msgspec.json.encode({name: value}), JSON)


def test_a_multipart_body_merges_with_the_query():
    found = read(
        multipart(part(b"1"), part(b"k", 'name="api_key"')), MULTIPART, b"a=2&b=3&api_key=l"
    )

    assert found == Form(pairs=(("a", "1"), ("b", "3")), api_keys=("k", "l"))


def test_an_empty_body_with_a_multipart_content_type_leaves_the_query():
    assert pairs(b"", "multipart/form-data", b"a=1") == [("a", "1")]


# --- application/json ---------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8", "application/vnd.x+json"])
def test_a_json_object_is_the_same_form(content_type):
    """GR-P-44."""
    body = """\ufeff{"service_code": "001", "lat": 44.650, "long": -63e0, "x": true, "y": false,
        "n": 12345678901234567890123, "none": null, "blank": " ", "media_url": ["http://a", null],
        "attribute": {"C": "v", "M": ["a", "b"], "N": 1.0, "Z": null}, "api_key": "k"}""".encode()

    found = read(body, content_type, b"lat=1")

    assert found.api_keys == ("k",)
    assert found.pairs == (
        ("service_code", "001"), ("lat", "44.650"), ("long", "-63e0"), ("x", "true"),
        ("y", "false"), ("n", "12345678901234567890123"), ("media_url", "http://a"),
        ("attribute[C]", "v"), ("attribute[M]", "a"), ("attribute[M]", "b"),
        ("attribute[N]", "1.0"),
    )  # fmt: skip


def test_json_numbers_that_are_none_stay_words_and_surrogates_are_cleaned_later():
    found = pairs(b'{"lat": NaN, "long": -Infinity, "a": "\\ud800x", "attribute": "y"}', JSON)

    assert found == [("lat", "NaN"), ("long", "-Infinity"), ("a", "\ud800x"), ("attribute", "y")]
    assert submission.argument(found, "a") == "x"


# --- laws ---------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"))
TYPES = st.sampled_from(
    ["", FORM, JSON, MULTIPART, "text/xml", "text/plain", f"{FORM}; charset=utf-16",
     f"{FORM}; charset=iso-2022-jp", f"{FORM};charset=shift_jis", "multipart/form-data; boundary=;"]
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        [b"--XX", b"\r\n", b"--", b"\r\n--XX\r\n", b"\r\n--XX--",
         b"Content-Disposition: form-data;",
         b'name="a"', b'filename="f"', b"Content-Type: text/plain;charset=", b"utf-8", b"&", b"=",
         b"%", b"%41", b"{", b'"a":', b"}", b"[", b"]", b"<", b"1", b"api_key", b" "]
    )
    | st.binary(max_size=6)
).map(b"".join)  # fmt: skip


@given(st.binary() | PIECES, TYPES | TEXT, st.binary() | PIECES)
@example(b"--XX\r\n a: b\r\n\r\n--XX--", MULTIPART, b"")
@example(b"--XX\r\nContent-Length: \xb2\r\n\r\n--XX--", MULTIPART, b"")
def test_any_bytes_are_a_form_or_a_listed_fault(body, content_type, query):
    try:
        found = read(body, content_type, query)
    except (Invalid, TooLarge) as fault:
        assert all(fault.problems)  # noqa: PT017
        return

    assert all(name and value.strip() for name, value in found.pairs)
    assert all(map(str.strip, found.api_keys))


@given(st.binary() | PIECES)
@example(b"\xef\xbf\xbd")
def test_no_byte_is_lost_or_replaced(data):
    """Interop 17: never U+FFFD, unless it was sent."""
    ((_, text),) = pairs(b"a=." + quote_from_bytes(data, safe="").encode())

    assert text.encode() == b"." + data or len(text) == 1 + len(data)
    assert "\ufffd" not in text or b"\xef\xbf\xbd" in data


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_what_is_urlencoded_is_read_back(sent):
    expected = [(name, value) for name, value in sent if name and value.strip()]
    body = urlencode(sent).encode()

    assert list(form.pairs(body)) == [pair for pair in expected if pair[0] != "api_key"]
    if not body.startswith(b"<"):
        assert pairs(body) == [pair for pair in expected if pair[0] != "api_key"]


@given(TEXT.filter(str.strip))
def test_a_text_is_the_same_in_every_kind_of_body(text):
    as_form = pairs(b"a=" + quote_from_bytes(text.encode(), safe="").encode())
    as_part = pairs(multipart(part(text.encode())), MULTIPART)

    assert as_form == as_part == [("a", text)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=" + b"%41" * 333_332, FORM),
        (b"a=" + b"%" * 999_998, FORM),
        (b"a=" + b"+" * 999_998, FORM),
        (b"[" * 1_000_000, JSON),
        (b'{"a":' * 200_000, JSON),
        (b" " * 999_999 + b"<", FORM),
        (multipart(part(b"\r\n--X" * 2_000_000)), MULTIPART),
        (multipart(part(b"1", "name=" + "\\" * 4000)), MULTIPART),
        (b"\r" * 8_000_000, MULTIPART),
        (b"a=1", "multipart/form-data" + "; boundary" * 5000),
        (b"a=1", "a" + ";" + " " * 8000 + "x"),
    ],
)
def test_hostile_bodies_cost_linear_time(body, content_type):
    before = time.perf_counter()

    with contextlib.suppress(Invalid, TooLarge):
        read(body, content_type)

    assert time.perf_counter() - before < 1
