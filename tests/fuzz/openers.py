"""What the product does with a file of each kind, in a process that may die of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import tifffile
from PIL import Image

from opticalzoom.engines.engine import Array
from opticalzoom.errors import OpticalZoomError, UnforeseenError
from opticalzoom.weights.contract import Contract


class Twice:
    """An engine that repeats pixels: what is tried here is what comes before it and after it."""

    contract, streams, bytes_per_pixel = Contract(2), 1, 100

    def __call__(self, x: Array) -> Array:
        return x.repeat(2, axis=2).repeat(2, axis=3)


def outcome(kind: str, path: Path) -> str:
    """``taken``, or ``refused`` with a message of ours.

    Raises:
        Exception: anything else that the file led to, and an :class:`AssertionError` for results that are half written.
    """
    try:
        OPENERS[kind](path)
    except UnforeseenError:
        raise
    except OpticalZoomError:
        return "refused"
    return "taken"


def _zoom(path: Path) -> None:
    """As the verb ``zoom`` does, and what ``prepare`` looks at."""
    from opticalzoom.photo.siblings import find_shots  # noqa: PLC0415 - each kind imports what it needs
    from opticalzoom.zooming.jobs import Recipe, zoom_job  # noqa: PLC0415
    from opticalzoom.zooming.plan import plan  # noqa: PLC0415
    from opticalzoom.zooming.zoomer import Zoomer  # noqa: PLC0415

    Recipe.zoomer = lambda self, raw: Zoomer(Twice())  # type: ignore[method-assign]
    output = path.parent / "out"
    shutil.rmtree(output, ignore_errors=True)
    find_shots([path])
    jobs, problems, *_ = plan([str(path)], Recipe(weights="city100-x3", scale=2), output)
    if problems:
        raise problems[0]
    (job,) = jobs
    error = zoom_job(job)[1]
    there = list(output.iterdir()) if output.exists() else []
    if error:
        assert not there, f"left beside an error: {there}"
        raise error
    assert there == [job.target], there
    _check_whole(job.target)


def _check_whole(path: Path) -> None:
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            assert file.pages[0].asarray().size
        return
    with Image.open(path) as picture:
        picture.load()


def _manifest(path: Path) -> None:
    from opticalzoom.pairs.manifest import NAME, read_manifest  # noqa: PLC0415
    from opticalzoom.pairs.prepared import PreparedPairs  # noqa: PLC0415

    path.replace(path.with_name(NAME))
    read_manifest(path.parent)
    source = PreparedPairs(path.parent, 2)
    for name in source.names("train"):
        assert all(file.is_relative_to(path.parent) and ".." not in file.parts for file in source.files(name))


def _pair_set(path: Path) -> None:
    from opticalzoom.pairs.fingerprints import MANIFEST, problems, read_set_manifest  # noqa: PLC0415

    path.replace(path.with_name(MANIFEST))
    manifest = read_set_manifest(path.parent)
    assert manifest is not None
    list(problems(path.parent, manifest))


def _weights(path: Path) -> None:
    from opticalzoom.engines.checkpoint import load_model  # noqa: PLC0415
    from opticalzoom.lenses.library import card_for_library  # noqa: PLC0415

    card_for_library(path)
    load_model(path)


def _lens(path: Path) -> None:
    """As where PyTorch is not installed: there the graph in the file is run."""
    from opticalzoom.lenses import sharing  # noqa: PLC0415

    os.environ["OPTICALZOOM_LENSES"] = str(path.parent / "lenses")
    shutil.rmtree(path.parent / "lenses", ignore_errors=True)
    sharing.find_spec = lambda name: None  # type: ignore[assignment]
    sharing.import_lens(path, "a")


def _onnx(path: Path) -> None:
    from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine  # noqa: PLC0415

    OnnxRuntimeEngine(path)
    OpenVinoEngine(path)


def _ncnn(path: Path) -> None:
    from fuzz_seeds import seeds_of  # noqa: PLC0415

    from opticalzoom.engines.ncnn_engine import NcnnEngine  # noqa: PLC0415

    for suffix, content in seeds_of("ncnn"):
        if suffix != path.suffix:
            path.with_suffix(suffix).write_bytes(content)
    NcnnEngine(path.with_suffix(".param"))


def _checkpoint(path: Path) -> None:
    from opticalzoom.models.backbones.weight_files import read_state  # noqa: PLC0415
    from opticalzoom.training.saved_state import load_state  # noqa: PLC0415

    try:
        read_state(path)
    except UnforeseenError:
        raise
    except OpticalZoomError:
        pass
    load_state(path)


def _study(path: Path) -> None:
    from opticalzoom.evaluation.studies.settings import Settings  # noqa: PLC0415

    Settings.load(path, "table1", "lite")


def _config(path: Path) -> None:
    from opticalzoom.cli.main import main  # noqa: PLC0415

    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        before, (sys.stdout, sys.stderr) = (sys.stdout, sys.stderr), (nowhere, nowhere)
        try:
            code = main(["train", "--config", str(path), "--print_config"])
        except SystemExit as stop:
            code = stop.code
        finally:
            sys.stdout, sys.stderr = before
    if code == 2:
        raise OpticalZoomError("is refused.")
    assert code in {0, None}, f"exit code {code}"


OPENERS: dict[str, Callable[[Path], None]] = {
    **dict.fromkeys(("jpeg", "png", "tiff", "webp", "heif", "dng"), _zoom),
    "manifest": _manifest,
    "pair set": _pair_set,
    "weights": _weights,
    "lens": _lens,
    "onnx": _onnx,
    "ncnn": _ncnn,
    "checkpoint": _checkpoint,
    "study": _study,
    "config": _config,
}
