"""Other projects' models as rows, made here at random and saved as their projects save them."""

from __future__ import annotations

import csv
import pickle
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

pytest.importorskip("spandrel")

from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN

from opticalzoom.cli.main import main
from opticalzoom.cli.research import evaluate as verb
from opticalzoom.errors import CheckpointError, DependencyError, ShapeError
from opticalzoom.evaluation.foreign import load_foreign, load_method
from opticalzoom.weights.card import is_weights_file


def compact(scale: int) -> Compact:
    torch.manual_seed(0)
    return Compact(num_feat=8, num_conv=2, upscale=scale).eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pair at ×2 as parallel folders, and a model of each file format."""
    rng = np.random.default_rng(0)
    y = cv2.GaussianBlur(rng.integers(0, 256, (64, 80, 3), np.uint8), (0, 0), 2)
    for kind, image in (("x", cv2.resize(y, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)), ("y", y)):
        (tmp_path / "data" / kind).mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "data" / kind / "pair.png")
    torch.save({"params_ema": compact(2).state_dict()}, tmp_path / "theirs.pth")
    return tmp_path


def evaluate(folder: Path, *weights: str) -> int:
    places = ["--data", str(folder / "data"), "--split", "all", "-o", str(folder / "out")]
    return main(["evaluate", "--weights", *weights, *places])


def test_a_model_file_is_a_row(folder):
    assert evaluate(folder, str(folder / "theirs.pth")) == 0
    with (folder / "out" / "results.csv").open() as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"bicubic", "theirs"}
    x, y = (np.asarray(Image.open(folder / "data" / kind / "pair.png")) / np.float32(255) for kind in ("x", "y"))
    with torch.no_grad():
        output = compact(2)(torch.from_numpy(x).permute(2, 0, 1)[None]).clamp(0, 1)
    zoomed = np.round(output[0].permute(1, 2, 0).numpy() * 255) / 255
    expected = -10 * np.log10(np.mean((zoomed - y) ** 2))
    assert float(rows["theirs"]["psnr_rgb"]) == pytest.approx(expected, abs=0.01)


def test_safetensors_and_other_architectures(tmp_path):
    torch.manual_seed(0)
    network = ESRGAN(num_filters=8, num_blocks=1, scale=4).eval()
    save_file(network.state_dict(), tmp_path / "theirs.safetensors")
    model = load_method("theirs", str(tmp_path / "theirs.safetensors")).model
    assert model.contract.scale == 4
    x = torch.rand(1, 3, 9, 11)
    with torch.inference_mode():
        expected = network(x).clamp(0, 1)
    torch.testing.assert_close(model(x).image, expected)
    torch.testing.assert_close(model.forward_unaligned(x).image, expected)
    with pytest.raises(ShapeError, match="expected N×3"):
        model(torch.rand(1, 4, 9, 11))


def test_our_own_files_stay_ours(tmp_path):
    assert load_method("ours", "city100-x3").contract.scale == 3
    (tmp_path / "text.safetensors").write_text("no weights")
    assert not is_weights_file(tmp_path / "text.safetensors")
    with pytest.raises(CheckpointError, match="no such weights file"):
        load_method("theirs", str(tmp_path / "absent.pth"))


class Surprise:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("surprise"),))


def test_what_is_no_model_for_us_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(Compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=2, upscale=2).state_dict(), "grey.pth")
    torch.save({"params": compact(1).state_dict()}, tmp_path / "x1.pth")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "unknown.pth")
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    Path("surprise.pth").write_bytes(pickle.dumps(Surprise()))
    Path("text.safetensors").write_text("no weights")
    for name, message in {
        "grey.pth": "channels 1 to 1",
        "x1.pth": "×1",
        "unknown.pth": "no model that spandrel knows",
        "list.pth": "holds a list",
        "surprise.pth": "cannot be read as PyTorch weights",
        "text.safetensors": "is damaged or no safetensors file",
    }.items():
        with pytest.raises(CheckpointError, match=message) as error:
            load_foreign(name)
        assert name in str(error.value)
    assert not Path("surprise").exists()


def test_another_scale_than_the_other_rows(folder, capsys):
    assert evaluate(folder, str(folder / "theirs.pth"), "city100-x3") == 2
    assert "the models enlarge by [2, 3]" in capsys.readouterr().err


def test_without_the_extra_the_remedy_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(DependencyError, match=r"opticalzoom\[spandrel\]"):
        load_foreign(folder / "theirs.pth")


def test_the_help_says_so(capsys):
    with pytest.raises(SystemExit):
        verb.run_evaluate(["--help"])
    assert "other projects" in " ".join(capsys.readouterr().out.split())
