"""What can go wrong; knows neither HTTP nor SQL.

Open311Error
├── Invalid         the arguments cannot be accepted; every fault is listed
├── Forbidden       the api key is missing or wrong
├── NotFound        the thing asked for does not exist
├── Conflict        what is there does not allow it
│   └── Changed     what is there is not what the caller took it for
├── Unconditional   the caller did not say what it takes to be there
├── WrongMethod     the resource does not answer this method
├── TooLarge        the body is larger than the server takes
├── TooSlow         the body did not arrive in time
├── TooMany         the client has used up its rate; says when to come back
└── Unavailable     the fault is ours and passes; says when to come back
"""

from __future__ import annotations

__all__ = [
    "Changed",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Open311Error",
    "TooLarge",
    "TooMany",
    "TooSlow",
    "Unavailable",
    "Unconditional",
    "WrongMethod",
]


class Open311Error(Exception):
    """Something went wrong."""

    def __init__(self, *problems: str) -> None:
        """Keep every problem, each a sentence for people; without one, the class's docstring.

        Args:
            problems: each names the argument at fault. Source: GR-E-04, GR-E-05.
        """
        super().__init__(*problems)
        self.problems = problems or (self.__doc__ or "",)


class Invalid(Open311Error):
    """The request cannot be accepted."""


class Forbidden(Open311Error):
    """The api_key is missing or wrong."""


class NotFound(Open311Error):
    """No such resource."""


class Conflict(Open311Error):
    """What is there does not allow it."""


class Changed(Conflict):
    """Something else is there by now."""


class Unconditional(Open311Error):
    """If-Match is required: the ETag of what is to be replaced."""


class WrongMethod(Open311Error):
    """This resource does not answer that method."""

    def __init__(self, *allowed: str) -> None:
        """Keep the methods that the resource does answer, for the Allow header."""
        super().__init__(f"The method is not allowed here; allowed: {', '.join(allowed)}.")
        self.allowed = allowed


class TooLarge(Open311Error):
    """The body is too large."""


class TooSlow(Open311Error):
    """The body did not arrive in time."""


class _Later(Open311Error):
    def __init__(self, *problems: str, retry_after: int = 1) -> None:
        super().__init__(*problems)
        self.retry_after = retry_after  # seconds, >= 1


class TooMany(_Later):
    """Too many calls with this api_key."""


class Unavailable(_Later):
    """The service is not available right now; please try again."""
