"""Requests withdrawn and brought back over HTTP, by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from open311.actions import keys
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.editors import Editor, editor
from tests.inprocess import FORM, Door

OWN, OTHER = "own.example", "other.example"


class World(msgspec.Struct):
    door: Door
    dsn: str
    ed: Editor
    key: str

    def file(self) -> str:
        sent = {"api_key": self.key, "service_code": "tree", "lat": "44.6", "long": "-66.2"}
        body = urlencode(sent | {"jurisdiction_id": OWN}).encode()
        said = self.door.ask("POST", "requests.json", FORM, body)
        return str(said.one["service_request_id"])

    def status(self, own_id: str) -> int:
        return self.door.ask("GET", f"requests/{own_id}.json?jurisdiction_id={OWN}").status


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("withdrawals")
    with copy_of(cluster, bare) as dsn:
        for own in (OWN, OTHER):
            load(dsn, small_city(path / own, own), NOW)
        key = using(dsn, lambda each: keys.create(each, OWN, "tests", None, None, NOW))
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield World(door, dsn, editor(door, dsn, OWN, "requests:withdraw"), key)


def test_a_request_is_withdrawn_and_brought_back(world: World) -> None:
    own_id = world.file()
    path = f"/requests/{own_id}/withdrawal"
    gone = world.ed.ask("POST", path, {"reason": "It names a neighbour."})
    hidden = world.status(own_id)
    again = world.ed.ask("POST", path, {})
    back = world.ed.ask("DELETE", path)

    assert (gone.status, gone.body, hidden) == (204, b"", 404)
    assert again.status == 404
    assert (back.status, world.status(own_id)) == (204, 200)
    assert world.ed.ask("DELETE", path).status == 404


def test_who_did_it_and_why_is_kept(world: World) -> None:
    own_id = world.file()
    world.ed.ask("POST", f"/requests/{own_id}/withdrawal", {"reason": " It names\na neighbour."})
    sql = "select actor, reason from withdrawals where service_request_id = $1"
    kept = using(world.dsn, lambda each: each.fetchrow(sql, own_id))

    assert tuple(kept) == ("Ed", "It names a neighbour.")


@pytest.mark.parametrize(
    ("data", "status"),
    [({"reason": 7}, 400), ({"other": "x"}, 400), ({"reason": "x" * 501}, 400), (None, 204)],
)
def test_a_reason_is_a_text(world: World, data: Any, status: int) -> None:
    own_id = world.file()

    assert world.ed.ask("POST", f"/requests/{own_id}/withdrawal", data).status == status


def test_only_who_may_does_it_and_in_the_own_city(world: World) -> None:
    own_id = world.file()
    path = f"/requests/{own_id}/withdrawal"
    others = editor(world.door, world.dsn, OTHER, "requests:withdraw")
    weak = editor(world.door, world.dsn, OWN, "requests:route")

    assert weak.ask("POST", path, {}).status == weak.ask("DELETE", path).status == 403
    assert others.ask("POST", path, {}).status == others.ask("DELETE", path).status == 404
    assert world.ed.ask("POST", "/requests/a%00b/withdrawal", {}).status == 404
    assert world.status(own_id) == 200
