"""One pair of a simulated card: what is written, what its key depends on, and reasons instead of exceptions."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from cards import START, photograph, picture, write_card, write_jpeg
from places import SHARED

from opticalzoom.errors import PairError
from opticalzoom.pairs.preparing import shot_pair, verdict
from opticalzoom.pairs.preparing.shot_pair import PairJob, is_prepared, job_key, prepare_shots, rejection
from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.pairs.scenes.sequence import find_scenes, pair_shots
from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.raw_file import read_raw
from opticalzoom.photo.siblings import Shot

SCALE = 2
REAL = SHARED / "data" / "real-pairs"


@pytest.fixture
def job(tmp_path: Path) -> PairJob:
    """A scene at 50 and 24 mm, as JPEG and RAW."""
    folder = tmp_path / "card"
    write_card(folder, 1, 1, focal_lengths=(50.0, 24.0), size=(160, 240), suffixes=(".JPG", ".DNG"))
    (scene,), problems = find_scenes(folder)
    assert not problems
    (pair,) = pair_shots(scene, SCALE)
    return PairJob(pair, scene.name, tmp_path / "out", SCALE, job_key(pair, SCALE))


def test_a_pair_is_registered_and_written_with_its_mosaic(job):
    record = prepare_shots(job)
    assert record["accepted"], record["reason"]
    assert (record["focal_short"], record["focal_long"], record["focal_ratio"]) == (24, 50, 50 / 24)
    assert record["ratio"] == pytest.approx(50 / 24, rel=0.03)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    home = job.output / "pairs" / job.pair.name
    x, y, mask = (read_photo(home / f"{name}.png").pixels for name in ("x", "y", "mask"))
    assert x.shape == (record["height"], record["width"], 3)
    assert y.shape == (SCALE * record["height"], SCALE * record["width"], 3)
    assert mask.shape[:2] == y.shape[:2]
    assert set(np.unique(mask)) <= {0, 255}
    assert mask.mean() / 255 == pytest.approx(record["trusted"], abs=0.01)
    whole, part = read_raw(job.pair.short.raw).mosaic, read_raw(home / "x.dng").mosaic
    top, left = record["top"], record["left"]
    crop = whole[top : top + record["height"], left : left + record["width"]]
    np.testing.assert_allclose(part, crop, atol=1 / 60000)
    small = y.reshape(record["height"], SCALE, record["width"], SCALE, 3).mean((1, 3)) / np.iinfo(y.dtype).max
    assert np.abs(small - x / np.iinfo(x.dtype).max).mean() < 0.04  # same place, same colours
    assert is_prepared(job, record)
    assert not list(home.parent.glob(".*"))


def test_a_record_holds_as_long_as_its_key_and_its_files_do(job):
    assert not is_prepared(job, None)
    record = {"key": job.key, "accepted": False}
    assert is_prepared(job, record)
    assert not is_prepared(job, record | {"accepted": True})  # nothing was written
    assert not is_prepared(job, record | {"key": "another"})


def test_the_key_changes_with_files_scale_and_ratio(job):
    keys = {job.key, job_key(job.pair, SCALE + 1), job_key(replace(job.pair, ratio=2.0), SCALE)}
    assert job_key(job.pair, SCALE) == job.key
    os.utime(job.pair.long.photo, (1, 1))
    assert len(keys | {job_key(job.pair, SCALE)}) == 4


def test_what_cannot_be_read_is_rejected_with_the_reason(job):
    raw = job.pair.short.raw
    raw.write_bytes(raw.read_bytes()[:5000])
    job = replace(job, pair=replace(job.pair, short=replace(job.pair.short, photo=None)))
    record = prepare_shots(job)
    assert record == rejection(job, record["reason"])
    assert "cannot be decoded" in record["reason"]
    assert not job.output.exists()


def test_the_photo_is_taken_where_the_raw_file_beside_it_is_of_no_use(job):
    raw, photo = job.pair.short.raw, job.pair.short.photo
    raw.write_bytes(raw.read_bytes()[:5000])
    record = prepare_shots(job)
    assert record["accepted"], record["reason"]
    assert (record["raw"], record["short"], record["unused"]) == (False, str(photo), str(raw))
    assert "cannot be decoded" in record["unused_reason"]
    assert f"{photo.name} is taken instead" in record["unused_reason"]
    assert not (job.output / "pairs" / job.pair.name / "x.dng").exists()
    assert is_prepared(job, record)


def test_an_odd_failure_rejects_the_pair_alone(job, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(shot_pair, "register_views", broken)
    assert prepare_shots(job)["reason"].startswith("an unforeseen error (ZeroDivisionError: oh).")


def test_shots_that_share_too_little_are_rejected_and_what_was_there_goes(job, monkeypatch):
    assert prepare_shots(job)["accepted"]
    monkeypatch.setattr(verdict, "LEAST_SIDE", 1000)
    record = prepare_shots(job)
    assert record["reason"] == f"the two shots share only {record['width']}×{record['height']} pixels"
    assert not (job.output / "pairs" / job.pair.name).exists()


def test_a_folder_that_cannot_be_made_is_an_error_and_leaves_nothing_half(job):
    job.output.mkdir()
    (job.output / "pairs").write_text("a file")
    with pytest.raises(PairError, match="cannot be written"):
        prepare_shots(job)


def test_without_raw_x_is_the_photograph(job):
    pair = replace(job.pair, short=replace(job.pair.short, raw=None))
    record = prepare_shots(replace(job, pair=pair))
    assert record["accepted"]
    assert not record["raw"]
    home = job.output / "pairs" / job.pair.name
    assert sorted(path.name for path in home.iterdir()) == ["mask.png", "x.png", "y.png"]
    top, left = record["top"], record["left"]
    photo = read_photo(pair.short.photo).pixels
    crop = photo[top : top + record["height"], left : left + record["width"]]
    np.testing.assert_array_equal(read_photo(home / "x.png").pixels, crop)


def shot(path: Path) -> Shot:
    return Shot(path, None, read_metadata(path))


def test_shots_in_the_wrong_order_are_turned(tmp_path):
    whole = picture(np.random.default_rng(3), 700, 1050)
    for name, zoom in (("a", 2.0), ("b", 1.0)):
        write_jpeg(tmp_path / f"{name}.jpg", photograph(whole, zoom, (240, 360), np.random.default_rng(1)), time=START)
    pair = ShotPair("p", shot(tmp_path / "a.jpg"), shot(tmp_path / "b.jpg"), None)
    record = prepare_shots(PairJob(pair, "s", tmp_path / "out", 2, job_key(pair, 2, 0.25)))
    assert record["accepted"], record["reason"]
    assert (Path(record["short"]).stem, Path(record["long"]).stem) == ("b", "a")
    assert record["ratio"] == pytest.approx(2, rel=0.02)
    assert record["detail"] > 6
    assert record["parallax"] < 3


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pairs are not here")
@pytest.mark.parametrize("exif", [True, False])
def test_digital_zoom_of_a_phone_is_refused_with_and_without_exif(tmp_path, exif):
    folder = REAL / "digital-zoom-phone"
    short, long = shot(folder / "IMG_0001.JPG"), shot(folder / "IMG_0002.JPG")
    if not exif:
        short, long = (replace(one, metadata=Metadata()) for one in (short, long))
    record = prepare_shots(PairJob(ShotPair("p", short, long, 4.0), "s", tmp_path, 4, "key"))
    assert not record["accepted"]
    assert "digital zoom" in record["reason"]
    assert (tmp_path / "report" / "p-after.jpg").is_file()  # it was registered, and can be looked at


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pairs are not here")
@pytest.mark.parametrize("name", ["back1", "clockwise4", "left4", "pitch2"])
def test_blank_walls_beside_what_is_registered_are_trusted(tmp_path, name):
    folder = REAL / "phone-ultra-wide"
    pair = ShotPair("p", shot(folder / f"{name}-ultra.jpg"), shot(folder / f"{name}-wide.jpg"), None)
    record = prepare_shots(PairJob(pair, "s", tmp_path, 2, "key"))
    assert record["accepted"], record["reason"]
    assert 1.7 < record["ratio"] < 1.9
    assert record["trusted"] > 0.7
    x, y = (read_photo(tmp_path / "pairs" / "p" / f"{kind}.png").color for kind in "xy")
    mask = read_photo(tmp_path / "pairs" / "p" / "mask.png").color[..., 0] > 0
    reduced, whole = (cv2.resize(a, x.shape[1::-1], interpolation=cv2.INTER_AREA) for a in (y, mask.astype(np.float32)))
    assert np.abs(reduced.astype(float) - x)[whole == 1].mean() < 9
