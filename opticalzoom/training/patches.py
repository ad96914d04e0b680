"""Training patches: the same window of X, Y and mask, flipped and turned together, a pure function of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from opticalzoom.errors import ConfigError
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.photo.raw.mosaic import pack, unpack
from opticalzoom.registration.warp import Image

Sample = dict[str, Tensor]

PACKED = 4
"""Channels of a packed mosaic."""
_TRIES = 8  # windows drawn until one is trusted enough
_ENOUGH = 0.6  # part of the window's pixels that must be trusted


class PatchDataset(Dataset[Sample]):
    """Endless patches of prepared pairs; item ``i`` depends on the seed and ``i`` alone.

    Items have ``x`` C×p×p (or C×sp×sp for resized input), ``y`` 3×sp×sp, float32 in [0, 1], and ``mask``
    1×sp×sp, 1 where Y can be trusted. Packed mosaics (C = 4) are turned as mosaics and cut by one row or column
    where needed, so that they start R G / G B whichever way they lie.

    Args:
        pairs: prepared pairs, all of one scale and input kind.
        scale: Y over X on the network's grid, which has 2×2 pixels of a mosaic in one.
        size: side p of a patch in pixels of the grid.
        seed: of windows, flips and turns.
        augment: whether patches are flipped and turned.
        weights: how often each pair is drawn relative to the others; by default every pixel is as likely as any other.

    Raises:
        ConfigError: if there is no pair of at least ``size`` pixels a side.
    """

    def __init__(
        self,
        pairs: Sequence[TrainingPair],
        scale: int,
        size: int,
        seed: int = 0,
        augment: bool = True,
        weights: Sequence[float] | None = None,
    ) -> None:
        chances = [p.y.shape[0] * p.y.shape[1] for p in pairs] if weights is None else weights
        self._margin = int(augment and any(p.x.shape[2] == PACKED for p in pairs))  # a cell more, to cut from
        least = (size + self._margin) * scale
        usable = [(p, w) for p, w in zip(pairs, chances, strict=True) if min(p.y.shape[:2]) >= least]
        self._pairs = [pair for pair, _ in usable]
        if not self._pairs:
            raise ConfigError(
                f"no pair of at least {size}×{size} pixels to cut patches from.",
                remedy="Choose smaller patches or larger photos.",
            )
        self._scale, self._size, self._seed, self._augment = scale, size, seed, augment
        chance = np.array([weight for _, weight in usable], dtype=np.float64)
        self._share = chance / chance.sum()

    def __len__(self) -> int:
        """Without end, as far as Python can say it."""
        return 2**62

    def __getitem__(self, index: int) -> Sample:
        """Patch number ``index``."""
        rng = np.random.default_rng((self._seed, index))
        pair = self._pairs[rng.choice(len(self._pairs), p=self._share)]
        row, column = self._window(pair, rng)
        x_scale = self._scale if pair.x.shape[:2] == pair.y.shape[:2] else 1
        size = self._size + self._margin
        window = (
            _cut(pair.x, row, column, size, x_scale),
            _cut(pair.y, row, column, size, self._scale),
            _cut(pair.mask[..., None], row, column, size, self._scale),
        )
        turn = int(rng.integers(8)) if self._augment else 0
        parts = turned_raw(window, turn) if self._margin else tuple(turned(part, turn) for part in window)
        return dict(zip(("x", "y", "mask"), map(to_tensor, parts), strict=True))

    def _window(self, pair: TrainingPair, rng: np.random.Generator) -> tuple[int, int]:
        size = self._size + self._margin
        height, width = (side // self._scale - size + 1 for side in pair.y.shape[:2])
        for _ in range(_TRIES):
            row, column = int(rng.integers(height)), int(rng.integers(width))
            if _cut(pair.mask, row, column, size, self._scale).mean() >= _ENOUGH:
                break
        return row, column


class StepSampler(Sampler[list[int]]):
    """Indices of each batch from a given optimisation step on, without end: what makes a resumed run equal.

    Args:
        batch_size: patches a batch and process.
        first_batch: number of batches that every process has had.
        rank: number of this process.
        processes: how many there are.
    """

    def __init__(self, batch_size: int, first_batch: int = 0, rank: int = 0, processes: int = 1) -> None:
        self._size, self._first, self._rank, self._processes = batch_size, first_batch, rank, processes

    def __iter__(self) -> Iterator[list[int]]:
        """Lists of ``batch_size`` indices."""
        for batch in count(self._first):
            start = (batch * self._processes + self._rank) * self._size
            yield list(range(start, start + self._size))


def turned(image: Image, turn: int) -> Image:
    """One of the eight flips and quarter turns of an H×W×C image, numbered 0 to 7."""
    flipped = image[:, ::-1] if turn >= 4 else image  # four turns, then four flipped ones
    return np.rot90(flipped, turn % 4)


def turned_raw(window: tuple[Image, Image, Image], turn: int) -> tuple[Image, ...]:
    """Turn a packed mosaic, its target and its mask (see :func:`turned`), and cut them to start R G / G B again.

    Args:
        window: (p + 1)×(p + 1)×4, and s(p + 1)×s(p + 1)×3 and ×1.
        turn: 0 to 7.

    Returns:
        p×p×4, and sp×sp×3 and ×1, still one above the other.
    """
    packed, *pictures = window
    cells = packed.shape[0] - 1
    red = turned(np.array([[[True], [False]], [[False], [False]]]), turn)
    row, column = divmod(int(red.argmax()), 2)
    mosaic = turned(unpack(packed)[..., None], turn)[..., 0]
    scale = pictures[0].shape[0] // mosaic.shape[0]
    part = pack(mosaic[row : row + 2 * cells, column : column + 2 * cells])
    return part, *(_cut(turned(picture, turn), row, column, 2 * cells, scale) for picture in pictures)


def to_tensor(image: Image) -> Tensor:
    """C×H×W float32 from H×W×C: integers divided by their largest value, booleans as 0 and 1."""
    largest = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
    values = np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32)
    return torch.from_numpy(values / np.float32(largest))


def _cut(image: Image, row: int, column: int, size: int, scale: int) -> Image:
    return image[row * scale : (row + size) * scale, column * scale : (column + size) * scale]
