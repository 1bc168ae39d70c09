"""`open311 requests`: import, export and follow, each as a process of its own."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.commands import open311, said
from tests.databases import copy_of
from tests.imports.history import CITY, row, rows_of, tallies_of
from tests.servers import ROOT, Server, serving

OF_CITY = ("--jurisdiction", CITY)
MAPPING = """
source = "old"
times = ["%Y-%m-%d %H:%M"]
[fields]
source_id = "ID"
requested_datetime = "OPENED"
status = { constant = "open" }
service_code = "KIND"
description = "TEXT"
lat = "LAT"
long = "LONG"
"""
HEAD = "ID,OPENED,KIND,TEXT,LAT,LONG\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file with a mapping; its second row is faulty, and would be a formula in a spreadsheet."""
    table, mapping = tmp_path / "old.csv", tmp_path / "old.toml"
    lines = ["a,2026-03-08 02:30,pothole,One,44.6,-66.2", '"=b",soon,pothole,Two,,']
    table.write_text(HEAD + "".join(f"{each}\n" for each in lines))
    mapping.write_text(MAPPING)
    return table, mapping


def imported(dsn: str, table: Path, mapping: Path, *words: object) -> Any:
    words = ("requests", "import", table, *OF_CITY, "--mapping", mapping, *words)
    return open311(*words, database_url=dsn)


def test_good_rows_come_in_and_the_others_are_told_in_a_file(
    dsn: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    faults = tmp_path / "faults.csv"
    dry = imported(dsn, *files, "--dry-run", "--faults", faults)
    nothing = rows_of(dsn)
    first = imported(dsn, *files, "--faults", faults)
    second = imported(dsn, *files)

    assert nothing == []
    assert dry.stdout == "would be new: 1, changed: 0, unchanged: 0, left out: 1\n"
    assert first.stdout == "new: 1, changed: 0, unchanged: 0, left out: 1\n"
    assert second.stdout == "new: 0, changed: 0, unchanged: 1, left out: 1\n"
    assert (dry.returncode, first.returncode, second.returncode) == (1, 1, 1)
    problem = "requested_datetime: 'soon' is no time of those that the mapping tells"
    assert list(csv.reader(faults.read_text().splitlines())) == [
        ["place", "source_id", "problem"],
        ["line 3", "'=b", problem],
    ]
    assert second.stderr == f"line 3: {problem}.\n"
    # 02:30 is not on the clocks of Halifax on that day: it is 03:30, an hour earlier in UTC
    ((at,),) = rows_of(dsn, "r.requested_datetime")
    assert at.isoformat() == "2026-03-08T06:30:00+00:00"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nothing.csv", "--source", "x"), "there is no column 'status'; there is: "),
        (("nothing.csv",), "Say --mapping FILE; or --source NAME"),
        (("none.csv", "--source", "x"), "none.csv: cannot be read"),
        (("nothing.csv", "--source", " "), "--source: ' ' is no name of one line."),
        (("nothing.csv", "--source", "x", "--faults", "no/such/x"), "--faults: no/such/x cannot"),
    ],
)
def test_what_cannot_be_done_is_told(
    city_dsn: str, tmp_path: Path, words: tuple[str, ...], problem: str
) -> None:
    (tmp_path / "nothing.csv").write_text("x\n")
    (tmp_path / "nothing.json").write_text("[]")
    first = tmp_path / (words[0] if "--faults" not in words else "nothing.json")
    done = open311("requests", "import", first, *OF_CITY, *words[1:], database_url=city_dsn)

    assert done.returncode in (1, 2)
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_that_is_killed_goes_on_and_ends_in_the_same_state(
    cluster: str, template: str, tmp_path: Path
) -> None:
    table = tmp_path / "old.ndjson"
    rows = [row(number, description=f"No. {number} " + "x" * 300) for number in range(12_000)]
    table.write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    words = ("requests", "import", str(table), *OF_CITY, "--source", "old")
    columns = "r.service_request_id, r.source_id, r.description, r.status, p.inside"

    with copy_of(cluster, template) as whole, copy_of(cluster, template) as cut:
        said(*words, database_url=whole)
        environment = {**os.environ, "OPEN311_DATABASE_URL": cut}
        process = subprocess.Popen(
            [sys.executable, "-m", "open311", *words],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not (some := len(rows_of(cut, "1"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        there = len(rows_of(cut, "1"))
        told = said(*words, database_url=cut)

        assert 0 < some <= there < len(rows)
        assert told.startswith(f"new: {len(rows) - there}, changed: 0, unchanged: {there}")
        assert rows_of(cut, columns) == rows_of(whole, columns)
        assert tallies_of(cut) == tallies_of(whole)


def test_what_comes_in_goes_out_as_it_was(dsn: str, tmp_path: Path) -> None:
    texts = ["plain", "a\nb", 'say "x"', "x\\ty", "tab\there", "é ☃", "=1+1", "null", "\\N"]
    rows = [row(n, description=text, lat=44.6 + n / 8) for n, text in enumerate(texts)]
    (tmp_path / "x.json").write_text(json.dumps(rows))
    said("requests", "import", tmp_path / "x.json", *OF_CITY, "--source", "x", database_url=dsn)
    settings = {"database_url": dsn}
    lines = said("requests", "export", "--format", "ndjson", **settings).splitlines()
    found = [json.loads(each) for each in lines]
    table = said("requests", "export", "--query", "status=open", **settings)
    cells = list(csv.DictReader(table.splitlines(keepends=True)))
    features = json.loads(said("requests", "export", "--format", "geojson", **settings))

    assert [each["description"] for each in found] == texts
    assert [each["lat"] for each in found] == [each["lat"] for each in rows]
    assert [each["service_request_id"] for each in cells] == [str(n) for n in range(len(texts))]
    assert len(features["features"]) == len(texts)
    assert said("requests", "export", "--query", "status=closed", **settings).count("\n") == 1
    refused = open311("requests", "export", "--query", "stat=open", **settings)
    assert (refused.returncode, "there is no 'stat'" in refused.stderr) == (1, True)


def test_the_point_of_a_feature_is_where_it_is(dsn: str, tmp_path: Path) -> None:
    mapping, table = tmp_path / "m.toml", tmp_path / "x.geojson"
    mapping.write_text(MAPPING.replace('lat = "LAT"\nlong = "LONG"\n', ""))
    feature = {
        "type": "Feature",
        "properties": {"ID": 7, "OPENED": "2026-01-01 12:00", "KIND": "pothole", "TEXT": None},
        "geometry": {"type": "Point", "coordinates": [-66.2, 44.6]},
    }
    table.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = imported(dsn, table, mapping)

    assert (done.returncode, done.stderr) == (0, "")
    assert rows_of(dsn, "r.source_id, r.lat, r.long") == [("7", 44.6, -66.2)]


# --- following our own --------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Server]:
    """Another server of ours, with the demo city."""
    with serving(tmp_path / "source", "--demo") as server:
        yield server


def listed(server: Server) -> list[Any]:
    """Everything that a server tells of its requests."""
    words = ("requests", "export", "--jurisdiction", CITY, "--format", "ndjson")
    found = [json.loads(line) for line in server.command(*words).splitlines()]
    return sorted(found, key=lambda each: each["service_request_id"])


def test_a_mirror_of_our_own_server_is_equal_while_requests_come_and_change(
    dsn: str, source: Server, tmp_path: Path
) -> None:
    key = source.command("keys", "create", *OF_CITY, "--name", "x", "--rate-limit", "0").strip()
    words = ("requests", "follow", source.endpoint, *OF_CITY, "--pause", "0", "--source", "other")
    words += ("--since", "2025-01-01")
    environment = {**os.environ, "OPEN311_DATABASE_URL": dsn}
    process = subprocess.Popen(
        [sys.executable, "-m", "open311", *words, "--every", "1"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1.5)  # by then every worker knows the key
    form = {"api_key": key, "service_code": "pothole", "lat": "44.6", "long": "-66.2"}
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    try:
        for number in range(20):
            body = urlencode(form | {"description": f"No. {number}"}).encode()
            assert source.ask("POST", "/open311/v2/requests.json", body, **headers)[0] == 200
            if number == 10:  # stopped, and started again
                process.send_signal(signal.SIGKILL)
                process.wait(30)
                process = subprocess.Popen(
                    [sys.executable, "-m", "open311", *words, "--every", "1"],
                    env=environment,
                    cwd=ROOT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait(30)
    said(*words, "--once", database_url=dsn)
    said(*words, "--once", database_url=dsn)
    mirror = said("requests", "export", *OF_CITY, "--format", "ndjson", database_url=dsn)
    found = sorted(map(json.loads, mirror.splitlines()), key=lambda e: e["service_request_id"])
    theirs = listed(source)

    assert len(theirs) == 2_020
    assert [pair for pair in zip(found, theirs, strict=True) if pair[0] != pair[1]] == []
