"""The rules that say who acts, over HTTP; and what was decided of a request, by them or staff."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, TypeAlias
from urllib.parse import unquote

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody
from msgspec.structs import replace

from open311.actions import decisions, routings
from open311.actions.decisions import Rerouting
from open311.domain.rules import RoutingFile
from open311.errors import Invalid, NotFound
from open311.http.administration import etags, files
from open311.http.administration.editors import IfMatch, IfNoneMatch, Who
from open311.spec import submission
from open311.store.decisions import Decided
from open311.store.routings import Rules, RulesVersion

__all__ = ["HANDLERS"]

READ: dict[str, Any] = {"scope": "routing:read"}
WRITE: dict[str, Any] = {"scope": "routing:write"}

_Reason: TypeAlias = Annotated[str | None, QueryParameter(description="for who looks it up later")]
_From: TypeAlias = Annotated[str | None, QueryParameter(description="a time to come; else now")]


@put("/routing", opt=WRITE | {"body": RoutingFile, "creates": True})
async def publish_rules(
    who: Who,
    body: RawBody,
    reason: _Reason = None,
    published_from: _From = None,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response[RoutingFile]:
    """Make rules those that count, the first ones or in the place of those that If-Match names.

    With `published_from` these are the ones that would count then.

    They are checked like routing.json of a city folder: every fault is told with its place, and a
    rule that can never match is one. Every worker follows them within a second.
    """
    begins = who.moment("published_from", published_from)
    at = begins or who.now
    if at < who.now:
        raise Invalid("published_from: it is in the past.")
    before = (await routings.current(who.open_, who.own, at)).hash
    etags.expect(before, if_match, if_none_match)
    file = await asyncio.to_thread(files.rules, body)
    async with who.desk.checking:  # one at a time: it may take seconds of a processor
        await routings.check(who.open_, who.own, file, at)
    made = await routings.publish(
        who.open_, who.own, file, who.deed(reason), published_from=begins, replaces=before
    )
    said = _tagged(made)
    said.status_code = 200 if before else 201
    return said


@get("/routing", opt=READ)
async def read_rules(who: Who, if_none_match: IfNoneMatch = None) -> Response[RoutingFile]:
    """The rules that count, as a city folder has them."""
    return _tagged(await routings.current(who.open_, who.own, who.now), if_none_match)


@get("/routing/versions", opt=READ)
async def list_rules(who: Who) -> list[RulesVersion]:
    """Every version of the rules, newest first."""
    return await routings.versions(who.open_, who.own)


@get("/routing/versions/{number:int}", opt=READ)
async def read_rules_version(
    who: Who, number: FromPath[int], if_none_match: IfNoneMatch = None
) -> Response[RoutingFile]:
    """What one version of the rules says; it never changes."""
    return _tagged(await routings.version(who.open_, who.own, number), if_none_match)


@delete("/routing", opt=WRITE)
async def remove_rules(who: Who, reason: _Reason = None, if_match: IfMatch = None) -> None:
    """Have no rules any more, nor later: the own department of each service acts.

    The versions stay.
    """
    before = (await routings.current(who.open_, who.own, who.now)).hash
    if not before:
        raise NotFound(_NONE)
    etags.expect(before, if_match)
    await routings.publish(who.open_, who.own, None, who.deed(reason), replaces=before)


# --- what was decided ---------------------------------------------------------------------------


@get("/requests/{service_request_id:str}/decisions", opt=READ)
async def list_decisions(who: Who, service_request_id: FromPath[str]) -> Response[list[Decided]]:
    """Who acts on a request and why: the decision of the rules, explained, and those of staff.

    The first one tells the areas that the place is in, every rule that was tried with the condition
    that failed, and which matched. Its `tried` is empty where that cannot be told any more. What a
    rule asks of a private answer is told to keys of scope requests:private, too.
    """
    found = await decisions.history(
        who.open_,
        who.city,
        _asked(service_request_id),
        private="requests:private" in who.client.scopes,
    )
    return Response(found, headers={"etag": etags.tag(str(len(found)))})


@post(
    "/requests/{service_request_id:str}/decisions",
    opt={"scope": "requests:route"},
    status_code=200,
)
async def reroute(
    who: Who,
    service_request_id: FromPath[str],
    data: JSONBody[Rerouting],
    if_match: IfMatch = None,
) -> Response[Decided]:
    """Give a request to another department; all that was decided before is kept.

    If-Match names the decisions that are known, by their ETag.
    """
    etags.conditional(if_match)
    unfit = [name for name, text in _texts(data) if text != submission.line(text)]
    if unfit:
        raise Invalid(*(f"{name}: it has characters that XML cannot carry." for name in unfit))
    reason = who.deed(data.reason).reason or ""
    made = await decisions.reroute(
        who.open_,
        who.city,
        _asked(service_request_id),
        replace(data, reason=reason),
        who.deed(),
        expect=lambda last: etags.expect(str(last), if_match),
    )
    return Response(made, headers={"etag": etags.tag(str(made.number))})


HANDLERS: tuple[HTTPRouteHandler, ...] = (
    publish_rules,
    read_rules,
    list_rules,
    read_rules_version,
    remove_rules,
    list_decisions,
    reroute,
)
"""Every handler, in the order in which they are told of."""

_NONE = "routing: the city has no rules."


def _texts(data: Rerouting) -> Iterator[tuple[str, str]]:
    yield from (("department", data.department), ("reason", data.reason.strip()))
    yield from (("queue", data.queue.strip()),) if data.queue else ()


def _asked(service_request_id: str) -> str:
    """An id in a path, whose slashes are still escaped.

    Raises:
        NotFound: nothing is ever called so.
    """
    asked = unquote(service_request_id)
    if asked != submission.clean(asked):
        raise NotFound(f"service_request_id: there is no request {asked!r}.")
    return asked


def _tagged(rules: Rules, known: str | None = None) -> Response[RoutingFile]:
    """Rules with their ETag; without a body where the caller knows them."""
    if rules.file is None:
        raise NotFound(_NONE)
    headers = {"etag": etags.tag(rules.hash)}
    if etags.matches(known, rules.hash, weakly=True):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return Response(rules.file, headers=headers)
