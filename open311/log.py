"""How the program logs: one JSON object a line on standard error, without personal data.

Queries, bodies, keys and reporters are never logged; paths are logged as routes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from time import monotonic

import msgspec
import structlog

__all__ = ["GRANIAN", "Line", "Seldom", "configure"]


_AGAIN_SECONDS = 60.0


class Seldom:
    """Tells of a state that lasts: when it begins, when it changes, and then once a minute."""

    def __init__(self, event: str) -> None:
        """Nothing is wrong yet."""
        self._event, self._told, self._at = event, "", 0.0
        self._log = structlog.get_logger()

    def tell(self, **what: object) -> None:
        """Log a warning, unless the same was told within the minute."""
        now, said = monotonic(), repr(sorted(what.items()))
        if said != self._told or now - self._at >= _AGAIN_SECONDS:
            self._told, self._at = said, now
            self._log.warning(self._event, **what)

    def over(self) -> None:
        """Nothing is wrong any more: the next time is told at once."""
        self._told = ""


class Line(logging.Formatter):
    """What the standard library logs, as the lines of this program."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; an exception as its type and where it came through."""
        told: structlog.typing.EventDict = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "exc_info": record.exc_info and record.exc_info[1],
        }
        return _serialize(_frames(None, "", told))


GRANIAN: dict[str, object] = {
    "formatters": {"line": {"()": "open311.log.Line"}},
    "handlers": {
        "line": {
            "formatter": "line",
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
        }
    },
    "loggers": {"_granian": {"handlers": ["line"], "level": "WARNING", "propagate": False}},
}
"""How the HTTP server logs: its own configuration goes to standard output."""


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
