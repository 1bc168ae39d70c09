"""Administration over HTTP: the registry of definitions, for keys with a scope for it.

litestar finds the handler and reads its arguments; `opt` says which scope a key needs, and what
the description tells beyond the signature. A key works in its own city, which no path names.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody

from open311.actions import administration, catalogue
from open311.actions.administration import Page, Preview, Trial
from open311.domain import definitions, languages, layers
from open311.domain.definitions import Version
from open311.domain.folder import CityService
from open311.errors import Invalid, NotFound
from open311.formats import form
from open311.http.administration import etags, files, routing, withdrawals
from open311.http.administration.documents import (
    Alteration,
    NewVersion,
    Publication,
    Retired,
    Retirement,
    told,
)
from open311.http.administration.editors import (
    READ,
    WRITE,
    Code,
    Editor,
    IfMatch,
    IfNoneMatch,
    Locale,
    New,
    Old,
    Who,
)
from open311.store.standings import Standing

__all__ = ["HANDLERS"]


@get("/services", opt=READ)
async def list_services(who: Who) -> list[Standing]:
    """Every service: which version answers, which is the newest, what is being written."""
    return await administration.overview(who.open_, who.own)


# --- drafts -------------------------------------------------------------------------------------


@get("/services/{service_code:str}/draft", opt=READ)
async def read_draft(
    who: Who, code: Code, if_none_match: IfNoneMatch = None
) -> Response[CityService]:
    """The draft of a service, as a city folder has it."""
    found = await catalogue.draft(who.open_, who.own, code)
    return _tagged(found.service, found.hash, if_none_match)


@put("/services/{service_code:str}/draft", opt=WRITE | {"body": CityService, "creates": True})
async def save_draft(
    who: Who,
    code: Code,
    body: RawBody,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response[CityService]:
    """Save a draft, new or in the place of the one that If-Match names.

    It is checked like a file of a city folder: every fault is told with its place.
    """
    before = await _hash(who, code)
    etags.expect(before, if_match, if_none_match)
    service = await asyncio.to_thread(files.service, body)
    _fits(who, code, service)
    hash_ = await catalogue.save(who.open_, who.own, service, who.deed(), replaces=before)
    saved = _tagged(definitions.canonical(service), hash_)
    saved.status_code = 200 if before else 201
    return saved


@delete("/services/{service_code:str}/draft", opt=WRITE)
async def discard_draft(who: Who, code: Code, if_match: IfMatch = None) -> None:
    """Throw a draft away."""
    before = await _meant(who, code, if_match)
    await catalogue.discard(who.open_, who.own, code, who.deed(), replaces=before)


@get("/services/{service_code:str}/draft/preview", opt=READ)
async def preview(who: Who, code: Code, locale: Locale = None) -> Preview:
    """How a draft would answer: in the list, plainly, and with extensions=true."""
    found = await catalogue.draft(who.open_, who.own, code)
    city = who.told(locale)
    return await administration.preview(who.open_, who.own, found.service, city.language)


@post("/services/{service_code:str}/draft/preview", opt=READ | {"form": True}, status_code=200)
async def try_draft(who: Who, code: Code, body: RawBody, request: Request[Any, Any, Any]) -> Trial:
    """What would become of a report if the draft were published; nothing is filed.

    The body is that of a POST of requests, without a key.
    """
    found = await catalogue.draft(who.open_, who.own, code)
    most = who.desk.settings.body_max_bytes
    sent = form.read(body, request.headers.get("content-type", ""), b"", most)
    return administration.tried(who.city, found.service, sent.pairs, who.client, who.now)


@post("/services/{service_code:str}/draft/publish", opt=WRITE | {"consent": True})
async def publish(
    who: Who, code: Code, data: JSONBody[Publication], if_match: IfMatch = None
) -> NewVersion:
    """Make a draft the next version of its service.

    A change that clients of the version before it will not survive needs `consent`.
    """
    before = await _meant(who, code, if_match)
    made = await catalogue.publish(
        who.open_,
        who.own,
        code,
        who.deed(data.reason),
        published_from=who.moment("published_from", data.published_from),
        consent=data.consent,
        replaces=before,
    )
    return NewVersion(code, made.version, made.published_from, told(made.steps))


# --- versions -----------------------------------------------------------------------------------


@post("/services/{service_code:str}/retire", opt=WRITE, status_code=200)
async def retire(
    who: Who, code: Code, data: JSONBody[Retirement], if_match: IfMatch = None
) -> Retired:
    """Offer a service no more; its versions stay, and old requests name it.

    If-Match names the version that is retired, by its ETag.
    """
    etags.conditional(if_match)
    ends = who.moment("retired_from", data.retired_from)
    number = await catalogue.retire(
        who.open_,
        who.own,
        code,
        who.deed(data.reason),
        ends,
        expect=lambda hash_: etags.expect(hash_, if_match),
    )
    return Retired(code, number)


@get("/services/{service_code:str}/versions", opt=READ)
async def list_versions(who: Who, code: Code) -> list[Version]:
    """Every version of a service, newest first."""
    return await catalogue.versions(who.open_, who.own, code)


@get("/services/{service_code:str}/versions/{number:int}", opt=READ)
async def read_version(
    who: Who, code: Code, number: FromPath[int], if_none_match: IfNoneMatch = None
) -> Response[CityService]:
    """What one version says, as a city folder has it; it never changes."""
    known, service = await administration.version(who.open_, who.own, code, number)
    return _tagged(service, known.hash, if_none_match)


@get("/services/{service_code:str}/diff", opt=READ)
async def diff(who: Who, code: Code, old: Old, new: New = None) -> list[Alteration]:
    """What changes from an old version to a new one, or to the draft where none is named."""
    return told(await catalogue.diff(who.open_, who.own, code, old, new))


@get("/audit", opt=READ)
async def read_trail(
    who: Who,
    after: Annotated[int, QueryParameter(ge=0, le=2**63 - 1, description="the entry before")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
    contents: Annotated[bool, QueryParameter(description="with what was written")] = False,
) -> Page:
    """Who did what to the catalogue, oldest first, by pages."""
    page = await administration.trail(who.open_, who.own, after, limit)
    if contents:
        return page
    return Page([msgspec.structs.replace(each, content=None) for each in page.entries], page.after)


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    list_services,
    save_draft,
    read_draft,
    preview,
    try_draft,
    publish,
    list_versions,
    read_version,
    diff,
    retire,
    discard_draft,
    read_trail,
    *routing.HANDLERS,
    *withdrawals.HANDLERS,
)
"""Every handler, in the order in which an editor needs them."""


def _tagged(service: CityService, hash_: str, known: str | None = None) -> Response[CityService]:
    """A service with its ETag; without a body where the caller knows it."""
    headers = {"etag": etags.tag(hash_)}
    if etags.matches(known, hash_, weakly=True):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return Response(service, headers=headers)


async def _hash(who: Editor, code: str) -> str:
    """The hash of a draft; "" where there is none."""
    try:
        return (await catalogue.draft(who.open_, who.own, code)).hash
    except NotFound:
        return ""


async def _meant(who: Editor, code: str, if_match: str | None) -> str:
    """The hash of a draft, which must be the one that is meant."""
    found = await catalogue.draft(who.open_, who.own, code)
    etags.expect(found.hash, if_match)
    return found.hash


def _fits(who: Editor, code: str, service: CityService) -> None:
    """Make sure that a service is the one of the path, and the business of somebody there."""
    problems = []
    if service.service_code != code:
        problems.append(f"service_code: it is not {code!r}, as in the path.")
    if service.department not in who.city.departments:
        problems.append(f"department: there is no department {service.department!r}.")
    problems += languages.strange(service, who.city.languages)
    there = who.city.map.codes if who.city.map else {}
    strangers = layers.strange(service.offered_in, there)
    problems += (f"offered_in.{place[0]}: {text}." for place, text in strangers)
    if problems:
        raise Invalid(*problems)
