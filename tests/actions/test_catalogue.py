"""Drafts are written, versions published and retired: one at a time, told, and never undone."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from open311.actions import catalogue, cities
from open311.domain import compatibility, definitions
from open311.domain.compatibility import Level, Step
from open311.domain.definitions import Deed
from open311.domain.folder import CityService
from open311.domain.translations import ServiceTexts
from open311.errors import Conflict, Invalid, NotFound
from open311.formats import folder
from open311.store import audit, db
from open311.store import cities as city_rows
from open311.store import definitions as rows
from open311.store.audit import Entry
from tests.cities import KINDS, small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.questions import all_of, question, service

T = TypeVar("T")

OWN = "own.example"
POTHOLE = service(question("DEPTH", "number"))


@pytest.fixture(scope="module")
def city_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_city(tmp_path_factory.mktemp("own"), OWN)


@pytest.fixture(scope="module")
def module_dsn(cluster: str, bare: str, city_path: Path) -> Iterator[str]:
    """A small city that a file's tests share."""
    with copy_of(cluster, bare) as dsn:
        load(dsn, city_path, NOW)
        yield dsn


@pytest.fixture
def own_dsn(cluster: str, bare: str, city_path: Path) -> Iterator[str]:
    """A small city of one test's own."""
    with copy_of(cluster, bare) as dsn:
        load(dsn, city_path, NOW)
        yield dsn


def working(dsn: str, use: Callable[[db.Opening], Awaitable[T]], size: int = 4) -> T:
    """What a function makes of transactions as the server's writer has them."""

    async def run() -> T:
        writes = db.Connections(dsn, db.WRITER, size=size, seconds=20)
        try:
            return await use(writes.transaction)
        finally:
            await writes.close()

    return asyncio.run(run())


def at(minutes: float) -> Deed:
    """A deed so many minutes after the city was loaded."""
    return Deed("Ada", NOW + timedelta(minutes=minutes), f"minute {minutes}")


async def saved(open_: db.Opening, said: CityService, minutes: float = 1) -> str:
    return await catalogue.save(open_, OWN, said, at(minutes), replaces=None)


async def published(open_: db.Opening, said: CityService, minutes: float, **more: Any) -> int:
    await saved(open_, said, minutes)
    done = await catalogue.publish(open_, OWN, said.service_code, at(minutes), **more)
    return done.version


async def trail(open_: db.Opening) -> list[Entry]:
    async with open_(OWN) as connection:
        return await audit.trail(connection, OWN, 0, 10_000)


async def in_force(open_: db.Opening, moment: datetime) -> dict[str, tuple[int, bool]]:
    """By code: the version, and whether it is retired."""
    async with open_(OWN) as connection:
        found = await rows.in_force(connection, OWN, moment)
    return {code: (each.version, each.retired) for code, each in found.items()}


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_saved_replaced_and_thrown_away_by_its_hash(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        first = await catalogue.save(open_, OWN, POTHOLE, at(1), replaces="")
        with pytest.raises(Conflict, match="another one by now"):
            await catalogue.save(open_, OWN, POTHOLE, at(2), replaces="")
        other = replace(POTHOLE, service_name="Hole")
        second = await catalogue.save(open_, OWN, other, at(3), replaces=first)
        with pytest.raises(Conflict):
            await catalogue.save(open_, OWN, POTHOLE, at(4), replaces=first)
        with pytest.raises(Conflict):
            await catalogue.discard(open_, OWN, "pothole", at(5), replaces=first)
        draft = await catalogue.draft(open_, OWN, "pothole")
        assert draft.hash == second == definitions.hashed(draft.service)
        assert (draft.service, draft.author) == (definitions.canonical(other), "Ada")
        assert draft.updated_at == at(3).at
        await catalogue.discard(open_, OWN, "pothole", at(6), replaces=second)
        for gone in (
            catalogue.draft(open_, OWN, "pothole"),
            catalogue.discard(open_, OWN, "pothole", at(7), replaces=None),
            catalogue.publish(open_, OWN, "pothole", at(7)),
            catalogue.versions(open_, OWN, "pothole"),
        ):
            with pytest.raises(NotFound, match="'pothole'"):
                await gone
        told = [(each.action, each.at) for each in await trail(open_) if each.actor == "Ada"]
        assert told == [
            ("drafted", at(1).at),
            ("drafted", at(3).at),
            ("discarded", at(6).at),
        ]

    working(own_dsn, work)


def test_a_draft_is_checked_as_a_file_of_a_folder_is(module_dsn: str) -> None:
    twice = question("DEPTH", "text", order=1)
    bad = service(
        replace(question("DEPTH", "number", minimum=2, maximum=1), order=1),
        twice,
        question("LANE", "singlevaluelist"),
        question("WHY", "text", when=all_of(("NOBODY", "answered"))),
        service_name=" ",
    )

    async def work(open_: db.Opening) -> None:
        with pytest.raises(Invalid) as caught:
            await catalogue.save(open_, OWN, bad, at(1), replaces=None)
        assert sorted(caught.value.problems) == [
            "attributes[1].code: 'DEPTH' is also at attributes[0].code.",
            "attributes[1].order: 1 is also at attributes[0].order.",
            "attributes[2].values: is missing or empty; a singlevaluelist needs choices.",
            "service_name: ' ' is not one line of text, not blank, no control characters.",
        ]

    working(module_dsn, work)


def test_faults_of_the_rules_between_questions_are_told_too(module_dsn: str) -> None:
    bad = service(question("DEPTH", "number", minimum=2, maximum=1))

    with pytest.raises(Invalid, match=r"attributes\[0\]\.minimum: is more than its maximum, 1"):
        working(module_dsn, lambda open_: saved(open_, bad))


def test_nothing_is_written_for_a_city_that_is_not_there(module_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        for verb in (
            catalogue.save(open_, "nowhere.example", POTHOLE, at(1), replaces=None),
            catalogue.discard(open_, "nowhere.example", "light", at(1), replaces=None),
            catalogue.publish(open_, "nowhere.example", "light", at(1)),
            catalogue.retire(open_, "nowhere.example", "light", at(1)),
        ):
            with pytest.raises(NotFound, match=r"no jurisdiction 'nowhere\.example'"):
                await verb

    working(module_dsn, work)


# --- versions -----------------------------------------------------------------------------------


def test_a_draft_becomes_the_next_version_and_is_gone(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        hash_ = await saved(open_, POTHOLE)
        done = await catalogue.publish(open_, OWN, "pothole", at(2), replaces=hash_)
        assert (done.version, done.published_from, done.steps) == (1, at(2).at, ())
        with pytest.raises(NotFound):
            await catalogue.draft(open_, OWN, "pothole")
        assert await published(open_, replace(POTHOLE, service_name="Hole"), 3) == 2
        newest, oldest = await catalogue.versions(open_, OWN, "pothole")
        assert (newest.version, newest.published_from, newest.retired_from) == (2, at(3).at, None)
        assert (oldest.version, oldest.hash, oldest.author) == (1, hash_, "Ada")
        assert (oldest.reason, oldest.created_at) == ("minute 2", at(2).at)
        assert await catalogue.version(open_, OWN, "pothole", 1) == definitions.canonical(POTHOLE)
        assert (await catalogue.version(open_, OWN, "pothole", 2)).service_name == "Hole"
        with pytest.raises(NotFound, match="no version 3"):
            await catalogue.version(open_, OWN, "pothole", 3)

    working(own_dsn, work)


def test_a_draft_that_is_another_one_is_not_published(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        meant = await saved(open_, POTHOLE)
        await saved(open_, replace(POTHOLE, service_name="Hole"))
        with pytest.raises(Conflict, match="another one by now"):
            await catalogue.publish(open_, OWN, "pothole", at(2), replaces=meant)

    working(own_dsn, work)


@pytest.mark.parametrize("department", ["nobody", "gone"])
def test_a_version_names_a_department_that_acts(own_dsn: str, department: str) -> None:
    sql = f"insert into departments values ('{OWN}', 'gone', 'Gone', null, null, null, false)"
    using(own_dsn, lambda each: each.execute(sql))

    async def work(open_: db.Opening) -> None:
        await saved(open_, replace(POTHOLE, department=department))
        with pytest.raises(Invalid, match=f"no department '{department}'"):
            await catalogue.publish(open_, OWN, "pothole", at(2))

    working(own_dsn, work)


def test_a_version_is_translated_into_languages_that_the_city_speaks(own_dsn: str) -> None:
    texts = {"fr": ServiceTexts(group="Rue"), "de": ServiceTexts(group="Stadt")}

    async def work(open_: db.Opening) -> None:
        await saved(open_, replace(POTHOLE, translations=texts))
        with pytest.raises(Invalid) as caught:
            await catalogue.publish(open_, OWN, "pothole", at(2))
        assert caught.value.problems == (
            "translations.de: the city speaks no such further language.",
        )

    using(own_dsn, lambda each: each.execute("update jurisdictions set languages = '{en,fr}'"))
    working(own_dsn, work)


def test_what_breaks_clients_is_published_with_consent_only(
    own_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks them is shown in tests/domain/test_compatibility.py."""
    steps = (Step(Level.FORMS, "", "it has another name"), Step(Level.BREAKING, "lat", "it goes"))
    monkeypatch.setattr(compatibility, "compare", lambda old, new: steps)

    async def work(open_: db.Opening) -> None:
        assert await published(open_, POTHOLE, 1) == 1
        await saved(open_, replace(POTHOLE, service_name="Hole"), 2)
        with pytest.raises(Conflict) as caught:
            await catalogue.publish(open_, OWN, "pothole", at(3))
        assert caught.value.problems[1:] == ("pothole: lat: it goes.",)
        assert await catalogue.diff(open_, OWN, "pothole", 1, None) == steps
        done = await catalogue.publish(open_, OWN, "pothole", at(4), consent=True)
        assert (done.version, done.steps) == (2, steps)
        assert await catalogue.diff(open_, OWN, "pothole", 1, 2) == steps
        with pytest.raises(NotFound, match="no version 3"):
            await catalogue.diff(open_, OWN, "pothole", 1, 3)

    working(own_dsn, work)


def test_what_is_to_begin_is_compared_with_what_answers_until_then(
    own_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []

    def compare(old: CityService, new: CityService) -> tuple[Step, ...]:
        compared.append((old.service_name, new.service_name))
        return ()

    monkeypatch.setattr(compatibility, "compare", compare)

    async def work(open_: db.Opening) -> None:
        for name, minutes, begins in (
            ("one", 1, 1),
            ("three", 2, 30),
            ("two", 3, 20),
            ("four", 4, 40),
        ):
            said = replace(POTHOLE, service_name=name)
            await published(open_, said, minutes, published_from=at(begins).at)

    working(own_dsn, work)

    assert compared == [("one", "three"), ("one", "two"), ("three", "four")]


def test_a_version_begins_when_it_was_told_to(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        await published(open_, POTHOLE, 1)
        later = replace(POTHOLE, service_name="Later")
        assert await published(open_, later, 2, published_from=at(60).at) == 2
        await saved(open_, POTHOLE, 3)
        with pytest.raises(Invalid, match="published_from: it is in the past"):
            await catalogue.publish(open_, OWN, "pothole", at(3), published_from=at(2).at)
        found = [(await in_force(open_, at(when).at))["pothole"] for when in (1, 59, 60, 61)]
        assert found == [(1, False), (1, False), (2, False), (2, False)]
        assert "pothole" not in await in_force(open_, at(0.5).at)

    working(own_dsn, work)


def test_a_service_is_retired_and_offered_again(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        await published(open_, POTHOLE, 1)
        assert await catalogue.retire(open_, OWN, "pothole", at(2), at(10).at) == 1
        with pytest.raises(NotFound, match="no service 'pothole' on offer"):
            await catalogue.retire(open_, OWN, "pothole", at(11))
        with pytest.raises(Invalid, match="retired_from: it is in the past"):
            await catalogue.retire(open_, OWN, "pothole", at(3), at(2).at)
        assert await published(open_, POTHOLE, 20) == 2
        found = [(await in_force(open_, at(when).at))["pothole"] for when in (9, 10, 19, 20)]
        assert found == [(1, False), (1, True), (1, True), (2, False)]

    working(own_dsn, work)


def test_what_was_to_begin_later_is_withdrawn_with_its_service(own_dsn: str) -> None:
    """Else it would come back by itself."""

    async def work(open_: db.Opening) -> None:
        await published(open_, POTHOLE, 1)
        await published(open_, POTHOLE, 2, published_from=at(60).at)
        assert await catalogue.retire(open_, OWN, "pothole", at(3)) == 1
        assert (await in_force(open_, at(61).at))["pothole"] == (1, True)
        retired = [(e.version, e.effective) for e in await trail(open_) if e.action == "retired"]
        assert retired == [(1, at(3).at), (2, at(3).at)]
        assert await published(open_, POTHOLE, 4, published_from=at(90).at) == 3
        found = [(await in_force(open_, at(when).at))["pothole"] for when in (89, 90)]
        assert found == [(1, True), (3, False)]

    working(own_dsn, work)


def test_a_service_that_has_not_begun_can_be_withdrawn(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        await published(open_, POTHOLE, 1, published_from=at(60).at)
        assert await catalogue.retire(open_, OWN, "pothole", at(2)) == 1
        assert "pothole" not in await in_force(open_, at(61).at)

    working(own_dsn, work)


def test_what_is_published_and_retired_at_one_instant_is_retired(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        await published(open_, POTHOLE, 1)
        await published(open_, replace(POTHOLE, service_name="Hole"), 2)
        await catalogue.retire(open_, OWN, "pothole", at(2))
        assert (await in_force(open_, at(2).at))["pothole"] == (2, True)

    working(own_dsn, work)


# --- many at once -------------------------------------------------------------------------------


def test_twenty_who_publish_at_once_get_a_number_each_and_the_last_is_in_force(
    own_dsn: str,
) -> None:
    """Whoever has the lock last is the last, whatever time it brought along."""

    async def work(open_: db.Opening) -> None:
        async def one(number: int) -> tuple[int, str]:
            said = replace(POTHOLE, service_name=f"Hole {number}")
            while True:
                try:
                    await catalogue.save(open_, OWN, said, at(number), replaces="")
                except Conflict:  # somebody else is at it
                    await asyncio.sleep(0.01)
                    continue
                done = await catalogue.publish(open_, OWN, "pothole", at(20 - number))
                return done.version, said.service_name

        done = dict(await asyncio.gather(*(one(number) for number in range(20))))
        assert sorted(done) == [*range(1, 21)]
        versions = await catalogue.versions(open_, OWN, "pothole")
        begins = [each.published_from for each in versions]
        assert begins == sorted(begins, reverse=True)
        assert (await in_force(open_, datetime.now(UTC)))["pothole"] == (20, False)
        for number, name in done.items():
            said = await catalogue.version(open_, OWN, "pothole", number)
            assert said.service_name == name

    working(own_dsn, work, size=8)


def test_of_twenty_who_publish_one_draft_at_once_one_does(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> None:
        await saved(open_, POTHOLE)
        tasks = (catalogue.publish(open_, OWN, "pothole", at(2)) for _ in range(20))
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert sorted(type(each).__name__ for each in done) == ["NotFound"] * 19 + ["Published"]
        assert len(await catalogue.versions(open_, OWN, "pothole")) == 1

    working(own_dsn, work, size=8)


def test_twenty_services_at_once_are_each_published_once(own_dsn: str) -> None:
    async def work(open_: db.Opening) -> list[int]:
        return await asyncio.gather(
            *(published(open_, replace(POTHOLE, service_code=f"s{n}"), n) for n in range(20))
        )

    assert working(own_dsn, work, size=8) == [1] * 20


def test_a_publication_that_fails_leaves_nothing(own_dsn: str) -> None:
    cut = "alter table audit add constraint cut check (action <> 'published') not valid"
    using(own_dsn, lambda each: each.execute(cut))

    async def work(open_: db.Opening) -> None:
        await saved(open_, POTHOLE)
        before = await trail(open_)
        with pytest.raises(Exception, match="cut"):
            await catalogue.publish(open_, OWN, "pothole", at(2))
        assert (await catalogue.draft(open_, OWN, "pothole")).service.service_code == "pothole"
        assert await trail(open_) == before
        with pytest.raises(NotFound):
            await catalogue.versions(open_, OWN, "pothole")

    working(own_dsn, work)


# --- laws ---------------------------------------------------------------------------------------

CODES = ["light", "new", "other"]
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["draft", "draft", "discard", "publish", "publish", "retire", "file"]),
        st.sampled_from(CODES),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from([0, 0, 0, 5, 50]),  # minutes until it begins or ends
    ),
    max_size=25,
)
_CLOCK = itertools.count(100, 2)
_LATER = itertools.count(1_000, 2)  # when all has begun that the deeds above left to begin


@settings(max_examples=15)
@given(DEEDS)
def test_replaying_the_trail_gives_the_catalogue_and_no_request_loses_its_version(
    module_dsn: str, deeds: list[tuple[str, str, str, int]]
) -> None:
    async def work(open_: db.Opening) -> None:
        for verb, code, name, wait in deeds:
            deed = at(next(_CLOCK))
            await _do(open_, verb, service(service_code=code, service_name=name), deed, wait)
        await _law(open_)

    working(module_dsn, work)


async def _do(open_: db.Opening, verb: str, said: CityService, deed: Deed, wait: int) -> None:
    code, effective = said.service_code, deed.at + timedelta(minutes=wait)
    try:
        match verb:
            case "draft":
                await catalogue.save(open_, OWN, said, deed, replaces=None)
            case "discard":
                await catalogue.discard(open_, OWN, code, deed, replaces=None)
            case "publish":
                await catalogue.publish(
                    open_, OWN, code, deed, published_from=effective, consent=True
                )
            case "retire":
                await catalogue.retire(open_, OWN, code, deed, effective)
            case _:
                await _file(open_, code, deed.at)
    except NotFound:
        pass  # there is no draft, or no such service on offer: that changes nothing


async def _file(open_: db.Opening, code: str, moment: datetime) -> None:
    """A request, pinned to the version that answers."""
    found = (await in_force(open_, moment)).get(code)
    if found and not found[1]:
        async with open_(OWN) as connection:
            await connection.execute(
                "insert into requests (jurisdiction_id, status, service_code, definition_version,"
                " requested_datetime, updated_datetime) values ($1, 'open', $2, $3, $4, $4)",
                *(OWN, code, found[0], moment),
            )


async def _law(open_: db.Opening) -> None:
    """What the trail tells is what there is."""
    versions: dict[str, list[tuple[int, CityService, datetime]]] = defaultdict(list)
    ends: dict[tuple[str, int], datetime] = {}
    drafts: dict[str, CityService] = {}
    for entry in await trail(open_):
        code = entry.service_code
        if entry.action in ("published", "discarded"):
            drafts.pop(code, None)
        match entry:
            case Entry(action="drafted", content=CityService() as said):
                drafts[code] = said
            case Entry(
                action="published",
                version=int(n),
                content=CityService() as said,
                effective=datetime() as when,
            ):
                versions[code].append((n, said, when))
            case Entry(action="retired", version=int(n), effective=datetime() as when):
                ends[code, n] = when
    assert {*versions} >= {*KINDS}
    async with open_(OWN) as connection:
        there = {code: (await rows.draft(connection, OWN, code)) for code in [*KINDS, *CODES]}
        assert {code: each.service for code, each in there.items() if each} == drafts
        for code, told in versions.items():
            found = await rows.versions(connection, OWN, code)
            assert [number for number, *_ in told] == [*range(1, len(found) + 1)]
            for (number, said, when), row in zip(told, reversed(found), strict=True):
                assert (row.version, row.published_from) == (number, when)
                assert row.retired_from == ends.get((code, number))
                assert await rows.content(connection, OWN, code, number) == said
                assert row.hash == definitions.hashed(said)
        lost = await connection.fetchval(
            "select count(*) from requests r left join definitions d on"
            " d.service_code = r.service_code and d.version = r.definition_version"
            " where d.version is null"
        )
        assert lost == 0


@settings(max_examples=10)
@given(
    st.lists(
        st.dictionaries(st.sampled_from([*KINDS]), st.sampled_from("AB"), min_size=1), max_size=4
    )
)
def test_a_load_makes_one_version_of_each_file_that_changed_and_none_the_second_time(
    module_dsn: str, city_path: Path, loads: list[dict[str, str]]
) -> None:
    files = folder.read(city_path)

    async def counted(connection: db.Connection) -> dict[str, int]:
        found = await connection.fetch("select service_code, count(*) from definitions group by 1")
        return {row[0]: row[1] for row in found}

    async def loaded(connection: db.Connection, said: dict[str, str]) -> None:
        services = tuple(
            replace(each, service_name=said[each.service_code])
            for each in files.services
            if each.service_code in said
        )
        city = replace(files, services=services)
        await cities.load(connection, city, at(next(_LATER)).at, consent=True)

    async def now_said(connection: db.Connection) -> dict[str, str]:
        async with db.owning(connection, OWN):
            (row,) = await city_rows.directory(connection)
            city = await city_rows.read(connection, row)
        return {code: each.service_name for code, each in city.services.items() if each.active}

    async def work(connection: db.Connection) -> None:
        await loaded(connection, {"light": "X"})
        for said in loads:
            offered, before = await now_said(connection), await counted(connection)
            await loaded(connection, said)
            once = await counted(connection)
            await loaded(connection, said)
            assert await now_said(connection) == said
            assert await counted(connection) == once
            changed = {code for code in said if offered.get(code) != said[code]}
            assert {c: once[c] - before.get(c, 0) for c in once if once[c] != before.get(c)} == (
                dict.fromkeys(changed, 1)
            )

    using(module_dsn, work)
