"""Which addresses are there? Asked while a form is filled in."""

from __future__ import annotations

from open311.actions import completing
from open311.http.answers import Answer
from open311.http.calls import Call
from open311.http.desk import ENDPOINT
from open311.http.door import Resource

__all__ = ["RESOURCES"]


async def look_up(call: Call) -> Answer:
    """What an address may become, as far as it is typed in `q`; no key is needed."""
    found = await completing.look_up(call.desk.reads, call.city(), call.pairs)
    return Answer(found, brief=True)


RESOURCES = [Resource(f"{ENDPOINT}/addresses", {"GET": look_up})]
"""The look-up of addresses."""
