"""Pictures that come in bands: full-width rows from top to bottom, any number at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np


def regrouped(bands: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """The same rows, so many at a time; the last band may have fewer.

    Args:
        bands: h×W×C each, any h.
        rows: of every band that leaves.
    """
    held: list[np.ndarray] = []
    missing = rows
    for band in bands:
        rest = band
        while len(rest):
            part, rest = rest[:missing], rest[missing:]
            held.append(part)
            missing -= len(part)
            if not missing:
                yield _joined(held)
                held, missing = [], rows
    if held:
        yield _joined(held)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
