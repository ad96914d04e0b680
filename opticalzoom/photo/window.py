"""Parts of a picture: rows and columns."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from opticalzoom.errors import ConfigError


class Window(NamedTuple):
    """Rows and columns of a photo, both with a start and a stop."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def grown(self, margin: int, height: int, width: int) -> Window:
        """This window with ``margin`` pixels around it, as far as the photo of height×width has them."""
        return Window(grown(self.rows, margin, height), grown(self.columns, margin, width))

    def common(self, other: Window) -> Window:
        """The rows and columns that are in both windows; there must be some."""
        pairs = zip(self, other, strict=True)
        return Window(*(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in pairs))

    def scaled(self, scale: int) -> Window:
        """The same part of the photo enlarged by ``scale``.

        >>> Window(slice(1, 3), slice(0, 2)).scaled(10)
        Window(rows=slice(10, 30, None), columns=slice(0, 20, None))
        """
        return Window(*(slice(side.start * scale, side.stop * scale) for side in self))

    def inside(self, other: Window) -> Window:
        """This window counted from the top left of ``other``.

        >>> Window(slice(5, 7), slice(9, 10)).inside(Window(slice(4, 8), slice(9, 12)))
        Window(rows=slice(1, 3, None), columns=slice(0, 1, None))
        """
        return Window(*(slice(a.start - b.start, a.stop - b.start) for a, b in zip(self, other, strict=True)))


def checked(crop: Window | None, height: int, width: int) -> Window:
    """The crop, or the whole of a photo of height×width pixels if it is None.

    Raises:
        ConfigError: the crop is empty or reaches beyond the photo.
    """
    if crop is None:
        return Window(slice(0, height), slice(0, width))
    for name, side, length in zip(("rows", "columns"), crop, (height, width), strict=True):
        if not 0 <= side.start < side.stop <= length:
            raise ConfigError(
                f"the crop takes {name} {side.start} to {side.stop}, the photo has {length}.",
                remedy=f"Choose 0 ≤ start < stop ≤ {length}.",
            )
    return crop


def spans(start: int, stop: int, longest: int) -> list[slice]:
    """Slices of nearly equal length, at most ``longest``, that cover start to stop exactly once.

    >>> spans(0, 10, 4)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]

    Raises:
        ConfigError: ``longest`` is below 1.
    """
    if longest < 1:
        raise ConfigError(f"the side of a tile is {longest}, expected at least 1 pixel.")
    parts = math.ceil((stop - start) / longest)
    edges = [start + (stop - start) * i // parts for i in range(parts + 1)]
    return [slice(*edge) for edge in pairwise(edges)]


def grown(side: slice, margin: int, length: int) -> slice:
    """Rows or columns with ``margin`` more on both ends, as far as there are any of ``length``.

    >>> grown(slice(2, 5), 3, 7)
    slice(0, 7, None)
    """
    return slice(max(0, side.start - margin), min(length, side.stop + margin))
