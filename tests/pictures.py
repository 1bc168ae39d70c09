"""Pictures drawn here, honest and hostile, and a judge of JPEG files of its own."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

CANARY = b"CANARY-50.01N-8.2E"
"""18 bytes that stand in everything that must not come through."""

TEXT = CANARY.decode()
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 40)]
"""Of the quarters: above left, above right, below left, below right."""


def quarters(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture of four colours, so that one sees which way it stands."""
    small = Image.new("RGB", (2, 2))
    small.putdata(COLOURS)
    return small.resize(size, Image.Resampling.NEAREST).convert(mode)


def saved(picture: Image.Image, kind: str, **how: Any) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def segments(jpeg: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The judge: every marker of a JPEG with its payload, and what follows the end."""
    found: list[tuple[int, bytes]] = []
    at = 2
    assert jpeg[:2] == b"\xff\xd8"
    while jpeg[at + 1] != 0xD9:
        assert jpeg[at] == 0xFF
        marker, (length,) = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2 : at + 4])
        found.append((marker, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        while marker == 0xDA and (jpeg[at] != 0xFF or jpeg[at + 1] in {0, *range(0xD0, 0xD8)}):
            at += 1
    return found, jpeg[at + 2 :]


def segment(marker: int, payload: bytes) -> bytes:
    """One marker of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_segments(*extra: bytes, jpeg: bytes | None = None) -> bytes:
    """A JPEG with these segments right after its start."""
    jpeg = jpeg or saved(quarters(), "JPEG")
    return jpeg[:2] + b"".join(extra) + jpeg[2:]


def exif(orientation: int = 1) -> bytes:
    """EXIF by hand: a place, a maker note, and a thumbnail in the second directory."""
    thumbnail = with_segments(segment(0xFE, CANARY), jpeg=saved(quarters(), "JPEG"))
    base = 8 + (2 + 4 * 12 + 4) + (2 + 12 + 4) + (2 + 2 * 12 + 4)
    note, gps, second = base, 8 + 2 + 4 * 12 + 4, 8 + (2 + 4 * 12 + 4) + (2 + 12 + 4)
    thumb = note + len(CANARY)
    first = struct.pack("<H", 4)
    first += struct.pack("<HHII", 0x010F, 2, len(CANARY), note)  # Make
    first += struct.pack("<HHII", 0x0112, 3, 1, orientation)
    first += struct.pack("<HHII", 0x8825, 4, 1, gps)
    first += struct.pack("<HHII", 0x927C, 7, len(CANARY), note)  # MakerNote
    first += struct.pack("<I", second)
    place = struct.pack("<HHHI4sI", 1, 1, 2, 2, b"N\0\0\0", 0)
    last = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, thumb, 0x0202, 4, 1, len(thumbnail), 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + first + place + last + CANARY + thumbnail


def chunk(kind: bytes, payload: bytes) -> bytes:
    """One chunk of a PNG."""
    crc = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def with_chunks(*extra: bytes, png: bytes | None = None) -> bytes:
    """A PNG with these chunks right after its header."""
    png = png or saved(quarters(), "PNG")
    return png[:33] + b"".join(extra) + png[33:]


def png_bomb(side: int = 13_000) -> bytes:
    """A 1-bit PNG of side by side pixels in some twenty kilobytes."""
    rows = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    pixels = b"".join([rows.compress(row) for _ in range(side)]) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def slow_jpeg(scans: int = 40_000) -> bytes:
    """A small progressive JPEG that refines its last coefficients again and again."""
    jpeg = saved(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * scans + b"\xff\xd9"


def zipped() -> bytes:
    """A zip archive, as polyglots carry one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("secret.txt", TEXT)
    return out.getvalue()


def linear_profile() -> bytes:
    """An ICC profile for grey pictures whose values are proportional to light."""
    white = struct.pack(">3i", 63_190, 65_536, 54_061)  # D50
    tags = {b"wtpt": b"XYZ \0\0\0\0" + white, b"kTRC": b"curv" + bytes(8)}
    table, data, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, payload in tags.items():
        table += name + struct.pack(">II", at + len(data), len(payload))
        data += payload
    header = struct.pack(">I4xI", at + len(data), 0x02400000) + b"mntrGRAYXYZ "
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + table + data


def _animated(kind: str, **how: Any) -> bytes:
    others = [Image.new("RGB", (64, 48), colour) for colour in ("black", "white")]
    return saved(quarters(), kind, save_all=True, append_images=others, duration=50, **how)


def _png_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", TEXT)
    info.add_text("Comment", TEXT * 50, zip=True)
    info.add_itxt("XML:com.adobe.xmp", TEXT)
    info.add(b"prVt", CANARY)
    info.add(b"tIME", struct.pack(">HBBBBB", 2026, 1, 1, 1, 1, 1))
    info.add(b"aFtr", CANARY, after_idat=True)
    return info


def _clear(mode: str, **how: Any) -> bytes:
    picture = quarters("RGB").convert(mode)
    picture.putalpha(255)
    return saved(picture, "PNG", **how)


def honest() -> dict[str, bytes]:
    """Pictures of `quarters` with everything that cameras, editors and attackers add.

    A name that says "with" belongs to a picture that carries the canary.
    """
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = saved(quarters(), "JPEG")
    app = segment
    iptc = b"Photoshop 3.0\0008BIM\x04\x04\0\0" + struct.pack(">I", len(CANARY)) + CANARY
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    more = b"http://ns.adobe.com/xmp/extension/\0" + CANARY
    profile = b"ICC_PROFILE\0\1\1" + srgb + CANARY
    thumbnail = b"JFIF\0\1\2\0\0\1\0\1\2\3" + CANARY  # 2 by 3 pixels
    grey = Image.new("I;16", (64, 48), 30_000)
    return {
        "jpeg with EXIF, GPS, maker note and thumbnail": with_segments(app(0xE1, exif())),
        "jpeg with XMP": with_segments(app(0xE1, xmp), app(0xE1, more)),
        "jpeg with IPTC": with_segments(app(0xED, iptc)),
        "jpeg with comments": with_segments(app(0xFE, CANARY), app(0xFE, CANARY)),
        "jpeg with ICC": with_segments(app(0xE2, profile)),
        "jpeg with a broken ICC": with_segments(app(0xE2, b"ICC_PROFILE\0\1\1" + CANARY)),
        "jpeg with a broken EXIF": with_segments(app(0xE1, b"Exif\0\0" + CANARY)),
        "jpeg with a JFIF thumbnail": plain[:2] + app(0xE0, thumbnail) + plain[20:],
        "jpeg with a JFXX thumbnail": plain[:20] + app(0xE0, b"JFXX\0\x10" + CANARY) + plain[20:],
        "jpeg with every APPn": with_segments(*[app(each, CANARY) for each in range(0xE3, 0xF0)]),
        "jpeg, dots per inch": saved(quarters(), "JPEG", dpi=(301, 302)),
        "jpeg with a zip behind": plain + zipped(),
        "jpeg with another behind": plain + with_segments(app(0xE1, exif())),
        "jpeg, progressive": saved(quarters(), "JPEG", progressive=True),
        "jpeg, grey": saved(quarters("L"), "JPEG"),
        "jpeg, CMYK": saved(quarters("CMYK"), "JPEG"),
        "MPO with EXIF": _animated("MPO", exif=exif()),
        "png with text, time and private chunks": saved(quarters(), "PNG", pnginfo=_png_text()),
        "png with EXIF": saved(quarters(), "PNG", exif=exif()),
        "png with a broken EXIF": with_chunks(chunk(b"eXIf", CANARY)),
        "png with ICC": with_chunks(chunk(b"iCCP", b"icc\0\0" + zlib.compress(srgb + CANARY, 0))),
        "png with trailing bytes": saved(quarters(), "PNG") + CANARY,
        "png, palette": saved(quarters("P"), "PNG"),
        "png, palette, transparent": saved(quarters("P"), "PNG", transparency=255),
        "png, RGBA": _clear("RGB"),
        "png, grey, alpha": _clear("L"),
        "png, 1 bit": saved(quarters("1"), "PNG"),
        "png, 16 bit": saved(grey, "PNG"),
        "png, animated, with text": _animated("PNG", pnginfo=_png_text()),
        "gif, animated, with a comment": _animated("GIF", comment=CANARY),
        "webp with EXIF, XMP and ICC": saved(
            quarters(), "WEBP", exif=exif(), xmp=CANARY, icc_profile=srgb
        ),
        "webp, lossless, RGBA": saved(quarters("RGBA"), "WEBP", lossless=True),
        "webp, animated, with XMP": _animated("WEBP", exif=exif(), xmp=CANARY),
    }


def hostile() -> dict[str, bytes]:
    """What must be refused."""
    jpeg, png = saved(quarters(), "JPEG"), saved(quarters(), "PNG")
    gif, webp = saved(quarters("P"), "GIF"), saved(quarters(), "WEBP", lossless=True)
    inflated = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    profile = b"icc\0\0" + zlib.compress(bytes(200_000_000), 9)
    frame = jpeg.index(b"\xff\xc0")
    huge = struct.pack("<I", (16_383 - 1) | (16_383 - 1) << 14)
    return {
        "large: png of 169 Mpx in 20 kB": png_bomb(),
        "large: png just over 40 Mpx": png_bomb(6325),
        "large: jpeg of 56,540 squared": jpeg[: frame + 5] + b"\xff\xdc" * 2 + jpeg[frame + 9 :],
        "large: gif with a huge screen": gif[:6] + b"\xff" * 4 + gif[10:],
        "large: lossless webp": webp[:21] + huge + webp[25:],
        "broken: png with a text that inflates": with_chunks(chunk(b"zTXt", inflated)),
        "broken: png with a profile that inflates": with_chunks(chunk(b"iCCP", profile)),
        "not a picture: png with a wrong CRC": png[:29] + bytes([png[29] ^ 1]) + png[30:],
        "broken: truncated jpeg": jpeg[: len(jpeg) // 2],
        "broken: truncated png": png[:-30],
        "broken: truncated gif": gif[: len(gif) // 2],
        "broken: truncated webp": webp[:40],
        "not a picture: jpeg without a frame": jpeg[:2] + b"\xff\xd9",
        "not a picture: svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "not a picture: html": b"<!doctype html><script>alert(1)</script>",
        "not a picture: pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "not a picture: postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "not a picture: zip": zipped(),
        "not a picture: empty": b"",
        "not a picture: one byte": b"\xff",
        "not a picture: noise": zlib.compress(bytes(range(256)) * 40)[5:],
        "not a picture: tiff": saved(quarters(), "TIFF"),
        "not a picture: bmp": saved(quarters(), "BMP"),
        "not a picture: icon": saved(quarters(), "ICO"),
        "not a picture: jpeg 2000": saved(quarters(), "JPEG2000"),
        "not a picture: portable pixmap": saved(quarters(), "PPM"),
    }
