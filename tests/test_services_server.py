"""The registry beside a running server: by command and over HTTP, seen by every worker at once."""

from __future__ import annotations

import getpass
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from open311.commands.services import services
from open311.errors import Open311Error
from open311.http.administration.door import ROOT
from tests.cities import small_city
from tests.editors import LIGHT, asking, changed
from tests.inprocess import ENDPOINT
from tests.servers import Server, serving, wait_until_ready
from tests.test_cli_server import within_a_second

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN)
DEEP = {"code": "deep", "datatype": "number", "description": "How deep?", "required": True}


@pytest.fixture(scope="module")
def server(bare_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A small city, served by two workers."""
    path = tmp_path_factory.mktemp("services")
    with serving(
        path / "var", ready=False, workers=2, database_url=bare_dsn, body_seconds=1
    ) as running:
        running.command("load", str(small_city(path / "city", OWN)))
        wait_until_ready(running)
        yield running


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    may = ("requests:write", "requests:private", "catalog:write")
    words = [word for scope in may for word in ("--scope", scope)]
    made = server.command("keys", "create", *OF_OWN, "--name", "Ed", "--rate-limit", "0", *words)
    within_a_second(lambda: ask(server, made.strip(), "GET", "/services")[0], 200)
    assert " ".join(may) in server.command("keys", "list", *OF_OWN)
    return made.strip()


def ask(
    server: Server, key: str, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """A call of the administration: status, headers, and what JSON says."""
    content = None if body is None else json.dumps(body).encode()
    named = {"X_API_Key": key, "Content_Type": "application/json"} | headers
    status, said, answer = server.ask(method, ROOT + path, content, **named)
    return status, said, json.loads(answer) if answer else None


def get(server: Server, path: str, **headers: str) -> Any:
    return json.loads(server.get(f"{ENDPOINT}/{path}", **headers)[2])


def file(server: Server, key: str, **answers: object) -> tuple[int, Any]:
    body = {"service_code": "light", "lat": 44.6, "long": -66.2, "attribute": answers}
    status, _, answer = server.ask(
        *("POST", f"{ENDPOINT}/requests.json", json.dumps(body).encode()),
        X_API_Key=key,
        Content_Type="application/json",
    )
    return status, json.loads(answer)


def test_from_a_draft_to_an_old_request_that_can_still_be_read(server: Server, key: str) -> None:
    before = get(server, "discovery.json")["changeset"]
    _, ((old,)) = file(server, key, colour="red")
    path = "/services/light/draft"
    _, _, service = ask(server, key, "GET", "/services/light/versions/1")
    colour = service["attributes"][2]
    colour["description"], colour["values"] = "What colour?", [{"key": "green", "name": "Green"}]
    service["attributes"].append(DEEP | {"order": 9})

    status, said, _ = ask(server, key, "PUT", path, service, If_None_Match="*")
    _, _, preview = ask(server, key, "GET", f"{path}/preview")
    refused, _, told = ask(server, key, "POST", f"{path}/publish", {}, If_Match=said["etag"])
    how = {"consent": True, "reason": "Green it is"}
    done, _, made = ask(server, key, "POST", f"{path}/publish", how, If_Match=said["etag"])

    assert (status, refused, done) == (201, 409, 201)
    assert len(told) > 2
    within_a_second(lambda: get(server, "services/light.json"), preview["definition"])
    within_a_second(lambda: get(server, "services/light.json?extensions=true"), preview["extended"])
    within_a_second(lambda: get(server, "discovery.json")["changeset"] > before, True)
    assert file(server, key, colour="red")[0] == 400
    _, ((new,)) = file(server, key, colour="green", deep=3)
    shown = {
        each["service_request_id"]: (
            each["definition_version"],
            [(answer["label"], answer["name"]) for answer in each["attributes"]],
        )
        for each in get(server, "requests.json?extensions=true", X_API_Key=key)
    }
    assert shown[old["service_request_id"]] == (1, [("Which colour?", "Red")])
    assert shown[new["service_request_id"]] == (
        made["version"],
        [("What colour?", "Green"), ("How deep?", None)],
    )


def test_a_code_with_slashes_is_found_over_the_wire(server: Server, key: str) -> None:
    path = "/services/a%2Fb%2520/draft"
    service = changed(service_code="a/b%20")

    assert ask(server, key, "PUT", path, service, If_None_Match="*")[0] == 201
    assert ask(server, key, "GET", path)[2]["service_code"] == "a/b%20"
    assert ask(server, key, "DELETE", path, If_Match="*")[0] == 204


def test_two_editors_on_two_workers_are_told_of_each_other(server: Server, key: str) -> None:
    path = "/services/tree/draft"
    tree = changed(service_code="tree")
    _, said, _ = ask(server, key, "PUT", path, tree, If_None_Match="*")
    told = [
        ask(server, key, "PUT", path, tree | {"group": name}, If_Match=said["etag"])[0]
        for name in ("A", "B")
    ]

    assert told == [200, 412]
    assert ask(server, key, "GET", path)[2]["group"] == "A"
    ask(server, key, "DELETE", path, If_Match="*")


def test_a_body_that_stands_still_is_let_go_here_too(server: Server, key: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(
            f"PUT {ROOT}/services/light/draft HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
            "If-None-Match: *\r\nContent-Length: 900\r\n\r\n{".encode()
        )
        answer = line.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":408' in answer


def test_curl_runs_what_the_page_says(server: Server, key: str) -> None:
    base = f"{server.url}{ROOT}"
    line = 'curl -s -H "X-API-Key: $KEY" "$BASE/services"'
    done = subprocess.run(
        ["sh", "-c", line], env={"BASE": base, "KEY": key}, check=True, capture_output=True
    )

    assert "light" in {each["service_code"] for each in json.loads(done.stdout)}


# --- by command -----------------------------------------------------------------------------------


def run(server: Server, *words: str) -> Result:
    """A verb of `open311 services`, in this process, on the server's database."""
    return CliRunner().invoke(services, words, env=server.environment)


def said(server: Server, *words: str) -> str:
    done = run(server, *words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(server: Server, *words: str) -> tuple[str, ...]:
    """What is wrong, a line each."""
    done = run(server, *words)
    assert isinstance(done.exception, Open311Error), done.output
    assert done.stdout == ""
    return done.exception.problems


@pytest.fixture
def drafted(server: Server, tmp_path: Path) -> Iterator[Path]:
    """A file of a service `idea`, saved as a draft; it is gone afterwards."""
    path = tmp_path / "idea.json"
    path.write_text(json.dumps(asking(DEEP) | {"service_code": "idea"}), "utf-8")
    said(server, "draft", *OF_OWN, str(path))
    yield path
    run(server, "discard", *OF_OWN, "idea")


def test_a_draft_is_saved_shown_published_and_listed(
    server: Server, key: str, drafted: Path
) -> None:
    shown = said(server, "show", *OF_OWN, "idea", "--draft")
    told = refused(server, "publish", *OF_OWN, "idea")
    words = ("publish", *OF_OWN, "idea", "--consent", "--reason", "Deeper")
    done = server.command("services", *words)

    within_a_second(lambda: get(server, "services/idea.json")["attributes"][-1]["code"], "deep")
    assert json.loads(shown)["attributes"][-1] == DEEP | {"order": 4}
    assert any(each.startswith("idea: attribute[deep]") for each in told)
    assert done.splitlines()[0].startswith("2\t20")
    assert any(line.startswith("breaking\tattribute[deep]\t") for line in done.splitlines())
    newest, first = said(server, "history", *OF_OWN, "idea").splitlines()
    user = f"open311 services ({getpass.getuser()})"
    assert newest.startswith("2\t")
    assert newest.endswith(f"\t-\t{user}\tDeeper")
    assert first.startswith("1\t")
    assert said(server, "show", *OF_OWN, "idea") == shown
    assert "deep" not in said(server, "show", *OF_OWN, "idea", "--version", "1")
    entries = ask(server, key, "GET", "/audit?limit=500")[2]["entries"]
    mine = [each for each in entries if each["service_code"] == "idea" and each["actor"] == user]
    assert [each["action"] for each in mine] == ["drafted", "published"]
    assert {each["client_id"] for each in mine} == {None}


def test_a_service_is_retired_by_command(server: Server) -> None:
    assert said(server, "retire", *OF_OWN, "record", "--reason", "Done") == "1\n"

    within_a_second(lambda: server.get(f"{ENDPOINT}/services/record.json")[0], 404)
    rows = dict(line.split("\t", 1) for line in said(server, "list", *OF_OWN).splitlines())
    assert rows["record"].startswith("1\tretired\t-\t")
    assert rows["light"].split("\t")[1] == "offered"


def test_a_publication_may_be_told_for_later(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "later.json"
    path.write_text(json.dumps(LIGHT | {"service_code": "later"}), "utf-8")
    said(server, "draft", *OF_OWN, str(path))
    done = said(server, "publish", *OF_OWN, "later", "--from", "2999-07-01T12:00")

    assert done == "1\t2999-07-01T15:00:00Z\n"  # Halifax, in summer
    assert "later\t-\tnew\t-\tLight" in said(server, "list", *OF_OWN)


def test_a_file_with_faults_is_told_whole(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"service_code": "odd", "group": 1, "x": 2}), "utf-8")
    told = refused(server, "draft", *OF_OWN, str(path))

    assert [each.split(": ")[:2] for each in told] == [
        [str(path), name] for name in ("department", "description", "group", "service_name", "x")
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "--jurisdiction", "nowhere.example"], "nowhere.example"),
        (["history", *OF_OWN, "nothing"], "nothing"),
        (["show", *OF_OWN, "nothing"], "nothing"),
        (["show", *OF_OWN, "light", "--version", "99"], "99"),
        (["show", *OF_OWN, "light", "--draft"], "draft"),
        (["publish", *OF_OWN, "light"], "draft"),
        (["publish", *OF_OWN, "light", "--from", "soon"], "--from"),
        (["retire", *OF_OWN, "nothing"], "nothing"),
        (["discard", *OF_OWN, "light"], "draft"),
        (["draft", *OF_OWN, "/no/such/file.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(server: Server, words: list[str], told: str) -> None:
    (problem,) = refused(server, *words)

    assert told in problem
