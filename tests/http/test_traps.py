"""The known traps, one by one: refused in the asked-for format, or without harm."""

from __future__ import annotations

import time

import pytest

from tests.conformance.wire import Answer
from tests.http import trap_bodies, traps
from tests.http.traps import Trap
from tests.inprocess import Door
from tests.validation import sound

TRAPS = [*traps.traps(), *trap_bodies.traps()]
DOCUMENTS = {
    "services": "services",
    "requests": "service_requests",
    "tokens": "redeemed_tokens",
}


def test_there_are_at_least_three_hundred_traps_and_no_two_alike() -> None:
    assert len(set(TRAPS)) == len(TRAPS) >= 300


@pytest.mark.parametrize("fmt", ["xml", "json"])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: ascii(trap.name[:40]))
def test_a_trap_is_refused_or_harmless(door: Door, api_key: str, trap: Trap, fmt: str) -> None:
    began = time.perf_counter()
    answer = _fall_into(door, api_key, trap, fmt)
    seconds = time.perf_counter() - began

    assert answer.status in range(400, 500) or (answer.ok and not trap.refused), answer
    assert answer.format == fmt
    assert seconds < 1
    assert not trap.blames or answer.blames(trap.blames)
    if not answer.header("content-encoding"):
        sound(answer, "submitted_requests" if trap.body is not None else _document(trap))


def test_after_all_of_that_every_stored_text_can_be_read(door: Door, api_key: str) -> None:
    for trap in TRAPS:
        if trap.body is not None and not trap.refused:
            _fall_into(door, api_key, trap, "xml")

    answers = [door.ask("GET", f"requests.{fmt}?page_size=1000") for fmt in ("xml", "json")]

    assert len(sound(answers[0], "service_requests")) > 50
    assert sound(answers[0], "service_requests") == sound(answers[1], "service_requests")


def _fall_into(door: Door, api_key: str, trap: Trap, fmt: str) -> Answer:
    path, mark, query = trap.url.partition("?")
    url = f"{path}.{fmt}{mark}{query}"
    if trap.body is None:
        return door.ask("GET", url, trap.headers)
    headers = (("x-api-key", api_key), ("content-type", trap.content_type), *trap.headers)
    return door.ask("POST", url, headers, trap.body)


def _document(trap: Trap) -> str:
    return DOCUMENTS[trap.url.partition("?")[0].partition("/")[0]]
