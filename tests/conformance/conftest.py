"""Which server is tested, at which level; see docs/conformance.md.

Environment variables are the first way, since pytest knows the options only when this folder is
named on its command line: `OPEN311_CONFORMANCE_BASE_URL` is `--base-url`, and so on.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.conformance import promises, reports, summary
from tests.conformance.endpoint import Endpoint
from tests.conformance.wire import Pairs

HERE = Path(__file__).parent
PREFIX = "OPEN311_CONFORMANCE_"
OPTIONS = {
    "base-url": "the endpoint, such as http://127.0.0.1:8311/open311/v2",
    "discovery-url": "the discovery document, with or without its extension",
    "api-key": "a key that may POST",
    "jurisdiction-id": "of the endpoint; required where it serves several",
    "realtime-code": "a realtime service without required attributes",
    "attribute-code": "a service that has attributes",
    "batch-code": "a batch service",
    "blackbox-code": "a blackbox service",
    "lat": "degrees, WGS84, inside the city",
    "long": "degrees, WGS84, inside the city",
    "address": "in the city's address register, near the point",
    "multi": "an endpoint that serves several jurisdictions",
    "multi-jurisdiction": "two or more of its jurisdictions, with commas",
    "multi-api-key": "a key that may POST to the first of them, where it is another",
    "formats": "what the endpoint offers (xml,json)",
    "with": "arguments that every GET carries beside the key, such as extensions=true",
    "no-write": "1 leaves out everything that sends a POST",
    "level": "binding leaves out our choices where the standard is silent (all)",
}
FIELDS = {"multi": "multi_url", "multi-jurisdiction": "multi_jurisdictions", "with": "arguments"}
SWITCHES = ("no-write",)

EXTENSIONS: Pairs = (("extensions", "true"), ("locale", "fr"))
"""What switches on every extension of the project's own server: one pair for each argument."""

RUNS: dict[str, Pairs] = {"plain": (), "extended": EXTENSIONS}
"""The project's own server is judged twice: as it answers by itself, and with all it can do."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("conformance", "GeoReport v2 conformance")
    for name, text in OPTIONS.items():
        how = {"action": "store_const", "const": "1"} if name in SWITCHES else {}
        group.addoption(f"--{name}", dest=_dest(name), default=None, help=text, **how)
    if not pluginmanager.has_plugin("timeout"):  # elsewhere; the project's own settings name it
        parser.addini("timeout", "seconds a test may take, where pytest-timeout is installed")


def pytest_configure(config: pytest.Config) -> None:
    summary.enlist(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    where = _option(config, "base-url") or "the project's own server"
    level = _option(config, "level") or "all"
    said = f", with {arguments}" if (arguments := _option(config, "with")) else ""
    return [
        f"conformance: {where}, level {level}{said}",
        f"conformance: schemas: {promises.state()}",
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            summary.mark(item, _run(item), _clauses(item))
    if (_option(config, "level") or "all") != "binding":
        return
    clauses = tomllib.loads((HERE / "clauses.toml").read_text("utf-8"))["clauses"]
    binding = {number for number, clause in clauses.items() if clause["level"] == "binding"}
    left_out = [i for i in items if i.path.parent == HERE and not binding & _clauses(i)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    named = any(_option(metafunc.config, name) for name in ("base-url", "with"))
    if "endpoint" in metafunc.fixturenames and not named:
        runs = [run for run in RUNS if RUNS[run] or "plainly" not in metafunc.fixturenames]
        metafunc.parametrize("endpoint", runs, indirect=True, scope="session")


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """The server under test: named by options, or the project's own."""
    if _option(request.config, "base-url"):
        return _completed(_named(request.config))
    run = getattr(request, "param", None)
    arguments = RUNS[run] if run else _arguments(_option(request.config, "with") or "")
    return own(request.getfixturevalue("running_server"), arguments)


def own(server: Any, arguments: Pairs) -> Endpoint:
    """The project's own server; beside arguments go keys that hold every scope."""
    ours = {each.name: getattr(server, each.name, each.default) for each in fields(Endpoint)}
    if arguments:
        ours |= {"api_key": server.whole_key, "multi_api_key": server.whole_multi_key}
    return Endpoint(**ours | {"base_url": server.base_url.rstrip("/"), "arguments": arguments})


@pytest.fixture(params=("xml", "json"))
def fmt(request: pytest.FixtureRequest, endpoint: Endpoint) -> str:
    """Each format in turn."""
    if request.param not in endpoint.formats:
        pytest.skip(f"the endpoint does not offer {request.param} (--formats)")
    return request.param


@pytest.fixture
def as_json(endpoint: Endpoint) -> str:
    """`json`, for what XML has not: types, and an image to compare."""
    return "json" if "json" in endpoint.formats else pytest.skip("offers no json (--formats)")


@pytest.fixture(scope="session")
def posted(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Three requests posted just now, two services among them where the city has two."""
    others = (
        each["service_code"]
        for each in reports.services(endpoint)
        if each["type"] == "realtime" and each["service_code"] != endpoint.realtime_code
    )
    first = endpoint.need("realtime_code")
    codes = (first, first, next(others, first))
    return [reports.stored(endpoint, {"service_code": code}) for code in codes]


@pytest.fixture(scope="session")
def known(endpoint: Endpoint, request: pytest.FixtureRequest) -> dict[str, Any]:
    """One request that the server has; posted just now, or found where POST is switched off."""
    if not endpoint.no_write and endpoint.api_key:
        return request.getfixturevalue("posted")[0]
    found = endpoint.get("requests", endpoint.formats[0]).plain
    return found[0] if found else pytest.skip("POST is switched off and nothing is there to read")


@pytest.fixture(scope="session")
def cities(endpoint: Endpoint) -> tuple[Endpoint, Endpoint]:
    """Two cities of one endpoint."""
    if len(endpoint.multi_jurisdictions) < 2:
        pytest.skip("needs --multi and --multi-jurisdiction with two of its jurisdictions")
    first, second, *_ = map(endpoint.of, endpoint.multi_jurisdictions)
    return first, second


@pytest.fixture
def single(endpoint: Endpoint) -> Endpoint:
    """The endpoint, where it serves one jurisdiction only."""
    if endpoint.multi_url and endpoint.multi_url.rstrip("/") == endpoint.base_url:
        pytest.skip("the endpoint serves several jurisdictions")
    return endpoint


def _dest(name: str) -> str:
    return "conformance_" + name.replace("-", "_")


def _option(config: pytest.Config, name: str) -> str | None:
    variable = PREFIX + name.replace("-", "_").upper()
    return config.getoption(_dest(name), None) or os.environ.get(variable) or None


def _named(config: pytest.Config) -> Endpoint:
    said = {name: value for name in OPTIONS if (value := _option(config, name))}
    promised = said.pop("level", "all") != "binding"
    values: dict[str, Any] = {FIELDS.get(n, n.replace("-", "_")): v for n, v in said.items()}
    values["base_url"] = values["base_url"].rstrip("/")
    for name in ("formats", "multi_jurisdictions"):
        if name in values:
            values[name] = tuple(values[name].split(","))
    for name in ("lat", "long"):
        if name in values:
            values[name] = float(values[name])
    values["arguments"] = _arguments(values.get("arguments", ""))
    return Endpoint(**values | {"no_write": "no_write" in values, "promised": promised})


def _arguments(query: str) -> Pairs:
    return tuple(parse_qsl(query, keep_blank_values=True))


def _completed(endpoint: Endpoint) -> Endpoint:
    """With the service codes that no option named, from the service list."""
    wanted = {
        "realtime_code": ("realtime", False),
        "attribute_code": ("realtime", True),
        "batch_code": ("batch", False),
        "blackbox_code": ("blackbox", False),
    }
    found: dict[str, str] = {}
    for name, kind in wanted.items():
        if getattr(endpoint, name) is None:
            codes = [
                each["service_code"]
                for each in reports.services(endpoint)
                if (each["type"], each["metadata"]) == kind
            ]
            plain = (code for code in codes if not reports.has_rules(endpoint, code))
            if codes:
                found[name] = next(plain, codes[0])
    return replace(endpoint, **found)


def _run(item: pytest.Item) -> str:
    spec = getattr(item, "callspec", None)
    said = _option(item.config, "with") or "plain"
    return str(spec.params.get("endpoint", said)) if spec else said


def _clauses(item: pytest.Item) -> set[str]:
    return {number for mark in item.iter_markers("clause") for number in mark.args}
