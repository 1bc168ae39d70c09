"""All requests at once: as lines of JSON, as CSV, as GeoJSON. Source: GR-X 10.13."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from open311.actions import exports, lists
from open311.formats import FORMATS, atom
from open311.formats.bulk import BULKS
from open311.http import links
from open311.http.answers import Answer, Blob, Stream
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource
from open311.spec import submission

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


_NEWS = {"sort": "-updated_datetime", "page_size": "50", "updated_after": "0001-01-01T00:00:00Z"}
"""What a feed asks for unless told: what changed last, however old it is."""


async def news(call: Call) -> Answer:
    """What changed last, as an Atom feed. Source: GR-X 10.13; RFC 4287."""
    desk, city = call.desk, call.city()
    sent = {name for name, value in call.pairs if value.strip()}
    usual = tuple((name, value) for name, value in _NEWS.items() if name not in sent)
    pairs, base = (*call.pairs, *usual), desk.settings.base_url
    found = await lists.search(desk.reads, city, pairs, desk.now(), base, desk.shown)
    own = links.address(call)
    more = {"next": found.next, "previous": found.prev}
    feed = atom.Feed(
        title=f"{city.name}: {submission.argument(call.pairs, 'q') or 'service requests'}",
        author=city.name,
        language=city.language,
        updated=desk.now(),
        links={"self": own, "alternate": own.replace("requests.atom", "requests.xml", 1)}
        | {name: links.address(call, cursor=cursor) for name, cursor in more.items() if cursor},
        requests=f"{base}{ENDPOINT}/requests/",
        query=f"?{urlencode({'jurisdiction_id': city.jurisdiction_id})}",
    )
    content = atom.encode(feed, found.requests.service_requests)
    return Answer(Blob(content, f"{atom.MEDIA_TYPE}; charset=utf-8"))


RESOURCES = [
    *(
        Resource(f"{ENDPOINT}/requests.{each}", {"GET": _export(each)}, FORMATS["json"])
        for each in BULKS
    ),
    Resource(f"{ENDPOINT}/requests.atom", {"GET": news}, FORMATS["xml"]),
]
"""Files of the whole list; faults are told as JSON."""
