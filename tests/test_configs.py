"""Every config through the real command line, and two processes over gloo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image
from safetensors.torch import load_file
from skimage import data

from opticalzoom.cli import main

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda p: p.stem)
def test_every_config_is_understood(config, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--config", str(config), "--data.root", "photos", "--print_config"])
    assert stop.value.code == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    given = yaml.safe_load(config.read_text())
    assert resolved["model"]["builder"] == given["model"]["builder"]
    assert resolved["trainer"]["max_steps"] == given["trainer"]["max_steps"]
    assert resolved["out"] == f"runs/{config.stem}"


def test_two_processes_train_one_model(tmp_path):
    photo, root = data.astronaut(), tmp_path / "photos"
    root.mkdir()
    for number in range(12):
        Image.fromarray(photo[20 * number :][:96, :96]).save(root / f"{number:02d}.png")
    options = {
        "data.root": root,
        "data.cache": tmp_path / "cache",
        "data.registration": "none",
        "data.misalignment": 0,
        "data.local": 0,
        "data.batch_size": 1,
        "data.patch_size": 16,
        "data.workers": 0,
        "model.arguments": '{"features": 8, "blocks": 1}',
        "trainer.max_steps": 3,
        "trainer.val_check_interval": 3,
        "trainer.precision": "32-true",
        "trainer.accelerator": "cpu",
        "trainer.devices": 2,
        "trainer.strategy": "ddp_find_unused_parameters_true",
        "out": tmp_path / "run",
    }
    config = next(c for c in CONFIGS if c.stem == "simulated-sdan-lite-x3")
    command = [sys.executable, "-m", "opticalzoom", "train", "--config", str(config)]
    done = subprocess.run(
        [*command, *(f"--{k}={v}" for k, v in options.items())],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert load_file(tmp_path / "run" / "weights.safetensors")
    assert done.stderr.count("3 steps done") == 1, "the first process alone reports"
