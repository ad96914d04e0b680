"""Checks of arguments that several losses share."""

from __future__ import annotations

from torch import Tensor

from opticalzoom.errors import ConfigError, ShapeError


def check_pair(result: Tensor, target: Tensor) -> None:
    """Raise ShapeError unless both are N×C×H×W of one shape, with something in them."""
    if result.ndim != 4 or result.shape != target.shape or 0 in result.shape:
        raise ShapeError(
            f"the result has shape {tuple(result.shape)} and the target {tuple(target.shape)}, "
            "expected one shape N×C×H×W for both."
        )


def check_positive(**values: float) -> None:
    """Raise ConfigError unless every value is above zero."""
    for name, value in values.items():
        if not value > 0:
            raise ConfigError(f"{name} is {value}, expected a positive number.")
