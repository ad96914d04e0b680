"""A few of many registered pairs, and their arrays as what measures a lens takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.photo.photograph import to_float

Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]
T = TypeVar("T")


def evenly_spread(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, from the first to the last at equal distances."""
    chosen = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[number] for number in np.unique(chosen)]


def float_arrays(pairs: Iterable[TrainingPair]) -> Iterator[Arrays]:
    """X, Y and mask of each pair: float32 in [0, 1], and bool."""
    for pair in pairs:
        yield to_float(pair.x), to_float(pair.y), np.asarray(pair.mask)
