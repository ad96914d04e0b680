"""What training begins with: the weights of a file, in a network of the same kind or in a larger one."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from opticalzoom.engines.checkpoint import read_weights
from opticalzoom.errors import CheckpointError
from opticalzoom.training.grow import grow_weights
from opticalzoom.weights.card import resolve


def load_into(model: nn.Module, path: str | Path) -> None:
    """Load the weights of a file into a model that is there already, and that may be larger (see :func:`grow_weights`).

    Args:
        model: it is changed.
        path: a file, or the name of bundled weights.

    Raises:
        CheckpointError: the file is missing, damaged, no file of ours, or of a model that this one cannot grow out of.
    """
    try:
        model.load_state_dict(grow_weights(read_weights(path), model.state_dict()))
    except RuntimeError as error:
        raise CheckpointError(
            f"has weights of another model ({error}).",
            path=resolve(path),
            remedy="Use the builder, scale and arguments that they were trained with.",
        ) from error
