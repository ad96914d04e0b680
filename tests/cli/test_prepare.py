"""The verb ``prepare`` on simulated memory cards: what is written, going on after a stop, and spoilt cards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from cards import write_card, write_jpeg

from opticalzoom.cli.main import main
from opticalzoom.pairs.preparing import shot_pair as preparation
from opticalzoom.pairs.sources import open_source
from opticalzoom.parallel import schedule
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.raw_file import read_raw

FOCAL_LENGTHS = (50.0, 24.0)
SIZE = (200, 300)


@pytest.fixture(scope="module")
def master(tmp_path_factory) -> Path:
    """Three scenes at ×2, as JPEG and RAW siblings."""
    folder = tmp_path_factory.mktemp("card") / "DCIM"
    write_card(folder, 3, 1, focal_lengths=FOCAL_LENGTHS, size=SIZE, suffixes=(".JPG", ".DNG"))
    return folder


@pytest.fixture
def card(master, tmp_path) -> Path:
    return Path(shutil.copytree(master, tmp_path / "DCIM"))


def run(card: Path, *more: str, output: str = "out") -> int:
    arguments = ["prepare", str(card), "-o", str(card.parent / output), "--scale", "2", "--workers", "1", *more]
    return main(arguments)


def records(card: Path) -> list[dict]:
    return [json.loads(line) for line in (card.parent / "out" / "manifest.jsonl").read_text().splitlines()]


def in_this_process(function, jobs, workers, lost):
    """For tests that count or break what the processes do."""
    return map(function, jobs)


def test_a_card_becomes_pairs_a_manifest_and_a_report(card, capsys):
    assert run(card) == 0
    assert "3 of 3 pairs accepted" in capsys.readouterr().out
    found = records(card)
    assert [r["accepted"] for r in found] == [True] * 3
    assert all(r["raw"] and 1.9 < r["ratio"] < 2.2 and r["residual"] < 1 and r["trusted"] > 0.8 for r in found)
    out = card.parent / "out"
    report = (out / "report.html").read_text()
    assert report.count('class="verdict accepted"') == 3
    assert len(list((out / "report").iterdir())) == 18
    assert not [path for path in out.rglob("*") if path.name.startswith(".")]

    source = open_source(out, scale=2)
    pair = source.load(found[0]["name"])
    assert pair.y.shape[:2] == tuple(2 * side for side in pair.x.shape[:2])
    assert pair.mask is not None
    assert pair.mosaic is not None
    top, left = found[0]["top"], found[0]["left"]
    original = read_raw(found[0]["short"]).mosaic
    height, width = pair.mosaic.mosaic.shape
    assert np.abs(pair.mosaic.mosaic - original[top : top + height, left : left + width]).max() < 1 / 60000
    small = pair.y.reshape(height, 2, width, 2, 3).mean((1, 3)) / np.iinfo(pair.y.dtype).max
    assert np.abs(small - pair.x / np.iinfo(pair.x.dtype).max).mean() < 0.04  # same place, same colours


def test_a_second_run_does_nothing_again(card, monkeypatch, capsys):
    assert run(card) == 0
    before = records(card)
    monkeypatch.setattr(schedule, "run_here", in_this_process)
    monkeypatch.setattr(preparation, "prepare_shots", lambda job: pytest.fail("was done before"))
    assert run(card) == 0
    assert records(card) == before
    assert "3 of them done before" in capsys.readouterr().out


def test_what_changed_is_done_again(card, monkeypatch):
    assert run(card) == 0
    changed = records(card)[1]
    os.utime(changed["short"], (1, 1))
    shutil.rmtree(card.parent / "out" / "pairs" / records(card)[2]["name"])
    done = []
    monkeypatch.setattr(schedule, "run_here", in_this_process)
    prepare = preparation.prepare_shots
    monkeypatch.setattr(preparation, "prepare_shots", lambda job: (done.append(job.pair.name), prepare(job))[1])
    assert run(card) == 0
    assert done == [r["name"] for r in records(card)[1:]]


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(card, monkeypatch, capsys):
    def interrupted(function, jobs, workers, lost):
        yield function(jobs[0])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schedule, "run_here", interrupted)
        assert run(card) == 130
    assert "the same command goes on" in " ".join(capsys.readouterr().out.split())
    assert len(records(card)) == 1
    assert run(card) == 0
    assert len(records(card)) == 3


def test_a_killed_run_goes_on(card):
    script = "import os, sys\nfrom opticalzoom.cli.prepare import run_prepare\n"
    script += "from opticalzoom.pairs import manifest as m\nwrite = m.append_record\n"
    script += "m.append_record = lambda folder, record: (write(folder, record), os.kill(os.getpid(), 9))\n"
    script += "run_prepare(sys.argv[1:])\n"
    out = card.parent / "out"
    command = [sys.executable, "-c", script, str(card), "-o", str(out), "--scale", "2", "--workers", "1"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -9
    with (out / "manifest.jsonl").open("a") as file:
        file.write('{"name": "cut sh')
    (out / "pairs" / ".opticalzoom-0123abcd-left").mkdir()
    assert run(card) == 0
    assert len(records(card)) == 3
    assert not list((out / "pairs").glob(".*"))


def spoil(card: Path) -> None:
    """RAW files of two scenes are cut short, of the first with the JPEG; more files of all kinds lie about."""
    _, first, *_, last = sorted(card.glob("*.DNG"))
    for path in (first, last, first.with_suffix(".JPG")):
        path.write_bytes(path.read_bytes()[:5000])
    (card / "note.ARW").write_text("just a text")
    (card / "MVI_0001.MP4").write_bytes(bytes(100))
    write_jpeg(card / "lonely.JPG", focal_length=35, time=datetime(2025, 1, 1))
    for number in range(3):
        write_jpeg(card / f"nofocal{number}.JPG", time=datetime(2026, 1, 1, 0, 0, number))
    (card / "DSC00003.DNG").unlink()  # a missing sibling


def test_spoilt_files_are_listed_and_the_others_used(card, capsys):
    spoil(card)
    assert run(card) == 0
    printed = capsys.readouterr()
    assert "2 of 3 pairs accepted" in printed.out
    for text in ("note.ARW", "is a video", "only shot of its scene", "EXIF without focal length", "is taken instead"):
        assert text in printed.err
        assert text in (card.parent / "out" / "report.html").read_text()
    rejected = next(r for r in records(card) if not r["accepted"])
    assert "cannot be decoded" in rejected["reason"]
    assert not (card.parent / "out" / "pairs" / rejected["name"]).exists()


def test_shots_of_different_things_are_rejected(card, master, capsys):
    shots = sorted(card.glob("*.JPG"))
    for raw in card.glob("*.DNG"):
        raw.unlink()
    other, metadata = read_photo(shots[3]).pixels, read_metadata(shots[1])
    write_jpeg(shots[1], other, focal_length=metadata.focal_length, time=metadata.time)  # scene 2's for scene 1's
    assert run(card) == 0
    assert [r["accepted"] for r in records(card)] == [False, True, True]
    assert records(card)[0]["reason"]


@pytest.mark.parametrize("name", ["videos", "empty", "missing"])
def test_folders_without_pairs_are_refused(tmp_path, name, capsys):
    if name != "missing":
        (tmp_path / name).mkdir()
    if name == "videos":
        for number in range(3):
            (tmp_path / name / f"C{number}.MP4").write_bytes(bytes(10))
    assert run(tmp_path / name) == 2
    errors = capsys.readouterr().err
    assert {"videos": "is a video", "empty": "no pair of shots", "missing": "no such folder"}[name] in errors
    assert not (tmp_path / "out").exists()


def test_other_folders_are_not_written_into(card, capsys):
    (card.parent / "out").mkdir()
    (card.parent / "out" / "diary.txt").write_text("mine")
    assert run(card) == 2
    assert "holds other files" in capsys.readouterr().err
    assert run(card, output="DCIM/prepared") == 2
    assert "lies in the folder of the photos" in capsys.readouterr().err


def test_another_scale_needs_another_folder(card, capsys):
    assert run(card) == 0
    arguments = ["prepare", str(card), "-o", str(card.parent / "out"), "--scale", "3", "--tolerance", "0.7"]
    assert main(arguments) == 2
    assert "holds pairs of another scale" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_said_and_no_half_pair_left(card, tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert main(["prepare", str(card), "-o", str(disk / "out"), "--scale", "2", "--workers", "1"]) == 2
        errors = capsys.readouterr().err
        assert "cannot be written" in errors
        assert "Traceback" not in errors
        names = {"x.png", "y.png", "mask.png", "x.dng"}
        assert all({f.name for f in p.iterdir()} == names for p in (disk / "out" / "pairs").iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_photos_without_raw_give_pairs_of_eight_bits(card):
    for raw in card.glob("*.DNG"):
        raw.unlink()
    assert run(card) == 0
    home = card.parent / "out" / "pairs" / records(card)[0]["name"]
    assert sorted(path.name for path in home.iterdir()) == ["mask.png", "x.png", "y.png"]
    assert read_photo(home / "y.png").pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--workers", "0"], "argument --workers: got '0', expected a whole number from 1 to 1024"),
        (["--tolerance", "-0.1"], "argument --tolerance: got '-0.1', expected a number from 0 to 1"),
        (["--scale", "5"], "argument --scale: invalid choice: 5"),
    ],
)
def test_numbers_out_of_range_say_what_is_expected(tmp_path, capsys, words, expected):
    with pytest.raises(SystemExit, match="2"):
        main(["prepare", str(tmp_path), "-o", str(tmp_path / "out"), *words])
    assert expected in capsys.readouterr().err
