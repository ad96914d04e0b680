"""The full reproduction on a simulated tree of SR-RAW: all but the size of the data and the length of the runs."""

from __future__ import annotations

import csv

import yaml
from cards import write_sr_raw

from opticalzoom.cli.main import main
from opticalzoom.pairs.manifest import read_manifest


def test_table_1_from_sr_raw_at_the_papers_size(tmp_path):
    write_sr_raw(tmp_path / "SR-RAW", {"train": 12, "test": 2})
    out = tmp_path / "out"
    options = ["--data.patch_size=8", "--data.batch_size=1", "--data.workers=0", "--trainer.limit_val_batches=1"]
    words = ["reproduce", "table1", "--data", "sr-raw", "--root", tmp_path / "SR-RAW", "-o", out, "--steps", "1"]
    words += ["--rows", "raw-sdan", "rgb-srresnet", "--cache", tmp_path / "cache", "--", *options]
    assert main([str(word) for word in words]) == 0
    scenes = {name: record["scene"] for name, record in read_manifest(out / "prepared").items() if record["accepted"]}
    config = yaml.safe_load((out / "rows" / "raw-sdan-seed0" / "config.yaml").read_text())
    assert config["model"]["arguments"]["features"] == 64
    assert (config["data"]["scale"], config["data"]["input"], config["data"]["patch_size"]) == (4, "raw", 64)
    rows = list(csv.DictReader((out / "pictures.csv").open()))
    assert {row["name"] for row in rows} == {name for name, scene in scenes.items() if scene.startswith("test-")}
    methods = {row["method"] for row in rows}
    assert {"bicubic, RAW", "bicubic, RGB", "raw-sdan-seed0", "rgb-srresnet-seed0"} <= methods


def test_sr_raw_needs_its_folder(tmp_path, capsys):
    assert main(["reproduce", "table1", "--data", "sr-raw", "-o", str(tmp_path)]) == 2
    assert "--root" in capsys.readouterr().err
