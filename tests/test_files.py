from __future__ import annotations

import errno
import os
import stat

import pytest

from opticalzoom.errors import CheckpointError, OpticalZoomError, OutputExistsError
from opticalzoom.files import atomic_path, check_writable, within


def test_renames_on_success_and_creates_the_folder(tmp_path):
    target = tmp_path / "new" / "folder" / "table.csv"
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".csv"
        temporary.write_text("a,b")
        assert not target.exists()
    assert target.read_text() == "a,b"
    assert list(target.parent.iterdir()) == [target]


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic_path(tmp_path / "ours") as temporary:
        temporary.write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")]
    assert modes[0] == modes[1]


def test_existing_file_is_kept_unless_overwritten(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(OutputExistsError, match=r"a\.txt: is already there"), atomic_path(target) as temporary:
        temporary.write_text("never")
    assert target.read_text() == "old"
    with atomic_path(target, overwrite=True) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def write_half_and_fail(target, problem, **options):
    with atomic_path(target, **options) as temporary:
        temporary.write_text("half")
        raise problem


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_nothing_new_and_the_old_file(tmp_path, problem):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(problem):
        write_half_and_fail(target, problem, overwrite=True)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_full_disk_is_our_error_with_a_remedy(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(CheckpointError, match=r"net\.safetensors: .*Free some space") as caught:
        write_half_and_fail(tmp_path / "net.safetensors", full, error=CheckpointError)
    assert caught.value.path == tmp_path / "net.safetensors"
    assert list(tmp_path.iterdir()) == []


def test_refused_targets(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OpticalZoomError, match="cannot be written"), atomic_path(tmp_path / "file" / "a.txt"):
        pass
    with pytest.raises(OpticalZoomError, match="is a folder"), atomic_path(tmp_path, overwrite=True):
        pass


def test_long_names_fit(tmp_path):
    target = tmp_path / ("n" * 240 + ".txt")
    with atomic_path(target) as temporary:
        temporary.write_text("")
    assert target.exists()


def test_a_folder_that_can_be_written_to_is_made_and_left_empty(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OpticalZoomError, match=r"file/folder: cannot be written to.*Choose a folder"):
        check_writable(tmp_path / "file" / "folder")


@pytest.mark.parametrize("name", ["a", "a/b.png", "..a/b..", "a\\b", "C:a", "~a", " "])
def test_names_in_a_folder(tmp_path, name):
    if os.sep == "/":
        assert within(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/../../b", "a/..", "/a", "a\0b"])
def test_names_that_lead_out_of_a_folder(tmp_path, name):
    with pytest.raises(CheckpointError, match="leads elsewhere"):
        within(tmp_path, name, error=CheckpointError)
