"""Errors as answers: one table, one document. Source: GR-E."""

from __future__ import annotations

import structlog

from open311 import errors
from open311.http.answers import Answer
from open311.spec import submission
from open311.spec.documents import Error, Errors

__all__ = ["STATUS", "answer", "broken"]

STATUS: dict[type[errors.Open311Error], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.WrongMethod: 405,
    errors.TooSlow: 408,
    errors.Conflict: 409,
    errors.Changed: 412,
    errors.TooLarge: 413,
    errors.Unconditional: 428,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
"""HTTP status of each error. The standard knows 400, 403 and 404; the others arise from HTTP."""

_LOG = structlog.get_logger()


def answer(error: errors.Open311Error) -> Answer:
    """The errors document of an error, every problem in it, with the headers it calls for."""
    status = STATUS[type(error)]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    match error:
        case errors.WrongMethod():
            headers = ((b"allow", ", ".join(error.allowed).encode()),)
        case errors.TooMany() | errors.Unavailable():
            headers = ((b"retry-after", str(error.retry_after).encode()),)
        case errors.TooLarge() | errors.TooSlow():
            headers = ((b"connection", b"close"),)
    # A problem may quote what a client sent, which no format need be able to carry.
    problems = tuple(Error(status, submission.clean(each)) for each in error.problems)
    return Answer(Errors(problems), status, headers)


def broken(error: Exception, route: str) -> Answer:
    """What is answered when the fault is in this program: the log knows more than the client."""
    _LOG.error("bug", route=route, exc_info=error)
    return Answer(Errors((Error(500, "This server has a fault; it has been logged."),)), 500)
