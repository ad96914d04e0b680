"""Files of one exposure."""

from __future__ import annotations

from datetime import datetime, timedelta

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
