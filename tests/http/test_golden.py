"""Every resource and every error, byte for byte.

`fixtures/golden/<method>/<case>.query` or `.form` is what is asked: the call, then a field a line,
as it goes over the wire; `{x*4001}` stands for 4,001 times x. Beside it stands what is answered:
`.json` and `.xml`, indented for review. `make golden` writes the answers anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from open311.actions import addresses
from open311.formats import address_files
from tests import inprocess
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import copy_of, file, load, statement, using
from tests.inprocess import FORM, Door
from tests.validation import sound

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
CASES = sorted([*GOLDEN.glob("*/*.query"), *GOLDEN.glob("*/*.form")])

DOCUMENTS = {
    "discovery": "discovery",
    "service_list": "services",
    "service_definition": "service_definition",
    "post_service_request": "submitted_requests",
    "token": "redeemed_tokens",
    "service_requests": "service_requests",
    "service_request": "service_requests",
    "addresses": "addresses",
    "changes": "changes",
    "extended_requests": "answered_requests",
    "service_request_updates": "request_updates",
    "post_service_request_update": "recorded_updates",
    "http": "errors",
    "several_cities": "",
}
"""What each folder's answers are, where they are no errors."""

ERRORS = {
    "jurisdiction_id absent, several served": (400, "several_cities/jurisdiction_absent"),
    "jurisdiction_id absent on POST": (400, "several_cities/jurisdiction_absent_on_post"),
    "jurisdiction_id absent, one served": (200, "service_list/whole"),
    "jurisdiction_id empty, one served": (200, "service_list/jurisdiction_empty"),
    "jurisdiction_id empty on POST": (200, "post_service_request/jurisdiction_empty"),
    "jurisdiction_id unknown": (404, "*/jurisdiction_unknown"),
    "service_code absent on POST": (400, "post_service_request/service_code_absent"),
    "service_code unknown, definition": (404, "service_definition/service_code_unknown"),
    "service_code unknown, POST": (404, "post_service_request/service_code_unknown"),
    "service_code unknown as list filter": (200, "service_requests/service_code_unknown"),
    "api_key absent or wrong on POST": (403, "post_service_request/api_key_*"),
    "no location": (400, "post_service_request/no_location"),
    "half a pair": (400, "post_service_request/half_a_pair"),
    "out of range": (400, "post_service_request/out_of_range"),
    "required attribute missing": (400, "post_service_request/required_attribute_missing"),
    "value outside list": (400, "post_service_request/value_outside_the_list"),
    "description > 4,000": (400, "post_service_request/description_too_long"),
    "bad date": (400, "service_requests/date_bad"),
    "span > 90 days": (400, "service_requests/span_too_long"),
    "end before start": (400, "service_requests/end_before_start"),
    "unknown status": (400, "service_requests/status_unknown"),
    "request id unknown in path": (404, "service_request/id_unknown"),
    "token unknown": (404, "token/unknown"),
    "malformed percent-encoding": (400, "post_service_request/malformed_percent_encoding"),
    "unknown format": (404, "http/format_unknown"),
    "unknown path": (404, "http/path_unknown"),
    "wrong method": (405, "http/method_wrong"),
    "body too large": (413, "post_service_request/body_too_large"),
    "too many calls": (429, "post_service_request/too_many_calls"),
}
"""GR-E: each situation with its status and the cases that show it."""

KEYS = {b"golden-key": "null", b"golden-key-at-its-limit": "1"}
TELLER = b"golden-teller"
FIRST = 200_001
"""The id of whatever a case files."""


@pytest.fixture(scope="module")
def golden_dsn(bare_dsn: str) -> str:
    """The golden city alone."""
    _fill(bare_dsn)
    return bare_dsn


@pytest.fixture(scope="module")
def one_city(golden_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with _opened(golden_dsn, tmp_path_factory.mktemp("one")) as door:
        yield door


@pytest.fixture(scope="module")
def two_cities(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The golden city and another."""
    with copy_of(cluster, bare) as dsn:
        _fill(dsn)
        load(dsn, GOLDEN / "second_city", NOW)
        with _opened(dsn, tmp_path_factory.mktemp("two")) as door:
            yield door


def _fill(dsn: str) -> None:
    """Load the golden city, its seven requests and two keys."""
    load(dsn, GOLDEN / "city", NOW)
    file(dsn, (GOLDEN / "requests.json").read_text("utf-8"))
    found = address_files.read(GOLDEN / "addresses.csv")
    using(dsn, lambda connection: addresses.put(connection, "golden.example", found, NOW))
    statement(dsn, _UPDATES)
    for key, rate in KEYS.items():
        digest = hashlib.sha256(key).hexdigest()
        statement(
            dsn,
            "insert into clients"
            " (jurisdiction_id, name, prefix, key_hash, rate_limit, created_at)"
            f" values ('golden.example', 'golden', 'golden', '\\x{digest}', {rate}, now())",
        )


_UPDATES = f"""
insert into request_updates (jurisdiction_id, update_id, request_id, status, detailed_status,
  updated_datetime, description, media_url)
values
  ('golden.example', 501, 100002, 'open', 'investigating', '2026-10-25T14:00:00Z',
    'A crew looks at it: “dry” & cold.', 'https://311.golden.example/1.jpg'),
  ('golden.example', 502, 100002, 'open', 'unchanged', '2026-10-26T08:00:00Z',
    'It is still there.', null),
  ('golden.example', 503, 100002, 'closed', 'fixed', '2026-10-27T09:30:00Z',
    'Filled with asphalt; “dry” & done.', '/media/golden.example/2.jpg');
alter sequence update_numbers restart 601;
insert into clients (jurisdiction_id, name, prefix, key_hash, scopes, created_at)
values ('golden.example', 'teller', 'golden',
  '\\x{hashlib.sha256(TELLER).hexdigest()}', array['requests:update'], now());
"""


def _opened(dsn: str, data_dir: Path) -> AbstractContextManager[Door]:
    return inprocess.opened(
        dsn, data_dir, lambda: NOW, public_url="https://311.golden.example", body_max_bytes=10_000
    )


@pytest.mark.parametrize("fmt", ["xml", "json"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_the_answer_is_the_golden_one(
    case: Path,
    fmt: str,
    golden_dsn: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0f" * size)
    several = case.parent.name == "several_cities"
    door = request.getfixturevalue("two_cities" if several else "one_city")
    if case.suffix == ".form":
        _reset(golden_dsn)

    answer = _ask(door, case, fmt)
    if case.parent.name == "post_service_request_update":
        _take_back(golden_dsn)

    sound(answer, DOCUMENTS[case.parent.name] or _document(case))
    shown, file = _shown(answer), case.with_suffix(f".{fmt}")
    if request.config.getoption("write_golden"):
        file.write_bytes(shown)
    assert file.read_bytes() == shown
    assert fmt == answer.format


@pytest.mark.parametrize("row", ERRORS)
def test_every_situation_of_the_standard_has_its_golden_cases(row: str) -> None:
    status, pattern = ERRORS[row]
    answers = [json.loads(each.read_bytes()) for each in GOLDEN.glob(f"{pattern}.json")]

    assert answers
    for answer in answers:
        codes = {each.get("code", 200) for each in answer} if isinstance(answer, list) else {200}
        assert codes <= {status}


def test_every_golden_answer_belongs_to_a_question() -> None:
    asked = {case.with_suffix("") for case in CASES}
    answers = {
        each.with_suffix("")
        for each in GOLDEN.glob("*/*")
        if each.suffix in (".json", ".xml") and each.parent.name in DOCUMENTS
    }

    assert answers == asked


def _reset(dsn: str) -> None:
    """Undo what the case before filed; leave the second key one call short of its limit."""
    statement(
        dsn,
        f"""
        delete from reporters where request_id >= {FIRST};
        delete from requests where id >= {FIRST};
        alter sequence request_numbers restart {FIRST};
        select pg_sleep(case when extract(second from now()) > 58 then 2 else 0 end);
        insert into rate_hits
        select jurisdiction_id, client_id, date_trunc('minute', clock_timestamp()), 1
        from clients where rate_limit = 1
        on conflict (jurisdiction_id, client_id) do update set minute = excluded.minute, hits = 1;
        """,
    )


def _take_back(dsn: str) -> None:
    """Undo an update of the first request."""
    statement(
        dsn,
        """
        delete from request_updates where update_id not between 501 and 503;
        alter sequence update_numbers restart 601;
        update requests set status = 'closed', status_notes = 'Filled.', detailed_status = null,
          updated_datetime = '2026-08-03T10:00:00Z'
        where id = 100001;
        """,
    )


def _ask(door: Door, case: Path, fmt: str) -> Answer:
    """Ask as the file says; an extension of its own stays, and Accept says the format."""
    call, *fields = case.read_text("ascii").splitlines()
    method, path = call.split(" ")
    url = path if "." in path else f"{path}.{fmt}"
    sent = re.sub(r"\{(.)\*(\d+)\}", lambda said: said[1] * int(said[2]), "&".join(fields))
    accept = (("accept", f"text/{fmt}" if fmt == "xml" else "application/json"),)
    if case.suffix == ".query":
        return door.ask(method, f"{url}?{sent}" if sent else url, accept)
    return door.ask(method, url, FORM + accept, sent.encode("ascii"))


def _document(case: Path) -> str:
    """What a case with several cities asks for."""
    return {"discovery": "discovery", "jurisdiction_named": "services"}.get(case.stem, "errors")


def _shown(answer: Answer) -> bytes:
    """A body indented; nothing else of it changes."""
    if answer.format == "json":
        shown = msgspec.json.format(answer.body, indent=2)
        assert msgspec.json.format(shown, indent=-1) == answer.body
        return shown + b"\n"
    root = etree.fromstring(answer.body)
    etree.indent(root, space="  ")
    declaration, _, _ = answer.body.partition(b"\n")
    return declaration + b"\n" + etree.tostring(root, encoding="utf-8") + b"\n"
