"""The supervising process: PostgreSQL, migrations, demo city, jobs, admin port, workers.

supervisor ── PostgreSQL (its own child, where no OPEN311_DATABASE_URL is set)
    ├── thread: admin port        ├── thread: jobs
    └── granian ── worker, worker, …
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog
from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from open311 import log, preparing
from open311.actions.duties import Archive
from open311.app import archives, metrics_folder, pictures
from open311.errors import Invalid, Open311Error, Unavailable
from open311.http import admin
from open311.http.desk import ENDPOINT
from open311.jobs import worker as jobs
from open311.settings import PREFIX, Settings, bracketed

__all__ = ["serve"]

HEADER_MILLISECONDS = 5_000  # a client that has not sent its headers by then is let go (trust 15)
CONNECTIONS = 4_096  # open at a time, per worker; slow ones count too (trust 14)

_ARCHIVE_SECONDS = 300.0  # between looks whether it is the hour

_LOG = structlog.get_logger()


def serve(chosen: Settings, *, demo: bool) -> None:
    """Serve until told to stop; then let what is in flight finish, and end everything.

    Raises:
        Invalid: a port is taken, a folder cannot be written, or the database is not safe.
        Unavailable: the embedded database cannot run.
    """
    with (
        _free("host", chosen.host, "port", chosen.port) as public,
        _free("admin_host", chosen.admin_host, "admin_port", chosen.admin_port) as private,
    ):
        ip, host = public.getsockname()[0], private.getsockname()[0]
        metrics = _empty(metrics_folder(chosen), chosen.data_dir)
        pictures(chosen)  # says here what is wrong with it, not in each worker
    with preparing.database(chosen, alone=True) as dsn:
        os.environ[f"{PREFIX}DATABASE_URL"] = dsn
        try:
            trial = _settle(dsn, chosen, demo=demo)
            _thread("banner", lambda: _announce(chosen, trial))
        except Unavailable as error:
            if not chosen.database_url:
                raise
            _LOG.warning("database_unavailable", problem=error.problems[0])
            _thread("prepare", lambda: _keep_settling(dsn, chosen, demo=demo))
        admin.listen(host, chosen.admin_port, metrics, _own_url(chosen))
        _thread("jobs", lambda: jobs.run(dsn, _further(dsn, chosen)))
        multiprocessing.set_start_method("spawn", force=True)  # there are threads by now
        _workers(chosen, ip).serve()


def _workers(chosen: Settings, ip: str) -> MPServer:
    return MPServer(
        "open311.app:worker",
        factory=True,
        interface=Interfaces.ASGI,
        address=ip,
        port=chosen.port,
        workers=chosen.workers,
        runtime_mode=RuntimeModes.st,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=chosen.stop_seconds,
        log_level=LogLevels.warning,
        log_dictconfig=log.GRANIAN,
    )


def _free(host_setting: str, host: str, port_setting: str, port: int) -> socket.socket:
    """Make sure that an address can be listened on, before anything is started."""
    try:
        family, *_, at = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Invalid(f"{PREFIX}{host_setting.upper()}: there is no host {host!r}.") from error
    try:
        return socket.create_server(at[:2], family=family)
    except OSError as error:
        variable = PREFIX + port_setting.upper()
        reason = os.strerror(error.errno or 0)  # Python's own words repeat the address
        raise Invalid(f"{variable}: cannot listen on {host}:{port}: {reason}.") from error


def _empty(folder: Path, data_dir: Path) -> Path:
    """A new folder in place of the old one, which nobody else uses."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise Invalid(f"{PREFIX}DATA_DIR: cannot use {data_dir}: {error.strerror}.") from error
    return folder


def _thread(name: str, target: Callable[[], None]) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()


def _settle(dsn: str, chosen: Settings, *, demo: bool) -> tuple[str, str] | None:
    """Prepare the database; the demo city and its trial key, if there is one."""
    preparing.prepare(dsn, allow_unsafe=chosen.unsafe_durability)
    return preparing.demo_key(dsn, chosen, datetime.now(UTC)) if demo else None


def _keep_settling(dsn: str, chosen: Settings, *, demo: bool) -> None:
    """A database of somebody else's is down: try on, while the workers answer 503."""
    trouble = log.Seldom("database_unprepared")
    while True:
        time.sleep(1)
        try:
            trial = _settle(dsn, chosen, demo=demo)
        except Open311Error as error:
            trouble.tell(problem=error.problems[0])
        except Exception as error:  # noqa: BLE001 - the next try may find it mended
            _LOG.error("database_unprepared", exc_info=error)
        else:
            time.sleep(1)  # the workers run already, and each hears of the key within a second
            _announce(chosen, trial)
            return


def _further(dsn: str, chosen: Settings) -> dict[str, tuple[float, jobs.Duty]]:
    """The duties that are there only when they are asked for."""
    if chosen.archive_hour is None:
        return {}
    archive = Archive(archives(dsn, chosen), chosen.archive_hour, lambda: datetime.now(UTC))
    return {"write_archive": (_ARCHIVE_SECONDS, archive.write)}


def _own_url(chosen: Settings) -> str:
    """Where this process itself reaches its workers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)  # noqa: S104
    return f"http://{bracketed(host)}:{chosen.port}"


def _announce(chosen: Settings, trial: tuple[str, str] | None) -> None:
    """Say where everything is, once the workers answer."""
    while (state := admin.state(_own_url(chosen))) is None:
        time.sleep(0.05)
    endpoint, admin_host = chosen.base_url + ENDPOINT, bracketed(chosen.admin_host)
    lines = [
        f"Endpoint   {endpoint}",
        f"Discovery  {chosen.base_url}/discovery.json",
        f"Metrics    http://{admin_host}:{chosen.admin_port}/metrics (/readyz, /healthz)",
    ]
    if state:
        lines.append(f"Not ready  {state} (open311 load DIR)")
    if trial:
        city, key = trial
        lines += [
            f"Trial key  {key}",
            "File a report:",
            f"  curl {endpoint}/requests.json -d api_key={key} -d jurisdiction_id={city}"
            " -d service_code=pothole -d lat=44.6 -d long=-66.2 -d description=Hello",
        ]
    sys.stdout.write("\n".join(["", *lines, "", "Ctrl-C stops everything.", ""]))
    sys.stdout.flush()
