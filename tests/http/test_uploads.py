"""Pictures that are sent with a report: kept harmless, served under a name nobody can guess."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from tests import pictures
from tests.conformance.wire import Answer
from tests.inprocess import Door
from tests.validation import sound, valid

FIELDS = {"service_code": "pothole", "lat": "44.6", "long": "-66.2", "description": "See"}
SOUND = {
    "jpeg with EXIF, GPS, maker note and thumbnail": "xml",
    "png with text, time and private chunks": "json",
    "webp with EXIF, XMP and ICC": "xml",
}
HARMFUL = {
    "large: png of 169 Mpx in 20 kB": "json",
    "broken: truncated jpeg": "xml",
    "not a picture: svg": "json",
    "not a picture: empty": "xml",
}
"""A few of those that the re-encoding itself is tested with, and the format to ask in."""

NAME = re.compile(r"http://127\.0\.0\.1:8311(/media/lanternport\.example/[0-9a-f]{32}\.jpg)")


def send(door: Door, api_key: str, files: list[tuple[str, bytes]], fmt: str = "json") -> Answer:
    """POST a report as multipart, with files."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in FIELDS.items()
    ] + [
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    headers = (("x-api-key", api_key), ("content-type", "multipart/form-data; boundary=b"))
    return door.ask("POST", f"requests.{fmt}", headers, b"".join(parts) + b"--b--\r\n")


def shown(door: Door, posted: Answer) -> str:
    """The path of the picture that a filed request shows."""
    number = sound(posted, "submitted_requests")[0]["service_request_id"]
    found = {
        door.ask("GET", f"requests/{number}.{fmt}").one["media_url"] for fmt in ("xml", "json")
    }
    (url,) = found
    match = NAME.fullmatch(url)
    assert match, url
    return match[1]


@pytest.mark.parametrize(("name", "fmt"), SOUND.items())
def test_a_picture_is_served_without_what_it_told_beside_its_pixels(
    door: Door, api_key: str, name: str, fmt: str
) -> None:
    content = pictures.honest()[name]
    served = door.ask("GET", shown(door, send(door, api_key, [("media", content)], fmt)))

    assert (served.status, served.header("content-type")) == (200, "image/jpeg")
    assert pictures.CANARY not in served.body
    assert Image.open(BytesIO(served.body)).format == "JPEG"
    assert "immutable" in str(served.header("cache-control"))
    assert "sandbox" in str(served.header("content-security-policy"))
    assert served.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(("name", "fmt"), HARMFUL.items())
def test_what_cannot_be_made_harmless_is_refused_by_its_name(
    door: Door, api_key: str, name: str, fmt: str
) -> None:
    answer = send(door, api_key, [("media", pictures.hostile()[name])], fmt)

    assert answer.status == 400, answer
    assert sound(answer, "submitted_requests")
    assert answer.blames("media")


def test_several_pictures_are_taken_under_any_name_and_all_or_none(
    door: Door, api_key: str
) -> None:
    good = pictures.saved(pictures.quarters(), "PNG")
    names = ("media", "media[]", "photo1")
    path = shown(door, send(door, api_key, [(name, good) for name in names]))
    refused = send(door, api_key, [("media", good), ("media", b"no picture")])

    assert door.ask("GET", path).status == 200
    assert refused.status == 400
    assert len(refused.plain) == 1


def test_too_many_or_too_large_pictures_are_refused(door: Door, api_key: str) -> None:
    good = pictures.saved(pictures.quarters(), "PNG")
    many = send(door, api_key, [("media", good)] * 6)
    large = send(door, api_key, [("media", good + b"\0" * 10_000_001)])

    assert (many.status, large.status) == (400, 413)
    assert sound(many, "submitted_requests")
    assert sound(large, "submitted_requests")


def test_a_sent_picture_wins_over_a_media_url(door: Door, api_key: str) -> None:
    """Source: GR-P-45."""
    good = pictures.saved(pictures.quarters(), "PNG")
    headers = (("x-api-key", api_key), ("content-type", "multipart/form-data; boundary=b"))
    query = "requests.json?media_url=https%3A%2F%2Fpictures.example%2F1.jpg&service_code=pothole"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="address_string"\r\n\r\n1 Quay Street\r\n'
        b'--b\r\nContent-Disposition: form-data; name="media"; filename="a"\r\n\r\n'
        + good
        + b"\r\n--b--"
    )

    assert shown(door, door.ask("POST", query, headers, body))


@pytest.mark.parametrize(
    "path",
    [
        *("", "lanternport.example/", "lanternport.example/" + "0" * 32 + ".jpg", "x/y/z/a.jpg"),
        *("x/../../trial-key", "lanternport.example/..%2F..%2Ftrial-key", "a.example/%00.jpg"),
    ],
)
def test_a_picture_that_is_not_there_is_404_in_words(door: Door, path: str) -> None:
    answer = door.ask("GET", f"/media/{path}")

    assert answer.status == 404
    assert valid("errors", str(answer.format), answer.body)


def test_without_a_key_no_picture_is_even_looked_at(door: Door) -> None:
    answer = send(door, "wrong", [("media", b"no picture")])

    assert answer.status == 403
