"""What is public no more: a request withdrawn, and brought back; the feed of changes tells both."""

from __future__ import annotations

from open311.domain.definitions import Deed
from open311.errors import NotFound
from open311.spec import submission
from open311.store import db
from open311.store import withdrawals as rows

__all__ = ["republish", "withdraw"]


async def withdraw(
    open_: db.Opening, jurisdiction_id: str, service_request_id: str, deed: Deed
) -> None:
    """Take a request out of public sight: out of lists, tokens and pictures.

    Nothing of it is lost. Why it was done is kept, and not public.

    Args:
        open_: a transaction that may write requests.
        jurisdiction_id: the city.
        service_request_id: of the request.
        deed: who withdraws it, and why.

    Raises:
        NotFound: the city has no such request, or has withdrawn it.
    """
    _storable(service_request_id)
    async with open_(jurisdiction_id) as transaction:
        if not await rows.withdraw(transaction, jurisdiction_id, service_request_id, deed):
            raise NotFound(f"service_request_id: there is no request {service_request_id!r}.")


async def republish(open_: db.Opening, jurisdiction_id: str, service_request_id: str) -> None:
    """Bring a withdrawn request back, as it was.

    Args:
        open_: a transaction that may write requests.
        jurisdiction_id: the city.
        service_request_id: that it had.

    Raises:
        NotFound: no such request is withdrawn, or it is gone for good.
    """
    _storable(service_request_id)
    async with open_(jurisdiction_id) as transaction:
        if not await rows.publish(transaction, jurisdiction_id, service_request_id):
            raise NotFound(
                f"service_request_id: there is no withdrawn request {service_request_id!r}."
            )


def _storable(text: str) -> None:
    """Refuse what is no name of anything; the database would not look for it.

    Raises:
        NotFound: it is none.
    """
    if text != submission.clean(text):
        raise NotFound(f"service_request_id: there is no request {text!r}.")
