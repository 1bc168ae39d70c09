"""Inputs that are known to break servers: each must be refused, or be without harm."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from open311.spec.submission import LENGTHS

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Trap(msgspec.Struct, frozen=True):
    """A call; `refused`: it must be answered 4xx, else 2xx is right as well."""

    name: str
    url: str = "requests"
    body: bytes | None = None  # None: GET
    content_type: str = FORM
    refused: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    blames: str = ""  # the argument that the errors must name


DIGITS = "9" * 4300
PLACE = "lat=44.6&long=-66.2"
REPORT = f"service_code=general-question&{PLACE}"

NUMBERS = [
    *("nan", "NaN", "-nan", "inf", "-inf", "Infinity", "-Infinity", "1e999", "-1e999", "1e309"),
    *(
        "0x10",
        "1_0",
        "44,6",
        "44.6.1",
        "--1",
        "%2B-1",
        "1e",
        "e5",
        ".",
        "-",
        "1e+",
        "44.6N",
        "44 6",
    ),
    *("%E2%88%9E", "%D9%A1%D9%A2", "%C2%BD", "true", "null", "[]", "'", "44.6%3B", "180.0000001"),
    *(DIGITS, f"1e{DIGITS}", f"0.{DIGITS}e{DIGITS}", "", "%20", "%00"),
]
DATES = [
    *("0000-01-01", "0000-00-00", "10000-01-01", "99999-12-31T00:00:00Z", "2026-02-30"),
    *("2026-13-01", "2026-00-10", "2026-01-32", "2026-01-01T24:00:00Z", "2026-01-01T25:00:00Z"),
    *("2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00%2B24:00"),
    *("2026-01-01T00:00:00%2B99:99", "0001-01-01T00:00:00%2B14:00", "-2026-01-01", "20260101"),
    *("9999-12-31T23:59:59-14:00", "2026-W01-1", "1700000000", "now", "nan", "2026-1-1", DIGITS),
    *("%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "2026-01-01T00:00:00[UTC]", "2026-01-01%0A2026-01-02x"),
]
WHOLE = ["-1", "1.5", "1e3", "abc", "0x1", "%D9%A1", "nan", "%2B1", "1%201", "-0.0", f"-{DIGITS}"]
INJECTIONS = [
    *("'; drop table requests; --", "' or '1'='1", "$1", "%s%s%n", "{0.__class__}", "${jndi:ldap}"),
    *(
        "{{7*7}}",
        "<script>alert(1)</script>",
        "../../../../etc/passwd",
        "\\x00",
        "a\r\nSet-Cookie: a",
    ),
    *("\u202e", "\ufeff", "😀" * 50, "a" * 5000, "NULL", "undefined", "0", "-1", "\u0661"),
]
RESTS = [
    *("%00", "a%00b", "%FF", "%ED%A0%80", "..%2F..%2Fetc%2Fpasswd", DIGITS, "a" * 7_500, "-1"),
    *("%2E%2E", "%0D%0ASet-Cookie:a", "%25%30%30", "a'b", "1,2", "%E2%80%AE", "x.json.xml.exe"),
]
BROKEN_TEXTS = ["%00", "a%00b", "%ED%A0%80", "%FF%FE", "%C0%80", "%F4%90%80%80", "%EF%BF%BE"]
BAD_ESCAPES = ["%", "%0", "%zz", "%u0041", "%%", "100%", "%G1", "a%2"]


def traps() -> Iterator[Trap]:
    """Every trap of a query, a path or a field; those of a body stand in `trap_bodies`."""
    for family in (coordinates, dates, paging, paths, texts, escapes, injections):
        yield from family()


def coordinates() -> Iterator[Trap]:
    for (name, other), value in itertools.product(
        (("lat", "long=-66.2"), ("long", "lat=44.6")), NUMBERS
    ):
        body = f"service_code=general-question&{other}&{name}={value}"
        yield Trap(f"{name}={value}", body=body.encode(), blames=name)
        yield Trap(
            f"{name}={value} as JSON", body=_json_point(name, value), content_type=JSON, blames=name
        )


def _json_point(name: str, value: str) -> bytes:
    point = {"lat": "44.6", "long": "-66.2", name: f'"{value}"'}
    fields = {"service_code": '"general-question"', **point}
    return ("{" + ",".join(f'"{key}":{each}' for key, each in fields.items()) + "}").encode()


def dates() -> Iterator[Trap]:
    for name, value in itertools.product(("start_date", "end_date"), DATES):
        yield Trap(f"{name}={value}", f"requests?{name}={value}", blames=name)


def paging() -> Iterator[Trap]:
    for name, value in itertools.product(("page", "page_size", "limit", "offset"), WHOLE):
        yield Trap(f"{name}={value}", f"requests?{name}={value}", blames=name)
    for name in ("page", "page_size", "limit", "offset"):
        yield Trap(f"{name} of 4,300 digits", f"requests?{name}={DIGITS}", refused=False)
    for value in ("fixed", "0", "open'--", "%00", "open,fixed", "%FF", "OPENED"):
        yield Trap(f"status={value}", f"requests?status={value}", blames="status")
    many = ",".join(map(str, range(5_000)))
    yield Trap("5,000 ids", f"requests?service_request_id={many}")
    yield Trap("5,000 codes", f"requests?service_code={many}")
    yield Trap("nothing but commas", f"requests?service_request_id={',' * 5_000}", refused=False)


def paths() -> Iterator[Trap]:
    for resource, rest in itertools.product(("services", "requests", "tokens"), RESTS):
        yield Trap(f"{resource}/{rest}", f"{resource}/{rest}")


def texts() -> Iterator[Trap]:
    for name, value in itertools.product(LENGTHS, BROKEN_TEXTS):
        yield Trap(f"{name}={value}", body=f"{REPORT}&{name}={value}".encode(), refused=False)
    for name, most in LENGTHS.items():
        yield Trap(f"{name} too long", body=f"{REPORT}&{name}={'x' * (most + 1)}".encode())
    for value in ("javascript:alert(1)", "file:///etc/passwd", "//x/y", "http://", "http://a b/"):
        yield Trap(f"media_url={value}", body=f"{REPORT}&media_url={quote(value)}".encode())


def escapes() -> Iterator[Trap]:
    for value in BAD_ESCAPES:
        yield Trap(f"{value} in the body", body=f"{REPORT}&description={value}".encode())
        yield Trap(f"{value} in a name", body=f"{REPORT}&{value}=1".encode())
        yield Trap(f"{value} in the query", f"requests?status={value}")
        yield Trap(f"{value} in the query of a POST", f"requests?a={value}", REPORT.encode())


def injections() -> Iterator[Trap]:
    for value in INJECTIONS:
        sent = quote(value, safe="")
        yield Trap(f"{value} as a code", f"services/{sent}")
        yield Trap(f"{value} as a city", f"services?jurisdiction_id={sent}")
        yield Trap(f"{value} as a service", body=f"service_code={sent}&{PLACE}".encode())
        yield Trap(f"{value} as ids", f"requests?service_request_id={sent}", refused=False)
        yield Trap(f"{value} as a filter", f"requests?service_code={sent}", refused=False)
