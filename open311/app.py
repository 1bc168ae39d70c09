"""The composition root of a worker: settings to ASGI application.

May import everything; only the supervisor, and through it the command line, imports it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from litestar import Litestar

from open311 import log, settings
from open311.actions.archive import Place
from open311.actions.places import Geocode
from open311.actions.register import Register
from open311.actions.watch import Watch
from open311.errors import Invalid
from open311.http import (
    addresses,
    changes,
    discovery,
    exports,
    georeport,
    health,
    media,
    pages,
    routes,
    schemas,
    updates,
)
from open311.http.administration import door as administration_door
from open311.http.administration import pages as administration_pages
from open311.http.bodies import Room
from open311.http.desk import Desk
from open311.http.door import App, door, failed, front
from open311.http.kept import Brief, Pages
from open311.http.metrics import Tally
from open311.http.modified import Modified
from open311.settings import PREFIX, Settings
from open311.store import db, feed
from open311.store.copies import Copies
from open311.store.keeper import die_with_parent
from open311.store.media import Store, open_store
from open311.store.newest import newest
from open311.store.replica import FRESH_SECONDS, Replicated
from open311.store.shown import Shown
from open311.store.spots import Spots
from open311.store.versions import Versions

__all__ = [
    "RESOURCES",
    "archives",
    "create_app",
    "geocoder",
    "metrics_folder",
    "pictures",
    "worker",
]

Begin: TypeAlias = Callable[[Callable[[], bool], Callable[[], None]], None]

RESOURCES = [
    *discovery.RESOURCES,
    *georeport.RESOURCES,
    *changes.RESOURCES,
    *updates.RESOURCES,
    *exports.RESOURCES,
    *addresses.RESOURCES,
    *routes.RESOURCES,
    *schemas.RESOURCES,
    *media.RESOURCES,
    *health.RESOURCES,
    *pages.RESOURCES,
    *administration_pages.RESOURCES,
    *administration_door.RESOURCES,
]
"""Everything the public can reach."""


def worker() -> App:
    """The application of a worker process, by its environment."""
    supervisor = multiprocessing.parent_process()
    if supervisor and supervisor.pid:  # else it would keep the port from whoever comes after
        die_with_parent(supervisor.pid, signal.SIGTERM)
    os.setpgid(0, 0)  # Ctrl-C in the terminal is for the supervisor, which tells the workers
    chosen = settings.from_environment()
    log.configure(chosen.log_level)
    return create_app(chosen, begin=partial(_stop_once, chosen.stop_seconds))


def _stop_once(patience: int, started: Callable[[], bool], ending: Callable[[], None]) -> None:
    """Pass one SIGTERM on to granian, as SIGINT: a second one may block its loop for ever.

    Who waits for changes is told at once: granian lets whatever is in flight finish.

    Systemd sends one, and so does the supervisor, when it stops and when it dies. Before the start
    granian would forget it, or wait in it for ever: so the kernel ends who has not ended in time.
    """
    told = False

    def tell() -> None:
        nonlocal told
        if not started():
            os._exit(0)
        if not told:
            told = True
            ending()
            signal.alarm(patience + 1)  # nobody catches it
            signal.raise_signal(signal.SIGINT)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tell)


def create_app(
    chosen: Settings,
    now: Callable[[], datetime] | None = None,
    begin: Begin = lambda _, __: None,
) -> App:
    """The application.

    Args:
        chosen: with a `database_url`; which PostgreSQL that is, is not the worker's business.
        now: the clock; tests bring their own.
        begin: called in the loop with a function that says whether calls are answered yet, and one
            to be called as soon as the worker is to end.

    Raises:
        Invalid: there is no `database_url`.
    """
    if chosen.database_url is None:
        raise Invalid("OPEN311_DATABASE_URL is required for a worker.")
    half = chosen.database_connections // 2
    writes = db.Connections(chosen.database_url, db.WRITER, size=half, seconds=chosen.write_seconds)
    reads = _reads(chosen, chosen.database_url, half)
    clock = now or (lambda: datetime.now(UTC))
    desk = Desk(
        settings=chosen,
        reads=reads,
        writes=writes,
        copies=Copies(
            chosen.database_url, db.READER, size=chosen.exports, seconds=chosen.export_seconds
        ),
        register=Register(chosen.database_url, writes, allow_unsafe=chosen.unsafe_durability),
        media=pictures(chosen),
        now=clock,
        tally=Tally(),
        pages=Pages(),
        modified=Modified(clock, partial(newest, reads)),
        brief=Brief(seconds=1 - FRESH_SECONDS if chosen.replica_url else 1),
        shown=Shown(),
        versions=Versions(),
        spots=Spots(),
        room=Room(chosen.bodies_max_bytes),
        watch=Watch(partial(feed.last, reads)),
        geocode=geocoder(chosen),
    )
    desk.register.changed = desk.forget
    if isinstance(reads, Replicated):
        reads.changed = lambda used: desk.tally.event(f"replica_{'used' if used else 'left'}")
    inner = Litestar(
        [door(RESOURCES)],
        lifespan=[lambda _: _open(desk, begin)],
        exception_handlers={Exception: failed},
        openapi_config=None,
    )
    return front(inner, desk)


def _reads(chosen: Settings, dsn: str, size: int) -> db.Connections:
    """Connections to read by, from replicas where there are any."""
    seconds = chosen.read_seconds
    if chosen.replica_url:
        return Replicated(dsn, chosen.replica_url, db.READER, size=size, seconds=seconds)
    return db.Connections(dsn, db.READER, size=size, seconds=seconds)


def geocoder(chosen: Settings) -> Geocode | None:
    """What asks the outside geocoder, where there is one.

    Raises:
        Invalid: only one of its two settings is there.
    """
    if bool(chosen.geocoder) is not bool(chosen.geocoder_url):
        raise Invalid(f"{PREFIX}GEOCODER and {PREFIX}GEOCODER_URL: one needs the other.")
    if not chosen.geocoder or not chosen.geocoder_url:
        return None
    from open311.formats.geocoders import PROTOCOLS
    from open311.imports.geocoder import Geocoder

    return Geocoder(PROTOCOLS[chosen.geocoder], chosen.geocoder_url, chosen.geocoder_seconds)


@asynccontextmanager
async def _open(desk: Desk, begin: Begin) -> AsyncIterator[None]:
    """Keep the cities fresh and the count written for as long as the worker lives."""
    begin(desk.register.tried.is_set, desk.watch.close)
    folder = metrics_folder(desk.settings)
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        asyncio.create_task(desk.register.keep()),
        asyncio.create_task(desk.tally.keep(folder)),
        asyncio.create_task(desk.watch.keep()),
    ]
    if isinstance(desk.reads, Replicated):
        tasks.append(asyncio.create_task(desk.reads.keep()))
    try:
        await desk.register.tried.wait()  # before the first call is taken
        yield
    finally:
        desk.watch.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.modified.close()
        await desk.reads.close()
        await desk.writes.close()
        await desk.copies.close()
        if desk.geocode:
            await desk.geocode.close()


def metrics_folder(chosen: Settings) -> Path:
    """Where the workers write their counts; another server may share the data directory."""
    return chosen.data_dir / "metrics" / str(chosen.port)


def archives(dsn: str, chosen: Settings) -> Place:
    """Where the archives come from and go to; a file of them may take an hour.

    Raises:
        Invalid: there is no such store.
    """
    copies = Copies(dsn, db.READER, size=1, seconds=3600)
    return Place(copies, pictures(chosen), chosen.base_url)


def pictures(chosen: Settings) -> Store:
    """Where the pictures are kept.

    Raises:
        Invalid: there is no such store.
    """
    try:
        return open_store(chosen.media_url or str(chosen.data_dir / "media"))
    except Invalid as error:
        raise Invalid(*(f"{PREFIX}MEDIA_URL: {each}" for each in error.problems)) from error
