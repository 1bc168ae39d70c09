"""A city out of the database and into it again, and a catalogue of others as drafts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from open311.actions import catalogue as catalogues
from open311.actions import cities, exchange
from open311.domain.definitions import Deed
from open311.domain.folder import CityFolder
from open311.errors import Invalid, NotFound
from open311.formats import folder, folder_files
from open311.formats.catalogue import reading
from open311.formats.catalogue.updates import Wishes
from open311.store import db, standings
from tests.cities import small_city
from tests.databases import load, statement, using

OWN = "lanternport.example"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def out(dsn: str, path: Path, jurisdiction_id: str = OWN) -> CityFolder:
    """A city of the database, written as a folder and read again."""
    city = using(dsn, lambda connection: exchange.folder_of(connection, jurisdiction_id))
    contents = {name: folder_files.encoded(each) for name, each in folder_files.files(city).items()}
    folder_files.write(path, contents)
    return folder.read(path)


def changes(dsn: str, city: CityFolder) -> list[tuple[int, int, int]]:
    """What loading a folder changes: added, changed and retired, by kind."""
    done = using(dsn, lambda connection: cities.load(connection, city, NOW))
    return [(each.added, each.changed, each.retired) for each in done]


def test_a_folder_out_of_the_database_changes_nothing_when_it_is_loaded(
    city_dsn: str, tmp_path: Path
) -> None:
    city = out(city_dsn, tmp_path)

    assert len(city.services) > 300
    assert len(city.areas) > 10
    assert changes(city_dsn, city) == [(0, 0, 0)] * 5


def test_a_city_that_uses_every_member_comes_out_as_it_went_in(
    bare_dsn: str, tmp_path: Path
) -> None:
    root = small_city(tmp_path / "in", "whole.example")
    questions = [
        {
            "code": "kind",
            "datatype": "singlevaluelist",
            "description": "Which?",
            "values": [{"key": "1", "name": "One", "extra": {"icon": 1.5}}],
            "required": True,
        },
        {
            "code": "depth",
            "datatype": "number",
            "description": "How deep?",
            "minimum": 0,
            "maximum": 2.5,
            "dependencies": {
                "clause": "OR",
                "conditions": [{"attribute": "kind", "op": "one_of", "value": ["1"]}],
            },
            "private": True,
            "extra": {"at": [None, {"b": 10**20}]},
        },
    ]
    light = json.loads((root / "services/light.json").read_bytes())
    more = {"reporter": {"one_of": ["email"]}, "media": {"least": 1}, "location": "optional"}
    more |= {"attributes": questions, "extra": {"services": {"icon": None}}}
    (root / "services/light.json").write_text(json.dumps({**light, **more}))
    load(bare_dsn, root, NOW)
    city = out(bare_dsn, tmp_path / "out", "whole.example")

    assert changes(bare_dsn, city) == [(0, 0, 0)] * 4
    wanted = folder.read(root)
    assert msgspec.structs.replace(city, services=()) == msgspec.structs.replace(
        wanted, services=()
    )


def test_what_is_retired_does_not_come_out(bare_dsn: str, tmp_path: Path) -> None:
    own = "retired.example"
    load(bare_dsn, small_city(tmp_path / "in", own, own=["extra"]), NOW)
    using(
        bare_dsn,
        lambda connection: catalogues.retire(opening(connection), own, "extra", Deed("test", NOW)),
    )
    city = out(bare_dsn, tmp_path / "out", own)

    assert "extra" not in {each.service_code for each in city.services}
    assert changes(bare_dsn, city) == [(0, 0, 0)] * 4


def test_a_city_that_offers_nothing_comes_out_without_services(bare_dsn: str) -> None:
    own = "empty.example"
    insert = "insert into jurisdictions values ('empty.example', 'E', 'UTC', 'c', 'k', 90, now())"
    statement(bare_dsn, insert)
    city = using(bare_dsn, lambda connection: exchange.folder_of(connection, own))

    assert (city.jurisdiction.name, city.services, city.areas) == ("E", (), ())


def opening(connection: db.Connection) -> db.Opening:
    return lambda jurisdiction_id: db.owning(connection, jurisdiction_id)


def test_an_unknown_city_is_refused_and_the_known_ones_are_named(city_dsn: str) -> None:
    with pytest.raises(NotFound, match=OWN):
        using(city_dsn, lambda connection: exchange.folder_of(connection, "nowhere.example"))


# --- drafts -------------------------------------------------------------------------------------


def drafted(dsn: str, *services: Any, **options: Any) -> list[str]:
    """What a list makes drafts of: the codes of the services."""
    found, faults = reading.read([("list", json.dumps(services).encode())])
    assert faults == []
    partial = options.pop("partial", False)
    _, codes = using(
        dsn,
        lambda connection: exchange.drafted(
            connection, OWN, found, Wishes(**options), Deed("test", NOW), partial=partial
        ),
    )
    return codes


def drafts(dsn: str) -> list[str]:
    async def ask(connection: db.Connection) -> list[str]:
        async with db.owning(connection, OWN):
            found = await standings.overview(connection, OWN)
            return [each.service_code for each in found if each.draft_hash]

    return using(dsn, ask)


def test_what_is_new_or_different_becomes_a_draft(dsn: str, tmp_path: Path) -> None:
    city = out(dsn, tmp_path)
    pothole, graffiti = (
        next(each for each in city.services if each.service_code == code)
        for code in ("pothole", "graffiti")
    )
    same = {"service_code": "pothole", "service_name": pothole.service_name}
    other = {"service_code": "graffiti", "service_name": "Paint"}
    codes = drafted(dsn, same, other, {"service_code": "n/w"}, department="public-health")
    found = using(dsn, lambda each: catalogues.draft(opening(each), OWN, "graffiti"))

    assert codes == drafts(dsn) == ["graffiti", "n/w"]
    assert found.service.service_name == "Paint"
    assert found.service.attributes == graffiti.attributes
    assert found.author == "test"


def test_a_draft_cannot_bring_a_department(dsn: str) -> None:
    with pytest.raises(Invalid) as caught:
        drafted(dsn, {"service_code": "new"}, department="nobody")

    assert caught.value.problems == ("'nobody' is no department of the city yet; load it first.",)
    assert drafts(dsn) == []


def test_a_fault_refuses_all_of_it_unless_it_may_be_left_out(dsn: str) -> None:
    services = [{"service_code": ","}, {"service_code": "new"}]
    with pytest.raises(Invalid, match="not a service code"):
        drafted(dsn, *services, department="public-health")

    assert drafts(dsn) == []
    assert drafted(dsn, *services, department="public-health", partial=True) == ["new"]
