"""Registered pairs on disk, so that they are registered once; one that is damaged there is made again."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict
from pathlib import Path
from threading import Lock

import numpy as np

from opticalzoom.errors import PairError
from opticalzoom.files import atomic_folder, home_path, real_path
from opticalzoom.pairs.pair import Source
from opticalzoom.pairs.registered import Preparation, TrainingPair, training_pair, unusable
from opticalzoom.parallel.faults import as_told
from opticalzoom.registration import same_view

PAIR_CACHE = "~/.cache/opticalzoom/pairs"
"""Folder of prepared pairs where no other is asked for."""
_INFO = "pair.json"
_ARRAYS = ("x", "y", "mask")
_READING = Lock()
"""NumPy parses an array's header with ``ast``, which several threads of Python 3.11 must not do at once: now and then
that is a "SystemError: AST constructor recursion depth mismatch"."""


class PairCache:
    """Prepared pairs on disk, a folder each, keyed by all that they depend on; arrays come back memory-mapped."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = home_path(folder)

    def get(self, source: Source, name: str, preparation: Preparation) -> TrainingPair:
        """The prepared pair, from disk if it is there whole; one that cannot be read is rejected with the reason.

        Raises:
            PairError: it cannot be written.
        """
        home = self.folder / _key(source, name, preparation)
        if found := load_cached(home):
            return found
        try:
            pair = training_pair(source.load(name), source.scale, preparation)
        except Exception as error:  # of every class, for damaged files
            return unusable(name, str(as_told(error)))  # not cached: the file may be mended
        _store(pair, home)
        return load_cached(home) or pair


def load_cached(home: Path) -> TrainingPair | None:
    """The pair in a folder of the cache; None if it is not there, or if something of it is damaged, which is told."""
    try:
        info = json.loads((home / _INFO).read_bytes())
        name, reason = info["name"], info["reason"]
        if not (isinstance(name, str) and isinstance(reason, str)):
            raise TypeError(f"name {name!r} and reason {reason!r}")
        if reason:
            return unusable(name, reason)
        with _READING:
            x, y, mask = (np.load(home / f"{key}.npy", mmap_mode="r") for key in _ARRAYS)
        if (x.ndim, y.ndim, mask.dtype) != (3, 3, bool) or mask.shape != y.shape[:2]:
            raise ValueError(f"arrays of the shapes {x.shape}, {y.shape} and {mask.shape}")
        if not {x.dtype, y.dtype} <= {np.dtype(np.uint8), np.dtype(np.uint16)}:
            raise ValueError(f"arrays of {x.dtype} and {y.dtype}")
        return TrainingPair(name, x, y, mask)
    except Exception as error:  # of every class, for damaged files
        if home.exists():
            logging.getLogger(__name__).warning("%s: was damaged, and is made again (%s).", home, error)
        return None


def _key(source: Source, name: str, preparation: Preparation) -> str:
    stamps = [
        (str(real_path(p)), s.st_size, s.st_mtime_ns) for p in source.files(name) if p.exists() for s in (p.stat(),)
    ]
    settings = asdict(preparation)
    if not preparation.misalignment.parallax:
        del settings["misalignment"]["parallax"]  # pairs cached before there was any stay valid
    parts = (same_view.VERSION, source.describe(), source.scale, name, stamps, settings)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _store(pair: TrainingPair, home: Path) -> None:
    try:
        with atomic_folder(home, error=PairError) as part:
            for key in _ARRAYS:
                np.save(part / f"{key}.npy", getattr(pair, key))
            (part / _INFO).write_text(json.dumps({"name": pair.name, "reason": pair.reason}))
    except PairError as error:
        raise PairError(
            error.cause, path=home, remedy="Free some space, or choose another cache folder with --data.cache."
        ) from error
