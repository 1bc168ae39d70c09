"""Another city's GeoReport server, as far as its list of requests: with the habits of real ones."""

from __future__ import annotations

import email.utils
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from open311.spec import w3c_datetime
from tests.imports.foreign import Foreign, Handler, Reply, foreign

__all__ = ["OtherSide", "other_side"]


class OtherSide:
    """A server whose clock is told; what it knows beside the standard may be chosen.

    Args of `__init__`: whether it knows `updated_after`, pages and ETags; its most requests an
    answer; and replies that it gives first, instead of answering.
    """

    def __init__(self, **habits: Any) -> None:
        self.requests: dict[str, dict[str, Any]] = {}
        self.now = datetime(2026, 6, 1, tzinfo=UTC)
        self.changes, self.pages = habits.get("changes", True), habits.get("pages", True)
        self.etags, self.links = habits.get("etags", True), habits.get("links", False)
        self.most = habits.get("most", 100)
        self.broken: list[Reply] = []
        self.server: Foreign

    def file(self, number: int, at: datetime | None = None, **values: Any) -> None:
        """Put a request, or change it."""
        old = self.requests.get(str(number), {})
        made = w3c_datetime.show(at or self.now)
        new = {
            "service_request_id": str(number),
            "status": "open",
            "service_code": "pothole",
            "service_name": "Pothole",
            "requested_datetime": old.get("requested_datetime", made),
            "lat": 44.6,
            "long": -66.2,
        }
        stamp = {"updated_datetime": w3c_datetime.show(self.now)}
        self.requests[str(number)] = new | old | values | stamp

    def __call__(self, handler: Handler) -> Reply | None:
        if self.broken:
            return self.broken.pop(0)
        asked = {name: each[0] for name, each in parse_qs(urlsplit(handler.path).query).items()}
        found = self._found(asked)
        size = min(int(asked.get("page_size", self.most)), self.most)
        page = int(asked.get("page", 1)) if self.pages else 1
        body = json.dumps(found[(page - 1) * size : page * size]).encode()
        headers = {"Date": email.utils.format_datetime(self.now, usegmt=True)}
        if self.links:
            path = urlsplit(handler.path)
            rest = "&".join(p for p in path.query.split("&") if not p.startswith("page="))
            further = f'<{path.path}?{rest}&page={page + 1}>; rel="next"'
            headers["Link"] = further if len(found) > page * size else '<x>; rel="first"'
        if self.etags:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
            if handler.headers.get("If-None-Match") == headers["ETag"]:
                return 304, headers | {"Content-Length": "0"}, b""
        return 200, headers, body

    def _found(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        every = sorted(self.requests.values(), key=lambda e: e["requested_datetime"], reverse=True)
        if ids := asked.get("service_request_id"):
            return [each for each in every if each["service_request_id"] in ids.split(",")]
        start, end = asked.get("start_date"), asked.get("end_date")
        if self.changes and (after := asked.get("updated_after")):
            before = asked.get("updated_before", "9")
            return [each for each in every if after <= each["updated_datetime"] <= before]
        if not start:
            start = w3c_datetime.show(self.now - timedelta(days=90))
        end = end or w3c_datetime.show(self.now)
        return [each for each in every if start <= each["requested_datetime"] <= end]


@contextmanager
def other_side(**habits: Any) -> Iterator[OtherSide]:
    """Serve until the block ends."""
    side = OtherSide(**habits)
    with foreign({"/v2/requests.json": side}) as server:
        side.server = server
        yield side
