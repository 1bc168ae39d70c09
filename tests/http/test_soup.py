"""Whatever bytes are sent, the answer is 2xx, or 4xx with an errors document."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.wire import Answer
from tests.inprocess import ENDPOINT, Door
from tests.validation import valid

WORDS = "services requests tokens discovery media healthz open311 v2 pothole 100001 .. . %2e % xml"
NAMES = (
    "jurisdiction_id service_code service_request_id start_date end_date status page page_size"
    " limit offset lat long api_key description media_url email attribute[a] attribute[ [ % \x00"
    " attribute[a][0] attribute[]"
)
VALUES = (
    "pothole lanternport.example open 2026-11-01T00:00:00Z 44.6 1 % %zz %00 %ff nan inf 1e999"
    " -0 , +"
)
HEADERS = (
    "accept accept-encoding authorization x-api-key content-type origin content-length range"
    " if-none-match expect cookie x-forwarded-for"
)
HEADER_VALUES = (
    "application/json|text/xml;q=nan|*/*|br;q=0, gzip|Bearer x|Bearer \xff|application/xml|-1"
    "|multipart/form-data; boundary=a|multipart/form-data|text/plain; charset=nonsense"
    "|application/x-www-form-urlencoded; charset=utf-16"
)


def one_of(words: str, by: str = " ") -> st.SearchStrategy[str]:
    return st.sampled_from(words.split(by))


PATHS = (
    st.lists(one_of(WORDS) | st.sampled_from(["", "\x00", "\udcff", "a" * 300]), max_size=5)
    .map("/".join)
    .flatmap(lambda path: st.sampled_from([path, f"{path}.xml", f"{path}.json"]))
) | st.text(max_size=20)
PAIRS = st.tuples(one_of(NAMES), one_of(VALUES) | st.text(max_size=10) | st.just("9" * 400))
FIELDS = st.lists(PAIRS.map("=".join), max_size=6).map(
    lambda fields: "&".join(fields).encode("utf-8", "replace")
) | st.binary(max_size=60)
HEADER_LISTS = st.lists(
    st.tuples(
        one_of(HEADERS),
        one_of(HEADER_VALUES, "|") | st.text(st.characters(max_codepoint=255), max_size=12),
    ),
    max_size=3,
).map(tuple)


@given(
    one_of("GET POST HEAD OPTIONS PUT DELETE PATCH X get"),
    PATHS,
    st.booleans(),
    FIELDS,
    HEADER_LISTS,
    FIELDS,
)
@settings(max_examples=400)
def test_any_bytes_are_answered_and_every_failure_is_an_errors_document(
    door: Door, method: str, path: str, below: bool, query: bytes, headers: tuple, body: bytes
) -> None:
    base = f"{ENDPOINT}/" if below else "/"
    sent = (base + path).encode("utf-8", "surrogatepass")

    _sane(door.call(method, sent, query, headers, body))


@given(st.sampled_from(["xml", "json"]), FIELDS, HEADER_LISTS, FIELDS)
@settings(max_examples=200)
def test_any_report_with_a_good_key_is_taken_or_refused_in_words(
    door: Door, api_key: str, fmt: str, query: bytes, headers: tuple, body: bytes
) -> None:
    keyed = (*headers, ("x-api-key", api_key))
    answer = door.call("POST", f"{ENDPOINT}/requests.{fmt}".encode(), query, keyed, body)

    _sane(answer)
    assert answer.format == fmt


def _sane(answer: Answer) -> None:
    assert 200 <= answer.status < 300 or 400 <= answer.status < 500, answer
    if answer.status >= 400 and answer.method != "HEAD" and not answer.header("content-encoding"):
        assert answer.format, answer
        assert valid("errors", answer.format, answer.body)
