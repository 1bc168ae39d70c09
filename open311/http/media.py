"""Pictures of requests, as kept: harmless, unguessable, never changing."""

from __future__ import annotations

from open311.actions import pictures
from open311.http.answers import Answer, Blob
from open311.http.calls import Call
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def find_picture(call: Call) -> Answer:
    """One picture."""
    jurisdiction_id, _, name = call.rest.partition("/")
    own = call.desk.register.city(jurisdiction_id).jurisdiction_id  # else any path would do
    content = await pictures.find(call.desk.media, call.desk.reads, own, name)
    return Answer(
        Blob(content, "image/jpeg"),
        headers=(
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
        ),
    )


RESOURCES = [Resource("/media/*", {"GET": find_picture})]
