"""The studies of the package: every row is a network that can be built and a configuration that ``train`` takes."""

from __future__ import annotations

from itertools import pairwise

import pytest
import yaml

from opticalzoom.cli.main import main
from opticalzoom.errors import ConfigError
from opticalzoom.evaluation.studies.study import load_study, merge, studies
from opticalzoom.models import build

ROWS = [(study, row, size) for study in map(load_study, studies()) for row in study.rows for size in ("lite", "paper")]


def lines(config: object) -> set[str]:
    """A configuration as one line for each value."""
    if not isinstance(config, dict):
        return {f".{float(config)}" if isinstance(config, (int, float)) else repr(config)}
    return {f"{key}.{line}" for key, value in config.items() for line in lines(value)}


@pytest.mark.parametrize(("study", "row", "size"), ROWS, ids=lambda part: getattr(part, "name", part))
def test_every_row_builds_its_network(study, row, size):
    config = study.config(row, size)
    model = config["model"]
    data = config["data"]
    network = build(model["builder"], scale=data["scale"], input=data["input"], **model["arguments"])
    assert network.contract.scale == {"lite": 3, "paper": 4}[size]


@pytest.mark.parametrize("size", ["lite", "paper"])
@pytest.mark.parametrize("name", studies())
def test_train_understands_the_configurations(name, size, tmp_path, capsys):
    study = load_study(name)
    path = tmp_path / "config.yaml"
    config = study.config(study.rows[-1], size)
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(SystemExit) as stop:
        main(["train", "--config", str(path), "--data.root", "photos", "--print_config"])
    assert stop.value.code == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    assert lines(config) <= lines(resolved)


def test_ablations_differ_in_one_line_from_their_neighbours():
    study = load_study("table2")
    configs = [lines(study.config(row, "paper")) for row in study.choose(["dcn", "sdcn*", "sdan"])]
    assert len(configs) == 5
    for one, other in pairwise(configs):
        assert len(one - other) == len(other - one) == 1


def test_names_are_unique_and_patterns_choose():
    for name in studies():
        names = [row.name for row in load_study(name).rows]
        assert len(set(names)) == len(names)
    study = load_study("alignment")
    assert {row.target for row in study.choose(["shift-*"])} == {"0", "8", "24", "40", "80"}
    assert study.choose([]) == study.rows
    with pytest.raises(ConfigError, match="has no row 'nothing'"):
        study.choose(["nothing"])


def test_merging_follows_rfc_7396():
    base = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert merge(base, {"a": {"b": None, "e": {"f": None, "g": 3}}, "d": [2]}) == {
        "a": {"c": 2, "e": {"g": 3}},
        "d": [2],
    }
    assert base == {"a": {"b": 1, "c": 2}, "d": [1]}
