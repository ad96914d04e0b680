"""The manifest of a prepared folder: a line a pair, the last of a name counts, damage is told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.errors import PairError
from opticalzoom.pairs.manifest import NAME, append_record, read_manifest, write_manifest


def record(name, **more):
    return {"name": name, "scene": "a", "scale": 2, "accepted": True, "reason": "", **more}


def test_the_last_record_of_a_name_counts_and_a_line_cut_short_is_passed_over(tmp_path):
    for number in range(3):
        append_record(tmp_path, record(f"p{number % 2}", number=number))
    with (tmp_path / NAME).open("a") as file:
        file.write('{"name": "half')
    assert {name: r["number"] for name, r in read_manifest(tmp_path).items()} == {"p0": 2, "p1": 1}
    write_manifest(tmp_path, read_manifest(tmp_path).values())
    assert [json.loads(line)["name"] for line in (tmp_path / NAME).read_text().splitlines()] == ["p0", "p1"]


def test_damage_in_the_middle_is_said(tmp_path):
    (tmp_path / NAME).write_text("nonsense\n" + json.dumps(record("p")) + "\n")
    with pytest.raises(PairError, match="line 1 is damaged"):
        read_manifest(tmp_path)


def test_a_folder_without_manifest_has_no_records(tmp_path):
    assert read_manifest(tmp_path) == {}


@pytest.mark.parametrize("field", ["name", "scene", "scale", "accepted", "reason"])
def test_a_record_that_lacks_a_field_is_damage(field, tmp_path):
    lacking = {key: value for key, value in record("p").items() if key != field}
    (tmp_path / NAME).write_text(json.dumps(lacking) + "\n" + json.dumps(record("q")) + "\n")
    with pytest.raises(PairError, match="line 1 is damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"name": 7}, {"scene": None}, {"scale": [2]}, {"accepted": "no"}, {"reason": 1}], ids=str
)
def test_a_field_of_another_type_is_damage(wrong, tmp_path):
    (tmp_path / NAME).write_text(json.dumps(record("p") | wrong) + "\n" + json.dumps(record("q")) + "\n")
    with pytest.raises(PairError, match="line 1 is damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "a/../../b", "/etc", "", ".", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(name, tmp_path):
    (tmp_path / NAME).write_text(json.dumps(record("p")) + "\n" + json.dumps(record(name)) + "\n")
    with pytest.raises(PairError, match=r"line 2: the name .* leads elsewhere"):
        read_manifest(tmp_path)


def test_any_name_that_a_file_has_comes_back(tmp_path):
    names = ["größe", "a\u2028b", "a\u0085b", "a\nb", "a\x1bb", os.fsdecode(b"\xff"), "写真", "a:b", "..a"]
    for name in names:
        append_record(tmp_path, record(name))
    assert [*read_manifest(tmp_path)] == names
    write_manifest(tmp_path, read_manifest(tmp_path).values())
    assert sorted(read_manifest(tmp_path)) == sorted(names)


@given(st.integers(0, 200))
def test_wherever_it_is_cut_only_the_record_there_is_lost(length):
    with TemporaryDirectory() as folder:
        path = Path(folder, NAME)
        path.write_text("".join(json.dumps(record(name), ensure_ascii=False) + "\n" for name in ("größe", "写真")))
        content = path.read_bytes()
        path.write_bytes(content[:length])
        whole = sum(length >= len(part) for part in (content.split(b"\n")[0], content.removesuffix(b"\n")))
        assert len(read_manifest(Path(folder))) == whole
