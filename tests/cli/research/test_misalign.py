"""The verb ``misalign`` on a small tree in City100's layout: what is written, going on, checking, spoilt folders."""

from __future__ import annotations

import doctest
import hashlib
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from places import REPOSITORY
from skimage import data

from opticalzoom.cli.main import main
from opticalzoom.pairs import benchmark_files, fingerprints
from opticalzoom.pairs.benchmark_set import FIELD_STEP
from opticalzoom.pairs.registered import Preparation, training_pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import open_source

NAMES = ("002", "003", "004", "005", "006", "016")
TRAIN, TEST, VAL = ["002", "003", "004", "005"], ["016"], ["006"]
SIZE = (150, 201)


@pytest.fixture(scope="module")
def city100(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "City100_NikonD5500"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        y = data.astronaut()[40 * number :][: SIZE[0], : SIZE[1]]
        blurred = cv2.GaussianBlur(y, (0, 0), 1.2)
        Image.fromarray(y).save(folder / f"{name}H.PNG")
        Image.fromarray(blurred).save(folder / f"{name}L.PNG")
    return folder


in_processes = benchmark_files.run_here


@pytest.fixture(scope="module", autouse=True)
def _in_this_process():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark_files, "run_here", lambda function, jobs, workers, lost: map(function, jobs))
        yield


def misalign(city100: Path, output: Path, *more: str) -> int:
    return main(["misalign", "--data", str(city100), "-o", str(output), *more])


SMALL = ("--strengths", "4", "--local", "1", "--parallax", "5", "--registration", "none")
SET = "train/4px-local1-parallax5-none"


@pytest.fixture(scope="module")
def made(city100, tmp_path_factory) -> Path:
    """One set, made once."""
    output = tmp_path_factory.mktemp("made")
    assert misalign(city100, output, *SMALL, "--workers", "1") == 0
    return output


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_every_combination_is_a_set_and_other_splits_are_as_they_are(city100, tmp_path, capsys):
    more = ("--strengths", "0", "3", "--parallax", "0", "4", "--registration", "none", "homography")
    assert misalign(city100, tmp_path / "out", *more) == 0
    sets = sorted(path.parent.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json"))
    kinds = [f"train/{s}-parallax{p}-{m}" for s in ("0px-local0", "3px-local2") for p in (0, 4) for m in more[-2:]]
    assert sets == sorted(["test", "val", *kinds])
    said = capsys.readouterr().out
    assert all(f"{name}: " in said for name in sets)
    for split, names in (("test", TEST), ("val", VAL)):
        folder = tmp_path / "out" / split
        assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "x", "y"]
        assert sorted(p.stem for p in (folder / "y").iterdir()) == names
        original = pixels(city100 / f"{names[0]}H.PNG")
        np.testing.assert_array_equal(pixels(folder / "y" / f"{names[0]}.png"), original)
        assert pixels(folder / "x" / f"{names[0]}.png").shape == (50, 67, 3)
    aligned = tmp_path / "out" / "train" / "0px-local0-parallax0-none"
    assert sorted(p.stem for p in (aligned / "x").iterdir()) == TRAIN
    assert not np.load(aligned / "field" / "002.npz")["field"].any()


def test_the_files_hold_what_training_on_the_data_itself_gets(city100, made):
    moves = Misalignment(4, 1, 0, 5)
    source = open_source(city100)
    for name in TRAIN:
        pair = source.load(name)
        expected = training_pair(pair, 3, Preparation(misalignment=moves, method="none"))
        motion = moves.motion(name, *SIZE)
        np.testing.assert_array_equal(pixels(made / SET / "x" / f"{name}.png"), expected.x)
        np.testing.assert_array_equal(pixels(made / SET / "y" / f"{name}.png"), expected.y)
        np.testing.assert_array_equal(pixels(made / SET / "trusted" / f"{name}.png") > 0, expected.mask)
        known = pixels(made / SET / "known" / f"{name}.png") > 0
        np.testing.assert_array_equal(known, motion.valid & ~motion.uncovered)
        assert 0.5 < known.mean() < 1
        field = np.load(made / SET / "field" / f"{name}.npz")["field"]
        assert field.dtype == np.float32
        assert np.abs(field - motion.field).max() <= FIELD_STEP / 2
        assert np.abs(field).max() > 3


def test_the_fingerprints_example_runs():
    assert doctest.testmod(fingerprints) == (0, 1)


def test_fingerprints_are_of_the_decoded_arrays(made):
    listed = manifest(made / SET)
    assert sorted(listed["pairs"]) == TRAIN
    files = listed["pairs"]["003"]
    assert sorted(files) == ["field/003.npz", "known/003.png", "trusted/003.png", "x/003.png", "y/003.png"]
    y = pixels(made / SET / "y" / "003.png")
    head = "|u1(150, 201, 3)"
    assert files["y/003.png"] == f"{head} {hashlib.sha256(head.encode() + y.tobytes()).hexdigest()}"
    field = np.load(made / SET / "field" / "003.npz")["field"]
    head = "<f4(150, 201, 2)"
    assert files["field/003.npz"] == f"{head} {hashlib.sha256(head.encode() + field.tobytes()).hexdigest()}"
    lines = sorted(f"{file} {line}\n" for pair in listed["pairs"].values() for file, line in pair.items())
    assert listed["fingerprint"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    moves = {"strength": 4.0, "local": 1.0, "seed": 0, "parallax": 5.0}
    assert listed["parameters"]["misalignment"] == moves
    assert {"opencv", "numpy", "opticalzoom", "registration"} <= listed["versions"].keys()


def test_another_run_gives_the_same_fingerprints_and_another_seed_others(city100, made, tmp_path):
    assert misalign(city100, tmp_path / "again", *SMALL) == 0
    assert manifest(tmp_path / "again" / SET)["pairs"] == manifest(made / SET)["pairs"]
    assert misalign(city100, tmp_path / "other", *SMALL, "--seed", "1") == 0
    assert manifest(tmp_path / "other" / SET)["fingerprint"] != manifest(made / SET)["fingerprint"]
    assert manifest(tmp_path / "other" / "test")["fingerprint"] == manifest(made / "test")["fingerprint"]


def test_a_run_goes_on_where_it_was_stopped(city100, copy, monkeypatch):
    (copy / SET / "field" / "004.npz").unlink()
    calls = []
    write = benchmark_files.write_pair
    monkeypatch.setattr(benchmark_files, "write_pair", lambda job: calls.append(job.name) or write(job))
    assert misalign(city100, copy, *SMALL) == 0
    assert calls == ["004"]
    assert main(["misalign", "--check", "-o", str(copy)]) == 0


def test_what_is_there_is_not_made_otherwise_unless_asked(city100, copy, capsys):
    listed = manifest(copy / SET)
    (copy / SET / "manifest.json").write_text(json.dumps({**listed, "versions": {**listed["versions"], "opencv": "1"}}))
    assert misalign(city100, copy, *SMALL) == 2
    assert "other versions" in capsys.readouterr().err
    assert misalign(city100, copy, *SMALL, "--overwrite") == 0
    assert manifest(copy / SET) == listed
    (copy / SET / "manifest.json").unlink()
    assert misalign(city100, copy, *SMALL) == 2
    assert "holds other files" in capsys.readouterr().err


def test_check_finds_what_differs_or_is_missing(copy, capsys):
    assert main(["misalign", "--check", "-o", str(copy)]) == 0
    assert capsys.readouterr().out.count("as it should be") == 3
    changed = pixels(copy / SET / "y" / "002.png").copy()
    changed[0, 0, 0] ^= 1
    Image.fromarray(changed).save(copy / SET / "y" / "002.png")
    (copy / SET / "field" / "003.npz").write_bytes(b"PK no archive")
    (copy / "test" / "x" / "016.png").unlink()
    assert main(["misalign", "--check", "-o", str(copy)]) == 2
    out, err = capsys.readouterr()
    assert "3 files are missing or differ" in err
    for file in ("y/002.png", "field/003.npz", "x/016.png"):
        assert file in err
    assert out.count("WRONG") == 2


def test_check_finds_a_manifest_that_was_edited_and_pairs_not_made_yet(copy, capsys):
    listed = manifest(copy / SET)
    del listed["pairs"]["002"]
    (copy / SET / "manifest.json").write_text(json.dumps(listed))
    assert main(["misalign", "--check", "-o", str(copy)]) == 2
    err = capsys.readouterr().err
    assert "its fingerprint does not fit" in err
    assert "002: not made yet" in err


def test_the_same_pixels_compressed_otherwise_are_as_they_should_be(copy):
    path = copy / SET / "y" / "002.png"
    size = path.stat().st_size
    Image.open(path).save(path, compress_level=0)
    assert path.stat().st_size > size
    assert main(["misalign", "--check", "-o", str(copy)]) == 0


def test_processes_give_the_same(city100, made, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_files, "run_here", in_processes)
    assert misalign(city100, tmp_path / "out", *SMALL, "--workers", "2") == 0
    assert manifest(tmp_path / "out" / SET)["fingerprint"] == manifest(made / SET)["fingerprint"]


def test_a_pair_that_cannot_be_used_is_listed_with_the_reason(city100, tmp_path, capsys):
    spoilt = Path(shutil.copytree(city100, tmp_path / city100.name))
    (spoilt / "003H.PNG").write_bytes((spoilt / "003H.PNG").read_bytes()[:500])
    assert misalign(spoilt, tmp_path / "out", *SMALL) == 0
    assert f"left out: {SET}: 003: " in capsys.readouterr().err
    assert list(manifest(tmp_path / "out" / SET)["left_out"]) == ["003"]
    assert main(["misalign", "--check", "-o", str(tmp_path / "out")]) == 0


def test_the_documentations_loader_loads(made):
    text = (REPOSITORY / "docs" / "benchmark.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    found: dict = {}
    exec(code.replace("BENCHMARK/train/24px-local2-parallax12-none", (made / SET).as_posix()), found)
    assert found["path"].stem == TRAIN[-1]
    assert found["y"].shape == (*SIZE, 3)
    assert found["known"].shape == SIZE
    assert found["field"].shape == (*SIZE, 2)


def test_bad_requests_are_refused(city100, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["misalign", "-o", out]) == 2
    assert "--data is missing" in capsys.readouterr().err
    assert misalign(city100, tmp_path / "out", "--strengths", "1", "2", "3", "--local", "1", "2") == 2
    assert "one or 3" in capsys.readouterr().err
    assert main(["misalign", "--check", "-o", str(tmp_path)]) == 2
    for side in ("x", "y"):
        (tmp_path / "folders" / side).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "folders" / side / "a.png")
    assert misalign(tmp_path / "folders", tmp_path / "out") == 2
    assert "aligned to begin with" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("[]")
    assert main(["misalign", "--check", "-o", str(tmp_path)]) == 2
    assert "no manifest of misaligned pairs" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        misalign(city100, tmp_path / "out", "--strengths", "-3")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("strength", ["-3", "far", "inf", "nan"])
def test_displacements_that_are_none_are_explained(strength, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["misalign", "--data", str(tmp_path), "-o", str(tmp_path / "out"), "--strengths", strength])
    assert stopped.value.code == 2
    assert f"--strengths: got {strength!r}, expected a number from 0 to 1000" in capsys.readouterr().err
