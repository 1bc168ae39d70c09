"""The SQL of a search for words: month after month, by an index in which each word has its month.

What many say fills a page in a month or a few. What does not is rare, so that the rest of the past
is gone through at once: a look at the index for each month, and rows only where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from open311.spec.search import Search
from open311.store.conditions import said, spelled
from open311.store.parts import PARTS, Parts, Statement, window

__all__ = ["CANDIDATES", "RARE", "among", "by_words", "months"]

CANDIDATES, RARE = (500, 5_000), 100
"""Requests that meet all other filters, each of which is read (some 25 us) till a page is full; and
of how many fewer than one has words that are rare: their own index leaves less."""

_NEAR = 7
"""Months that are looked at before a word counts as rare."""


def among(jurisdiction_id: str, search: Search, ids: list[int], columns: str) -> Statement:
    """Of some requests, given in the order of the list, a page of those that have the words.

    Args:
        jurisdiction_id: the city.
        search: with words.
        ids: of requests that met all other filters a moment ago.
        columns: of a request `r`, as SQL.
    """
    parts = Parts(jurisdiction_id, search)
    conditions = parts.conditions()
    return parts.statement("among", columns=columns, ids=parts.add(ids), conditions=conditions)


def by_words(
    jurisdiction_id: str, search: Search, within: list[int], columns: str, *, far: bool
) -> Statement:
    """A page of what has the words, of some months.

    Args:
        jurisdiction_id: the city.
        search: with words.
        within: the months in the order of the list, as `months` counts them.
        columns: of a request `r`, as SQL.
        far: whether what has the words is known to be rare.
    """
    parts = Parts(jurisdiction_id, search)
    months = parts.add([f"{each} " for each in within])
    enough = PARTS["enough"] if search.by == "requested_datetime" else ""
    conditions = parts.conditions("q")

    def found(branch: str, words: str) -> str:
        rows = parts.fill("with_words", words=words, conditions=conditions)
        return parts.fill(branch, found=rows, months=months, enough=enough)

    q = search.q or ""
    words, address = said(q, "m.month", parts.add), spelled(q, parts.add)
    if address and not far:
        words += f" or {address} and month(r.requested_datetime) = m.month"
    branches = [found("monthly", words)]
    if address and far:
        branches.append(found("at_once", address))
    return parts.page(columns, "by_words", branches="\n    union all".join(branches))


def months(search: Search, there: list[int]) -> Iterator[tuple[list[int], bool]]:
    """The months that a search looks at, in the order of its list: a few, and then all.

    Args:
        search: by the time of requests; by that of changes all months come at once.
        there: the months in which there are requests, in order.

    Returns:
        Twelve times the year and the month, of UTC, as the SQL function `month` counts; and whether
        a few were not enough before.
    """
    begin, end, downwards = window(search)
    first, last = _month(begin), _month(end)
    found = [each for each in there if first <= each <= last]
    if downwards:
        found.reverse()
    if search.by == "requested_datetime" and len(found) > _NEAR:
        yield found[:_NEAR], False
    yield found, len(found) > _NEAR


def _month(moment: datetime) -> int:
    moment = moment.astimezone(UTC)
    return 12 * moment.year + moment.month
