"""Parts of a photograph as people say them: pixels, from a corner or in the middle, or a share of the middle."""

from __future__ import annotations

import re
from dataclasses import dataclass

from opticalzoom.errors import ConfigError
from opticalzoom.photo.window import Window, checked

_PIXELS = re.compile(r"(\d+)[x×](\d+)(?:\+(\d+)\+(\d+))?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


@dataclass(frozen=True)
class Middle:
    """The middle of a photo: ``share`` of its height and of its width."""

    share: float

    def window(self, height: int, width: int) -> Window:
        """Its rows and columns in an upright photo of height×width pixels."""
        return _centred(max(1, round(height * self.share)), max(1, round(width * self.share)), height, width)


@dataclass(frozen=True)
class Pixels:
    """So many pixels, of which the top left one is at ``corner`` (row, column); without it those in the middle."""

    height: int
    width: int
    corner: tuple[int, int] | None = None

    def window(self, height: int, width: int) -> Window:
        """Its rows and columns in an upright photo of height×width pixels.

        Raises:
            ConfigError: the photo has not got them all.
        """
        if self.corner is None:
            window = _centred(self.height, self.width, height, width)
        else:
            top, left = self.corner
            window = Window(slice(top, top + self.height), slice(left, left + self.width))
        return checked(window, height, width)


Crop = Middle | Pixels


def parse_crop(text: str) -> Crop:
    """``WxH+X+Y`` (X from the left, Y from the top), ``WxH`` in the middle, or ``P%`` of each side in the middle.

    Raises:
        ConfigError: the text says something else.
    """
    if found := _PERCENT.fullmatch(text):
        share = float(found[1]) / 100
        if 0 < share <= 1:
            return Middle(share)
    if found := _PIXELS.fullmatch(text):
        width, height, left, top = (int(number) if number else 0 for number in found.groups())
        if min(width, height) > 0:
            return Pixels(height, width, None if found[3] is None else (top, left))
    raise ConfigError(
        f"{text!r} is no part of a photo.", remedy="Say WxH+X+Y or WxH in pixels, or P% for the middle: 800x600+100+50."
    )


def _centred(rows: int, columns: int, height: int, width: int) -> Window:
    top, left = (height - rows) // 2, (width - columns) // 2
    return Window(slice(top, top + rows), slice(left, left + columns))
