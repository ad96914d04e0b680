"""OpticalZoom: learn a camera's optical zoom from misaligned photo pairs, and zoom photographs with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from typing import Any, Literal

    from opticalzoom.training.learning.learn_lens import Learned
    from opticalzoom.weights.computing import Backend, Precision
    from opticalzoom.zooming.images import Zoom

__all__ = ["learn", "load"]


def load(
    weights: str | PathLike[str] | None = None,
    *,
    scale: int | None = None,
    backend: Backend | Literal["auto"] = "auto",
    precision: Precision | Literal["auto"] = "auto",
    photo: str | PathLike[str] | None = None,
) -> Zoom:
    """A zoom for images in memory: ``zoom(image)`` is the image enlarged, of the same type.

    Args:
        weights: bundled weights or a learned lens by name, or a file, for RGB; without them the bundled ones that suit
            ``scale``.
        scale: 2, 3, 4 or 8; must be that of the weights; by default theirs.
        backend: what computes; by default the fastest that is installed, which takes some seconds to find out the first
            time and is remembered.
        precision: float32, bfloat16 or float16; by default the fastest that stays within 1/255 of float32.
        photo: a photo, for whose camera, lens and focal length learned weights are taken if there are any.

    Raises:
        CheckpointError: the file is missing, damaged or no weights file.
        ConfigError: the weights have another scale, no bundled ones have it, or the backend has no such precision.
        DependencyError: the backend is not installed.
        ModelError: the weights take RAW files.
        PhotoError: the photo cannot be read.
    """
    from opticalzoom.zooming.images import Zoom  # noqa: PLC0415 - torch takes seconds: only whoever zooms pays for it

    return Zoom(weights, scale, backend, precision, photo)


def learn(
    photos: str | PathLike[str] | Sequence[str | PathLike[str]],
    output: str | PathLike[str] = "learned",
    **options: Any,
) -> list[Learned]:
    """Learn the lenses of a folder of photos, see :func:`opticalzoom.training.learning.learn_lens.learn_card`.

    Args:
        photos: folder of scenes that were photographed twice, zoomed out and zoomed in; or photos, two of a scene.
        output: folder of weights and reports.
        options: ``budget`` in seconds, ``scale``, ``overwrite`` and others, see there.
    """
    from opticalzoom.training.learning.learn_lens import learn_card  # noqa: PLC0415 - takes torch's seconds

    return learn_card(photos, output, **options)
