"""What a reporter tells of himself comes out nowhere. Trust 3.

Canaries in every field, then 5,000 questions. The canaries are looked for in every answer, in
errors, in the log of the server and of PostgreSQL, in metrics, in what PostgreSQL remembers of
statements, and in every file beside the cluster.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from open311.app import RESOURCES
from open311.http.administration.door import ROOT
from tests import pictures
from tests.cities import small_city
from tests.events import following
from tests.faults.calls import FORM, V2, Line, Reply, form, multipart, number
from tests.servers import Server, serving, wait_until_alive, wait_until_ready

CITY = "canary.example"
REPORTER = ("email", "phone", "first_name", "last_name", "device_id", "account_id")
CANARIES = {name: f"CNRY-{name}-{secrets.token_hex(6)}" for name in REPORTER} | {
    "attribute[note]": f"CNRY-note-{secrets.token_hex(6)}",
    "attribute[count]": str(10**11 + secrets.randbelow(10**11)),
}
HOLDER, CONTACT = f"CNRY-holder-{secrets.token_hex(6)}", f"CNRY-contact-{secrets.token_hex(6)}"
WHERE = {"service_code": "light", "address_string": "1 Harbour Road", "description": "It is dark."}
PICTURE = pictures.saved(pictures.quarters(), "PNG")
QUESTIONS = 5_000

FLAGS = (
    *("", "extensions=true", "extensions=v1", "legacy=false", "details=true", "verbose=1"),
    *("fields=email,phone,first_name", "include=reporter,attributes", "expand=all", "debug=1"),
    *("email=*", "media=true", "page_size=100", "status=open", "start_date=2000-01-01T00:00:00Z"),
    *("service_code=light", "q=dark", "callback=show", "api_key={key}", "select=*"),
    *("extensions=true&api_key={key}", "version=1", "version=1&extensions=true&private=true"),
    "service_code=light&lat=44.6&long=-66.2",
)
ADMINISTRATION = ("services", "audit", "services/light/versions/1", "services/light/draft")


class Spied(msgspec.Struct, frozen=True):
    server: Server
    dsn: str
    data_dir: Path
    line: Line
    api_key: str
    ids: tuple[str, ...]
    said: list[bytes]  # everything that was answered to the submissions

    def secrets(self) -> tuple[bytes, ...]:
        texts = (*CANARIES.values(), HOLDER, CONTACT, self.api_key)
        return tuple(text.encode() for text in texts)

    def hits(self, *texts: bytes) -> list[bytes]:
        return [each for each in self.secrets() for text in texts if each in text]


@pytest.fixture(scope="module")
def spied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spied]:
    data_dir = tmp_path_factory.mktemp("privacy") / "var"
    with serving(data_dir, ready=False, log_level="debug") as server:
        city = small_city(data_dir.parent / "city", CITY)
        wait_until_alive(server)
        server.command("load", str(city))
        words = ("--jurisdiction", CITY, "--name", HOLDER, "--contact", CONTACT)
        key = server.command("keys", "create", *words, "--rate-limit", "0").strip()
        wait_until_ready(server)
        socket = (data_dir / "postgres.owner").read_text().partition(" ")[2]
        dsn = f"postgresql://postgres@/open311?host={socket}&port=5432"
        with Line(server.port) as line:
            while line.post(api_key=key).status == 403:
                time.sleep(0.02)  # the worker has not yet heard of it
            taken, odd = accepted(line, key), list(spoilt(line, key))
            ids = tuple(map(number, taken))
            said = [each.body for each in (*taken, *odd)]
            yield Spied(server, dsn, data_dir, line, key, ids, said)


def accepted(line: Line, key: str) -> list[Reply]:
    """One submission in every shape of body."""
    whole = WHERE | CANARIES | {"api_key": key}
    body, headers = multipart(whole, media=PICTURE)
    kind = {"Content-Type": "application/json"}
    return [
        line.post(**whole),
        line.ask("POST", f"{V2}/requests.json", body, headers),
        line.ask("POST", f"{V2}/requests.json", msgspec.json.encode(whole), kind),
        line.ask("POST", f"{V2}/requests.json?{form(whole).decode()}", b"", FORM),
        line.post(**whole | {"service_code": "record"}),
    ]


def spoilt(line: Line, key: str) -> Iterator[Reply]:
    """Most of these are refused, for every reason that there is."""
    whole = WHERE | CANARIES | {"api_key": key}
    body, headers = multipart(whole, media=PICTURE)
    kind = {"Content-Type": "application/json"}
    for suffix in ("json", "xml"):
        for fields in spoilt_fields(whole):
            yield line.post(suffix, **fields)
        path = f"{V2}/requests.{suffix}"
        yield line.ask("POST", path, form(whole)[:-1] + b"%", FORM)
        yield line.ask("POST", path, body[: len(body) // 2], headers)
        yield line.ask("POST", path, msgspec.json.encode(whole)[:-9], kind)
        yield line.ask("PUT", f"{path}?{form(whole).decode()}", b"", FORM)


def spoilt_fields(whole: dict[str, str]) -> Iterator[dict[str, str]]:
    for name, value in CANARIES.items():
        yield whole | {name: value * 199}
        yield whole | {name: value + "\x00\x0b", "lat": "nan"}
    yield whole | {"attribute[colour]": "purple"}
    yield whole | {"attribute[count]": "many"}
    yield whole | {"attribute[unknown]": CANARIES["attribute[note]"]}
    yield whole | {"address_string": ""}
    yield whole | {"service_code": "none"}
    yield whole | {"api_key": "wrong"}
    yield whole | {"api_key": whole["api_key"] + "x"}
    yield whole | {"jurisdiction_id": "none.example"}
    yield whole | {"media_url": "no link"}


def paths(spied: Spied) -> Iterator[str]:
    """Every public resource, the open ones with everything that exists and something that does
    not."""
    token, picture = secrets.token_hex(16), secrets.token_hex(16)
    below = {
        f"{V2}/services/*": ("light", "light.schema", "tree", "record", "none"),
        f"{V2}/schemas/*": ("light", "none"),
        f"{V2}/requests/*": (*spied.ids, "0"),
        f"{V2}/tokens/*": (*spied.ids, token),
        f"{V2}/archive/*": ("none.csv.gz",),
        "/media/*": (f"{CITY}/{picture}.jpg",),
        f"{ROOT}/*": ADMINISTRATION,
    }
    for path in (each.path for each in RESOURCES if not each.path.endswith(".sse")):
        yield from (path[:-1] + each for each in below[path]) if path.endswith("*") else [path]


def test_the_submissions_were_accepted_and_refused_as_meant(spied: Spied) -> None:
    assert len(spied.ids) == 5
    assert len(spied.said) > 40


def test_no_answer_to_a_submission_repeats_what_the_reporter_told(spied: Spied) -> None:
    """But for a number that is none, and a key that is none: these are told to who sent them."""
    answered = CANARIES["attribute[count]"].encode()

    assert set(spied.hits(*spied.said)) <= {answered}
    assert b"purple" in b"".join(spied.said)


def test_5000_answers_hold_nothing_of_a_reporter_or_of_a_key(spied: Spied) -> None:
    questions = itertools.product(list(paths(spied)), (".json", ".xml", ""), FLAGS)
    flagged = [
        f"{path}{suffix}?{flag.format(key=spied.api_key)}" for path, suffix, flag in questions
    ]
    count = 0
    while count < QUESTIONS:
        for path in flagged:
            reply = spied.line.ask(("GET", "GET", "GET", "HEAD", "OPTIONS")[count % 5], path)
            head = repr(reply.headers).encode()
            assert reply.status < 500, path
            assert spied.hits(reply.body, head) == [], path
            count += 1


def test_the_stream_of_changes_holds_nothing_of_a_reporter_either(spied: Spied) -> None:
    for flag in FLAGS:
        query = flag.format(key=spied.api_key)
        with following(spied.server.port, f"{V2}/changes.sse?{query}") as stream:
            told = [each.data.encode() for each in stream.events(4)]
        assert spied.hits(*told, repr(stream.answer.headers).encode()) == []
        assert spied.ids[0].encode() in b"".join(told)


def test_the_requests_are_there_to_be_found(spied: Spied) -> None:
    """Else the answers above were silent for the wrong reason."""
    shown = spied.line.get(f"{V2}/requests.json").json()

    assert {spied.ids[0], spied.ids[3]} < {each["service_request_id"] for each in shown}
    assert "It is dark." in shown[0]["description"]


def test_metrics_and_health_hold_nothing_either(spied: Spied) -> None:
    with Line(spied.server.admin_port) as line:
        told = [line.get(path).body for path in ("/metrics", "/readyz", "/healthz", "/x")]

    assert b"open311_http_seconds" in told[0]
    assert spied.hits(*told) == []


def test_a_fault_of_the_program_is_answered_and_logged_without_the_reporter(
    spied: Spied, run: Callable[..., object]
) -> None:
    """A constraint that nobody knows of: PostgreSQL's complaint quotes the whole row."""
    run(spied.dsn, "alter table reporters add constraint odd check (email is null) not valid")
    run(spied.dsn, "alter table requests add constraint odder check (token is null) not valid")
    whole = WHERE | CANARIES | {"api_key": spied.api_key}
    try:
        replies = [spied.line.post(**whole), spied.line.post(**whole | {"service_code": "record"})]
    finally:
        run(spied.dsn, "alter table reporters drop constraint odd")
        run(spied.dsn, "alter table requests drop constraint odder")

    assert [each.status for each in replies] == [500, 500]
    assert b"CheckViolationError" in spied.server.log.read_bytes()
    assert spied.hits(*(each.body for each in replies)) == []


def test_no_file_beside_the_cluster_holds_anything_of_a_reporter(spied: Spied) -> None:
    """Runs after the faults above: both logs, the counts, the pictures."""
    files = [
        path
        for path in spied.data_dir.rglob("*")
        if path.is_file() and "postgres/" not in str(path.relative_to(spied.data_dir))
    ]

    assert {"serve.log", "postgres.log"} <= {path.name for path in files}
    assert "violates check constraint" in (spied.data_dir / "postgres.log").read_text()
    assert [(path.name, spied.hits(path.read_bytes())) for path in files] == [
        (path.name, []) for path in files
    ]


def test_postgresql_remembers_statements_and_not_what_was_in_them(
    spied: Spied, run: Callable[..., object]
) -> None:
    run(spied.dsn, "create extension if not exists pg_stat_statements")
    texts = [
        str(row[0]).encode()
        for row in run(
            spied.dsn,
            "select query from pg_stat_statements union all select query from pg_stat_activity",
        )
    ]

    assert any(b"insert into reporters" in text for text in texts)
    assert spied.hits(*texts) == []
