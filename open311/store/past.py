"""Rows of past requests, as many as there are, as rules look at them: columns, batch by batch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from open311.domain.moves import Past
from open311.domain.replay import CHANNELS, Reports
from open311.store import queries
from open311.store.db import Connection, Row

__all__ = ["read"]

_SQL = queries.load("past")
_BATCH = 20_000  # rows: some 30 MB, and every area is asked once for all of them
_DECLARE = "declare past no scroll cursor for "
_FETCH = f"fetch {_BATCH} from past"
_CHANNELS = {each: index for index, each in enumerate(CHANNELS)}


async def read(
    transaction: Connection,
    jurisdiction_id: str,
    begins: datetime,
    ends: datetime,
    services: Mapping[str, int],
    answering: Sequence[str],
) -> AsyncIterator[Past]:
    """Requests of some time, a batch in memory at once.

    Args:
        transaction: of the city; one at a time may read so.
        jurisdiction_id: the city.
        begins: aware; included.
        ends: aware; not included.
        services: the number of each service_code.
        answering: the service_codes whose answers are wanted.
    """
    await transaction.execute(_DECLARE + _SQL["past"], jurisdiction_id, begins, ends, answering)
    fetch = await transaction.prepare(_FETCH)
    while rows := await fetch.fetch():
        yield _columns(rows, services)
    await transaction.execute("close past")


def _columns(rows: Sequence[Row], services: Mapping[str, int]) -> Past:
    ids, codes, moments, lats, longs, told, channels, departments, answers = zip(*rows, strict=True)
    return Past(
        ids,
        moments,
        departments,
        Reports(
            services=np.array([services[each] for each in codes], np.intp),
            longs=np.array(longs, np.float64),
            lats=np.array(lats, np.float64),
            told=np.array(told, np.bool_),
            at=np.floor([each.timestamp() for each in moments]).astype(np.int64),
            channels=np.array([_CHANNELS.get(each, -1) for each in channels], np.intp),
            answers=answers,
        ),
    )
