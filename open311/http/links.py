"""Where a list goes on, in its headers; its body is the standard's. Source: GR-X 10.1."""

from __future__ import annotations

from urllib.parse import urlencode

from open311.actions.lists import Listed
from open311.http.answers import Header
from open311.http.calls import Call

__all__ = ["address", "headers"]

_PLACES = frozenset({"cursor", "page", "offset"})
_SECRET = frozenset({"api_key"})


def headers(call: Call, found: Listed) -> tuple[Header, ...]:
    """`Link` to the other pages (RFC 8288), and `X-Total-Count` where it is known."""
    shown: tuple[Header, ...] = ()
    if found.next or found.prev or found.further:
        first = address(call)
        with_cursor = f"{first}{'&' if '?' in first else '?'}cursor="  # which needs no escapes
        links = {"next": found.next, "prev": found.prev}
        told = [f'<{with_cursor}{each}>; rel="{name}"' for name, each in links.items() if each]
        shown = ((b"link", ", ".join([f'<{first}>; rel="first"', *told]).encode()),)
    if found.total is not None:
        shown += ((b"x-total-count", str(found.total).encode()),)
    return shown


def address(call: Call, **more: str) -> str:
    """The URL of a call with other places in its list, and without a key.

    Args:
        call: its path and its other arguments stay.
        more: arguments to add.
    """
    kept = [pair for pair in call.pairs if pair[0] not in _PLACES | _SECRET | more.keys()]
    query = urlencode([*kept, *more.items()])
    path: str = call.scope["raw_path"].decode("latin-1")  # litestar cuts the other one
    return call.desk.settings.base_url + path + (f"?{query}" if query else "")
