"""GET /discovery, wherever clients look for it. Source: GR-D, interop 9."""

from __future__ import annotations

from open311.actions import discovery
from open311.http.answers import Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def describe(call: Call) -> Answer:
    """GET discovery; arguments are ignored. Source: GR-D-13."""
    desk = call.desk
    own = desk.settings.base_url + ENDPOINT
    test = (desk.settings.test_url or own).rstrip("/")
    document, lasting = discovery.describe(desk.register.cities, own, test, desk.now())
    return Answer(document, lasting=lasting)


RESOURCES = [
    Resource(path, {"GET": describe})
    for path in ("/discovery", "/open311/discovery", f"{ENDPOINT}/discovery")
]
