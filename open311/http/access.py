"""Who may do what: the key of a call, its city and its scopes. Source: GR-P-20 to GR-P-24."""

from __future__ import annotations

import re
from collections.abc import Iterable

from open311.actions.keys import hashed
from open311.domain.city import City, Client
from open311.domain.scopes import Scope
from open311.errors import Forbidden
from open311.formats import form
from open311.http.calls import Call

__all__ = ["allows", "belongs", "client", "holder", "knows", "not_refused", "reader"]

_KEY_IN_BODY = re.compile(
    rb"(?:^|&)api_key=([^&]{1,200})"  # of a form, or of a part
    rb"|name=\"?api_key\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]{1,200})"
)


def client(call: Call, sent: Iterable[str]) -> Client:
    """The holder of the key that a call carries.

    Args:
        call: its headers may carry the key too.
        sent: the distinct keys in body and query.

    Raises:
        Forbidden: no key, an unknown or revoked one, or two different ones.
    """
    keys = {*sent, *_in_headers(call)}
    if not keys:
        raise Forbidden("api_key is required.")
    return _one(call, keys)


def not_refused(call: Call) -> None:
    """Look at a key outside of the body, if there is one, before the body is read. GR-P-24.

    Raises:
        Forbidden: it is an unknown or revoked one, or two different ones.
    """
    keys = {*_in_headers(call), *form.api_keys(call.scope["query_string"])}
    if keys:
        _one(call, keys)


def knows(call: Call, beginning: bytes) -> bool:
    """Whether a call has a key that counts, as far as its body has come."""
    keys = {*_in_headers(call), *form.api_keys(call.scope["query_string"])}
    keys |= {(a or b).decode("latin-1") for a, b in _KEY_IN_BODY.findall(beginning)}
    return any(call.desk.register.client(hashed(each)) for each in keys)


def _in_headers(call: Call) -> set[str]:
    """The keys in `Authorization: Bearer` and `X-API-Key`, however often these stand there."""
    keys = {each.strip() for each in call.headers(b"x-api-key")}
    for each in call.headers(b"authorization"):
        scheme, _, bearer = each.partition(" ")
        if scheme.lower() == "bearer":
            keys.add(bearer.strip())
    return keys - {""}


def _one(call: Call, keys: set[str]) -> Client:
    if len(keys) > 1:
        raise Forbidden("api_key: two different keys were sent.")
    found = call.desk.register.client(hashed(*keys))
    if found is None:
        raise Forbidden("api_key is not valid.")
    return found


def belongs(client: Client, city: City) -> None:
    """Let a key file requests in its own city only.

    Raises:
        Forbidden: it is another city's key; as wrong there as one that nobody has.
    """
    if client.jurisdiction_id != city.jurisdiction_id:
        raise Forbidden("api_key is not valid.")


def allows(client: Client, scope: Scope) -> None:
    """Let a key do what it was made for.

    Raises:
        Forbidden: it has another scope; names the one that is needed.
    """
    if scope not in client.scopes:
        raise Forbidden(f"api_key: it does not have the scope {scope}.")


def holder(call: Call, city: City) -> Client | None:
    """Who asks with a key of a city; None where nobody does.

    A GET needs no key, so a wrong one is as good as none.
    """
    try:
        found = client(call, form.api_keys(call.scope["query_string"]))
        belongs(found, city)
    except Forbidden:
        return None
    return found


def reader(call: Call, city: City) -> Client | None:
    """Who asks with a key for more than is public; None where nobody does."""
    found = holder(call, city)
    return found if found and "requests:read" in found.scopes else None
