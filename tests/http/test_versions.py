"""A new version of a service is what every answer says from its instant on, kept pages or not."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from open311.actions import catalogue, keys
from open311.domain.definitions import Deed
from open311.domain.folder import CityService
from open311.store import db
from tests import inprocess
from tests.databases import using
from tests.inprocess import FORM, Door
from tests.questions import all_of, question, service

OWN = "lanternport.example"
FIRST = service(
    question("DEPTH", "number", required=True),
    service_code="crater",
    service_name="First",
    department="accessibility",
)
SECOND = service(
    question("DEPTH", "number", maximum=9),
    question("WHY", "text", when=all_of(("DEPTH", "gt", 5)), required=True),
    service_code="crater",
    service_name="Second",
    department="accessibility",
    location="none",
)


def publish(dsn: str, said: CityService, begins: datetime | None = None) -> None:
    async def work(connection: db.Connection) -> None:
        opening, deed = functools.partial(db.owning, connection), Deed("x", datetime.now(UTC))
        await catalogue.save(opening, OWN, said, deed, replaces=None)
        await catalogue.publish(opening, OWN, "crater", deed, published_from=begins, consent=True)

    using(dsn, work)


def within(door: Door, seconds: float, question: Callable[[], bool]) -> None:
    """It becomes true on the application's own loop."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    while not question():
        assert datetime.now(UTC) < deadline
        door.ask("GET", "/healthz")


def test_lists_definitions_and_reports_follow_a_version_that_begins_by_itself(
    dsn: str, tmp_path: Path
) -> None:
    publish(dsn, FIRST)
    key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, datetime.now(UTC)))
    with inprocess.opened(dsn, tmp_path) as door:

        def get(path: str) -> Any:
            return json.loads(door.ask("GET", path).body)

        def name() -> str:
            (found,) = [e for e in get("services.json") if e["service_code"] == "crater"]
            return str(found["service_name"])

        def report(**fields: str) -> tuple[int, Any]:
            sent = {"api_key": key, "service_code": "crater", **fields}
            answer = door.ask("POST", "requests.json", FORM, urlencode(sent).encode())
            return answer.status, json.loads(answer.body)

        deep = {"attribute[DEPTH]": "12", "address_string": "1 Road"}
        assert report()[0] == 400
        status, (filed,) = report(**deep)
        number = filed["service_request_id"]
        assert status == 200
        assert [e["code"] for e in get("services/crater.json")["attributes"]] == ["DEPTH"]
        assert get("requests.json?service_code=crater")[0]["service_name"] == "First"
        before = get("/discovery.json")["changeset"]

        publish(dsn, SECOND, datetime.now(UTC) + timedelta(seconds=0.7))
        assert name() == "First"
        within(door, 2, lambda: name() == "Second")

        assert [e["code"] for e in get("services/crater.json")["attributes"]] == ["DEPTH", "WHY"]
        assert get("requests.json?service_code=crater")[0]["service_name"] == "Second"
        # of two changes in a second the later one is shown when the second is over
        within(door, 2, lambda: get("/discovery.json")["changeset"] > before)
        assert [e["description"] for e in report(**deep)[1]] == [
            "attribute[DEPTH]: it is more than 9."
        ]
        assert [e["description"] for e in report(**{"attribute[DEPTH]": "7"})[1]] == [
            "attribute[WHY]: an answer is required."
        ]
        assert report(**{"attribute[DEPTH]": "3", "attribute[WHY]": "?", "lat": "x"})[0] == 200
        assert get(f"requests/{number}.json")[0]["address"] == "1 Road"
    pinned = "select definition_version from requests where service_code = 'crater' order by id"
    assert [row[0] for row in using(dsn, lambda each: each.fetch(pinned))] == [1, 2]
