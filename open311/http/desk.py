"""What every handler needs, opened once per worker and handed to each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from open311.actions.places import Geocode
from open311.actions.register import Register
from open311.actions.watch import Watch
from open311.http.bodies import Room
from open311.http.kept import Brief, Pages
from open311.http.metrics import Tally
from open311.http.modified import Modified
from open311.settings import Settings
from open311.store.copies import Copies
from open311.store.db import Connections
from open311.store.media import Store
from open311.store.shown import Shown
from open311.store.spots import Spots
from open311.store.versions import Versions

__all__ = ["ENDPOINT", "Desk"]

ENDPOINT = "/open311/v2"
"""Path of the GeoReport endpoint below the public URL."""


class Desk(msgspec.Struct, frozen=True):
    """The front desk of one worker."""

    settings: Settings
    reads: Connections
    writes: Connections
    copies: Copies  # few, for exports: slow downloads take nobody else's place
    register: Register
    media: Store
    now: Callable[[], datetime]  # the one clock
    tally: Tally
    pages: Pages  # rendered, and good until a city changes
    modified: Modified  # since when it has been the same
    brief: Brief  # rendered, and good for a second
    shown: Shown  # requests, for the next list
    versions: Versions  # of definitions, which never change
    spots: Spots  # the numbers of those that reports came from
    room: Room  # for bodies
    watch: Watch  # who waits for changes
    geocode: Geocode | None = None  # asks somebody else where an address is
    checking: asyncio.Semaphore = msgspec.field(default_factory=lambda: asyncio.Semaphore(1))
    """Held by who checks rules."""

    def written(self) -> None:
        """Hear of a write of this worker, before it is answered: reads must find it from now on."""
        self.brief.written()
        self.shown.totals.clear()
        self.reads.written()

    def forget(self) -> None:
        """Drop everything that names cities as they were."""
        self.modified.cities_read()
        self.pages.clear()
        self.brief.written()
        self.shown.clear()
        self.spots.clear()
