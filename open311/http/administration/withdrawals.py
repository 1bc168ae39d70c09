"""What is public no more, over HTTP: requests withdrawn, and brought back."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec
from litestar import delete, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from open311.actions import withdrawals
from open311.http.administration.editors import Who

__all__ = ["HANDLERS"]

_SCOPE = {"scope": "requests:withdraw"}


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a request is to be seen by nobody any more; it is kept, and not public."""

    reason: str | None = None


@post("/requests/{service_request_id:str}/withdrawal", opt=_SCOPE, status_code=204)
async def withdraw_request(
    who: Who, service_request_id: FromPath[str], data: JSONBody[Withdrawal]
) -> None:
    """Take a request out of public sight, its picture too; nothing of it is lost.

    Who follows the feed of changes is told. What others have copied or cached stays with them.
    """
    asked, deed = unquote(service_request_id), who.deed(data.reason)
    await withdrawals.withdraw(who.open_, who.own, asked, deed)


@delete("/requests/{service_request_id:str}/withdrawal", opt=_SCOPE)
async def republish_request(who: Who, service_request_id: FromPath[str]) -> None:
    """Bring a withdrawn request back, as it was."""
    await withdrawals.republish(who.open_, who.own, unquote(service_request_id))


HANDLERS: tuple[HTTPRouteHandler, ...] = (withdraw_request, republish_request)
"""Every handler, in the order in which they are told of."""
