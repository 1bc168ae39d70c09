"""The states that a request can be in inside, and which of the two outside each of them means.

Outside there are `open` and `closed`, and nothing else (GR-X 10.9). The states are mySociety's, so
that systems that write them find no word missing; which of them end a request is as FixMyStreet has
it. They are kept in lower case.

Source: GR-X 10.8, 10.9.
"""

from __future__ import annotations

import msgspec

from open311.spec.documents import Status
from open311.spec.updates import Detail

__all__ = ["STATES", "Meaning"]


class Meaning(msgspec.Struct, frozen=True):
    """What a state that was told makes of a request.

    `status` is the one outside; None: it stays what it is. `detail` is what is kept beside it; None
    where it would say no more.
    """

    status: Status | None
    detail: Detail | None = None


STATES: dict[str, Meaning] = {
    "open": Meaning("open"),
    "in_progress": Meaning("open", "in_progress"),
    "planned": Meaning("open", "planned"),
    "action_scheduled": Meaning("open", "action_scheduled"),
    "investigating": Meaning("open", "investigating"),
    "for_triage": Meaning("open", "for_triage"),
    "reopen": Meaning("open"),  # something that is done, and no state to be in
    "closed": Meaning("closed"),
    "fixed": Meaning("closed", "fixed"),
    "duplicate": Meaning("closed", "duplicate"),
    "not_councils_responsibility": Meaning("closed", "not_councils_responsibility"),
    "no_further_action": Meaning("closed", "no_further_action"),
    "internal_referral": Meaning("closed", "internal_referral"),
    "cancelled": Meaning("closed", "cancelled"),
    "unchanged": Meaning(None, "unchanged"),
}
"""Every state that can be told, in lower case."""
