"""Errors are whole documents, whatever they quote and whatever broke."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from open311 import log
from open311.errors import Invalid
from open311.formats import FORMATS, Format
from open311.http import faults
from open311.http.answers import page
from open311.spec.documents import Document, Errors
from tests.conformance.wire import Answer
from tests.inprocess import Door
from tests.validation import sound, valid

CANARY = "canary-4711"

NAMES = [
    *("\\u0000", "\\u0001\\u0002", "\\u001b[31m", "\\b\\f", "\\u007f\\u0085", "\\ufffe\\uffff"),
    *("\\ud800", "\\udc00", "\\ud83d", "\\udfff\\ud800", "a\\ud800b", "\\ud83d\\ude00"),
    *("]]>", "<script>", "&amp;&bogus;", '\\"', "\\r\\n", "\\u2028", "\\u202e"),
]
"""Names of members as JSON may write them."""


def post(door: Door, api_key: str, fmt: str, body: str) -> Answer:
    headers = (("x-api-key", api_key), ("content-type", "application/json"))
    return door.ask("POST", f"requests.{fmt}", headers, body.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_format_can_carry_is_quoted_without_harm(
    door: Door, api_key: str, name: str, fmt: str
) -> None:
    """The value is of the wrong kind, so that the fault names the member."""
    for body in (
        f'{{"{name}": {{}}}}',
        f'{{"{name}": [[]], "service_code": "pothole"}}',
        f'{{"attribute": {{"{name}": {{}}}}, "service_code": "food-poisoning"}}',
        f'{{"service_code": "{name}"}}',
        f'{{"service_code": "pothole", "jurisdiction_id": "{name}"}}',
    ):
        answer = post(door, api_key, fmt, body)
        assert answer.status in (400, 404), answer
        assert answer.format == fmt
        sound(answer, "errors")


@given(problem=st.text(st.characters()))
@pytest.mark.parametrize("fmt", FORMATS)
def test_any_problem_becomes_a_document_that_can_be_read(fmt: str, problem: str) -> None:
    ready = page(faults.answer(Invalid(f"{problem} is wrong.")), FORMATS[fmt], "", ("", "", 400))

    assert [each["code"] for each in valid("errors", fmt, ready.body["body"])] == ["400"]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("host", ["a b", "a/b", "<>", "x y:1"])
def test_a_host_that_is_none_is_the_clients_fault(door: Door, host: str, fmt: str) -> None:
    answer = door.ask("GET", f"services.{fmt}?x=1", (("host", host),))

    assert (answer.status, answer.format) == (400, fmt)
    assert sound(answer, "errors")[0]["description"] == "Invalid host header."


# --- a fault of our own ---------------------------------------------------------------------------


@pytest.fixture(params=FORMATS)
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A format whose encoder can say nothing but errors; its name."""
    sound = FORMATS[request.param]

    def encode(document: Document) -> bytes:
        if isinstance(document, Errors):
            return sound.encode(document)
        raise UnicodeEncodeError("utf-8", CANARY, 0, 1, CANARY)

    monkeypatch.setitem(FORMATS, request.param, Format(sound.media_type, encode))
    return str(request.param)


@pytest.fixture
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize(
    "url", ["services.{}", "services/pothole.{}", "requests.{}", "/discovery.{}"]
)
def test_an_encoder_that_fails_is_a_500_in_the_asked_for_format_and_a_line_in_the_log(
    door: Door, broken: str, logged: list[structlog.typing.EventDict], url: str, coding: str
) -> None:
    door.desk.pages.clear()
    answer = door.ask("GET", url.format(broken) + f"?x={CANARY}", (("accept-encoding", coding),))

    assert (answer.status, answer.format) == (500, broken)
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("content-length") == str(len(answer.body))
    sound(answer, "errors")
    assert CANARY.encode() not in answer.body
    assert door.desk.pages == {}
    (entry,) = logged
    line = written(entry)
    assert "UnicodeEncodeError" in line
    assert "test_faults.py" in line  # where it came through
    assert CANARY not in line


def written(entry: structlog.typing.EventDict) -> str:
    """A line as the log has it."""
    return log._serialize(log._frames(None, "", entry))


def test_a_request_whose_answer_cannot_be_written_is_no_secret_either(
    door: Door, api_key: str, broken: str, logged: list[structlog.typing.EventDict]
) -> None:
    fields = f'"service_code": "pothole", "lat": 44.6, "long": -66.2, "description": "{CANARY}"'
    answer = post(door, api_key, broken, f"{{{fields}}}")

    assert (answer.status, answer.format) == (500, broken)
    sound(answer, "errors")
    assert [CANARY in written(each) for each in logged] == [False]


def test_a_handler_that_fails_is_a_500_as_well(
    door: Door, monkeypatch: pytest.MonkeyPatch, logged: list[structlog.typing.EventDict]
) -> None:
    class Broken(dict[object, object]):
        def __bool__(self) -> bool:
            raise RuntimeError(CANARY)

    monkeypatch.setattr(door.desk.register, "_cities", Broken())
    for fmt in FORMATS:
        answer = door.ask("GET", f"services.{fmt}?x=1")
        assert (answer.status, answer.format) == (500, fmt)
        sound(answer, "errors")

    assert [CANARY in written(each) for each in logged] == [False, False]
    assert len(logged) == 2
