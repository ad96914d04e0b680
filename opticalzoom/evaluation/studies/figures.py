"""The pictures of a study: every test image with a crop of each row, as in the paper's Figure 3, and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import DependencyError
from opticalzoom.files import atomic_path
from opticalzoom.pages.contact_sheets import CROP, fullest_square, grid_figure
from opticalzoom.pages.pictures import Picture

TRUTH = "truth"
_COLUMNS = 4
_DETAIL = 8.0  # pixels: what is coarser is colour and brightness


@dataclass(frozen=True)
class Curve:
    """One line of a plot: a method's figures over the numbers of an axis."""

    method: str
    x: list[float]
    y: list[float]


def figure(title: str, pictures: Mapping[str, Picture]) -> Picture:
    """A test image and, where the rows differ most, a crop of every row.

    Args:
        title: name of the test image.
        pictures: label -> H×W×3 uint8, the truth last; those of another size than the truth are left out.
    """
    size = list(pictures.values())[-1].shape
    fitting = {text: picture for text, picture in pictures.items() if picture.shape == size}
    side = min(CROP, *size[:2])
    top, left = fullest_square(disagreement(list(fitting.values())), side)
    return grid_figure(title, fitting, top, left, side, _COLUMNS)


def disagreement(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """Variance of the details of pictures at every pixel, H×W, in levels squared.

    Brightness and colour do not count: the same square is chosen whatever a row does to them.
    """
    details = []
    for picture in pictures:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        details.append(grey - cv2.GaussianBlur(grey, (0, 0), _DETAIL))
    return np.asarray(np.var(details, axis=0), dtype=np.float32)


def plot_curves(path: Path, curves: Sequence[Curve], title: str, axis: str, level: float | None) -> None:
    """Draw curves of honest PSNR as PNG.

    Args:
        path: of the PNG, replaced if it is there.
        curves: one for each method.
        title: over it.
        axis: what x is.
        level: bicubic's figure, drawn as a dashed line.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            "curves are drawn by matplotlib.", remedy='Install it with: pip install "opticalzoom[reproduce]"'
        ) from error
    canvas = Figure(figsize=(7, 4.5), layout="constrained")
    axes = canvas.subplots()
    for curve in curves:
        axes.plot(curve.x, curve.y, marker="o", label=curve.method)
    if level is not None:
        axes.axhline(level, color="grey", linestyle="--", label="bicubic")
    axes.set(title=title, xlabel=axis, ylabel="PSNR (dB, RGB), honest protocol")
    axes.set_xticks(sorted({x for curve in curves for x in curve.x}))
    axes.grid(alpha=0.3)
    axes.legend()
    with atomic_path(path, overwrite=True) as part:
        canvas.savefig(part, dpi=120, format="png")
