"""What the demo works on: photographs that scikit-image ships, and how well their pairs were registered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import DependencyError
from opticalzoom.pages.pictures import Picture
from opticalzoom.pairs.registered import both_grids
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import Source, as_rgb
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.registration.same_view import register
from opticalzoom.registration.warp import Field, inside, invert, sample

_FILES = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "rocket.jpg",
)
"""Photographs in scikit-image's wheel; its other ones would have to be downloaded."""


def shipped_photos() -> dict[str, Path]:
    """Name -> file of scikit-image's photographs; older releases lack some.

    Raises:
        DependencyError: scikit-image is not installed.
    """
    try:
        from skimage.data import data_dir  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            "the demo needs the photographs that scikit-image ships.", remedy='pip install "opticalzoom[demo]"'
        ) from error
    paths = (Path(data_dir) / name for name in _FILES)
    return {path.stem: path for path in paths if path.is_file()}


def write_photos(photos: dict[str, Path], folder: Path) -> None:
    """Write them as 8-bit RGB PNG, ``folder``/name.png; those of an earlier run stay, and so their cached pairs do."""
    for name, path in photos.items():
        target = folder / f"{name}.png"
        if not target.exists():
            write_photo(target, Photo(as_rgb(read_photo(path).color)))


@dataclass(frozen=True)
class Alignment:
    """A registered pair of which the true displacement is known.

    Attributes:
        name: of the pair.
        x: the short shot, enlarged to Y's grid, H×W×3.
        moved: the long shot, misaligned, H×W×3.
        registered: the long shot after registration, H×W×3.
        truth: H×W×2, the displacement that undoes the misalignment exactly, in pixels of Y.
        found: H×W×2, the displacement that registration found.
        trusted: H×W bool, where both fall inside the long shot and registration trusts itself.
    """

    name: str
    x: Picture
    moved: Picture
    registered: Picture
    truth: Field
    found: Field
    trusted: NDArray[np.bool_]

    @property
    def error(self) -> NDArray[np.float32]:
        """End-point error of every trusted pixel, in pixels of Y."""
        return np.asarray(np.linalg.norm(self.found - self.truth, axis=-1)[self.trusted])

    @property
    def distance(self) -> NDArray[np.float32]:
        """How far every trusted pixel had been moved, in pixels of Y."""
        return np.asarray(np.linalg.norm(self.truth, axis=-1)[self.trusted])


def align(source: Source, name: str, misalignment: Misalignment) -> Alignment:
    """Misalign an 8-bit pair, register it, and keep the truth beside what was found."""
    pair = source.load(name)
    _, x = both_grids(pair, source.scale)
    height, width = pair.y.shape[:2]
    injected = misalignment.field(name, height, width)
    moved = sample(pair.y, injected)
    found = register(moved, x, scale=source.scale)
    truth = invert(injected)
    trusted = found.trusted & inside(truth, height, width)
    x, moved, registered = (np.asarray(picture, np.uint8) for picture in (x, moved, found.warp(moved)))
    return Alignment(name, x, moved, registered, truth, found.field, trusted)
