"""Bodies that are known to break servers: too many, too deep, cut off, wrongly declared."""

from __future__ import annotations

from collections.abc import Iterator

from tests.http.traps import DIGITS, FORM, JSON, REPORT, Trap

PARTS = "multipart/form-data; boundary=b"

CHARSETS = [
    *("nonsense", "utf-7", "hex", "rot13", "idna", "punycode", "unicode_escape", "zlib", "base64"),
    *("undefined", "raw_unicode_escape", "mbcs", "utf-8-sig\x00", "a" * 300),
]
NO_OBJECTS = [
    *("[]", '"a"', "null", "1", "true", "NaN", "{", "{]", "{'a': 1}", '{"a": 1,}', '{"a"}', "\x00"),
    *('{"lat": {}}', '{"lat": [[1]]}', '{"attribute": {"a": {"b": 1}}}', '{"lat": NaN}'),
]
ODD_NAMES = [
    *("attribute[", "attribute[]", "attribute[a][b]", "attribute[a][-1]", "attribute]a["),
    f"attribute[a][{DIGITS}]",
]
LONG_HEADERS = ["accept", "accept-encoding", "authorization", "cookie", "x-nonsense", "user-agent"]
KINDS = ["", "text/plain", "nonsense", "a/b/c", "application/octet-stream", ";;;", "\xff"]


def traps() -> Iterator[Trap]:
    """Every trap of a body."""
    for family in (sizes, names, json_bodies, multipart_bodies, content_types, duplicates):
        yield from family()


def sizes() -> Iterator[Trap]:
    for name, body in {
        "200,000 fields": b"&".join([b"a=1"] * 200_000),
        "200,000 empty fields": b"&" * 200_000,
        "20,000 attributes": _attributes(20_000),
        "a body of 2 MB": b"a=" + b"x" * 2_000_000,
    }.items():
        yield Trap(name, body=body)
    report = REPORT.encode() + b"&"
    for name, body in {
        "4,000 attributes": report + _attributes(4_000),
        "a name of 900 kB": report + b"n" * 900_000,
        "100,000 brackets": report + b"attribute" + b"[" * 100_000 + b"=1",
    }.items():
        yield Trap(name, body=body, refused=False)
    yield Trap("a query of 6,000 fields", "requests?" + "&".join(["a=1"] * 6_000))
    for name in LONG_HEADERS:
        yield Trap(
            f"8 kB of {name}", "services", refused=False, headers=((name, "x;q=1," * 1_400),)
        )


def _attributes(count: int) -> bytes:
    return b"&".join(b"attribute[code%d]=value" % number for number in range(count))


def names() -> Iterator[Trap]:
    for name in ODD_NAMES:
        yield Trap(name, body=f"{REPORT}&{name}=1".encode(), refused=False)


def json_bodies() -> Iterator[Trap]:
    bodies = {text: text.encode() for text in NO_OBJECTS}
    for depth in (500, 5_000, 100_000):
        bodies |= {
            f"{depth} arrays deep": b"[" * depth + b"]" * depth,
            f"{depth} objects deep": b'{"a":' * depth + b"1" + b"}" * depth,
            f"{depth} arrays never closed": b"[" * depth,
        }
    bodies |= {
        "4,300 digits": b'{"lat": %s}' % DIGITS.encode(),
        "not UTF-8": b'{"service_code": "\xff\xfe"}',
        "a lone surrogate": b'{"service_code": "\\ud800"}',
        "30,000 members": b"{" + b",".join(b'"%d":1' % number for number in range(30_000)) + b"}",
    }
    for name, body in bodies.items():
        yield Trap(f"JSON: {name}", body=body, content_type=JSON)


def multipart_bodies() -> Iterator[Trap]:
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    many = b"".join(part % (b"a", b"1") for _ in range(1_500))
    for name, body in {
        "1,500 parts": many + b"--b--\r\n",
        "never closed": part % (b"lat", b"1"),
        "cut in a header": b"--b\r\nContent-Dispo",
        "a header of 20 kB": b"--b\r\nX: " + b"x" * 20_000 + b"\r\n\r\n1\r\n--b--",
        "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
        "no disposition": b"--b\r\n\r\n1\r\n--b--",
        "a file that is no picture": _multipart(b'; filename="a.jpg"', b"GIF8"),
        "a file named with NUL": _multipart(b'; filename="\x00../../a"', b"x"),
        "an unknown charset": _multipart(b"\r\nContent-Type: text/plain; charset=hex", b"61"),
    }.items():
        yield Trap(name, body=body, content_type=PARTS)
    for kind in ("multipart/form-data", "multipart/form-data; boundary=c"):
        yield Trap(f"parts as {kind}", body=many + b"--b--", content_type=kind)
    broken = _multipart(b"", b"\xff\xfe\x00")
    yield Trap("a part that is no UTF-8", content_type=PARTS, body=broken, refused=False)


def _multipart(more: bytes, content: bytes) -> bytes:
    fields = [field.partition("=") for field in REPORT.split("&")]
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, _, value in fields
    ).encode()
    last = b'--b\r\nContent-Disposition: form-data; name="media"' + more + b"\r\n\r\n" + content
    return parts + last + b"\r\n--b--\r\n"


def content_types() -> Iterator[Trap]:
    for charset in CHARSETS:
        yield Trap(
            f"charset={charset}", body=REPORT.encode(), content_type=f"{FORM}; charset={charset}"
        )
    for kind in ("", "text/plain", "nonsense", "a/b/c", "application/octet-stream", ";;;", "\xff"):
        yield Trap(f"Content-Type: {kind}", body=REPORT.encode(), content_type=kind, refused=False)
    yield Trap(
        "UTF-16 that is none", body=REPORT.encode() + b"&", content_type=f"{FORM}; charset=utf-16"
    )


def duplicates() -> Iterator[Trap]:
    for more in (
        "lat=1",
        "service_code=nonsense",
        "jurisdiction_id=",
        "description=a&description=b",
    ):
        yield Trap(f"twice: {more}", body=f"{REPORT}&{more}".encode(), refused=False)
    yield Trap(
        "two cities", body=f"jurisdiction_id=a.example&{REPORT}&jurisdiction_id=b.example".encode()
    )
    yield Trap("two keys", body=f"{REPORT}&api_key=another".encode())
    yield Trap("two statuses", "requests?status=open&status=closed&status=nonsense")
