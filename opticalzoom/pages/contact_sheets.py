"""Test images side by side: the whole of one with a square marked, and that square of every result.

All images are H×W×3 RGB uint8; dark text on white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from opticalzoom.pages.pictures import GAP, Picture, beside, label, magnify, on_paper

CELL = 288
"""Side in pixels of a contact sheet's crops after magnification."""
CROP = 96
"""Side in pixels of the region that a contact sheet shows of each picture."""
MARK = (255, 64, 32)
"""Colour of the frame around the square."""


def contact_row(name: str, pictures: Mapping[str, Picture]) -> Picture:
    """One test image: the whole of it with the crop marked, then that crop of every picture, labelled.

    The crop is where the last picture, the truth, has most detail; pixels are magnified by a whole number.

    Args:
        name: of the test image.
        pictures: label -> picture, all of one size, the truth last. Labels may have several lines.
    """
    truth = list(pictures.values())[-1]
    side = min(CROP, *truth.shape[:2])
    top, left = detailed_crop(truth, side)
    lines = max(text.count("\n") for text in pictures)
    cells = [
        label(magnify(picture[top : top + side, left : left + side], max(1, CELL // side)), _pad_lines(text, lines))
        for text, picture in pictures.items()
    ]
    return beside([label(thumbnail(truth, top, left, side), _pad_lines(name, lines)), *cells])


def grid_figure(title: str, pictures: Mapping[str, Picture], top: int, left: int, side: int, columns: int) -> Picture:
    """One test image as papers show it: the whole of it with a square marked, then that square of every picture.

    Args:
        title: over the whole image.
        pictures: label -> picture, all of one size, the truth last. Labels may have several lines.
        top: of the square.
        left: of the square.
        side: of the square, at most that of the pictures; magnified by a whole number.
        columns: of the grid of squares.
    """
    breaks = max(text.count("\n") for text in pictures)
    cells = [
        label(magnify(picture[top : top + side, left : left + side], max(1, CELL // side)), _pad_lines(text, breaks))
        for text, picture in pictures.items()
    ]
    rows = [beside(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    grid = contact_sheet(rows)
    whole = label(thumbnail(list(pictures.values())[-1], top, left, side, min(len(grid) - 40, 2 * CELL)), title)
    return beside([np.pad(whole, ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255), grid])


def contact_sheet(rows: Sequence[Picture]) -> Picture:
    """Rows of :func:`contact_row` one above the other on white paper."""
    width = max(row.shape[1] for row in rows)
    return np.pad(
        np.concatenate([on_paper(row, len(row) + GAP, width) for row in rows]),
        ((GAP, 0), (GAP, GAP), (0, 0)),
        constant_values=255,
    )


def detailed_crop(image: Picture, side: int) -> tuple[int, int]:
    """(top, left) of the side×side square with the highest gradient energy."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    dy, dx = np.gradient(grey)
    return fullest_square(dy**2 + dx**2, side)


def fullest_square(values: NDArray[np.floating], side: int) -> tuple[int, int]:
    """(top, left) of the side×side square with the highest sum of H×W values."""
    energy = cv2.integral(values.astype(np.float64))
    total = energy[side:, side:] - energy[:-side, side:] - energy[side:, :-side] + energy[:-side, :-side]
    top, left = np.unravel_index(np.argmax(total), total.shape)
    return int(top), int(left)


def thumbnail(image: Picture, top: int, left: int, side: int, rows: int = CELL) -> Picture:
    """The whole image within 1.4·rows×rows pixels, the square side×side at (top, left) framed."""
    height, width = image.shape[:2]
    columns = round(1.4 * rows)
    scale = min(rows / height, columns / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    frame = [round(edge * scale) for edge in (left, top, left + side - 1, top + side - 1)]
    ImageDraw.Draw(small).rectangle(frame, outline=MARK, width=3)
    return on_paper(np.asarray(small), rows, columns)


def _pad_lines(text: str, breaks: int) -> str:
    return text + "\n" * (breaks - text.count("\n"))
