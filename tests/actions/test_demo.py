"""The demo city enters an empty database only, and its trial key is made once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from open311 import resources
from open311.actions import catalogue, demo, history, keys
from open311.actions import cities as actions
from open311.domain import attributes, definitions
from open311.domain.folder import CityService
from open311.domain.routing import Decision
from open311.formats import folder
from open311.store import audit, cities, db
from open311.store.audit import Entry
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using

OWN = "lanternport.example"
WRITTEN = {"requests": 8_000, "seed": 2, "until": NOW, "progress": lambda _: None}


@pytest.fixture
def nothing(cluster: str, bare: str) -> Iterator[str]:
    """A migrated database with nothing in it."""
    with copy_of(cluster, bare) as dsn:
        yield dsn


def fill(dsn: str) -> str | None:
    folders = resources.DEMO, resources.BEFORE
    return using(dsn, lambda each: demo.fill(each, *folders, NOW, lambda _: None))


def count(dsn: str) -> tuple[int, bool]:
    sql = "select count(*), bool_and(requested_datetime <= $1) from requests"
    return tuple(using(dsn, lambda each: each.fetchrow(sql, NOW)))


def trial_key(dsn: str, path: Path) -> str:
    return using(dsn, lambda each: demo.trial_key(each, OWN, path, NOW))


def test_an_empty_database_is_filled_once(nothing: str) -> None:
    assert fill(nothing) == OWN
    assert count(nothing) == (demo.REQUESTS, True)

    assert fill(nothing) == OWN
    assert count(nothing) == (demo.REQUESTS, True)


def test_three_services_have_a_history_of_versions_with_its_reasons(nothing: str) -> None:
    fill(nothing)
    own = partial(using, nothing)
    several = own(
        lambda each: each.fetch(
            "select service_code from definitions group by 1 having count(*) > 1"
        )
    )

    assert {code for (code,) in several} == {"licence-dog", "bulky-pickup", "abandoned-vehicle"}
    third, second, first = own(lambda each: catalogue.versions(opening(each), OWN, "licence-dog"))
    assert [each.version for each in (first, second, third)] == [1, 2, 3]
    assert first.author == "Lanternport 311"
    assert {second.author, third.author} == {"Animal Services"}
    assert second.reason
    assert third.reason
    assert NOW - timedelta(days=1_200) == first.published_from == first.created_at
    assert first.published_from < second.published_from < third.published_from < NOW


def opening(connection: db.Connection) -> db.Opening:
    return lambda jurisdiction_id: db.owning(connection, jurisdiction_id)


def test_the_catalogue_that_answers_is_that_of_the_folder(nothing: str) -> None:
    fill(nothing)
    city = folder.read(resources.DEMO)

    done = using(nothing, lambda each: actions.load(each, city, NOW))

    assert not any(each.added or each.changed or each.retired for each in done)


def test_the_past_is_routed_by_the_rules_that_the_city_opened_with(nothing: str) -> None:
    fill(nothing)
    rules = folder.read(resources.DEMO).routing
    (kept,) = using(nothing, lambda each: each.fetch("select * from routings"))
    rows = using(
        nothing,
        lambda each: each.fetch("select department, queue, priority, decision from requests"),
    )

    assert rules is not None
    by_code = {each.code: each for each in rules.rules}
    assert (kept["version"], kept["created_at"]) == (1, NOW - timedelta(days=1_200))
    decisions = [msgspec.json.decode(row["decision"], type=Decision) for row in rows]
    for row, decision in zip(rows, decisions, strict=True):
        assert decision.version == 1
        assert (row["department"], row["queue"], row["priority"]) == (
            decision.department,
            decision.queue,
            decision.priority,
        )
        if decision.rule:
            rule = by_code[decision.rule]
            assert (rule.department, rule.queue) == (row["department"], row["queue"])
    assert len({each.rule for each in decisions if each.rule}) >= 40
    assert {each.by for each in decisions} == {"rule", "service", "triage"}


def test_the_trail_tells_of_every_publication_in_the_order_of_time(nothing: str) -> None:
    fill(nothing)
    entries = using(nothing, trail)

    assert [each.at for each in entries] == sorted(each.at for each in entries)
    assert {each.action for each in entries} == {"published"}
    last = {each.service_code: (each.version, each.content) for each in entries}
    found = {each.service_code: each for each in folder.read(resources.DEMO).services}
    assert {code: content for code, (_, content) in last.items()} == {
        code: definitions.canonical(each) for code, each in found.items()
    }


async def trail(connection: db.Connection) -> list[Entry]:
    async with db.owning(connection, OWN):
        return await audit.trail(connection, OWN, 0, 10_000)


def test_old_requests_are_pinned_to_the_version_that_answered_at_their_time(nothing: str) -> None:
    """And their answers are such as that version accepts."""
    fill(nothing)
    using(nothing, lambda each: history.write(each, OWN, **WRITTEN))
    rows = using(
        nothing,
        lambda each: each.fetch(
            """
            select r.attributes, r.requested_datetime as at, r.definition_version, d.content, (
              select max(e.version) from definitions e
              where e.service_code = r.service_code and e.published_from <= r.requested_datetime
            ) as answered
            from requests r
            join definitions d on d.service_code = r.service_code
              and d.version = r.definition_version
            where r.service_code in ('licence-dog', 'bulky-pickup', 'abandoned-vehicle')
            """
        ),
    )

    assert {row["definition_version"] for row in rows} == {1, 2, 3}
    assert [row["definition_version"] for row in rows] == [row["answered"] for row in rows]
    for row in rows:
        service = msgspec.json.decode(row["content"], type=CityService)
        answers = msgspec.json.decode(row["attributes"] or "{}")
        sent = {code: written(answer) for code, answer in answers.items()}
        good, problems = attributes.check(
            attributes.compiled(service.attributes), sent, UTC, row["at"]
        )
        assert problems == ()
        assert good.keys() == answers.keys()


def written(answer: object) -> tuple[str, ...]:
    return tuple(answer) if isinstance(answer, list) else (str(answer),)


def test_a_demo_that_was_cut_short_before_its_history_gets_it(dsn: str) -> None:
    assert fill(dsn) == OWN
    assert count(dsn) == (demo.REQUESTS, True)


def test_a_demo_city_with_requests_of_its_own_gets_no_other(dsn: str) -> None:
    few = {"requests": 7, "seed": 1, "until": NOW, "progress": lambda _: None}
    using(dsn, lambda each: history.write(each, OWN, **few))

    assert fill(dsn) == OWN
    assert count(dsn) == (7, True)


def test_a_database_of_another_city_is_left_alone(nothing: str, tmp_path: Path) -> None:
    load(nothing, small_city(tmp_path / "city", "real.example"), NOW)

    assert fill(nothing) is None
    known = [row["jurisdiction_id"] for row in using(nothing, cities.directory)]
    assert known == ["real.example"]
    assert count(nothing)[0] == 0


def test_the_trial_key_is_kept_for_its_owner_only_and_made_anew_when_revoked(
    dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "trial-key"
    key = trial_key(dsn, path)

    assert path.read_text() == f"{key}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert trial_key(dsn, path) == key

    (number,) = [each.client_id for each in using(dsn, lambda each: keys.listed(each, OWN))]
    using(dsn, lambda each: keys.revoke(each, OWN, number, NOW))
    again = trial_key(dsn, path)
    assert again != key
    assert path.read_text() == f"{again}\n"
    assert path.stat().st_mode & 0o777 == 0o600
