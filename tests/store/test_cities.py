"""Loading a city folder makes the rows equal to it, and touches nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.actions import cities as actions
from open311.domain.attributes import Form
from open311.domain.city import City
from open311.domain.folder import Area, CityFolder, Department
from open311.errors import Conflict
from open311.formats import folder as folders
from open311.store import cities, db
from open311.store.cities import Change
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, statement, using

OWN, OTHER = "own.example", "other.example"
KINDS = ("jurisdiction", "departments", "services", "areas")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CityFolder:
    return folders.read(small_city(tmp_path_factory.mktemp("own"), OWN, own=["hydrant"]))


@pytest.fixture
def own_dsn(cluster: str, bare: str) -> Iterator[str]:
    """A migrated database of one test's own, with nothing in it."""
    with copy_of(cluster, bare) as dsn:
        yield dsn


def load(dsn: str, folder: CityFolder, days: int = 0) -> dict[str, tuple[int, int, int]]:
    """Load, whatever it breaks; what was added, changed and retired, by kind."""
    when = NOW + timedelta(days=days)
    changes = using(dsn, lambda each: actions.load(each, folder, when, consent=True))
    return {each.kind: (each.added, each.changed, each.retired) for each in changes}


def read(dsn: str, jurisdiction_id: str = OWN) -> City:
    """The city, without its compiled forms and its map, which equal nothing but themselves."""

    async def read(connection: db.Connection) -> City:
        rows = {row["jurisdiction_id"]: row for row in await cities.directory(connection)}
        async with db.owning(connection, jurisdiction_id):
            city = await cities.read(connection, rows[jurisdiction_id])
        same = {code: replace(each, form=Form()) for code, each in city.services.items()}
        return replace(city, services=same, map=None)

    return using(dsn, read)


def test_everything_of_a_new_city_is_added_and_read_back(own_dsn: str, folder: CityFolder) -> None:
    changes = load(own_dsn, folder)
    city = read(own_dsn)

    assert changes == {
        "jurisdiction": (1, 0, 0),
        "departments": (1, 0, 0),
        "services": (5, 0, 0),
        "areas": (1, 0, 0),
    }
    assert set(city.services) == {each.service_code for each in folder.services}
    assert city.departments == {"works": "Works of own.example"}
    for each in folder.services:
        offer = city.services[each.service_code]
        for name in ("service_name", "description", "keywords", "group", "type", "department"):
            assert getattr(each, name) == getattr(offer, name)
        assert [a.code for a in each.attributes] == [a.code for a in offer.attributes]
        assert [a.order for a in offer.attributes] == [*range(1, len(each.attributes) + 1)]


def test_loading_again_changes_nothing_not_even_the_changeset(
    own_dsn: str, folder: CityFolder
) -> None:
    load(own_dsn, folder)
    before = read(own_dsn)

    assert load(own_dsn, folder, days=1) == dict.fromkeys(KINDS, (0, 0, 0))
    assert before == read(own_dsn)


@settings(max_examples=15)
@given(
    kept=st.lists(st.integers(0, 4), min_size=1, unique=True),
    renamed=st.lists(st.integers(0, 4), unique=True),
)
def test_a_changed_folder_changes_just_that(
    bare_dsn: str, folder: CityFolder, kept: list[int], renamed: list[int]
) -> None:
    load(bare_dsn, folder)
    changed = set(kept) & set(renamed)
    services = tuple(
        msgspec.structs.replace(each, service_name="New") if place in changed else each
        for place, each in enumerate(folder.services)
        if place in kept
    )

    changes = load(bare_dsn, msgspec.structs.replace(folder, services=services), days=1)

    assert changes == dict.fromkeys(KINDS, (0, 0, 0)) | {
        "services": (0, len(changed), len(folder.services) - len(kept))
    }
    active = {code for code, offer in read(bare_dsn).services.items() if offer.active}
    assert active == {each.service_code for each in services}
    assert load(bare_dsn, folder, days=2)["services"][0] == 0


def test_what_is_retired_stays_on_record_and_may_return(own_dsn: str, folder: CityFolder) -> None:
    load(own_dsn, folder)
    fewer = msgspec.structs.replace(folder, services=folder.services[1:], areas=())
    gone = folder.services[0].service_code

    assert load(own_dsn, fewer, days=1)["services"] == (0, 0, 1)
    city = read(own_dsn)
    assert not city.services[gone].active
    assert city.offered(gone) is None
    assert load(own_dsn, folder, days=2) == {
        "jurisdiction": (0, 0, 0),
        "departments": (0, 0, 0),
        "services": (0, 1, 0),
        "areas": (1, 0, 0),
    }


def test_each_part_of_a_city_is_changed_by_its_own_kind(own_dsn: str, folder: CityFolder) -> None:
    load(own_dsn, folder)
    (department,), (area,) = folder.departments, folder.areas
    changed = CityFolder(
        jurisdiction=msgspec.structs.replace(
            folder.jurisdiction, name="New", max_span_days=0, languages=["fr", "en"]
        ),
        departments=(
            msgspec.structs.replace(department, phone="1"),
            Department(code="b", name="B"),
        ),
        services=folder.services,
        areas=(msgspec.structs.replace(area, name="New"), Area("l", "c", "n", area.geometry)),
    )

    assert load(own_dsn, changed, days=1) == {
        "jurisdiction": (0, 1, 0),
        "departments": (1, 1, 0),
        "services": (0, 0, 0),
        "areas": (1, 1, 0),
    }
    city = read(own_dsn)
    assert (city.name, city.max_span_days) == ("New", 0)
    assert (city.languages, city.language) == (("fr", "en"), "fr")


def test_the_changeset_of_a_new_city_is_not_ahead_of_the_clock(
    own_dsn: str, folder: CityFolder
) -> None:
    """A validator in use wants it in the past. Source: GR-D-10."""
    load(own_dsn, folder)

    assert read(own_dsn).changeset == NOW


def test_the_changeset_moves_forward_even_if_the_clock_does_not(
    own_dsn: str, folder: CityFolder
) -> None:
    """Clients compare changesets as text. Source: GR-D-05."""
    seen = []
    for name in ("A", "B", "C"):
        jurisdiction = msgspec.structs.replace(folder.jurisdiction, name=name)
        load(own_dsn, msgspec.structs.replace(folder, jurisdiction=jurisdiction))
        seen.append(read(own_dsn).changeset)

    assert seen == sorted(set(seen))


def test_a_city_that_fails_half_way_leaves_nothing(own_dsn: str, folder: CityFolder) -> None:
    """Its very last line is refused here."""
    statement(own_dsn, "alter table audit add constraint few check (service_code <> 'light')")

    with pytest.raises(asyncpg.CheckViolationError):
        load(own_dsn, folder)

    assert using(own_dsn, cities.directory) == []


def test_what_breaks_clients_needs_a_word_of_consent(own_dsn: str, folder: CityFolder) -> None:
    load(own_dsn, folder)
    before = read(own_dsn)
    fewer = msgspec.structs.replace(folder, services=folder.services[1:])
    gone = folder.services[0].service_code

    with pytest.raises(Conflict) as caught:
        using(own_dsn, lambda each: actions.load(each, fewer, NOW))

    assert f"{gone}: it is offered no more." in caught.value.problems
    assert before == read(own_dsn)


def test_one_citys_load_leaves_another_as_it_was(
    own_dsn: str, folder: CityFolder, tmp_path: Path
) -> None:
    other = folders.read(small_city(tmp_path / "other", OTHER))
    load(own_dsn, folder)
    load(own_dsn, other)
    before = read(own_dsn, OTHER)

    load(own_dsn, msgspec.structs.replace(folder, services=folder.services[:1], areas=()), days=1)

    assert before == read(own_dsn, OTHER)
    assert load(own_dsn, other, days=2) == dict.fromkeys(KINDS, (0, 0, 0))


def test_a_change_says_what_it_did() -> None:
    assert Change("services", 1, 2, 3) == Change(kind="services", added=1, changed=2, retired=3)
