"""What is said of a service, in the one form that every version has."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.domain import attributes, definitions
from open311.domain.folder import CityAttribute, CityService, Condition
from tests.conftest import NOW
from tests.questions import all_of, question, service

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


TEXTS = st.sampled_from(["a", "A", " a", "two\nlines", '"\\\u2028é😀'])


@st.composite
def services(draw: st.DrawFn) -> CityService:
    """A service whose questions have codes and orders of their own, sound or not."""
    orders = draw(st.lists(st.integers(1, 50), unique=True, max_size=5))
    questions = [
        CityAttribute(
            code=f"Q{order}",
            datatype=draw(st.sampled_from(["string", "number", "text"])),
            description=draw(TEXTS),
            order=order,
            required=draw(st.booleans()),
            private=draw(st.booleans()),
            minimum=draw(st.none() | st.integers(-9, 9) | st.floats(-1e9, 1e9)),
            preset=draw(st.none() | TEXTS),
            extra=draw(st.dictionaries(st.text(max_size=3), ANY, max_size=2)),
        )
        for order in orders
    ]
    return service(
        *questions,
        schema=draw(st.none() | st.just("../schema.json")),
        keywords=draw(st.sampled_from(["", "a", "a, b"])),
        extra=draw(st.dictionaries(st.text(max_size=3), ANY, max_size=2)),
    )


@given(services(), st.randoms())
def test_the_canonical_form_is_one_whatever_the_order_in_the_file(
    written: CityService, random: Any
) -> None:
    shuffled = [*written.attributes]
    random.shuffle(shuffled)
    once = definitions.canonical(written)
    other = definitions.canonical(replace(written, attributes=shuffled, schema=None))

    assert definitions.canonical(once) == once == other
    assert definitions.hashed(once) == definitions.hashed(other)
    assert [each.order for each in once.attributes] == sorted(
        each.order or 0 for each in written.attributes
    )


@given(services())
def test_what_is_stored_reads_back_equal_and_hashes_equal(written: CityService) -> None:
    once = definitions.canonical(written)
    again = msgspec.json.decode(definitions.encoded(once), type=CityService)

    assert again == once
    assert definitions.hashed(again) == definitions.hashed(once)


@given(services(), services())
def test_two_services_are_equal_when_their_hashes_are(one: CityService, two: CityService) -> None:
    one, two = definitions.canonical(one), definitions.canonical(two)

    assert (definitions.hashed(one) == definitions.hashed(two)) == (
        definitions.encoded(one) == definitions.encoded(two)
    )
    if definitions.hashed(one) == definitions.hashed(two):
        assert one == two


def test_a_question_without_an_order_has_its_place() -> None:
    written = service(question("A", "text"), question("B", "text", order=1), question("C", "text"))
    orders = [(each.code, each.order) for each in definitions.canonical(written).attributes]

    assert orders == [("A", 1), ("B", 1), ("C", 3)]


def test_the_hash_of_a_definition_is_the_same_for_ever() -> None:
    """Who keeps one must be able to compare it after years; a new member changes none."""
    plain = definitions.canonical(service(question("A", "text")))
    whole = definitions.canonical(
        service(
            question("A", "multivaluelist", "x y", max_items=1),
            question("B", "number", when=all_of(("A", "contains", "x")), minimum=1, private=True),
            location="none",
            extra={"é": [1, None]},
        )
    )

    assert definitions.encoded(plain) == (
        b'{"attributes":[{"code":"A","datatype":"text","description":"A?","order":1}],'
        b'"department":"works","description":"A hole in the road.","group":"Street",'
        b'"service_code":"pothole","service_name":"Pothole"}'
    )
    assert definitions.hashed(plain)[:16] == "573d1e6f529a5c90"
    assert definitions.hashed(whole)[:16] == "f4366d3d1b4b7440"


def test_a_plain_client_sees_the_questions_that_it_can_answer_and_no_more() -> None:
    """Source: GR-A-04, GR-A-12."""
    questions = [
        question("NOTE", "informational", variable=False),
        question("OURS", "string", automated="server_set", preset="x"),
        question("FORM", "string", automated="hidden_field", preset="web"),
        question("SENT", "string", automated="hidden_field"),
        question("KIND", "singlevaluelist", "dog cat", required=True),
        question("BREED", "string", when=all_of(("KIND", "eq", "dog")), required=True),
    ]
    written = definitions.canonical(service(*questions, location="optional"))
    offer = definitions.offer(written, 7, "h")

    assert [
        (each.code, each.datatype, each.variable, each.required) for each in offer.attributes
    ] == [
        ("NOTE", "text", False, False),
        ("SENT", "string", True, False),
        ("KIND", "singlevaluelist", True, True),
        ("BREED", "string", True, False),
    ]
    assert [each.order for each in offer.attributes] == [1, 4, 5, 6]
    assert (offer.version, offer.hash, offer.location, offer.active) == (7, "h", "optional", True)
    assert attributes.check(offer.form, {"KIND": ("cat",)}, UTC, NOW) == (
        {"OURS": "x", "FORM": "web", "KIND": "cat"},
        (),
    )


def test_the_value_of_a_condition_is_kept_as_it_was_written() -> None:
    values = ["5", 5, 5.0, ["a", 1]]
    written = [Condition(attribute="A", op="one_of", value=each) for each in values]
    read = msgspec.json.decode(msgspec.json.encode(written), type=list[Condition])

    assert [(each.value, type(each.value)) for each in read] == [
        (each, type(each)) for each in values
    ]
