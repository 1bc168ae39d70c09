"""Who may do what: the key of a call, its city and its scopes. Source: GR-P-20 to GR-P-24."""

from __future__ import annotations

from open311.actions.keys import hashed
from open311.domain.city import City, Client
from open311.domain.scopes import Scope
from open311.errors import Forbidden
from open311.formats import form
from open311.http.calls import Call

__all__ = ["allows", "belongs", "client", "reader"]


def client(call: Call, sent: tuple[str, ...]) -> Client:
    """The holder of the key that a call carries.

    Args:
        call: its headers may carry the key too, as `Authorization: Bearer` or `X-API-Key`.
        sent: the distinct keys in body and query.

    Raises:
        Forbidden: no key, an unknown or revoked one, or two different ones.
    """
    scheme, _, bearer = call.header(b"authorization").decode("latin-1").partition(" ")
    keys = {*sent, call.header(b"x-api-key").decode("latin-1").strip()}
    if scheme.lower() == "bearer":
        keys.add(bearer.strip())
    keys.discard("")
    if not keys:
        raise Forbidden("api_key is required.")
    if len(keys) > 1:
        raise Forbidden("api_key: two different keys were sent.")
    found = call.desk.register.client(hashed(keys.pop()))
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


def reader(call: Call, city: City) -> Client | None:
    """Who asks with a key for more than is public; None where nobody does.

    A GET needs no key, so a wrong one is as good as none.
    """
    try:
        found = client(call, form.keys(call.scope["query_string"]))
        belongs(found, city)
        allows(found, "requests:read")
    except Forbidden:
        return None
    return found
