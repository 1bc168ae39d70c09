"""Everything that a question finds, in one piece however much it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

import msgspec

from open311.domain import naming
from open311.domain.city import City
from open311.formats import bulk
from open311.formats.bulk import BULKS, Bulk
from open311.spec import search as searches
from open311.spec import submission
from open311.spec.search import Search
from open311.store import exports
from open311.store.copies import Copies

__all__ = ["asked", "export", "written"]


def asked(city: City, pairs: submission.Pairs, now: datetime) -> Search:
    """The question of an export: that of a list, but of all time and oldest first unless told.

    Raises:
        Invalid: an argument cannot be read; every such one is named.
    """
    search = searches.read(
        pairs, zone=city.zone, now=now, max_span_days=None, names=naming.names(city)
    )
    if submission.argument(pairs, "sort") is None:
        search = msgspec.structs.replace(search, sort="requested_datetime")
    return search


def export(
    copies: Copies, city: City, search: Search, media: str, extension: str
) -> AsyncGenerator[bytes, None]:
    """Everything that a question finds, as it is made.

    Args:
        copies: connections that see public columns only.
        city: whose requests; in the language of the answer.
        search: from `asked`; its page does not count.
        media: base URL of our own pictures.
        extension: of `BULKS`.
    """
    form = BULKS[extension]
    rows = exports.rows(copies, city.jurisdiction_id, search, media, form.unknown)
    return written(rows, form, bulk.names(city, form))


async def written(
    rows: AsyncGenerator[bytes, None], form: Bulk, names: bulk.Names
) -> AsyncGenerator[bytes, None]:
    """Rows in a format, with what comes before and after them.

    Args:
        rows: whole lines of COPY; closed in the end.
        form: the format.
        names: of the city.
    """
    before, kept = form.first, b""
    async with aclosing(rows):
        async for copied in rows:
            if made := form.rows(copied, names):
                end = len(made) - len(form.between)
                yield before + kept + made[:end]
                before, kept = b"", made[end:]
    if form.last or before:
        yield before + form.last
