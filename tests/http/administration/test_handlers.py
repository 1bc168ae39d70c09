"""The administration: what keys may do, who is whose, and what becomes of a draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.actions import keys
from open311.domain.scopes import SCOPES, Scope, whole
from open311.http.administration.description import operations
from open311.http.administration.door import ROOT
from tests import inprocess
from tests.cities import small_city
from tests.conftest import NOW
from tests.databases import copy_of, load, using
from tests.editors import LIGHT, Editor, asking, changed, editor, known
from tests.inprocess import Door

JSON = "application/json"
OWN, OTHER = "own.example", "other.example"
DEEP = {"code": "deep", "datatype": "number", "description": "How deep?", "required": True}


@pytest.fixture(scope="module")
def cities_dsn(cluster: str, bare: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two small cities, each with a service that the other does not have."""
    path = tmp_path_factory.mktemp("cities")
    with copy_of(cluster, bare) as dsn:
        for own in (OWN, OTHER):
            load(dsn, small_city(path / own, own, own=[f"only-{own}"]), NOW)
        yield dsn


@pytest.fixture(scope="module")
def opened(cities_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data_dir = tmp_path_factory.mktemp("administration")
    with inprocess.opened(cities_dsn, data_dir, lambda: NOW, body_max_bytes=20_000) as door:
        yield door


@pytest.fixture(scope="module")
def ed(opened: Door, cities_dsn: str) -> Editor:
    """With every scope."""
    return editor(opened, cities_dsn, OWN)


@pytest.fixture(scope="module")
def other(opened: Door, cities_dsn: str) -> Editor:
    """Of the other city, with every scope."""
    return editor(opened, cities_dsn, OTHER)


@pytest.fixture
def tag(ed: Editor) -> Iterator[str]:
    """The tag of a draft of `light`, which is gone afterwards."""
    yield ed.save(asking(DEEP))
    ed.ask("DELETE", "/services/light/draft", if_match="*")


# --- keys and their scopes ----------------------------------------------------------------------

CALLS = [(path, method.upper(), handler.opt["scope"]) for path, method, handler in operations()]


@pytest.fixture(scope="module")
def narrow(opened: Door, cities_dsn: str) -> dict[Scope, Editor]:
    """A key for each scope, with that one alone."""
    return {scope: editor(opened, cities_dsn, OWN, scope) for scope in SCOPES}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("path", "method", "needed"), CALLS)
def test_a_key_may_do_what_its_scope_holds_and_nothing_else(
    narrow: dict[Scope, Editor], path: str, method: str, needed: Scope, scope: Scope
) -> None:
    below = path.replace("{service_code}", "none").replace("{number}", "1")
    answer = narrow[scope].ask(method, below + ("?old=1" if "diff" in path else ""), {})

    if needed in whole([scope]):
        assert answer.status not in (401, 403), answer
    else:
        assert answer.status == 403
        assert answer.json[0]["description"].endswith(f"the scope {needed}.")


@pytest.mark.parametrize(("path", "method", "_"), CALLS)
def test_nobody_without_a_key_gets_in(opened: Door, path: str, method: str, _: Scope) -> None:
    below = path.replace("{service_code}", "light").replace("{number}", "1")
    for key, told in (("", "required"), ("o311_unknown", "not valid")):
        answer = Editor(opened, key).ask(method, below, {})
        assert answer.status == 403
        assert told in answer.json[0]["description"]


def test_a_key_is_taken_from_the_headers_and_from_nowhere_else(ed: Editor) -> None:
    url = f"{ROOT}/services"
    bearer = (("authorization", f"Bearer {ed.key}"),)
    both = (*bearer, ("x-api-key", "another"))

    assert ed.door.ask("GET", url, bearer).status == 200
    assert ed.door.ask("GET", f"{url}?api_key={ed.key}").status == 403
    assert ed.door.ask("GET", url, both).status == 403


def test_a_revoked_key_counts_no_more(opened: Door, cities_dsn: str) -> None:
    short = editor(opened, cities_dsn, OWN)
    number = opened.desk.register.client(keys.hashed(short.key))
    assert number is not None
    assert short.ask("GET", "/services").status == 200

    using(cities_dsn, lambda each: keys.revoke(each, OWN, number.client_id, NOW))

    known(opened, short.key, is_good=False)
    assert short.ask("GET", "/services").status == 403


def test_the_rate_of_a_key_counts_here_too(opened: Door, cities_dsn: str) -> None:
    key = using(
        cities_dsn, lambda each: keys.create(each, OWN, "x", None, 1, NOW, ["catalog:read"])
    )
    known(opened, key)
    told = [Editor(opened, key).ask("GET", "/services").status for _ in range(3)]

    assert 429 in told
    assert set(told) <= {200, 429}


# --- other cities -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "_"), [each for each in CALLS if not each[2].startswith("r")]
)
def test_what_is_another_citys_is_answered_as_what_is_nowhere(
    other: Editor, path: str, method: str, _: Scope
) -> None:
    foreign, unknown = f"only-{OWN}", "only-nowhere.e"
    headers = {"if_match": "*"} if method in ("DELETE", "POST") else {"if_none_match": '"x"'}
    told = []
    for code in (foreign, unknown):
        below = path.replace("{service_code}", code).replace("{number}", "1")
        body = changed(service_code=code, attributes=[DEEP | {"code": "a b["}])
        sent = body if method == "PUT" else {}
        answer = other.ask(method, below + ("?old=1" if "diff" in path else ""), sent, **headers)
        told.append((answer.status, answer.body.replace(code.encode(), b"*")))

    assert told[0] == told[1]
    assert told[0][0] == (200 if "{" not in path else 400 if method == "PUT" else 404)


def test_a_list_and_a_trail_are_of_the_keys_own_city(ed: Editor, other: Editor) -> None:
    for path in ("/services", "/audit?limit=500"):
        own, theirs = ed.ask("GET", path).body.decode(), other.ask("GET", path).body.decode()
        assert f"only-{OWN}" in own
        assert f"only-{OWN}" not in theirs
        assert f"only-{OTHER}" not in own


@pytest.mark.parametrize("named", [OTHER, "nowhere.example"])
def test_naming_another_city_than_ones_own_is_naming_none(ed: Editor, named: str) -> None:
    answer = ed.ask("GET", f"/services?jurisdiction_id={named}")

    assert answer.status == 404
    assert named in answer.json[0]["description"]
    assert ed.ask("GET", f"/services?jurisdiction_id={OWN}").status == 200


# --- drafts and their tags ----------------------------------------------------------------------


def test_a_draft_comes_back_as_it_is_kept(ed: Editor, tag: str) -> None:
    answer = ed.ask("GET", "/services/light/draft")
    again = ed.ask("PUT", "/services/light/draft", answer.json, if_match=tag)

    assert answer.header("etag") == tag
    assert [each["code"] for each in answer.json["attributes"]] == [
        *("note", "count", "colour", "deep")
    ]
    assert (again.status, again.header("etag")) == (200, tag)


def test_a_draft_that_is_known_is_not_sent_again(ed: Editor, tag: str) -> None:
    for sent in (tag, f'"x", W/{tag}', "*"):
        answer = ed.ask("GET", "/services/light/draft", if_none_match=sent)
        assert (answer.status, answer.body, answer.header("etag")) == (304, b"", tag)

    assert ed.ask("GET", "/services/light/draft", if_none_match='"x"').status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 428),
        ({"if_match": '"0"'}, 412),
        ({"if_match": "W/{tag}"}, 412),
        ({"if_match": "{tag}x"}, 412),
        ({"if_match": "{tag}"}, None),
        ({"if_match": '"0", {tag}'}, None),
        ({"if_match": "*"}, None),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "good"),
    [("PUT", "", 200), ("POST", "/publish", 409), ("DELETE", "", 204)],
)
def test_a_draft_is_touched_by_those_who_know_it(
    ed: Editor,
    tag: str,
    method: str,
    path: str,
    good: int,
    headers: dict[str, str],
    status: int | None,
) -> None:
    sent = {name: value.format(tag=tag) for name, value in headers.items()}
    body = asking(DEEP) if method == "PUT" else {}
    answer = ed.ask(method, f"/services/light/draft{path}", body, **sent)

    assert answer.status == (status or good)


def test_a_new_draft_takes_no_others_place(ed: Editor, tag: str) -> None:
    path = "/services/light/draft"

    assert ed.ask("PUT", path, LIGHT, if_none_match="*").status == 412
    assert ed.ask("PUT", path, LIGHT, if_none_match=tag).status == 412
    assert ed.ask("GET", path).header("etag") == tag


def test_where_there_is_no_draft_no_tag_fits(ed: Editor) -> None:
    path = "/services/tree/draft"
    tree = changed(service_code="tree")

    assert ed.ask("PUT", path, tree, if_match="*").status == 412
    for method, below in (("GET", ""), ("DELETE", ""), ("POST", "/publish"), ("GET", "/preview")):
        assert ed.ask(method, path + below, if_match="*").status == 404


def test_of_two_editors_at_once_one_is_told_of_the_other(ed: Editor) -> None:
    tag = ed.save(LIGHT)
    headers = (("x-api-key", ed.key), ("if-match", tag))
    calls = [
        ("PUT", f"{ROOT}/services/light/draft", headers, json.dumps(changed(group=name)).encode())
        for name in ("A", "B", "C", "D")
    ]
    answers = ed.door.together(*calls)

    assert sorted(each.status for each in answers) == [200, 412, 412, 412]
    (won,) = [each for each in answers if each.ok]
    assert ed.ask("GET", "/services/light/draft").json["group"] == won.json["group"]
    ed.ask("DELETE", "/services/light/draft", if_match="*")


def test_of_two_who_publish_at_once_one_does(ed: Editor) -> None:
    tag = ed.save(changed(service_code="twice"), "twice")
    headers = (("x-api-key", ed.key), ("if-match", tag))
    call = ("POST", f"{ROOT}/services/twice/draft/publish", headers, b"")
    answers = ed.door.together(call, call, call)

    assert sorted(each.status for each in answers)[0] == 201
    assert {each.status for each in answers} <= {201, 404, 412}
    assert len(ed.ask("GET", "/services/twice/versions").json) == 1


# --- what is wrong with a draft -----------------------------------------------------------------


def refused(ed: Editor, body: Any, code: str = "wrong") -> list[str]:
    answer = ed.ask("PUT", f"/services/{code}/draft", body, if_none_match="*")
    assert answer.status == 400, answer
    return [each["description"] for each in answer.json]


def test_every_fault_is_told_at_once_with_its_place(ed: Editor) -> None:
    questions = [
        {"code": "a", "datatype": "number", "description": "A", "minimum": 5, "maximum": 2},
        {
            "code": "b",
            "datatype": "text",
            "description": "B",
            "pattern": "(",
            "dependencies": {"conditions": [{"attribute": "z", "op": "eq", "value": "1"}]},
        },
        {"code": "a", "datatype": "string", "description": "C"},
    ]
    told = refused(ed, changed(service_code="wrong", attributes=questions))

    assert [each.partition(": ")[0] for each in told] == [
        "attributes[0].minimum",
        "attributes[1].dependencies.conditions[0].attribute",
        "attributes[1].pattern",
        "attributes[2].code",
    ]


def test_members_that_are_missing_unknown_or_of_the_wrong_kind_are_told(ed: Editor) -> None:
    told = refused(ed, {"service_code": "wrong", "group": 7, "descripton": "x", "media": []})

    assert [each.partition(": ")[0] for each in told] == [
        *("department", "description", "descripton", "group", "media", "service_name")
    ]
    assert "did you mean description?" in " ".join(told)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "service_code: is missing"),
        (b"{", "line 1: not JSON"),
        (b"[]", "is not an object"),
        (b"\xff", "not UTF-8"),
        (b'{"a": 1, "a": 2}', "is given twice"),
        (b'{"service_name": "\\u0000"}', "cannot carry"),
        (b'{"service_name": "\\ud800"}', "cannot carry"),
        (b'{"x":' + b"[" * 9_000, "nested too deeply"),
        (b'{"x": 1' + b"0" * 5_000 + b"}", "thousands of digits"),
        (b'{"x": NaN}', "not a finite number"),
    ],
)
def test_a_body_that_is_no_service_is_told_why(ed: Editor, body: bytes, told: str) -> None:
    assert told in " ".join(refused(ed, body))


def test_a_draft_is_of_its_path_and_of_a_department_and_areas_that_are_there(ed: Editor) -> None:
    told = refused(ed, changed(department="nobody", offered_in={"wards": ["1"]}), "elsewhere")

    assert [each.partition(":")[0] for each in told] == [
        *("service_code", "department", "offered_in.wards")
    ]


def test_a_body_that_is_too_large_is_not_read(ed: Editor) -> None:
    answer = ed.ask("PUT", "/services/light/draft", b" " * 20_001, if_none_match="*")

    assert answer.status == 413


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*LIGHT, "extra", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
@example(b'"\x80"')
def test_no_body_is_a_fault_of_the_server(ed: Editor, body: bytes) -> None:
    """Also where it is a whole service but for what was made up."""
    calls = [
        ("PUT", "/services/none/draft", body),
        ("POST", "/services/none/draft/publish", body),
        ("POST", "/services/none/draft/preview", body),
        ("POST", "/services/none/retire", body),
    ]
    with suppress(ValueError):
        odd = json.dumps(changed(extra=json.loads(body))).encode()
        calls.append(("PUT", "/services/none/draft", odd))
    for method, path, sent in calls:
        answer = ed.ask(method, path, sent, if_match='"0"', if_none_match="*")
        assert answer.status in (400, 404, 412), answer


@pytest.mark.parametrize("value", [10**400, -(10**30), 1e-300, 5e-324, {"": {"a": [None]}}])
def test_what_others_members_hold_is_kept_as_it_came(ed: Editor, value: Any) -> None:
    ed.save(changed(service_code="extra", extra={"x": value}), "extra")
    answer = ed.ask("GET", "/services/extra/draft")
    ed.ask("DELETE", "/services/extra/draft", if_match="*")

    assert answer.json["extra"]["x"] == value


# --- what a draft would do ----------------------------------------------------------------------


def test_a_preview_is_what_clients_get_once_it_is_published(ed: Editor) -> None:
    rule = {"conditions": [{"attribute": "colour", "op": "one_of", "value": ["red", "blue"]}]}
    questions = [
        DEEP | {"minimum": 1, "maximum": 2.5, "dependencies": rule},
        {"code": "told", "datatype": "informational", "description": "T", "variable": False},
        {
            "code": "own",
            "datatype": "string",
            "description": "Own",
            "automated": "server_set",
            "preset": "x",
        },
    ]
    service = asking(*questions) | {"service_code": "previewed", "media": {"least": 1}}
    ed.save(service, "previewed")
    preview = ed.ask("GET", "/services/previewed/draft/preview").json
    ed.ask("POST", "/services/previewed/draft/publish", if_match="*")
    _until(ed, "services/previewed.json")

    def get(url: str) -> Any:
        return ed.door.ask("GET", f"{url}jurisdiction_id={OWN}").json

    assert preview["definition"] == get("services/previewed.json?")
    assert preview["extended"] == get("services/previewed.json?extensions=true&")
    assert preview["service"] in get("services.json?")


def _until(ed: Editor, url: str, status: int = 200) -> None:
    for _ in range(500):
        if ed.door.ask("GET", f"{url}?jurisdiction_id={OWN}").status == status:
            return
        ed.door.wait(0.01)
    raise AssertionError(f"{url} is not {status}")


REPORTS = [
    ({"lat": "44.6", "long": "-66.2"}, False),
    ({"lat": "44.6", "long": "-66.2", "attribute[deep]": "many"}, False),
    ({"attribute[deep]": "3", "attribute[colour]": "green"}, False),
    ({"lat": "44.6", "long": "-66.2", "attribute[deep]": "3", "attribute[note]": "é"}, True),
]


@pytest.mark.parametrize(("fields", "good"), REPORTS)
def test_a_report_is_tried_as_it_would_be_filed(
    ed: Editor, tag: str, fields: dict[str, str], good: bool
) -> None:
    answer = ed.ask("POST", "/services/light/draft/preview", fields, content_type=JSON)

    assert answer.json["accepted"] is good
    assert bool(answer.json["problems"]) is not good
    if good:
        assert answer.json["answers"] == {"note": "é", "deep": 3}
    else:
        assert any("attribute[deep]" in each for each in answer.json["problems"]) or (
            "attribute[deep]" in fields
        )


def test_what_is_tried_in_vain_is_told_in_the_words_of_a_post(ed: Editor, other: Editor) -> None:
    fields = {"attribute[colour]": "green", "lat": "91"}
    ed.save(changed(), "light")
    path = "/services/light/draft/preview"
    tried = ed.ask("POST", path, fields, content_type=JSON).json["problems"]
    ed.ask("DELETE", "/services/light/draft", if_match="*")
    body = json.dumps(fields | {"service_code": "light", "jurisdiction_id": OWN}).encode()
    headers = (("x-api-key", ed.key), ("content-type", "application/json"))
    posted = ed.door.ask("POST", "requests.json", headers, body)

    assert tried == [each["description"] for each in posted.json]


def test_nothing_is_filed_by_trying(ed: Editor, tag: str, cities_dsn: str) -> None:
    count = "select count(*) from requests"
    before = using(cities_dsn, lambda each: each.fetchval(count))
    ed.ask("POST", "/services/light/draft/preview", REPORTS[-1][0], content_type=JSON)

    assert using(cities_dsn, lambda each: each.fetchval(count)) == before


# --- publication --------------------------------------------------------------------------------


def test_what_breaks_clients_needs_consent_and_every_breach_is_told(ed: Editor) -> None:
    ed.publish(changed(service_code="breach"), "breach")
    fewer = [
        DEEP,
        *LIGHT["attributes"][:2],
        LIGHT["attributes"][2] | {"values": [{"key": "red", "name": "Red"}]},
    ]
    tag = ed.save(changed(service_code="breach", attributes=fewer), "breach")
    path = "/services/breach/draft/publish"
    refused = ed.ask("POST", path, {}, if_match=tag)
    changes = ed.ask("GET", "/services/breach/diff?old=1").json
    done = ed.ask("POST", path, {"consent": True, "reason": " Less\nto choose "}, if_match=tag)

    breaking = [each for each in changes if each["level"] == "breaking"]
    assert refused.status == 409
    assert len(breaking) == 2
    for each in breaking:
        assert any(each["place"] in told["description"] for told in refused.json)
    assert done.json["version"] == 2
    assert (
        done.json["changes"] == changes == ed.ask("GET", "/services/breach/diff?old=1&new=2").json
    )
    assert ed.ask("GET", "/services/breach/versions").json[0]["reason"] == "Less to choose"


def test_a_version_to_come_answers_from_its_time_on(ed: Editor) -> None:
    ed.save(changed(service_code="later"), "later")
    path = "/services/later/draft/publish"
    when = {"published_from": "2999-01-01T00:00:00", "reason": "Next millennium"}
    done = ed.ask("POST", path, when, if_match="*")
    (listed,) = [
        each for each in ed.ask("GET", "/services").json if each["service_code"] == "later"
    ]

    assert done.json["published_from"] == "2999-01-01T04:00:00Z"  # Halifax
    assert (listed["version"], listed["newest"], listed["offered"]) == (None, 1, False)
    for url in ("services/later.json", "services/later.json?version=1"):
        assert (
            ed.door.ask("GET", f"{url}{'&' if '?' in url else '?'}jurisdiction_id={OWN}").status
            == 404
        )


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"published_from": "yesterday"}, "published_from"),
        ({"published_from": "2000-01-01"}, "published_from"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": 1}, "reason"),
        ({"consnet": True}, "consnet"),
        ({"consent": "yes"}, "consent"),
    ],
)
def test_a_publication_that_cannot_be_read_is_told_why(
    ed: Editor, tag: str, how: dict[str, Any], named: str
) -> None:
    answer = ed.ask("POST", "/services/light/draft/publish", how, if_match=tag)

    assert answer.status == 400
    assert named in answer.json[0]["description"]


def test_a_retired_service_is_offered_no_more_and_keeps_its_versions(ed: Editor) -> None:
    ed.publish(changed(service_code="short"), "short")
    _until(ed, "services/short.json")
    path = "/services/short/retire"
    tag = ed.ask("GET", "/services/short/versions/1").header("etag")
    assert ed.ask("POST", path, {}).status == 428
    assert ed.ask("POST", path, {}, if_match='"another"').status == 412
    assert ed.door.ask("GET", f"services/short.json?jurisdiction_id={OWN}").status == 200
    done = ed.ask("POST", path, {"reason": "Over"}, if_match=str(tag))
    _until(ed, "services/short.json", 404)

    assert done.json == {"service_code": "short", "version": 1}
    assert ed.ask("POST", path, {}, if_match="*").status == 404
    assert ed.ask("GET", "/services/short/versions/1").status == 200
    old = ed.door.ask("GET", f"services/short.json?version=1&jurisdiction_id={OWN}")
    assert old.json["version"] == 1


def test_a_version_is_known_by_its_hash(ed: Editor) -> None:
    tag = ed.save(changed(service_code="hashed"), "hashed")
    ed.ask("POST", "/services/hashed/draft/publish", if_match=tag)
    answer = ed.ask("GET", "/services/hashed/versions/1")
    (listed,) = ed.ask("GET", "/services/hashed/versions").json

    assert answer.header("etag") == tag == f'"{listed["hash"]}"'
    assert ed.ask("GET", "/services/hashed/versions/1", if_none_match=tag).status == 304
    for number in ("0", "2", "99999999999999999999", "-1", "x"):
        assert ed.ask("GET", f"/services/hashed/versions/{number}").status == 404


@pytest.mark.parametrize("code", ["a/b", "a b", "50%", "a%2Fb", "é?#", "x/", "draft", "&="])
def test_a_code_may_hold_whatever_a_city_writes(ed: Editor, code: str) -> None:
    path = quote(code, safe="")
    ed.save(changed(service_code=code), path)
    ed.ask("POST", f"/services/{path}/draft/publish", if_match="*")

    assert ed.ask("GET", f"/services/{path}/versions/1").json["service_code"] == code


# --- the trail ----------------------------------------------------------------------------------


def test_every_change_is_told_with_the_key_that_made_it(
    opened: Door, cities_dsn: str, ed: Editor
) -> None:
    before = _trail(ed)[-1]["entry"]
    ed.publish(changed(service_code="told"), "told", reason="First")
    ed.save(changed(service_code="told", group="Other"), "told")
    ed.ask("DELETE", "/services/told/draft", if_match="*")
    ed.ask("POST", "/services/told/retire", {"reason": "Last"}, if_match="*")
    told = _trail(ed, before)

    assert [each["action"] for each in told] == [
        *("drafted", "published", "drafted", "discarded", "retired")
    ]
    assert {each["actor"] for each in told} == {"Ed"}
    assert len({each["client_id"] for each in told}) == 1
    assert None not in {each["client_id"] for each in told}
    assert [each["reason"] for each in told] == [None, "First", None, None, "Last"]
    assert {each["at"] for each in told} == {"2026-11-22T12:00:00Z"}


def _trail(ed: Editor, after: int = 0, limit: int = 3) -> list[dict[str, Any]]:
    """The whole trail after an entry, page by page."""
    found: list[dict[str, Any]] = []
    place: int | None = after
    while place is not None:
        page = ed.ask("GET", f"/audit?after={place}&limit={limit}&contents=true").json
        found += page["entries"]
        place = page["after"]
    return found


def test_pages_of_the_trail_are_the_trail(ed: Editor) -> None:
    whole = ed.ask("GET", "/audit?limit=500&contents=true").json["entries"]

    assert _trail(ed, limit=2) == whole
    assert [each["entry"] for each in whole] == sorted({each["entry"] for each in whole})
    assert all(each["content"] for each in whole if each["action"] == "published")
    assert not any(each["content"] for each in ed.ask("GET", "/audit").json["entries"])


@pytest.mark.parametrize(
    "query", ["after=-1", "limit=0", "limit=501", "limit=x", f"after={2**63}", "contents=perhaps"]
)
def test_a_page_that_cannot_be_is_told(ed: Editor, query: str) -> None:
    answer = ed.ask("GET", f"/audit?{query}")

    assert answer.status == 400
    assert answer.json[0]["description"].startswith(query.partition("=")[0])
