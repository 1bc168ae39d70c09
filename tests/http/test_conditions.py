"""Who has an answer already is told so: on every GET, and only while it is the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.actions import keys
from open311.app import RESOURCES
from open311.http.administration.door import ROOT
from open311.http.conditions import names
from tests import inprocess, pictures
from tests.cities import small_city
from tests.conformance.wire import Answer
from tests.conftest import NOW, RunningServer
from tests.databases import copy_of, load, using
from tests.faults.calls import multipart
from tests.http.test_languages import speaking
from tests.inprocess import ENDPOINT, FORM, Door, Headers

OWN = "own.example"
OF_CONTENT = {"content-type", "content-length", "content-encoding", "content-language"}
CODINGS: dict[str, Headers] = {
    each: (("accept-encoding", each),) if each else () for each in ("", "br", "gzip")
}
BOTH = pytest.mark.parametrize("fmt", ["xml", "json"])


def post(door: Door, key: str, **fields: object) -> Answer:
    told = {"api_key": key, "service_code": "light", "lat": 44.6, "long": -66.2, **fields}
    answer = door.ask("POST", "requests.json", FORM, urlencode(told).encode())
    assert answer.ok, answer
    return answer


class World:
    """A small city with a request, a token and a picture, and an application over it."""

    def __init__(self, dsn: str, path: Path, door: Door) -> None:
        self.dsn, self.path, self.door = dsn, path, door
        make = lambda each: keys.create(each, OWN, "tests", None, None, NOW)  # noqa: E731
        self.key = using(dsn, make)
        door.run(door.desk.register._read())
        self.request = str(post(door, self.key).json[0]["service_request_id"])
        self.token = str(post(door, self.key, service_code="record").json[0]["token"])
        fields = {"api_key": self.key, "service_code": "light", "lat": "44.6", "long": "-66.2"}
        body, headers = multipart(fields, media=pictures.saved(pictures.quarters(), "PNG"))
        sent = door.ask("POST", "requests.json", tuple(headers.items()), body)
        own = sent.json[0]["service_request_id"]
        shown = door.ask("GET", f"requests/{own}.json").json[0]["media_url"]
        self.picture = "/media/" + shown.partition("/media/")[2]

    def reload(self, name: str) -> None:
        """Give the city and its services other names and descriptions."""
        path = small_city(self.path / name, OWN)
        for file in [path / "jurisdiction.json", *(path / "services").glob("*.json")]:
            text = file.read_text("utf-8")
            for member in ("name", "service_name", "description"):
                text = text.replace(f'"{member}": "', f'"{member}": "{name} ')
            file.write_text(text, "utf-8")
        load(self.dsn, path, NOW)
        for _ in range(100):  # an older reading may come later
            self.door.run(self.door.desk.register._read())
            if name in self.door.ask("GET", "services.json").body.decode():
                break


@pytest.fixture(scope="module")
def world(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("conditions")
    with copy_of(cluster, bare) as dsn:
        load(dsn, small_city(path / "city", OWN), NOW)
        with inprocess.opened(dsn, path / "var", lambda: NOW) as door:
            yield World(dsn, path, door)


def paths(world: World) -> dict[str, str]:
    """A path that answers 200 for every resource that has documents, without an extension."""
    return {
        "/discovery": "/discovery",
        "/open311/discovery": "/open311/discovery",
        f"{ENDPOINT}/discovery": "discovery",
        f"{ENDPOINT}/services": "services",
        f"{ENDPOINT}/services/*": "services/light",
        f"{ENDPOINT}/requests": "requests",
        f"{ENDPOINT}/requests/*": f"requests/{world.request}",
        f"{ENDPOINT}/tokens/*": f"tokens/{world.token}",
        f"{ENDPOINT}/addresses": "addresses",
        f"{ENDPOINT}/route": "route",
    }


QUERIES = {"addresses": "?q=1+road", "route": "?service_code=light&lat=44.6&long=-66.2"}

OTHERS = {
    f"{ENDPOINT}/services/*.schema": "services/light.schema",
    f"{ENDPOINT}/schemas/*": "schemas/light.json",
    **{each: each for each in ("/", "/open311", "/open311/", ENDPOINT, f"{ENDPOINT}/")},
}
"""Resources with one format only."""

WITHOUT = {  # and the administration, which has tags of its own
    "/healthz": "of this instant",
    "/readyz": "of this instant",
    f"{ENDPOINT}/tokens": "never 200",
    f"{ENDPOINT}/archive/manifest": "made by a job",
    f"{ENDPOINT}/changes": "held back, or where to go on",
    f"{ENDPOINT}/servicerequestupdates": "of what other tables say",
    **{
        f"{ENDPOINT}/{each}": "a stream"
        for each in (
            *("changes.ndjson", "changes.sse", "archive/*", "requests.csv", "requests.ndjson"),
            *("requests.geojson", "requests.parquet", "requests.atom"),
        )
    },
}


def test_every_resource_is_looked_at(world: World) -> None:
    """A new resource stands in one of these tables."""
    known = {*paths(world), *OTHERS, *WITHOUT, "/media/*"}
    found = {each.path for each in RESOURCES if "GET" in each.methods}

    assert {each for each in found ^ known if not each.startswith(ROOT)} == set()


def conditional(world: World, url: str, headers: Headers = ()) -> tuple[Answer, Answer]:
    """An answer, and the one to who has it."""
    first = world.door.ask("GET", url, headers)
    tag = first.header("etag")
    assert (first.status, bool(tag)) == (200, True), first
    return first, world.door.ask("GET", url, (*headers, ("if-none-match", str(tag))))


@BOTH
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_it_is_told_so_everywhere(world: World, fmt: str, method: str) -> None:
    for stem in paths(world).values():
        url = f"{stem}.{fmt}{QUERIES.get(stem, '')}"
        for headers in CODINGS.values():
            for _ in range(3):  # the third from what is kept, where anything is
                first, _ = conditional(world, url, headers)
                tag = str(first.header("etag"))
                again = world.door.ask(method, url, (*headers, ("if-none-match", tag)))

                assert (again.status, again.body) == (304, b"")
                assert {n: v for n, v in again.headers if n not in OF_CONTENT} == {
                    n: v for n, v in first.headers if n not in OF_CONTENT
                }
                assert not {name for name, _ in again.headers} & OF_CONTENT
                assert {"etag", "vary", "cache-control", "access-control-allow-origin"} <= {
                    name for name, _ in again.headers
                }


def test_what_has_one_format_is_tagged_too(world: World) -> None:
    for url in (*OTHERS.values(), world.picture):
        first, again = conditional(world, url)

        assert again.status == 304
        assert "accept," not in str(first.header("vary"))


@BOTH
def test_after_a_change_it_is_told_anew(world: World, fmt: str) -> None:
    door, token = world.door, post(world.door, world.key, service_code="record").json[0]["token"]
    stems = ("services", "services/light", "requests", f"requests/{world.request}")
    urls = [f"{stem}.{fmt}" for stem in (*stems, f"tokens/{token}")]
    told = {each: str(door.ask("GET", each).header("etag")) for each in urls}
    give = "update requests set service_request_id = id::text where token is not null"
    using(world.dsn, lambda connection: connection.execute(give))
    world.reload(f"New{fmt}")
    for url, tag in told.items():
        anew = door.ask("GET", url, (("if-none-match", tag),))

        assert (anew.status, anew.header("etag") != tag) == (200, True), url
        assert door.ask("GET", url, (("if-none-match", str(anew.header("etag"))),)).status == 304


def test_tags_differ_by_format_coding_and_language(cluster: str, bare: str, tmp_path: Path) -> None:
    with copy_of(cluster, bare) as dsn:
        load(dsn, speaking(small_city(tmp_path / "city", OWN), "en", "fr"), NOW)
        with inprocess.opened(dsn, tmp_path / "var", lambda: NOW) as door:
            for stem in ("services", "services/light", "requests"):
                found: dict[str, tuple[str, ...]] = {}
                for fmt in ("xml", "json"):
                    for headers in CODINGS.values():
                        for language in ("en", "fr"):
                            url = f"{stem}.{fmt}?locale={language}"
                            answer = door.ask("GET", url, headers)
                            coding = str(answer.header("content-encoding"))
                            tag = str(answer.header("etag"))
                            assert found.setdefault(tag, (fmt, coding, language)) == (
                                fmt,
                                coding,
                                language,
                            )
                assert len(found) >= 4


# --- what is not told so --------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("url", ["requests/no-such", "services/no-such", "nothing", "tokens/no"])
def test_what_is_not_there_is_never_unchanged(world: World, fmt: str, url: str) -> None:
    for method in ("GET", "HEAD"):
        answer = world.door.ask(method, f"{url}.{fmt}", (("if-none-match", "*"),))

        assert (answer.status, answer.header("etag")) == (404, None)
        assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_what_is_of_this_instant_is_never_unchanged(world: World, url: str) -> None:
    answer = world.door.ask("GET", url, (("if-none-match", "*"),))

    assert (answer.status, answer.header("etag")) == (200, None)


@BOTH
def test_a_post_is_kept_by_nobody(world: World, fmt: str) -> None:
    told = {"api_key": world.key, "service_code": "light", "lat": 44.6, "long": -66.2}
    headers = (*FORM, ("if-none-match", "*"))
    answer = world.door.ask("POST", f"requests.{fmt}", headers, urlencode(told).encode())

    assert (answer.status, answer.header("etag")) == (200, None)
    assert answer.header("cache-control") == "no-store"


# --- what caches are told -------------------------------------------------------------------------


@BOTH
def test_a_cache_between_may_keep_what_is_public_for_a_second(world: World, fmt: str) -> None:
    for stem in paths(world).values():
        answer = world.door.ask("GET", f"{stem}.{fmt}{QUERIES.get(stem, '')}")
        by_key = stem == "route"  # whose key may have a channel of its own

        wanted = "no-cache" if by_key else "public, max-age=0, s-maxage=1"
        assert answer.header("cache-control") == wanted
        assert answer.header("vary") == "accept-encoding"


def test_without_an_extension_accept_chooses_and_caches_are_told(world: World) -> None:
    for stem in paths(world).values():
        answer = world.door.ask("GET", f"{stem}{QUERIES.get(stem, '')}")

        assert answer.header("vary") == "accept, accept-encoding"


# --- the header -----------------------------------------------------------------------------------

OPAQUE = st.text(
    st.characters(codec="latin-1", exclude_characters='"\x7f', exclude_categories=["Cc", "Zs"]),
    max_size=8,
).map(lambda text: f'"{text}"'.encode("latin-1"))
TAG = st.tuples(st.sampled_from([b"", b"W/"]), OPAQUE)
COMMA = st.sampled_from([b",", b", ", b" , ", b",,", b"\t,", b", ,"])


@given(st.lists(TAG, min_size=1, max_size=5), OPAQUE, COMMA)
def test_a_list_names_exactly_what_is_in_it(
    listed: list[tuple[bytes, bytes]], asked: bytes, comma: bytes
) -> None:
    header = comma.join(weak + tag for weak, tag in listed)
    told = {tag for _, tag in listed}

    assert names(header, asked) is (asked in told)
    assert all(names(header, tag) for tag in told)
    assert all(names(b" ," + header + b", ", tag) for tag in told)


@given(st.binary(max_size=40))
def test_whatever_is_sent_is_read_or_names_nothing(header: bytes) -> None:
    tag = b'"of-ours"'

    assert names(header, tag) is (header.strip() == b"*" or header == tag)


@pytest.mark.parametrize(
    "header", [b'"a" "b"', b"a", b'"a', b'w/"a"', b'"a", b', b"**", b'*, "a"', b"'a'", b""]
)
def test_what_is_no_list_names_nothing(header: bytes) -> None:
    assert not names(header, b'"a"')


def test_a_long_header_costs_no_time() -> None:
    began = time.perf_counter()
    for header in (b'"' * 60_000, b'"a",' * 15_000, b" ," * 30_000, b'W/"' * 20_000):
        assert not names(header, b'"b"')

    assert time.perf_counter() - began < 1


def test_several_headers_are_one_list(world: World) -> None:
    tag = str(world.door.ask("GET", "services.json").header("etag"))
    sent = (("if-none-match", '"x"'), ("if-none-match", f"W/{tag}"))

    assert world.door.ask("GET", "services.json", sent).status == 304


# --- over a socket --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked(running_server: RunningServer) -> Callable[..., tuple[int, dict[str, str], bytes]]:
    return running_server.server.get


@BOTH
@pytest.mark.parametrize("stem", ["services", "requests", "discovery", "services/pothole"])
def test_the_tags_of_two_workers_are_the_same(
    asked: Callable[..., tuple[int, dict[str, str], bytes]], stem: str, fmt: str
) -> None:
    url = f"{ENDPOINT}/{stem}.{fmt}"
    told = [asked(url, Accept_Encoding="gzip")[1]["etag"] for _ in range(12)]
    again = [asked(url, Accept_Encoding="gzip", If_None_Match=told[0]) for _ in range(12)]

    assert set(told) == {told[0]}
    assert {(status, body) for status, _, body in again} == {(304, b"")}
    assert not [each for each in again if "transfer-encoding" in each[1]]
