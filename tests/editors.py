"""Who edits a catalogue over HTTP, and what they write; each answer is held to the description."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from open311.actions import keys
from open311.domain.scopes import SCOPES, Scope
from open311.http.administration.description import describe, operations
from open311.http.administration.door import ROOT
from tests.conformance.wire import Answer
from tests.conftest import NOW
from tests.databases import using
from tests.inprocess import Door

EVERYTHING: tuple[Scope, ...] = tuple(SCOPES)

LIGHT: dict[str, Any] = {
    "service_code": "light",
    "service_name": "Light",
    "description": "A light that is out.",
    "group": "Street",
    "department": "works",
    "attributes": [
        {"code": "note", "datatype": "text", "description": "Anything else?"},
        {"code": "count", "datatype": "number", "description": "How many?"},
        {
            "code": "colour",
            "datatype": "singlevaluelist",
            "description": "Which colour?",
            "values": [{"key": "red", "name": "Red"}, {"key": "blue", "name": "Blue"}],
        },
    ],
}
"""The service of the small cities, told anew."""


def changed(**members: Any) -> dict[str, Any]:
    """The service with other members."""
    return LIGHT | members


def asking(*questions: dict[str, Any]) -> dict[str, Any]:
    """The service with more questions."""
    return changed(attributes=[*LIGHT["attributes"], *questions])


class Editor:
    """Somebody with a key, in front of a door."""

    def __init__(self, door: Door, key: str) -> None:
        self.door, self.key = door, key

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A call below the root; underscores in header names stand for hyphens."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        named = {"x-api-key": self.key} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        sent = content if isinstance(content, bytes) else content.encode()
        answer = self.door.ask(method, ROOT + path, tuple(named.items()), sent)
        as_described(answer, method, path)
        return answer

    def save(self, service: dict[str, Any], code: str = "light", **headers: str) -> str:
        """Save a draft, new unless told; its tag."""
        headers = headers or {"if_none_match": "*"}
        answer = self.ask("PUT", f"/services/{code}/draft", service, **headers)
        assert answer.ok, answer
        return str(answer.header("etag"))

    def publish(self, service: dict[str, Any], code: str = "light", **how: Any) -> int:
        """Save a draft and publish it; its number."""
        tag = self.save(service, code)
        path = f"/services/{code}/draft/publish"
        answer = self.ask("POST", path, {"consent": True} | how, if_match=tag)
        assert answer.status == 201, answer
        return int(answer.json["version"])


def editor(door: Door, dsn: str, own: str, *may: Scope) -> Editor:
    """Somebody with a new key of those scopes, which the application knows of."""
    key = using(dsn, lambda each: keys.create(each, own, "Ed", None, None, NOW, may or EVERYTHING))
    known(door, key)
    return Editor(door, key)


def known(door: Door, key: str, *, is_good: bool = True) -> None:
    """Wait until the application knows of a key, or no more."""
    for _ in range(500):
        if (door.desk.register.client(keys.hashed(key)) is not None) is is_good:
            return
        door.wait(0.01)
    raise AssertionError("the key is not known")


# --- the description ------------------------------------------------------------------------------


@cache
def _described() -> dict[str, Any]:
    return describe("")


def as_described(answer: Answer, method: str, path: str) -> None:
    """Fail where an answer has a status or a body that the description does not tell of."""
    found = _operation(method, path.partition("?")[0])
    if found is None:
        assert answer.status in (403, 404, 405, 429), answer
        return
    responses = found["responses"]
    assert str(answer.status) in responses, f"not described: {answer!r}"
    content = responses[str(answer.status)].get("content")
    if content is None or method == "HEAD":
        assert answer.body == b""
        return
    assert answer.header("content-type") == "application/json; charset=utf-8"
    schema = content["application/json"]["schema"] | {"components": _described()["components"]}
    faults = [each.message for each in Draft202012Validator(schema).iter_errors(answer.json)]
    assert faults == [], answer
    if answer.status >= 400:
        assert {each["code"] for each in answer.json} == {answer.status}


def _operation(method: str, path: str) -> dict[str, Any] | None:
    method = "get" if method == "HEAD" else method.lower()
    for template, verb, _ in operations():
        if verb == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            found: dict[str, Any] = _described()["paths"][template][verb]
            return found
    return None
