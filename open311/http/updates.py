"""mySociety's servicerequestupdates: what became of requests, followed and told. GR-X 10.8."""

from __future__ import annotations

from urllib.parse import urlencode

from msgspec.structs import replace

from open311.actions import updates
from open311.domain import updates as told
from open311.formats import FORMATS
from open311.http import posts
from open311.http.answers import Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def list_updates(call: Call) -> Answer:
    """GET servicerequestupdates, oldest first; where more follow, `Link` says where."""
    desk, city = call.desk, call.city()
    found, cursor = await updates.listed(
        desk.reads, city, call.pairs, desk.now(), desk.settings.base_url
    )
    if cursor is None:
        return Answer(found)
    return Answer(found, headers=((b"link", f'<{_url(call, cursor)}>; rel="next"'.encode()),))


def _url(call: Call, cursor: str) -> str:
    """The same question from a cursor on, without the key that it may have come with."""
    names = [name for name, each in FORMATS.items() if each is call.format]
    extension = f".{names[0]}" if call.peeled else ""
    pairs = [pair for pair in call.pairs if pair[0] != "cursor"]
    query = urlencode([*pairs, ("cursor", cursor)])
    return f"{call.desk.settings.base_url}{call.path}{extension}?{query}"


async def record_update(call: Call) -> Answer:
    """POST servicerequestupdates, with a key of scope requests:update."""
    desk = call.desk
    async with posts.received(call, "requests:update") as sent:
        client = sent.client
        new = told.read(sent.form.pairs, sent.city.zone, desk.now())
        new = replace(new, client_id=client.client_id, actor=client.name)
        if pictures := sent.form.files[:1]:  # an update shows one
            (kept,) = await posts.kept(call, sent.city, pictures)
            new = replace(new, media_url=kept)
        recorded = await updates.record(desk.writes.transaction, sent.city.jurisdiction_id, new)
    desk.tally.event("updates_recorded")
    return Answer(recorded)


RESOURCES = [
    Resource(f"{ENDPOINT}/servicerequestupdates", {"GET": list_updates, "POST": record_update})
]
"""The updates."""
