"""How the program logs: one JSON object a line on standard error, without personal data.

Queries, bodies, keys and reporters are never logged; paths are logged as routes.
"""

from __future__ import annotations

import logging
import sys
import traceback

import msgspec
import structlog

__all__ = ["configure"]


def configure(level: str) -> None:
    """Log from `level` on: debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _frames,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _frames(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception as its type and where it came through; its message may quote a resident."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        event["frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def _serialize(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
