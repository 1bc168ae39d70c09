"""All that is asked: lists, and what is no list or depends on what the server answered before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from benchmarks.scale import filling
from benchmarks.scale.questions import V2, Question, deep, listed, lists, text
from benchmarks.scale.scene import Scene
from open311.spec import cursors
from tests.servers import Server


def asked(scene: Scene, server: Server) -> Iterator[Question]:
    """Every question, for one city."""
    yield from lists(scene)
    yield from _others(scene)
    yield from _links(server, scene)
    yield from _leaps(server, scene)


def _others(scene: Scene) -> Iterator[Question]:
    moments = [text(each) for each in deep(scene)]
    ids, tokens = scene.ids, scene.tokens
    hour = text(scene.until - timedelta(hours=1))
    yield Question("one request", tuple(f"{V2}/requests/{each}.json" for each in ids[:200]))
    several = (",".join(ids[n : n + 50]) for n in range(0, 600, 50))
    by_id = tuple(f"{V2}/requests.json?service_request_id={each}" for each in several)
    yield Question("50 requests by their ids", by_id)
    yield Question("a token", tuple(f"{V2}/tokens/{each}.json" for each in tokens[:200]))
    xml = tuple(f"{V2}/requests.xml?page_size=50&end_date={each}" for each in moments)
    yield Question("before a day of the past, XML", xml)
    updates = f"{V2}/servicerequestupdates.json?page_size=50"
    yield Question("updates of the last hour", (f"{updates}&start_date={hour}",))
    past = tuple(f"{updates}&start_date={each}" for each in moments)
    yield Question("updates since the past", past)
    own = tuple(
        f"{updates}&service_request_id={','.join(ids[n : n + 10])}" for n in range(0, 120, 10)
    )
    yield Question("updates of ten requests", own)
    feed = f"{V2}/changes.json?limit=50"
    yield Question("the feed from its beginning", (feed,))
    yield Question("the feed, nothing new", (f"{feed}&after=now",))
    for name, begun in {
        "of the last hour": [scene.until - timedelta(hours=1)],
        "of the last minute": [scene.until - timedelta(minutes=1)],
        "since the past": deep(scene),
    }.items():
        numbers = (filling.change(scene.requests, scene.until - each) for each in begun)
        paths = tuple(f"{feed}&after={number}-0" for number in numbers)
        yield Question(f"the feed {name}", paths)


# --- what only the server knows -------------------------------------------------------------------


def _links(server: Server, scene: Scene) -> Iterator[Question]:
    """Where the lists of the past go on."""
    month = [each - timedelta(days=30) for each in deep(scene)]
    for name, more in {
        "": {},
        " of a common service": {"service_code": scene.common[0]},
        " of a common area": {"area": scene.areas[0]},
        ", by update": {"sort": "-updated_datetime"},
        ", by update, of thirty days": {"sort": "-updated_datetime", "start_date": month},
    }.items():
        every = listed("", **{"start_date": scene.since, "end_date": deep(scene)} | more)
        found = [_relations(server, each) for each in every.paths]
        following = [each["next"] for each in found if "next" in each]
        second = [_relations(server, each) for each in following]
        for relation, among in (("next", second), ("prev", second)):
            paths = tuple(each[relation] for each in among if relation in each)
            if paths:
                yield Question(f"by cursor, {relation}, from the past{name}", paths)


def _leaps(server: Server, scene: Scene) -> Iterator[Question]:
    """Cursors in the middle of all years, where whoever follows the links gets to at last."""
    for name, more in {
        "": {},
        " of a common service": {"service_code": scene.common[0]},
        " of a common area": {"area": scene.areas[0]},
    }.items():
        (first,) = listed("", start_date=scene.since, **more).paths
        link = _relations(server, first).get("next", "")
        found = re.search(r"(?<=[?&]cursor=)[^&]+", link)
        if not found:
            return
        cursor = cursors.read(found[0])
        for relation, back in (("next", False), ("prev", True)):
            leaps = (
                msgspec.structs.replace(
                    cursor, at=int(each.timestamp()) * 1_000_000, id=filling.FIRST, back=back
                )
                for each in deep(scene)
            )
            paths = tuple(link.replace(found[0], cursors.show(each)) for each in leaps)
            yield Question(f"by cursor, {relation}, in the middle of all years{name}", paths)


def _relations(server: Server, path: str) -> dict[str, str]:
    """The links of an answer by their relation, without scheme and host."""
    _, headers, _ = server.get(path)
    links = re.findall(r'<(?:https?://[^/>]+)?([^>]+)>; rel="?(\w+)', headers.get("link", ""))
    return {relation: path for path, relation in links}
