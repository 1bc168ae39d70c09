"""Calls to the servers of others: one at a time, with a pause between, and none without end.

With `guard` the one room of the program that calls out, and the home of httpx.
"""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from open311 import __version__
from open311.errors import Invalid, Unavailable
from open311.formats.catalogue import kinds

__all__ = ["LONGEST_WAIT", "Calls", "Manners", "Reply", "calling", "shown"]

LONGEST_WAIT = 120
"""Seconds; a server that asks for more is left alone until somebody starts again."""

_BUSY = frozenset({429, 502, 503, 504})
_REDIRECTS = 5
_OK, _SAME = 200, 304


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How to call somebody else's server. Times are in seconds."""

    purpose: str = "import of a catalogue"  # what its keepers are told
    mail: str | None = None  # where its keepers may write to
    pause: float = 0.5  # between two calls
    patience: float = 20.0  # for a connection, and for the next bytes of an answer
    longest: float = 60.0  # for one whole answer
    tries: int = 4
    wait: float = 1.0  # before the second try; twice as long before each one more
    largest: int = 20_000_000  # bytes of an answer


class Reply(msgspec.Struct, frozen=True):
    """A good answer: its body, its headers by their names in small letters."""

    body: bytes
    headers: dict[str, str]
    same: bool = False  # as the answer of that ETag was; then it has no body


class _Said(msgspec.Struct, frozen=True):
    """What came of one call: its status (0: no whole answer), and in words what is wrong."""

    status: int
    problem: str
    body: bytes = b""
    after: float = 0.0  # seconds that the server asks to be left alone
    headers: dict[str, str] = {}


def shown(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@contextmanager
def calling(manners: Manners) -> Iterator[Calls]:
    """What calls servers, until the block ends."""
    whom = f"; {manners.mail}" if manners.mail else ""
    headers = {
        "User-Agent": f"open311/{__version__} ({manners.purpose}{whom})",
        "Accept-Encoding": "identity",  # so that what comes is as large as it looks
    }
    with httpx.Client(
        headers=headers,
        timeout=manners.patience,
        follow_redirects=True,
        max_redirects=_REDIRECTS,
    ) as client:
        yield Calls(client, manners)


class Calls:
    """Answers, each asked for when the one before is there."""

    def __init__(self, client: httpx.Client, manners: Manners) -> None:
        """Call nobody yet."""
        self._client, self._manners = client, manners
        self._next = 0.0  # the earliest moment of the next call, on the monotonic clock

    def get(self, url: str, accept: str) -> bytes:
        """The body of an answer 200.

        Args:
            url: http or https; redirects are followed, to such only.
            accept: the media types that are wanted.

        Raises:
            Invalid, Unavailable: as `ask`.
        """
        return self.ask(url, accept).body

    def ask(self, url: str, accept: str, etag: str | None = None) -> Reply:
        """An answer 200, or 304.

        Args:
            url: as of `get`.
            accept: as of `get`.
            etag: of an answer that is known; then 304 is a good answer, too.

        Raises:
            Invalid: the answer is another one, or too large.
            Unavailable: at every try there is none, or the server is busy; or it asks to be left
                alone for more than `LONGEST_WAIT`.
        """
        wait, said = self._manners.wait, _Said(0, "")
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        for _ in range(self._manners.tries):
            time.sleep(max(0.0, self._next - time.monotonic()))
            said = self._once(url, headers)
            self._next = time.monotonic() + self._manners.pause
            if said.status == _OK:
                return Reply(said.body, said.headers)
            if said.status == _SAME and etag:
                return Reply(b"", said.headers, same=True)
            if said.status and said.status not in _BUSY:
                break
            if said.after > LONGEST_WAIT:
                raise Unavailable(said.problem, retry_after=math.ceil(said.after))
            self._next += max(wait, said.after)
            wait *= 2
        problem = f"{shown(url)}: {said.problem}."
        raise Invalid(problem) if said.status not in {0, *_BUSY} else Unavailable(problem)

    def _once(self, url: str, headers: dict[str, str]) -> _Said:
        deadline = time.monotonic() + self._manners.longest
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                body = bytearray()
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > self._manners.largest:
                        most = self._manners.largest
                        raise Invalid(f"{shown(url)}: is larger than {most:,} bytes.")
                    if time.monotonic() > deadline:
                        return _Said(0, f"takes longer than {self._manners.longest:g} s")
        except httpx.TransportError as error:
            return _Said(0, f"does not answer: {str(error) or type(error).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Invalid(f"{shown(url)}: {error}.") from error
        if answer.status_code == _OK:
            return _Said(_OK, "", bytes(body), headers=dict(answer.headers.items()))
        if answer.status_code == _SAME:
            return _Said(_SAME, "answers 304", headers=dict(answer.headers.items()))
        problem = f"answers {answer.status_code}{_words(bytes(body))}"
        return _Said(answer.status_code, problem, after=_after(answer.headers.get("Retry-After")))


def _words(body: bytes) -> str:
    """What an error answer says."""
    _, faults = kinds.read(body)
    return next((f": {each.text}" for each in faults if "error answer" in each.text), "")


def _after(text: str | None) -> float:
    """Seconds of a Retry-After, which may name a time of day."""
    if not text:
        return 0.0
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, moment - time.time())
