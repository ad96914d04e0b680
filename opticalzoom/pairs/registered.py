"""From a source's pair to one that can be trained on: misaligned if asked, registered, on one grid, cached.

``training_pair`` is a pure function; ``PairCache`` remembers its results on disk.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PairError
from opticalzoom.files import home_path, real_path
from opticalzoom.pairs.pair import Pair, Pixels, Source
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.raw.camera_space import WhiteBalance, encode_mosaic, encode_picture
from opticalzoom.registration import same_view as registration
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import Image, sample
from opticalzoom.weights.contract import InputKind

PAIR_CACHE = "~/.cache/opticalzoom/pairs"
"""Folder of prepared pairs where no other is asked for."""
_READING = Lock()
"""NumPy parses an array's header with ``ast``, which several threads of Python 3.11 must not do at once: now and then
that is a "SystemError: AST constructor recursion depth mismatch"."""


@dataclass(frozen=True)
class Preparation:
    """What is done to every pair.

    Attributes:
        input: whether the network takes X as photographed (``rgb``), at the target's size (``resized``) or as a packed
            mosaic (``raw``).
        misalignment: injected into Y first.
        method: registration that follows: ``flow``, ``homography`` or ``none``.
        white_balance: of mosaics, see :data:`~opticalzoom.photo.raw.camera_space.WhiteBalance`.
        sensor: makes the mosaic of an X that has none.
    """

    input: InputKind = "rgb"
    misalignment: Misalignment = field(default_factory=Misalignment)
    method: registration.Method = "flow"
    white_balance: WhiteBalance = "input"
    sensor: MosaicSimulation = field(default_factory=MosaicSimulation)


@dataclass(frozen=True)
class TrainingPair:
    """A pair on one grid: a pixel of X and the s×s pixels of Y at the same place show the same thing.

    RAW pairs have their colours in encoded camera space, see :mod:`opticalzoom.photo.raw.camera_space`.

    Attributes:
        name: of the source's pair.
        x: H×W×3, sH×sW×3 if resized, or H/2×W/2×4 if raw (H and W even); uint8 or uint16.
        y: sH×sW×3, uint8 or uint16.
        mask: sH×sW bool, pixels of ``y`` that can be trusted.
        reason: why the pair must not be used; the arrays are empty then.
    """

    name: str
    x: Pixels
    y: Pixels
    mask: NDArray[np.bool_]
    reason: str = ""


def training_pair(pair: Pair, scale: int, preparation: Preparation) -> TrainingPair:
    """Misalign, register and crop one pair; a pair that does not fit gets a reason, not an exception."""
    small, large = both_grids(pair, scale)
    if min(small.shape[:2]) == 0:
        return unusable(pair.name, f"X has {pair.x.shape[:2]} pixels, too small for ×{scale}")
    y, mask, found = aligned_target(pair, large, scale, preparation)
    if not found.ok:
        return unusable(pair.name, found.reason)
    if preparation.input == "raw":
        return _in_camera_space(pair, small, y, mask, preparation)
    return TrainingPair(pair.name, large if preparation.input == "resized" else small, y, mask)


def aligned_target(
    pair: Pair, large: Pixels, scale: int, preparation: Preparation
) -> tuple[Pixels, NDArray[np.bool_], Registration]:
    """Y misaligned and registered, and which of its pixels can be trusted, both on X's grid if the registration that
    led there is ok.

    Args:
        pair: from a source.
        large: X on the target's grid, sH×sW×3, see :func:`both_grids`.
        scale: Y over X.
        preparation: misalignment and method.
    """
    moved, valid = _misaligned(pair, preparation.misalignment)
    size = large.shape[:2]
    if preparation.method == "none":
        if pair.resized:  # X was cropped to a multiple of the scale: so must Y be
            moved, valid = moved[: size[0], : size[1]], valid[: size[0], : size[1]]
        found = registration.unmoved(size, moved.shape[:2])
        if moved.shape[:2] != size:
            reason = f"Y has {moved.shape[:2]} pixels, {size} expected without registration"
            found = registration.no_registration(size, moved.shape[:2], reason)
        return moved, valid, found
    found = registration.register(moved, large, scale=scale, method=preparation.method)
    if not found.ok:
        return moved, valid, found
    kept = sample(valid.astype(np.uint8), found.field, interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT)
    return found.warp(moved), found.trusted & kept.astype(bool), found


def _in_camera_space(
    pair: Pair, small: Pixels, y: Pixels, mask: NDArray[np.bool_], preparation: Preparation
) -> TrainingPair:
    """The pair with X as a packed mosaic; what lies under an odd last row or column of X is cut from Y and mask."""
    height, width = (side // 2 * 2 for side in small.shape[:2])
    if min(height, width) == 0:
        return unusable(pair.name, f"X has {small.shape[:2]} pixels, too small for a mosaic")
    raw = pair.mosaic or preparation.sensor.shoot(small, pair.name)
    if raw.mosaic.shape != (height, width):
        return unusable(pair.name, f"its mosaic has {raw.mosaic.shape} pixels, {height, width} expected as X has")
    scale = y.shape[0] // small.shape[0]
    part = slice(height * scale), slice(width * scale)
    target = encode_picture(y[part], raw, preparation.white_balance)
    return TrainingPair(pair.name, encode_mosaic(raw, preparation.white_balance), target, mask[part])


def both_grids(pair: Pair, scale: int) -> tuple[Pixels, Pixels]:
    """X as the sensor saw it (H×W) and on the target's grid (sH×sW).

    A resized X is cropped to a multiple of the scale and averaged over s×s blocks, which undoes the
    enlargement to what the sensor resolved.
    """
    if not pair.resized:
        height, width = pair.x.shape[:2]
        return pair.x, _resize(pair.x, height * scale, width * scale, cv2.INTER_CUBIC)
    height, width = (side // scale for side in pair.x.shape[:2])
    large = pair.x[: height * scale, : width * scale]
    if min(height, width) == 0:
        return large, large
    return _resize(large, height, width, cv2.INTER_AREA), large


def _resize(image: Pixels, height: int, width: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation))


def _misaligned(pair: Pair, misalignment: Misalignment) -> tuple[Pixels, NDArray[np.bool_]]:
    """Y moved, and which of its pixels are valid; what parallax hides and uncovers is, as no photographer knows it."""
    height, width = pair.y.shape[:2]
    valid = np.ones((height, width), dtype=bool) if pair.mask is None else pair.mask
    if misalignment.is_none:
        return pair.y, valid
    motion = misalignment.motion(pair.name, height, width)
    kept = sample(valid.astype(np.uint8), motion.field, interpolation=cv2.INTER_NEAREST)
    return motion.apply(pair.y), motion.valid & kept.astype(bool)


def unusable(name: str, reason: str) -> TrainingPair:
    """A pair that is left out."""
    empty = np.zeros((0, 0, 3), np.uint8)
    return TrainingPair(name, empty, empty, np.zeros((0, 0), bool), reason)


class PairCache:
    """Prepared pairs on disk, a folder each, keyed by all that they depend on; arrays come back memory-mapped."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = home_path(folder)

    def get(self, source: Source, name: str, preparation: Preparation) -> TrainingPair:
        """The prepared pair, from disk if it is there; a pair that cannot be read is rejected with the reason."""
        home = self.folder / self._key(source, name, preparation)
        if not (home / "pair.json").exists():
            try:
                pair = training_pair(source.load(name), source.scale, preparation)
            except Exception as error:  # of every class, for damaged files
                return unusable(name, str(as_told(error)))  # not cached: the file may be mended
            self._store(pair, home)
        return self._load(home)

    def _key(self, source: Source, name: str, preparation: Preparation) -> str:
        stamps = [
            (str(real_path(p)), s.st_size, s.st_mtime_ns) for p in source.files(name) if p.exists() for s in (p.stat(),)
        ]
        settings = asdict(preparation)
        if not preparation.misalignment.parallax:
            del settings["misalignment"]["parallax"]  # pairs cached before there was any stay valid
        parts = (registration.VERSION, source.describe(), source.scale, name, stamps, settings)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]

    def _store(self, pair: TrainingPair, home: Path) -> None:
        """Write to a temporary folder and rename: a killed process leaves no half pair behind."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=self.folder, suffix=".part"))
        except OSError as error:
            raise PairError(
                f"cannot be written ({error.strerror or error}).",
                path=self.folder,
                remedy="Choose another cache folder.",
            ) from error
        try:
            for key in ("x", "y", "mask"):
                np.save(part / f"{key}.npy", getattr(pair, key))
            (part / "pair.json").write_text(json.dumps({"name": pair.name, "reason": pair.reason}))
            _publish(part, home)
        except OSError as error:
            raise PairError(
                f"cannot be written ({error.strerror or error}).",
                path=home,
                remedy="Free some space or choose another cache folder.",
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @staticmethod
    def _load(home: Path) -> TrainingPair:
        info = json.loads((home / "pair.json").read_text())
        with _READING:
            x, y, mask = (
                np.load(home / f"{key}.npy", mmap_mode="r" if not info["reason"] else None)
                for key in ("x", "y", "mask")
            )
        return TrainingPair(info["name"], x, y, mask, info["reason"])


def _publish(part: Path, home: Path) -> None:
    """Rename to the final name, unless another process was faster."""
    if home.exists() and not (home / "pair.json").exists():
        shutil.rmtree(home)  # cut short by something worse than a killed process
    try:
        part.rename(home)
    except OSError:
        if not (home / "pair.json").exists():
            raise
