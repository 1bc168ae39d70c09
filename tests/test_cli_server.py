"""The commands beside a running server: what they change reaches every worker within a second."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from open311 import resources
from tests.commands import open311
from tests.databases import statement
from tests.inprocess import ENDPOINT, FORM
from tests.servers import Server, serving

OWN = "lanternport.example"
OF_OWN = ("--jurisdiction", OWN)


@pytest.fixture(scope="module")
def server(city_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo city, served by two workers."""
    data_dir = tmp_path_factory.mktemp("cli")
    with serving(data_dir, workers=2, database_url=city_dsn) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo city's folder, to be changed."""
    return Path(shutil.copytree(resources.DEMO, tmp_path / "city"))


def file(server: Server, key: str) -> tuple[int, dict[str, str]]:
    """File a request on a connection of its own: status and headers."""
    body = f"service_code=pothole&lat=44.6&long=-66.2&api_key={key}".encode()
    form = {"Content-Type": FORM[0][1]}
    status, headers, _ = server.ask("POST", f"{ENDPOINT}/requests.json", body, **form)
    return status, headers


def within_a_second(question: Callable[[], object], answer: object) -> None:
    """Wait up to a second until every worker says so: forty times in a row, as the kernel deals."""
    deadline, in_a_row = time.monotonic() + 1, 0
    while in_a_row < 40:
        in_a_row = in_a_row + 1 if question() == answer else 0
        assert in_a_row or time.monotonic() < deadline, f"not {answer!r} everywhere"


def changeset(server: Server) -> str:
    return str(json.loads(server.get("/discovery.json")[2])["changeset"])


# --- keys -----------------------------------------------------------------------------------------


def test_a_new_key_is_printed_alone_and_counts_at_once(server: Server) -> None:
    key = server.command("keys", "create", *OF_OWN, "--name", "A client")

    assert re.fullmatch(r"o311_[\w-]{43}\n", key)
    within_a_second(lambda: file(server, key.strip())[0], 200)


def test_a_key_is_listed_without_the_key_and_revoked_in_every_worker(server: Server) -> None:
    words = ("--name", "Ada", "--contact", "ada@example.org", "--rate-limit", "0")
    key = server.command("keys", "create", *OF_OWN, *words).strip()
    (line,) = [
        each for each in server.command("keys", "list", *OF_OWN).splitlines() if "\tAda\t" in each
    ]
    number, prefix, *rest = line.split("\t")
    within_a_second(lambda: file(server, key)[0], 200)

    server.command("keys", "revoke", *OF_OWN, number)

    within_a_second(lambda: file(server, key)[0], 403)
    assert rest == ["Ada", "ada@example.org", "no limit", "active", "requests:write"]
    assert key.startswith(prefix)
    assert key not in line
    assert f"{number}\t{prefix}\tAda" in server.command("keys", "list", *OF_OWN)
    assert "revoked 20" in server.command("keys", "list", *OF_OWN)


def test_a_key_that_is_revoked_or_another_citys_cannot_be_revoked(city_dsn: str) -> None:
    done = open311("keys", "revoke", *OF_OWN, "999999", database_url=city_dsn)

    assert done.returncode == 1
    assert "999999" in done.stderr


def test_a_rate_is_exact_over_all_workers(server: Server) -> None:
    words = ("--name", "Limited", "--rate-limit", "20")
    key = server.command("keys", "create", *OF_OWN, *words).strip()
    within_a_second(lambda: file(server, key)[0] != 403, True)
    time.sleep(60 - time.time() % 60 + 0.1 if time.time() % 60 > 50 else 0)
    statement(server.environment["OPEN311_DATABASE_URL"], "delete from rate_hits")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: file(server, key), range(50)))

    assert sorted(status for status, _ in answers) == [200] * 20 + [429] * 30
    left = 60 - time.time() % 60
    waits = [int(headers["retry-after"]) for status, headers in answers if status == 429]
    assert all(left - 1 <= wait <= left + 10 for wait in waits)


# --- cities ---------------------------------------------------------------------------------------


def test_loading_twice_changes_nothing(server: Server, folder: Path) -> None:
    before = changeset(server)
    told = server.command("load", str(folder))

    own, *lines = told.splitlines()
    assert own.endswith(":")
    assert [line.partition(": ")[2] for line in lines] == ["0 added, 0 changed, 0 retired"] * 5
    assert before == changeset(server)


def test_a_changed_file_changes_just_that_and_reaches_every_worker(
    server: Server, folder: Path
) -> None:
    before = changeset(server)
    path = folder / "services" / "pothole.json"
    path.write_text(path.read_text("utf-8").replace('"Pothole"', '"Hole in the road"'), "utf-8")

    told = server.command("load", str(folder))

    url = f"{ENDPOINT}/services.json"
    within_a_second(lambda: b"Hole in the road" in server.get(url)[2], True)
    assert "services: 0 added, 1 changed, 0 retired" in told
    assert told.count("0 added, 0 changed, 0 retired") == 4
    within_a_second(lambda: changeset(server) > before, True)


def test_a_service_that_goes_is_offered_no_more_and_its_requests_stay(
    server: Server, folder: Path
) -> None:
    key = server.command("keys", "create", *OF_OWN, "--name", "x", "--rate-limit", "0").strip()
    within_a_second(lambda: file(server, key)[0], 200)
    (folder / "services" / "pothole.json").unlink()
    rules = folder / "routing.json"
    named = rules.read_text("utf-8")
    rules.write_text(re.sub(r'"pothole",\s*', "", named), "utf-8")

    refused = open311("load", folder, **_settings(server))
    told = server.command("load", str(folder), "--consent", "--reason", "Filled for good.")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "pothole: it is offered no more." in refused.stderr
    within_a_second(lambda: file(server, key)[0], 404)
    assert "services: 0 added, 0 changed, 1 retired" in told
    listed = json.loads(server.get(f"{ENDPOINT}/requests.json?service_code=pothole")[2])
    assert listed
    server.command("load", str(resources.DEMO))
    within_a_second(lambda: file(server, key)[0], 200)


def test_a_faulty_folder_changes_nothing_and_every_fault_is_told(
    server: Server, folder: Path
) -> None:
    before = server.get(f"{ENDPOINT}/services.json")[2], changeset(server)
    for name, old, new in (
        ("services/pothole.json", '"Pothole"', '""'),
        ("services/rats.json", '"department": "', '"department": "no-such-'),
        ("services/idea.json", '"blackbox"', '"whitebox"'),
        ("jurisdiction.json", '"timezone": "', '"timezone": "Mars/'),
    ):
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    for verb in ("load", "check"):
        done = open311(verb, folder, **_settings(server))
        assert (done.returncode, done.stdout) == (1, "")
        for name in ("pothole.json", "rats.json", "idea.json", "jurisdiction.json"):
            assert name in done.stderr
        assert len(done.stderr.splitlines()) == 4
    assert before == (server.get(f"{ENDPOINT}/services.json")[2], changeset(server))


def _settings(server: Server) -> dict[str, str]:
    return {
        name.removeprefix("OPEN311_").lower(): value
        for name, value in server.environment.items()
        if name.startswith("OPEN311_")
    }
