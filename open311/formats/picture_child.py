"""A program that reads a stranger's picture and writes a fresh JPEG of its pixels.

Whatever a picture does to the decoders happens here, where there is little memory, no file to open,
no environment to read and nothing to lose: the process reads one picture from its standard input,
writes one JPEG and ends. It imports Pillow and the standard library, nothing of open311, so that it
starts fast. Source: trust 12, 13.

    exit 0          standard output is the JPEG
    exit REFUSED    standard output is a sentence for the person who sent the picture
    SIGXCPU         the picture takes too long
    otherwise       it could not start, or the picture broke it
"""

from __future__ import annotations

import io
import resource
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module

from PIL import Image, ImageCms, UnidentifiedImageError

MAX_PIXELS = 40_000_000
SIDE = 2048  # pixels, the longest side of what is kept
QUALITY = 85  # of JPEG, at which no one sees the loss
WHITE = (255, 255, 255)
REFUSED = 65

LIMITS = {  # soft, hard
    resource.RLIMIT_CPU: (5, 6),  # seconds; 5 end it with SIGXCPU, even if nobody waits any more
    resource.RLIMIT_CORE: (0, 0),
    resource.RLIMIT_NOFILE: (0, 0),
}
if sys.platform == "linux":  # elsewhere the bound counts shared libraries of gigabytes
    LIMITS[resource.RLIMIT_AS] = (768 << 20, 768 << 20)  # 40 Mpx of WebP with alpha take 700 MB

TURNS = {  # what EXIF calls Orientation: how to put the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def main() -> int:
    """Read a picture, write its JPEG or the sentence that refuses it.

    Returns:
        The exit code.
    """
    formats = decoders()
    confine()
    try:
        answer = redraw(sys.stdin.buffer.read(), formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        answer, code = b"it is too large; send a picture of at most 40 megapixels.", REFUSED
    except UnidentifiedImageError:
        answer, code = f"it is not a {taken(formats)} file.".encode(), REFUSED
    except Exception:  # noqa: BLE001  decoders raise anything; all of it means the same
        answer, code = b"it is broken; send it again.", REFUSED
    else:
        code = 0
    sys.stdout.buffer.write(answer)
    return code


def taken(formats: list[str]) -> str:
    """The formats as people call them: `JPEG, PNG, GIF or WebP`."""
    *others, last = [{"WEBP": "WebP", "HEIF": "HEIC"}.get(each, each) for each in formats]
    return f"{', '.join(others)} or {last}"


def decoders() -> list[str]:
    """Import every decoder now: later no file can be opened, not even a module.

    Returns:
        The formats that can be read, by Pillow's names; with HEIF where pi-heif is installed.
    """
    Image.preinit()
    import_module("PIL.MpoImagePlugin")  # of a JPEG with more pictures behind it
    import_module("PIL.WebPImagePlugin")
    import_module("copy")  # which the decoder of GIF would import when it is needed
    formats = ["JPEG", "PNG", "GIF", "WEBP"]
    with suppress(ImportError):
        import_module("pi_heif").register_heif_opener(thumbnails=False)
        formats.append("HEIF")
    return formats


def confine() -> None:
    """Give up memory, time and files, for good; but finish when the service is told to stop."""
    for which, (soft, hard) in LIMITS.items():
        _, most = resource.getrlimit(which)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)  # noqa: PLW2901  no limit is ever raised
        resource.setrlimit(which, (soft, hard))
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # looked at in the header, before decoding
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for each in (signal.SIGTERM, signal.SIGINT):  # they reach every process of a service at once
        signal.signal(each, signal.SIG_IGN)


def redraw(content: bytes, formats: list[str]) -> bytes:
    """The first picture of a file, upright, on white, in sRGB, at most SIDE a side.

    Args:
        content: a file of one of the formats.
        formats: from `decoders`.

    Returns:
        A JPEG of the pixels alone: they are painted on a new canvas, so that nothing else of the
        file can come along.
    """
    picture: Image.Image = Image.open(io.BytesIO(content), formats=formats)
    turn = TURNS.get(orientation(picture))
    picture = plain(picture)
    picture.thumbnail((SIDE, SIDE))  # a JPEG is scaled while it is decoded
    picture = in_srgb(picture)
    canvas = Image.new("RGB", picture.size, WHITE)
    canvas.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    jpeg = io.BytesIO()
    (canvas if turn is None else canvas.transpose(turn)).save(jpeg, "JPEG", quality=QUALITY)
    return jpeg.getvalue()


def orientation(picture: Image.Image) -> int:
    """The Orientation of EXIF, 1 to 8; 1, upright, when it cannot be read."""
    with suppress(Exception):  # a picture need not be refused for what is thrown away
        return int(picture.getexif().get(0x0112, 1))
    return 1


def plain(picture: Image.Image) -> Image.Image:
    """The same picture in a mode that can be scaled: RGBA, RGB, L or CMYK."""
    if picture.mode == "I;16":  # convert() would clip, not scale
        return picture.point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in {"RGB", "L", "CMYK"} else picture.convert("RGB")


def in_srgb(picture: Image.Image) -> Image.Image:
    """The same picture in the colours that a picture without a profile is shown in."""
    profile = picture.info.get("icc_profile")
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError):  # not a profile, or of another mode
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, source, srgb, outputMode=mode) or picture
    return picture.convert(mode)


if __name__ == "__main__":
    sys.exit(main())
