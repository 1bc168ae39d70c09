"""Pictures in the store: found by whoever knows the name, by nobody else, and never half."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.errors import Invalid, Unavailable
from open311.store import media

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CITY = "example.gov"
PICTURE = bytes(range(256)) * 4000


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as keeps pictures."""

    protocol_version = "HTTP/1.1"
    kept: ClassVar[dict[str, bytes]] = {}

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_PUT(self) -> None:
        assert self.headers["If-None-Match"] == "*"
        self.kept[self.path] = self.body()
        self.answer(200)

    def do_GET(self) -> None:
        content = self.kept.get(self.path)
        self.answer(404 if content is None else 200, content or b"")

    def do_POST(self) -> None:
        keys = re.findall("<Key>(.*?)</Key>", self.body().decode())
        for key in keys:
            self.kept.pop(f"/bucket/{key}", None)
        done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self.answer(200, f"<DeleteResult>{done}</DeleteResult>".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bucket(port: int) -> Iterator[str]:
    """The address of a bucket behind a port; keys and endpoint are in the environment."""
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        yield "s3://bucket/pictures"


@pytest.fixture(params=["memory", "path", "file", "s3"])
def store(request: Any, tmp_path: Path) -> Iterator[ObjectStore]:
    folder = tmp_path / "our pictures"
    if request.param != "s3":
        addresses = {"memory": "memory://", "path": str(folder), "file": folder.as_uri()}
        yield media.open_store(addresses[request.param])
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server, bucket(server.server_port) as url:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        server.daemon_threads = True
        yield media.open_store(url)
        server.shutdown()


def files(folder: Path) -> list[str]:
    return [str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()]


def kept(store: ObjectStore, content: bytes = PICTURE) -> str:
    return asyncio.run(media.put(store, CITY, content))


def found(store: ObjectStore, name: str, jurisdiction_id: str = CITY) -> bytes | None:
    return asyncio.run(media.get(store, jurisdiction_id, name))


def test_what_is_put_is_got_by_its_name(store: ObjectStore) -> None:
    assert found(store, kept(store)) == PICTURE


def test_names_hold_128_random_bits_and_are_never_used_twice(store: ObjectStore) -> None:
    names = {kept(store, b"the same") for _ in range(50)}
    assert len(names) == 50
    assert all(len(bytes.fromhex(name.removesuffix(".jpg"))) == 16 for name in names)
    digits = {name[at] for name in names for at in range(32)}
    assert digits == set("0123456789abcdef")


def test_a_picture_of_one_city_is_not_found_in_another(store: ObjectStore) -> None:
    assert found(store, kept(store), "other.gov") is None


def test_what_was_never_put_is_not_found(store: ObjectStore) -> None:
    assert found(store, "0" * 32 + ".jpg") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "secret",
        "../secret",
        "../example.gov/secret.jpg",
        "%2e%2e/secret",
        "/etc/passwd",
        "0" * 32,
        "0" * 31 + ".jpg",
        "0" * 33 + ".jpg",
        "0" * 32 + ".jpg\n",
        "0" * 32 + ".jpg#1",
        "0" * 32 + ".JPG",
        "A" * 32 + ".jpg",
        "\u0660" * 32 + ".jpg",  # digits, but not ours
    ],
)
def test_only_names_of_ours_reach_the_store(name: str, tmp_path: Path) -> None:
    (tmp_path / "pictures" / CITY).mkdir(parents=True)
    (tmp_path / "pictures" / "secret").write_bytes(b"secret")
    (tmp_path / "pictures" / CITY / "secret.jpg").write_bytes(b"secret")
    if name and "/" not in name:
        (tmp_path / "pictures" / CITY / name).write_bytes(b"secret")
    store = media.open_store(str(tmp_path / "pictures"))
    before = files(tmp_path)
    assert found(store, name) is None
    asyncio.run(media.delete(store, CITY, [name]))
    assert files(tmp_path) == before


@given(st.text())
def test_no_text_breaks_the_look_up(name: str) -> None:
    assert found(media.open_store("memory://"), name) is None


def test_deleted_pictures_are_gone_and_others_stay(store: ObjectStore) -> None:
    first, second, third = (kept(store) for _ in range(3))
    asyncio.run(media.delete(store, CITY, [first, "0" * 32 + ".jpg", third]))
    assert [found(store, each) for each in (first, second, third)] == [None, PICTURE, None]
    asyncio.run(media.delete(store, CITY, [first]))


def test_a_folder_holds_one_file_a_picture_and_nothing_else(tmp_path: Path) -> None:
    store = media.open_store(str(tmp_path))
    names = [kept(store) for _ in range(3)]
    assert sorted(files(tmp_path)) == sorted(f"{CITY}/{name}" for name in names)


def test_a_relative_path_is_a_folder_too(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    name = kept(media.open_store("media"))
    assert (tmp_path / "media" / CITY / name).read_bytes() == PICTURE


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 64 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_half_file_and_passes(tmp_path: Path) -> None:
    store = media.open_store(str(tmp_path))
    with full_disk(), pytest.raises(Unavailable):
        kept(store)
    assert files(tmp_path) == []
    assert found(store, kept(store)) == PICTURE


def test_a_folder_that_cannot_be_written_is_our_fault(tmp_path: Path) -> None:
    store = media.open_store(str(tmp_path))
    (tmp_path / CITY).write_text("in the way")
    with pytest.raises(Unavailable):
        kept(store)


def test_every_picture_is_tried_when_one_cannot_be_deleted(tmp_path: Path) -> None:
    store = media.open_store(str(tmp_path))
    stuck, name = "0" * 32 + ".jpg", kept(store)
    (tmp_path / CITY / stuck / "inside").mkdir(parents=True)
    with pytest.raises(Unavailable):
        asyncio.run(media.delete(store, CITY, [stuck, name]))
    assert found(store, name) is None


def test_a_bucket_that_does_not_answer_is_our_fault() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with bucket(nobody.getsockname()[1]) as url:
            store = media.open_store(url)
        for work in (
            media.put(store, CITY, PICTURE),
            media.get(store, CITY, "0" * 32 + ".jpg"),
            media.delete(store, CITY, ["0" * 32 + ".jpg"]),
        ):
            with pytest.raises(Unavailable) as error:
                asyncio.run(work)
            assert "error sending request" in str(error.value.__cause__)
            assert "127.0.0.1" not in str(error.value.problems)


@pytest.mark.parametrize("url", ["s3://", "nonsense://x", "file://host/folder", "/dev/null/x"])
def test_an_address_of_no_store_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Invalid, match="media store"):
        media.open_store(url)
