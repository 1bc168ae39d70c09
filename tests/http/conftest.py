"""The demo city in this process, for a file's tests together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from open311.actions import keys
from tests import inprocess
from tests.conftest import NOW
from tests.databases import using
from tests.inprocess import Door


@pytest.fixture(scope="module")
def api_key(city_dsn: str) -> str:
    """A key of the demo city, without a rate."""
    return using(
        city_dsn,
        lambda connection: keys.create(connection, "lanternport.example", "tests", None, None, NOW),
    )


@pytest.fixture(scope="module")
def door(city_dsn: str, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The application with the demo city, its clock standing still."""
    with inprocess.opened(city_dsn, tmp_path_factory.mktemp("door"), lambda: NOW) as door:
        yield door
