from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from opticalzoom.errors import CheckpointError, OpticalZoomError, OutputExistsError
from opticalzoom.files import (
    atomic_folder,
    atomic_path,
    check_writable,
    home_path,
    path_within,
    real_path,
    remove_leftovers,
    unwritable,
    write_text,
)


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
        assert path_within(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/../../b", "a/..", "/a", "a\0b"])
def test_names_that_lead_out_of_a_folder(tmp_path, name):
    with pytest.raises(CheckpointError, match="leads elsewhere"):
        path_within(tmp_path, name, error=CheckpointError)


def test_the_umask_decides_whatever_the_writer_does(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "a.txt") as part:
            part.write_text("")
        with atomic_folder(tmp_path / "folder") as part:
            (part / "b.txt").write_text("")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a.txt", tmp_path / "folder")]
    assert modes == [0o640, 0o750]


def test_content_and_name_reach_the_disk_in_this_order(tmp_path, monkeypatch):
    reached = []

    def fsync(descriptor: int) -> None:
        reached.append((Path(f"/proc/self/fd/{descriptor}").readlink(), (tmp_path / "a.txt").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with atomic_path(tmp_path / "a.txt") as part:
        part.write_text("new")
    assert reached == [(part, False), (tmp_path, True)]


def test_a_folder_is_whole_or_not_there_and_replaces_an_older_one(tmp_path):
    home = tmp_path / "pairs" / "one"
    for content in ("old", "new"):
        with atomic_folder(home) as part:
            (part / "x.png").write_text(content)
            (part / f"{content}.txt").write_text("")
        assert (home / "x.png").read_text() == content
    with pytest.raises(KeyboardInterrupt), atomic_folder(home) as part:  # noqa: PT012 - what is there must stay
        (part / "x.png").write_text("half")
        raise KeyboardInterrupt
    assert sorted(path.name for path in home.iterdir()) == ["new.txt", "x.png"]
    assert list(home.parent.iterdir()) == [home]


_WRITER = """
import sys, time
from pathlib import Path
from opticalzoom.files import atomic_folder, atomic_path, home_path, real_path, write_text
with atomic_path(Path(sys.argv[1], "a.jpg")) as file, atomic_folder(Path(sys.argv[1], "pair")) as folder:
    file.write_text("half")
    (folder / "x.png").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path):
    (tmp_path / ".opticalzoom-notes").write_text("the user's")
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)
    ]
    try:
        assert [writer.stdout.readline() for writer in writers] == [b"writing\n"] * 2
        remove_leftovers(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1 + 2 * 2
        writers[0].send_signal(signal.SIGKILL)
        writers[0].wait()
        with atomic_path(tmp_path / "b.jpg") as part:  # the next one that writes there
            part.write_text("")
        assert len(list(tmp_path.iterdir())) == 1 + 2 + 1
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".opticalzoom-notes", "b.jpg"]


def test_a_disk_that_takes_no_more_leaves_the_old_file(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with (
            pytest.raises(OpticalZoomError, match=r"a\.bin: cannot be written: File too large\. Choose a disk"),
            atomic_path(tmp_path / "a.bin", overwrite=True) as part,
        ):
            part.write_bytes(bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.bin", b"old")]


def test_a_refusal_of_the_system_has_path_cause_and_remedy(tmp_path):
    found = unwritable(OSError(errno.EROFS, "Read-only file system"), tmp_path, CheckpointError)
    assert str(found) == f"{tmp_path}: cannot be written: Read-only file system. Choose a folder that you may write to."
    assert isinstance(found, CheckpointError)


def test_links_and_home_folders_that_lead_nowhere_stay(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to("folder")
    assert real_path(tmp_path / "loop") == real_path(tmp_path) / "loop"
    assert real_path(tmp_path / "link" / ".." / "a") == real_path(tmp_path) / "a"
    assert home_path("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")
    assert home_path("~/a") == Path.home() / "a"


def test_text_with_names_that_are_no_text(tmp_path):
    write_text(tmp_path / "a", "größe " + os.fsdecode(b"\xff"))
    assert (tmp_path / "a").read_text(encoding="utf-8") == "größe \\udcff"
