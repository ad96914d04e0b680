"""What pictures that explain results are made of: labels, magnified pixels, pictures beside each other, PNG files.

All images are H×W×3 RGB uint8; dark text on white.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from opticalzoom.files import atomic_path

Picture = NDArray[np.uint8]

GAP, TEXT, INK, PAPER = 8, 16, (32, 32, 32), (255, 255, 255)


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


def magnify(image: Picture, factor: int) -> Picture:
    """Every pixel becomes factor×factor pixels."""
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def beside(images: Sequence[Picture]) -> Picture:
    """Pictures from left to right with a gap between, tops aligned, on white."""
    height = max(len(image) for image in images)
    padded = [on_paper(image, height, image.shape[1] + GAP) for image in images]
    return np.concatenate(padded, axis=1)[:, :-GAP]


def save_picture(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Write a picture as PNG, whole or not at all.

    Raises:
        OutputExistsError: it is there and must not be replaced.
    """
    with atomic_path(path, overwrite) as part:
        part.write_bytes(png(picture))


def png(picture: Picture) -> bytes:
    """A picture as the content of a PNG file."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="PNG")
    return content.getvalue()


def on_paper(image: Picture, height: int, width: int) -> Picture:
    """``image`` at the top left of white paper."""
    rows, columns = height - image.shape[0], width - image.shape[1]
    return np.pad(image, ((0, rows), (0, columns), (0, 0)), constant_values=255)


def _fit(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
