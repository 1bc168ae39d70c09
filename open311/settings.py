"""The environment as one frozen value; nothing is opened here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from open311.errors import Invalid

__all__ = ["PREFIX", "Settings", "bracketed", "from_environment", "unknown"]

PREFIX = "OPEN311_"

Url = Annotated[str, Meta(pattern=r"^(?=[!-~]+$)https?://[^/\s?#]+(/[^\s?#]*)?$(?!\n)")]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting: OPEN311_ and the name in capitals. The README has a line for each."""

    database_url: str | None = None
    """PostgreSQL to use; without it the embedded one runs below `data_dir`."""

    replica_url: str | None = None
    """Copies of that PostgreSQL to read from, as long as they are fresh; one host or several."""

    data_dir: Path = Path("var")
    """Where the embedded PostgreSQL, the pictures and the trial key live."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: Port = 8311
    """Port to listen on."""

    admin_port: Port = 8312
    """Port of /metrics, /healthz and /readyz, on `admin_host`; not for the public."""

    admin_host: str = "127.0.0.1"
    """Address of the admin port."""

    workers: Annotated[int, Meta(ge=1, le=64)] = 2
    """Processes that answer."""

    public_url: Url | None = None
    """What the world calls this server, as https://311.example.org; default: host and port."""

    test_url: Url | None = None
    """Endpoint that discovery lists for tests; default: this one."""

    media_url: str | None = None
    """Object store for pictures, as s3://bucket/prefix; default: a folder below `data_dir`."""

    media_max_files: Annotated[int, Meta(ge=0, le=20)] = 5
    """Pictures taken with one request."""

    media_max_bytes: Annotated[int, Meta(ge=1)] = 10_000_000
    """Size of one picture, bytes."""

    body_max_bytes: Annotated[int, Meta(ge=10_000)] = 1_000_000
    """Size of a body without pictures, bytes."""

    bodies_max_bytes: Annotated[int, Meta(ge=1_000_000)] = 256_000_000
    """Bodies in memory at a time, bytes, per worker; half of it is for those whose key is known."""

    database_connections: Annotated[int, Meta(ge=2, le=500)] = 32
    """Connections to PostgreSQL, per worker; half of them read, half of them write."""

    read_seconds: Annotated[float, Meta(gt=0)] = 5.0
    """A read that takes longer is answered 503."""

    exports: Annotated[int, Meta(ge=1, le=100)] = 4
    """Exports at a time, per worker, each with a connection of its own; more are answered 503."""

    export_seconds: Annotated[float, Meta(gt=0)] = 900.0
    """An export that takes longer is broken off."""

    archive_hour: Annotated[int, Meta(ge=0, le=23)] | None = None
    """Hour of each city's day from which its archive is brought up to date; default: never."""

    write_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """A write that takes longer is answered 503."""

    body_seconds: Annotated[float, Meta(gt=0)] = 5.0
    """How long a body may stand still, or lag behind 16 kB a second."""

    stream_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """How long a client may take nothing of a stream; then it is cut off."""

    stop_seconds: Annotated[int, Meta(ge=1)] = 15
    """How long requests in flight may take when the server stops."""

    geocoder: Literal["nominatim", "photon"] | None = None
    """Protocol of an outside geocoder, asked where a city's register does not know an address."""

    geocoder_url: Url | None = None
    """Where it answers, as https://nominatim.example.org; at a public address."""

    geocoder_seconds: Annotated[float, Meta(gt=0)] = 2.0
    """An answer that takes longer is none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged: this, and what is worse."""

    unsafe_durability: bool = False
    """Start although PostgreSQL may lose acknowledged requests; for tests only."""

    @property
    def base_url(self) -> str:
        """The public URL without a slash at its end."""
        return (self.public_url or f"http://{bracketed(self.host)}:{self.port}").rstrip("/")


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none, as a misspelt one."""
    known = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def bracketed(host: str) -> str:
    """A host as a URL has it: `[::1]`."""
    return f"[{host}]" if ":" in host else host


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; an empty variable is an absent one.

    Raises:
        Invalid: a value is of the wrong kind; every such variable is named.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(Settings):
        name = PREFIX + field.name.upper()
        text = environ.get(name, "").strip()
        if text:
            try:
                values[field.name] = _value(text, field.type)
            except (msgspec.ValidationError, ValueError):
                problems.append(f"{name}: {text!r} is not {_wanted(field.type)}.")
    if problems:
        raise Invalid(*problems)
    return Settings(**values)  # type: ignore[arg-type]


def _wanted(kind: object) -> str:
    """What a setting must be, for people."""
    match msgspec.inspect.type_info(kind):
        case msgspec.inspect.LiteralType(values=words):
            return f"one of {', '.join(map(str, words))}"
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"a whole number from {least}" + (f" to {most}" if most is not None else "")
        case msgspec.inspect.FloatType():
            return "a number of seconds above 0"
        case _:
            return "a URL such as https://311.example.org"


def _value(text: str, kind: object) -> object:
    if kind is Path:
        return Path(text)
    return msgspec.convert(text, kind, strict=False)
