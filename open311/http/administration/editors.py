"""Who administers a catalogue: the holder of a key with a scope for it, in its own city."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import unquote

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, HeaderParameter, QueryParameter, SkipValidation

from open311.actions import keys
from open311.domain.city import City, Client
from open311.domain.definitions import Deed
from open311.errors import Invalid, NotFound
from open311.http import access
from open311.http.calls import Call
from open311.http.desk import Desk
from open311.spec import languages, submission, w3c_datetime
from open311.store.db import Opening

__all__ = [
    "GIVEN",
    "READ",
    "WRITE",
    "Code",
    "Editor",
    "IfMatch",
    "IfNoneMatch",
    "Locale",
    "New",
    "Old",
    "Who",
    "let_in",
]

READ: dict[str, Any] = {"scope": "catalog:read"}
WRITE: dict[str, Any] = {"scope": "catalog:write"}
"""What a handler says of itself, as its `opt`."""

_LONGEST = 500  # characters of a reason


class Editor(msgspec.Struct, frozen=True):
    """Who asks, and for which city. `now` is aware."""

    desk: Desk
    client: Client
    city: City
    now: datetime

    @property
    def own(self) -> str:
        """The city's id."""
        return self.city.jurisdiction_id

    @property
    def open_(self) -> Opening:
        """What opens a transaction that may write the catalogue."""
        return self.desk.writes.transaction

    def told(self, locale: str | None) -> City:
        """The city in the language of an argument.

        Raises:
            Invalid: that is none.
        """
        wanted = languages.asked((("locale", locale or ""),))
        return self.city.told(languages.ranked((wanted or "",), self.city.languages))

    def moment(self, name: str, text: str | None) -> datetime | None:
        """A time that an argument tells, in the city's zone where it names none.

        Raises:
            Invalid: it is none.
        """
        try:
            return w3c_datetime.parse(text, self.city.zone) if text else None
        except ValueError as fault:
            raise Invalid(f"{name}: {fault}.") from None

    def deed(self, reason: str | None = None) -> Deed:
        """What the audit trail is told.

        Raises:
            Invalid: the reason is too long.
        """
        told = submission.line(reason or "")
        if len(told) > _LONGEST:
            raise Invalid(f"reason: it has {len(told)} characters; at most {_LONGEST} are taken.")
        return Deed(self.client.name, self.now, told or None, self.client.client_id)


async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a call pass whose key has the scope that the handler names.

    Raises:
        Forbidden: there is no key in the headers, or none that may do this.
        TooMany: the rate of the key is used up.
    """
    call: Call = connection.scope["open311"]  # type: ignore[typeddict-item]
    client = access.client(call, ())
    access.allows(client, handler.opt["scope"])
    await keys.count(call.desk.writes, client)


async def _editor(request: Request[Any, Any, Any]) -> Editor:
    """Who asks, once they are let in.

    Raises:
        NotFound: they name another city than their own.
    """
    call: Call = request.scope["open311"]  # type: ignore[typeddict-item]
    client = access.client(call, ())
    asked = submission.argument(call.pairs, "jurisdiction_id")
    if asked not in (None, client.jurisdiction_id):
        raise NotFound(f"jurisdiction_id: there is no jurisdiction {asked!r}.")
    city = call.desk.register.city(client.jurisdiction_id)
    return Editor(call.desk, client, city, call.desk.now())


async def _code(service_code: FromPath[str]) -> str:
    """The service_code in the path, whose slashes are still escaped.

    Raises:
        NotFound: nothing is ever called so.
    """
    code = unquote(service_code)
    if code != submission.line(code):
        raise NotFound(f"service_code: there is no service {code!r}.")
    return code


# --- what handlers take -------------------------------------------------------------------------

_MOST = 2**31 - 1

IfMatch: TypeAlias = Annotated[
    str | None, HeaderParameter(name="If-Match", description="the ETag of what is there, or *")
]
IfNoneMatch: TypeAlias = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="the ETag that is known, or *")
]
Code: TypeAlias = NamedDependency[str]
Who: TypeAlias = NamedDependency[SkipValidation[Editor]]
Locale: TypeAlias = Annotated[
    str | None, QueryParameter(description="a language of the city's, as fr; else its own")
]
Old: TypeAlias = Annotated[int, QueryParameter(ge=1, le=_MOST, description="a version")]
New: TypeAlias = Annotated[
    int | None, QueryParameter(ge=1, le=_MOST, description="a version; else the draft")
]

GIVEN = {"who": Provide(_editor), "code": Provide(_code)}
"""What handlers may ask for by name."""
