"""Running a study with stand-ins for the training: equal budgets, what is done once, what goes on, what fails."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.evaluation.studies import run, work
from opticalzoom.evaluation.studies.pace import Progress
from opticalzoom.evaluation.studies.run import Runner
from opticalzoom.evaluation.studies.settings import Order, Settings
from opticalzoom.evaluation.studies.study import load_study

SECONDS = {"sdcn": 0.25, "sdan": 0.75}
"""What a step of a row takes."""
BROKEN = "sdcn-seed1"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    data = {"root": str(tmp_path / "photos")}
    return Order(tmp_path / "out", data, (0,), 1, None, None, (), {}, ())


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each piece of work was done; all of it here, at once, and by stand-ins."""
    counts: Counter[str] = Counter()

    def note(name: str, path: Path | None = None) -> int:
        counts[name] += 1
        if BROKEN in name:
            return 1
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
        return 0

    def in_this_process(tasks, at_once, watch=None, preloaded=()):
        for task in tasks:
            yield task, task.work()

    monkeypatch.setattr(run, "run_tasks", in_this_process)
    monkeypatch.setattr(run, "fast_precision", lambda: "32-true")
    monkeypatch.setattr(run, "read_progress", lambda path: Progress(5, SECONDS[path.parent.name.split("-")[0]]))
    monkeypatch.setattr(work, "fill_pair_cache", lambda data: note(f"pairs {data['seed']}"))
    monkeypatch.setattr(work, "try_row", lambda one: note(f"try {one.name}"))
    monkeypatch.setattr(work, "train_and_score_row", lambda one, metrics: note(f"train {one.name}", one.scores))
    monkeypatch.setattr(work, "score_baselines", lambda one, path, metrics: note(f"score {one.input}", path))
    return counts


def runner(order: Order) -> Runner:
    study = load_study("table2")
    settings = Settings.load(order.out / "study.json", "table2", "lite")
    return Runner(study, study.choose(["sdcn", "sdan"]), settings, order)


def configs(order: Order) -> dict[str, dict]:
    return {path.parent.name: yaml.safe_load(path.read_text()) for path in order.out.glob("rows/*/config.yaml")}


def test_rows_have_one_length_one_data_and_their_own_network(order, done):
    finished: list[int] = []
    runner(replace(order, steps=30)).go(lambda: finished.append(1))
    assert done == Counter(["pairs 0", "train sdcn-seed0", "train sdan-seed0", "score rgb"])
    assert len(finished) == 3
    sdcn, sdan = (configs(order)[f"{name}-seed0"] for name in ("sdcn", "sdan"))
    assert sdcn["trainer"] == sdan["trainer"]
    assert (sdcn["trainer"]["max_steps"], sdcn["trainer"]["precision"]) == (30, "32-true")
    assert sdcn["data"] == sdan["data"]
    assert sdcn["model"] != sdan["model"]
    assert sdcn["ema"] == sdan["ema"]


def test_what_is_done_is_not_done_again(order, done):
    order = replace(order, steps=30)
    runner(order).go(lambda: None)
    done.clear()
    runner(order).go(lambda: None)
    assert not done
    (order.out / "rows" / "sdan-seed0" / "scores.json").unlink()
    runner(replace(order, steps=None)).go(lambda: None)
    assert done == Counter(["pairs 0", "train sdan-seed0"])
    (order.out / "rows" / "sdan-seed0" / "scores.json").unlink()
    with pytest.raises(OutputExistsError, match="has rows of 30 steps, 31 were asked for"):
        runner(replace(order, steps=31)).go(lambda: None)


@pytest.mark.parametrize(
    ("budget", "seeds", "jobs", "steps"), [(20, (0,), 1, 20), (20, (0, 2), 1, 10), (20, (0,), 3, 60)]
)
def test_a_budget_is_shared_by_all_rows_and_seeds(order, done, budget, seeds, jobs, steps):
    """A step of both rows takes 0.25 s + 0.75 s."""
    order = replace(order, budget=budget, seeds=seeds, jobs=jobs)
    runner(order).go(lambda: None)
    settings = json.loads((order.out / "study.json").read_text())
    assert (settings["steps"], settings["seconds"]) == (steps, SECONDS)
    assert sorted(name for name in done if name.startswith("try")) == ["try sdan-seed0", "try sdcn-seed0"]
    assert {config["trainer"]["max_steps"] for config in configs(order).values()} == {steps}


def test_a_budget_too_small_for_a_step_is_said(order, done):
    with pytest.raises(ConfigError, match=r"one step of all rows takes 1.0 s.*larger --budget"):
        runner(replace(order, budget=0.5)).go(lambda: None)


def test_the_longest_row_begins_first(order, done):
    runner(replace(order, budget=20)).go(lambda: None)
    assert [name for name in done if name.startswith("train")] == ["train sdan-seed0", "train sdcn-seed0"]


def test_a_row_that_fails_is_noted_and_the_others_go_on(order, done):
    failing = runner(replace(order, steps=3, seeds=(0, 1)))
    failing.go(lambda: None)
    assert failing.failures == {BROKEN: f"its process died (exit code 1; rows/{BROKEN}/log.txt)"}
    assert sum(name.startswith("train") for name in done) == 4


def test_every_seed_prepares_its_own_pairs(order, done):
    runner(replace(order, steps=3, seeds=(4, 7))).go(lambda: None)
    assert {name for name in done if name.startswith("pairs")} == {"pairs 4", "pairs 7"}
    assert {name: config["seed_everything"] for name, config in configs(order).items()} == {
        f"{row}-seed{seed}": seed for row in SECONDS for seed in (4, 7)
    }


def test_weights_of_others_are_scored_and_not_trained(order, done):
    order = replace(order, steps=3, pretrained={"VDSR (theirs)": Path("vdsr.pth")})
    one = runner(order).runs[-1]
    assert (one.name, one.weights, one.input) == ("pretrained-VDSR-theirs--seed0", Path("vdsr.pth"), "rgb")
    runner(order).go(lambda: None)
    assert done[f"train {one.name}"] == 1
    assert one.name not in configs(order)


def test_a_row_with_other_settings_is_not_gone_on_with(order, done):
    order = replace(order, steps=3)
    path = order.out / "rows" / "sdan-seed0" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("model: another\n")
    with pytest.raises(OutputExistsError, match="has other settings"):
        runner(order).go(lambda: None)
