"""All requests at once: as lines of JSON, as CSV, as GeoJSON. Source: GR-X 10.13."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from open311.actions import exports
from open311.formats import FORMATS
from open311.formats.bulk import BULKS
from open311.http.answers import Answer, Stream
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


def _export(extension: str) -> Callable[[Call], Awaitable[Answer]]:
    """What answers with all requests that are asked for, in one format."""
    media_type = BULKS[extension].media_type

    async def export(call: Call) -> Answer:
        desk, city = call.desk, call.city()
        search = exports.asked(city, call.pairs, desk.now())
        chunks = exports.export(desk.copies, city, search, desk.settings.base_url, extension)
        return Answer(Stream(chunks, media_type, f"requests.{extension}"))

    return export


RESOURCES = [
    Resource(f"{ENDPOINT}/requests.{each}", {"GET": _export(each)}, FORMATS["json"])
    for each in BULKS
]
"""Files of the whole list; faults are told as JSON."""
