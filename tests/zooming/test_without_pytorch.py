"""The small installation: photos and RAW files are zoomed, pairs prepared, and nothing imports PyTorch.

Each command runs in a process of its own in which what the extra ``train`` installs cannot be imported; CI runs these
tests in an environment that lacks it, too.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from importlib.util import find_spec

import numpy as np
import pytest
from cards import write_card, write_jpeg, write_mosaic
from lensed import DSLR, PHONE, bundled_lens_file, photo_of
from PIL import Image

from opticalzoom.weights.card import bundled

WITHOUT = """
import sys
for name in "torch torchvision pytorch_lightning jsonargparse torchmetrics tensorboard yaml onnx".split():
    sys.modules[name] = None
{}
"""
COMMAND = WITHOUT.format("from opticalzoom.cli.main import main; sys.exit(main(sys.argv[1:]))")


def run(code, *words):
    return subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False)


def opticalzoom(*words):
    done = run(COMMAND, *words)
    assert "Traceback" not in done.stderr
    return done


def scene(height=60, width=80):
    """A smooth H×W×3 uint8 picture with an edge."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = np.stack([40 * np.cos(y / period) for period in (5, 6, 7)], axis=-1)
    picture = 128 + 50 * np.sin(x / 7)[..., None] + waves
    picture[:, width // 2 :] *= 0.6
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture
def photo(tmp_path):
    write_jpeg(tmp_path / "a.jpg", scene(), focal_length=50, time=datetime(2026, 1, 2, 3, 4, 5))
    return tmp_path / "a.jpg"


def test_a_photo_is_zoomed_with_its_exif(tmp_path, photo):
    done = opticalzoom("zoom", photo, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out" / "a-x3.jpg") as zoomed:
        assert zoomed.size == (240, 180)
        assert zoomed.getexif().get_ifd(0x8769)[0x920A] == 50
        back = np.asarray(zoomed.resize((80, 60), Image.Resampling.BOX), np.float32)
    assert np.sqrt(np.mean((back - scene()) ** 2)) < 8


@pytest.mark.parametrize("name", [name for name in bundled() if name != "raw-x4"])
def test_the_picture_is_that_of_pytorch(tmp_path, photo, name):
    if find_spec("torch") is None:
        pytest.skip("PyTorch, which is compared with, is not installed")
    options = ["--weights", name, "--precision", "float32", "--name", "{kind}.png"]
    assert opticalzoom("zoom", photo, "-o", tmp_path / "small", *options).returncode == 0
    whole = "import sys; from opticalzoom.cli.main import main; sys.exit(main(sys.argv[1:]))"
    assert run(whole, "zoom", photo, "-o", tmp_path / "whole", "--backend", "torch", *options).returncode == 0
    small, whole = (np.asarray(Image.open(tmp_path / folder / "jpg.png"), int) for folder in ("small", "whole"))
    assert np.abs(small - whole).max() <= 1  # a value in the middle between two steps
    assert (small != whole).mean() < 1e-3


def test_a_raw_file_is_zoomed_from_its_mosaic(tmp_path):
    write_mosaic(tmp_path / "a.dng", scene(), focal_length=50, time=datetime(2026, 1, 2))
    done = opticalzoom("zoom", tmp_path / "a.dng", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    import tifffile  # noqa: PLC0415

    zoomed = tifffile.imread(tmp_path / "out" / "a-x4.tif")
    assert zoomed.shape == (240, 320, 3)
    assert zoomed.dtype == np.uint16


def test_a_folder_is_zoomed_and_gone_on_with(tmp_path, photo):
    Image.fromarray(scene()).save(photo.with_name("b.png"))
    (tmp_path / "below").mkdir()
    Image.fromarray(scene()[..., 0]).save(tmp_path / "below" / "c.tif")
    command = ["zoom", tmp_path, "--recursive", "--resume", "-o", tmp_path / "out"]
    assert "3 of 3 zoomed" in opticalzoom(*command).stdout
    assert "3 of 3 zoomed (3 of them before)" in opticalzoom(*command).stdout


def test_learned_lenses_travel_and_zoom_their_photos(tmp_path, lens_library):
    """Weights in place of learned ones: the bundled ×4 for a phone, and its ×3 for another camera."""
    for name, photo in (("city100-x4", PHONE), ("city100-x3", DSLR)):
        done = opticalzoom("lenses", "import", bundled_lens_file(tmp_path / f"{name}.safetensors", name, photo))
        assert done.returncode == 0, done.stderr
        photo_of(photo, tmp_path / "photos" / f"{name}.jpg", scene())
    listed = opticalzoom("lenses", "--json")
    assert '"camera": "Google Pixel 7"' in listed.stdout
    same = ["--format", "png", "--backend", "onnxruntime", "--precision", "float32"]
    done = opticalzoom("zoom", tmp_path / "photos", "-o", tmp_path / "out", *same)
    assert done.returncode == 0, done.stderr
    assert "1 photo: google-pixel-7-6-81mm-x4, learned for Google Pixel 7, 6.81 mm\n" in done.stdout
    assert "1 photo: nikon-d5500-24mm-x3, learned for NIKON D5500, 24 mm\n" in done.stdout
    for name in ("city100-x4", "city100-x3"):
        words = ["--weights", name, "-o", tmp_path / "bundled", *same]
        assert opticalzoom("zoom", tmp_path / "photos" / f"{name}.jpg", *words).returncode == 0
        results = [tmp_path / folder / f"{name}-{name[-2:]}.png" for folder in ("out", "bundled")]
        np.testing.assert_array_equal(*(np.asarray(Image.open(path)) for path in results))


def test_images_in_memory(tmp_path, photo):
    code = WITHOUT.format(
        """
import numpy as np, opticalzoom
from PIL import Image
z = opticalzoom.load("city100-x3")
image = Image.open(sys.argv[1])
array = z(np.asarray(image))
assert array.shape == (180, 240, 3) and array.dtype == np.uint8
np.testing.assert_array_equal(np.asarray(z(image)), array)
assert z(np.zeros((5, 6), np.float32)).shape == (15, 18)
"""
    )
    done = run(code, photo)
    assert done.returncode == 0, done.stderr


def test_pairs_are_prepared(tmp_path):
    write_card(tmp_path / "card", scenes=1, focal_lengths=(25.0, 50.0), size=(240, 360))
    done = opticalzoom("prepare", tmp_path / "card", "-o", tmp_path / "pairs", "--scale", 2, "--workers", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "pairs" / "report.html").is_file()


def test_an_engine_that_needs_pytorch_says_so(tmp_path, photo):
    done = opticalzoom("zoom", photo, "-o", tmp_path / "out", "--backend", "torch")
    assert done.returncode == 2
    assert "pip install 'opticalzoom[train]'" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["train"], ["evaluate"], ["demo"], ["export", "city100-x3", "-o", "x.onnx"]])
def test_verbs_that_need_more_say_so_in_one_line(words):
    needed = {"evaluate": ["--weights", "a", "--data", "b", "-o", "c"]}.get(words[0], [])
    done = opticalzoom(*words, *needed)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "pip install 'opticalzoom[" in done.stderr
