from __future__ import annotations

import pytest
from cards import write_jpeg

from opticalzoom.pairs.scenes.sequence import find_scenes, pair_shots
from opticalzoom.pairs.scenes.sr_raw import FOCAL_LENGTHS, WRONG_SHOTS

TRANSFORMS = "00001-00001:\n1.0000 0.0000 0.0000\n0.0000 1.0000 0.0000\ncorner:\n00000 02848 00000 04256"


def write_scene(folder, exif=True, shots=range(1, 8), transforms=TRANSFORMS):
    for number in shots:
        for suffix in ("JPG", "ARW"):
            length = FOCAL_LENGTHS[number - 1] if exif else None
            write_jpeg(folder / f"{number:05}.{suffix}", focal_length=length)
    if transforms is not None:
        (folder / "tform.txt").write_text(transforms)
        (folder / "wb.txt").write_text("00001:\n2.1 1.0 1.0 1.6")
        write_jpeg(folder / "cropped" / "00001.JPG")
        write_jpeg(folder / "aligned" / "00001.JPG")


@pytest.mark.parametrize("exif", [True, False])
@pytest.mark.parametrize("transforms", [TRANSFORMS, None])
def test_scenes_as_downloaded(tmp_path, exif, transforms):
    write_scene(tmp_path / "train" / "00001", exif, transforms=transforms)
    write_scene(tmp_path / "test" / "00134", exif, transforms=transforms)
    scenes, problems = find_scenes(tmp_path)
    assert problems == []
    assert [scene.name for scene in scenes] == ["test-00134", "train-00001"]
    for scene in scenes:
        assert [shot.focal_length for shot in scene.shots] == list(FOCAL_LENGTHS)
        assert all(shot.photo.stem == shot.raw.stem for shot in scene.shots)
    assert [pair.name for pair in pair_shots(scenes[0], 4)] == [
        f"test-00134-{short:05}-{short - 4:05}" for short in (5, 6, 7)
    ]


@pytest.mark.parametrize("below", ["", "train", "train/00002"])
def test_every_level_of_the_folders(tmp_path, below):
    write_scene(tmp_path / "train" / "00002")
    (scene,), _ = find_scenes(tmp_path / below)
    assert (scene.name.removeprefix("train-"), len(scene.shots)) == ("00002", 7)


def test_six_shots_take_their_focal_lengths_from_exif_only(tmp_path):
    write_scene(tmp_path / "00003", shots=(1, 2, 3, 5, 6, 7))
    write_scene(tmp_path / "00004", exif=False, shots=range(1, 7))
    (scene,), problems = find_scenes(tmp_path)
    assert [shot.focal_length for shot in scene.shots] == [240, 150, 100, 50, 35, 24]
    assert {(problem.path.parent.name, problem.reason) for problem in problems} == {
        ("00004", "EXIF without focal length")
    }


def test_shots_known_to_be_wrong_are_left_out(tmp_path):
    write_scene(tmp_path / "00350")
    write_scene(tmp_path / "00560", exif=False)
    scenes, problems = find_scenes(tmp_path)
    assert [[int(shot.name) for shot in scene.shots] for scene in scenes] == [[4, 5, 6, 7], [1, 2, 4, 5, 6, 7]]
    assert scenes[1].shots[2].focal_length == 70
    listed = {f"{problem.path.parent.name}/{problem.path.stem}" for problem in problems}
    assert listed == {name for name in WRONG_SHOTS if not name.startswith("00267")}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0x", b"00001-00001:\n1.0 0.0 zero"])
def test_a_broken_tform_is_a_problem_and_nothing_else(tmp_path, content):
    write_scene(tmp_path / "00005")
    (tmp_path / "00005" / "tform.txt").write_bytes(content)
    (scene,), (problem,) = find_scenes(tmp_path)
    assert len(scene.shots) == 7
    assert problem.path.name == "tform.txt"
    assert "not needed" in problem.reason


def test_other_folders_with_numbers_are_no_sr_raw(tmp_path):
    for number in range(1, 8):
        write_jpeg(tmp_path / "00006" / f"{number:05}.JPG")
    write_jpeg(tmp_path / "00006" / "00008.JPG")
    scenes, problems = find_scenes(tmp_path)
    assert scenes == []
    assert len(problems) == 8
