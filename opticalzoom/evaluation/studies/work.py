"""What one row of a study is: prepared pairs, a training run, scores under every protocol, and pictures.

Each function does one thing in a process of its own and leaves a file, so that an interrupted study goes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from opticalzoom.errors import PairError
from opticalzoom.evaluation.foreign import load_method
from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.evaluation.loaders import load_pair, load_raw_pair
from opticalzoom.evaluation.methods import BICUBIC, SHIPPED, EvalPair, Method, Zoomed
from opticalzoom.evaluation.protocols import Row, as_picture, evaluate
from opticalzoom.evaluation.studies.figures import TRUTH
from opticalzoom.evaluation.studies.pace import read_progress
from opticalzoom.evaluation.studies.study import Config, StudyRow
from opticalzoom.files import write_text
from opticalzoom.metrics import METRICS, PERCEPTUAL, Metric
from opticalzoom.models import build
from opticalzoom.pages.pictures import save_picture
from opticalzoom.pairs.sources import open_source
from opticalzoom.training.callbacks import CHECKPOINT_NAME, WEIGHTS_NAME
from opticalzoom.training.datamodule import PairsDataModule
from opticalzoom.training.patches import to_tensor
from opticalzoom.training.runs import run_training

TRIAL_STEPS = 6
"""Steps that a row is timed with; the first one, a warm-up, is not counted."""
_METRICS = ("psnr_y", "ssim_y", "psnr_rgb")
_SHOWN = 20  # test pairs of which pictures are kept


@dataclass(frozen=True)
class Run:
    """One row with one seed.

    Attributes:
        row: of the study.
        seed: of weights, patches and misalignment.
        out: the study's folder.
        config: for ``opticalzoom train``.
        flags: of the trainer, for that command line.
        weights: trained by others, if it is not trained here.
    """

    row: StudyRow
    seed: int
    out: Path
    config: Config
    flags: tuple[str, ...] = ()
    weights: Path | None = None

    @property
    def name(self) -> str:
        """Name of the run, unique in the study."""
        return f"{self.row.name}-seed{self.seed}"

    @property
    def folder(self) -> Path:
        """Folder of all files of the run."""
        return self.out / "rows" / self.name

    @property
    def scores(self) -> Path:
        """File of its scores, which is there once the run is finished."""
        return self.folder / "scores.json"

    @property
    def trained(self) -> Path:
        """File of its training's pace, which is there once the training is finished."""
        return self.folder / "trained.json"

    @property
    def pace(self) -> Path:
        """File that says how far its training is."""
        return self.folder / "pace.json"

    @property
    def input(self) -> str:
        """Kind of the network's input, as a contract has it."""
        return str(self.config["data"]["input"])


def fill_pair_cache(data: Config) -> int:
    """Fill the cache of pairs."""
    PairsDataModule(**data).prepare_data()
    return 0


def train_and_score_row(run: Run, metrics: Sequence[str] = ()) -> int:
    """Train a row and score it, as far as that is not done yet; returns the exit code."""
    if run.weights is None and not run.trained.exists():
        code = train_row(run)
        if code:
            return code
        write_text(run.trained, json.dumps(asdict(read_progress(run.pace))) + "\n")
    return score_row(run, metrics)


def try_row(run: Run) -> int:
    """A few steps, to time them and to see that the row works."""
    flags = [f"--trainer.max_steps={TRIAL_STEPS}", "--trainer.limit_val_batches=0", "--overwrite"]
    return _train(run, flags)


def train_row(run: Run) -> int:
    """The training, from the last checkpoint if there is one."""
    resume = (run.folder / CHECKPOINT_NAME).exists()
    return _train(run, ["--resume" if resume else "--overwrite", "--checkpoint_minutes=1"])


def _train(run: Run, flags: Sequence[str]) -> int:
    arguments = [f"--config={run.folder / 'config.yaml'}", f"--out={run.folder}", *flags]
    arguments += [
        "--trainer.callbacks+=opticalzoom.evaluation.studies.pace.Pace",
        f"--trainer.callbacks.file={run.pace}",
    ]
    arguments += run.flags
    # With several devices Lightning starts the other processes with the command line of this one.
    sys.argv = [str(files("opticalzoom") / "__main__.py"), "train", *arguments]
    outcome = run_training(arguments)
    if outcome.speaks:
        print(outcome.summary)  # into the row's log
    return outcome.exit_code


def score_row(run: Run, metrics: Sequence[str] = ()) -> int:
    """Zoom and score the test pairs under every protocol; keep the pictures."""
    method = load_method(run.name, str(run.weights or run.folder / WEIGHTS_NAME))
    keep = partial(_keep, run.out / "images", {run.name: run.name})
    result = evaluate([method], _pairs(run), tuple(PROTOCOLS), _metrics(metrics), baselines=False, show=keep)
    return _write(run.scores, result.rows, result.skipped)


def score_baselines(run: Run, path: Path, metrics: Sequence[str] = ()) -> int:
    """Bicubic and X as shipped, for the input of a run; the truth's pictures."""
    names = {BICUBIC: f"{BICUBIC}-{run.input}", SHIPPED: f"{SHIPPED}-{run.input}"}
    keep = partial(_keep, run.out / "images", names)
    method = Method(BICUBIC, build(BICUBIC, scale=run.config["data"]["scale"]))
    result = evaluate([method], _pairs(run), tuple(PROTOCOLS), metrics=_metrics(metrics), show=keep)
    return _write(path, result.rows, result.skipped)


def _pairs(run: Run) -> list[partial[EvalPair]]:
    data = run.config["data"]
    source = open_source(
        data["root"], data.get("source", "auto"), scale=data["scale"], camera=data.get("camera", "NikonD5500")
    )
    names = source.names("test")
    if not names:
        raise PairError("holds no test pairs.", path=data["root"], remedy="Add scenes: one of ten is for tests.")
    return [partial(load_raw_pair if run.input == "raw" else load_pair, source, name) for name in names]


def _metrics(more: Sequence[str]) -> dict[str, Metric]:
    return {name: METRICS[name] for name in _METRICS} | {name: PERCEPTUAL[name]() for name in more}


def _keep(folder: Path, names: dict[str, str], pair: EvalPair, zoomed: Sequence[Zoomed]) -> None:
    """Save results as ``folder/PAIR/NAME.png``, and the truth; of the first pairs only."""
    home = folder / pair.name
    if not home.exists() and len(list(folder.glob("*"))) >= _SHOWN:
        return
    shown = {names[result.method]: as_picture(result.image) for result in zoomed if result.method in names}
    for name, picture in (shown | {TRUTH: as_picture(to_tensor(pair.y)[None])}).items():
        save_picture(home / f"{name}.png", picture, overwrite=True)


def _write(path: Path, rows: Sequence[Row], skipped: Sequence[str]) -> int:
    if not rows:
        raise PairError(f"no test pair could be scored: {'; '.join(skipped)}")
    content = {"rows": [asdict(row) for row in rows], "skipped": list(skipped)}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n", overwrite=True)
    return 0
