"""Three cities in one process: whatever is asked of one, nothing of another comes out. Trust 4.

Every text of a city carries its mark, so that any leak is seen by looking for the mark. The cases
stand by resource; a new resource without a case fails.
"""

from __future__ import annotations

import functools
import io
import secrets
from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec
import pytest
from pyarrow.parquet import read_table

from open311.actions import addresses as registers
from open311.app import RESOURCES
from open311.domain.addresses import Written, entry
from open311.formats.address_files import Row
from open311.formats.bulk import BULKS
from open311.http.administration.door import ROOT
from tests import pictures
from tests.conftest import NOW
from tests.databases import using
from tests.events import following
from tests.faults.calls import FORM, V2, Line, Reply, form, multipart, number
from tests.faults.ground import settle
from tests.servers import Server, serving

CITIES = ("alder.example", "birch.example", "cedar.example")
A, B, C = CITIES


class Filed(msgspec.Struct, frozen=True):
    """What one city has."""

    api_key: str
    service_request_id: str
    token: str
    picture: str  # its name
    own_code: str


class World(msgspec.Struct, frozen=True):
    server: Server
    line: Line
    filed: dict[str, Filed]


@pytest.fixture(scope="module")
def world(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("isolation")
    keys = settle(empty_database, path, *CITIES)
    for own in CITIES:
        where = Written(
            address_id=f"id of {own}", number="1", street=f"Road of {own}", long=-66.2, lat=44.6
        )
        put = functools.partial(
            registers.put, jurisdiction_id=own, found=[Row("", entry(where))], now=NOW
        )
        using(empty_database, put)
    with (
        serving(path / "var", database_url=empty_database) as server,
        Line(server.port) as line,
    ):
        yield World(server, line, {own: file(line, own, keys[own]) for own in CITIES})


def file(line: Line, own: str, api_key: str) -> Filed:
    """One request of each kind, the first with a picture."""
    fields = {"jurisdiction_id": own, "api_key": api_key, "address_string": f"1 Road of {own}"}
    picture = pictures.saved(pictures.quarters(), "PNG")
    body, headers = multipart(fields | {"service_code": "light"}, media=picture)
    request = line.ask("POST", f"{V2}/requests.json", body, headers)
    token = line.post(service_code="record", **fields)
    line.post(service_code=f"only-{own}", description=f"Text of {own}", **fields)
    shown = line.get(f"{V2}/requests/{number(request)}.json?jurisdiction_id={own}")
    return Filed(
        api_key,
        number(request),
        number(token),
        shown.json()[0]["media_url"].rpartition("/")[2],
        f"only-{own}",
    )


Case = Callable[[World, str], None]


def same_refusal(world: World, path: str, foreign: str, own: str = A, status: int = 404) -> None:
    """What belongs to others is answered as what does not exist: to the byte, but for its name."""
    unknown = secrets.token_hex(len(foreign))[: len(foreign)]
    asked = [
        world.line.ask(method, f"{path.format(each)}?jurisdiction_id={own}")
        for each in (foreign, unknown)
        for method in ("GET", "HEAD")
    ]
    told = [
        (each.status, {**each.headers, "date": ""}, each.body.replace(name.encode(), b"*"))
        for each, name in zip(asked, (foreign, foreign, unknown, unknown), strict=True)
    ]

    assert told[:2] == told[2:]
    assert told[0][0] == status
    assert told[0][2]


def without_foreign_marks(reply: Reply, own: str = A) -> None:
    assert reply.status == 200
    assert own in reply.text
    assert [other for other in CITIES if other != own and other in reply.text] == []


def discovery(world: World, suffix: str) -> None:
    """The one document of all: it names every city's contact and key service, and no more."""
    for path in ("/discovery", "/open311/discovery", f"{V2}/discovery"):
        told = world.line.get(f"{path}.{suffix}").text
        for own in CITIES:
            assert told.count(own) == 4  # the city's name and its text, twice
            assert f"only-{own}" not in told


def services(world: World, suffix: str) -> None:
    for own in CITIES:
        reply = world.line.get(f"{V2}/services.{suffix}?jurisdiction_id={own}")
        without_foreign_marks(reply, own)
    assert world.line.get(f"{V2}/services.{suffix}").status == 400


def definition(world: World, suffix: str) -> None:
    same_refusal(world, f"{V2}/services/{{}}.{suffix}", world.filed[B].own_code)
    assert world.line.get(f"{V2}/services/light.{suffix}").status == 400


def schema(path: str) -> Case:
    """The schema of a service's reports, which is JSON and nothing else."""

    def case(world: World, suffix: str) -> None:
        same_refusal(world, f"{path}.{suffix}", world.filed[B].own_code)
        for own in CITIES if suffix == "json" else ():
            reply = world.line.get(f"{path.format('light')}.json?jurisdiction_id={own}")
            without_foreign_marks(reply, own)
        assert world.line.get(f"{path.format('light')}.{suffix}").status == 400

    return case


def requests(world: World, suffix: str) -> None:
    """Lists are disjoint, whatever they are asked for; keys and services open their city only."""
    path = f"{V2}/requests.{suffix}?jurisdiction_id={A}"
    whole = world.line.get(path)
    without_foreign_marks(whole)
    foreign = world.filed[B]
    for other in (world.filed[B], world.filed[C]):
        assert other.service_request_id not in whole.text
    one_and_foreign = f"{world.filed[A].service_request_id},{foreign.service_request_id}"
    without_foreign_marks(world.line.get(f"{path}&service_request_id={one_and_foreign}"))
    empty = world.line.get(f"{path}&service_request_id=0").body
    for question in (
        f"service_request_id={foreign.service_request_id}",
        f"service_code={foreign.own_code}",
    ):
        assert world.line.get(f"{path}&{question}").body == empty
    posts(world, suffix)


def posts(world: World, suffix: str) -> None:
    line, own, foreign = world.line, world.filed[A], world.filed[B]
    where = {"jurisdiction_id": A, "address_string": "1 Road"}
    told = [
        line.post(suffix, service_code=code, api_key=key, **where)
        for key in (foreign.api_key, "o311_unknown")
        for code in ("light", foreign.own_code, "no-such-code")
    ]
    assert {(each.status, each.body) for each in told} == {(403, told[0].body)}
    unknown = line.post(suffix, service_code="no-such-code", api_key=own.api_key, **where)
    theirs = line.post(suffix, service_code=foreign.own_code, api_key=own.api_key, **where)
    assert (unknown.status, theirs.status) == (404, 404)
    assert theirs.text == unknown.text.replace("no-such-code", foreign.own_code)


def exports(world: World, suffix: str) -> None:
    """Suffix is of the faults only: an export has one format."""
    for each in (*BULKS, "atom"):
        path = f"{V2}/requests.{each}?jurisdiction_id={A}"
        whole = world.line.get(path)
        assert world.filed[A].service_request_id in whole.text
        without_foreign_marks(whole)
        empty = world.line.get(f"{path}&service_request_id=0").body
        for question in (
            f"service_request_id={world.filed[B].service_request_id}",
            f"service_code={world.filed[B].own_code}",
        ):
            told = world.line.get(f"{path}&{question}")
            assert told.body == empty or (each == "atom" and "<entry>" not in told.text)


def analytic(world: World, suffix: str) -> None:
    path = f"{V2}/requests.parquet?jurisdiction_id="
    for own, other in ((A, B), (B, C)):
        body = world.line.get(f"{path}{own}").body
        ids = {each["service_request_id"] for each in read_table(io.BytesIO(body)).to_pylist()}
        assert world.filed[own].service_request_id in ids
        assert world.filed[other].service_request_id not in ids
        assert f"Text of {other}".encode() not in body


def archived(world: World, suffix: str) -> None:
    """Nobody has an archive here, and says so in the same words."""
    for path in ("manifest.json", "requests-2026-11.0123456789ab.csv.gz"):
        told = {world.line.get(f"{V2}/archive/{path}?jurisdiction_id={own}").body for own in CITIES}
        assert len(told) == 1
        assert b'"code":404' in told.pop()


def one_request(world: World, suffix: str) -> None:
    path = f"{V2}/requests/{{}}.{suffix}"
    same_refusal(world, path, world.filed[B].service_request_id)
    same_refusal(world, path, world.filed[B].token)
    own = path.format(world.filed[A].service_request_id)
    without_foreign_marks(world.line.get(f"{own}?jurisdiction_id={A}"))


def updates(world: World, suffix: str) -> None:
    """Those of a city are its own; what is told of another's request is told of none."""
    path, line = f"{V2}/servicerequestupdates.{suffix}", world.line

    def tell(own: str, request: str, key: str) -> Reply:
        fields = {
            "service_request_id": request,
            "update_id": secrets.token_hex(8),
            "status": "FIXED",
            "updated_datetime": "2020-11-01T00:00:00Z",
            "description": f"Text of {own}",
        }
        body = form(fields | {"jurisdiction_id": own, "api_key": key})
        return line.ask("POST", path, body, FORM)

    for own in CITIES:
        filed = world.filed[own]
        assert tell(own, filed.service_request_id, filed.api_key).status == 200
    for own in CITIES:
        told = line.get(f"{path}?start_date=2020-10-01T00:00:00Z&jurisdiction_id={own}")
        without_foreign_marks(told, own)
    theirs = world.filed[B].service_request_id
    key = world.filed[A].api_key
    foreign, unknown = tell(A, theirs, key), tell(A, "0", key)
    assert (foreign.status, unknown.status) == (404, 404)
    assert foreign.text.replace(theirs, "0") == unknown.text
    assert tell(B, theirs, key).status == 403
    empty = line.get(f"{path}?service_request_id=0&jurisdiction_id={A}").body
    assert line.get(f"{path}?service_request_id={theirs}&jurisdiction_id={A}").body == empty


def route(world: World, suffix: str) -> None:
    """The dry run knows the services of its own city, and names its own departments."""
    path = f"{V2}/route.{suffix}?lat=44.6&long=-66.2&jurisdiction_id="
    told = world.line.get(f"{path}{A}&service_code={world.filed[B].own_code}")
    unknown = world.line.get(f"{path}{A}&service_code=none")
    assert (told.status, unknown.status) == (404, 404)
    assert told.text.replace(world.filed[B].own_code, "none") == unknown.text
    for own in CITIES:
        key = world.filed[B].api_key
        without_foreign_marks(world.line.get(f"{path}{own}&service_code=light&api_key={key}"), own)


def token(world: World, suffix: str) -> None:
    same_refusal(world, f"{V2}/tokens/{{}}.{suffix}", world.filed[B].token)
    same_refusal(world, f"{V2}/tokens/{{}}.{suffix}", world.filed[B].service_request_id)


def addresses(world: World, suffix: str) -> None:
    for own in CITIES:
        reply = world.line.get(f"{V2}/addresses.{suffix}?q=1+road&jurisdiction_id={own}")
        without_foreign_marks(reply, own)
        for q in (f"1 road of {B}", f"id of {B}"):
            told = world.line.get(f"{V2}/addresses.{suffix}?q={quote(q)}&jurisdiction_id={A}")
            assert told.status == 200
            assert f"id of {B}" not in told.text


def changes(world: World, suffix: str) -> None:
    """The feed of each city; what another one changes wakes nobody and is not told."""
    for path in (f"{V2}/changes.{suffix}?limit=1000", f"{V2}/changes.ndjson?"):
        for own in CITIES:
            without_foreign_marks(world.line.get(f"{path}&jurisdiction_id={own}"), own)
    assert world.line.get(f"{V2}/changes.{suffix}").status == 400


def events(world: World, suffix: str) -> None:
    for own in CITIES:
        path = f"{V2}/changes.sse?jurisdiction_id={own}"
        with following(world.server.port, path) as stream:
            told = "".join(each.data for each in stream.events(2))
        assert own in told
        assert [other for other in CITIES if other != own and other in told] == []


def no_token(world: World, suffix: str) -> None:
    """GR-T-03: 400 where the token is not provided."""
    assert world.line.get(f"{V2}/tokens.{suffix}").status == 400


def picture(world: World, suffix: str) -> None:
    accept = {"json": "application/json", "xml": "text/xml"}[suffix]
    name = world.filed[B].picture
    assert world.line.get(f"/media/{B}/{name}").status == 200
    for folder in (A, f"{A}/../{B}", f"{A}%2F..%2F{B}", f"../media/{B}", f"{B}%00", ".", "x" * 999):
        unknown = secrets.token_hex(16) + ".jpg"
        told, nothing = (
            world.line.ask("GET", f"/media/{folder}/{each}", headers={"Accept": accept})
            for each in (name, unknown)
        )
        assert told.status == nothing.status == 404
        assert told.text == nothing.text.replace(unknown, name)


def welcome(world: World, suffix: str) -> None:
    """The page for people names the cities, and no more."""
    for path in ("/", "/open311", "/open311/", V2, f"{V2}/"):
        told = world.line.get(path)
        assert told.status == 200
        assert "only-" not in told.text


def administration(world: World, suffix: str) -> None:
    """A key opens its own city's catalogue; what is another's is to it as what is nowhere."""
    own, foreign = {"X-API-Key": world.filed[A].api_key}, world.filed[B].own_code
    unknown = "x" * len(foreign)
    for path in ("services", "audit?contents=true&limit=500"):
        without_foreign_marks(world.line.ask("GET", f"{ROOT}/{path}", headers=own))
    for below in ("versions", "versions/1", "draft", "draft/preview", "diff?old=1"):
        told, nothing = (
            world.line.ask("GET", f"{ROOT}/services/{code}/{below}", headers=own)
            for code in (foreign, unknown)
        )
        assert told.status == nothing.status == 404
        assert told.text == nothing.text.replace(unknown, foreign)
    theirs = world.filed[B].service_request_id
    assert decided(world, A, world.filed[A].service_request_id).status == 200
    assert decided(world, A, theirs).status == decided(world, A, "0").status == 404
    assert decided(world, A, theirs).text.replace(theirs, "0") == decided(world, A, "0").text
    query = f"jurisdiction_id={B}"
    assert world.line.ask("GET", f"{ROOT}/services?{query}", headers=own).status == 404


def decided(world: World, own: str, service_request_id: str) -> Reply:
    path = f"{ROOT}/requests/{service_request_id}/decisions"
    return world.line.ask("GET", path, headers={"X-API-Key": world.filed[own].api_key})


def described(world: World, suffix: str) -> None:
    """The page and the description of the administration are the same for everybody."""
    for path in (ROOT, f"{ROOT}/", f"{ROOT}/openapi.json"):
        told = world.line.get(path)
        assert told.status == 200
        assert "only-" not in told.text


def nothing_of_a_city(world: World, suffix: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert world.line.get(path).body == b"ok\n"


CASES: dict[str, Case] = {
    **dict.fromkeys(("/", "/open311", "/open311/", V2, f"{V2}/"), welcome),
    "/discovery": discovery,
    "/open311/discovery": discovery,
    f"{V2}/discovery": discovery,
    f"{V2}/services": services,
    f"{V2}/services/*": definition,
    f"{V2}/services/*.schema": schema(f"{V2}/services/{{}}.schema"),
    f"{V2}/schemas/*": schema(f"{V2}/schemas/{{}}"),
    f"{V2}/requests": requests,
    f"{V2}/requests.parquet": analytic,
    **{f"{V2}/requests.{each}": exports for each in (*BULKS, "atom")},
    **dict.fromkeys((f"{V2}/archive/manifest", f"{V2}/archive/*"), archived),
    f"{V2}/requests/*": one_request,
    f"{V2}/servicerequestupdates": updates,
    f"{V2}/addresses": addresses,
    f"{V2}/route": route,
    f"{V2}/changes": changes,
    f"{V2}/changes.ndjson": changes,
    f"{V2}/changes.sse": events,
    f"{V2}/tokens": no_token,
    f"{V2}/tokens/*": token,
    "/media/*": picture,
    **dict.fromkeys((ROOT, f"{ROOT}/", f"{ROOT}/openapi"), described),
    f"{ROOT}/*": administration,
    "/healthz": nothing_of_a_city,
    "/readyz": nothing_of_a_city,
}


def test_every_resource_has_a_case() -> None:
    assert {each.path for each in RESOURCES} == set(CASES)


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize("path", CASES)
def test_nothing_of_another_city_comes_out(world: World, path: str, suffix: str) -> None:
    CASES[path](world, suffix)


def test_an_id_that_two_cities_gave_is_each_ones_own(
    world: World, empty_database: str, run: Callable[..., object]
) -> None:
    for own in (A, B):
        sql = "update requests set service_request_id = 'SHARED-7' where service_request_id = $1"
        number_of = world.line.post(
            jurisdiction_id=own,
            api_key=world.filed[own].api_key,
            service_code="tree",
            address_string=f"7 Road of {own}",
        )
        run(empty_database, sql, number(number_of))
    for own in (A, B):
        without_foreign_marks(
            world.line.get(f"{V2}/requests/SHARED-7.json?jurisdiction_id={own}"), own
        )
    same_refusal(world, f"{V2}/requests/{{}}.json", "SHARED-7", own=C)
