"""Pictures that explain results: contact sheets, offset fields, registration overlays.

All images are H×W×3 RGB uint8; dark text on white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from opticalzoom.errors import ShapeError

Picture = NDArray[np.uint8]

CELL = 288
"""Side in pixels of a contact sheet's crops after magnification."""
CROP = 96
"""Side in pixels of the region that a contact sheet shows of each picture."""
GAP, TEXT, INK, PAPER, MARK = 8, 16, (32, 32, 32), (255, 255, 255), (255, 64, 32)
LEAST_LIMIT = 0.1
"""Pixels: offsets below it are noise and stay pale."""


def label(image: Picture, text: str, size: int = TEXT) -> Picture:
    """``image`` under a white strip that says ``text`` (several lines if it has line breaks).

    Lines that are too long are cut with an ellipsis. The width stays.
    """
    font = ImageFont.load_default(size)
    width = image.shape[1]
    lines = [_fit(line, font, width - 4) for line in text.split("\n")]
    spacing = round(size * 1.3)
    strip = Image.new("RGB", (width, spacing * len(lines) + 4), PAPER)
    draw = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        draw.text((2, 1 + number * spacing), line, font=font, fill=INK)
    return np.concatenate([np.asarray(strip), image])


def overlay(first: Picture, second: Picture) -> Picture:
    """Grey where two pictures agree; ``first`` darker shows cyan, ``second`` darker shows red.

    Raises:
        ShapeError: the pictures differ in size.
    """
    if first.shape != second.shape:
        raise ShapeError(f"cannot overlay pictures of {first.shape[:2]} and {second.shape[:2]} pixels.")
    red, cyan = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second))
    return np.stack([red, cyan, cyan], axis=-1)


def flow_wheel(offset: NDArray[np.floating], limit: float | None = None) -> Picture:
    """An offset field in colours: hue is the direction, saturation the length (white: none, full: ``limit``).

    Args:
        offset: H×W×2, (dy, dx) in pixels.
        limit: length in pixels that gets full saturation; by default :func:`flow_limit`.
    """
    dy, dx = offset[..., 0].astype(np.float32), offset[..., 1].astype(np.float32)
    length, angle = cv2.cartToPolar(dx, dy, angleInDegrees=True)
    saturation = np.minimum(length / (limit or flow_limit(offset)), 1)
    hsv = np.stack([angle % 360, saturation, np.ones_like(saturation)], axis=-1)
    rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.round(rgb * 255).astype(np.uint8)


def flow_limit(offset: NDArray[np.floating]) -> float:
    """The 99th percentile of an H×W×2 field's lengths in pixels, so that a few outliers don't pale the rest."""
    return max(float(np.percentile(np.hypot(offset[..., 0], offset[..., 1]), 99)), LEAST_LIMIT)


def flow_picture(offset: NDArray[np.floating], limit: float | None = None) -> Picture:
    """:func:`flow_wheel` with its legend at the right, small fields magnified to at least 256 rows."""
    limit = limit or flow_limit(offset)
    colours = flow_wheel(offset, limit)
    return beside([magnify(colours, max(1, -(-256 // len(colours)))), _flow_legend(limit)])


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
        np.concatenate([_canvas(row, len(row) + GAP, width) for row in rows]),
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


def magnify(image: Picture, factor: int) -> Picture:
    """Every pixel becomes factor×factor pixels."""
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def beside(images: Sequence[Picture]) -> Picture:
    """Pictures from left to right with a gap between, tops aligned, on white."""
    height = max(len(image) for image in images)
    padded = [_canvas(image, height, image.shape[1] + GAP) for image in images]
    return np.concatenate(padded, axis=1)[:, :-GAP]


def _canvas(image: Picture, height: int, width: int) -> Picture:
    """``image`` at the top left of white paper."""
    rows, columns = height - image.shape[0], width - image.shape[1]
    return np.pad(image, ((0, rows), (0, columns), (0, 0)), constant_values=255)


def thumbnail(image: Picture, top: int, left: int, side: int, rows: int = CELL) -> Picture:
    """The whole image within 1.4·rows×rows pixels, the square side×side at (top, left) framed."""
    height, width = image.shape[:2]
    columns = round(1.4 * rows)
    scale = min(rows / height, columns / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    frame = [round(edge * scale) for edge in (left, top, left + side - 1, top + side - 1)]
    ImageDraw.Draw(small).rectangle(frame, outline=MARK, width=3)
    return _canvas(np.asarray(small), rows, columns)


def _flow_legend(limit: float, side: int = 128) -> Picture:
    """A wheel of all directions, its rim ``limit`` pixels from the centre."""
    axis = np.linspace(-1.0, 1.0, side)
    offset = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1) * limit
    wheel = flow_wheel(offset, limit)
    wheel[np.hypot(offset[..., 0], offset[..., 1]) > limit] = 255
    return label(wheel, f"rim: {limit:.1f} px")


def _pad_lines(text: str, breaks: int) -> str:
    return text + "\n" * (breaks - text.count("\n"))


def _fit(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
