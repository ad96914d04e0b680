"""Which files and dataclasses of the package take part in one photo, one pair, and one step of SDAN.

    python benchmarks/walks.py PHOTO CARD --json docs/results/walks.json

PHOTO is a plain JPEG, which is zoomed ×3; CARD a folder with shots of a scene at two focal lengths for ×2, which are
prepared and cut to a patch. Counted is every file of which a function is called, and every dataclass of which an object
is made; what is called while modules are imported is not.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import torch

import opticalzoom
from opticalzoom.cli.main import main as command
from opticalzoom.losses.pixel import alignment_loss
from opticalzoom.models import build
from opticalzoom.pairs.manifest import write_manifest
from opticalzoom.pairs.preparing.prepare_card import plan_pairs, survey_card
from opticalzoom.pairs.preparing.shot_pair import prepare_shots
from opticalzoom.training.datamodule import PairsDataModule

ROOT = Path(opticalzoom.__file__).parent


def photo(path: Path, folder: Path) -> None:
    """From the command line to the encoder."""
    command(["zoom", str(path), "-o", str(folder)])


def pair(card: Path, folder: Path) -> None:
    """From what ``prepare`` does with the first pair of shots, without its processes and report, to a batch."""
    output = folder / "pairs"
    jobs = plan_pairs(survey_card(card, output), card, output, 2, 0.25)
    write_manifest(output, [prepare_shots(jobs[0])])
    module = PairsDataModule(str(output), scale=2, patch_size=16, workers=0, cache=str(folder / "cache"))
    module.setup("fit")
    next(iter(module.train_dataloader()))


def sdan() -> None:
    """SDAN's forward pass and the loss of Eq. 6."""
    model = build("sdan", scale=2, features=8, blocks=1)
    y = torch.rand(1, 3, 32, 32)
    alignment_loss(model(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)), y, torch.ones(1, 1, 32, 32))


def walk(work: Callable[[], None]) -> dict[str, Any]:
    """The functions that are called, by file, and the dataclasses of which objects are made."""
    files: dict[str, list[str]] = {}
    classes: set[str] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or code.co_name == "<module>":
            return
        if code.co_filename.startswith(str(ROOT)):
            called = files.setdefault(Path(code.co_filename).relative_to(ROOT).as_posix(), [])
            name = code.co_qualname.partition(".<locals>")[0]
            if name not in called:
                called.append(name)
        elif code.co_name == "__init__" and code.co_filename == "<string>":  # where dataclasses write theirs
            made = type(frame.f_locals["self"])
            if made.__module__.startswith("opticalzoom"):
                classes.add(f"{made.__module__.removeprefix('opticalzoom.')}.{made.__name__}")

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return {"files": files, "classes": sorted(classes)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("card", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there")
    args = parser.parse_args()
    for module in pkgutil.walk_packages([str(ROOT)], "opticalzoom."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "photo": walk(lambda: photo(args.photo, folder / "zoomed")),
            "pair": walk(lambda: pair(args.card.resolve(), folder)),
            "sdan": walk(sdan),
        }
    for walked, what in found.items():
        print(f"{walked}: {len(what['files'])} files, {len(what['classes'])} classes: {', '.join(what['classes'])}")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
