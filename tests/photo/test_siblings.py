"""Files of one exposure."""

from __future__ import annotations

import errno
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from cards import write_jpeg, write_mosaic

from opticalzoom.photo.siblings import find_shots, folders, home, is_picture

TIME = datetime(2026, 1, 2, 3, 4, 5)
GREY = np.full((8, 12, 3), 128, np.uint8)


def test_a_raw_file_and_its_jpeg_are_one_shot(tmp_path):
    write_jpeg(tmp_path / "A.JPG", focal_length=24, time=TIME)
    write_mosaic(tmp_path / "a.dng", GREY, focal_length=24, time=TIME)
    (tmp_path / "a.xmp").write_text("a sidecar")
    (shot,), problems = find_shots(sorted(tmp_path.iterdir()))
    assert (shot.photo.name, shot.raw.name, shot.name, problems) == ("A.JPG", "a.dng", "A", [])


def test_files_of_other_times_are_not(tmp_path):
    write_jpeg(tmp_path / "a.jpg", focal_length=24, time=TIME)
    write_mosaic(tmp_path / "a.dng", GREY, focal_length=24, time=TIME + timedelta(seconds=3))
    (shot,), (problem,) = find_shots(sorted(tmp_path.iterdir()))
    assert shot.raw is None
    assert problem.path.name == "a.dng"
    assert "another time" in problem.reason


def test_videos_are_named(tmp_path):
    (tmp_path / "a.MOV").write_bytes(b"")
    shots, (problem,) = find_shots([tmp_path / "a.MOV"])
    assert shots == []
    assert problem.reason == "is a video"


def test_folders_without_hidden_ones(tmp_path):
    for name in ("b", ".hidden", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(b"")
    found = {folder.name: [path.name for path in files] for folder, files, _ in folders(tmp_path, [])}
    assert found == {tmp_path.name: [], "a": ["1.jpg"], "b": ["1.jpg"]}


def test_folders_named_after_a_kind_of_file_hold_the_same_shots(tmp_path):
    assert home(tmp_path, tmp_path / "trip" / "RAW") == home(tmp_path, tmp_path / "trip" / "jpeg") == tmp_path / "trip"
    assert is_picture(tmp_path / "a.ARW")
    assert not is_picture(tmp_path / "a.xmp")


def walked(root):
    return sorted(str(path.relative_to(root)) for _, files, _ in folders(root, []) for path in files)


def test_links_to_folders_are_followed_once_and_never_round(tmp_path):
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    for name in ("root/a/1.jpg", "elsewhere/2.jpg", "elsewhere/deep/3.jpg", "other.jpg"):
        (tmp_path / name).touch()
    root = tmp_path / "root"
    (root / "again").symlink_to(root / "a")
    (root / "a" / "round").symlink_to(root)
    (root / "a" / "up").symlink_to(tmp_path)
    (root / "b").symlink_to(tmp_path / "elsewhere" / "deep")
    (root / "c").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)
    (root / "nowhere").symlink_to(tmp_path / "missing")
    assert walked(root) == ["a/1.jpg", "b/3.jpg", "c/2.jpg", "c/deep/3.jpg", "nowhere"]


def test_closed_folders_are_listed(tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").touch()
    scan = os.scandir

    def closed(path):
        if Path(path).name in codes:
            raise OSError(codes[Path(path).name], os.strerror(codes[Path(path).name]), str(path))
        return scan(path)

    codes = {"a": errno.EACCES, "b": errno.ESTALE}
    monkeypatch.setattr(os, "scandir", closed)
    problems = []
    found = [path.parent.name for _, files, _ in folders(tmp_path, problems) for path in files]
    assert found == ["c"]
    assert [(problem.path.name, problem.reason) for problem in problems] == [
        ("a", "cannot be listed: Permission denied"),
        ("b", f"cannot be listed: {os.strerror(errno.ESTALE)}"),
    ]
