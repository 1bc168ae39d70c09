"""The fields of POST requests."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from open311.spec import submission

POINT = [("lat", "37.76524078"), ("long", "-122.4212043")]
GOOD = [("service_code", "001"), *POINT]


def read(*pairs):
    return submission.read(pairs)


def faults(*pairs):
    """The arguments at fault."""
    return [problem.partition(":")[0] for problem in read(*pairs)[1]]


# --- texts --------------------------------------------------------------------------------------


def test_the_published_example_is_read_whole():
    found, problems = read(
        *GOOD,
        ("address_string", "1234 5th street"),
        ("email", "smit333@sfgov.edu"),
        ("device_id", "tt222111"),
        ("account_id", "123456"),
        ("first_name", "john"),
        ("last_name", "smith"),
        ("phone", "111111111"),
        ("description", "A large sinkhole is destroying the street"),
        ("media_url", "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg "),
        ("attribute[WHISPAWN]", "123456"),
        ("attribute[WHISDORN]", "COISL001"),
    )

    assert problems == ()
    assert found == submission.Submission(
        service_code="001",
        lat=37.7652408,
        long=-122.4212043,
        address_string="1234 5th street",
        email="smit333@sfgov.edu",
        device_id="tt222111",
        account_id="123456",
        first_name="john",
        last_name="smith",
        phone="111111111",
        description="A large sinkhole is destroying the street",
        media_url="http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg",
        attributes={"WHISPAWN": ("123456",), "WHISDORN": ("COISL001",)},
    )


def test_nothing_at_all_names_what_is_required():
    found, problems = read()

    assert found == submission.Submission(service_code="")
    assert [problem.partition(" ")[0] for problem in problems] == ["service_code:", "lat,"]


def test_the_first_value_that_is_not_empty_counts():
    pairs = [("description", " \r\n"), ("description", "\x00"), ("description", "one"),
             ("description", "two")]  # fmt: skip

    assert read(*GOOD, *pairs)[0].description == "one"
    assert submission.argument(pairs, "description") == "one"
    assert submission.argument(pairs, "Description") is None


@pytest.mark.parametrize("name", submission.LENGTHS)
def test_a_field_takes_as_many_characters_as_its_table_says(name):
    longest = ("http://a/" if name == "media_url" else "😀").ljust(submission.LENGTHS[name], "é")

    assert getattr(read(*GOOD, (name, longest + " "))[0], name) == longest
    assert faults(*GOOD, (name, longest + "x")) == [name]


def test_an_address_that_is_too_long_is_still_a_location():
    assert faults(("service_code", "1"), ("address_string", "x" * 1001)) == ["address_string"]


@pytest.mark.parametrize(
    ("sent", "cleaned"),
    [
        (" a ", "a"),
        ("a\r\n", "a"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\x00b\x0b\x0c\x1f\x08c", "abc"),
        ("tab\tstays", "tab\tstays"),
        ("\ud83dlone\udca9", "lone"),
        ("\ufffe\uffffx", "x"),
        ("a\r\x00\nb", "a\nb"),
        ("\x00 a", "a"),
        ("😀 <b>&amp; ]]>\u0085\u00e9\u2028e\u0301", "😀 <b>&amp; ]]>\u0085\u00e9\u2028e\u0301"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_text_is_cleaned(sent, cleaned):
    """Interop 18."""
    assert submission.clean(sent) == cleaned


@given(st.text(st.characters(codec=None)))
def test_clean_text_stays_clean_and_every_format_carries_it(text):
    cleaned = submission.clean(text)
    node = etree.Element("a")
    node.text = cleaned

    assert submission.clean(cleaned) == cleaned
    assert "\r" not in cleaned
    assert (etree.fromstring(etree.tostring(node)).text or "") == cleaned
    cleaned.encode()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])))
def test_what_is_sent_comes_back_character_for_character(text):
    found, problems = read(*GOOD, ("description", f"({text})"))

    assert problems == ()
    assert found.description == f"({text})"


def test_a_field_of_one_line_folds_its_breaks_and_the_description_keeps_them():
    found, _ = read(
        *GOOD, ("address_string", "12 Main St\r\nHalifax\u2028NS"), ("description", "a\r\nb")
    )

    assert found.address_string == "12 Main St Halifax NS"
    assert found.description == "a\nb"


@pytest.mark.parametrize(
    "link",
    ["http://a", "HTTPS://a.b/c?d=e#f", "http://127.0.0.1:8080/x", "http://[::1]/a", "http://é/ü"],
)
def test_a_link_is_taken(link):
    found, problems = read(*GOOD, ("media_url", link), ("media_url", "http://second/"))

    assert problems == ()
    assert found.media_url == link


@pytest.mark.parametrize(
    "link",
    ["x.jpg", "//a/b", "ftp://a/b", "javascript:alert(1)", "http://", "http:///b", "http://a b",
     "data:image/png;base64,AA==", "http://a/b\nhttp://c", "http://a:b@c/", "http://a:port/",
     "http://[::1", "http://a]/", "http://a:\uff11/", "http://\x85"],
)  # fmt: skip
def test_another_link_is_a_fault(link):
    """GR-P-15."""
    assert faults(*GOOD, ("media_url", link)) == ["media_url"]
    assert read(*GOOD, ("media_url", link))[0].media_url is None


# --- location -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs",
    [
        POINT,
        [("address_string", "1 A St")],
        [("address_id", "9")],
        [*POINT, ("address_string", "1 A St"), ("address_id", "9")],
        [("lat", ""), ("long", " "), ("address_id", "9")],
    ],
)
def test_one_of_three_locations_is_enough(pairs):
    """GR-P-04, GR-P-05."""
    assert faults(("service_code", "1"), *pairs) == []


@pytest.mark.parametrize(
    "pairs",
    [[], [("lat", ""), ("long", "")], [("address_string", " ")], [("address", "1 A St")]],
)
def test_without_any_location_all_four_are_named(pairs):
    (problem,) = read(("service_code", "1"), *pairs)[1]

    assert problem.startswith("lat, long, address_string, address_id: ")


@pytest.mark.parametrize("address", [[], [("address_string", "1 A St")]])
def test_half_a_pair_is_a_fault_even_with_an_address(address):
    assert faults(("service_code", "1"), ("lat", "1"), *address) == ["long"]
    assert faults(("service_code", "1"), ("long", "1"), *address) == ["lat"]
    assert faults(("service_code", "1"), ("lat", "x"), *address) == ["lat", "long"]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("37.76524078", 37.7652408),
        ("-0", 0.0),
        ("-0.00000001", 0.0),
        (" 5", 5.0),
        ("+5", 5.0),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e1", 10.0),
        ("-9.0E+1", -90.0),
        ("90", 90.0),
        ("1e-400", 0.0),
        ("12.345678901234567890123456789", 12.3456789),
    ],
)
def test_decimal_degrees_are_read_to_seven_decimals(text, degrees):
    """GR-P-06, GR-Q-31."""
    found, problems = read(("service_code", "1"), ("lat", text), ("long", text))

    assert problems == ()
    assert (found.lat, found.long) == (degrees, degrees)
    assert not str(found.lat).startswith("-0.0")


@pytest.mark.parametrize(
    "text",
    ["nan", "NaN", "inf", "-Infinity", "1,5", "0x10", "1_0", "\uff11", "٣", "1e400", "1 2", "5.5.5",
     "--1", "1e", "e1", ".", "+", "N 45", "45°", "9" * 5000, "90.00000001", "-91", "1e5"],
)  # fmt: skip
def test_other_degrees_are_a_fault_of_their_own(text):
    assert faults(("service_code", "1"), ("lat", text), ("long", "1")) == ["lat"]
    assert faults(("service_code", "1"), ("lat", "1"), ("long", text)) == (
        [] if text in ("90.00000001", "-91") else ["long"]
    )


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_on_earth_is_taken(lat, long):
    found, problems = read(("service_code", "1"), ("lat", repr(lat)), ("long", repr(long)))

    assert problems == ()
    assert abs(found.lat - lat) <= 0.5000001e-7
    assert abs(found.long - long) <= 0.5000001e-7


@given(st.text(max_size=12), st.text("0123456789.eE+-_ ", max_size=12))
def test_any_texts_give_both_degrees_or_none(lat, long):
    found, problems = read(*GOOD[:1], ("lat", lat), ("long", long))

    assert (found.lat is None) == (found.long is None) == bool(problems)


@pytest.mark.parametrize("pairs", [[], POINT, [("address_id", "9")], [("lat", ""), ("long", "")]])
def test_a_location_may_be_left_out_where_it_is_optional(pairs):
    found, problems = submission.read([("service_code", "1"), *pairs], "optional")

    assert problems == ()
    assert (found.lat is None) is (pairs != POINT)


@pytest.mark.parametrize(
    ("pairs", "faulty"),
    [
        ([("lat", "1")], ["long"]),
        ([("lat", "91"), ("long", "x")], ["lat", "long"]),
        ([("address_string", "x" * 1001)], ["address_string"]),
    ],
)
def test_a_location_that_is_optional_is_checked_where_it_is_sent(pairs, faulty):
    _, problems = submission.read([("service_code", "1"), *pairs], "optional")

    assert [problem.partition(":")[0] for problem in problems] == faulty


@given(st.lists(st.tuples(st.sampled_from(["lat", "long", "address_string", "address_id"]),
    st.text() | st.just("44.6"))))  # fmt: skip
def test_a_location_that_is_not_wanted_is_neither_checked_nor_kept(pairs):
    found, problems = submission.read([("service_code", "1"), *pairs], "none")

    assert problems == ()
    assert found == submission.Submission(service_code="1")


# --- attributes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "attributes"),
    [
        ([("attribute[C]", "a")], {"C": ("a",)}),
        ([("attribute[C]", "a"), ("attribute[C]", "b")], {"C": ("a", "b")}),
        ([("attribute[C][]", "b"), ("attribute[C][]", "a")], {"C": ("b", "a")}),
        ([("attribute[C][1]", "b"), ("attribute[C][0]", "a")], {"C": ("a", "b")}),
        ([("attribute[C][10]", "c"), ("attribute[C][9]", "b"), ("attribute[C]", "a")],
         {"C": ("a", "b", "c")}),
        ([("attribute[C][0]", "b"), ("attribute[C]", "a")], {"C": ("a", "b")}),
        ([("attribute[C]", "a"), ("attribute[c]", "b")], {"C": ("a",), "c": ("b",)}),
        ([("attribute[a b:c/é]", "1")], {"a b:c/é": ("1",)}),
        ([("attribute[C]", ""), ("attribute[D]", " \n"), ("attribute[E]", "\x00")], {}),
        ([("attribute[C]", "a,b")], {"C": ("a,b",)}),
        ([("attribute[C]", " a\r\nb ")], {"C": ("a\nb",)}),
        ([("attribute[C][9999999999]", "a"), ("attribute[C][x]", "a"), ("attribute[]", "a"),
          ("attribute[C", "a"), ("attributes[C]", "a"), ("attribute[C]]", "a"),
          ("attribute[[C]", "a"), ("attribute[C][0][0]", "a"), ("Attribute[C]", "a"),
          ("attribute", "a"), ("attribute[C][\uff11]", "a")], {}),
    ],
)  # fmt: skip
def test_attributes_come_in_every_form_seen(pairs, attributes):
    """GR-P-10; interop 16."""
    assert read(*GOOD, *pairs)[0].attributes == attributes


def test_20000_attributes_are_read_in_less_than_a_second():
    pairs = [(f"attribute[{i % 7}][{i}]", "x" * 100) for i in range(20_000, 0, -1)]
    pairs += [("attribute[" * 500 + "]" * 500, "x")] * 100
    before = time.perf_counter()

    found, _ = read(*GOOD, *pairs)

    assert time.perf_counter() - before < 1
    assert sum(map(len, found.attributes.values())) == 20_000


@given(st.lists(st.tuples(st.sampled_from([*submission.LENGTHS, "lat", "long", "service_code",
    "attribute[a]", "attribute[a][]", "attribute[b][2]", ""]) | st.text(), st.text())))  # fmt: skip
def test_any_pairs_are_read_without_an_exception(pairs):
    found, problems = read(*pairs)

    assert all(": " in problem for problem in problems)
    assert all(all(values) for values in found.attributes.values())
