"""The text that bytes from a client stand for.

Source: interop 17; GR-F-32; https://encoding.spec.whatwg.org (Latin-1 means Windows-1252).
"""

from __future__ import annotations

from collections.abc import Iterable
from encodings.aliases import aliases

from open311.errors import Invalid

__all__ = ["codec", "decode"]

_CODECS = frozenset(
    {"ascii", "latin_1", "mac_cyrillic", "mac_roman", "koi8_r", "koi8_u", "tis_620"}
    | {"utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"}
    | {"big5", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "iso2022_jp", "shift_jis"}
    | {f"cp{page}" for page in (437, 850, 852, 866, 874, 932, 949, 950, *range(1250, 1259))}
    | {f"iso8859_{part}" for part in (*range(2, 12), *range(13, 17))}
)
"""What a client may name. Python has codecs that are no charsets, and remembers every unknown name
that it is asked for, so a client's word never reaches it."""

_WINDOWS = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # these stay the control characters they are
}
"""What Windows-1252 has in the place of Latin-1's control characters."""


def codec(charset: str) -> str:
    """Python's name for a charset.

    Args:
        charset: as a Content-Type names it, any case; "" when none is named.

    Returns:
        One of Python's codecs; "" for "".

    Raises:
        Invalid: the server does not know the charset.
    """
    name = charset.lower().replace("-", "_").replace(" ", "_")
    name = aliases.get(name, name)
    if name and name not in _CODECS:
        raise Invalid(f"Content-Type: the charset {charset[:40]!r} is not known; use utf-8.")
    return name


def decode(texts: Iterable[bytes], charset: str) -> list[str]:
    """Decode texts of one charset.

    Args:
        texts: bytes.
        charset: the declared one, or "": then UTF-8 if all texts are, else Windows-1252 for all,
            so that no report is lost for an `é`.

    Returns:
        The texts, never with a U+FFFD that was not sent.

    Raises:
        Invalid: the charset is unknown, or the texts are not of the declared one.
    """
    texts = list(texts)
    name = codec(charset)
    if name in ("latin_1", "cp1252"):
        return _windows(texts)
    try:
        return [text.decode(name or "utf-8") for text in texts]
    except UnicodeDecodeError:
        if name:
            raise Invalid(f"Text is not valid {charset[:40]}, as its Content-Type says.") from None
    return _windows(texts)


def _windows(texts: Iterable[bytes]) -> list[str]:
    return [text.decode("latin-1").translate(_WINDOWS) for text in texts]
