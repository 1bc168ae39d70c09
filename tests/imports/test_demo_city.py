"""Our own server, taken for somebody else's: its catalogue comes back as it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from open311.actions import exchange
from open311.formats import folder, folder_files
from open311.formats.catalogue import reading, updates
from open311.formats.catalogue.updates import Wishes
from open311.imports import endpoint, saved
from open311.imports.calls import Manners
from tests.conftest import RunningServer


@pytest.mark.parametrize("name", ["", "services.xml", "discovery"])
def test_the_demo_city_comes_back_byte_for_byte(
    running_server: RunningServer, tmp_path: Path, name: str
) -> None:
    url = (
        running_server.discovery_url if name == "discovery" else f"{running_server.base_url}/{name}"
    )
    done = endpoint.fetch(url, tmp_path / "answers", Manners(pause=0), lambda *_: None)
    answers, _ = saved.read([tmp_path / "answers"])
    found, faults = reading.read(answers)
    wishes = Wishes(jurisdiction_id="copy.example")
    update, told = updates.updated(found, [], wishes)
    files = {path: folder_files.encoded(value) for path, value in update.files.items()}
    folder_files.write(tmp_path / "copy", files)
    copy = folder.read(tmp_path / "copy")
    extension = "xml" if name.endswith("xml") else "json"
    again = exchange.documents(copy, extension)

    assert (done.problems, faults, told) == ((), [], [])
    assert len(copy.services) > 300
    assert all(not each.extra for each in copy.services)
    kept = {
        path.relative_to(tmp_path / "answers").as_posix(): path.read_bytes()
        for path in (tmp_path / "answers").rglob(f"[!.]*.{extension}")
        if not path.name.startswith("discovery")
    }
    assert len(kept) == 1 + done.came
    assert {path: again[path] for path in kept} == kept
