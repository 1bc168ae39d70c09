"""Mapping files: any bytes are a mapping, or everything that is wrong with them is told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from open311.domain import mappings
from open311.domain.mappings import GEOREPORT, FileOptions, Mapping, Origin
from open311.errors import Invalid
from open311.formats import mapping_file
from open311.formats.json_file import where

ROOT = Path(__file__).parents[2]
OWN = sorted((ROOT / "fixtures" / "mappings").glob("*.toml"))
LEAST = """
source = "s"
[fields]
source_id = "id"
requested_datetime = "at"
status = "status"
service_code = "code"
"""


def told(text: str) -> list[str]:
    found, faults = mapping_file.decode(text.encode())
    assert (found is None) is bool(faults)
    return [f"{where(each.place)}: {each.text}" for each in faults]


def test_the_least_that_a_mapping_says() -> None:
    found, faults = mapping_file.decode(LEAST.encode())

    assert faults == []
    assert found is not None
    assert found.fields.source_id == Origin(column="id")
    assert (found.times, found.file, found.keep_ids) == (("w3c",), FileOptions(), False)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_our_own_are_sound_and_fit_the_schema_that_an_editor_uses(path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "mapping.schema.json").read_bytes())
    check = Draft202012Validator(schema)

    assert mapping_file.read(path).source
    assert [each.message for each in check.iter_errors(tomllib.loads(path.read_text()))] == []
    assert path.read_text().startswith("#:schema ../../schemas/mapping.schema.json\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("source = ", ": is no TOML: "),
        ("", "source: is missing"),
        ("", "fields: is missing"),
        (LEAST.replace("source_id", "sourceid"), "fields.sourceid: is not a known member; did you"),
        (LEAST + "lat = 'x'", "fields.lat: and long count together"),
        (LEAST.replace("service_code", "queue"), "fields.service_code: is missing; say it, or"),
        (LEAST + "queue = {}", "fields.queue: must have one of column, columns, template"),
        (LEAST + "queue = { column = 'a', constant = 'b' }", "fields.queue: must have one of"),
        (LEAST + "queue = { template = 'a' }", "fields.queue.template: names no column"),
        (LEAST + "queue = ''", "fields.queue.column: names no column"),
        (LEAST + "queue = 5", "fields.queue: 5 is not an object"),
        (LEAST + "queue = { column = 'a', digits = 0 }", "fields.queue.digits: 0 is less than 1"),
        (LEAST + "queue = { column = 'a', values = { x = 1 } }", "queue.values.x: 1 is not text"),
        ("timezone = 'Mars/Base'" + LEAST, "timezone: there is no time zone 'Mars/Base'"),
        ("timezone = '../x'" + LEAST, "timezone: there is no time zone"),
        ("times = ['%Q']" + LEAST, "times[0]: '%Q' is no format of times"),
        ("times = ['soon']" + LEAST, "times[0]: 'soon' is no format of times"),
        ("times = []" + LEAST, "times: has 0 items; at least 1 must be"),
        (LEAST + "[file]\nencoding = 'x'", "file.encoding: the charset 'x' is not known"),
        (LEAST + "[file]\ndelimiter = ';;'", "file.delimiter: has 2 characters"),
        (LEAST + "[file]\nformat = 'xls'", "file.format: 'xls' is not one of csv, "),
        ("x = " + "[" * 3000, ": is n"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(text: str, fault: str) -> None:
    assert any(fault in each for each in told(text)), told(text)


def test_every_fault_is_told_at_once_with_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text("times = []\n" + LEAST + "queue = 5\n")
    with pytest.raises(Invalid) as caught:
        mapping_file.read(path)

    assert len(caught.value.problems) == 2
    assert all(each.startswith(f"{path}: ") for each in caught.value.problems)
    with pytest.raises(Invalid, match="cannot be read"):
        mapping_file.read(tmp_path / "none.toml")


def test_the_mapping_of_georeport_has_no_flaws() -> None:
    assert mappings.flaws(Mapping(source="s", fields=GEOREPORT)) == []


# --- the law ------------------------------------------------------------------------------------

LEAVES = st.one_of(st.booleans(), st.integers(-9, 99), st.text(max_size=8), st.just("%Y-%m-%d"))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*Origin.__struct_fields__, "x", "format", "lat"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
NAMES = [*Mapping.__struct_fields__, "other"]
FILES = st.dictionaries(st.sampled_from(NAMES), TREES, max_size=5)
FIELDS = st.dictionaries(st.sampled_from([*GEOREPORT.__struct_fields__, "x"]), TREES, max_size=6)
ORIGIN = st.one_of(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=2))


def toml(value: Any) -> str:
    """A value as TOML writes it within a line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value).replace("\x7f", "\\u007F")


@given(FILES, FIELDS, st.dictionaries(st.sampled_from(list(GEOREPORT.__struct_fields__)), ORIGIN))
def test_any_toml_is_a_mapping_or_is_told_what_is_wrong(
    file: dict[str, Any], fields: dict[str, Any], sound: dict[str, Any]
) -> None:
    whole = file | {"source": "s", "fields": fields | sound}
    for value in (file, whole):
        text = "".join(f"{json.dumps(name)} = {toml(each)}\n" for name, each in value.items())
        found, faults = mapping_file.decode(text.encode())
        assert (found is None) is bool(faults)
        assert found is None or isinstance(found, Mapping)
        assert all(each.text for each in faults)


@given(st.binary(max_size=60))
def test_any_bytes_are_told_what_is_wrong(content: bytes) -> None:
    found, faults = mapping_file.decode(content)

    assert found is None
    assert faults
