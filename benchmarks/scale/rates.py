"""Lists of one city against bare asyncpg, and how many of them two workers answer in a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from benchmarks import ground, load, measure, table
from benchmarks.ground import CITY
from benchmarks.measure import OTHERS, SERVERS
from benchmarks.scale import cities
from benchmarks.scale.cities import City
from benchmarks.sides import V2, bare_asyncpg, http, unchanged
from benchmarks.table import Line
from open311.spec.search import Search
from open311.store import db, requests, searching

PEERS, GOAL = 90, 1_800
"""Lists a second: the best of the peers with 10,000 rows on two cores, and twenty times that."""

WINDOW = timedelta(days=90)
MANY = 5_000


def measured(city: City) -> Iterator[Line]:
    """Every line of the table of rates."""
    postgres = [city.ground.postgres, *measure.children(city.ground.postgres)]
    measure.pin(postgres, OTHERS)
    with ground.served(city.ground, 1, SERVERS) as (server, workers):
        for name, goals, ends in (
            ("50 requests, the newest", (0.6, 0.35), _newest(city)),
            ("50 requests not shown before", (0, 0), _walk(city)),
        ):
            for kind, goal in zip(("json", "xml"), goals, strict=True):
                for once, session in (("", {"role": db.READER}), (ONCE, cities.reader())):
                    floor = partial(_floor, city, ends, session)
                    asked = _asked(kind, ends)
                    ours = partial(http, city.ground, server.port, workers, asked)
                    found = measure.duel(_again(floor), _again(ours))
                    shown = f"{name}, {kind.upper()}{once}"
                    yield table.line(
                        shown, 0 if once else goal, found.cpu, found, table.with_database
                    )
        lists = [f"{V2}/requests.{kind}?page_size=50" for kind in ("json", "xml")]
        yield from unchanged(city.ground, server, workers, lists)
    both = SERVERS | OTHERS
    measure.pin(postgres, both)
    with ground.served(city.ground, 2, both) as (server, workers):
        for name, ends in (("the newest", _newest(city)), ("not shown before", _walk(city))):
            asked = _asked("json", ends)
            ours = _again(partial(http, city.ground, server.port, workers, asked))
            rates = sorted((ours(), *(ours() for _ in range(measure.ROUNDS)))[1:], key=_rate)
            middle = rates[len(rates) // 2]
            times = f"{middle.rate / PEERS:.0f} times the best peer"
            yield Line(
                f"lists of 50 in a second, two workers, {name}",
                f"≥ {GOAL:,}",
                f"{middle.rate:,.0f}",
                middle.rate >= GOAL,
                f"{table.with_database(middle)} | | | {times}",
            )


Side = Callable[[], measure.Sample]
ONCE = "; the floor plans once, too"


def _again(side: Side) -> Side:
    """The same, tried anew where a busy machine let nothing through in a whole turn."""

    def tried() -> measure.Sample:
        for _ in range(3):
            try:
                return side()
            except AssertionError as fault:
                print(f"  {fault}", flush=True)
        return side()

    return tried


def _rate(each: measure.Sample) -> float:
    return each.rate


def _newest(city: City) -> list[datetime]:
    """Ends of windows that all show the newest, none of them the same: no cache knows them."""
    return [city.scene.until + timedelta(seconds=60 + n) for n in range(MANY)]


def _walk(city: City) -> list[datetime]:
    """Ends of windows all over the past, two hours apart or more: no page overlaps another."""
    past = city.scene.until - city.scene.since - WINDOW
    return [city.scene.until - past * (n / MANY) for n in range(MANY)]


def _asked(kind: str, ends: list[datetime]) -> list[bytes]:
    path = f"{V2}/requests.{kind}?page_size=50&end_date="
    return [load.get(f"{path}{each:%Y-%m-%dT%H:%M:%SZ}") for each in ends]


def _floor(city: City, ends: list[datetime], session: dict[str, str]) -> measure.Sample:
    windows = [Search(start_date=end - WINDOW, end_date=end, limit=50) for end in ends]
    found = [_statement(each) for each in windows]
    values = [tuple(each.values) for each in found]
    return bare_asyncpg(city.ground, found[0].sql, values, session=session)


def _statement(window: Search) -> searching.Statement:
    (plan,) = searching.plans(CITY, window, requests.COLUMNS, many=True)
    return plan.statement
