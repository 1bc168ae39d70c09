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

from litestar import Litestar

from open311 import log, settings
from open311.actions.places import Geocode
from open311.actions.register import Register
from open311.errors import Invalid
from open311.http import (
    addresses,
    discovery,
    exports,
    georeport,
    health,
    media,
    pages,
    routes,
    schemas,
)
from open311.http.administration import door as administration_door
from open311.http.administration import pages as administration_pages
from open311.http.bodies import Room
from open311.http.desk import Desk
from open311.http.door import App, door, failed, front
from open311.http.kept import Pages
from open311.http.metrics import Tally
from open311.settings import PREFIX, Settings
from open311.store import db
from open311.store.copies import Copies
from open311.store.keeper import die_with_parent
from open311.store.media import Store, open_store
from open311.store.shown import Shown
from open311.store.spots import Spots
from open311.store.versions import Versions

__all__ = ["RESOURCES", "create_app", "geocoder", "metrics_folder", "pictures", "worker"]

RESOURCES = [
    *discovery.RESOURCES,
    *georeport.RESOURCES,
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


def _stop_once(patience: int, started: Callable[[], bool]) -> None:
    """Pass one SIGTERM on to granian, as SIGINT: a second one may block its loop for ever.

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
            signal.alarm(patience + 1)  # nobody catches it
            signal.raise_signal(signal.SIGINT)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tell)


def create_app(
    chosen: Settings,
    now: Callable[[], datetime] | None = None,
    begin: Callable[[Callable[[], bool]], None] = lambda _: None,
) -> App:
    """The application.

    Args:
        chosen: with a `database_url`; which PostgreSQL that is, is not the worker's business.
        now: the clock; tests bring their own.
        begin: called in the loop with a function that says whether calls are answered yet.

    Raises:
        Invalid: there is no `database_url`.
    """
    if chosen.database_url is None:
        raise Invalid("OPEN311_DATABASE_URL is required for a worker.")
    half = chosen.database_connections // 2
    writes = db.Connections(chosen.database_url, db.WRITER, size=half, seconds=chosen.write_seconds)
    desk = Desk(
        settings=chosen,
        reads=db.Connections(
            chosen.database_url, db.READER, size=half, seconds=chosen.read_seconds
        ),
        writes=writes,
        copies=Copies(
            chosen.database_url, db.READER, size=chosen.exports, seconds=chosen.export_seconds
        ),
        register=Register(chosen.database_url, writes, allow_unsafe=chosen.unsafe_durability),
        media=pictures(chosen),
        now=now or (lambda: datetime.now(UTC)),
        tally=Tally(),
        pages=Pages(),
        shown=Shown(),
        versions=Versions(),
        spots=Spots(),
        room=Room(chosen.bodies_max_bytes),
        geocode=geocoder(chosen),
    )
    desk.register.changed = desk.forget
    inner = Litestar(
        [door(RESOURCES)],
        lifespan=[lambda _: _open(desk, begin)],
        exception_handlers={Exception: failed},
        openapi_config=None,
    )
    return front(inner, desk)


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
async def _open(desk: Desk, begin: Callable[[Callable[[], bool]], None]) -> AsyncIterator[None]:
    """Keep the cities fresh and the count written for as long as the worker lives."""
    begin(desk.register.tried.is_set)
    folder = metrics_folder(desk.settings)
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        asyncio.create_task(desk.register.keep()),
        asyncio.create_task(desk.tally.keep(folder)),
    ]
    try:
        await desk.register.tried.wait()  # before the first call is taken
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.reads.close()
        await desk.writes.close()
        await desk.copies.close()
        if desk.geocode:
            await desk.geocode.close()


def metrics_folder(chosen: Settings) -> Path:
    """Where the workers write their counts; another server may share the data directory."""
    return chosen.data_dir / "metrics" / str(chosen.port)


def pictures(chosen: Settings) -> Store:
    """Where the pictures are kept.

    Raises:
        Invalid: there is no such store.
    """
    try:
        return open_store(chosen.media_url or str(chosen.data_dir / "media"))
    except Invalid as error:
        raise Invalid(*(f"{PREFIX}MEDIA_URL: {each}" for each in error.problems)) from error
