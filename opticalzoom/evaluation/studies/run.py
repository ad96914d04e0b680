"""Running a study: equal budgets, a row at a time or several, and going on where an earlier run stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import yaml
from rich.console import Console

from opticalzoom.errors import ConfigError, OutputExistsError, visible
from opticalzoom.evaluation.studies import work
from opticalzoom.evaluation.studies.bars import bars
from opticalzoom.evaluation.studies.pace import read_progress
from opticalzoom.evaluation.studies.settings import Order, Settings
from opticalzoom.evaluation.studies.study import PRETRAINED, Config, Study, StudyRow, merge, slug
from opticalzoom.evaluation.studies.work import Run
from opticalzoom.files import write_text
from opticalzoom.parallel.processes import Task, run_tasks
from opticalzoom.training.precision import fast_precision

_EMA_WINDOW = 10  # the averaged weights look back a tenth of the run
_PRELOADED = ("opticalzoom.training.runs", "opticalzoom.evaluation.studies.work")
"""Modules that every row needs: imported once, which takes seconds."""
_RESTARTS = 15  # the paper's cycles of 20, 40, 80 and 160 epochs are 15 of the first


class Runner:
    """Brings all rows of a study to their scores; what failed, and why, is in ``failures``."""

    def __init__(self, study: Study, rows: Sequence[StudyRow], settings: Settings, order: Order) -> None:
        self.study, self.settings, self.order = study, settings, order
        self.console = Console(stderr=True)
        self.failures: dict[str, str] = {}
        self.runs = [self._run(row, seed) for row in rows for seed in order.seeds]
        self.runs += [self._pretrained(title, path) for title, path in order.pretrained.items()]

    def baselines(self, kind: str) -> Path:
        """Scores of bicubic and of X as shipped for one kind of input."""
        return self.order.out / "rows" / f"baselines-{kind}" / "scores.json"

    def go(self, finished: Callable[[], object]) -> None:
        """Prepare, time, train and score what is not done yet.

        Args:
            finished: called after every row.

        Raises:
            KeyboardInterrupt: after Ctrl-C, when all rows have stopped.
            OpticalZoomError: nothing could be done at all.
        """
        todo = [run for run in self.runs if not run.scores.exists()]
        training = [run for run in todo if run.weights is None]
        if training:
            self._prepare(training)
            self._settle(training)
        todo = [run for run in self._with_steps(todo) if run.name not in self.failures]
        for run in todo:
            if run.weights is None:
                self._write_config(run)
        todo.sort(key=lambda run: -self.settings.seconds.get(run.row.name, 0.0))  # none begins late and long
        for _ in self._jobs(self._scoring_jobs(todo), todo):
            finished()

    def _run(self, row: StudyRow, seed: int) -> Run:
        config = merge(self.study.config(row, self.settings.size), {"data": self.order.data, "seed_everything": seed})
        config["data"]["seed"] = seed
        return Run(row, seed, self.order.out, config, self.order.flags)

    def _pretrained(self, title: str, weights: Path) -> Run:
        """Weights of others as a row: they take X as photographed, and there is nothing to train."""
        row = StudyRow(f"pretrained-{slug(title)}", f"{title} (pre-trained)", title, None, PRETRAINED, ())
        own: Config = {"data": {**self.order.data, "input": "rgb"}}
        return Run(row, 0, self.order.out, merge(self.study.config(row, self.settings.size), own), weights=weights)

    def _with_steps(self, runs: Sequence[Run]) -> list[Run]:
        """The runs with their length in their configuration, and what follows from it."""
        steps = self.settings.steps
        if steps is None:
            return list(runs)
        own: Config = {"trainer": {"max_steps": steps, "val_check_interval": steps}}
        own["trainer"]["precision"] = self.settings.precision
        result = []
        for run in runs:
            patch = merge(own, {})
            if run.config["model"].get("schedule") == "restarts":
                patch["model"] = {"restart_steps": max(1, steps // _RESTARTS)}
            patch["ema"] = run.config.get("ema", max(0.0, min(0.999, 1 - _EMA_WINDOW / steps)))
            result.append(replace(run, config=merge(run.config, patch)))
        return result

    def _prepare(self, runs: Sequence[Run]) -> None:
        """Pairs that several rows share are prepared once."""
        wanted = {json.dumps(run.config["data"], sort_keys=True): run for run in runs}
        log = self.order.out / "prepare.log"
        jobs = [Task(run.name, partial(work.fill_pair_cache, run.config["data"]), log) for run in wanted.values()]
        with self.console.status("Preparing pairs"):
            for job, code in run_tasks(jobs, 1, preloaded=_PRELOADED):
                if code:
                    raise ConfigError(f"the pairs of {job.name} cannot be prepared: {job.reason()}")

    def _settle(self, runs: Sequence[Run]) -> None:
        """Find the steps and the precision, once for the whole study."""
        settings, order = self.settings, self.order
        if settings.steps is not None and order.steps not in {None, settings.steps}:
            raise OutputExistsError(
                f"has rows of {settings.steps} steps, {order.steps} were asked for.",
                path=order.out,
                remedy="Choose another -o, or leave --steps out.",
            )
        settings.precision = settings.precision or fast_precision()
        if settings.steps is None:
            settings.steps = order.steps or (
                self._afford(runs, order.budget) if order.budget else runs[0].config["trainer"]["max_steps"]
            )
        settings.save(order.out / "study.json")
        self.console.print(f"{settings.steps} steps a row, precision {settings.precision}", markup=False)

    def _afford(self, runs: Sequence[Run], budget: float) -> int:
        """The steps that every row can have within the budget."""
        config: Config = {"trainer": {"precision": self.settings.precision}}
        first = {run.row.name: run for run in reversed(runs)}
        home = self.order.out / "trial"
        shutil.rmtree(home, ignore_errors=True)
        trials = [replace(run, out=home, config=merge(run.config, config)) for run in first.values()]
        for run in trials:
            self._write_config(run)
        for _ in self._jobs(
            [Task(run.name, partial(work.try_row, run), run.folder / "log.txt") for run in trials], trials
        ):
            pass
        for run in trials:
            if run.name not in self.failures:
                self.settings.seconds[run.row.name] = read_progress(run.pace).seconds
        a_step = sum(self.settings.seconds.get(run.row.name, 0.0) for run in runs)
        steps = int(budget * self.order.jobs / a_step) if a_step else 0
        if steps < 1:
            raise ConfigError(f"one step of all rows takes {a_step:.1f} s.", remedy="Give a larger --budget.")
        return steps

    def _scoring_jobs(self, todo: Sequence[Run]) -> list[Task]:
        """Baselines of every kind of input, then the rows."""
        metrics = self.order.metrics
        kinds = {run.input: run for run in self.runs if not self.baselines(run.input).exists()}
        jobs = [
            Task(
                f"baselines-{kind}",
                partial(work.score_baselines, run, self.baselines(kind), metrics),
                self.baselines(kind).with_name("log.txt"),
            )
            for kind, run in kinds.items()
        ]
        return jobs + [
            Task(run.name, partial(work.train_and_score_row, run, metrics), run.folder / "log.txt") for run in todo
        ]

    def _jobs(self, jobs: Sequence[Task], runs: Sequence[Run]) -> Iterator[Task]:
        """Those that succeeded, with progress; the others are noted as failures."""
        paces = {run.name: run.pace for run in runs}
        with bars(self.console, len(jobs), self.settings.steps or work.TRIAL_STEPS) as (watch, advance):
            for job, code in run_tasks(
                jobs, self.order.jobs, lambda running: watch({j.name: paces.get(j.name) for j in running}), _PRELOADED
            ):
                advance()
                if code == 0:
                    yield job
                    continue
                reason = visible(f"{job.reason()} (exit code {code}; {job.log.relative_to(self.order.out)})")
                self.failures[job.name] = reason
                self.console.print(f"failed: {job.name}: {reason}", style="yellow", markup=False)

    @staticmethod
    def _write_config(run: Run) -> None:
        """The row as a configuration for ``opticalzoom train``, unless it is there.

        Raises:
            OutputExistsError: it has other settings.
        """
        path, text = run.folder / "config.yaml", yaml.safe_dump(run.config, sort_keys=False)
        if not path.exists():
            write_text(path, text)
        elif path.read_bytes() != text.encode():
            raise OutputExistsError("has other settings.", path=path, remedy="Choose another -o, or delete the row.")
