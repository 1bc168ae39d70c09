"""Rules and areas beside a running server: new ones reach every worker whole, or not at all."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cities import small_city
from tests.inprocess import ENDPOINT
from tests.servers import Server, serving, wait_until_ready
from tests.test_cli_server import within_a_second

OWN = "own.example"
OF_OWN = ("--jurisdiction", OWN)
CHANGES, CLIENTS = 10, 4
HERE = {"lat": "44.6", "long": "-66.2"}


def change(path: Path, code: str, department: str) -> Path:
    """A city whose one ward has a code, which its one rule names: half of it matches nothing."""
    city = small_city(path, OWN)
    departments = [{"code": each, "name": each} for each in ("works", "even", "odd")]
    (city / "departments.json").write_text(json.dumps({"departments": departments}), "utf-8")
    boundary = json.loads((city / "areas" / "boundary.geojson").read_bytes())
    boundary["features"][0]["properties"]["code"] = code
    (city / "areas" / "wards.geojson").write_text(json.dumps(boundary), "utf-8")
    rule = {"code": f"in-{code}", "reason": "Here.", "when": {"areas": {"wards": [code]}}}
    rules = {"triage": {"department": "works"}, "rules": [rule | {"department": department}]}
    (city / "routing.json").write_text(json.dumps(rules), "utf-8")
    return city


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    path = tmp_path_factory.mktemp("routing")
    return [change(path / each, code, each) for each, code in (("even", "2"), ("odd", "1"))]


@pytest.fixture(scope="module")
def server(
    bare_dsn: str, folders: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A small city, served by two workers."""
    path = tmp_path_factory.mktemp("server")
    with serving(path / "var", ready=False, workers=2, database_url=bare_dsn) as running:
        running.command("load", str(folders[0]))
        wait_until_ready(running)
        yield running


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    made = server.command("keys", "create", *OF_OWN, "--name", "Ed", "--rate-limit", "0").strip()
    within_a_second(lambda: file(server, made)[0], 200)
    return made


def file(server: Server, key: str) -> tuple[int, Any]:
    body = json.dumps({"service_code": "light", "api_key": key} | HERE).encode()
    path = f"{ENDPOINT}/requests.json"
    status, _, said = server.ask("POST", path, body, Content_Type="application/json")
    return status, json.loads(said)


def route(server: Server) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in HERE.items())
    found: dict[str, Any] = json.loads(
        server.get(f"{ENDPOINT}/route.json?service_code=light&{query}")[2]
    )
    return found


def test_no_request_sees_half_of_a_change_under_load(
    server: Server, key: str, folders: list[Path]
) -> None:
    """Wards and the rules that name them change together, again and again."""
    ends = threading.Event()
    filed: list[str] = []
    tried: list[tuple[int, str, str]] = []
    wrong: list[Any] = []

    def files() -> None:
        while not ends.is_set():
            status, said = file(server, key)
            (filed if status == 200 else wrong).append(
                said[0]["service_request_id"] if status == 200 else said
            )

    def asks() -> None:
        while not ends.is_set():
            told = route(server)
            tried.append((told["version"], told["areas"]["wards"], told["department"]["code"]))

    clients = [threading.Thread(target=each) for each in (files, asks) * (CLIENTS // 2)]
    for each in clients:
        each.start()
    try:
        for number in range(1, CHANGES + 1):
            server.command("load", str(folders[number % 2]), "--reason", f"Change {number}")
    finally:
        ends.set()
        for each in clients:
            each.join()

    assert wrong == []
    whole = {(ward, department) for _, ward, department in tried}
    assert whole <= {("2", "even"), ("1", "odd")}
    assert {(version % 2 == 1, department) for version, _, department in tried} <= {
        (True, "even"),
        (False, "odd"),
    }
    agencies = Counter(
        each["agency_responsible"]
        for page in range(1, len(filed) // 100 + 2)
        for each in json.loads(server.get(f"{ENDPOINT}/requests.json?page={page}&page_size=100")[2])
    )
    assert set(agencies) == {"even", "odd"}
    assert sum(agencies.values()) >= len(filed) > 2 * CHANGES


def test_both_workers_follow_a_change_within_a_second(
    server: Server, key: str, folders: list[Path]
) -> None:
    for number in (1, 0, 1):
        server.command("load", str(folders[number]))
        within_a_second(
            lambda: {route(server)["department"]["code"] for _ in range(8)},
            {("even", "odd")[number]},
        )
