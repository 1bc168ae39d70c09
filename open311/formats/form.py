"""What clients send, as fields and files: the query, and a body of any of three kinds.

Bodies are application/x-www-form-urlencoded (also when the Content-Type is missing, or names what
the body is not), multipart/form-data, or a JSON object. XML is refused, never parsed.

Source: GR-P-01, GR-P-40 to GR-P-44, GR-F-32; interop 14, 15, 17, 20, 21.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

import msgspec

from open311.errors import Invalid, TooLarge
from open311.formats import charset, multipart
from open311.formats.multipart import File
from open311.spec import submission

__all__ = ["MOST_FIELDS", "Form", "api_keys", "pairs", "read"]

MOST_FIELDS = 5000
MOST_TEXT = 1_000_000

_KNOWN = {
    "api_key",
    "attribute",
    "jurisdiction_id",
    "lat",
    "long",
    "service_code",
    *submission.LENGTHS,
}
"""Members of a JSON body that may not be objects; others are ignored, whatever they are."""

_Pairs = tuple[tuple[str, str], ...]

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_FORM = re.compile(rb"\s*[\w%+.\[\]-]+=")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


class Form(msgspec.Struct, frozen=True):
    """Everything that a client sent, merged.

    `pairs` are the fields with a value: the body's, then those of the query that the body does
    not name. `api_keys` are all different ones of both; no pair holds one.
    """

    pairs: _Pairs = ()
    files: tuple[File, ...] = ()
    api_keys: tuple[str, ...] = ()


def read(body: bytes, content_type: str, query: bytes, most_text: int = MOST_TEXT) -> Form:
    """Read what a client sent.

    Args:
        body: whole; its size was limited before.
        content_type: the header, "" when missing.
        query: the part of the URL after `?`, as it came.
        most_text: bytes that the texts of a multipart body may have together; its files come on
            top of them.

    Raises:
        Invalid: malformed percent-encoding, multipart or JSON; bytes that are not of the declared
            charset; an unknown charset; XML.
        TooLarge: more fields, parts or text than anybody needs.

    Source: interop 14, 15, 17, 21.
    """
    sent, files = _body(body, content_type, most_text) if body.strip() else ((), ())
    asked = _urlencoded(query, "")
    named = {_field(name) for name, _ in sent}
    return Form(
        pairs=_keyless(sent) + _keyless(pair for pair in asked if _field(pair[0]) not in named),
        files=files,
        api_keys=_keys(sent + asked),
    )


def pairs(query: bytes) -> _Pairs:
    """Read the arguments of a GET: those with a value, without any `api_key`.

    Raises:
        Invalid: malformed percent-encoding.
        TooLarge: more than `MOST_FIELDS`.
    """
    return _keyless(_urlencoded(query, ""))


def api_keys(query: bytes) -> tuple[str, ...]:
    """The distinct keys in a query.

    Raises:
        Invalid: malformed percent-encoding.
        TooLarge: more than `MOST_FIELDS`.
    """
    return _keys(_urlencoded(query, "")) if b"api_key" in query else ()


def _keys(fields: _Pairs) -> tuple[str, ...]:
    keys = (submission.line(value) for name, value in fields if name == "api_key")
    return tuple(dict.fromkeys(filter(None, keys)))


def _keyless(fields: Iterable[tuple[str, str]]) -> _Pairs:
    return tuple(pair for pair in fields if pair[0] != "api_key")


def _filled(fields: Iterable[tuple[str, str]]) -> _Pairs:
    """Empty is absent, so that an empty field of the body does not hide one of the query."""
    return tuple((name, value) for name, value in fields if name and value.strip())


def _field(name: str) -> str:
    """The field that a name belongs to: all forms of `attribute[C]` are one."""
    return name.partition("]")[0] if name.startswith("attribute[") else name


def _body(body: bytes, content_type: str, most_text: int) -> tuple[_Pairs, tuple[File, ...]]:
    media_type = content_type.partition(";")[0].strip().lower()
    declared = found[1] if (found := _CHARSET.search(content_type)) else ""
    first = body[:100].lstrip()[:1]
    if media_type.startswith("multipart/") and (
        first == b"-" or multipart.BOUNDARY.search(content_type)
    ):
        fields, files = multipart.read(body, content_type, declared, most_text)
        return _filled(fields), files
    if media_type.endswith("json") and not _FORM.match(body):
        return _json(charset.decode([body], declared)[0]), ()
    if first == b"<":
        raise Invalid(
            f"Content-Type: a body of {media_type[:60] or 'XML'!r} is not taken; send"
            " application/x-www-form-urlencoded, multipart/form-data or application/json."
        )
    return _urlencoded(body, declared), ()


# --- application/x-www-form-urlencoded ----------------------------------------------------------


def _urlencoded(text: bytes, declared: str) -> _Pairs:
    if declared and "&=%+".encode(charset.codec(declared)) != b"&=%+":  # such as UTF-16
        text, declared = charset.decode([text], declared)[0].encode(), "utf-8"
    if text.count(b"&") >= MOST_FIELDS:
        raise TooLarge(f"There are more than {MOST_FIELDS} fields.")
    if bad := _BAD_ESCAPE.search(text):
        shown = bad[0].decode("ascii", "backslashreplace")
        raise Invalid(f"Malformed percent-encoding: {shown!r}; a percent sign is written %25.")
    halves = [field.partition(b"=") for field in text.replace(b"+", b" ").split(b"&")]
    sent = (
        unquote_to_bytes(half) if b"%" in half else half
        for name, _, value in halves
        for half in (name, value)
    )
    texts = charset.decode(sent, declared)
    return _filled(zip(texts[::2], texts[1::2], strict=True))


# --- application/json ---------------------------------------------------------------------------


def _json(text: str) -> _Pairs:
    """A flat object, with the answers as an object in its `attribute`. Source: GR-P-44."""
    try:
        sent = json.loads(
            text.removeprefix("\ufeff"),
            parse_int=str,  # numbers stay as they were written
            parse_float=str,
            parse_constant=str,
        )
    except (ValueError, RecursionError) as fault:
        raise Invalid(f"The body is not JSON: {fault}.") from None
    if not isinstance(sent, dict):
        raise Invalid("The body is JSON, but not an object.")
    if isinstance(answers := sent.get("attribute"), dict):
        del sent["attribute"]
        sent |= {f"attribute[{code}]": answer for code, answer in answers.items()}
    fields = [(name, text) for name, value in sent.items() for text in _values(name, value)]
    if len(fields) > MOST_FIELDS:
        raise TooLarge(f"There are more than {MOST_FIELDS} fields.")
    return _filled(fields)


def _values(name: str, value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool):
            yield "true" if each else "false"
        elif isinstance(each, str):
            yield each
        elif each is not None and (name in _KNOWN or name.startswith("attribute[")):
            raise Invalid(f"{name[:60]}: it is neither a value nor a list of values.")
