from __future__ import annotations

import inspect
import math

import pytest
from pytorch_lightning import Trainer

from opticalzoom.errors import ConfigError
from opticalzoom.training.datamodule import PairsDataModule
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.objective import Objective
from opticalzoom.training.run_options import RANGES, check_config, check_configs, check_ranges

_LEVELS = zip("abcdefgh", "bcdefghi", strict=True)
LAUGHS = "a: &a [lol]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in _LEVELS)


def test_every_number_of_the_data_and_of_the_model_has_a_range():
    for prefix, kind in (("data", PairsDataModule), ("model", ZoomTraining), ("model.objective", Objective)):
        for name, parameter in inspect.signature(kind).parameters.items():
            if name != "scale" and parameter.annotation in {"int", "float", "Layers", "int | None"}:
                assert f"{prefix}.{name}" in RANGES


def test_options_of_the_table_exist():
    known = {"data": PairsDataModule, "model": ZoomTraining, "model.objective": Objective, "trainer": Trainer}
    for name in RANGES:
        owner, _, option = name.rpartition(".")
        assert not owner or option in inspect.signature(known[owner]).parameters, name


@pytest.mark.parametrize("name", RANGES)
def test_numbers_outside_are_refused_and_those_at_the_ends_are_not(name):
    least, most = RANGES[name]
    for number in (least, most, None, True, "text"):
        if name != "trainer.num_nodes":
            check_ranges({name: number})
    for number in (least - 1, 2 * most + 1, math.nan, math.inf, -math.inf):
        with pytest.raises(ConfigError, match=rf"--{name} is .*, expected a number"):
            check_ranges({name: number})


def test_each_number_of_a_table_is_checked():
    check_ranges({"model.objective.perceptual": {"relu1_2": 1, "relu2_2": 0.5}})
    with pytest.raises(ConfigError, match=r"perceptual is -1, expected a number from 0 to 1000000\."):
        check_ranges({"model.objective.perceptual": {"relu1_2": 1, "relu2_2": -1}})


def test_several_machines_must_be_able_to_find_each_other(monkeypatch):
    for variable in ("MASTER_ADDR", "SLURM_JOB_ID", "LSB_JOBID", "KUBERNETES_PORT", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError, match="Set MASTER_ADDR"):
        check_ranges({"trainer.num_nodes": 2})
    monkeypatch.setenv("MASTER_ADDR", "10.0.0.1")
    check_ranges({"trainer.num_nodes": 2})


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (LAUGHS, "more than 10000 values, with those that aliases repeat"),
        ("a: &a [*a]", "more than 10000 values"),
        ("[" * 10_000, "maximum nesting depth"),
        ('{"a":' * 10_000, "more than 32 levels"),
        ("- " * 10_000, "more than 32 levels"),
        ("a: [1, 2", "is no YAML"),
        ("a: \x00", "is no YAML"),
        ("x" * 2_000_000, "letters, expected at most 1000000"),
    ],
)
def test_bombs_are_refused_at_once(tmp_path, text, cause):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    for words in (["--config", str(path)], [f"--config={path}"], ["--model", str(path)]):
        with pytest.raises(ConfigError, match=rf"a\.yaml: .*{cause}"):
            check_configs(words)
    with pytest.raises(ConfigError, match=f"the text of an option .*{cause}"):
        check_config(text, None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252"])
def test_other_encodings_are_told(tmp_path, encoding):
    path = tmp_path / "größe.yaml"
    path.write_bytes("data:\n  root: Gärten\n".encode(encoding))
    with pytest.raises(ConfigError, match=r"größe\.yaml: is no text in UTF-8 .*Save it as UTF-8"):
        check_configs(["--config", str(path)])


def test_files_that_are_none(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ConfigError, match="cannot be read: "):
            check_configs(["--config", str(path)])


def test_what_trainings_have_is_left_alone(tmp_path):
    (tmp_path / "a.yaml").write_text("x: &x {a: 1}\ny: *x\nz: [1, {b: [null]}]\n", encoding="utf-8-sig")
    check_configs(["--trainer.callbacks.file", str(tmp_path / "none.json"), "--model.init=none.yaml"])
    check_configs(
        ["--config", str(tmp_path / "a.yaml"), "--model.arguments", '{"blocks": 1}', "--resume", "--out", "a b"]
    )
    check_config("", None)
