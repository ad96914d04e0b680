"""Every config through the real command line."""

from __future__ import annotations

import pytest
import yaml
from places import REPOSITORY

from opticalzoom.cli.main import main

CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))


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
