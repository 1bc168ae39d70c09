"""Connections to PostgreSQL: bare, last in first out, and never waited for without end.

asyncpg's own pool sends a reset query with every release, which costs more than a one-row read.
Ours does not, which is safe because nothing here leaves anything in a session: the role is fixed
when a connection is made, and the jurisdiction is set inside a transaction only. A connection
whose statement was cut short is ended, never used again, so that a silent PostgreSQL cannot leave
a dead one behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, NoReturn, TypeAlias
from weakref import WeakSet

import asyncpg

from open311.errors import Open311Error, Unavailable
from open311.store.dialing import CONNECT_SECONDS, FAULTS, Connection, connect

__all__ = [
    "CONNECT_SECONDS",
    "READER",
    "WRITER",
    "Connection",
    "Connections",
    "Opening",
    "Reading",
    "Row",
    "begin",
    "connect",
    "listen",
    "owning",
    "translated",
    "unsafe_settings",
]

READER = "open311_reader"
"""Sees public columns only, of every jurisdiction."""

WRITER = "open311_writer"
"""Files requests, in the jurisdiction of its transaction only."""

Row: TypeAlias = asyncpg.Record

Opening: TypeAlias = Callable[[str], AbstractAsyncContextManager[Connection]]
"""What opens a transaction of a jurisdiction, and commits it at the end."""

Reading: TypeAlias = "Connection | Connections"
"""What can be asked."""

_SQLSTATE_PASSING = ("08", "25006", "53", "57", "55P03", "40")
"""Classes of SQLSTATE that pass without anybody changing a statement: connection lost, read-only
standby, out of resources, operator intervention, lock not available, rollback."""


_LOST = ("08", "25006", "57P01", "57P02", "57P03")
"""Classes of SQLSTATE of a host that is gone, or no primary any more."""

_ON_ONE_HOST = "wait for synchronous replication"  # is cancelled, or ends with the connection


@contextmanager
def translated() -> Iterator[None]:
    """Translate the errors of a database: what passes by itself becomes Unavailable.

    Raises:
        Unavailable: it does not answer, or cannot do so now.
    """
    try:
        yield
    except (asyncpg.PostgresError, *FAULTS) as error:
        _give_up(error)


def _give_up(error: Exception) -> NoReturn:
    """Translate a database error: what passes becomes Unavailable, what does not is a bug."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if not state.startswith(_SQLSTATE_PASSING):
            raise error
    raise Unavailable(retry_after=1) from error


class Connections:
    """Up to `size` connections as one role; every use ends within `seconds`."""

    def __init__(
        self, dsn: str, role: str, *, size: int, seconds: float, session: str = "read-write"
    ) -> None:
        """Open nothing yet: the database may still be down."""
        self._dsn, self._role, self._seconds, self._session = dsn, role, seconds, session
        self._seats = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._doubtful: WeakSet[Connection] = WeakSet()  # whose last commit may be on one host only

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """The rows of one statement, by a prepared statement, without a transaction around it.

        Raises:
            Unavailable: the database does not answer in time.
        """
        try:
            async with asyncio.timeout(self._seconds), self._seats:
                connection = await self._take()
                try:
                    rows: list[Row] = await connection.fetch(sql, *values)
                    self._trust(connection)
                except BaseException:
                    connection.terminate()
                    raise
                self._idle.append(connection)
                return rows
        except (asyncpg.PostgresError, *FAULTS) as error:
            self._give_up(error)

    @property
    def surely(self) -> Connections:
        """The same for whoever asks for one thing, which is there if the primary has it."""
        return self

    def written(self) -> None:
        """Hear that this worker has changed something, which its next read must find."""

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound several statements together by the seconds that each of them may take.

        Raises:
            Unavailable: in the block, when they are over.
        """
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError as error:
            _give_up(error)

    @asynccontextmanager
    async def transaction(
        self, jurisdiction_id: str, *, still: bool = False
    ) -> AsyncIterator[Connection]:
        """A transaction that sees one jurisdiction; committed at the end, or nothing happened.

        A commit that was not answered in time may still have happened: it is Unavailable to the
        caller, never a success.

        Raises:
            Unavailable: the database does not answer in time.
        """
        try:
            async with asyncio.timeout(self._seconds), self._seats:
                connection = await self._take()
                try:
                    await connection.execute(begin(jurisdiction_id, still=still))
                    yield connection
                    await connection.execute("commit")
                    self._trust(connection)
                except Open311Error:
                    await self._undo(connection)
                    raise
                except BaseException:
                    connection.terminate()
                    raise
                self._idle.append(connection)
        except (asyncpg.PostgresError, *FAULTS) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> NoReturn:
        """Translate an error; of a host that is gone, or no primary any more, keep nothing."""
        state = error.sqlstate or "" if isinstance(error, asyncpg.PostgresError) else "08"
        if state.startswith(_LOST):
            while self._idle:
                self._idle.pop().terminate()
        _give_up(error)

    async def _undo(self, connection: Connection) -> None:
        try:
            await connection.execute("rollback")
        except BaseException:
            connection.terminate()
            raise
        self._idle.append(connection)

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        made = await connect(self._dsn, self._role, self._seconds, self._session)
        made.add_log_listener(self._noticed)
        return made

    def _noticed(self, connection: Connection, notice: Any) -> None:
        if _ON_ONE_HOST in notice.message:
            self._doubtful.add(connection)

    def _trust(self, connection: Connection) -> None:
        """Believe a commit, unless an administrator has ended its wait for the standby.

        PostgreSQL says then that it succeeded, and by a warning that only one host may have it.
        """
        if self._doubtful and connection in self._doubtful:
            self._doubtful.discard(connection)
            raise asyncpg.ConnectionFailureError("committed on one host only")

    async def close(self) -> None:
        """End every idle connection; one whose other end is gone is ended all the same."""
        while self._idle:
            with suppress(asyncpg.PostgresError, *FAULTS):
                await self._idle.pop().close(timeout=1)


def begin(jurisdiction_id: str, *, still: bool = False) -> str:
    """The text that opens a transaction and sets its jurisdiction, in one round trip.

    Args:
        jurisdiction_id: the city.
        still: everything that is read is of one moment, whatever is committed meanwhile.
    """
    quoted = jurisdiction_id.replace("'", "''")
    isolation = " isolation level repeatable read" if still else ""
    return f"begin{isolation}; set local open311.jurisdiction = '{quoted}'"


@asynccontextmanager
async def owning(connection: Connection, jurisdiction_id: str) -> AsyncIterator[Connection]:
    """A transaction of the commands, on a connection of their own."""
    await connection.execute(begin(jurisdiction_id))
    try:
        yield connection
    except BaseException:
        await connection.execute("rollback")
        raise
    await connection.execute("commit")


async def listen(dsn: str, channel: str, heard: Callable[[], None]) -> None:
    """Call `heard` with every notification, until the connection is lost.

    The connection is asked every 15 s whether it lives, since one that a network has forgotten is
    silent; one that is closed is known at once.

    Raises:
        Unavailable: the connection cannot be made, or is lost.
    """
    connection, lost = await connect(dsn, WRITER), asyncio.Event()
    try:
        await connection.add_listener(channel, lambda *_: heard())
        connection.add_termination_listener(lambda _: lost.set())
        heard()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await lost.wait()
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.fetchval("select 1")
    except (asyncpg.PostgresError, *FAULTS) as error:
        _give_up(error)
    finally:
        connection.terminate()


async def unsafe_settings(connection: Connection | Connections) -> list[str]:
    """The settings under which an acknowledged request could be lost, as `name = value`."""
    rows: list[Any] = await connection.fetch(
        "select name, setting from pg_settings"
        " where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'"
        " order by name"
    )
    return [f"{row[0]} = {row[1]}" for row in rows]
