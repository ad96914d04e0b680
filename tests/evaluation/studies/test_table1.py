"""The baselines of Table 1: every row trains through the real command line, with tiny networks."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
import torch
from places import REPOSITORY
from trainings import quick, write_photos

import opticalzoom
from opticalzoom.cli.main import main
from opticalzoom.errors import DependencyError
from opticalzoom.models.backbones.feature_networks import FEATURE_NETWORKS, FeatureNetwork
from opticalzoom.models.backbones.vgg import vgg19
from opticalzoom.models.backbones.weight_files import stlpips_file

TABLE = Path(opticalzoom.__file__).parent / "evaluation" / "studies" / "table1"
BASELINES = {
    "perceptual": {"perceptual"},
    "srgan": {"perceptual", "adversarial"},
    "esrgan": {"perceptual", "adversarial"},
    "srresnet-cx": {"contextual"},
    "srresnet-cobi": {"cobi_features", "cobi_rgb"},
}
"""Row -> terms besides the pixels'."""
NETWORKS = {"esrgan": {"features": 4, "growth": 2, "blocks": 1}}
CONFIG = REPOSITORY / "configs" / "simulated-sdan-lite-x3.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("table1") / "photos"
    root.mkdir()
    return write_photos(root, 80)


@pytest.fixture
def random_vgg19(monkeypatch):
    """VGG19 without its download."""
    monkeypatch.setitem(FEATURE_NETWORKS, "vgg19", FeatureNetwork(vgg19, lambda: None))


def train(folder: Path, out: Path, row: str, size: str, **more: object) -> list[dict[str, str]]:
    """Train two steps; returns what was logged in each."""
    try:
        stlpips_file("vgg")
    except DependencyError as error:
        pytest.skip(str(error))
    options = {
        **quick(folder, out),
        "model.arguments": NETWORKS.get(row, {"features": 4, "blocks": 1}),
        "model.objective.samples": 64,
        "trainer.max_steps": 2,
        "trainer.val_check_interval": 2,
        **more,
    }
    files = (CONFIG, TABLE / f"{row}.yaml", TABLE / f"{row}-{size}.yaml")
    configs = (argument for file in files for argument in ("--config", str(file)))
    assert main(["train", *configs, *(f"--{name}={value}" for name, value in options.items())]) == 0
    with (out / "logs" / "version_0" / "metrics.csv").open() as file:
        return [line for line in csv.DictReader(file) if line["train/loss"]]


@pytest.mark.parametrize("size", ["lite", "paper"])
@pytest.mark.parametrize("row", BASELINES)
@pytest.mark.usefixtures("random_vgg19")
def test_every_row_trains(folder, tmp_path, row, size):
    plays = "adversarial" in BASELINES[row]
    more = {"model.objective.discriminator": 2, "trainer.max_steps": 4} if plays else {}
    steps = train(folder, tmp_path / "run", row, size, **more)
    terms = {name.removeprefix("train/") for name in steps[-1] if name.startswith("train/")}
    assert terms - {"loss", "auxiliary", "pixel", "discriminator"} == BASELINES[row]
    for term in BASELINES[row]:
        assert math.isfinite(float(steps[-1][f"train/{term}"]))
        assert float(steps[-1][f"train/{term}"]) > 0
    if plays:  # the first half of the steps trains with pixels alone
        assert [bool(step["train/adversarial"]) for step in steps] == [False, False, True, True]
        assert steps[2]["train/discriminator"] != steps[3]["train/discriminator"]
        opponent = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)["adversary"]["optimizer"]["state"]
        assert all(parameter["step"] == 2 for parameter in opponent.values())


@pytest.mark.parametrize("row", ["esrgan", "srresnet-cobi"])
def test_mosaics_as_input(folder, tmp_path, row):
    more = {"model.objective.discriminator": 2, "model.objective.pretraining": 0} if row == "esrgan" else {}
    steps = train(folder, tmp_path / "run", row, "lite", **{"data.input": "raw", "data.patch_size": 6}, **more)
    assert all(float(steps[-1][f"train/{term}"]) > 0 for term in BASELINES[row])


def test_the_test_knows_all_rows():
    rows = {path.stem for path in TABLE.glob("*.yaml") if "objective" in path.read_text()}
    assert rows == {f"{row}{size}" for row in BASELINES for size in ("", "-lite", "-paper")}
