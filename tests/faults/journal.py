"""Clients that file requests at the same time and write down what they were promised.

Each submission carries a number of its own in its description, so that every row in the database
can be held against what was sent, and every promise against the rows.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from tests import pictures
from tests.faults.calls import V2, Line, Reply, form, multipart

CLIENTS = 10
PAUSE = 0.2
"""Seconds between two submissions of a client: 50 a second from ten clients."""

PICTURE = pictures.saved(pictures.quarters(), "PNG")
REPORTER = ("email", "first_name", "last_name", "phone", "device_id", "account_id")

Rows = Callable[[str], list[Any]]
"""Runs a query."""


class Sent(msgspec.Struct):
    """One submission, and the answer if one came."""

    name: str
    fields: dict[str, str]
    files: int
    status: int | None = None
    promised: str | None = None  # id or token
    headers: dict[str, str] = {}
    problem: str | None = None  # why no answer came
    seconds: float = 0.0


class Journal:
    """What all clients sent, while they run and after."""

    def __init__(self, port: int, api_key: str, *, begin: int = 0) -> None:
        self.sent: list[Sent] = []
        self._port, self._key, self._begin = port, api_key, begin
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self) -> Journal:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _client(self, number: int) -> None:
        dice = random.Random(self._begin * 1000 + number)
        time.sleep(dice.random() * PAUSE)
        count = 0
        while not self._end.is_set():
            with Line(self._port, timeout=20) as line:
                try:
                    while not self._end.wait(PAUSE * dice.uniform(0.5, 1.5)):
                        count += 1
                        self._file(line, submission(f"{self._begin}-{number}-{count}", dice))
                except (OSError, http.client.HTTPException):
                    time.sleep(0.05)

    def _file(self, line: Line, sent: Sent) -> None:
        self.sent.append(sent)
        try:
            reply = self._post(line, sent)
        except (OSError, http.client.HTTPException) as error:
            sent.problem = repr(error)
            raise
        if reply.status == 200:
            (said,) = reply.json()
            sent.promised = said.get("service_request_id") or said.get("token")
        sent.headers, sent.status, sent.seconds = reply.headers, reply.status, reply.seconds

    def _post(self, line: Line, sent: Sent) -> Reply:
        fields = sent.fields | {"api_key": self._key, "description": sent.name}
        if sent.files:
            files = {f"media{number}": PICTURE for number in range(sent.files)}
            return line.ask("POST", f"{V2}/requests.json", *multipart(fields, **files))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return line.ask("POST", f"{V2}/requests.json", form(fields), kind)

    @property
    def acknowledged(self) -> list[Sent]:
        return [each for each in self.sent if each.status == 200]


def submission(name: str, dice: random.Random) -> Sent:
    """A realtime, batch or blackbox request; with reporter, answers and pictures or without."""
    code = dice.choice(["light", "light", "tree", "record", "idea"])
    fields = {"service_code": code, "lat": "44.6", "long": "-66.2"}
    if dice.random() < 0.5:
        fields |= {field: f"{field} of {name}" for field in dice.sample(REPORTER, 3)}
    if code == "light":
        fields |= {"attribute[note]": f"note of {name}", "attribute[colour]": "red"}
    return Sent(name, fields, files=2 if dice.random() < 0.1 else 0)


def check(sent: list[Sent], rows: Rows, find: Callable[[str], bytes]) -> None:
    """Hold the promises against the rows, and the rows against what was sent.

    Args:
        sent: by every client, so far.
        rows: the answer to a query.
        find: the content of a picture, by its path.
    """
    found: dict[str, list[Any]] = {}
    for row in rows("select * from requests"):
        found.setdefault(row["description"], []).append(row)
    reporters = {row["request_id"]: row for row in rows("select * from reporters")}
    media = {row["request_id"]: row for row in rows("select * from media")}

    assert set(found) <= {each.name for each in sent}
    assert [name for name, several in found.items() if len(several) > 1] == []
    assert [each.name for each in sent if each.status == 200 and each.name not in found] == []
    for each in sent:
        for row in found.get(each.name, ()):
            if each.promised:
                assert each.promised in (row["service_request_id"], row["token"])
            _whole(each, row, reporters.pop(row["id"], None), media.pop(row["id"], None), find)
    assert (reporters, media) == ({}, {})


def _whole(sent: Sent, row: Any, reporter: Any, media: Any, find: Callable[[str], bytes]) -> None:
    told = {name: sent.fields[name] for name in REPORTER if name in sent.fields}
    kept = {name: reporter[name] for name in REPORTER if reporter[name]} if reporter else {}
    answers = {
        name.removeprefix("attribute[").rstrip("]"): value
        for name, value in sent.fields.items()
        if name.startswith("attribute")
    }

    assert kept == told
    assert msgspec.json.decode(row["attributes"] or "{}") == answers
    assert (row["lat"], row["long"], row["status"]) == (44.6, -66.2, "open")
    assert [row["media_url"] is not None, media is not None] == [sent.files > 0] * 2
    if sent.files:
        for url in (row["media_url"], media["url"]):
            assert pictures.segments(find(url))[0]
