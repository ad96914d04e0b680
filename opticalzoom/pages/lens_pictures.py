"""Figures of a measured lens, as photographers know them, for a page: HTML with SVG inside, nothing beside it."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from opticalzoom.lenses.measured import MeasuredLens
from opticalzoom.lenses.modulation import FREQUENCIES, mtf, mtf50
from opticalzoom.lenses.noise import BRIGHTNESS
from opticalzoom.pages.line_plots import Axes, svg, svg_text

COLOURS = {"red": "#d9483b", "green": "#2f9e5f", "blue": "#4b83e6"}
"""To be told apart on white and on black."""

_CELL, _GAP = 110, 10  # pixels of the screen


def lens_figures(lens: MeasuredLens) -> str:
    """All figures of a lens with captions: a fragment of HTML.

    Text takes the page's colour (``currentColor``), so that the fragment suits light and dark pages.
    """
    unmeasured = int((~lens.measured).sum())
    missing = f" Where there is too little detail ({unmeasured} cells) it is the mean." if unmeasured else ""
    figures = [
        (
            spread_picture(lens),
            "What becomes of a point of white light over the field, in linear light, brightened; the grid is the "
            f"pixels of X.{missing}",
        ),
        (
            mtf_picture(lens),
            "Contrast over fineness (MTF) of X against Y, mean of all directions; bands are standard errors. Above 1 "
            "the camera has sharpened; beyond Nyquist is aliasing. Dashed: the pixels alone, a perfect lens.",
        ),
        (
            sharpness_picture(lens),
            "Sharpness (MTF50 of green) over the distance from the middle of the field, across sagittal lines, which "
            "run outwards, and across meridional lines; bars are standard errors.",
        ),
        (shift_picture(lens), "How far red and blue lie from green, enlarged; discs are standard errors."),
        (noise_picture(lens), "Noise of X over brightness, standard deviation; bands are standard errors."),
    ]
    return "\n".join(
        f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>" for picture, caption in figures
    )


def spread_picture(lens: MeasuredLens) -> str:
    """The point spread of each cell of the field in its colours, on a grid of X's pixels: SVG."""
    rows, columns = lens.grid
    brightest = max(float(lens.field.max()), 1e-12)
    step = _CELL + _GAP
    parts = []
    for row, column in np.ndindex(rows, columns):
        left, top = column * step + 1, row * step + 1
        seen = lens.field[row, column, :, ::-1, ::-1]  # turned by half: where light goes to, not where it comes from
        tone = np.sqrt(np.clip(seen / brightest, 0, 1))
        source = _png(np.moveaxis(tone, 0, -1))
        parts.append(
            f'<image href="{source}" x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" '
            'style="image-rendering:pixelated"/>'
        )
        pixels = lens.field.shape[-1] // lens.scale
        lines = "".join(
            f"M{left + _CELL * at / pixels:g} {top}v{_CELL}M{left} {top + _CELL * at / pixels:g}h{_CELL}"
            for at in range(pixels + 1)
        )
        opacity = 0.3 if lens.measured[row, column] else 0.1
        parts.append(f'<path d="{lines}" stroke="#fff" opacity="{opacity}" fill="none"/>')
        if not lens.measured[row, column]:
            parts.append(svg_text(left + 6, top + 16, "mean", "start", "#fff"))
    return svg(parts, columns * step - _GAP + 2, rows * step - _GAP + 2, "Point spread over the field")


def mtf_picture(lens: MeasuredLens) -> str:
    """Contrast over spatial frequency for each colour with its doubt: SVG."""
    axes = Axes("cycles per pixel of X", "contrast", 1, max(1.1, 1.05 * float((lens.mtf + lens.mtf_doubt).max())))
    side = lens.kernels.shape[-1]
    pixel = np.zeros((side, side))
    inside = slice((side - lens.scale) // 2, (side + lens.scale) // 2)
    pixel[inside, inside] = 1
    parts = [axes.note(0.5, "Nyquist"), axes.curve(FREQUENCIES, mtf(pixel, lens.scale), "currentColor", "5 4")]
    legend = []
    for (name, colour), curve, doubt in zip(COLOURS.items(), lens.mtf, lens.mtf_doubt, strict=True):
        parts += [axes.band(FREQUENCIES, curve - doubt, curve + doubt, colour), axes.curve(FREQUENCIES, curve, colour)]
        legend.append((f"{name}: MTF50 {mtf50(curve):.2f}", colour))
    return axes.plot(parts, legend)


def sharpness_picture(lens: MeasuredLens) -> str:
    """MTF50 of green over image height, across sagittal and meridional lines, where it was measured: SVG."""
    heights, angles = _places(lens)
    found = []
    for row, column in zip(*np.nonzero(lens.measured), strict=True):
        kernel, angle = lens.field[row, column, 1], float(angles[row, column])
        meridional, sagittal = (float(mtf50(mtf(kernel, lens.scale, turn))) for turn in (angle, angle + np.pi / 2))
        found.append((heights[row, column], sagittal, meridional, lens.mtf50_doubt[row, column, 1]))
    highest = max([max(sagittal, meridional) for _, sagittal, meridional, _ in found], default=0.5)
    axes = Axes(
        "image height (1 is a corner of the field)", "MTF50, cycles per pixel of X", 1, max(0.5, 1.15 * highest)
    )
    parts = []
    for height, sagittal, meridional, doubt in sorted(found):
        parts.append(axes.dot(height - 0.008, sagittal, doubt, COLOURS["green"]))
        parts.append(axes.dot(height + 0.008, meridional, doubt, COLOURS["green"], hollow=True))
    return axes.plot(parts, [("● sagittal", COLOURS["green"]), ("○ meridional", COLOURS["green"])])


def shift_picture(lens: MeasuredLens) -> str:
    """Arrows from green to where red and blue lie in each cell of the field, enlarged, with a scale: SVG."""
    rows, columns = lens.grid
    largest = float(np.linalg.norm(lens.chromatic_shift, axis=-1).max())
    unit = next((unit for unit in (0.05, 0.1, 0.2, 0.5, 1.0) if unit >= largest / 2), 2.0)
    zoom = 0.2 * _CELL / unit  # the longest arrow stays within its cell
    parts = []
    for row, column in np.ndindex(rows, columns):
        x, y = (column + 0.5) * _CELL, (row + 0.5) * _CELL
        box = f"M{column * _CELL + 1} {row * _CELL + 1}h{_CELL}v{_CELL}h-{_CELL}z"
        parts.append(f'<path d="{box}" fill="none" stroke="currentColor" opacity="0.2"/>')
        for number, name in enumerate(("red", "blue")):
            down, right = -lens.chromatic_shift[row, column, number] * zoom  # content lies where it is sampled to
            radius = min(float(np.linalg.norm(lens.shift_doubt[row, column, number])) * zoom, _CELL / 2)
            line = f'd="M{x:.1f} {y:.1f}l{right:.1f} {down:.1f}" stroke="{COLOURS[name]}" stroke-width="2"'
            disc = f'cx="{x + right:.1f}" cy="{y + down:.1f}" r="{radius:.1f}" fill="{COLOURS[name]}" opacity="0.3"'
            parts.append(f"<path {line}/><circle {disc}/>")
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{COLOURS["green"]}"/>')
    bottom = rows * _CELL + 22
    parts.append(f'<path d="M1 {bottom - 4}h{unit * zoom:.1f}" stroke="currentColor" stroke-width="2"/>')
    parts.append(svg_text(unit * zoom + 8, bottom, f"{unit:g} pixels of X", "start"))
    return svg(parts, columns * _CELL + 2, bottom + 6, "Red and blue against green over the field")


def noise_picture(lens: MeasuredLens) -> str:
    """Standard deviation of the noise over brightness for each colour, display values of 0 to 255: SVG."""
    known = lens.noise_doubt < np.maximum(lens.noise, 1e-9)
    highest = float((lens.noise + lens.noise_doubt)[known].max(initial=1 / 255)) * 255
    axes = Axes("brightness, display value", "noise, display values", 255, 1.2 * highest)
    parts, legend = [], []
    for (name, colour), curve, doubt, there in zip(COLOURS.items(), lens.noise, lens.noise_doubt, known, strict=True):
        x, y, half = (255 * values[there] for values in (BRIGHTNESS, curve, doubt))
        parts += [axes.band(x, y - half, y + half, colour), axes.curve(x, y, colour)]
        legend.append((name if there.any() else f"{name}: nothing flat was seen", colour))
    return axes.plot(parts, legend)


def _places(lens: MeasuredLens) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Of each cell's middle: image height, 1 at the field's corners, and the direction outwards, radians."""
    rows, columns = lens.grid
    v, u = np.meshgrid((2 * np.arange(rows) + 1) / rows - 1, (2 * np.arange(columns) + 1) / columns - 1, indexing="ij")
    u = u * lens.aspect
    return np.hypot(v, u) / np.hypot(1, lens.aspect), np.arctan2(v, u)


def _png(picture: NDArray[np.floating]) -> str:
    """A data URI of H×W×3 in [0, 1]."""
    file = io.BytesIO()
    Image.fromarray(np.round(picture * 255).astype(np.uint8)).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
