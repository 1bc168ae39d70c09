"""The description of the administration: whole, true, and a page that asks for nothing."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import html

from open311.domain.scopes import SCOPES
from open311.http.administration.description import describe, operations
from open311.http.administration.door import ROOT
from open311.http.administration.handlers import HANDLERS
from open311.http.administration.pages import EXAMPLES
from tests.conformance.wire import Answer
from tests.editors import Editor, editor
from tests.inprocess import FORM, Door


@pytest.fixture(scope="module")
def page(door: Door) -> Answer:
    return door.ask("GET", f"{ROOT}/")


# --- for programs -------------------------------------------------------------------------------


def test_the_description_is_served(door: Door) -> None:
    answer = door.ask("GET", f"{ROOT}/openapi.json")

    assert answer.header("content-type") == "application/json; charset=utf-8"
    assert answer.json["openapi"].startswith("3.1.")
    assert answer.json["servers"] == [{"url": f"http://127.0.0.1:8311{ROOT}"}]
    assert answer.json == json.loads(json.dumps(describe(f"http://127.0.0.1:8311{ROOT}")))


def test_every_handler_is_described_and_has_an_example() -> None:
    told = [
        each["operationId"] for path in describe("")["paths"].values() for each in path.values()
    ]

    assert sorted(told) == sorted(handler.handler_name for handler in HANDLERS)
    assert [handler.handler_name for _, _, handler in operations()] == list(EXAMPLES)


def test_every_call_says_which_scope_it_needs_and_how_it_is_refused() -> None:
    for path in describe("")["paths"].values():
        for method, told in path.items():
            ((scope,),) = {tuple(*each.values()) for each in told["security"]}
            assert scope in SCOPES
            assert scope in told["description"]
            assert {"400", "403", "404", "429", "503"} <= told["responses"].keys()
            assert ("requestBody" in told) is (method in ("put", "post"))
            assert ("413" in told["responses"]) is ("requestBody" in told)
            named = {each["name"] for each in told["parameters"]}
            assert ("428" in told["responses"]) is ("If-Match" in named)


def test_every_schema_is_sound_and_every_reference_leads_somewhere() -> None:
    text = json.dumps(describe(""))
    schemas = describe("")["components"]["schemas"]

    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == schemas.keys()
    for each in schemas.values():
        Draft202012Validator.check_schema(each)


def test_a_draft_is_described_as_the_file_that_it_is(door: Door) -> None:
    from open311.formats.schemas import generated

    told = describe("")["components"]["schemas"]["CityService"]
    file = generated.files()["city/service.schema.json"]["$defs"]["CityService"]

    assert told["properties"].keys() == file["properties"].keys()
    assert told["required"] == file["required"]


# --- for people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/"])
def test_the_page_answers_whatever_is_at_its_end(door: Door, path: str) -> None:
    answer = door.ask("GET", path)

    assert (answer.status, answer.header("content-type")) == (200, "text/html; charset=utf-8")


def test_the_page_loads_nothing_and_runs_nothing(page: Answer) -> None:
    whole = html.fromstring(page.body)
    policy = page.header("content-security-policy") or ""

    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert whole.xpath("//script | //link | //img | //iframe | //@src | //@onclick") == []
    assert b"url(" not in page.body
    outside = {each for each in whole.xpath("//@href") if not each.startswith("#")}
    assert outside == {f"http://127.0.0.1:8311{ROOT}/openapi.json"}


def test_every_link_of_the_page_leads_to_one_place_in_it(page: Answer) -> None:
    whole = html.fromstring(page.body)
    ids = whole.xpath("//@id")

    assert len(ids) == len(set(ids))
    assert {each[1:] for each in whole.xpath("//@href") if each.startswith("#")} <= set(ids)


def test_a_screen_reader_finds_its_way(page: Answer) -> None:
    whole = html.fromstring(page.body)

    assert whole.get("lang") == "en"
    assert len(whole.xpath("//main//h1")) == 1
    assert whole.xpath("//table[not(caption)]") == []
    assert whole.xpath("//th[not(@scope)]") == []
    assert whole.xpath("//nav[not(@aria-label)]") == []
    assert len(whole.xpath("//h3")) == len(HANDLERS)


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    digits = colour if len(colour) == 6 else "".join(each * 2 for each in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("at", [0, 1], ids=["light", "dark"])
def test_text_and_links_stand_out_by_day_and_by_night(page: Answer, at: int) -> None:
    """7:1, level AAA."""
    said = [dict(re.findall(r"--(\w+): #(\w+)", each)) for each in _roots(page.body.decode())]
    colours = said[at]
    for ink in ("ink", "link"):
        for paper in ("paper", "faint"):
            light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 7, (ink, paper)


def _roots(text: str) -> list[str]:
    return re.findall(r":root {([^}]*)}", text)


# --- its lines ----------------------------------------------------------------------------------


def lines(page: Answer) -> list[str]:
    return [
        each.text_content()
        for each in html.fromstring(page.body).xpath("//pre")
        if each.text_content().startswith("curl ")
    ]


@pytest.fixture(scope="module")
def ed(door: Door, city_dsn: str) -> Editor:
    may = (
        "catalog:write",
        "routing:write",
        "requests:route",
        "requests:withdraw",
        "requests:write",
    )
    ed = editor(door, city_dsn, "lanternport.example", *may)
    sent = f"api_key={ed.key}&service_code=pothole&lat=44.6&long=-66.2".encode()
    assert door.ask("POST", "requests.json", FORM, sent).ok
    return ed


def an_id(ed: Editor) -> str:
    first = ed.door.ask("GET", "requests.json?page_size=1").one
    return str(first["service_request_id"])


def run(ed: Editor, line: str, own_id: str = "") -> Answer:
    """What curl would do: of its options, those that the page uses."""
    line = line.replace("$ID", own_id or an_id(ed))
    words = shlex.split(line.replace("$BASE", "").replace("$KEY", ed.key))
    assert words.pop(0) == "curl"
    method, body, headers = "GET", b"", {}
    while len(words) > 1:
        option, value = words.pop(0), words.pop(0)
        match option:
            case "-X":
                method = value
            case "-H":
                name, _, content = value.partition(": ")
                headers[name.lower()] = content
            case "-d" | "--data-binary":
                body = value.encode()
                method = "POST" if method == "GET" else method
                headers.setdefault("content-type", "application/x-www-form-urlencoded")
    return ed.door.ask(method, ROOT + words[0], tuple(headers.items()), body)


def test_every_line_of_the_page_runs_as_it_stands(ed: Editor, page: Answer) -> None:
    """From the top to the bottom; what is thrown away at the end must be there again."""
    found = lines(page)
    assert len(found) == len(HANDLERS)
    told: list[tuple[str, int]] = []
    own_id = an_id(ed)  # which is withdrawn, and brought back
    for line in found:
        if "DELETE" in line and "withdrawal" not in line:
            run(ed, next(each for each in found if "PUT" in each and same(each, line)))
        told.append((line, run(ed, line, own_id).status))

    assert [each for each in told if each[1] not in (200, 201, 204)] == []


def same(one: str, other: str) -> bool:
    """Whether two lines are about rules, or about a service."""
    return ("/routing" in one) is ("/routing" in other)


def test_what_is_tried_by_the_page_is_accepted(ed: Editor, page: Answer) -> None:
    found = lines(page)
    run(ed, next(each for each in found if "PUT" in each))
    tried: Any = run(ed, next(each for each in found if "description=Hello" in each)).json

    assert tried == {"accepted": True, "problems": [], "answers": {}}
