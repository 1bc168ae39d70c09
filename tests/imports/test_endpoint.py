"""A catalogue out of a live server: whole, politely, and going on where it ended."""

from __future__ import annotations

import email.utils
import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from open311 import __version__
from open311.errors import Invalid, Unavailable
from open311.formats.catalogue import reading
from open311.imports import endpoint, saved
from open311.imports.calls import Manners
from open311.imports.endpoint import Fetched
from tests.imports.foreign import (
    Handler,
    Reply,
    catalogue,
    definition,
    foreign,
    said,
    service,
)

QUICK = Manners(pause=0, wait=0.01, patience=0.3, longest=0.6, largest=20_000)


def fetch(url: str, folder: Path, manners: Manners = QUICK, **options: Any) -> Fetched:
    return endpoint.fetch(url, folder, manners, lambda *_: None, **options)


def codes(folder: Path) -> dict[str, list[str]]:
    """What the saved answers tell: the codes of the questions, by service."""
    answers, told = saved.read([folder])
    found, faults = reading.read(answers)
    assert (told, faults) == ([], [])
    return {
        code: [each["code"] for each in entry.members.get("attributes", ())]
        for code, entry in found.services.items()
    }


def problems(url: str, folder: Path, **options: Any) -> list[str]:
    with pytest.raises((Invalid, Unavailable)) as caught:
        fetch(url, folder, **options)
    return [*caught.value.problems]


# --- what is fetched ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/", "/services.json"])
def test_a_list_and_every_definition_are_saved_as_they_came(tmp_path: Path, path: str) -> None:
    with foreign(catalogue("a", "b c/d")) as server:
        server.routes["/v2/services/b%20c%2Fd.json"] = said(definition("b c/d"))
        done = fetch(server.url + path, tmp_path)

    assert done == Fetched(came=2, there=0, problems=())
    assert codes(tmp_path) == {"a": ["Q"], "b c/d": ["Q"]}
    assert (tmp_path / "services/b c%2Fd.json").exists()


def test_a_service_that_asks_nothing_is_not_asked_about_unless_one_wants_to(
    tmp_path: Path,
) -> None:
    quiet = service("quiet", metadata="false")
    with foreign({"/v2/services.json": said([quiet])}) as server:
        fetch(server.url, tmp_path)
        once = server.paths()
        done = fetch(server.url, tmp_path, every=True)

    assert once == ["/v2/services.json"]
    assert server.paths() == [*once, "/v2/services/quiet.json"]
    assert done.problems == ()


def test_xml_is_taken_where_there_is_no_json(tmp_path: Path) -> None:
    listed = b"<services><service><service_code>001</service_code></service></services>"
    defined = b"<service_definition><service_code>001</service_code><attributes/>"
    routes = {
        "/v2/services.xml": (200, {}, listed),
        "/v2/services/001.xml": (200, {}, defined + b"</service_definition>"),
    }
    with foreign(routes) as server:
        fetch(server.url, tmp_path)

    assert codes(tmp_path) == {"001": []}
    assert server.paths() == ["/v2/services.json", "/v2/services.xml", "/v2/services/001.xml"]


def test_discovery_leads_to_the_endpoint_that_is_in_use(tmp_path: Path) -> None:
    with foreign(catalogue("a")) as server:

        def endpoint_of(kind: str, path: str, version: str = "GeoReport_v2") -> dict[str, Any]:
            specification = f"http://wiki.open311.org/{version}"
            url = server.url.removesuffix("v2") + path
            return {"specification": specification, "url": url, "type": kind, "formats": []}

        told = [
            endpoint_of("production", "v3", "GeoReport_v3"),
            endpoint_of("test", "test"),
            endpoint_of("production", "v2/"),
        ]
        server.routes["/discovery.json"] = said({"contact": "Ask.", "endpoints": told})
        fetch(f"{server.url.removesuffix('/v2')}/discovery.json", tmp_path)

    assert codes(tmp_path) == {"a": ["Q"]}
    assert (tmp_path / "discovery.json").exists()


@pytest.mark.parametrize("url", [None, "v2", "ftp://x.example", "http://[", 5])
def test_a_discovery_that_leads_nowhere_is_told(tmp_path: Path, url: Any) -> None:
    told_of = {"specification": "http://wiki.open311.org/GeoReport_v2", "url": url}
    with foreign({"/discovery.json": said({"endpoints": [told_of, None, 5]})}) as server:
        (told,) = problems(f"{server.url.removesuffix('/v2')}/discovery", tmp_path)

    assert told.endswith("/discovery.json: names no endpoint of GeoReport_v2.")


def test_a_query_goes_with_every_call_and_stands_in_no_message(tmp_path: Path) -> None:
    with foreign(catalogue("a", "b")) as server:
        del server.routes["/v2/services/b.json"]
        done = fetch(f"{server.url}?jurisdiction_id=x&api_key=secret", tmp_path)

    assert all(path.endswith("?jurisdiction_id=x&api_key=secret") for path in server.paths())
    assert "secret" not in str(done) + (tmp_path / ".source.json").read_text()


# --- manners ------------------------------------------------------------------------------------


def test_calls_come_one_by_one_with_a_pause_and_say_who_calls(tmp_path: Path) -> None:
    manners = Manners(pause=0.1, mail="clerk@city.example")
    with foreign(catalogue("a", "b")) as server:
        fetch(server.url, tmp_path, manners)

    moments = [moment for moment, _, _ in server.calls]
    assert all(later - sooner >= 0.1 for sooner, later in itertools.pairwise(moments))
    agents = {headers["User-Agent"] for *_, headers in server.calls}
    assert agents == {f"open311/{__version__} (import of a catalogue; clerk@city.example)"}


def busy(times: int, status: int, **headers: str) -> Any:
    """Answers that it is busy, some times, and then as it should."""
    left = [said([], status, **headers)] * times

    def answer(_: Handler) -> Reply:
        return left.pop() if left else said([service("a", metadata=False)])

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_who_is_busy_is_asked_again_later(tmp_path: Path, status: int) -> None:
    with foreign({"/v2/services.json": busy(2, status)}) as server:
        fetch(server.url, tmp_path)

    assert len(server.calls) == 3
    assert codes(tmp_path) == {"a": []}


@pytest.mark.parametrize("after", ["soon", "-5", "Mon, 99 Foo 2026 00:00:00 GMT", "\u0661"])
def test_a_word_that_names_no_time_is_no_reason_to_wait(tmp_path: Path, after: str) -> None:
    after = after.encode("utf-8").decode("latin-1")
    with foreign({"/v2/services.json": busy(1, 503, Retry_After=after)}) as server:
        fetch(server.url, tmp_path)

    assert codes(tmp_path) == {"a": []}


@pytest.mark.parametrize("after", ["1", "tomorrow"])
def test_who_asks_to_be_left_alone_is(tmp_path: Path, after: str) -> None:
    if after == "tomorrow":
        after = email.utils.formatdate(time.time() + 86_400, usegmt=True)
    with foreign({"/v2/services.json": busy(1, 429, Retry_After=after)}) as server:
        if after == "1":
            fetch(server.url, tmp_path)
        else:
            (told,) = problems(server.url, tmp_path)

            assert "answers 429" in told

    moments = [moment for moment, _, _ in server.calls]
    assert moments[-1] - moments[0] >= (1 if after == "1" else 0)
    assert len(moments) == (2 if after == "1" else 1)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_who_says_no_is_not_asked_again(tmp_path: Path, status: int) -> None:
    no = said([{"code": status, "description": "No."}], status)
    with foreign({"/v2/services.json": no}) as server:
        told = problems(f"{server.url}/services.json", tmp_path)

    words = f"answers {status}: is an error answer: '{status}: No.'."
    assert told == [f"{server.url}/services.json: {words}"]
    assert len(server.calls) == 1


# --- what can go wrong --------------------------------------------------------------------------


def drip(handler: Handler) -> None:
    """A byte now and then, for longer than anybody waits."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def silence(_: Handler) -> None:
    time.sleep(0.5)


def death(handler: Handler) -> None:
    """The beginning of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'[{"service_code":')
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    handler.connection.close()
    handler.close_connection = True


BAD = {
    "silence": (silence, "does not answer: timed out"),
    "a slow drip": (drip, "takes longer than 0.6 s"),
    "death in the middle": (death, "does not answer: peer closed connection"),
    "nobody there": (hang_up, "does not answer: "),
    "too much": ((200, {}, b"[" + b" " * 30_000), "is larger than 20,000 bytes"),
    "nonsense": ((200, {}, b"<html><body>Welcome!</body></html>"), "is no service list"),
    "no text at all": ((200, {}, bytes(range(256))), "is neither JSON nor XML"),
    "half of it": ((200, {}, b'[{"service_code": "a"'), "not JSON"),
    "nothing": ((200, {}, b""), "is empty"),
    "an error": (said([{"code": 500, "description": "Oh."}]), "is an error answer: '500: Oh.'"),
    "requests": (said([{"service_request_id": "1"}]), "tells of service requests"),
    "a redirect to a file": ((302, {"Location": "file:///etc/passwd"}, b""), "does not answer"),
    "a redirect for ever": ((302, {"Location": "/v2/services.json"}, b""), "redirects"),
    "a redirect to nothing": ((302, {"Location": "http://[::"}, b""), ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_list_that_does_not_come_is_told_in_a_line_and_not_saved(
    tmp_path: Path, name: str
) -> None:
    route, words = BAD[name]
    manners = Manners(pause=0, wait=0.01, patience=0.3, longest=0.6, largest=20_000, tries=2)
    with foreign({"/v2/services.json": route}) as server:
        (told,) = problems(f"{server.url}/services.json", tmp_path, manners=manners)

    assert told.startswith(f"{server.url}/services.json: ")
    assert words in told
    assert [each.name for each in tmp_path.iterdir()] == [".source.json"]


@pytest.mark.parametrize("name", ["death in the middle", "nonsense", "too much", "an error"])
def test_a_definition_that_does_not_come_is_told_and_the_others_are_had(
    tmp_path: Path, name: str
) -> None:
    with foreign(catalogue("a", "b", "c")) as server:
        server.routes["/v2/services/b.json"], words = BAD[name]
        done = fetch(server.url, tmp_path)

    assert (done.came, done.there, len(done.problems)) == (2, 0, 1)
    assert words in done.problems[0]
    assert codes(tmp_path) == {"a": ["Q"], "b": [], "c": ["Q"]}


def test_the_definition_of_another_service_is_not_taken(tmp_path: Path) -> None:
    with foreign(catalogue("a")) as server:
        server.routes["/v2/services/a.json"] = said(definition("b"))
        done = fetch(server.url, tmp_path)

    assert done.problems == (f"{server.url}/services/a.json: is not the definition of 'a'.",)


def test_a_server_that_went_away_is_let_be_soon(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(20)]
    manners = Manners(pause=0, wait=0.01, tries=2)
    with foreign(catalogue(*names)) as server:
        for name in names[2:]:
            server.routes[f"/v2/services/{name}.json"] = hang_up
        done = fetch(server.url, tmp_path, manners)

    assert done.came == 2
    assert len(server.calls) == 1 + 2 + 3 * 2
    assert "so go on later" in done.problems[-1]


def test_a_run_that_was_cut_short_goes_on_where_it_ended(tmp_path: Path) -> None:
    with foreign(catalogue("a", "b", "c")) as server:
        server.routes["/v2/services/b.json"] = hang_up
        first = fetch(server.url, tmp_path)
        server.routes["/v2/services/b.json"] = said(definition("b"))
        server.calls.clear()
        second = fetch(server.url, tmp_path)

    assert (first.came, second.came, second.there) == (2, 1, 2)
    assert server.paths() == ["/v2/services/b.json"]
    assert codes(tmp_path) == {"a": ["Q"], "b": ["Q"], "c": ["Q"]}


def test_a_fresh_run_fetches_everything_and_forgets_what_is_gone(tmp_path: Path) -> None:
    with foreign(catalogue("a", "b")) as server:
        fetch(server.url, tmp_path)
        server.routes = catalogue("a")
        again = fetch(server.url, tmp_path, fresh=True)

    assert again.came == 1
    assert codes(tmp_path) == {"a": ["Q"]}


def test_a_folder_holds_the_answers_of_one_server(tmp_path: Path) -> None:
    with foreign(catalogue("a")) as one, foreign(catalogue("b")) as other:
        fetch(one.url, tmp_path)
        (told,) = problems(other.url, tmp_path)
        fetch(other.url, tmp_path, fresh=True)

    assert told.startswith(f"{tmp_path}: holds the answers of {one.url}")
    assert codes(tmp_path) == {"b": ["Q"]}


def test_a_folder_of_something_else_is_let_be(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "mine.json").write_text("{}")
    with foreign(catalogue("a")) as server:
        for fresh in (False, True):
            (told,) = problems(server.url, tmp_path, fresh=fresh)

            assert told == f"{tmp_path}: is there, and holds no answers of a server; name another."
    assert [each.name for each in tmp_path.rglob("*")] == ["services", "mine.json"]


@pytest.mark.parametrize(
    "url", ["ftp://city.example/v2", "city.example", "http://", "file:///x", "http://[::"]
)
def test_only_http_is_called(tmp_path: Path, url: str) -> None:
    (told,) = problems(url, tmp_path)

    assert told == f"{url}: is no http or https URL."
    assert not [*tmp_path.iterdir()]


def test_every_definition_is_told_of_while_it_goes_on(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with foreign(catalogue("a", "b")) as server:
        endpoint.fetch(server.url, tmp_path, QUICK, lambda *each: told.append(each))

    assert told == [(0, 2), (1, 2), (2, 2)]
