from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from cards import FOCAL_LENGTHS, SHOT, START, write_card, write_jpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.errors import PairError
from opticalzoom.pairs.scenes.sequence import Problem, Scene, Shot, find_groups, find_scenes, pair_shots
from opticalzoom.photo.metadata import Metadata


def names(scenes):
    return {scene.name: [shot.name for shot in scene.shots] for scene in scenes}


def reasons(root, problems):
    return {str(problem.path.relative_to(root)): problem.reason for problem in problems}


def at(seconds):
    return START + timedelta(seconds=seconds)


def shot(focal_length=None, equivalent=None, name="a"):
    return Shot(None, Path(f"{name}.arw"), Metadata(focal_length=focal_length, focal_length_35mm=equivalent))


def ratios(scene, scale, **options):
    return {(p.long.focal_length, p.short.focal_length): p.ratio for p in pair_shots(scene, scale, **options)}


def scene_of(*focal_lengths):
    return Scene("s", tuple(shot(length, name=f"n{length}") for length in focal_lengths))


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    root = tmp_path_factory.mktemp("card")
    return root, write_card(root / "DCIM" / "100MSDCF", scenes=5, seed=1, size=(60, 90))


def test_a_card_of_five_scenes(card):
    root, files = card
    scenes, problems = find_scenes(root)
    assert problems == []
    assert names(scenes) == {f"DCIM-100MSDCF-{paths[0].stem}": [path.stem for path in paths] for paths in files}
    assert [shot.focal_length for shot in scenes[2].shots] == list(FOCAL_LENGTHS)
    assert scenes[2].shots[0].metadata.time == START + timedelta(minutes=10)
    assert scenes[2].shots[1].metadata.time == START + timedelta(minutes=10) + SHOT
    assert [pair.name for pair in pair_shots(scenes[0], 2)] == [
        "DCIM-100MSDCF-DSC00001-DSC00002-DSC00001",
        "DCIM-100MSDCF-DSC00001-DSC00004-DSC00002",
    ]


def test_a_card_of_raw_files_with_and_without_jpegs(tmp_path):
    both = write_card(tmp_path / "both", scenes=1, size=(32, 48), suffixes=(".JPG", ".DNG"))
    raw = write_card(tmp_path / "mosaics", scenes=1, size=(32, 48), suffixes=(".DNG",))
    scenes, problems = find_scenes(tmp_path)
    assert problems == []
    assert [shot.photo for shot in scenes[0].shots] == both[0]
    assert [shot.raw for shot in scenes[0].shots] == [path.with_suffix(".DNG") for path in both[0]]
    assert [shot.raw for shot in scenes[1].shots] == raw[0]
    assert {shot.photo for shot in scenes[1].shots} == {None}
    assert scenes[0].shots[1].metadata.time == scenes[1].shots[1].metadata.time == START + SHOT
    assert len(pair_shots(scenes[1], 2)) == 2


def test_shots_are_sorted_by_focal_length_whatever_their_order(tmp_path):
    for number, length in enumerate((35, 24, 100, 50)):
        write_jpeg(tmp_path / f"{number}.jpg", focal_length=length, time=at(number))
    (scene,), _ = find_scenes(tmp_path)
    assert [shot.name for shot in scene.shots] == ["2", "3", "0", "1"]


@pytest.mark.parametrize(
    "layout", ["{stem}.{suffix}", "{kind}/{stem}.{suffix}", "JPEG/{stem}.{suffix}", "{kind}/monday/{stem}.{suffix}"]
)
def test_raw_and_jpeg_of_one_exposure_are_one_shot(tmp_path, layout):
    kinds = {"JPG": "JPEG", "arw": "Raw"}
    for number, length in enumerate((100, 24)):
        for suffix, kind in kinds.items():
            stem = f"DSC{number}" if suffix == "JPG" else f"dsc{number}"
            if number == 1 and suffix == "arw":
                continue  # a missing sibling
            path = tmp_path / layout.format(stem=stem, suffix=suffix, kind=kind)
            write_jpeg(path, focal_length=length, time=at(number))  # the kind of content doesn't matter here
    (scene,), problems = find_scenes(tmp_path)
    assert problems == []
    long, short = scene.shots
    assert (long.photo.name, long.raw.name) == ("DSC0.JPG", "dsc0.arw")
    assert (short.photo.name, short.raw) == ("DSC1.JPG", None)
    assert long.name == "DSC0"


def test_a_raw_file_of_the_same_name_from_another_time_is_no_sibling(tmp_path):
    write_jpeg(tmp_path / "JPEG" / "1.jpg", focal_length=24, time=at(0))
    write_jpeg(tmp_path / "RAW" / "1.nef", focal_length=24, time=at(3600))
    write_jpeg(tmp_path / "JPEG" / "2.jpg", focal_length=50, time=at(1))
    (scene,), problems = find_scenes(tmp_path)
    assert [shot.raw for shot in scene.shots] == [None, None]
    assert reasons(tmp_path, problems) == {"RAW/1.nef": "was taken at another time than 1.jpg"}


def test_siblings_fill_each_others_gaps(tmp_path):
    write_jpeg(tmp_path / "1.jpg", time=at(0), lens="zoom")
    write_jpeg(tmp_path / "1.arw", focal_length=24, time=at(0))
    write_jpeg(tmp_path / "2.jpg", focal_length=50, time=at(1))
    (scene,), _ = find_scenes(tmp_path)
    assert (scene.shots[1].focal_length, scene.shots[1].metadata.lens) == (24, "zoom")


def test_exported_copies_do_not_count_twice(tmp_path):
    for name, length in (("1.jpg", 24), ("1.tif", 24), ("1.arw", 24), ("1.dng", 24), ("2.jpg", 50)):
        write_jpeg(tmp_path / name, focal_length=length, time=at(length))
    (scene,), problems = find_scenes(tmp_path)
    assert (scene.shots[1].photo.name, scene.shots[1].raw.name) == ("1.jpg", "1.arw")
    assert reasons(tmp_path, problems) == dict.fromkeys(("1.dng", "1.tif"), "is the shot 1.jpg once more")


def test_what_is_not_used_is_said_and_the_rest_works(tmp_path):
    write_jpeg(tmp_path / "1.jpg", focal_length=24, time=at(0))
    write_jpeg(tmp_path / "2.jpg", focal_length=50, time=at(1))
    write_jpeg(tmp_path / "3.jpg", time=at(2))
    write_jpeg(tmp_path / "4.jpg", focal_length=50, time=at(600))
    for name in ("1.ARW", "4.xmp", "clip.MOV", "live.heic", "notes.txt", ".hidden.jpg", "1.thm", "Thumbs.db"):
        (tmp_path / name).write_text("not a photo")
    (tmp_path / ".trash").mkdir()
    write_jpeg(tmp_path / ".trash" / "5.jpg", focal_length=50, time=at(3))
    scenes, problems = find_scenes(tmp_path)
    assert names(scenes) == {"1": ["2", "1"]}
    assert scenes[0].shots[1].raw is None
    assert reasons(tmp_path, problems) == {
        "1.ARW": "holds no photo of a kind known here",
        "3.jpg": "EXIF without focal length",
        "4.jpg": "is the only shot of its scene",
        "clip.MOV": "is a video",
        "live.heic": "holds no photo of a kind known here",
    }


def test_a_card_full_of_videos(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    assert find_scenes(tmp_path) == ([], [Problem(tmp_path / f"{n}.mp4", "is a video") for n in range(3)])


def test_folders_that_cannot_be_listed_are_a_problem(tmp_path, monkeypatch):
    write_jpeg(tmp_path / "1.jpg", focal_length=24, time=at(0))
    write_jpeg(tmp_path / "2.jpg", focal_length=50, time=at(1))
    (tmp_path / "lost+found").mkdir()
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "lost+found":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)  # permissions don't bind a superuser
    scenes, problems = find_scenes(tmp_path)
    assert len(scenes) == 1
    assert reasons(tmp_path, problems) == {"lost+found": "cannot be listed: Permission denied"}


def test_no_folder(tmp_path):
    assert find_scenes(tmp_path) == ([], [])
    with pytest.raises(PairError, match="no such folder"):
        find_scenes(tmp_path / "none")


def test_two_photos_without_exif_are_a_pair_by_name(tmp_path):
    for number, name in enumerate(("b.png", "a.png")):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / name)
    (scene,), problems = find_scenes(tmp_path)
    (pair,) = pair_shots(scene, 4)
    assert (pair.long.name, pair.short.name, pair.ratio, problems) == ("a", "b", None, [])


def test_cameras_and_long_pauses_part_scenes(tmp_path):
    lengths = {"1": (24, 0), "2": (50, 10), "3": (35, 75), "4": (100, 100)}
    for name, (length, seconds) in lengths.items():
        write_jpeg(tmp_path / f"{name}.jpg", focal_length=length, time=at(seconds))
    for number, length in enumerate((28, 85)):
        write_jpeg(tmp_path / f"b{number}.jpg", focal_length=length, time=at(number), camera=("Other", "Camera"))
    assert names(find_scenes(tmp_path)[0]) == {"1": ["2", "1"], "3": ["4", "3"], "b0": ["b1", "b0"]}
    assert len(find_scenes(tmp_path, gap=5)[0]) == 1
    assert names(find_scenes(tmp_path, gap=65)[0])["1"] == ["4", "2", "3", "1"]


def test_a_phone_with_two_cameras(tmp_path):
    options = {"camera": ("Apple", "iPhone X")}
    write_jpeg(tmp_path / "1.jpg", focal_length=4, equivalent=28, time=at(0), lens="4mm f/1.8", **options)
    write_jpeg(tmp_path / "2.jpg", focal_length=6, equivalent=52, time=at(1.5), lens="6mm f/2.4", **options)
    (scene,), _ = find_scenes(tmp_path)
    (pair,) = pair_shots(scene, 2)
    assert (pair.long.name, pair.short.name, pair.ratio) == ("2", "1", 52 / 28)


def test_focal_lengths_count_where_the_sensor_is_the_same_and_equivalents_elsewhere():
    same = Scene("s", (shot(70, 105), shot(18.0, 27)))  # exact, though 105/27 is not
    assert pair_shots(same, 4)[0].ratio == 70 / 18
    digital_zoom = Scene("s", (shot(4, 56), shot(4, 28)))
    assert pair_shots(digital_zoom, 2)[0].ratio == 2
    equivalents_only = Scene("s", (shot(None, 56), shot(None, 28)))
    assert pair_shots(equivalents_only, 2)[0].ratio == 2


def test_pairs_of_the_scales_that_sdan_trains_on():
    scene = scene_of(240, 150, 100, 70, 50, 35, 24)
    assert ratios(scene, 4) == {(240, 50): 4.8, (150, 35): 150 / 35, (100, 24): 100 / 24}
    assert ratios(scene, 8) == {(240, 24): 10}
    assert ratios(scene, 8, tolerance=0.3) == {(240, 35): 240 / 35, (240, 24): 10}
    assert list(ratios(scene, 3)) == [(240, 70), (150, 50), (100, 35), (70, 24)]
    assert list(ratios(scene, 2)) == [(240, 100), (150, 70), (100, 50), (70, 35), (50, 24)]


@given(st.lists(st.floats(10, 400), min_size=2, max_size=8, unique=True), st.sampled_from((2, 3, 4, 8)))
def test_every_pair_within_tolerance_and_no_other(lengths, scale):
    expected = {(a, b) for a in lengths for b in lengths if 0.9 <= a / b / scale <= 1.2}
    assert ratios(scene_of(*lengths), scale, tolerance=0.2).keys() == expected


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from((24, 50, 100, 200, None))), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_pairs_stay_in_their_scene_whatever_order_files_are_listed_in(tmp_path_factory, shots, order):
    root = tmp_path_factory.mktemp("card")
    truth = {}
    for number, (scene, length) in enumerate(shots):
        truth[f"{number}"] = scene
        write_jpeg(root / f"{number}.jpg", focal_length=length, time=at(100 * scene + number))
    found = find_scenes(root)
    for scene in found[0]:
        for scale in (2, 3, 4, 8):
            pairs = pair_shots(scene, scale)
            assert all(truth[pair.short.name] == truth[pair.long.name] for pair in pairs)
            assert len({pair.name for pair in pairs}) == len(pairs)
    used = {shot.name for scene in found[0] for shot in scene.shots}
    assert used ^ {problem.path.stem for problem in found[1]} == truth.keys()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.walk", shuffled_walk(order))
        assert find_scenes(root) == found


def shuffled_walk(order: random.Random):
    real = os.walk

    def walk(root, **options):
        for folder, below, files in real(root, **options):
            order.shuffle(below)
            order.shuffle(files)
            yield folder, below, files

    return walk


def test_folders_whose_names_would_collide(tmp_path):
    for folder, first in (("a-b", "c"), ("a", "b-c")):
        write_jpeg(tmp_path / folder / f"{first}.jpg", focal_length=24, time=at(0))
        write_jpeg(tmp_path / folder / "z.jpg", focal_length=50, time=at(1))
    assert sorted(names(find_scenes(tmp_path)[0])) == ["a-b-c", "a-b-c-2"]


def test_times_with_and_without_a_zone_are_compared_by_the_clock(tmp_path):
    write_jpeg(tmp_path / "1.jpg", focal_length=24, time=at(0))
    write_jpeg(tmp_path / "2.jpg", focal_length=50, time=at(1))
    with Image.open(tmp_path / "2.jpg") as picture:
        exif = picture.getexif()
        exif[0x8769] = {**exif.get_ifd(0x8769), 0x9011: "+09:00"}
        picture.save(tmp_path / "2.jpg", exif=exif)
    (scene,), _ = find_scenes(tmp_path)
    assert [shot.metadata.time.tzinfo is None for shot in scene.shots] == [False, True]


@pytest.mark.parametrize(("exposure", "scenes"), [(90.0, 1), (None, 0)])
def test_a_pause_is_counted_from_the_end_of_a_long_exposure(tmp_path, exposure, scenes):
    for name, seconds, length in (("a", 0, 24.0), ("b", 100, 50.0)):
        write_jpeg(tmp_path / f"{name}.jpg", focal_length=length, time=at(seconds), exposure=exposure)
    assert len(find_scenes(tmp_path)[0]) == scenes


def test_a_camera_that_counts_from_9999_to_1_goes_on_with_its_scene(tmp_path):
    for name, length in (("IMG_0001", 50.0), ("IMG_9999", 35.0), ("IMG_9998", 24.0)):
        write_jpeg(tmp_path / f"{name}.JPG", focal_length=length, time=START)
    ((name, shots),) = find_groups(tmp_path)[0]
    assert [shot.name for shot in shots] == ["IMG_9998", "IMG_9999", "IMG_0001"]
    assert name.endswith("IMG_9998")
