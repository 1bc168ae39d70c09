"""One call of a client: where, in which format and language, with which arguments.

Handlers take a `Call`; they never see suffixes, content codings or bytes.
"""

from __future__ import annotations

import re
from typing import Any

from open311.domain.city import City
from open311.errors import Invalid
from open311.formats import FORMATS, form, preferred
from open311.http.answers import coding
from open311.http.desk import Desk
from open311.http.kept import Key
from open311.spec import languages, submission
from open311.spec.submission import Pairs

__all__ = ["Call", "page_key", "wanted"]

_WITHOUT_BODY = frozenset(("GET", "HEAD", "OPTIONS"))
_SLASHES = re.compile(r"/{2,}")


class Call:
    """What a client asks: where, in which format, with which arguments."""

    __slots__ = (
        "_pairs",
        "asked",
        "began",
        "coding",
        "desk",
        "format",
        "key",
        "language",
        "path",
        "peeled",
        "receive",
        "rest",
        "scope",
        "unread",
        "wanted",
    )

    def __init__(self, scope: Any, receive: Any, desk: Desk, began: float) -> None:
        """Peel the format off the path. Source: GR-F-02, GR-F-05, GR-D-11."""
        self.scope, self.receive, self.desk, self.began = scope, receive, desk, began
        self.coding = coding(scope["headers"])
        self._pairs: tuple[tuple[str, str], ...] | None = None
        path: str = scope["path"]
        if "//" in path:
            path = _SLASHES.sub("/", path)
        stem, _, extension = path.rpartition(".")
        found = FORMATS.get(extension.lower()) if stem else None
        self.path = stem if found else path
        self.peeled = found is not None
        self.wanted = wanted(scope, desk)
        self.language: str | None = None  # in which it is answered
        self.asked: str | None = None  # the city
        # One spelling of a path is kept, and none without extension, which depends on Accept, too.
        plain = path == scope["path"] and extension in FORMATS
        self.key = page_key(scope, self.coding, self.wanted) if found and plain else None
        self.rest = ""
        self.unread = scope["method"] not in _WITHOUT_BODY
        self.format = found or preferred(self.header(b"accept").decode("latin-1"))

    def header(self, name: bytes) -> bytes:
        """The first header of that lower-case name, or empty."""
        for each, value in self.scope["headers"]:
            if each == name:
                return bytes(value)
        return b""

    def headers(self, name: bytes) -> list[str]:
        """Every header of that lower-case name."""
        return [value.decode("latin-1") for each, value in self.scope["headers"] if each == name]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The arguments in the query.

        Raises:
            Invalid: the query cannot be decoded.
        """
        if self._pairs is None:
            query = self.scope["query_string"]
            self._pairs = form.pairs(query) if query else ()
        return self._pairs

    @property
    def is_usual(self) -> bool:
        """Whether its page may be kept.

        That is, of a URL in one spelling, that nobody invented.
        """
        if self.key is None or not self.is_told_as_wanted:
            return False
        parts = self.key[1].split(b"&") if self.key[1] else []
        known = [f"jurisdiction_id={each.jurisdiction_id}" for each in self.desk.register.cities]
        known.append(f"locale={self.language}")
        names = [each.partition(b"=")[0] for each in parts]
        return names == sorted({*names}) and {*parts} <= {each.encode() for each in known}

    @property
    def is_told_as_wanted(self) -> bool:
        """Whether its key says all that chose the answer.

        That is, there is one, and the language is the one that was wanted most: in which language
        another city would answer, the key does not say.
        """
        return self.key is not None and not (
            self.language and self.key[3] not in ("", self.language)
        )

    def named(self, argument: str) -> str:
        """The end of the path, which names something.

        Raises:
            Invalid: it is empty. Source: GR-A-10, GR-T-03.
        """
        if not self.rest:
            raise Invalid(f"{argument}: it is required.")
        return self.rest

    def city(self, sent: Pairs | None = None) -> City:
        """The jurisdiction asked for, in the language asked for.

        Args:
            sent: the arguments, where they are not those of the query alone.

        Source: GR-F-40, GR-F-41, GR-X 10.14.
        """
        pairs, register = self.pairs if sent is None else sent, self.desk.register
        city = register.city(submission.argument(pairs, "jurisdiction_id"))
        locale = languages.asked(pairs)
        first = languages.ranked((locale,), city.languages) if locale else ()
        self.asked = city.jurisdiction_id
        if not first and self.key and b"locale=" in self.key[1]:
            self.key = None  # the headers choose, of which a key with a locale says nothing
        told = city.told((*first, *self.wanted))
        self.language = told.language
        return told


def wanted(scope: Any, desk: Desk) -> tuple[str, ...]:
    """The languages of this server that the headers of a call ask for, the best first."""
    if len(desk.register.languages) > 1:
        sent = [bytes(value) for name, value in scope["headers"] if name == b"accept-language"]
        if sent:
            return desk.register.wanted(b",".join(sent))
    return ()


def page_key(scope: Any, coding: str, wanted: tuple[str, ...]) -> Key:
    """What a kept page is found by; of the languages the first, since their orders are many."""
    query: bytes = scope["query_string"]
    language = wanted[0] if wanted and b"locale=" not in query else ""
    return scope["path"], query, coding, language
