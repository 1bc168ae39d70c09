"""A service alone is read as a city folder reads it, or refused with every fault in it."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311 import resources
from open311.errors import Invalid
from open311.formats import folder, folder_rules, single_file
from tests.editors import LIGHT, asking

FILES = sorted((resources.DEMO / "services").glob("*.json"))


def faults(content: bytes, name: str = "") -> tuple[str, ...]:
    with pytest.raises(Invalid) as told:
        single_file.service(content, name)
    return told.value.problems


def test_every_service_of_the_demo_city_is_read_as_its_folder_reads_it() -> None:
    whole = {each.service_code: each for each in folder.read(resources.DEMO).services}
    alone = [single_file.service(path.read_bytes()) for path in FILES]

    assert {each.service_code: each for each in alone} == whole


def test_a_fault_is_told_with_the_name_of_the_file_and_its_line_or_place() -> None:
    assert faults(b"{\n!", "a.json")[0].startswith("a.json: line 2: not JSON")
    assert faults(b"{}", "a.json")[0] == "a.json: department: is missing."
    assert faults(b"[]") == ("a list is not an object.",)


@pytest.mark.parametrize("clause", ["AND", "OR"])
@pytest.mark.parametrize("before", [1, 2, 12])
def test_hundreds_of_questions_that_hang_on_each_other_are_checked_in_no_time(
    clause: str, before: int
) -> None:
    """Each is asked in as many ways as those before it together; without a bound, for ever."""
    questions: list[dict[str, Any]] = []
    for number in range(300):
        each: dict[str, Any] = {"code": f"q{number}", "datatype": "text", "description": "Q"}
        conditions = [
            {"attribute": f"q{other}", "op": "ne", "value": "x"}
            if other % 2
            else {"attribute": f"q{other}", "op": "answered"}
            for other in range(max(0, number - before), number)
        ]
        if conditions:
            each["dependencies"] = {"clause": clause, "conditions": conditions}
        questions.append(each)
    content = json.dumps(asking(*questions)).encode()
    began = time.perf_counter()

    assert len(single_file.service(content).attributes) == 303
    assert time.perf_counter() - began < 5


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_a_service_or_a_list_of_faults(content: bytes) -> None:
    assert all(each.endswith(".") for each in faults(content))


@given(st.dictionaries(st.sampled_from([*LIGHT, "extra"]), st.none() | st.text(), min_size=1))
def test_every_member_that_is_wrong_is_named(members: dict[str, Any]) -> None:
    told = faults(json.dumps(LIGHT | members | {"type": 7, "media": []}).encode())
    wrong = {name for name, value in members.items() if value is None and name != "extra"}

    named = {each.partition(":")[0].partition("[")[0] for each in told}
    assert {"type", "media"} | wrong <= named


def test_a_text_that_no_format_can_carry_is_refused_from_any_door() -> None:
    found = single_file.service(FILES[0].read_bytes())
    with pytest.raises(Invalid, match="description: has characters that XML cannot carry"):
        folder_rules.hold(msgspec.structs.replace(found, description="a\x00b"))
