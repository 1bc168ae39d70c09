"""mySociety's servicerequestupdates: what became of requests, followed and told. GR-X 10.8."""

from __future__ import annotations

from msgspec.structs import replace

from open311.actions import pictures, updates
from open311.domain import updates as told
from open311.errors import Invalid, NotFound
from open311.http import links, posts
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
    further = links.address(call, cursor=cursor)
    return Answer(found, headers=((b"link", f'<{further}>; rel="next"'.encode()),))


async def record_update(call: Call) -> Answer:
    """POST servicerequestupdates, with a key of scope requests:update."""
    desk = call.desk
    async with posts.received(call, "requests:update") as sent:
        client = sent.client
        new = told.read(sent.form.pairs, sent.city.zone, desk.now())
        new = replace(new, client_id=client.client_id, actor=client.name)
        kept = await posts.kept(call, sent.city, sent.form.files[:1])  # an update shows one
        new = replace(new, media_url=kept[0] if kept else new.media_url)
        own = sent.city.jurisdiction_id
        try:
            recorded = await updates.record(desk.writes.transaction, own, new)
        except (Invalid, NotFound):  # so it is known that nothing shows them
            await pictures.drop(desk.media, own, kept)
            raise
    desk.tally.event("updates_recorded")
    return Answer(recorded)


RESOURCES = [
    Resource(f"{ENDPOINT}/servicerequestupdates", {"GET": list_updates, "POST": record_update})
]
"""The updates."""
