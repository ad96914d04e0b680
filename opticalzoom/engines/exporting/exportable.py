"""What is exported of a network, whatever the format."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from opticalzoom.models.base import ZoomModel


class Unaligned(nn.Module):
    """Zooming without alignment: float32 to float32, computed in the model's own precision.

    Args:
        model: in eval mode; it is changed to the precision.
        dtype: the precision.

    Shape:
        As the model's input to N×3×H'×W'.
    """

    def __init__(self, model: ZoomModel, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.model, self.dtype = model.to(dtype), dtype

    def forward(self, x: Tensor) -> Tensor:
        """Zoom without alignment."""
        image = self.model.forward_unaligned(x.to(self.dtype)).image
        return image.to(x.dtype)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep PyTorch's exporters from printing remarks on how they work, which no user can act on."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
