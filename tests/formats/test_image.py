"""Uploaded pictures: what comes out holds pixels only, and nothing that comes in does harm."""

from __future__ import annotations

import asyncio
import io
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from open311.errors import Invalid
from open311.formats import image
from open311.formats.image import reencode
from tests import pictures

COLOURS = pictures.COLOURS
HONEST, HOSTILE = pictures.honest(), pictures.hostile()
JFIF = (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
TABLES_AND_SCAN = {0xDB, 0xC0, 0xC4, 0xDA}
SAID = {
    "large": "at most 40 megapixels",
    "broken": "broken",
    "not a picture": "is not a JPEG, PNG, GIF",
}


def safe(content: bytes) -> bytes:
    """A picture made safe."""
    return asyncio.run(reencode(content))


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg))
    picture.load()
    return picture


def corners(jpeg: bytes) -> list[int]:
    """Which of the four colours each corner is nearest to."""
    picture = opened(jpeg)
    right, below = picture.width - 4, picture.height - 4
    seen = [picture.getpixel(at) for at in ((3, 3), (right, 3), (3, below), (right, below))]
    return [
        min(range(4), key=lambda i: sum(abs(a - b) for a, b in zip(pixel, COLOURS[i], strict=True)))
        for pixel in seen
    ]


@cache
def clean(name: str) -> bytes:
    """One of the honest pictures, made safe."""
    return safe(HONEST[name])


@pytest.mark.parametrize("name", HONEST)
def test_nothing_but_pixels_comes_through(name: str) -> None:
    jpeg = clean(name)
    found, trailing = pictures.segments(jpeg)
    assert found[0] == JFIF
    assert {marker for marker, _ in found[1:]} == TABLES_AND_SCAN
    assert trailing == b""
    assert pictures.CANARY[:6] not in jpeg
    picture = opened(jpeg)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (64, 48))


def test_the_pictures_do_carry_what_must_go() -> None:
    assert [
        name for name in HONEST if " with " in name and pictures.CANARY not in HONEST[name]
    ] == []
    camera = HONEST["jpeg with EXIF, GPS, maker note and thumbnail"]
    assert opened(camera).getexif().get_ifd(0x8825) == {1: "N"}
    assert camera.count(pictures.CANARY) == 2  # of the maker note and of the thumbnail's comment
    assert opened(HONEST["MPO with EXIF"]).n_frames == 3


@pytest.mark.parametrize("name", [n for n in HONEST if "grey" not in n and "bit" not in n])
def test_the_first_picture_is_kept_in_its_colours(name: str) -> None:
    assert corners(clean(name)) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_sound_picture_is_refused_and_named(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        safe(HOSTILE[name])
    (problem,) = refusal.value.problems
    assert problem.startswith("it ")
    assert SAID[name.partition(":")[0]] in problem


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [0, 1, 2, 3]),
        (2, [1, 0, 3, 2]),
        (3, [3, 2, 1, 0]),
        (4, [2, 3, 0, 1]),
        (5, [0, 2, 1, 3]),
        (6, [2, 0, 3, 1]),
        (7, [3, 1, 2, 0]),
        (8, [1, 3, 0, 2]),
        (9, [0, 1, 2, 3]),
    ],
)
def test_a_picture_is_put_upright(orientation: int, expected: list[int]) -> None:
    content = pictures.with_segments(pictures.segment(0xE1, pictures.exif(orientation)))
    assert corners(safe(content)) == expected


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_of_another_format_is_put_upright_too(kind: str) -> None:
    content = pictures.saved(pictures.quarters(), kind, exif=pictures.exif(6))
    assert corners(safe(content)) == [2, 0, 3, 1]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (1, 1)),
        ((2048, 2048), (2048, 2048)),
        ((2049, 100), (2048, 100)),
        ((5000, 3000), (2048, 1229)),
        ((1, 60_000), (1, 2048)),
        ((60_000, 1), (2048, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_longest_side_is_bounded(
    size: tuple[int, int], expected: tuple[int, int], kind: str
) -> None:
    content = pictures.saved(Image.new("RGB", size, "teal"), kind)
    assert opened(safe(content)).size == expected


def test_what_is_transparent_becomes_white() -> None:
    content = pictures.saved(Image.new("RGBA", (9, 9), (200, 0, 0, 0)), "PNG")
    assert opened(safe(content)).getpixel((4, 4)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    red, green, blue = opened(clean("png, 16 bit")).getpixel((9, 9))
    assert red == green == blue == pytest.approx(117, abs=2)


def test_colours_of_a_profile_are_converted() -> None:
    profile = pictures.linear_profile()
    content = pictures.saved(Image.new("L", (9, 9), 128), "PNG", icc_profile=profile)
    red, green, blue = opened(safe(content)).getpixel((4, 4))
    assert red == green == blue == pytest.approx(188, abs=3)  # 50 % of the light, in sRGB


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(list(HONEST)), st.data())
def test_a_damaged_picture_comes_out_clean_or_not_at_all(name: str, data: st.DataObject) -> None:
    content = bytearray(HONEST[name])
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        jpeg = safe(bytes(content))
    except Invalid:
        return
    found, trailing = pictures.segments(jpeg)
    assert (found[0], {marker for marker, _ in found[1:]}) == (JFIF, TABLES_AND_SCAN)
    assert trailing == b""


def test_the_last_look_sees_whatever_a_jpeg_may_carry() -> None:
    jpeg = clean("jpeg with XMP")
    assert image._is_bare(jpeg)
    found, _ = pictures.segments(jpeg)
    places, at = [2], 2
    for _, payload in found[:-1]:
        at += 4 + len(payload)
        places.append(at)
    markers = [0xFE, 0xDD, 0xC2, *range(0xE0, 0xF0)]
    extra = [pictures.segment(marker, pictures.CANARY) for marker in markers]
    for segment in extra:
        assert not any(image._is_bare(jpeg[:at] + segment + jpeg[at:]) for at in places)
        assert not image._is_bare(jpeg[:-2] + segment + jpeg[-2:])
    assert not any(image._is_bare(jpeg[:length]) for length in range(len(jpeg)))
    assert not image._is_bare(jpeg[jpeg.index(b"\xff\xda") :])
    assert not image._is_bare(jpeg + b"\0")
    assert not image._is_bare(jpeg + jpeg)
