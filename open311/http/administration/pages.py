"""The description of the administration, for programs and as a page for people.

The page is made here of the same description, and asks for nothing from anywhere.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import lru_cache
from html import escape

import msgspec

from open311.formats.schemas.city import Schema
from open311.http.administration.description import describe, operations
from open311.http.administration.door import ROOT
from open311.http.answers import Answer, Blob
from open311.http.calls import Call
from open311.http.door import Resource
from open311.http.pages import POLICY

__all__ = ["EXAMPLES", "RESOURCES"]

_SERVICE = {
    "service_code": "example",
    "service_name": "An example",
    "description": "To try this page.",
    "group": "Examples",
    "department": "DEPARTMENT",
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "list_services": (),
    "save_draft": ("-X", "PUT", "-H", "If-None-Match: *", "--data-binary", "SERVICE"),
    "read_draft": (),
    "preview": (),
    "try_draft": ("-d", "lat=44.6&long=-66.2&description=Hello"),
    "publish": ("-X", "POST", "-H", "If-Match: *", "--data-binary", '{"reason": "A trial"}'),
    "list_versions": (),
    "read_version": (),
    "diff": (),
    "retire": ("-X", "POST", "-H", "If-Match: *", "--data-binary", '{"reason": "The end"}'),
    "discard_draft": ("-X", "DELETE", "-H", "If-Match: *"),
    "read_trail": (),
    "publish_rules": ("-X", "PUT", "-H", "If-Match: *", "--data-binary", "RULES"),
    "read_rules": (),
    "list_rules": (),
    "read_rules_version": (),
    "remove_rules": ("-X", "DELETE", "-H", "If-Match: *"),
    "list_decisions": (),
    "reroute": ("-X", "POST", "-H", "If-Match: *", "--data-binary", "REROUTING"),
    "withdraw_request": ("-X", "POST", "--data-binary", '{"reason": "A trial"}'),
    "republish_request": ("-X", "DELETE"),
}
"""What curl is told to call each handler; bodies are put in for words in capitals."""

_INSIDE = {"{service_code}": "example", "{number}": "1", "{service_request_id}": "$ID"}
_QUERIES = {"diff": "?old=1&new=1", "read_trail": "?limit=10"}

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Administration: {names}</title>
<style>
  :root {{ color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --link: #004a99;
    --faint: #f2f2f2; --line: #8a8a8a }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ink: #eee; --paper: #161616; --link: #8ec5ff; --faint: #262626; --line: #8a8a8a }}
  }}
  body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 58rem; margin: 2rem auto;
    padding: 0 1rem; color: var(--ink); background: var(--paper) }}
  a {{ color: var(--link) }}
  h2, h3 {{ margin-top: 2.5rem }}
  code, pre {{ font: .95em ui-monospace, monospace; background: var(--faint) }}
  code {{ padding: .1em .3em; overflow-wrap: anywhere }}
  pre {{ padding: .6rem .8rem; overflow-x: auto }}
  table {{ border-collapse: collapse; width: 100% }}
  th, td {{ text-align: left; vertical-align: top; padding: .3rem .6rem;
    border-bottom: 1px solid var(--line) }}
  caption {{ text-align: left; font-weight: bold; padding: .6rem 0 }}
</style>
<main>
<h1>Administration</h1>
<p>{about}</p>
<p>For programs: <a href="{url}/openapi.json">openapi.json</a>, OpenAPI 3.1. Each refusal is a list
of <code>{{code, description}}</code>, as everywhere else.</p>
<pre>BASE={url}
KEY=…   # open311 keys create --scope catalog:write --scope routing:write …
ID=…    # a service_request_id</pre>
<nav aria-label="Calls"><ul>{contents}</ul></nav>
<h2>Calls</h2>
{calls}
<h2>What they hold</h2>
{parts}
</main>
</html>
"""


async def describe_all(call: Call) -> Answer:
    """The OpenAPI description."""
    content = msgspec.json.encode(describe(call.desk.settings.base_url + ROOT))
    return Answer(Blob(content, "application/json; charset=utf-8", "json"), lasting=True)


async def show(call: Call) -> Answer:
    """The same, as a page."""
    city = call.desk.register.cities[0]
    names = ", ".join(each.name for each in call.desk.register.cities)
    content = _page(
        call.desk.settings.base_url + ROOT, names, min(city.departments, default="")
    ).encode()
    return Answer(Blob(content, "text/html; charset=utf-8"), headers=(POLICY,))


@lru_cache(maxsize=8)
def _page(url: str, names: str, department: str) -> str:
    told = describe(url)
    calls = [(path, method, told["paths"][path][method]) for path, method, _ in operations()]
    return _PAGE.format(
        names=escape(names),
        about=escape(told["info"]["description"]),
        url=escape(url),
        contents="".join(
            f'<li><a href="#{each["operationId"]}">{escape(each["summary"])}</a></li>'
            for _, _, each in calls
        ),
        calls="\n".join(_call(*each, department) for each in calls),
        parts="\n".join(_part(*each) for each in sorted(told["components"]["schemas"].items())),
    )


def _call(path: str, method: str, told: Schema, department: str) -> str:
    name = told["operationId"]
    parameters = [
        (
            escape(each["name"]),
            each["in"],
            _kind(each["schema"]),
            escape(each.get("description", "")),
        )
        for each in told["parameters"]
    ]
    answers = [
        (status, escape(each["description"]), _held(each))
        for status, each in told["responses"].items()
    ]
    body = f"<p>Body: {_held(told['requestBody'])}.</p>" if "requestBody" in told else ""
    return (
        f'<section aria-labelledby="{name}">'
        f'<h3 id="{name}"><code>{method.upper()} {escape(path)}</code></h3>'
        f"<p><strong>{escape(told['summary'])}.</strong> {escape(told['description'])}</p>"
        f"<pre>{escape(_curl(name, path, department))}</pre>{body}"
        + _table("Parameters", ("name", "in", "kind", "what"), parameters)
        + _table("Answers", ("status", "when", "holds"), answers)
        + "</section>"
    )


def _curl(name: str, path: str, department: str) -> str:
    """A line that can be run, once BASE and KEY are set."""
    acts = {"department": department}
    bodies = {
        "SERVICE": _SERVICE | acts,
        "RULES": {"triage": acts},
        "REROUTING": acts | {"reason": "A trial"},
    }
    texts = {each: msgspec.json.encode(body).decode() for each, body in bodies.items()}
    words = [shlex.quote(texts.get(each, each)) for each in EXAMPLES[name]]
    for inside, example in _INSIDE.items():
        path = path.replace(inside, example)
    url = f'"$BASE{path}{_QUERIES.get(name, "")}"'
    return " ".join(['curl -H "X-API-Key: $KEY"', *words, url])


def _part(name: str, told: Schema) -> str:
    members = [
        (escape(each), _kind(schema), escape(schema.get("description") or schema.get("title", "")))
        for each, schema in told["properties"].items()
    ]
    about = escape(" ".join(told.get("description", "").split()))
    table = _table(name, ("member", "kind", "what"), members)
    return f'<section id="{name}"><p>{about}</p>{table}</section>'


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already; nothing where it would be empty."""
    lines = ["<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>" for row in rows]
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    whole = f"<caption>{caption}</caption><tr>{head}</tr>{''.join(lines)}"
    return f"<table>{whole}</table>" if lines else ""


def _held(told: Schema) -> str:
    """What a body or an answer holds, as HTML."""
    kinds = [
        (_kind(each["schema"]), media_type) for media_type, each in told.get("content", {}).items()
    ]
    return "; ".join(f"{kind} as <code>{media_type}</code>" for kind, media_type in kinds)


def _kind(schema: Schema) -> str:
    """A schema in a word or two, as HTML."""
    kind: str | list[str] = schema.get("type", "anything")
    match schema:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return f'<a href="#{name}">{name}</a>'
        case {"anyOf": list(options)}:
            return " or ".join(map(_kind, options))
        case {"enum": list(words)}:
            return escape(" | ".join(map(str, words)))
        case {"type": "array", "items": dict(items)}:
            return f"list of {_kind(items)}"
    return kind if isinstance(kind, str) else " or ".join(kind)


RESOURCES = [
    Resource(ROOT, {"GET": show}),
    Resource(f"{ROOT}/", {"GET": show}),
    Resource(f"{ROOT}/openapi", {"GET": describe_all}),
]
