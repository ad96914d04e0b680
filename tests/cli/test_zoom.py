"""The verb on many photos: what is asked for is made, once, in order or in parallel, and goes on after a stop."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from opticalzoom.cli.main import main
from opticalzoom.cli.zoom import zoom_parser
from opticalzoom.engines.checkpoint import load_model, save_model
from opticalzoom.models import build
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.computing import MEMORY, PRECISIONS, Backend, Precision
from opticalzoom.zooming import jobs as zoom_jobs
from opticalzoom.zooming.crop import Middle
from opticalzoom.zooming.in_memory import zoom
from opticalzoom.zooming.names import NamePattern


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    arguments = {"scale": 3, "features": 8, "blocks": 1}
    folder = tmp_path_factory.mktemp("weights")
    return save_model(folder / "tiny.safetensors", build("sdan_lite", **arguments), ModelCard("sdan_lite", arguments))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three photos in two folders, seen from above them."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(["h/a.png", "h/b.png", "h/day 1/ü.png"]):
        write_photo(name, Photo(noise(9, 12, 3, seed=seed)))
    return tmp_path / "h"


def noise(*shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def results(folder="out"):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture
def verb(weights):
    return lambda *arguments: main(["zoom", *map(str, arguments), "--weights", str(weights)])


# --- many photos


@pytest.mark.parametrize("workers", [1, 2])
def test_folders_keep_their_structure_whoever_works(folder, verb, weights, workers):
    assert verb("h", "-r", "-o", "out", "--workers", workers) == 0
    assert results() == ["a-x3.png", "b-x3.png", "day 1/ü-x3.png"]
    pixels = read_photo(folder / "day 1" / "ü.png").pixels
    np.testing.assert_array_equal(read_photo("out/day 1/ü-x3.png").pixels, zoom(load_model(weights), pixels))


def test_a_quoted_pattern(folder, verb):
    assert verb("h/**/[aü].png", "-o", "out") == 0
    assert results() == ["a-x3.png", "day 1/ü-x3.png"]


def test_into_the_folder_itself_again_and_again(folder, verb, capsys):
    for _ in range(2):
        assert verb("h", "-o", "h", "--resume") == 0
    assert results("h") == ["a-x3.png", "a.png", "b-x3.png", "b.png", "day 1/ü.png"]
    printed = capsys.readouterr().out
    assert "2 left aside: results of earlier runs, as h/a-x3.png" in printed
    assert "2 of 2 zoomed (2 of them before), in h" in printed


def test_a_name_that_begins_with_a_dash(folder, weights, monkeypatch):
    (folder / "a.png").rename(folder / "-a.png")
    monkeypatch.chdir(folder)
    assert main(["zoom", "--weights", str(weights), "-o", "out", "--", "-a.png"]) == 0
    assert results() == ["-a-x3.png"]


def test_names_that_are_no_text(folder, verb, capsys):
    if sys.platform != "linux":
        pytest.skip("other systems have no such names")
    name = os.fsdecode(b"\xff")
    (folder / "a.png").rename(folder / f"{name}.png")
    assert verb("h", "-o", "out") == 0
    assert "?.png → " in capsys.readouterr().out
    assert results() == ["b-x3.png", f"{name}-x3.png"]


def test_failures_come_last_and_do_not_stop_the_others(folder, verb, capsys):
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("hello")
    write_photo("out/b-x3.png", Photo(noise(2, 2, 3)))
    assert verb("h", "missing.png", "-o", "out") == 2
    printed = capsys.readouterr()
    assert results() == ["a-x3.png", "b-x3.png"]
    assert printed.out.endswith("1 of 6 zoomed, in out\n")
    listed = [line.split(": ")[1] for line in printed.err.splitlines()]
    known = ["missing.png", "out/b-x3.png"]  # said at once and again at the end
    assert listed == [*known, *known, "h/broken.jpg", "h/empty.png", "h/text.jpg"]


@pytest.mark.parametrize(
    ("photos", "pixels", "workers"),
    [(1, 100_000_000, 1), (3, 200_000, 1), (500, 100_000, 4), (50, 900_000, 4), (50, 3_000_000, 1), (0, 0, 1)],
)
def test_processes_for_many_small_photos_only(monkeypatch, photos, pixels, workers):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    job = zoom_jobs.Job(Path("a"), Path("b"), pixels, None, zoom_jobs.Recipe())
    assert zoom_jobs.default_workers([job] * photos) == workers


# --- stopping and going on


def test_what_is_left_out_of_several_photos_is_told_once(folder, verb, monkeypatch, capsys):
    monkeypatch.setattr("opticalzoom.zooming.zoomer.write_bands", lambda *_, **__: ())
    kept = zoom_jobs.zoom_job
    monkeypatch.setattr(zoom_jobs, "zoom_job", lambda *a: kept(*a)._replace(notes=("its map of gains is left out",)))
    assert verb("h", "-o", "out", "--workers", 1) == 0
    assert "2 photos: its map of gains is left out, as h/a.png\n2 of 2 zoomed" in capsys.readouterr().out


def test_resume_does_what_is_missing_and_says_nothing_of_the_rest(folder, verb, capsys):
    assert verb("h/a.png", "-o", "out") == 0
    before = Path("out/a-x3.png").stat().st_mtime_ns
    capsys.readouterr()
    assert verb("h", "-r", "-o", "out", "--resume") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "a-x3" not in printed.out
    assert printed.out.endswith("3 of 3 zoomed (1 of them before), in out\n")
    assert Path("out/a-x3.png").stat().st_mtime_ns == before
    assert verb("h", "-r", "-o", "out", "--resume") == 0
    with pytest.raises(SystemExit, match="2"):
        verb("h", "-o", "out", "--resume", "--overwrite")


def test_ctrl_c_says_what_is_done_and_how_to_go_on(folder, verb, monkeypatch, capsys):
    zoom_job = zoom_jobs.zoom_job

    def interrupted(job, progress=None):
        if job.photo.name == "b.png":
            raise KeyboardInterrupt
        return zoom_job(job, progress)

    with monkeypatch.context() as patch:
        patch.setattr(zoom_jobs, "zoom_job", interrupted)
        assert verb("h", "-r", "-o", "out", "--workers", 1) == 130
    assert "Stopped: 1 of 3 zoomed, in out. The same command with --resume goes on." in capsys.readouterr().out
    assert results() == ["a-x3.png"]
    assert verb("h", "-r", "-o", "out", "--resume") == 0
    assert results() == ["a-x3.png", "b-x3.png", "day 1/ü-x3.png"]


# --- what is written


def test_scale_and_crop(folder, verb, weights):
    pixels = read_photo("h/a.png").pixels
    assert verb("h/a.png", "-o", "out", "--crop", "6x4+2+1") == 0
    np.testing.assert_array_equal(read_photo("out/a-x3.png").pixels, zoom(load_model(weights), pixels)[3:15, 6:24])
    assert verb("h/a.png", "-o", "out", "--scale", 2.5) == 0
    assert read_photo("out/a-x2.5.png").pixels.shape == (22, 30, 3)
    assert verb("h/a.png", "-o", "out", "--digital-zoom", 3, "--name", "near{suffix}") == 0
    np.testing.assert_array_equal(read_photo("out/near.png").pixels, zoom(load_model(weights), pixels)[9:18, 12:24])


def test_a_crop_that_only_some_photos_have(folder, verb, capsys):
    write_photo("h/large.png", Photo(noise(30, 30, 3)))
    assert verb("h", "-o", "out", "--crop", "20x20") == 2
    assert results() == ["large-x3.png"]
    assert "h/a.png: the crop takes" in capsys.readouterr().err


def test_bits(folder, verb):
    write_photo("h/c.jpg", Photo(noise(9, 12, 3)))
    write_photo("h/d.tif", Photo(noise(9, 12, 3, dtype=np.uint16)))
    assert verb("h", "-o", "16", "--bits", 16) == 0
    assert results("16") == ["a-x3.png", "b-x3.png", "c-x3.png", "d-x3.tif"]
    assert {read_photo(path).pixels.dtype for path in Path("16").iterdir()} == {np.dtype(np.uint16)}
    assert verb("h/d.tif", "-o", "8", "--bits", 8) == 0
    assert read_photo("8/d-x3.tif").pixels.dtype == np.uint8


def test_heic_becomes_jpeg_and_deep_heic_png_if_asked_for(folder, verb):
    heif = pytest.importorskip("pillow_heif")
    for name, dtype in {"h/c.HEIC": np.uint8, "h/d.heic": np.uint16}.items():
        mode = "RGB" if dtype == np.uint8 else "RGB;16"
        heif.from_bytes(mode=mode, size=(64, 48), data=noise(48, 64, 3, dtype=dtype).tobytes()).save(name)
    assert verb("h/c.HEIC", "h/d.heic", "-o", "out") == 0
    assert verb("h/d.heic", "-o", "out", "--format", "png") == 0
    assert results() == ["c-x3.jpg", "d-x3.jpg", "d-x3.png"]
    assert read_photo("out/c-x3.jpg").pixels.shape == (144, 192, 3)
    assert read_photo("out/d-x3.png").pixels.dtype == np.uint16


def test_names(folder, verb):
    assert verb("h", "-r", "-o", "out", "--name", "{kind} {stem}, {scale} times{suffix}", "--format", "tif") == 0
    assert results() == ["day 1/png ü, 3 times.tif", "png a, 3 times.tif", "png b, 3 times.tif"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "{size}{suffix}"], "--name '{size}{suffix}' cannot be used"),
        (["--name", "{stem}.tif", "--format", "png"], "--name has a suffix"),
        (["--name", "same{suffix}"], "would be the output of h/a.png, h/b.png"),
        (["--digital-zoom", "3", "--crop", "5x5"], "--digital-zoom is a crop and a scale"),
        (["--digital-zoom", "3", "--scale", "2"], "--digital-zoom is a crop and a scale"),
        (["--format", "jpg", "--bits", "16"], "jpg has 8 bits"),
    ],
)
def test_options_that_contradict_each_other(folder, verb, capsys, arguments, words):
    assert verb("h", "-o", "out", *arguments) == 2
    assert words in capsys.readouterr().err
    assert not Path("out").exists()


# --- the options


def parse(*words: str):
    return zoom_parser().parse_args(["photo.jpg", "-o", "out", *words])


def test_defaults():
    args = parse()
    assert (args.photos, args.output, args.memory, args.quality) == (["photo.jpg"], "out", MEMORY, 95)
    assert (args.scale, args.crop, args.digital_zoom, args.workers, args.bits) == (None,) * 5
    assert NamePattern(args.name).result(Path("a.png"), 3, ".png") == "a-x3.png"


def test_values():
    args = parse("--scale", "2.5", "--memory", "1.5GB", "--crop", "50%", "--workers", "2", "--bits", "16")
    assert (args.scale, args.memory, args.crop, args.workers, args.bits) == (2.5, 1_500_000_000, Middle(0.5), 2, 16)


def test_every_backend_and_precision_can_be_chosen():
    assert tuple(PRECISIONS) == get_args(Backend)
    assert {precision for some in PRECISIONS.values() for precision in some} == set(get_args(Precision))
    for backend in ("auto", *PRECISIONS):
        assert parse("--backend", backend).backend == backend
    for precision in ("auto", *get_args(Precision)):
        assert parse("--precision", precision).precision == precision


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--scale", "0"], "argument --scale: got '0', expected a number above 0"),
        (["--scale", "x"], "argument --scale: got 'x', expected a number above 0"),
        (["--digital-zoom", "inf"], "argument --digital-zoom: got 'inf', expected a number above 0"),
        (["--workers", "0"], "argument --workers: got '0', expected a whole number from 1 to 1024"),
        (["--quality", "101"], "argument --quality: got '101', expected a whole number from 1 to 100"),
        (["--memory", "lots"], "argument --memory: got 'lots', expected a size as 500MB or 1.5GB"),
        (["--crop", "0x5"], "argument --crop: '0x5' is no part of a photo"),
        (["--bits", "12"], "argument --bits: invalid choice: 12"),
        (["--workers", "2", "--scheduler", "x"], "not allowed with argument --workers"),
        (["--resume", "--overwrite"], "not allowed with argument --resume"),
    ],
)
def test_what_is_out_of_range_says_what_is_expected(words, expected, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(*words)
    assert stopped.value.code == 2
    assert expected in capsys.readouterr().err
